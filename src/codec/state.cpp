#include "codec/state.hpp"

#include "codec/state_fields.hpp"

#include <algorithm>
#include <array>

namespace hotdesk::codec {

namespace {

void put_command(Writer& out, const Command& command) {
    put(out, "command", command.name);
    out.key("arguments");
    write_arguments(out, command);
}

Command read_command(View root) {
    Command command;
    command.name = text_or_empty(root["command"]);
    root["arguments"].each_member([&](std::string_view name, View value) {
        if (const auto text = value.string())
            command.arguments.emplace_back(name, std::string{*text});
        else if (const auto number = value.integer())
            command.arguments.emplace_back(name, *number);
    });
    return command;
}

void put_access(Writer& out, const XapiAccess& access) {
    out.key("xapiAccess");
    out.open_object();
    put_strings(out, "commands", access.commands);
    put_strings(out, "statuses", access.statuses);
    put_strings(out, "events", access.events);
    out.close_object();
}

constexpr std::array request_kinds{RequestKind::SignOut, RequestKind::Book, RequestKind::Edit, RequestKind::Delete,
                                   RequestKind::Renew};

/// Whether everything is there that the worker needs to do it.
bool complete(const Request& request) {
    switch (request.kind) {
        case RequestKind::Renew: return true;
        case RequestKind::SignOut: return !request.device.empty();
        case RequestKind::Book:
            return !request.device.empty() && !request.uuid.empty() && !request.organizer_email.empty() &&
                   request.start && request.duration;
        case RequestKind::Edit:
            return !request.device.empty() && !request.meeting.empty() && (request.start || request.duration);
        case RequestKind::Delete: return !request.device.empty() && !request.meeting.empty();
    }
    return false;
}

}  // namespace

std::string write_activation(const Activation& activation) {
    Writer out(4096);
    out.open_object();
    put(out, "id", activation.id);
    put(out, "org", activation.org.value);
    put(out, "orgName", activation.org_name);
    put(out, "app", activation.app.value);
    put(out, "oauthUrl", activation.oauth_url);
    put(out, "appUrl", activation.app_url);
    put(out, "manifestUrl", activation.manifest_url);
    put(out, "webexapisBaseUrl", activation.webexapis_base_url);
    put(out, "region", activation.region);
    put(out, "pollUrl", activation.poll_url);
    put_strings(out, "scopes", activation.scopes);
    put_access(out, activation.xapi);
    put(out, "refreshToken", activation.refresh_token.reveal());
    put_time(out, "refreshExpires", activation.refresh_expires);
    put_time(out, "refreshBegun", activation.refresh_begun);
    put(out, "accessToken", activation.access_token.reveal());
    put_time(out, "accessExpires", activation.access_expires);
    put_time(out, "activatedAt", activation.activated_at);
    put_count(out, "manifestVersion", static_cast<std::uint64_t>(activation.manifest_version));
    put(out, "updateState", activation.update.state);
    put_count(out, "updateManifestVersion", static_cast<std::uint64_t>(activation.update.manifest_version));
    out.close_object();
    return out.take();
}

Result<Activation> read_activation(std::string_view bytes) {
    const json::Document document(std::string{bytes}, json::Wipe::Yes);
    const View root = document.root();
    Activation activation;
    activation.id = text_or_empty(root["id"]);
    activation.org = id_or_empty<OrgId>(root["org"]);
    activation.org_name = text_or_empty(root["orgName"]);
    activation.app = id_or_empty<AppId>(root["app"]);
    activation.oauth_url = text_or_empty(root["oauthUrl"]);
    activation.app_url = text_or_empty(root["appUrl"]);
    activation.manifest_url = text_or_empty(root["manifestUrl"]);
    activation.webexapis_base_url = text_or_empty(root["webexapisBaseUrl"]);
    activation.region = text_or_empty(root["region"]);
    activation.poll_url = text_or_empty(root["pollUrl"]);
    activation.scopes = read_strings(root["scopes"]);
    activation.xapi = read_access(root["xapiAccess"]);
    activation.refresh_token = Secret{text_or_empty(root["refreshToken"])};
    activation.refresh_expires = read_time(root["refreshExpires"]);
    activation.refresh_begun = read_time(root["refreshBegun"]);
    activation.access_token = Secret{text_or_empty(root["accessToken"])};
    activation.access_expires = time_or_epoch(root["accessExpires"]);
    activation.activated_at = time_or_epoch(root["activatedAt"]);
    activation.manifest_version = static_cast<std::int64_t>(count(root["manifestVersion"]));
    activation.update.state = text_or_empty(root["updateState"]);
    activation.update.manifest_version = static_cast<std::int64_t>(count(root["updateManifestVersion"]));
    if (activation.org.empty() || activation.app_url.empty() || activation.refresh_token.empty())
        return damaged("activation");
    return activation;
}

std::string write_record(const Record& record) {
    Writer out(512);
    out.open_object();
    put_count(out, "seq", record.seq);
    put_time(out, "time", record.time);
    put(out, "deviceId", record.device.value);
    put(out, "rule", record.rule);
    put(out, "decision", record.decision);
    put(out, "reason", record.reason);
    put_command(out, record.command);
    put(out, "result", record.result);
    put(out, "trackingId", record.tracking_id);
    out.close_object();
    return out.take();
}

Result<Record> read_record(std::string_view bytes) {
    const json::Document document(std::string{bytes});
    const View root = document.root();
    Record record;
    record.seq = count(root["seq"]);
    if (record.seq == 0) return damaged("decision");
    record.time = time_or_epoch(root["time"]);
    record.device = id_or_empty<DeviceId>(root["deviceId"]);
    record.rule = text_or_empty(root["rule"]);
    record.decision = text_or_empty(root["decision"]);
    record.reason = text_or_empty(root["reason"]);
    record.command = read_command(root);
    record.result = text_or_empty(root["result"]);
    record.tracking_id = text_or_empty(root["trackingId"]);
    return record;
}

std::string write_outbox(const OutboxEntry& entry) {
    Writer out(64);
    out.open_object();
    put_count(out, "seq", entry.seq);
    put(out, "request", entry.request);
    out.close_object();
    return out.take();
}

Result<OutboxEntry> read_outbox(std::string_view bytes) {
    const json::Document document(std::string{bytes});
    OutboxEntry entry{count(document.root()["seq"]), text_or_empty(document.root()["request"])};
    if (entry.seq == 0) return damaged("outbox");
    return entry;
}

std::string write_health(const Health& health) {
    Writer out(512);
    out.open_object();
    out.member("tokens", name_of(health.tokens));
    out.member("operational", name_of(health.operational));
    put_time(out, "lastPoll", health.last_poll);
    put_time(out, "lastMessage", health.last_message);
    put_count(out, "messages", health.messages);
    put_count(out, "skipped", health.skipped);
    put_count(out, "sent", health.sent);
    put_count(out, "failed", health.failed);
    put_time(out, "lastErrorAt", health.last_error_at);
    put(out, "lastError", health.last_error);
    if (health.clock_offset != Millis{0}) out.member("clockOffsetMs", std::int64_t{health.clock_offset.count()});
    out.close_object();
    return out.take();
}

Result<Health> read_health(std::string_view bytes) {
    const json::Document document(std::string{bytes});
    const View root = document.root();
    if (!root.is_object()) return damaged("health");
    Health health;
    for (const Tokens tokens : {Tokens::Valid, Tokens::Invalid})
        if (root["tokens"].string() == name_of(tokens)) health.tokens = tokens;
    for (const Operational operational : {Operational::Impaired, Operational::Outage})
        if (root["operational"].string() == name_of(operational)) health.operational = operational;
    health.last_poll = read_time(root["lastPoll"]);
    health.last_message = read_time(root["lastMessage"]);
    health.messages = count(root["messages"]);
    health.skipped = count(root["skipped"]);
    health.sent = count(root["sent"]);
    health.failed = count(root["failed"]);
    health.last_error_at = read_time(root["lastErrorAt"]);
    health.last_error = text_or_empty(root["lastError"]);
    // A time and the offset make a time: what would lead out of all years is none.
    constexpr Millis most_offset = std::chrono::days{3650};
    const Millis offset{root["clockOffsetMs"].integer().value_or(0)};
    if (offset >= -most_offset && offset <= most_offset) health.clock_offset = offset;
    return health;
}

std::string write_request(const Request& request) {
    Writer out(512);
    out.open_object();
    out.member("kind", name_of(request.kind));
    put(out, "deviceId", request.device.value);
    put_time(out, "askedAt", request.asked_at);
    put(out, "requestUuid", request.uuid.value);
    put(out, "meetingId", request.meeting.value);
    put(out, "organizerEmail", request.organizer_email);
    put(out, "title", request.title);
    put_time(out, "start", request.start);
    if (request.duration) out.member("durationMinutes", std::int64_t{request.duration->count()});
    put_flag(out, "force", request.force);
    out.close_object();
    return out.take();
}

Result<Request> read_request(std::string_view bytes) {
    const json::Document document(std::string{bytes});
    const View root = document.root();
    const auto kind = std::find_if(request_kinds.begin(), request_kinds.end(),
                                   [&](RequestKind k) { return root["kind"].string() == name_of(k); });
    if (kind == request_kinds.end()) return damaged("request");
    Request request;
    request.kind = *kind;
    request.device = id_or_empty<DeviceId>(root["deviceId"]);
    request.asked_at = time_or_epoch(root["askedAt"]);
    request.uuid = id_or_empty<RequestUuid>(root["requestUuid"]);
    request.meeting = id_or_empty<MeetingId>(root["meetingId"]);
    request.organizer_email = text_or_empty(root["organizerEmail"]);
    request.title = text_or_empty(root["title"]);
    request.start = read_time(root["start"]);
    request.duration = read_minutes(root["durationMinutes"]);
    request.force = flag(root["force"]);
    if (!complete(request)) return damaged("request");
    return request;
}

std::string write_outcome(const RequestOutcome& outcome) {
    Writer out(256);
    out.open_object();
    put(out, "outcome", outcome.outcome);
    put(out, "cause", outcome.cause);
    put_count(out, "seq", outcome.seq);
    put(out, "meetingId", outcome.meeting.value);
    out.close_object();
    return out.take();
}

bool has_outcome(std::string_view bytes) { return json::Document(std::string{bytes}).root()["outcome"].exists(); }

Result<RequestOutcome> read_outcome(std::string_view bytes) {
    const json::Document document(std::string{bytes});
    const View root = document.root();
    std::string outcome = text_or_empty(root["outcome"]);
    if (outcome.empty()) return damaged("outcome");
    return RequestOutcome{"", std::move(outcome), text_or_empty(root["cause"]), count(root["seq"]),
                          id_or_empty<MeetingId>(root["meetingId"])};
}

std::string seq_key(Seq seq) {
    std::string key(8, '\0');
    for (std::size_t i = 8; i-- > 0; seq >>= 8) key[i] = static_cast<char>(seq & 0xff);
    return key;
}

std::optional<Seq> read_seq_key(std::string_view key) {
    if (key.size() != 8) return std::nullopt;
    Seq seq = 0;
    for (const char c : key) seq = seq << 8 | static_cast<unsigned char>(c);
    return seq;
}

}  // namespace hotdesk::codec
