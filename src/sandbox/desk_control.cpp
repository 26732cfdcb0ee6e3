#include "sandbox/desk_control.hpp"

#include <algorithm>
#include <map>

#include "sandbox/json.hpp"
#include "sandbox/person.hpp"
#include "sandbox/words.hpp"

namespace hotdesk::sandbox {

namespace {

using Options = std::map<std::string, std::string>;
using Words = std::vector<std::string>;

Error refused(std::string message) { return {ErrorKind::Rejected, std::move(message)}; }

/// Takes the `name=value` words out; what is left stays in order. A name that is not `known` is an error.
Result<Options> options_in(Words& words, const std::vector<std::string>& known) {
    Options out;
    Words rest;
    for (const std::string& word : words) {
        const auto equals = word.find('=');
        if (equals == std::string::npos) {
            rest.push_back(word);
            continue;
        }
        const std::string name = word.substr(0, equals);
        if (std::find(known.begin(), known.end(), name) == known.end())
            return refused("there is no option '" + name + "' here; see help");
        out[name] = word.substr(equals + 1);
    }
    words = std::move(rest);
    return out;
}

Result<Desk::By> via(const Options& options, Desk::By otherwise) {
    const auto found = options.find("via");
    if (found == options.end()) return otherwise;
    if (found->second == "desk") return Desk::By::Desk;
    if (found->second == "calendar") return Desk::By::Calendar;
    return refused("via is desk or calendar");
}

/// The booking that is meant: the one named, else the active one, else the next.
Result<MeetingId> meeting_meant(const Desk& desk, const Words& words, std::size_t index, WallTime now) {
    if (words.size() > index) {
        if (desk.find(MeetingId(words[index])) == nullptr) return refused("there is no booking " + words[index]);
        return MeetingId(words[index]);
    }
    if (const Booking* active = desk.active_booking(now)) return MeetingId(active->meeting_id);
    if (!desk.bookings().empty()) return MeetingId(desk.bookings().front().meeting_id);
    return refused("there is no booking");
}

Result<Change> change_in(const Options& options, WallTime now) {
    Change change;
    if (const auto start = options.find("start"); start != options.end()) {
        change.start = parse_moment(start->second, now);
        if (!change.start) return refused("start is no time: " + start->second);
    }
    if (const auto duration = options.find("duration"); duration != options.end()) {
        change.duration = parse_span(duration->second);
        if (!change.duration) return refused("duration is no span of time: " + duration->second);
    }
    return change;
}

Result<BookingWish> wish_in(const std::string& email, const Options& options, WallTime now) {
    using std::chrono::seconds;
    const auto change = change_in(options, now);
    if (!change) return change.error();
    BookingWish wish;
    wish.organizer = email;
    // Whole seconds, as calendars have them.
    wish.start = std::chrono::floor<seconds>(change->start.value_or(now));
    wish.end = wish.start + change->duration.value_or(std::chrono::hours{1});
    if (const auto ends = options.find("ends"); ends != options.end()) {
        const auto left = parse_span(ends->second);
        if (!left) return refused("ends is no span of time: " + ends->second);
        wish.end = std::chrono::ceil<seconds>(now + *left);
        // With nothing else said, a whole number of minutes that began before now: that is how short a wait can be.
        if (!change->start) wish.start = wish.end - change->duration.value_or(std::chrono::hours{1});
    }
    if (const auto title = options.find("title"); title != options.end()) wish.title = title->second;
    if (const auto uuid = options.find("uuid"); uuid != options.end()) wish.request = uuid->second;
    return wish;
}

Result<std::string> book(Desk& desk, Words words, WallTime now) {
    const auto options = options_in(words, {"start", "duration", "ends", "title", "uuid", "via"});
    if (!options) return options.error();
    if (words.size() != 2) return refused("book EMAIL [start=T] [duration=D] [ends=D] [title=S] [uuid=U] [via=W]");
    const auto wish = wish_in(words[1], options.value(), now);
    if (!wish) return wish.error();
    // Whoever stands at the desk books at the desk; who is elsewhere, in the calendar, where there is one.
    const bool here = desk.calendar() == Calendar::Local || (desk.user() && same_address(desk.user()->email, words[1]));
    const auto by = via(options.value(), here ? Desk::By::Desk : Desk::By::Calendar);
    if (!by) return by.error();
    const auto meeting = desk.book(wish.value(), by.value(), now);
    if (!meeting) return meeting.error();
    return "ok " + meeting->value;
}

Result<std::string> change_booking(Desk& desk, Words words, WallTime now) {
    const std::string verb = words[0];
    const auto options = options_in(words, {"start", "duration", "via"});
    if (!options) return options.error();
    const bool extend = verb == "extend";
    const auto meeting = meeting_meant(desk, words, extend ? 2 : 1, now);
    if (!meeting) return meeting.error();
    const bool local = desk.calendar() == Calendar::Local;
    const auto by = via(options.value(), local && verb == "move" ? Desk::By::Desk : Desk::By::Calendar);
    if (!by) return by.error();
    Result<void> done;
    if (extend) {
        const auto span = words.size() > 1 ? parse_span(words[1]) : std::nullopt;
        if (!span) return refused("extend SPAN [MEETING-ID]");
        done = desk.extend(meeting.value(), *span, now);
    } else if (verb == "delete") {
        done = desk.remove(meeting.value(), by.value(), now);
    } else {
        const auto change = change_in(options.value(), now);
        if (!change) return change.error();
        done = desk.edit(meeting.value(), change.value(), by.value(), now);
    }
    if (!done) return done.error();
    return "ok " + meeting->value;
}

Result<bool> on_off(const std::string& text) {
    if (text == "on" || text == "true") return true;
    if (text == "off" || text == "false") return false;
    return refused("say on or off");
}

Result<void> set_span(Millis& where, const std::string& text) {
    const auto span = text == "off" ? std::optional<Millis>(Millis{0}) : parse_span(text);
    if (!span) return refused("'" + text + "' is no span of time, e.g. 500ms");
    where = *span;
    return {};
}

Result<void> set(Desk& desk, const std::string& name, const std::string& value, WallTime now) {
    Behaviour& how = desk.behaviour;
    const std::map<std::string, bool*> switches = {{"stubborn", &how.stubborn},
                                                   {"keeps-booking", &how.keeps_booking},
                                                   {"ignores-logout", &how.ignores_logout},
                                                   {"narrow", &how.narrow},
                                                   {"duplicate", &how.duplicate}};
    const std::map<std::string, Millis*> spans = {{"slow", &how.slow},
                                                  {"backend-delay", &how.backend_delay},
                                                  {"check-delay", &how.check_delay},
                                                  {"boot-time", &how.boot_time}};
    if (const auto span = spans.find(name); span != spans.end()) return set_span(*span->second, value);
    if (name == "fail-next") {
        how.fail_next = value == "off" ? "" : value;
        return {};
    }
    if (name == "spelling") {
        if (value != "json" && value != "string" && value != "mixed") return refused("json, string or mixed");
        how.spelling = value == "json" ? Spelling::Typed : value == "string" ? Spelling::String : Spelling::Mixed;
        return {};
    }
    if (name == "calendar") {
        if (value != "local" && value != "hybrid") return refused("local or hybrid");
        desk.set_calendar(value == "local" ? Calendar::Local : Calendar::Hybrid);
        return {};
    }
    const auto on = on_off(value);
    const auto found = switches.find(name);
    if (found == switches.end() && name != "offline") return refused("a desk has no '" + name + "'; see help");
    if (!on) return on.error();
    if (name == "offline")
        desk.set_offline(on.value(), now);
    else
        *found->second = on.value();
    return {};
}

Result<void> say(Desk& desk, const Words& words, WallTime now) {
    if (words.size() < 2) return refused("say KEY [FIELD=VALUE ...]");
    Fields fields;
    for (std::size_t i = 2; i < words.size(); ++i) {
        const auto equals = words[i].find('=');
        if (equals == std::string::npos) return refused("'" + words[i] + "' is not FIELD=VALUE");
        const auto json = parse_json(words[i].substr(equals + 1));
        Value value = words[i].substr(equals + 1);
        if (json && json->is_number_integer()) value = json->get<std::int64_t>();
        if (json && json->is_boolean()) value = json->get<bool>();
        fields.emplace_back(words[i].substr(0, equals), std::move(value));
    }
    desk.say(words[1], std::move(fields), now);
    return {};
}

Result<void> person_does(Desk& desk, const Words& words, WallTime now) {
    const std::string& verb = words[0];
    if (verb == "sign-in") {
        if (words.size() < 2) return refused("sign-in EMAIL [fail]");
        if (words.size() > 2 && words[2] == "fail") return desk.fail_to_sign_in(words[1], now);
        return desk.sign_in(words[1], now);
    }
    if (verb == "sign-out") return desk.sign_out(now);
    if (verb == "cancel") return desk.cancel(now);
    if (verb == "call") return desk.call(now);
    if (verb == "hang-up") return desk.hang_up(now);
    if (verb == "presence") {
        if (words.size() != 2) return refused("presence Yes|No|Unknown");
        desk.set_presence(words[1], now);
        return {};
    }
    if (verb == "say") return say(desk, words, now);
    if (verb == "set") return words.size() == 3 ? set(desk, words[1], words[2], now) : refused("set NAME VALUE");
    if (verb == "reboot") {
        desk.reboot(now);
        return {};
    }
    if (verb == "sync-required") {
        desk.require_sync(now);
        return {};
    }
    if (verb == "full-sync") {
        desk.full_sync(now);
        return {};
    }
    return refused("a desk cannot '" + verb + "'; see help");
}

}  // namespace

std::string describe(const Desk& desk, WallTime now) {
    Json out = {{"name", desk.place().name},
                {"deviceId", desk.place().device.value},
                {"workspaceId", desk.place().workspace.value},
                {"workspaceName", desk.place().workspace_name},
                {"calendar", desk.calendar() == Calendar::Local ? "local" : "hybrid"},
                {"online", desk.reachable()},
                {"signedIn", desk.user() ? Json(desk.user()->email) : Json(nullptr)},
                {"signedInSince", desk.user() ? Json(format_time(desk.user()->since)) : Json(nullptr)},
                {"calls", desk.calls()},
                {"bookings", Json::array()},
                {"shown", Json::array()},
                {"status", Json::object()}};
    for (const Booking& booking : desk.bookings())
        out["bookings"].push_back({{"id", booking.id.value},
                                   {"meetingId", booking.meeting_id.value},
                                   {"requestUuid", booking.request.value},
                                   {"title", booking.title},
                                   {"organizer", booking.organizer},
                                   {"start", format_time(booking.start)},
                                   {"end", format_time(booking.end)},
                                   {"active", booking.active(now)}});
    for (const Shown& shown : desk.shown()) {
        const bool still = !shown.cleared && (!shown.until || *shown.until > now);
        out["shown"].push_back({{"at", format_time(shown.at)},
                                {"kind", shown.prompt ? "prompt" : "alert"},
                                {"title", shown.title},
                                {"text", shown.text},
                                {"visible", still}});
    }
    for (const Field& field : desk.status(now)) out["status"][field.name] = to_json(field.value);
    return to_text(out);
}

std::string control_desk(World& world, Desk& desk, const Words& words, WallTime now) {
    const std::string& verb = words[0];
    if (verb == "show") return describe(desk, now);
    Result<std::string> done = std::string("ok");
    if (verb == "book") {
        done = book(desk, words, now);
    } else if (verb == "move" || verb == "extend" || verb == "delete") {
        done = change_booking(desk, words, now);
    } else if (const auto plain = person_does(desk, words, now); !plain) {
        done = plain.error();
    }
    world.settle(desk);
    return done ? done.value() : "error: " + done.error().message;
}

}  // namespace hotdesk::sandbox
