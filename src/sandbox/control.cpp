#include "sandbox/control.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "sandbox/access.hpp"
#include "sandbox/desk_control.hpp"
#include "sandbox/json.hpp"
#include "sandbox/words.hpp"

namespace hotdesk::sandbox {

namespace {

using Words = std::vector<std::string>;

std::string error(const std::string& message) { return "error: " + message; }

/// What follows the first word, as it is.
std::string_view rest_of(std::string_view line) {
    const auto space = line.find(' ');
    return space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
}

std::string fault(World& world, const Words& words) {
    if (words.size() == 2 && words[1] == "off") {
        world.faults().clear();
        return "ok";
    }
    if (words.size() < 3) return error("fault ENDPOINT KIND [OPTION=VALUE ...], fault ENDPOINT off, or fault off");
    const auto endpoint = endpoint_of(words[1]);
    if (!endpoint) return error("there is no endpoint '" + words[1] + "'; see help");
    if (words[2] == "off") {
        world.faults().clear(*endpoint);
        return "ok";
    }
    auto parsed = parse_fault(Words(words.begin() + 2, words.end()));
    if (!parsed) return error(parsed.error().message);
    world.faults().set(*endpoint, std::move(parsed.value()));
    return "ok";
}

std::string code(World& world, Words words, WallTime now) {
    const bool push = words[0] == "push-action";
    if (push && words.size() > 1) words.insert(words.begin() + 1, "--action");
    const auto wish = parse_code_wish(Words(words.begin() + 1, words.end()));
    if (!wish) return error(wish.error().message);
    const std::string jwt = world.code(wish.value(), now);
    if (!push) return "ok " + jwt;
    // Source: technical details, Queues: the updateApproved action comes through the queue.
    world.push_raw(to_text(Json{{"type", "action"}, {"jwt", jwt}}), now);
    return "ok";
}

std::string requests(World& world, const Words& words) {
    Json out = Json::array();
    for (const Asked& asked : world.asked()) {
        if (words.size() > 1 && asked.endpoint != words[1]) continue;
        Json entry = {{"time", format_time(asked.at)},  {"method", asked.method}, {"path", asked.target},
                      {"endpoint", asked.endpoint},     {"status", asked.status}, {"body", asked.body},
                      {"trackingId", asked.tracking_id}};
        out.push_back(std::move(entry));
    }
    return to_text(out);
}

std::string pushed(World& world, const Words& words) {
    Json out = Json::array();
    for (const Pushed& pushed : world.pushed()) {
        if (words.size() > 1 && pushed.desk != words[1]) continue;
        const auto message = parse_json(pushed.message);
        out.push_back({{"time", format_time(pushed.at)},
                       {"desk", pushed.desk},
                       {"message", message ? *message : Json(pushed.message)}});
    }
    return to_text(out);
}

std::string violations(World& world) {
    Json out = Json::array();
    for (const auto& entry : world.violations())
        out.push_back({{"time", format_time(entry.first)}, {"violation", entry.second}});
    return to_text(out);
}

std::string world_json(World& world, WallTime now) {
    Json out = {{"time", format_time(now)},
                {"integration", *parse_json(world.integration().details(""))},
                {"queued", world.queue().size()},
                {"expired", world.queue().expired()},
                {"pollOutstanding", world.poll_outstanding()},
                {"requests", world.asked().size()},
                {"pushed", world.pushed().size()},
                {"violations", world.violations().size()},
                {"desks", Json::array()}};
    for (const auto& desk : world.desks()) out["desks"].push_back(*parse_json(describe(*desk, now)));
    return to_text(out);
}

std::string desk_names(World& world) {
    Json out = Json::array();
    for (const auto& desk : world.desks())
        out.push_back({{"name", desk->place().name},
                       {"deviceId", desk->place().device.value},
                       {"workspaceName", desk->place().workspace_name},
                       {"signedIn", desk->user() ? Json(desk->user()->email) : Json(nullptr)}});
    return to_text(out);
}

/// `+5m` or `-5m`.
std::optional<Millis> parse_skew(std::string_view text) {
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const auto span = parse_span(text.substr(1));
    if (!span) return std::nullopt;
    return text[0] == '-' ? -*span : *span;
}

std::string set(World& world, const Words& words, WallTime now) {
    if (words.size() != 3) return error("set NAME VALUE");
    const std::string& value = words[2];
    const auto span = parse_span(value);
    if (words[1] == "access-token-lifetime" && span) {
        world.tokens().access_lives = *span;
    } else if (words[1] == "rotate-refresh-tokens" && (value == "on" || value == "off")) {
        world.tokens().rotate = value == "on";
    } else if (words[1] == "identity" && (value == "on" || value == "off")) {
        world.set_identity(value == "on");
    } else if (words[1] == "offline-status" && (value == "404" || value == "502")) {
        world.set_offline_status(value == "404" ? 404 : 502);
    } else if (words[1] == "base-url") {
        world.set_base_url(value);
    } else if (const auto skew = parse_skew(value); words[1] == "date-skew" && skew) {
        world.set_date_skew(*skew);
    } else if (words[1] == "queue") {
        const auto done = world.set_queue(value, now);
        if (!done) return error(done.error().message);
    } else {
        return error("the world has no such setting or the setting no such value; see help");
    }
    return "ok";
}

/// `grant commands|statuses|events PATTERN ...`; `*` is everything.
std::string grant(World& world, const Words& words) {
    Access access = world.integration().access;
    const std::string kind = words.size() > 1 ? words[1] : "";
    const Words patterns(words.size() > 1 ? words.begin() + 2 : words.end(), words.end());
    if (kind == "commands")
        access.commands = patterns;
    else if (kind == "statuses")
        access.statuses = patterns;
    else if (kind == "events")
        access.events = patterns;
    else
        return error("grant commands|statuses|events [PATTERN ...]");
    world.set_access(std::move(access));
    return "ok";
}

/// `withhold [NAME ...]`: what stood before is granted again.
std::string withhold(World& world, const Words& words) {
    for (std::size_t i = 1; i < words.size(); ++i)
        if (!can_be_granted(words[i])) return error("there is nothing called '" + words[i] + "' to hold back");
    world.set_withheld(Words(words.begin() + 1, words.end()));
    return "ok";
}

std::string backlog(World& world, const Words& words, WallTime now) {
    std::size_t count = 0;
    if (words.size() != 2 ||
        std::from_chars(words[1].data(), words[1].data() + words[1].size(), count).ec != std::errc{})
        return error("backlog N");
    world.backlog(count, now);
    return "ok " + std::to_string(world.queue().size());
}

std::string revoke(World& world, const Words& words) {
    if (words.size() != 2 || (words[1] != "access" && words[1] != "refresh")) return error("revoke access|refresh");
    if (words[1] == "access")
        world.tokens().revoke_access();
    else
        world.tokens().revoke_refresh();
    return "ok";
}

}  // namespace

std::string control(World& world, std::string_view line, WallTime now) {
    world.advance(now);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    const Words words = words_of(line);
    if (words.empty() || words[0][0] == '#') return "ok";
    const std::string& verb = words[0];
    if (Desk* const desk = world.desk(verb)) {
        if (words.size() < 2) return describe(*desk, now);
        return control_desk(world, *desk, Words(words.begin() + 1, words.end()), now);
    }
    if (verb == "desks") return desk_names(world);
    if (verb == "world") return world_json(world, now);
    if (verb == "requests") return requests(world, words);
    if (verb == "take-requests") {
        std::string taken = requests(world, {verb});
        world.forget_asked();
        return taken;
    }
    if (verb == "pushed") return pushed(world, words);
    if (verb == "violations") return violations(world);
    if (verb == "secrets") return to_text(Json(world.secrets()));
    if (verb == "fault") return fault(world, words);
    if (verb == "code" || verb == "push-action") return code(world, words, now);
    if (verb == "grant") return grant(world, words);
    if (verb == "withhold") return withhold(world, words);
    if (verb == "set") return set(world, words, now);
    if (verb == "approve-update") {
        const auto done = world.approve_update(now);
        return done ? "ok" : error(done.error().message);
    }
    if (verb == "rotate-key") {
        auto signer = make_signer();
        if (!signer) return error(signer.error().message);
        world.rotate_key(std::move(signer.value()));
        return "ok";
    }
    if (verb == "move-region" && words.size() == 2) {
        world.move_region(words[1]);
        return "ok";
    }
    if (verb == "remove-queue") {
        world.remove_queue();
        return "ok";
    }
    if (verb == "backlog") return backlog(world, words, now);
    if (verb == "revoke") return revoke(world, words);
    if (verb == "push" || verb == "push-body") {
        if (verb == "push")
            world.push_raw(std::string(rest_of(line)), now);
        else
            world.push_body(std::string(rest_of(line)));
        return "ok";
    }
    if (verb == "forget") {
        world.forget_records();
        return "ok";
    }
    // One line, like every answer: the text of many lines is control_help().
    if (verb == "help") return to_text(Json(control_help()));
    return error("there is no desk and no command '" + verb + "'; see help");
}

std::string control_help() {
    return R"(desk-N sign-in EMAIL [fail]      somebody signs in, or tries to
desk-N sign-out                  signs out early
desk-N book EMAIL [start=T] [duration=D] [ends=D] [title=S] [uuid=U] [via=desk|calendar]
desk-N cancel                    does not want to book after signing in
desk-N call                      begins a call
desk-N hang-up                   ends all calls
desk-N move [MEETING-ID] [start=T] [duration=D] [via=desk|calendar]
desk-N extend SPAN [MEETING-ID]  asks for more time at the desk
desk-N delete [MEETING-ID] [via=desk|calendar]
desk-N presence Yes|No|Unknown
desk-N reboot                    restarts: booking Ids change, then SyncRequired
desk-N sync-required             the event alone
desk-N full-sync                 all statuses now, as every hour
desk-N say KEY [FIELD=VALUE ...] any event
desk-N set stubborn|keeps-booking|ignores-logout|narrow|duplicate|offline on|off
desk-N set slow|backend-delay|check-delay|boot-time SPAN
desk-N set spelling json|string|mixed
desk-N set calendar local|hybrid
desk-N set fail-next Timeout|Decline|ConfigError|HttpError|KmsError|off
desk-N show                      the desk as JSON
desks                            all desks in short, JSON
world                            everything, JSON
requests [ENDPOINT]              what was asked, JSON; secrets masked
take-requests                    the same, and none of them is shown again
pushed [desk-N]                  what was put into the queue, JSON
violations                       what broke the protocol, JSON
secrets                          every secret handed out, JSON
forget                           empties requests, pushed and violations
fault ENDPOINT KIND [times=N] [skip=N] [retry-after=S] [desk=desk-N] [name=Command.Name]
      ENDPOINT: jwks token app patch poll devices workspaces status command sessions people
      KIND: 200..599 (a status), html, garbage, body-size=N, hang, drop (closes, nothing done), reset (done, then
      cut in the middle of the answer), lost (done, then closed without an answer), delay=SPAN
fault ENDPOINT off | fault off
push JSON                        puts one element into the queue as it is
push-body BYTES                  answers the next poll with this
backlog N                        N status messages over all desks
code [--fault F] [--action A] [--app-id ID] [--jti X] [--region R] [--xapi-access object|string]
     [--set CLAIM=VALUE] [--drop CLAIM]
push-action ACTION [as code]     a signed action through the queue
approve-update                   what `manifest --request-update` asked for is granted
rotate-key                       another signing key; codes made before have no key any more
move-region REGION               another appUrl and queue; no token of before works
remove-queue                     the queue is gone, as if somebody else had removed it
revoke access|refresh
grant commands|statuses|events [PATTERN ...]   what the integration may use; codes made afterwards say so too
withhold [NAME ...]              grants everything but these scopes and paths; what is not granted gets 403
set access-token-lifetime SPAN | rotate-refresh-tokens on|off | identity on|off | offline-status 404|502
set queue enabled|disabled|remove              as a PATCH of the integration would
set date-skew +SPAN|-SPAN                      what the Date header is wrong by
set base-url URL                               what codes and answers name from now on: a proxy in front, say
new-certificate                  of a new authority, in ca.pem; all connections end
help, quit
T: now, +5m, -59m55s, HH:MM (UTC), or RFC 3339. D, SPAN: 500ms, 5s, 3m, 2h, 1d, or several as 1h30m.
)";
}

}  // namespace hotdesk::sandbox
