// The fleet: who is signed in, companions, listings, restarts and explanations.

#include <catch2/catch.hpp>

#include "fleet_lab.hpp"

#include <set>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

const DeviceId first{"d1"};

Booking annas(const std::string& meeting, Millis from = 0h, Millis to = 4h) {
    return {{BookingId{"id-" + meeting}, MeetingId{meeting}}, morning + from, morning + to, "anna@example.com", "", ""};
}

/// One desk with somebody signed in to Anna's booking, and the scopes to ask who.
struct WhoLab : Lab {
    WhoLab() : Lab(1) {
        fleet.set_may_ask_who(true);
        status = somebody();
        bookings = {annas("m")};
        (void)sent();
        pass(1min);
    }
    /// The question that is out, and nothing else.
    Call question() {
        const auto out = calls();
        REQUIRE(out.size() == 1);
        return out.front();
    }
    void answer_who(const Call& call, Result<Reply> reply, bool about_us = false) {
        fleet.answered(call, std::move(reply), now.mono, now, about_us);
    }
    static Reply sessions(const std::vector<std::string>& people, const std::string& workspace = "w1") {
        std::vector<HotdeskSession> out;
        for (const auto& person : people) out.push_back({WorkspaceId{workspace}, PersonId{person}});
        return out;
    }
    [[nodiscard]] std::string says(Rule rule) const {
        for (const Verdict& verdict : fleet.explain(first, now))
            if (verdict.rule == rule) return verdict.says;
        return "";
    }
};

}  // namespace

TEST_CASE("who is signed in is asked once, in two questions, and known people in one", "[who]") {
    WhoLab lab;
    const Call session = lab.question();
    CHECK(std::get<call::AskSessions>(session).workspace == WorkspaceId{"w1"});
    CHECK(lab.fleet.name_of_desk(session) == "Desk 1");
    lab.answer_who(session, WhoLab::sessions({"p1"}));
    const Call person = lab.question();
    CHECK(std::get<call::AskPerson>(person).person == PersonId{"p1"});
    CHECK(lab.fleet.name_of_desk(person) == "Desk 1");
    lab.answer_who(person, Reply{Person{PersonId{"p1"}, {"Anna@Example.com"}, "Anna"}});
    CHECK(lab.says(Rule::VerifyIdentity) == "the user is the organizer of a booking that runs");
    CHECK(lab.calls().empty());
    lab.pass(10min);
    CHECK(lab.calls().empty());
    // Somebody sits down anew: the person is known by now.
    StatusReport out = nobody();
    (void)lab.fleet.hear(first, input::Pushed{out, lab.now.wall}, lab.now);
    lab.pass(1s);
    (void)lab.fleet.hear(first, input::Pushed{somebody(), lab.now.wall}, lab.now);
    lab.pass(1min);
    bool asked_person = false;
    for (const Call& call : lab.calls()) {
        asked_person = asked_person || std::holds_alternative<call::AskPerson>(call);
        if (std::holds_alternative<call::AskSessions>(call)) lab.answer_who(call, WhoLab::sessions({"p1"}));
    }
    CHECK_FALSE(asked_person);
    CHECK(lab.says(Rule::VerifyIdentity) == "the user is the organizer of a booking that runs");
}

TEST_CASE("what Webex does not know, or not for sure, signs nobody out", "[who]") {
    WhoLab lab;
    struct Case {
        std::vector<std::string> people;
        std::string workspace;
    };
    const auto [people, workspace] =
        GENERATE(Case{{}, "w1"}, Case{{"p1", "p2"}, "w1"}, Case{{"p1"}, "another"}, Case{{""}, "w1"});
    lab.answer_who(lab.question(), WhoLab::sessions(people, workspace));
    CHECK(lab.says(Rule::VerifyIdentity) == "Webex has not said who is signed in");
    lab.pass(1h);
    CHECK(lab.sent().empty());
}

TEST_CASE("a question to Webex that fails is asked again later, one about us at once", "[who]") {
    WhoLab lab;
    const Call call = lab.question();
    SECTION("about us") {
        lab.answer_who(call, failing(ErrorKind::AuthExpired, 401), true);
        CHECK(std::holds_alternative<call::AskSessions>(lab.question()));
    }
    SECTION("it failed") {
        Error error = failing(ErrorKind::Transient, 503);
        if (GENERATE(true, false)) error.retry_after = std::chrono::seconds{50};
        lab.answer_who(call, error);
        CHECK(lab.calls().empty());
        lab.pass(59s);
        CHECK(lab.calls().empty());
        lab.pass(1s);
        CHECK(std::holds_alternative<call::AskSessions>(lab.question()));
        CHECK_FALSE(lab.fleet.who_refused());
    }
    SECTION("it is not granted") {
        lab.answer_who(call, failing(ErrorKind::Rejected, 403));
        CHECK(lab.fleet.who_refused());
        lab.pass(2h);
        CHECK(lab.calls().empty());
        CHECK(lab.says(Rule::VerifyIdentity).find("not granted") != std::string::npos);
    }
    SECTION("the desk has gone meanwhile, and come back") {
        lab.fleet.take_inventory({}, lab.now);
        lab.answer_who(call, WhoLab::sessions({"p1"}));
        lab.fleet.take_inventory(campus(1), lab.now);
        lab.answer_who(call, WhoLab::sessions({"p1"}));
        CHECK(lab.says(Rule::VerifyIdentity) == "nobody is signed in");
    }
}

TEST_CASE("a device that goes while Webex is asked about it leaves room for others", "[who]") {
    const bool out = GENERATE(true, false);
    WhoLab lab;
    if (out) (void)lab.question();
    lab.fleet.take_inventory({}, lab.now);
    CHECK(lab.calls().empty());
    CHECK_FALSE(lab.fleet.wake_at());
}

TEST_CASE("a desk that moves to another workspace, is renamed, or loses its connection", "[fleet]") {
    Lab lab(2);
    lab.answer_all(nobody());
    lab.commit();
    Inventory inventory = campus(2);
    inventory.devices[0].workspace = WorkspaceId{"w2"};
    inventory.devices[0].location = LocationId{"oslo"};
    inventory.devices[0].connected.reset();
    inventory.devices[1].connected = false;
    inventory.devices[1].type = "";
    lab.fleet.take_inventory(inventory, lab.now);
    const auto pending = lab.fleet.pending();
    REQUIRE(pending.desks.size() == 2);
    for (const DeskState* desk : pending.desks) {
        CHECK(desk->workspace == WorkspaceId{"w2"});
        CHECK(desk->online == (desk->id == first));
    }
    lab.commit();
    lab.fleet.take_inventory(inventory, lab.now);
    CHECK(lab.fleet.pending().desks.empty());
    CHECK(lab.fleet.explain(DeviceId{"d9"}, lab.now).empty());
    CHECK(lab.fleet.name_of_desk(call::AskStatus{DeviceId{"d9"}}) == "d9");
    CHECK(lab.fleet.name_of_desk(call::AskBookings{first}) == "Desk 1");
    CHECK(lab.fleet.name_of_desk(call::Send{1, first, {}}) == "Desk 1");
    CHECK(lab.fleet.name_of_desk(call::Poll{""}).empty());
}

TEST_CASE("explaining from what is stored: graces go on, and nothing is decided", "[fleet]") {
    DeskState state;
    state.id = first;
    state.personalized.value = true;
    state.active_calls.value = 0;
    state.bookings_asked = true;
    state.sign_in = SignIn{};
    state.sign_in->since.wall = morning - 3min;
    state.sign_in->lapsed = state.sign_in->since;
    state.requested.push_back({RequestUuid{"u"}, morning + 1h, morning + 2h, {morning - 1min, {}}, false, {}});
    Lab lab(0);
    lab.fleet.load(state, lab.now, Clocks::GoOn);
    const auto verdicts = lab.fleet.explain(first, lab.now);
    REQUIRE_FALSE(verdicts.empty());
    CHECK(verdicts[0].rule == Rule::SignInGrace);
    CHECK(verdicts[0].due == lab.now.mono + 2min);
    std::set<Rule> said;
    for (const auto& verdict : verdicts) {
        CHECK_FALSE(verdict.says.empty());
        said.insert(verdict.rule);
    }
    CHECK(said.size() == all_rules.size() - 1);  // all but `cli`
    CHECK(lab.calls().empty());
    CHECK(lab.fleet.pending().empty());
    // For the worker the same grace starts again.
    Lab worker(0);
    worker.fleet.load(state, worker.now);
    CHECK(worker.fleet.explain(first, worker.now)[0].due == worker.now.mono + 5min);
}

TEST_CASE("bookings of a state from before bookings were judged are left alone, unless that is wanted", "[fleet]") {
    const bool wanted = GENERATE(true, false);
    Policy policy;
    policy.max_duration = 1h;
    Lab lab(0, policy);
    DeskState state;
    state.id = first;
    state.bookings_asked = true;
    state.bookings.push_back({annas("m"), {}, {}});
    lab.fleet.load(state, lab.now);
    if (wanted) lab.fleet.judge_existing();
    lab.bookings = {annas("m")};
    bool deleted = false;
    for (const auto& send : lab.sent()) {
        deleted = deleted || send.command.name == "Bookings.Delete";
        lab.reply(send);
        for (const auto& next : lab.sent()) deleted = deleted || next.command.name == "Bookings.Delete";
    }
    CHECK(deleted == wanted);
}

TEST_CASE("what was found lawful, or not, before a restart is so after it", "[fleet]") {
    Policy policy;
    policy.max_duration = 2h;
    policy.messages = false;
    DeskState state;
    state.id = first;
    state.bookings_asked = true;
    state.online = true;
    // Of an older state and moved since; made since and lawful; never judged, as its hotdeskd died too early.
    KnownBooking moved{annas("moved", 1h, 6h), morning - 1min, {}}, lawful{annas("lawful", 7h, 11h), morning, {}},
        fresh{annas("fresh", 12h, 16h), morning, {}};
    moved.admitted = Admitted{{morning + 1h, morning + 2h}, "anna@example.com", true};
    lawful.made_at = fresh.made_at = morning - 1h;
    lawful.admitted = Admitted{slot_of(lawful.booking), "anna@example.com", false};
    state.bookings = {moved, lawful, fresh};
    Lab lab(0, policy);
    lab.fleet.load(state, lab.now);
    if (GENERATE(true, false)) lab.fleet.judge_existing();  // is about what nobody ever judged
    lab.bookings = {moved.booking, lawful.booking, fresh.booking};
    std::set<std::string> acted;
    for (const auto& send : lab.sent())
        for (const auto& [name, value] : send.command.arguments)
            if (name == "MeetingId") acted.insert(std::get<std::string>(value));
    CHECK(acted.count("lawful") == 0);
    CHECK(acted.count("moved") + acted.count("fresh") > 0);
}

TEST_CASE("whoever only looks sees a warning under way as told, the worker tells it again", "[fleet]") {
    Policy policy;
    policy.end_warning = 15min;
    DeskState state;
    state.id = first;
    state.personalized.value = true;
    state.active_calls.value = 0;
    state.bookings_asked = true;
    state.bookings = {{annas("m", -1h, 10min), morning - 1h, {}}};
    state.bookings[0].made_at = morning - 1h;
    state.sign_in = SignIn{};
    state.sign_in->since.wall = morning - 1h;
    state.sign_in->cover = Cover{annas("m").ref, "anna@example.com", "", morning + 10min};
    Attempt told;
    told.act = Act::WarnEnd;
    told.ref = annas("m").ref;
    told.count = 1;
    told.pending = Seq{3};
    state.attempts = {told};
    const auto says = [&](Clocks clocks) {
        Lab lab(0, policy);
        lab.fleet.load(state, lab.now, clocks);
        for (const Verdict& verdict : lab.fleet.explain(first, lab.now))
            if (verdict.rule == Rule::EndWarning) return verdict.says;
        return std::string{};
    };
    CHECK(says(Clocks::GoOn) == "the user was told");
    CHECK(says(Clocks::StartAgain) == "the booking of anna@example.com ends at 2026-03-02T09:10:00Z");
}

TEST_CASE("a message that was under way at a crash is shown again, an act is decided anew", "[fleet]") {
    Policy policy;
    policy.no_show_release = 15min;
    Lab lab(1, policy);
    DeskState state;
    state.id = first;
    for (const Act act : {Act::WarnEnd, Act::WarnNoShow, Act::NoShow})
        for (const bool pending : {true, false}) {
            Attempt attempt;
            attempt.act = act;
            attempt.ref = annas(pending ? "m" : "n").ref;
            attempt.count = 1;
            if (pending) attempt.pending = Seq{3};
            state.attempts.push_back(attempt);
        }
    state.bookings = {{annas("m"), {}, {}}, {annas("n"), {}, {}}};
    Fleet fleet({policy, {}}, 10);
    fleet.load(state, lab.now);
    (void)fleet.hear(first, input::Woken{}, lab.now);
    fleet.doubt_all(lab.now);
    lab.now.wall += 1s;
    (void)fleet.hear(first, input::Happened{{BookingCreated{annas("x", 5h, 6h), {}}, lab.now.wall}}, lab.now);
    const auto changes = fleet.pending();
    REQUIRE(changes.desks.size() == 1);
    std::vector<Act> left;
    for (const auto& attempt : changes.desks[0]->attempts) {
        CHECK_FALSE(attempt.pending);
        left.push_back(attempt.act);
    }
    CHECK(left == std::vector<Act>{Act::WarnEnd, Act::WarnNoShow, Act::NoShow, Act::NoShow});
}

TEST_CASE("an answer about a desk that went away, or a call that was not the fleet's, is nobody's", "[fleet]") {
    Lab lab(1);
    const auto calls = lab.calls();
    REQUIRE(calls.size() == 2);
    lab.fleet.take_inventory({}, lab.now);
    for (const Call& call : calls) lab.answer(call, nobody());
    lab.fleet.take_inventory(campus(1), lab.now);
    for (const Call& call : calls) lab.answer(call, nobody());
    CHECK(lab.fleet.counts(morning).total == 1);
    lab.fleet.answered(call::Poll{""}, Reply{MessageBatch{}}, lab.now.mono, lab.now, false);
    lab.fleet.answered(call::Send{77, first, {}}, Reply{CommandDone{""}}, lab.now.mono, lab.now, false);
    lab.fleet.answered(call::AskSessions{DeviceId{"d9"}, {}}, Reply{std::vector<HotdeskSession>{}}, lab.now.mono,
                       lab.now, false);
    CHECK(lab.fleet.sent() == 0);
}

TEST_CASE("a list with a booking that cannot be read is no list, and a pause is no fault of the desk", "[fleet]") {
    Lab lab(1);
    const auto calls = lab.calls();
    const bool about_us = GENERATE(true, false);
    for (const Call& call : calls) {
        if (about_us)
            lab.fleet.answered(call, failing(ErrorKind::AuthExpired, 401), lab.now.mono, lab.now, true);
        else if (std::holds_alternative<call::AskBookings>(call))
            lab.fleet.answered(call, Reply{BookingList{{annas("m")}, 1}}, lab.now.mono, lab.now, false);
        else
            lab.answer(call, nobody());
    }
    CHECK(lab.calls().size() == (about_us ? 2 : 0));
    CHECK(lab.fleet.counts(morning).booked == 0);
    if (about_us) return;
    lab.pass(10s);
    CHECK(lab.calls().size() == 2);
}

TEST_CASE("a sign-out whose answer is lost is not known, a refused one is refused", "[fleet]") {
    const auto [kind, status, outcome] =
        GENERATE(table<ErrorKind, int, std::string>({{ErrorKind::Transient, 0, "unknown"},
                                                     {ErrorKind::Transient, 502, "unknown"},
                                                     {ErrorKind::Rejected, 400, "refused"}}));
    Policy policy;
    policy.messages = false;
    Lab lab(1, policy);
    lab.answer_all(somebody());
    lab.commit();
    lab.fleet.order(sign_out("key", first, morning), lab.now);
    lab.commit();
    const auto sends = lab.sent();
    REQUIRE(sends.size() == 1);
    lab.reply(sends[0], failing(kind, status));
    REQUIRE(lab.outcomes().size() == 1);
    CHECK(lab.outcomes()[0].outcome == outcome);
    lab.fleet.order(sign_out("key", first, morning), lab.now);  // asked for again before it is stored
    CHECK(lab.outcomes().size() == 1);
}

TEST_CASE("what is asked of a desk at once fails once, by the worse of both", "[fleet]") {
    Lab lab(1);
    Error busy = failing(ErrorKind::RateLimited, 423);
    const bool long_pause = GENERATE(true, false);
    busy.retry_after = long_pause ? 100s : 5s;
    const bool busy_first = GENERATE(true, false);
    const auto asked = lab.calls();
    REQUIRE(asked.size() == 2);
    const auto answer = [&](const Call& call, const Error& error) {
        lab.fleet.answered(call, error, lab.now.mono, lab.now, false);
    };
    answer(asked[busy_first ? 0 : 1], busy);
    CHECK(lab.calls().empty());
    answer(asked[busy_first ? 1 : 0], failing(ErrorKind::Transient, 502));
    CHECK(lab.fleet.pending().desks.size() == 1);  // it is offline
    lab.pass((long_pause ? 100s : 10s) - 1ms);
    CHECK(lab.calls().empty());
    lab.pass(1ms);
    CHECK(lab.calls().size() == 2);
}

TEST_CASE("a desk that answers one of two questions is asked again after the pause, in whichever order", "[fleet]") {
    Lab lab(1);
    const auto asked = lab.calls();
    const bool fails_first = GENERATE(true, false);
    const std::size_t bad = GENERATE(0U, 1U);
    const auto answer = [&](bool fails) {
        if (fails)
            lab.fleet.answered(asked[bad], failing(ErrorKind::Transient, 0), lab.now.mono, lab.now, false);
        else
            lab.answer(asked[1 - bad], nobody());
    };
    answer(fails_first);
    CHECK(lab.calls().empty());
    answer(!fails_first);
    lab.pass(10s - 1ms);
    CHECK(lab.calls().empty());
    lab.pass(1ms);
    CHECK(lab.calls().size() == 2);
}
