#include "codec/manifest.hpp"

#include "codec/json.hpp"

namespace hotdesk::codec {

namespace {

std::string_view access(bool required) { return required ? "required" : "optional"; }

void write_scopes(json::PrettyWriter& writer, const std::vector<ScopeNeed>& scopes) {
    writer.key("apiAccess");
    writer.open_array();
    for (const ScopeNeed& need : scopes) {
        writer.open_object();
        writer.member("scope", need.scope);
        writer.member("access", access(need.required));
        if (!need.role.empty()) writer.member("role", need.role);
        writer.close_object();
    }
    writer.close_array();
}

void write_paths(json::PrettyWriter& writer, std::string_view kind, const std::vector<PathNeed>& paths) {
    writer.key(kind);
    writer.open_array();
    for (const PathNeed& need : paths) {
        writer.open_object();
        writer.member("path", need.path);
        writer.member("access", access(need.required));
        writer.close_object();
    }
    writer.close_array();
}

}  // namespace

std::string manifest(const ManifestNeeds& needs) {
    json::PrettyWriter writer(4096);
    writer.open_object();
    writer.member("id", needs.app.value);
    writer.member("manifestVersion", needs.version);
    writer.member("displayName", std::string_view("hotdeskd"));
    writer.member("vendor", std::string_view("hotdeskd"));
    // Required by the manifest and for the administrator to replace: this one can belong to nobody (RFC 2606).
    writer.member("email", std::string_view("hotdeskd@example.com"));
    writer.member("description",
                  std::string_view("Applies the organization's rules to the bookings and sign-ins of hot desks."));
    writer.member("availability", std::string_view("org_private"));
    write_scopes(writer, needs.scopes);
    writer.key("xapiAccess");
    writer.open_object();
    write_paths(writer, "status", needs.statuses);
    write_paths(writer, "commands", needs.commands);
    write_paths(writer, "events", needs.events);
    writer.close_object();
    writer.key("provisioning");
    writer.open_object();
    writer.member("type", std::string_view("manual"));
    writer.close_object();
    writer.close_object();
    return writer.take() + "\n";
}

}  // namespace hotdesk::codec
