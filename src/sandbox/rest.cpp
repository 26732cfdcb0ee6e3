// The OAuth server, the appUrl, and the REST API: devices, workspaces, xAPI, sessions and people.
//
// **Source:** REST description, the paths of the same names: parameters, fields, example answers; technical details:
// the token request.

#include <algorithm>
#include <charconv>

#include "sandbox/access.hpp"
#include "sandbox/commands.hpp"
#include "sandbox/json.hpp"
#include "sandbox/person.hpp"
#include "sandbox/schema.hpp"
#include "sandbox/world.hpp"

namespace hotdesk::sandbox {

namespace {

/// Source: REST description, /xapi/status: at most ten names.
constexpr std::size_t names_max = 10;

bool is_json(const Request& request) { return request.header("content-type").rfind("application/json", 0) == 0; }

std::size_t number_in(const Request& request, std::string_view name, std::size_t otherwise) {
    for (const auto& [key, value] : query_of(request.target)) {
        if (key != name) continue;
        std::size_t number = 0;
        const auto [stop, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (failure == std::errc{} && stop == value.data() + value.size()) return number;
    }
    return otherwise;
}

std::string device_json(const Desk::Place& place, const OrgId& org, bool hot_desk, bool online) {
    const Json device = {{"id", place.device.value},
                         {"displayName", place.name},
                         {"placeId", place.workspace.value},
                         {"workspaceId", place.workspace.value},
                         {"orgId", org.value},
                         {"capabilities", {"xapi"}},
                         {"permissions", {"xapi:all"}},
                         {"connectionStatus", online ? "connected" : "disconnected"},
                         {"product", hot_desk ? "Cisco Desk Pro" : "Cisco Room Bar"},
                         {"type", "roomdesk"},
                         {"tags", Json::array()},
                         {"locationId", place.location.value},
                         {"devicePlatform", "cisco"},
                         {"errorCodes", Json::array()},
                         {"managedBy", "CISCO"},
                         {"plannedMaintenance", "off"}};
    return to_text(device);
}

std::string workspace_json(const Desk::Place& place, const OrgId& org, bool hot_desk, Calendar calendar) {
    Json calendar_json = {{"type", "none"}};
    if (hot_desk && calendar == Calendar::Hybrid)
        calendar_json = {{"type", "microsoft"}, {"emailAddress", place.name + "@example.com"}};
    const Json workspace = {{"id", place.workspace.value},
                            {"orgId", org.value},
                            {"locationId", place.location.value},
                            {"displayName", place.workspace_name},
                            {"capacity", hot_desk ? 1 : 8},
                            {"type", hot_desk ? "desk" : "meetingRoom"},
                            {"created", "2016-04-21T17:00:00.000Z"},
                            {"hotdeskingStatus", hot_desk ? "on" : "off"},
                            {"supportedDevices", "collaborationDevices"},
                            {"calendar", std::move(calendar_json)},
                            {"devicePlatform", "cisco"}};
    return to_text(workspace);
}

/// Puts a dotted path's value into the nested tree.
void plant(Json& tree, std::string_view path, const Value& value) {
    Json* node = &tree;
    while (true) {
        const auto dot = path.find('.');
        node = &(*node)[std::string(path.substr(0, dot))];
        if (dot == std::string_view::npos) break;
        path.remove_prefix(dot + 1);
    }
    *node = to_json(value);
}

}  // namespace

Reply World::token(const Request& request, WallTime now) {
    const auto body = parse_json(request.body);
    if (!is_json(request) || !body || !body->is_object()) {
        violation("the token request is no JSON object of type application/json", now);
        return error_reply(415, "The request body must be JSON.");
    }
    if (string_of(*body, "grant_type") != "refresh_token") return error_reply(400, "grant_type must be refresh_token.");
    if (string_of(*body, "client_id") != options_.client_id ||
        string_of(*body, "client_secret") != options_.client_secret.reveal())
        return error_reply(401, "The client credentials are not valid.");
    const auto grant = tokens_.exchange(string_of(*body, "refresh_token"), now);
    if (!grant) return error_reply(400, "The refresh token provided is expired, revoked, malformed or invalid.");
    const auto seconds = [](Millis span) { return std::chrono::floor<std::chrono::seconds>(span).count(); };
    return json_reply(to_text(Json{{"expires_in", seconds(grant->access_lives)},
                                   {"token_type", "Bearer"},
                                   {"refresh_token", grant->refresh},
                                   {"refresh_token_expires_in", seconds(grant->refresh_lives)},
                                   {"access_token", grant->access}}));
}

Reply World::patch_app(const Request& request, WallTime now) {
    if (!is_json(request)) return error_reply(415, "The request body must be JSON.");
    const bool had_queue = integration_.queue() != Integration::QueueState::Removed;
    if (const auto done = integration_.patch(request.body, now); !done) {
        violation("PATCH of the appUrl refused: " + done.error().message, now);
        return error_reply(400, done.error().message);
    }
    const bool has_queue = integration_.queue() != Integration::QueueState::Removed;
    if (!had_queue && has_queue) ++queue_number_;
    if (had_queue && !has_queue) queue_.clear();
    return json_reply(integration_.details(poll_url()));
}

Reply World::page(const Request& request, std::size_t count,
                  const std::function<std::string(std::size_t)>& item) const {
    const std::size_t start = number_in(request, "start", 0);
    const std::size_t most =
        std::max<std::size_t>(1, std::min(number_in(request, "max", options_.page_size), options_.page_size));
    std::string body = R"({"items":[)";
    for (std::size_t i = start; i < count && i - start < most; ++i) body += (i == start ? "" : ",") + item(i);
    Reply reply = json_reply(body + "]}");
    if (start < count && count - start > most) {
        // Source: RFC 8288. The other parameters of the request go on into the next page's.
        std::string next;
        for (const auto& [name, value] : query_of(request.target))
            if (name != "start" && name != "max") next += percent_encode(name) + "=" + percent_encode(value) + "&";
        next += "max=" + std::to_string(most) + "&start=" + std::to_string(start + most);
        reply.headers.emplace_back(
            "Link", "<" + options_.base_url + std::string(path_of(request.target)) + "?" + next + ">; rel=\"next\"");
    }
    return reply;
}

/// The scope without which an endpoint refuses. Source: REST description, the paths' scopes.
std::optional<Reply> World::lacks_scope(Endpoint endpoint) const {
    const std::string_view scope = endpoint == Endpoint::Devices      ? "spark-admin:devices_read"
                                   : endpoint == Endpoint::Workspaces ? "spark-admin:workspaces_read"
                                   : endpoint == Endpoint::Status     ? "spark:xapi_statuses"
                                   : endpoint == Endpoint::Command    ? "spark:xapi_commands"
                                   : endpoint == Endpoint::Sessions   ? "spark-admin:hotdesk_read"
                                   : endpoint == Endpoint::People     ? "spark-admin:people_read"
                                                                      : "";
    if (scope.empty() || is_granted(integration_.scopes, scope)) return std::nullopt;
    return error_reply(403, "The access token lacks the scope for this request.");
}

Reply World::devices(const Request& request) {
    return page(request, desks_.size() + rooms_.size(), [this](std::size_t i) {
        if (i >= desks_.size()) return device_json(rooms_[i - desks_.size()], org_, false, true);
        return device_json(desks_[i]->place(), org_, true, desks_[i]->reachable());
    });
}

Reply World::workspaces(const Request& request) {
    // A workspace may have more than one device.
    std::vector<const Desk*> first_devices;
    std::set<std::string> seen;
    for (const auto& desk : desks_)
        if (seen.insert(desk->place().workspace.value).second) first_devices.push_back(desk.get());
    return page(request, first_devices.size() + rooms_.size(), [&](std::size_t i) {
        if (i >= first_devices.size())
            return workspace_json(rooms_[i - first_devices.size()], org_, false, Calendar::Local);
        return workspace_json(first_devices[i]->place(), org_, true, first_devices[i]->calendar());
    });
}

Reply World::status(const Request& request, WallTime now) {
    std::string device;
    std::vector<std::string> names;
    for (const auto& [name, value] : query_of(request.target)) {
        if (name == "deviceId") device = value;
        if (name == "name") names.push_back(value);
    }
    if (device.empty() || names.empty() || names.size() > names_max) {
        violation("xapi/status: deviceId and 1 to 10 names are needed", now);
        return error_reply(400, "deviceId and 1 to 10 names are required.");
    }
    // One name that was not granted costs the whole answer: what Webex does then is not documented.
    for (const std::string& name : names)
        if (!is_granted(integration_.access.statuses, name))
            return error_reply(403, "The integration has no access to " + name + ".");
    Desk* const found = desk_by_id(device);
    if (found == nullptr) return error_reply(404, "Device not found.");
    Desk& asked = *found;
    if (!asked.reachable()) return error_reply(options_.offline_status, "The device is not connected.");
    Json tree = Json::object();
    for (const Field& field : asked.status(now))
        for (const std::string& name : names)
            if (matches_path(name, field.name)) plant(tree, field.name, field.value);
    Reply reply = json_reply(to_text(Json{{"deviceId", device}, {"result", std::move(tree)}}));
    reply.delay = asked.behaviour.slow;
    return reply;
}

Reply World::command(const std::string& name, const Request& request, WallTime now) {
    const auto body = parse_json(request.body);
    if (!is_json(request) || !body || !body->is_object()) {
        violation(name + ": the body is no JSON object of type application/json", now);
        return error_reply(400, "The request body must be a JSON object.");
    }
    const std::string device = string_of(*body, "deviceId");
    if (device.empty() || !body->contains("arguments")) {
        violation(name + ": deviceId and arguments are required", now);
        return error_reply(400, "deviceId and arguments are required.");
    }
    if (knows_command(name) && !is_granted(integration_.access.commands, name))
        return error_reply(403, "The integration has no access to " + name + ".");
    const std::string arguments = to_text((*body)["arguments"]);
    if (const auto fault = find_fault(name, arguments)) {
        violation(name + ": " + *fault, now);
        return error_reply(400, *fault);
    }
    Desk* const found = desk_by_id(device);
    if (found == nullptr) return error_reply(404, "Device not found.");
    Desk& asked = *found;
    if (!asked.reachable()) return error_reply(options_.offline_status, "The device is not connected.");
    const auto result = run_command(asked, name, arguments, now);
    settle(asked);
    if (result) tell_companions(asked, name, arguments, now);
    Reply reply =
        result
            ? json_reply(to_text(Json{
                  {"deviceId", device}, {"arguments", (*body)["arguments"]}, {"result", *parse_json(result.value())}}))
            : error_reply(400, result.error().message);
    reply.delay = asked.behaviour.slow;
    return reply;
}

/// The devices of a workspace have its bookings in common. Puppets do nothing by themselves, so they are told.
void World::tell_companions(const Desk& told, const std::string& name, const std::string& arguments, WallTime now) {
    if (name != "Bookings.Book" && name != "Bookings.Edit" && name != "Bookings.Delete") return;
    for (const auto& other : desks_) {
        const bool companion = other.get() != &told && other->place().workspace == told.place().workspace;
        if (!companion || !other->behaviour.puppet) continue;
        // One that does not have the booking refuses, and nothing has happened there.
        (void)run_command(*other, name, arguments, now);
        settle(*other);
    }
}

Reply World::sessions(const Request& request) {
    std::string workspace;
    std::string person;
    for (const auto& [name, value] : query_of(request.target)) {
        if (name == "workspaceId") workspace = value;
        if (name == "personId") person = value;
    }
    Json items = Json::array();
    for (const auto& desk : desks_) {
        if (!desk->user()) continue;
        const std::string id = person_of(desk->user()->email).id;
        if (!workspace.empty() && workspace != desk->place().workspace.value) continue;
        if (!person.empty() && person != id) continue;
        Json session = {
            {"sessionId", desk->user()->session_id}, {"workspaceId", desk->place().workspace.value}, {"personId", id}};
        for (const Booking& booking : desk->bookings()) {
            if (!booking.started || !same_address(booking.organizer, desk->user()->email)) continue;
            session["bookingStartTime"] = format_time(booking.start);
            session["bookingEndTime"] = format_time(booking.end);
        }
        items.push_back(std::move(session));
    }
    return json_reply(to_text(Json{{"items", std::move(items)}}));
}

Reply World::person(const std::string& id) {
    const auto found = people_.find(id);
    if (found == people_.end()) return error_reply(404, "Person not found.");
    const Person known = person_of(found->second);
    return json_reply(to_text(Json{{"id", known.id},
                                   {"emails", Json::array({known.email})},
                                   {"displayName", known.name()},
                                   {"firstName", known.first_name},
                                   {"lastName", known.last_name},
                                   {"orgId", org_.value},
                                   {"type", "person"}}));
}

}  // namespace hotdesk::sandbox
