// Requests: where they go, what goes wrong on the way, and the queue's long poll.

#include <algorithm>

#include "sandbox/json.hpp"
#include "sandbox/world.hpp"

namespace hotdesk::sandbox {

namespace {

/// In a body that is kept for `requests`, what must not be seen there.
std::string masked(const std::string& body) {
    auto parsed = parse_json(body);
    if (!parsed || !parsed->is_object()) return body;
    bool touched = false;
    for (const char* key : {"client_secret", "refresh_token"}) {
        if (!parsed->contains(key)) continue;
        (*parsed)[key] = "***";
        touched = true;
    }
    return touched ? to_text(*parsed) : body;
}

/// How the answer to something that was done goes wrong.
Delivery broken_delivery(FaultKind kind) { return kind == FaultKind::Reset ? Delivery::Cut : Delivery::Close; }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

}  // namespace

World::Route World::route(const Request& request) const {
    const std::string_view path = path_of(request.target);
    const bool get = request.method == "GET";
    const auto below = [&](std::string_view prefix) { return path.substr(0, prefix.size()) == prefix; };
    const auto rest = [&](std::string_view prefix) { return percent_decode(path.substr(prefix.size())); };
    if (get && path == "/jwks") return {Endpoint::Jwks, ""};
    if (request.method == "POST" && path == "/v1/access_token") return {Endpoint::Token, ""};
    if (path == app_path() && get) return {Endpoint::App, ""};
    if (path == app_path() && request.method == "PATCH") return {Endpoint::Patch, ""};
    if (get && below("/xapi/api/organizations/sandbox/queues/")) return {Endpoint::Poll, ""};
    if (get && path == "/v1/devices") return {Endpoint::Devices, ""};
    if (get && path == "/v1/workspaces") return {Endpoint::Workspaces, ""};
    if (get && path == "/v1/xapi/status") return {Endpoint::Status, ""};
    if (request.method == "POST" && below("/v1/xapi/command/")) return {Endpoint::Command, rest("/v1/xapi/command/")};
    if (get && path == "/v1/hotdesk/sessions") return {Endpoint::Sessions, ""};
    if (get && below("/v1/people/")) return {Endpoint::People, rest("/v1/people/")};
    return {};
}

bool World::authorized(const Request& request, WallTime now) const {
    const std::string header = request.header("authorization");
    constexpr std::string_view scheme = "Bearer ";
    return header.rfind(scheme, 0) == 0 && tokens_.accepts(std::string_view(header).substr(scheme.size()), now);
}

void World::record(const Request& request, const Route& route, const std::string& tracking_id, WallTime now) {
    if (asked_.size() >= 100000) {
        asked_.pop_front();
        ++asked_dropped_;
    }
    Asked asked;
    asked.at = now;
    asked.method = request.method;
    asked.target = request.target;
    asked.body = masked(request.body);
    asked.endpoint = name_of(route.endpoint);
    asked.tracking_id = tracking_id;
    asked_.push_back(std::move(asked));
}

Asked* World::recorded(std::size_t number) {
    if (number < asked_dropped_ || number - asked_dropped_ >= asked_.size()) return nullptr;
    return &asked_[number - asked_dropped_];
}

void World::finish(Reply& reply, const std::string& tracking_id, WallTime now) const {
    replace_all(reply.body, "{tracking-id}", tracking_id);
    // Source: REST description, errors; every answer carries the header.
    reply.headers.emplace_back("trackingid", tracking_id);
    reply.headers.emplace_back("Date", http_date(now + date_skew_));
}

Handled World::handle(const Request& request, WallTime now) {
    advance(now);
    const Route where = route(request);
    const std::string tracking_id = "SANDBOX_" + random_.uuid();
    const std::size_t number = asked_dropped_ + asked_.size();
    record(request, where, tracking_id, now);
    Handled handled = serve(where, request, now);
    if (auto* held = std::get_if<Held>(&handled)) {
        held_->record = number;
        return *held;
    }
    Reply& reply = std::get<Reply>(handled);
    finish(reply, tracking_id, now);
    if (Asked* entry = recorded(number); entry != nullptr && reply.delivery == Delivery::Whole)
        entry->status = reply.status;
    return handled;
}

std::string World::desk_asked_about(const Route& where, const Request& request) {
    std::string device;
    if (where.endpoint == Endpoint::Command) {
        if (const auto body = parse_json(request.body)) device = string_of(*body, "deviceId");
    } else if (where.endpoint == Endpoint::Status) {
        for (const auto& [name, value] : query_of(request.target))
            if (name == "deviceId") device = value;
    }
    const Desk* found = desk_by_id(device);
    return found == nullptr ? std::string{} : found->place().name;
}

Handled World::serve(const Route& where, const Request& request, WallTime now) {
    std::optional<Fault> fault;
    if (faults_.waiting(where.endpoint))
        fault = faults_.strike(where.endpoint, desk_asked_about(where, request), where.rest);
    if (fault && !is_done(fault->kind)) return faulty_reply(*fault);
    Handled handled = answer(where, request, now);
    if (auto* reply = std::get_if<Reply>(&handled); reply != nullptr && fault) {
        if (fault->kind == FaultKind::Delay)
            reply->delay += fault->delay;
        else
            reply->delivery = broken_delivery(fault->kind);
    } else if (fault && fault->kind != FaultKind::Delay) {
        // A poll that nothing was there for: broken off at once.
        held_.reset();
        Reply cut = json_reply(R"({"messages":[]})");
        cut.delivery = broken_delivery(fault->kind);
        return cut;
    }
    return handled;
}

Handled World::answer(const Route& where, const Request& request, WallTime now) {
    if (where.endpoint == Endpoint::Jwks) return json_reply(key_set(*signer_, key_id_));
    if (where.endpoint == Endpoint::Token) return token(request, now);
    if (where.endpoint == Endpoint::Unknown) return error_reply(404, "The requested resource could not be found.");
    if (!authorized(request, now))
        return error_reply(401, "The request requires a valid access token set in the Authorization request header.");
    if (auto refused = lacks_scope(where.endpoint)) return *std::move(refused);
    switch (where.endpoint) {
        case Endpoint::App: return json_reply(integration_.details(poll_url()));
        case Endpoint::Patch: return patch_app(request, now);
        case Endpoint::Poll: return poll(request, now);
        case Endpoint::Devices: return devices(request);
        case Endpoint::Workspaces: return workspaces(request);
        case Endpoint::Status: return status(request, now);
        case Endpoint::Command: return command(where.rest, request, now);
        case Endpoint::Sessions: return sessions(request);
        case Endpoint::People: return person(where.rest);
        case Endpoint::Jwks:
        case Endpoint::Token:
        case Endpoint::Unknown: break;
    }
    return error_reply(404, "The requested resource could not be found.");
}

std::string World::poll_url() const {
    return options_.base_url + "/xapi/api/organizations/sandbox/queues/" + std::to_string(queue_number_) + "/poll";
}

Handled World::poll(const Request& request, WallTime now) {
    if (integration_.queue() == Integration::QueueState::Removed ||
        options_.base_url + std::string(path_of(request.target)) != poll_url())
        return error_reply(404, "There is no such queue.");
    if (held_) {
        // Source: technical details, Queue Polling: one loop; two polls would share the messages out between them.
        violation("a second poll came while one was outstanding", now);
        return error_reply(409, "Another poll of this queue is outstanding.");
    }
    if (auto reply = poll_reply(now)) return *std::move(reply);
    held_ = HeldPoll{++last_ticket_, now + options_.poll_wait, 0};
    return Held{held_->ticket, held_->until};
}

std::optional<Reply> World::poll_reply(WallTime now) {
    if (!poll_bodies_.empty()) {
        Reply reply = json_reply(std::move(poll_bodies_.front()));
        poll_bodies_.pop_front();
        return reply;
    }
    if (queue_.empty(now)) return std::nullopt;
    std::string body = R"({"messages":[)";
    const char* separator = "";
    for (const std::string& message : queue_.take(now)) {
        body += separator + message;
        separator = ",";
    }
    return json_reply(body + "]}");
}

std::optional<Reply> World::collect(std::uint64_t ticket, WallTime now) {
    advance(now);
    if (!held_ || held_->ticket != ticket) return error_reply(409, "This poll was given up.");
    std::optional<Reply> reply;
    // A fault that is set while a poll is held strikes it: nobody wants to wait for the next one.
    std::optional<Fault> fault;
    if (faults_.waiting(Endpoint::Poll)) fault = faults_.strike(Endpoint::Poll, "", "");
    if (fault && !is_done(fault->kind)) reply = faulty_reply(*fault);
    if (fault && (fault->kind == FaultKind::Reset || fault->kind == FaultKind::Lost)) {
        reply = json_reply(R"({"messages":[]})");
        reply->delivery = broken_delivery(fault->kind);
    }
    if (!reply) reply = poll_reply(now);
    if (!reply && now >= held_->until) reply = json_reply(R"({"messages":[]})");
    if (!reply) return std::nullopt;
    Asked* entry = recorded(held_->record);
    finish(*reply, entry == nullptr ? "SANDBOX_" + random_.uuid() : entry->tracking_id, now);
    if (entry != nullptr && reply->delivery == Delivery::Whole) entry->status = reply->status;
    held_.reset();
    return reply;
}

void World::abandon(std::uint64_t ticket) {
    if (held_ && held_->ticket == ticket) held_.reset();
}

}  // namespace hotdesk::sandbox
