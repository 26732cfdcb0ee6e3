// What a line of a script does.
//
//   desk-3 sign-in WHO | fail-sign-in WHO | sign-out | cancel | call | hang-up | presence Yes
//   desk-3 book WHO in=30m for=1h [calendar] | move 0 in=1h for=30m [calendar] | extend 30m | remove 0 [calendar]
//   desk-3 reboot | offline | online | sync-required | slow 3s | calendar-takes 8m
//   desk-3 stubborn yes | keeps yes | ignores yes | twice yes | narrow yes | mute yes
//   net ENDPOINT|all FATE [status=503] [after=5s] [p=30] for=5m
//   box crash | crash-in 12 | down 20m | reboot 1m | stop 5s | stall 3m | clock 1h
//   disk full 10m | slow 10m | broken 10m | fails kept=yes   tokens revoke-access | revoke-refresh | short 10m | rotate
//   no order sign-out desk-3 [force] | book desk-3 WHO in= for= | edit desk-3 0 in= for= | delete desk-3 0 policy
//   KEY=VALUE ... | withhold NAME ... | grant queue garbage | broken | foreign | strange | action updateApproved
//   [FAULT]

#include "run.hpp"

#include "../core/summer_zone.hpp"
#include "../core/words.hpp"
#include "../world/activation.hpp"

#include "codec/state.hpp"
#include "daemon/state.hpp"
#include "sandbox/person.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;
using test::Broken;
using test::Words;

const std::map<std::string, Fate> fates{
    {"refuse", Fate::Refuse},     {"hang", Fate::Hang}, {"lose", Fate::Lose},      {"silence", Fate::Silence},
    {"truncate", Fate::Truncate}, {"late", Fate::Late}, {"twice", Fate::Twice},    {"shuffle", Fate::Shuffle},
    {"status", Fate::Status},     {"html", Fate::Html}, {"garbage", Fate::Garbage}};

bool flag(const Words& words, const char* name) {
    return std::find(words.plain.begin(), words.plain.end(), name) != words.plain.end();
}

sandbox::Desk::By by(const Words& words) {
    return flag(words, "calendar") ? sandbox::Desk::By::Calendar : sandbox::Desk::By::Desk;
}

/// The booking with this number at a desk, counted round; null: it has none.
const sandbox::Booking* numbered(const sandbox::Desk& desk, const std::string& number) {
    const auto& all = desk.bookings();
    return all.empty() ? nullptr : &all[std::stoul(number) % all.size()];
}

}  // namespace

void Run::happen(const std::string& what) {
    const Words words = test::words_of(what);
    if (sandbox::Desk* const desk = world_.desk(words.first)) {
        at_desk(*desk, words);
        oracle_.something_happened();
        return;
    }
    if (words.first == "net") return network_trouble(words);
    if (words.first == "box") return box(words);
    if (words.first == "disk") return disk(words);
    if (words.first == "tokens") return tokens(words);
    if (words.first == "order") return order(words);
    if (words.first == "policy") return policy(words);
    if (words.first == "queue") return queue(words);
    if (words.first != "withhold" && words.first != "grant") throw Broken("nothing like that can happen: " + what);
    withheld_ = words.first == "withhold";
    oracle_.granted(!withheld_);
    world_.set_withheld(withheld_ ? words.plain : std::vector<std::string>{});
    // As after a reload: appUrl is read at once.
    if (engine_) engine_->set_policy(policy_);
}

// --- at a desk -------------------------------------------------------------------------------------------------------

void Run::at_desk(sandbox::Desk& desk, const Words& words) {
    const WallTime now = host_.world();
    const std::string& verb = words.at(0);
    sandbox::Behaviour& how = desk.behaviour;
    // What cannot be done is not done: the script may have been shortened.
    if (verb == "sign-in")
        (void)desk.sign_in(words.at(1), now);
    else if (verb == "fail-sign-in")
        (void)desk.fail_to_sign_in(words.at(1), now);
    else if (verb == "sign-out")
        (void)desk.sign_out(now);
    else if (verb == "cancel")
        (void)desk.cancel(now);
    else if (verb == "call")
        (void)desk.call(now);
    else if (verb == "hang-up")
        (void)desk.hang_up(now);
    else if (verb == "presence")
        desk.set_presence(words.at(1), now);
    else if (verb == "reboot")
        desk.reboot(now);
    else if (verb == "offline" || verb == "online")
        desk.set_offline(verb == "offline", now);
    else if (verb == "sync-required")
        desk.require_sync(now), oracle_.in_doubt(desk);
    else if (verb == "stubborn")
        how.stubborn = test::yes(words.at(1));
    else if (verb == "keeps")
        how.keeps_booking = test::yes(words.at(1));
    else if (verb == "ignores")
        how.ignores_logout = test::yes(words.at(1));
    else if (verb == "twice")
        how.duplicate = test::yes(words.at(1));
    else if (verb == "narrow")
        how.narrow = test::yes(words.at(1));
    else if (verb == "mute")
        how.mute = test::yes(words.at(1));
    else if (verb == "slow")
        how.slow = test::span_of(words.at(1));
    else if (verb == "calendar-takes")
        how.backend_delay = test::span_of(words.at(1));
    else if (verb == "fail-next")
        how.fail_next = words.at(1);
    else
        bookings(desk, verb, words);
    world_.settle(desk);
    oracle_.look(desk);
}

void Run::bookings(sandbox::Desk& desk, const std::string& verb, const Words& words) {
    const WallTime now = host_.world();
    const WallTime start =
        std::chrono::floor<std::chrono::seconds>(now) + test::span_of(words.has("in") ? words.get("in") : "0s");
    if (verb == "book") {
        sandbox::BookingWish wish;
        wish.organizer = words.at(1);
        wish.start = start;
        wish.end = start + test::span_of(words.get("for"));
        // While somebody is signed in, nobody else can book at the desk itself.
        const bool others = desk.user() && !sandbox::same_address(desk.user()->email, wish.organizer);
        const auto made = desk.book(wish, others ? sandbox::Desk::By::Calendar : by(words), now);
        // A desk with a calendar of its own has it at once: then this comes too late, and is said before.
        if (made.ok() && (desk.user() || oracle_.seems_taken(desk)) && !others && by(words) == sandbox::Desk::By::Desk)
            oracle_.booked_at_desk(*made);
        return;
    }
    if (verb != "move" && verb != "extend" && verb != "remove") throw Broken("no desk does that: " + verb);
    const sandbox::Booking* const booking = verb == "extend" ? desk.active_booking(now) : numbered(desk, words.at(1));
    if (!booking) return;
    const MeetingId meeting = booking->meeting_id;
    if (verb == "extend") {
        (void)desk.extend(meeting, test::span_of(words.at(1)), now);
    } else if (verb == "remove") {
        (void)desk.remove(meeting, by(words), now);
    } else {
        sandbox::Change change;
        change.start = start;
        change.duration = test::span_of(words.get("for"));
        (void)desk.edit(meeting, change, by(words), now);
    }
}

// --- what breaks -----------------------------------------------------------------------------------------------------

void Run::network_trouble(const Words& words) {
    Trouble trouble;
    if (words.at(0) != "all") {
        trouble.where = sandbox::endpoint_of(words.at(0));
        if (!trouble.where) throw Broken("there is no endpoint " + words.at(0));
    }
    if (fates.count(words.at(1)) == 0) throw Broken("no request has the fate " + words.at(1));
    trouble.fate = fates.at(words.at(1));
    if (words.has("status")) trouble.status = std::stoi(words.get("status"));
    if (words.has("after"))
        trouble.retry_after = std::chrono::duration_cast<std::chrono::seconds>(test::span_of(words.get("after")));
    if (words.has("p")) trouble.percent = std::stoi(words.get("p"));
    trouble.until = host_.world() + test::span_of(words.get("for"));
    network_.trouble(trouble);
}

void Run::box(const Words& words) {
    const std::string& verb = words.at(0);
    const auto span = [&] { return test::span_of(words.at(1)); };
    if (verb == "clock") {
        oracle_.reachable(false);  // every desk is asked again
        return host_.set(span());
    }
    if (!engine_) return;  // it is down
    if (verb == "crash")
        die(2s);
    else if (verb == "crash-in")
        fuse_.set(std::stoull(words.at(1)));
    else if (verb == "down")
        die(span());
    else if (verb == "stall")
        stalled_until_ = host_.world() + span();
    else if (verb == "reboot")
        die(span()), host_.reboot();
    else if (verb == "stop")
        stop(span());
    else
        throw Broken("no box does that: " + verb);
}

void Run::disk(const Words& words) {
    if (words.at(0) == "fails") return disk_.fail_next(test::yes(words.get("kept")));
    if (words.at(0) == "full")
        disk_.full = true;
    else if (words.at(0) == "broken")
        disk_.failing = true;
    else
        disk_.slow = 300ms;
    disk_well_at_ = host_.world() + test::span_of(words.at(1));
}

/// What is no JSON, not for hotdeskd, not understood, or an action.
void Run::queue(const Words& words) {
    const std::string& kind = words.at(0);
    const std::string head = R"({"orgId":")" + world_.org().value + R"(","appId":")";
    const std::string desk = R"(","deviceId":")" + world_.desks().front()->place().device.value;
    if (kind == "garbage") return world_.push_body("{");
    if (kind == "broken")
        return world_.push_raw(head + world_.options().app.value + desk + R"(","type":"status","changes":7})",
                               host_.world());
    if (kind == "foreign")
        return world_.push_raw(
            head + "00000000-0000-4000-8000-000000000000" + desk +
                R"(","type":"status","changes":{"updated":{"Webex.DevicePersonalization.Personalized":"True"}}})",
            host_.world());
    if (kind == "strange")
        return world_.push_raw(head + world_.options().app.value + R"(","type":"weather","sun":true})", host_.world());
    if (kind != "action") throw Broken("no such message: " + kind);
    sandbox::CodeWish wish;
    wish.action = words.at(1);
    if (words.plain.size() > 2) wish.fault = words.plain[2];
    world_.push_raw(R"({"type":"action","jwt":")" + world_.code(wish, host_.world()) + R"("})", host_.world());
}

void Run::tokens(const Words& words) {
    const std::string& verb = words.at(0);
    if (verb == "revoke-access")
        world_.tokens().revoke_access();
    else if (verb == "revoke-refresh")
        world_.tokens().revoke_refresh(), revoked_ = true;
    else if (verb == "short")
        world_.tokens().access_lives = test::span_of(words.at(1));
    else if (verb == "rotate")
        world_.tokens().rotate = test::yes(words.at(1));
    else
        throw Broken("no token does that: " + verb);
}

void Run::calm() {
    story("* from here on nothing breaks");
    network_.calm();
    fuse_.set(0);
    disk_.full = disk_.failing = false;
    disk_.slow = 0ms;
    disk_.mend();
    disk_well_at_.reset();
    stalled_until_.reset();
    world_.set_withheld({});
    if (std::exchange(withheld_, false)) oracle_.granted(true);
    if (engine_) engine_->set_policy(policy_);
    for (const auto& desk : world_.desks()) {
        sandbox::Behaviour& how = desk->behaviour;
        // What these have not said, they say with their next full sync.
        const bool silent = std::exchange(how.mute, false) || std::exchange(how.narrow, false);
        how.stubborn = how.keeps_booking = how.ignores_logout = how.duplicate = false;
        how.slow = 0ms;
        how.backend_delay = 300ms;
        desk->set_offline(false, host_.world());
        if (silent || oracle_.was_kept_back(*desk)) desk->full_sync(host_.world());
        world_.settle(*desk);
        oracle_.look(*desk);
    }
    // An administrator looks at what is left.
    if (away_until_) away_until_ = std::min(*away_until_, host_.world() + 1min);
    if (expired_at_ || revoked_) expired_at_ = host_.world() + 1min;
}

// --- administrators --------------------------------------------------------------------------------------------------

void Run::activate() {
    if (disk_.full || disk_.failing) {
        expired_at_ = host_.world() + 5min;  // it says so, and is tried again
        return;
    }
    story("hotdeskd is activated");
    expired_at_.reset();
    revoked_ = false;
    const Activation activation = test::activate(world_, "a" + std::to_string(++activations_), host_.world());
    const std::vector<Change> changes{state::keep_activation(activation), state::point_to(activation)};
    fuse_.set(0);
    disk_.mend();
    (void)disk_.commit(changes);
    if (!engine_) return;
    // The worker sees that another activation stands, and goes on with that one.
    engine_.reset();
    network_.hang_up();
    oracle_.died();
    boot();
}

void Run::order(const Words& words) {
    sandbox::Desk* const desk = world_.desk(words.at(1));
    if (!desk) return;
    Request request;
    request.key = "order-" + std::to_string(++orders_);
    request.device = desk->place().device;
    request.asked_at = host_.now().wall;
    request.force = flag(words, "force");
    const std::string& verb = words.at(0);
    if (verb == "book") {
        request.kind = RequestKind::Book;
        std::string number = std::to_string(orders_);
        number.insert(0, 12 - number.size(), '0');
        request.uuid = RequestUuid{"00000000-0000-4000-8000-" + number};
        request.organizer_email = words.at(2);
    } else if (verb == "edit" || verb == "delete") {
        request.kind = verb == "edit" ? RequestKind::Edit : RequestKind::Delete;
        const sandbox::Booking* const booking = numbered(*desk, words.at(2));
        if (!booking) return;
        request.meeting = booking->meeting_id;
    }
    if (words.has("in"))
        request.start = std::chrono::floor<std::chrono::minutes>(host_.world()) + test::span_of(words.get("in"));
    if (words.has("for"))
        request.duration = std::chrono::duration_cast<std::chrono::minutes>(test::span_of(words.get("for")));
    if (disk_.full || disk_.failing) return;
    oracle_.ordered(request);
    disk_.records[{Table::Request, request.key}] = codec::write_request(request);
    ring();
}

void Run::policy(const Words& words) {
    for (const auto& [key, value] : words.ordered) policy_keys_[key] = value;
    Rules rules;
    for (const auto& [key, value] : policy_keys_) test::set_key(rules.base, key, value);
    rules.overrides = opening_.overrides;
    std::vector<PolicyOverride> overrides;
    for (const auto& one : opening_.overrides) {
        PolicyOverride made;
        for (const auto& [key, value] : one) {
            if (key == "workspace")
                made.workspace = value;
            else if (key == "organizer")
                made.organizer = value;
            else
                made.sets.emplace_back([k = key, v = value](Policy& policy) { test::set_key(policy, k, v); });
        }
        overrides.push_back(std::move(made));
    }
    std::shared_ptr<const Zone> zone;
    if (opening_.summer) zone = std::make_shared<test::SummerZone>(1h);
    policy_ = PolicyBook(rules.base, std::move(overrides), zone, Messages{});
    oracle_.rules(std::move(rules));
    if (engine_) engine_->set_policy(policy_);
}

}  // namespace hotdesk::sim
