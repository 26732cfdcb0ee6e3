#include "sandbox/integration.hpp"

#include "sandbox/json.hpp"

namespace hotdesk::sandbox {

namespace {

Error refused(std::string message) { return {ErrorKind::Rejected, std::move(message)}; }

const char* spelled(Integration::QueueState state) {
    return state == Integration::QueueState::Enabled ? "enabled" : "disabled";
}

}  // namespace

Result<void> Integration::patch(const std::string& body, WallTime now) {
    const auto change = parse_json(body);
    if (!change || !change->is_object()) return refused("the body is no JSON object");
    const std::string state = string_of(*change, "provisioningState");
    if (change->contains("provisioningState") && state != "completed" && state != "error")
        return refused("provisioningState must be completed or error");
    QueueState queue = queue_;
    if (change->contains("queue")) {
        const std::string wanted = string_of((*change)["queue"], "state");
        if (wanted != "enabled" && wanted != "disabled" && wanted != "remove")
            return refused("queue.state must be enabled, disabled or remove");
        if (wanted == "enabled") queue = QueueState::Enabled;
        if (wanted == "disabled" && queue != QueueState::Removed) queue = QueueState::Disabled;
        if (wanted == "remove") queue = QueueState::Removed;
    }
    if (change->contains("customer") && string_of((*change)["customer"], "id").empty())
        return refused("customer.id is required");
    if (change->contains("actionsUrl") && string_of(*change, "actionsUrl").rfind("https://", 0) != 0)
        return refused("actionsUrl must be an HTTPS URL");
    if (change->contains("updateRequest") && !(*change)["updateRequest"].contains("newManifest"))
        return refused("updateRequest.newManifest is required");

    queue_ = queue;
    if (!state.empty()) provisioning_state_ = state;
    if (change->contains("actionsUrl")) actions_url_ = string_of(*change, "actionsUrl");
    if (change->contains("customer")) customer_ = to_text((*change)["customer"]);
    if (change->contains("updateRequest")) update_request_ = to_text((*change)["updateRequest"]);
    updated_ = now;
    return {};
}

Result<void> Integration::approve(WallTime now) {
    const auto request = parse_json(update_request_);
    if (!request) return refused("no update was requested");
    const Json& manifest = (*request)["newManifest"];
    const auto paths = [&](const char* kind) {
        std::vector<std::string> out;
        for (const Json& entry : manifest["xapiAccess"].value(kind, Json::array())) out.push_back(entry.at("path"));
        return out;
    };
    try {
        std::vector<std::string> granted;
        for (const Json& entry : manifest.at("apiAccess")) granted.push_back(entry.at("scope"));
        Access next{paths("commands"), paths("status"), paths("events")};
        manifest_version_ = manifest.at("manifestVersion");
        scopes = std::move(granted);
        access = std::move(next);
    } catch (const Json::exception& error) {
        return refused(std::string("the new manifest is none: ") + error.what());
    }
    update_request_.clear();
    updated_ = now;
    return {};
}

std::string Integration::details(const std::string& poll_url) const {
    Json out = {
        {"id", app_.value},
        {"manifestVersion", manifest_version_},
        {"scopes", scopes},
        {"xapiAccessKeys", {{"commands", access.commands}, {"statuses", access.statuses}, {"events", access.events}}},
        {"createdAt", format_time(created_)},
        {"updatedAt", format_time(updated_)},
        {"provisioningState", provisioning_state_}};
    if (!actions_url_.empty()) out["actionsUrl"] = actions_url_;
    if (queue_ != QueueState::Removed) {
        out["queue"]["state"] = spelled(queue_);
        out["queue"]["pollUrl"] = poll_url;
    }
    if (!customer_.empty()) out["customer"] = *parse_json(customer_);
    if (!update_request_.empty()) {
        Json request = *parse_json(update_request_);
        request["state"] = "pending";
        out["updateRequest"] = std::move(request);
    }
    return to_text(out);
}

}  // namespace hotdesk::sandbox
