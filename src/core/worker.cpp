#include "core/worker.hpp"

#include "core/grants.hpp"
#include "core/rules.hpp"
#include "core/translate.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

/// Different notes of skipped elements that are logged; after that they are only counted.
constexpr std::size_t most_notes = 200;
constexpr Millis commit_retry = 10s;
/// Answers come often enough while there is anything to do. Proxies whose clocks all differ must not stop everything.
constexpr Millis longest_doubt = 10s;
/// Management actions that wait to be verified.
constexpr std::size_t most_actions = 16;
constexpr Millis say_again = 10min;

bool is_fleet_call(const Call& call) {
    return std::holds_alternative<call::AskStatus>(call) || std::holds_alternative<call::AskBookings>(call) ||
           std::holds_alternative<call::AskSessions>(call) || std::holds_alternative<call::AskPerson>(call) ||
           std::holds_alternative<call::Send>(call);
}

}  // namespace

std::string_view name_of(Tokens tokens) {
    switch (tokens) {
        case Tokens::Unknown: return "unknown";
        case Tokens::Valid: return "valid";
        case Tokens::Invalid: return "invalid";
    }
    return "";
}

std::string_view name_of(Operational operational) {
    switch (operational) {
        case Operational::Operational: return "operational";
        case Operational::Impaired: return "impaired";
        case Operational::Outage: return "outage";
    }
    return "";
}

Worker::Worker(Activation activation, PolicyBook policy, Health health, Seq next_seq, Now now)
    : session_(std::move(activation), now),
      fleet_(std::move(policy), next_seq),
      health_(std::move(health)),
      sent_before_(health_.sent),
      failed_before_(health_.failed) {
    // The clock may have been set right since; Webex's answers will tell.
    if (std::exchange(health_.clock_offset, Millis{0}) != Millis{0}) health_dirty_ = true;
    look_at_grants(now);
}

void Worker::look_at_grants(Now now) {
    const Activation& activation = session_.activation();
    const Grants grants(activation.scopes, activation.xapi);
    fleet_.set_may_ask_who(may_ask_who(activation.scopes));
    // A name that was not granted may cost the whole answer.
    const bool wanted = fleet_.policy().any([](const Policy& policy) { return policy.no_show_release.has_value(); });
    wants_who_ = fleet_.policy().any([](const Policy& policy) { return policy.verify_identity == VerifyIdentity::On; });
    const bool known = !activation.xapi.statuses.empty();
    fleet_.set_may_ask_presence(wanted && known && grants.allows(GrantKind::Status, "RoomAnalytics.PeoplePresence"));
    fleet_.set_grants(grants, now);
    session_.set_may_list(grants.may_list());
    say_missing();
}

/// Each path once: when it is found to be missing, and when it is there.
void Worker::say_missing() {
    const Activation& activation = session_.activation();
    std::map<std::string, GrantKind> missing;
    for (const MissingGrant& need : missing_grants(fleet_.policy(), activation.scopes, activation.xapi)) {
        if (!need.alarming) continue;
        missing.emplace(need.path, need.kind);
        if (missing_.count(need.path) == 0) say(Level::Warn, need.sentence + "; " + need.remedy);
    }
    const Grants grants(activation.scopes, activation.xapi);
    for (const auto& [path, kind] : missing_)
        if (grants.allows(kind, path)) say(Level::Info, path + " is granted now");
    missing_ = std::move(missing);
}

void Worker::say(Level level, std::string text, std::vector<std::pair<std::string, std::string>> fields) {
    lines_.push_back({level, std::move(text), std::move(fields)});
}

std::vector<Line> Worker::take_lines() {
    say_news();
    return std::exchange(lines_, {});
}

/// Every decision and its outcome, in words.
void Worker::say_news() {
    for (const auto& [record, desk] : fleet_.take_news()) {
        const bool well = record.result == result_done || record.result == result_observed;
        say(well ? Level::Info : Level::Warn, record.decision + ": " + record.reason,
            {{"desk", desk},
             {"device", record.device.value},
             {"rule", record.rule},
             {"command", record.command.name},
             {"result", record.result},
             {"seq", std::to_string(record.seq)},
             {"trackingId", record.tracking_id}});
    }
}

void Worker::note_once(const std::string& note, Level level) {
    if (noted_.size() >= most_notes || !noted_.insert(note).second) return;
    say(level, "passed over: " + note + " (not logged again)");
}

/// The same trouble again and again is said once in ten minutes; numbers in it (milliseconds, say) do not make it new.
void Worker::trouble(const std::string& what, const std::string& tracking_id, Now now) {
    std::string key;
    for (const char c : what)
        if (c < '0' || c > '9') key += c;
    if (troubles_.size() >= most_notes) troubles_.clear();
    const auto [said, is_new] = troubles_.try_emplace(std::move(key), now.mono);
    if (is_new || now.mono - said->second >= say_again) {
        said->second = now.mono;
        say(Level::Warn, what, {{"trackingId", tracking_id}});
    }
    health_.last_error = what;
    health_.last_error_at = now.wall;
    health_dirty_ = true;
}

void Worker::take_batch(MessageBatch&& batch, Now now) {
    health_.last_poll = now.wall;
    health_.skipped += batch.skipped;
    health_dirty_ = true;
    // Keys that are not for hotdeskd are everyday; elements that could not be read are not.
    for (const auto& note : batch.notes) note_once(note, batch.skipped > 0 ? Level::Warn : Level::Debug);
    for (Message& message : batch.messages) {
        ++health_.messages;
        health_.last_message = message.timestamp;
        if (auto* action = std::get_if<ActionMessage>(&message.body)) {
            if (actions_.size() < most_actions)
                actions_.push_back(std::move(action->jwt));
            else
                passed_over("more management actions at once than can be meant");
            continue;
        }
        const DeviceId device = message.device;
        bool known = true;
        for (Input& heard : translate(std::move(message))) known = fleet_.hear(device, heard, now) && known;
        if (!known && !fleet_.knows_as_no_hot_desk(device)) session_.want_inventory(now);
    }
}

void Worker::order(const Request& request, Now now) {
    if (request.kind != RequestKind::Renew) return fleet_.order(request, now);
    if (std::find(renewals_.begin(), renewals_.end(), request.key) != renewals_.end()) return;
    if (now.wall - request.asked_at > rules::request_life)
        return fleet_.conclude({request.key, "refused", "the worker was not running when this was asked for"});
    renewals_.push_back(request.key);
    session_.renew(now);
}

/// Whoever asked for a new token is told once appUrl was read with it, or when that is known to fail.
void Worker::look_at_renewals(const Call& call, const Error* error, MonoTime started) {
    const bool refresh = std::holds_alternative<call::Refresh>(call);
    const bool read =
        std::holds_alternative<call::ReadApp>(call) && !session_.renewing() && session_.used_current_token(started);
    if ((!refresh || !error) && !read) return;
    const bool refused = error && error->kind == ErrorKind::Rejected;
    for (const std::string& key : std::exchange(renewals_, {}))
        fleet_.conclude({key, !error ? "done" : refused ? "refused" : "unknown", error ? error->message : ""});
}

void Worker::approved(Now now) {
    say(Level::Info, "a new version of the manifest was approved: getting a token for what it grants");
    session_.renew(now);
}

void Worker::deprovisioned() {
    removed_ = true;
    say(Level::Warn, "Webex removed the integration (deprovision)");
}

void Worker::passed_over(const std::string& why) {
    ++health_.skipped;
    health_dirty_ = true;
    say(Level::Warn, "a management action is passed over: " + why);
}

/// Before anything is decided: it would rest on what was not heard.
void Worker::note_deafness(Now now) {
    if (session_.deaf(now) == deaf_) return;
    deaf_ = !deaf_;
    fleet_.set_deaf(deaf_, now);
}

void Worker::answered(const Call& call, Result<Reply>&& reply, MonoTime started, Now now, double chance) {
    note_deafness(now);
    if (is_fleet_call(call)) {
        if (!reply.ok())
            trouble(fleet_.name_of_desk(call) + ": " + reply.error().message, reply.error().tracking_id, now);
        // That Webex is not asked who sits where so often holds up nothing else: only that question waits.
        const bool asks_who =
            std::holds_alternative<call::AskSessions>(call) || std::holds_alternative<call::AskPerson>(call);
        const bool limited = !reply.ok() && reply.error().kind == ErrorKind::RateLimited;
        const bool about_us = !reply.ok() && !(asks_who && limited) && session_.warned(reply.error(), started, now);
        fleet_.answered(call, std::move(reply), started, now, about_us);
        if (fleet_.who_refused())
            note_once("Webex refuses to say who is signed in: verify_identity rests, and it is asked again in an hour",
                      Level::Warn);
        update_health(now);
        return;
    }
    const std::optional<Error> error = reply.ok() ? std::nullopt : std::optional{reply.error()};
    SessionNews news = session_.answered(call, std::move(reply), started, now, chance);
    if (!renewals_.empty()) look_at_renewals(call, error ? &*error : nullptr, started);
    if (news.trouble)
        trouble(news.note, error ? error->tracking_id : "", now);
    else if (!news.note.empty())
        say(Level::Info, news.note);
    note_deafness(now);
    if (!news.gap.empty()) {
        say(Level::Warn, news.gap + "; asking every desk again");
        fleet_.doubt_all(now);
        session_.want_inventory(now);
    }
    if (std::holds_alternative<call::ReadApp>(call) && !error) {
        look_at_grants(now);
        fleet_.ask_who_again(now);
    }
    if (news.batch) take_batch(std::move(*news.batch), now);
    if (news.inventory) {
        fleet_.take_inventory(*news.inventory, now);
        say(Level::Info, "listed devices and workspaces",
            {{"hotDesks", std::to_string(fleet_.counts(now.wall).total)}});
    }
    if (!news.removed.empty()) {
        removed_ = true;
        say(Level::Error, "the integration was removed on the Webex side: " + news.removed);
    }
    update_health(now);
}

void Worker::update_health(Now) {
    const Health before = health_;
    health_.tokens = session_.tokens();
    // Source: contract, `verify_identity`: `on`: missing scopes are shown as impaired.
    const bool who_missing = (fleet_.who_refused() || !may_ask_who(session_.activation().scopes)) && wants_who_;
    health_.operational = health_.tokens == Tokens::Invalid ? Operational::Outage
                          : commit_failing_ || !session_.polling() || session_.listing_fails() || who_missing
                              ? Operational::Impaired
                              : Operational::Operational;
    health_.sent = sent_before_ + fleet_.sent();
    health_.failed = failed_before_ + fleet_.failed();
    if (!(before == health_)) health_dirty_ = true;
    if (health_.tokens == Tokens::Invalid && tokens_said_ != Tokens::Invalid)
        say(Level::Error,
            "Webex refuses the refresh token or the client's credentials: no desk is watched until this is mended. "
            "Check "
            "integration.client_id and client_secret_file, or generate a new activation code in Control Hub and run "
            "hotdeskd activate --replace CODE");
    tokens_said_ = health_.tokens;
}

void Worker::set_policy(PolicyBook policy, Now now) {
    fleet_.set_policy(std::move(policy), now);
    look_at_grants(now);
    session_.retry_now(now);
}

/// For the command line too. What was decided by the time of before is looked at again.
void Worker::goes_by(Millis offset, Now now) {
    health_.clock_offset = offset;
    health_dirty_ = true;
    in_doubt_until_.reset();
    fleet_.doubt_all(now);
}

void Worker::doubt_clock(bool doubted, Now now) {
    if (!doubted)
        in_doubt_until_.reset();
    else if (!in_doubt_until_)
        in_doubt_until_ = now.mono + longest_doubt;
}

void Worker::clock_corrected(Millis offset, Now now) {
    const auto seconds = std::chrono::round<std::chrono::seconds>(offset).count();
    say(Level::Warn, seconds == 0 ? "the clock of this machine agrees with Webex's again"
                                  : "the clock of this machine is " + std::to_string(seconds < 0 ? -seconds : seconds) +
                                        " s " + (seconds < 0 ? "ahead of" : "behind") +
                                        " Webex's, which is gone by; set it right (timedatectl)");
    fleet_.clock_corrected(now);
    goes_by(offset, now);
}

void Worker::clock_set(Millis by, Millis offset, Now now) {
    say(Level::Warn,
        "the clock of this machine was set by " + std::to_string(by.count() / 1000) + " s; asking every desk again");
    goes_by(offset, now);
}

void Worker::tick(Now now) {
    session_.prepare(now);
    note_deafness(now);
    fleet_.wake(now);
    if (commit_again_at_ && now.mono >= *commit_again_at_) commit_again_at_.reset();
}

WorkerChanges Worker::pending() const {
    WorkerChanges changes;
    if (commit_again_at_) return changes;
    changes.fleet = fleet_.pending();
    if (session_.dirty()) changes.activation = &session_.activation();
    if (health_dirty_) changes.health = &health_;
    return changes;
}

void Worker::committed() {
    fleet_.committed();
    session_.committed();
    health_dirty_ = false;
    if (commit_failing_) say(Level::Info, "the state can be written again");
    commit_failing_ = false;
}

void Worker::commit_failed(const Error& error, Now now) {
    commit_again_at_ = now.mono + commit_retry;
    if (!commit_failing_)
        say(Level::Error, error.message + "; desks are watched, but nothing is decided until it can be written");
    commit_failing_ = true;
    health_.last_error = error.message;
    health_.last_error_at = now.wall;
    update_health(now);
}

std::vector<Call> Worker::take_desk_calls(Now now) {
    std::vector<Call> calls;
    if (!removed_ && session_.open(now)) fleet_.take_calls(calls, now, !in_doubt(now));
    return calls;
}

std::vector<Call> Worker::take_calls(Now now) {
    std::vector<Call> calls;
    if (removed_) return calls;
    session_.take_calls(calls, now);
    if (session_.open(now)) fleet_.take_calls(calls, now, !in_doubt(now));
    return calls;
}

std::optional<MonoTime> Worker::wake_at(Now now) const {
    std::optional<MonoTime> at = session_.wake_at(now);
    for (const auto& other : {fleet_.wake_at(), commit_again_at_})
        if (other) at = std::min(at.value_or(MonoTime::max()), *other);
    if (in_doubt(now)) at = std::min(at.value_or(MonoTime::max()), *in_doubt_until_);
    return at;
}

std::string Worker::sentence(Now now) const {
    const FleetCounts counts = fleet_.counts(now.wall);
    std::string out =
        health_.operational == Operational::Operational ? "" : std::string{name_of(health_.operational)} + ": ";
    if (health_.operational != Operational::Operational && !health_.last_error.empty()) return out + health_.last_error;
    out += "watching " + std::to_string(counts.total) + (counts.total == 1 ? " desk, " : " desks, ") +
           std::to_string(counts.signed_in) + " signed in, " + std::to_string(counts.booked) + " booked";
    if (health_.last_message) out += "; last message " + format_time(*health_.last_message);
    return out;
}

}  // namespace hotdesk
