#include "codec/output.hpp"

#include "codec/fields.hpp"
#include "codec/json.hpp"

namespace hotdesk::codec {

namespace {

using json::Writer;

void text_or_null(Writer& out, std::string_view name, std::string_view value) {
    out.key(name);
    if (value.empty())
        out.null();
    else
        out.string(value);
}

void time_or_null(Writer& out, std::string_view name, const std::optional<WallTime>& value) {
    text_or_null(out, name, value ? format_time(*value) : "");
}

void flag(Writer& out, std::string_view name, bool value) {
    out.key(name);
    out.boolean(value);
}

void flag_or_null(Writer& out, std::string_view name, std::optional<bool> value) {
    out.key(name);
    if (value)
        out.boolean(*value);
    else
        out.null();
}

void number(Writer& out, std::string_view name, std::uint64_t value) {
    out.member(name, static_cast<std::int64_t>(value));
}

void booking_fields(Writer& out, const Booking& booking) {
    out.member("meetingId", meeting_of(booking.ref));
    text_or_null(out, "organizerEmail", booking.organizer_email);
    out.member("start", format_time(booking.start));
    out.member("end", format_time(booking.end));
}

void booking_or_null(Writer& out, std::string_view name, const Booking* booking) {
    out.key(name);
    if (!booking) {
        out.null();
        return;
    }
    out.open_object();
    booking_fields(out, *booking);
    out.close_object();
}

std::string_view word(const std::optional<Presence>& presence) {
    if (!presence) return "unknown";
    return *presence == Presence::Yes ? "yes" : *presence == Presence::No ? "no" : "unknown";
}

void device(Writer& out, const DeskState& desk, WallTime now) {
    out.open_object();
    out.member("deviceId", desk.id.value);
    out.member("displayName", desk.display_name);
    out.member("workspaceId", desk.workspace.value);
    out.member("workspaceName", desk.workspace_name);
    flag_or_null(out, "online", desk.online);
    flag_or_null(out, "personalized", desk.personalized.value);
    out.key("activeCalls");
    if (desk.active_calls.value)
        out.integer(*desk.active_calls.value);
    else
        out.null();
    out.member("presence", word(desk.presence.value));
    out.member("state", state_of(desk, now));
    booking_or_null(out, "booking", current_booking(desk, now));
    booking_or_null(out, "next", next_booking(desk, now));
    out.close_object();
}

}  // namespace

WallTime due_at(MonoTime due, Now now) { return due <= now.mono ? now.wall : now.wall + (due - now.mono); }

const std::string& meeting_of(const BookingRef& ref) { return ref.meeting.empty() ? ref.id.value : ref.meeting.value; }

std::optional<Rule> broken_by(const KnownBooking& known) {
    if (known.objection) return known.objection->rule;
    if (known.left_alone) return known.left_alone->rule;
    return std::nullopt;
}

std::string status_json(const StatusView& status) {
    Writer out(1024);
    const Health& health = status.health;
    out.open_object();
    flag(out, "activated", status.activated);
    flag(out, "running", status.running);
    out.key("org");
    if (status.activated) {
        out.open_object();
        out.member("id", status.org.value);
        out.member("name", status.org_name);
        out.close_object();
    } else {
        out.null();
    }
    text_or_null(out, "region", status.region);
    number(out, "manifestVersion", static_cast<std::uint64_t>(status.manifest_version));
    out.key("updateRequest");
    if (status.update.state.empty()) {
        out.null();
    } else {
        out.open_object();
        out.member("state", status.update.state);
        number(out, "manifestVersion", static_cast<std::uint64_t>(status.update.manifest_version));
        out.close_object();
    }
    out.member("tokens", name_of(health.tokens));
    out.member("operational", name_of(health.operational));
    out.key("queue");
    out.open_object();
    time_or_null(out, "lastPoll", health.last_poll);
    time_or_null(out, "lastMessage", health.last_message);
    number(out, "messages", health.messages);
    number(out, "skipped", health.skipped);
    out.close_object();
    out.key("desks");
    out.open_object();
    number(out, "total", status.desks);
    number(out, "signedIn", status.signed_in);
    number(out, "booked", status.booked);
    out.close_object();
    out.key("commands");
    out.open_object();
    number(out, "sent", health.sent);
    number(out, "failed", health.failed);
    number(out, "pending", status.pending);
    out.close_object();
    text_or_null(out, "lastError", health.last_error);
    time_or_null(out, "lastErrorAt", health.last_error_at);
    out.key("alerts");
    out.open_array();
    for (const std::string& alert : status.alerts) out.string(alert);
    out.close_array();
    out.close_object();
    return out.take();
}

std::string devices_json(const std::vector<DeskState>& desks, WallTime now) {
    Writer out(256 + desks.size() * 768);
    out.open_array();
    for (const DeskState& desk : desks) device(out, desk, now);
    out.close_array();
    return out.take();
}

std::string bookings_json(const std::vector<DeskState>& desks, WallTime now) {
    Writer out(4096);
    out.open_array();
    for (const DeskState& desk : desks)
        for (const KnownBooking& known : desk.bookings) {
            if (is_over(known, now)) continue;
            const auto broken = broken_by(known);
            out.open_object();
            out.member("deviceId", desk.id.value);
            out.member("displayName", desk.display_name);
            booking_fields(out, known.booking);
            out.member("state", known.booking.covers(now) ? "running" : "upcoming");
            text_or_null(out, "objection", broken ? name_of(*broken) : "");
            out.close_object();
        }
    out.close_array();
    return out.take();
}

std::string explain_json(const DeskState& desk, const std::vector<Verdict>& verdicts, Now now) {
    Writer out(4096);
    out.open_object();
    out.member("deviceId", desk.id.value);
    out.member("displayName", desk.display_name);
    out.member("workspaceName", desk.workspace_name);
    out.member("state", state_of(desk, now.wall));
    out.key("rules");
    out.open_array();
    for (const Verdict& verdict : verdicts) {
        out.open_object();
        out.member("rule", name_of(verdict.rule));
        out.member("says", verdict.says);
        text_or_null(out, "act", verdict.act ? name_of(*verdict.act) : "");
        text_or_null(out, "meetingId", meeting_of(verdict.ref));
        time_or_null(out, "due", verdict.due ? std::optional{due_at(*verdict.due, now)} : std::nullopt);
        out.close_object();
    }
    out.close_array();
    out.close_object();
    return out.take();
}

std::string record_json(const Record& record) {
    Writer out(1024);
    out.open_object();
    number(out, "seq", record.seq);
    out.member("time", format_time(record.time));
    out.member("deviceId", record.device.value);
    out.member("rule", record.rule);
    out.member("decision", record.decision);
    out.member("reason", record.reason);
    text_or_null(out, "command", record.command.name);
    out.key("arguments");
    write_arguments(out, record.command);
    out.member("result", record.result);
    text_or_null(out, "trackingId", record.tracking_id);
    out.close_object();
    return out.take();
}

std::string outcome_json(const RequestOutcome& outcome) {
    Writer out(256);
    out.open_object();
    out.member("outcome", outcome.outcome);
    text_or_null(out, "meetingId", outcome.meeting.value);
    text_or_null(out, "cause", outcome.cause);
    out.key("seq");
    if (outcome.seq != 0)
        out.integer(static_cast<std::int64_t>(outcome.seq));
    else
        out.null();
    out.close_object();
    return out.take();
}

std::string activation_json(const Activation& activation) {
    Writer out(512);
    out.open_object();
    flag(out, "activated", true);
    out.key("org");
    out.open_object();
    out.member("id", activation.org.value);
    out.member("name", activation.org_name);
    out.close_object();
    out.member("region", activation.region);
    out.close_object();
    return out.take();
}

std::string action_answer_json(int status, const std::string& body) {
    Writer out(256);
    out.open_object();
    out.member("status", std::int64_t{status});
    out.key("body");
    if (body.empty())
        out.null();
    else
        out.raw_object(body);
    out.close_object();
    return out.take();
}

std::string check_json(const std::vector<CheckLine>& lines, bool ok) {
    Writer out(4096);
    out.open_object();
    flag(out, "ok", ok);
    out.key("checks");
    out.open_array();
    for (const CheckLine& line : lines) {
        out.open_object();
        out.member("name", line.name);
        out.member("state", name_of(line.state));
        out.member("tried", line.tried);
        out.member("found", line.found);
        text_or_null(out, "remedy", line.remedy);
        out.close_object();
    }
    out.close_array();
    out.close_object();
    return out.take();
}

std::string deactivated_json() {
    Writer out;
    out.open_object();
    flag(out, "deactivated", true);
    out.close_object();
    return out.take();
}

}  // namespace hotdesk::codec
