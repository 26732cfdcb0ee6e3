// The worker and its session where things go wrong.

#include <catch2/catch.hpp>

#include "core/worker.hpp"
#include "fleet_lab.hpp"
#include "worker_lab.hpp"

#include <algorithm>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

Activation activation() { return standing_activation(2h); }

template <class Kind>
bool is(const Call& call) {
    return std::holds_alternative<Kind>(call);
}

template <class Kind>
const Call& first_of(const std::vector<Call>& calls) {
    const auto at = std::find_if(calls.begin(), calls.end(), is<Kind>);
    REQUIRE(at != calls.end());
    return *at;
}

struct SessionLab {
    std::vector<Call> calls() {
        session.prepare(now);
        session.committed();
        std::vector<Call> out;
        session.take_calls(out, now);
        return out;
    }
    void pass(Millis time) {
        now.wall += time;
        now.mono += time;
    }
    SessionNews answer(const Call& call, Result<Reply> reply) {
        return session.answered(call, std::move(reply), now.mono, now, 0.0);
    }
    Now now{morning, MonoTime{} + 1000s};
    Session session{activation(), now};
};

}  // namespace

TEST_CASE("the next look of a session is the first of what is due", "[session]") {
    SessionLab lab;
    const auto calls = lab.calls();
    CHECK(calls.size() == 4);  // poll, appUrl, devices, workspaces
    // All is under way: the token is next.
    REQUIRE(lab.session.wake_at(lab.now));
    CHECK(*lab.session.wake_at(lab.now) > lab.now.mono + 1h);
    SECTION("a listing that failed is tried again") {
        const bool devices = GENERATE(true, false);
        lab.answer(devices ? first_of<call::ListDevices>(calls) : first_of<call::ListWorkspaces>(calls),
                   failing(ErrorKind::Transient, 503));
        CHECK(lab.session.listing_fails());
        CHECK(lab.session.wake_at(lab.now) == lab.now.mono + 10s);
        lab.pass(10s);
        const auto again = lab.calls();
        REQUIRE(again.size() == 1);
        CHECK(is<call::ListDevices>(again[0]) == devices);
    }
    SECTION("an answered listing is due again in six hours, or when it is wanted") {
        lab.answer(first_of<call::ListDevices>(calls), Reply{Page<DeviceInfo>{{}, ""}});
        const auto news = lab.answer(first_of<call::ListWorkspaces>(calls), Reply{Page<WorkspaceInfo>{{}, ""}});
        CHECK(news.inventory);
        CHECK(*lab.session.wake_at(lab.now) > lab.now.mono + 1h);
        lab.session.want_inventory(lab.now);
        CHECK(lab.session.wake_at(lab.now) == lab.now.mono + 1min);
    }
    SECTION("a page that leads to another") {
        lab.answer(first_of<call::ListDevices>(calls), Reply{Page<DeviceInfo>{campus(1).devices, "https://next"}});
        CHECK(*lab.session.wake_at(lab.now) <= lab.now.mono);
        const auto next = lab.calls();
        REQUIRE(next.size() == 1);
        CHECK(std::get<call::ListDevices>(next[0]).url == "https://next");
        CHECK_FALSE(lab.answer(first_of<call::ListWorkspaces>(calls), Reply{Page<WorkspaceInfo>{{}, ""}}).inventory);
        CHECK(lab.answer(next[0], Reply{Page<DeviceInfo>{campus(2).devices, ""}}).inventory->devices.size() == 3);
    }
    SECTION("a pause that was asked for, with and without a time") {
        Error pause = failing(ErrorKind::RateLimited, 429);
        const bool timed = GENERATE(true, false);
        if (timed) pause.retry_after = std::chrono::seconds{30};
        lab.answer(first_of<call::ReadApp>(calls), pause);
        CHECK_FALSE(lab.session.open(lab.now));
        CHECK(lab.session.wake_at(lab.now) == lab.now.mono + (timed ? 30s : 10s));
        lab.pass(30s);
        CHECK(lab.session.open(lab.now));
    }
    SECTION("a locked desk is no reason for a pause") {
        CHECK_FALSE(lab.session.warned(failing(ErrorKind::RateLimited, 423), lab.now.mono, lab.now));
        CHECK(lab.session.open(lab.now));
    }
}

TEST_CASE("a poll that is refused makes the integration be looked at", "[session]") {
    const auto [kind, status, looked] = GENERATE(table<ErrorKind, int, bool>({{ErrorKind::Gone, 410, true},
                                                                              {ErrorKind::Rejected, 403, true},
                                                                              {ErrorKind::Transient, 404, true},
                                                                              {ErrorKind::Transient, 503, false}}));
    SessionLab lab;
    const auto calls = lab.calls();
    lab.answer(first_of<call::ReadApp>(calls), Reply{AppDetails{}});
    lab.answer(first_of<call::Poll>(calls), failing(kind, status));
    const auto next = lab.calls();
    CHECK(std::any_of(next.begin(), next.end(), is<call::ReadApp>) == looked);
    CHECK_FALSE(lab.session.polling());
}

TEST_CASE("what appUrl says anew is kept, what it does not say stays", "[session]") {
    SessionLab lab;
    AppDetails details;
    SECTION("nothing") {}
    SECTION("another poll") { details.poll_url = "https://xapi-a.wbx2.com/other"; }
    SECTION("other scopes") { details.scopes = {"spark:xapi_statuses"}; }
    SECTION("other access") { details.xapi.commands = {"Bookings.List"}; }
    const bool nothing = details.poll_url.empty() && details.scopes.empty() && details.xapi.commands.empty();
    lab.answer(first_of<call::ReadApp>(lab.calls()), Reply{details});
    CHECK(lab.session.dirty() == !nothing);
    CHECK_FALSE(lab.session.activation().poll_url.empty());
}

TEST_CASE("a token without a new refresh token, and one that says how long that lives", "[session]") {
    const bool rotated = GENERATE(true, false);
    SessionLab lab;
    lab.pass(119min);
    TokenGrant grant{Secret{"access-2"}, 7199s, Secret{rotated ? "refresh-2" : ""}, std::nullopt};
    if (rotated) grant.refresh_expires_in = std::chrono::seconds{86400};
    lab.answer(first_of<call::Refresh>(lab.calls()), Reply{grant});
    CHECK(lab.session.activation().refresh_token.reveal() == (rotated ? "refresh-2" : "refresh"));
    CHECK(lab.session.activation().refresh_expires.has_value() == rotated);
    CHECK_FALSE(lab.session.open(lab.now));  // not before it is stored
    CHECK_FALSE(lab.session.wake_at(lab.now));
    lab.session.committed();
    CHECK(lab.session.open(lab.now));
}

TEST_CASE("a batch that broke off is a gap once the queue answers again", "[session]") {
    SessionLab lab;
    auto news = lab.answer(first_of<call::Poll>(lab.calls()), failing(ErrorKind::Transient, 200));
    CHECK(news.gap.empty());
    lab.pass(10s);
    lab.answer(first_of<call::Poll>(lab.calls()), failing(ErrorKind::Transient, 503));
    lab.pass(1min);
    news = lab.answer(first_of<call::Poll>(lab.calls()), Reply{MessageBatch{}});
    CHECK(news.gap == "the answer to a poll was lost, perhaps with messages");
    news = lab.answer(first_of<call::Poll>(lab.calls()), Reply{MessageBatch{}});
    CHECK(news.gap.empty());
}

TEST_CASE("a desk's trouble names the desk, and a pause is no failure of its command", "[worker]") {
    Now now{morning, MonoTime{} + 1000s};
    Worker worker(activation(), {Policy{}, {}}, Health{}, 1, now);
    worker.fleet().take_inventory(campus(1), now);
    worker.committed();
    worker.tick(now);
    const auto calls = worker.take_calls(now);
    worker.answered(first_of<call::AskStatus>(calls), failing(ErrorKind::Transient, 502), now.mono, now, 0.0);
    CHECK(worker.health().last_error == "Desk 1: failed");
    worker.answered(first_of<call::AskBookings>(calls), failing(ErrorKind::RateLimited, 429), now.mono, now, 0.0);
    CHECK(worker.take_desk_calls(now).empty());
    CHECK(worker.sentence(now) == "watching 1 desk, 0 signed in, 0 booked");
    std::size_t warnings = 0;
    for (const Line& line : worker.take_lines()) warnings += line.level == Level::Warn ? 1 : 0;
    CHECK(warnings >= 1);
}

TEST_CASE("Webex that will not say who is signed in is said once, and impairs where that was wanted", "[worker]") {
    Policy policy;
    policy.verify_identity = VerifyIdentity::On;
    policy.sign_out_grace = Millis{0};
    Now now{morning, MonoTime{} + 1000s};
    Activation with = activation();
    with.scopes = {"spark-admin:devices_read", "spark-admin:workspaces_read", "spark:xapi_statuses",
                   "spark:xapi_commands",      "spark-admin:hotdesk_read",    "spark-admin:people_read"};
    Worker worker(std::move(with), {policy, {}}, Health{}, 1, now);
    worker.fleet().take_inventory(campus(1), now);
    worker.committed();
    const Booking booking{{BookingId{"1"}, MeetingId{"m"}}, morning, morning + 1h, "anna@example.com", "", ""};
    std::size_t said = 0;
    for (int round = 0; round < 4; ++round) {
        worker.tick(now);
        worker.committed();
        for (const Call& call : worker.take_calls(now)) {
            if (is<call::AskStatus>(call)) worker.answered(call, Reply{somebody()}, now.mono, now, 0.0);
            if (is<call::AskBookings>(call))
                worker.answered(call, Reply{BookingList{{booking}, 0}}, now.mono, now, 0.0);
            if (is<call::AskSessions>(call))
                worker.answered(call, failing(ErrorKind::Rejected, 403), now.mono, now, 0.0);
            if (is<call::Poll>(call)) worker.answered(call, Reply{MessageBatch{}}, now.mono, now, 0.0);
        }
        for (const Line& line : worker.take_lines())
            said += line.text.find("refuses to say who") != std::string::npos ? 1 : 0;
        now.wall += 1s;
        now.mono += 1s;
    }
    CHECK(said == 1);
    CHECK(worker.health().operational == Operational::Impaired);
}

TEST_CASE("what was observed, dropped or failed is said as loud as it deserves", "[worker]") {
    const bool observe = GENERATE(true, false);
    Policy policy;
    policy.messages = false;
    policy.sign_in_grace = Millis{0};
    if (observe) policy.mode = Mode::Observe;
    Now now{morning, MonoTime{} + 1000s};
    Worker worker(activation(), {policy, {}}, Health{}, 1, now);
    worker.fleet().take_inventory(campus(1), now);
    worker.committed();
    std::vector<Line> lines;
    for (int round = 0; round < 4; ++round) {
        worker.tick(now);
        worker.committed();
        for (const Call& call : worker.take_calls(now)) {
            if (is<call::AskStatus>(call)) worker.answered(call, Reply{somebody()}, now.mono, now, 0.0);
            if (is<call::AskBookings>(call)) worker.answered(call, Reply{BookingList{}}, now.mono, now, 0.0);
            if (is<call::Send>(call)) worker.answered(call, failing(ErrorKind::Rejected, 400), now.mono, now, 0.0);
        }
        for (auto& line : worker.take_lines()) lines.push_back(std::move(line));
        now.wall += 100ms;
        now.mono += 100ms;
    }
    const auto line =
        std::find_if(lines.begin(), lines.end(), [](const Line& l) { return l.text.rfind("sign out: ", 0) == 0; });
    REQUIRE(line != lines.end());
    CHECK(line->level == (observe ? Level::Info : Level::Warn));
    CHECK((worker.health().failed > 0) == !observe);
}

namespace {

/// Every desk tells of a booking; who has one longer than two hours loses it.
struct Doubtful {
    explicit Doubtful(const Booking& booking) : works(policy()) {
        works.worker.fleet().judge_existing();
        desks_answer(booking);
    }
    void desks_answer(const Booking& booking) {
        for (int round = 0; round < 3; ++round) {
            for (const Call& call : std::exchange(works.out, {}))
                if (std::holds_alternative<call::AskStatus>(call))
                    works.worker.answered(call, Reply{nobody()}, works.now.mono, works.now, 0.0);
                else if (std::holds_alternative<call::AskBookings>(call))
                    works.worker.answered(call, Reply{BookingList{{booking}, 0}}, works.now.mono, works.now, 0.0);
                else
                    works.out.push_back(call);
            for (auto& call : works.worker.take_desk_calls(works.now)) works.out.push_back(std::move(call));
        }
    }
    static Policy policy() {
        Policy out;
        out.messages = false;
        out.max_duration = 2h;
        out.max_advance = 3h;
        return out;
    }
    [[nodiscard]] std::ptrdiff_t sent() const {
        return std::count_if(works.out.begin(), works.out.end(), is<call::Send>);
    }
    Works works;
};

Booking booking_of(Millis ahead, Millis length) {
    Booking out;
    out.ref = {BookingId{"1"}, MeetingId{"m1"}};
    out.organizer_email = "alice@example.com";
    out.start = morning + ahead;
    out.end = out.start + length;
    return out;
}

}  // namespace

TEST_CASE("while the wall clock is doubted nothing is done, for ten seconds at most", "[worker]") {
    Doubtful lab(booking_of(1h, 3h));
    Works& works = lab.works;
    works.worker.doubt_clock(true, works.now);
    works.turn();
    CHECK(lab.sent() == 0);
    REQUIRE(works.worker.wake_at(works.now));
    CHECK(*works.worker.wake_at(works.now) <= works.now.mono + 10s);
    SECTION("the next answer says that it is right") { works.worker.doubt_clock(false, works.now); }
    SECTION("it is doubted on and on") {
        works.now.mono += 9s;
        works.now.wall += 9s;
        works.worker.doubt_clock(true, works.now);
        works.turn();
        CHECK(lab.sent() == 0);
        works.now.mono += 1s;
        works.now.wall += 1s;
        works.worker.doubt_clock(true, works.now);
    }
    works.turn();
    CHECK(lab.sent() == 2);
}

TEST_CASE("what a list told of while the wall clock was wrong is judged by the right time", "[worker]") {
    // Found two hours before it begins, by a clock that is a day behind: no more than three are allowed.
    Doubtful lab(booking_of(26h, 1h));
    Works& works = lab.works;
    works.worker.doubt_clock(true, works.now);
    works.turn();
    works.now.wall += 24h;
    works.worker.clock_corrected(24h, works.now);
    works.worker.doubt_clock(false, works.now);
    works.turn();
    CHECK(lab.sent() == 0);
    for (int round = 0; round < 3; ++round) {
        lab.desks_answer(booking_of(26h, 1h));
        works.pass(20s);
        CHECK(lab.sent() == 0);
    }
}

TEST_CASE("what Webex told the time of stays as it is when the wall clock was wrong", "[fleet]") {
    Lab lab(1);
    lab.answer_all(nobody());
    // The machine is a day behind, and has been told of a booking by an event and of another one by a list.
    const WallTime told = lab.now.wall + 23h;
    Booking by_event = booking_of(26h, 1h), by_list = booking_of(30h, 1h);
    by_list.ref = {BookingId{"2"}, MeetingId{"m2"}};
    BookingCreated created;
    created.booking = by_event;
    (void)lab.fleet.hear(DeviceId{"d1"}, input::Happened{{created, told}}, lab.now);
    lab.pass(1s);
    (void)lab.fleet.hear(DeviceId{"d1"}, input::BookingsAnswered{{by_event, by_list}, lab.now.mono}, lab.now);
    lab.commit();
    const WallTime noted = lab.now.wall;
    lab.pass(5min);
    lab.commit();
    const auto wrong = GENERATE(0h, 1h);
    lab.now.wall += 24h + wrong;
    lab.fleet.clock_corrected(lab.now);
    lab.now.wall -= wrong;  // and put right again
    lab.fleet.clock_corrected(lab.now);
    const auto pending = lab.fleet.pending();
    REQUIRE(pending.desks.size() == 1);
    REQUIRE(pending.desks[0]->bookings.size() == 2);
    CHECK(pending.desks[0]->bookings[0].made_at == told);
    CHECK(pending.desks[0]->bookings[1].made_at == noted + 24h);
}
