// Calls that go out and answers that come back: bounds, answers to somebody else's question, and what changes while a
// command waits.

#include <catch2/catch.hpp>

#include "fleet_lab.hpp"

#include <algorithm>
#include <set>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

const DeviceId first{"d1"};

template <class Kind>
std::vector<Kind> only(const std::vector<Call>& calls) {
    std::vector<Kind> out;
    for (const Call& call : calls)
        if (const auto* one = std::get_if<Kind>(&call)) out.push_back(*one);
    return out;
}

Booking annas(const std::string& meeting, Millis from = 0h, Millis to = 4h) {
    return {{BookingId{"id-" + meeting}, MeetingId{meeting}}, morning + from, morning + to, "anna@example.com", "", ""};
}

StatusReport calls_on(int number) {
    StatusReport report;
    report.active_calls = std::optional{number};
    return report;
}

Policy silent() {
    Policy policy;
    policy.messages = false;
    return policy;
}

/// Desks with somebody signed in to a booking, and the scopes to ask who.
struct WhoLab : Lab {
    explicit WhoLab(std::size_t desks, const Policy& policy = {}, Booking booking = annas("m")) : Lab(desks, policy) {
        fleet.set_may_ask_who(true);
        status = somebody();
        bookings = {std::move(booking)};
        (void)sent();
        pass(1min);
    }
    void answer_who(const Call& call, Result<Reply> reply) {
        fleet.answered(call, std::move(reply), now.mono, now, false);
    }
    void say_who(const call::AskSessions& question, const std::string& person) {
        answer_who(question, Reply{std::vector<HotdeskSession>{{question.workspace, PersonId{person}}}});
    }
    /// Webex says who is signed in at the first desk, and what it knows of them.
    void identify(const Person& person) {
        const auto sessions = only<call::AskSessions>(calls());
        REQUIRE(sessions.size() == 1);
        say_who(sessions[0], person.id.value);
        const auto people = only<call::AskPerson>(calls());
        REQUIRE(people.size() == 1);
        answer_who(people[0], Reply{person});
    }
    [[nodiscard]] std::string says(Rule rule) const {
        for (const Verdict& verdict : fleet.explain(first, now))
            if (verdict.rule == rule) return verdict.says;
        return "";
    }
};

}  // namespace

TEST_CASE("of many commands and questions only so many are under way at a time", "[fleet]") {
    SECTION("commands") {
        Lab lab(40, silent());
        lab.overstay();
        lab.commit();
        auto sends = only<call::Send>(lab.calls());
        CHECK(sends.size() == 32);
        CHECK(lab.calls().empty());
        lab.reply(sends[0]);
        lab.commit();
        CHECK(only<call::Send>(lab.calls()).size() == 1);
    }
    SECTION("questions of who is signed in") {
        WhoLab lab(6);
        const auto questions = only<call::AskSessions>(lab.calls());
        CHECK(questions.size() == 4);
        CHECK(lab.calls().empty());
        lab.answer_who(questions[0], Reply{std::vector<HotdeskSession>{}});
        CHECK(only<call::AskSessions>(lab.calls()).size() == 1);
    }
}

TEST_CASE("a pause that Webex wants holds the questions of who is signed in that wait", "[fleet]") {
    WhoLab lab(6);
    const auto questions = only<call::AskSessions>(lab.calls());
    REQUIRE(questions.size() == 4);
    Error busy = failing(ErrorKind::RateLimited, 429);
    busy.retry_after = 20s;
    SECTION("the people's") {
        lab.say_who(questions[0], "p1");
        const auto out = lab.calls();
        REQUIRE(only<call::AskPerson>(out).size() == 1);
        lab.answer_who(only<call::AskPerson>(out)[0], busy);
    }
    SECTION("the sessions'") { lab.answer_who(questions[0], busy); }
    const auto out = lab.calls();
    CHECK(only<call::AskSessions>(out).empty());
    CHECK(only<call::AskPerson>(out).empty());
    // Whoever was not asked has not failed, and waits no longer than Webex wants.
    lab.pass(20s);
    CHECK(only<call::AskSessions>(lab.calls()).size() == 1);
}

TEST_CASE("a sign-out that waits is not sent when a call has begun and ended meanwhile", "[fleet]") {
    Lab lab(1, silent());
    lab.overstay();
    const auto decided = lab.fleet.pending().records;
    REQUIRE(decided.size() == 1);
    (void)lab.fleet.hear(first, input::Pushed{calls_on(1), lab.now.wall}, lab.now);
    lab.now.wall += 1s;
    lab.now.mono += 1s;
    (void)lab.fleet.hear(first, input::Pushed{calls_on(0), lab.now.wall}, lab.now);
    lab.commit();
    CHECK(only<call::Send>(lab.calls()).empty());
    const auto records = lab.fleet.pending().records;
    REQUIRE(records.size() == 1);
    CHECK(records[0]->result.rfind("dropped: no longer right", 0) == 0);
    // The desk has its grace again, and then it is signed out after all.
    lab.status = somebody();
    lab.pass(59s);
    CHECK(lab.sent().empty());
    lab.pass(10s);
    CHECK(lab.sent().size() == 1);
}

TEST_CASE("an answer to a command is that command's", "[fleet]") {
    Lab lab(1, silent());
    lab.overstay();
    lab.commit();
    const auto sends = only<call::Send>(lab.calls());
    REQUIRE(sends.size() == 1);
    lab.fleet.take_inventory({}, lab.now);
    lab.reply(sends[0]);  // the desk is gone
    lab.fleet.take_inventory(campus(1), lab.now);
    lab.fleet.order(sign_out("key", first, lab.now.wall), lab.now);
    lab.commit();
    const auto again = only<call::Send>(lab.calls());
    REQUIRE(again.size() == 1);
    lab.reply(sends[0]);  // it is back, with another command under way
    CHECK(lab.fleet.sent() == 0);
    CHECK(lab.outcomes().empty());
    lab.reply(again[0]);
    CHECK(lab.fleet.sent() == 1);
    CHECK(lab.outcomes().at(0).outcome == "done");
}

TEST_CASE("a desk that Webex could not reach is offline, one that was not even asked is not", "[fleet]") {
    struct Case {
        ErrorKind kind;
        int status;
        bool offline;
    };
    const auto [kind, status, offline] =
        GENERATE(Case{ErrorKind::Transient, 404, true}, Case{ErrorKind::Transient, 502, true},
                 Case{ErrorKind::Transient, 0, false}, Case{ErrorKind::Rejected, 400, false});
    Lab lab(1);
    lab.commit();
    for (const Call& call : lab.calls()) lab.fleet.answered(call, failing(kind, status), lab.now.mono, lab.now, false);
    const auto pending = lab.fleet.pending();
    if (offline) {
        REQUIRE(pending.desks.size() == 1);
        CHECK(pending.desks[0]->online == false);
    } else {
        CHECK(pending.desks.empty());
    }
}

TEST_CASE("a desk that asks for a pause has it", "[fleet]") {
    Lab lab(1);
    Error busy = failing(ErrorKind::RateLimited, 423);
    busy.retry_after = std::chrono::seconds{100};
    for (const Call& call : lab.calls()) lab.fleet.answered(call, busy, lab.now.mono, lab.now, false);
    lab.pass(99s);
    CHECK(lab.calls().empty());
    lab.pass(1s);
    CHECK(lab.calls().size() == 2);
}

TEST_CASE("a desk whose questions are refused for their number again and again is asked less and less", "[fleet]") {
    Lab lab(1);
    for (const Millis pause : {10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
        const auto asked = lab.calls();
        CHECK(asked.size() == 2);
        for (const Call& call : asked)
            lab.fleet.answered(call, failing(ErrorKind::RateLimited, 429), lab.now.mono, lab.now, true);
        lab.pass(pause - 1ms);
        CHECK(lab.calls().empty());
        lab.pass(1ms);
    }
    CHECK(lab.calls().size() == 2);
}

TEST_CASE("a desk that asks for a pause when it gets a command has it", "[fleet]") {
    Policy policy;
    policy.messages = false;
    Lab lab(1, policy);
    lab.status = somebody();
    lab.overstay();
    const auto told = lab.sent();
    REQUIRE(told.size() == 1);
    Error busy = failing(ErrorKind::RateLimited, 423);
    busy.retry_after = std::chrono::seconds{100};
    lab.reply(told[0], busy);
    lab.pass(99s);
    CHECK(lab.sent().empty());
    lab.pass(1s);
    CHECK(lab.sent().size() == 1);
}

TEST_CASE("an answer to a question from before a restart of the desk is not enough", "[fleet]") {
    Lab lab(1);
    const auto calls = lab.calls();
    const MonoTime asked = lab.now.mono;
    lab.pass(1s);
    lab.hear("d1", Booted{"Restart"});
    for (const Call& call : calls) {
        const Reply reply = std::holds_alternative<call::AskStatus>(call) ? Reply{nobody()} : Reply{BookingList{}};
        lab.fleet.answered(call, reply, asked, lab.now, false);
    }
    const auto again = lab.calls();
    REQUIRE(again.size() == 2);
    for (const Call& call : again) lab.answer(call, nobody());
    CHECK(lab.calls().empty());
}

TEST_CASE("who is signed in is not asked for where it decides nothing", "[who]") {
    SECTION("nobody knows who booked") {
        WhoLab lab(1, {}, {annas("m").ref, morning, morning + 4h, "", "", ""});
        CHECK(lab.calls().empty());
    }
    SECTION("nobody is signed out at the end of a booking") {
        Policy policy;
        policy.sign_out_grace = off;
        WhoLab lab(1, policy);
        CHECK(lab.calls().empty());
        CHECK(lab.says(Rule::VerifyIdentity) == "sign_out_grace is off");
    }
    SECTION("it is off") {
        Policy policy;
        policy.verify_identity = VerifyIdentity::Off;
        WhoLab lab(1, policy);
        CHECK(lab.calls().empty());
        CHECK(lab.says(Rule::VerifyIdentity) == "off");
    }
}

TEST_CASE("an organizer is known by their address or by their id, and never wrong for want of both", "[who]") {
    Booking booking = annas("m");
    booking.organizer_id = "person-anna";
    WhoLab lab(1, silent(), booking);
    SECTION("it is they, under another address") {
        lab.identify({PersonId{"person-anna"}, {"a.a@example.com"}, "Anna"});
        CHECK(lab.says(Rule::VerifyIdentity) == "the user is the organizer of a booking that runs");
        lab.pass(1h);
        CHECK(lab.sent().empty());
    }
    SECTION("Webex tells no address to compare") {
        lab.identify({PersonId{"person-eve"}, {}, "Eve"});
        CHECK(lab.says(Rule::VerifyIdentity) == "Webex has not said which addresses the user has");
        lab.pass(1h);
        CHECK(lab.sent().empty());
    }
    SECTION("it is somebody else") {
        lab.identify({PersonId{"person-eve"}, {"eve@example.com"}, "Eve"});
        CHECK(lab.says(Rule::VerifyIdentity).rfind("eve@example.com is signed in, and the desk is booked by", 0) == 0);
        CHECK(lab.sent().size() == 1);
    }
}

TEST_CASE("a wrong user is let be while it is not known that they are in no call", "[who]") {
    WhoLab lab(1, silent());
    SECTION("in a call") {
        (void)lab.fleet.hear(first, input::Pushed{calls_on(1), lab.now.wall}, lab.now);
        lab.status.active_calls = std::optional{1};
        lab.identify({PersonId{"eve"}, {"eve@example.com"}, ""});
        CHECK(lab.says(Rule::VerifyIdentity) == "the user is not the organizer, but in a call, which keeps its user");
    }
    SECTION("perhaps") {
        StatusReport unknown;
        unknown.active_calls = std::optional<int>{};
        (void)lab.fleet.hear(first, input::Pushed{unknown, lab.now.wall}, lab.now);
        lab.status.active_calls.reset();
        lab.identify({PersonId{"eve"}, {"eve@example.com"}, ""});
        CHECK(lab.says(Rule::VerifyIdentity) == "whether a call is on is not known");
    }
    lab.pass(1h);
    CHECK(lab.sent().empty());
}

TEST_CASE("a booking of nobody known gives whoever is there the right to be there", "[who]") {
    WhoLab lab(1, silent(), annas("m", 0h, 30min));
    lab.status.active_calls = std::optional{1};
    (void)lab.fleet.hear(first, input::Pushed{calls_on(1), lab.now.wall}, lab.now);
    lab.identify({PersonId{"eve"}, {"eve@example.com"}, ""});
    const Booking next{{BookingId{"2"}, MeetingId{"next"}}, morning + 30min, morning + 4h, "", "", ""};
    lab.hear("d1", BookingCreated{next, {}});
    lab.bookings = {next};
    lab.pass(30min);
    CHECK(lab.says(Rule::VerifyIdentity) == "the user is the organizer of a booking that runs");
    (void)lab.fleet.hear(first, input::Pushed{calls_on(0), lab.now.wall}, lab.now);
    lab.status = somebody();
    lab.pass(1h);
    CHECK(lab.sent().empty());
}

TEST_CASE("Webex refuses for all desks at once, also where two were asked about", "[who]") {
    WhoLab lab(2);
    const auto questions = only<call::AskSessions>(lab.calls());
    REQUIRE(questions.size() == 2);
    lab.answer_who(questions[0], failing(ErrorKind::Rejected, 403));
    CHECK(lab.fleet.who_refused());
    lab.answer_who(questions[1], failing(ErrorKind::Transient, 503));
    CHECK(lab.fleet.who_refused());
    lab.pass(2h);
    CHECK(lab.calls().empty());
}

TEST_CASE("who was signed in before a desk went away is not who is signed in now", "[who]") {
    WhoLab lab(1);
    const auto old = only<call::AskSessions>(lab.calls());
    REQUIRE(old.size() == 1);
    lab.fleet.take_inventory({}, lab.now);
    lab.fleet.take_inventory(campus(1), lab.now);
    (void)lab.answer_all(somebody());
    for (const Call& call : lab.calls()) lab.answer(call, somebody(), lab.bookings);
    lab.hear("d1", BookingCreated{lab.bookings[0], {}});
    lab.now.wall += 1min;
    lab.now.mono += 1min;
    lab.fleet.wake(lab.now);  // the question is queued and has not gone out
    lab.say_who(old[0], "eve");
    CHECK(lab.says(Rule::VerifyIdentity) == "Webex has not said who is signed in");
    CHECK(only<call::AskSessions>(lab.calls()).size() == 1);
}

TEST_CASE("what is known of a person is believed for an hour", "[who]") {
    WhoLab lab(1);
    lab.identify({PersonId{"p"}, {"anna@example.com"}, ""});
    const bool old = GENERATE(true, false);
    lab.pass(old ? 61min : 30min);
    (void)lab.fleet.hear(first, input::Pushed{nobody(), lab.now.wall}, lab.now);
    lab.pass(1s);
    (void)lab.fleet.hear(first, input::Pushed{somebody(), lab.now.wall}, lab.now);
    lab.pass(1min);
    const auto sessions = only<call::AskSessions>(lab.calls());
    REQUIRE(sessions.size() == 1);
    lab.say_who(sessions[0], "p");
    CHECK(only<call::AskPerson>(lab.calls()).size() == (old ? 1 : 0));
}

TEST_CASE("whoever signed out and cannot be seen to be gone keeps their booking", "[fleet]") {
    Lab lab(1, silent());
    lab.status = somebody();
    lab.bookings = {annas("m")};
    (void)lab.sent();
    lab.pass(10min);
    (void)lab.fleet.hear(first, input::Pushed{somebody(), lab.now.wall}, lab.now);
    lab.pass(1s);
    lab.status = nobody();
    (void)lab.fleet.hear(first, input::Pushed{nobody(), lab.now.wall}, lab.now);
    SECTION("the desk does not say any more whether somebody is signed in") {
        lab.status.personalized.reset();
        lab.pass(1s);
        (void)lab.fleet.hear(first, input::Pushed{{}, lab.now.wall, true}, lab.now);
        (void)lab.sent();
        for (const Verdict& verdict : lab.fleet.explain(first, lab.now))
            if (verdict.rule == Rule::ReleaseOnSignOut) CHECK(verdict.says == "nobody has left a booking early");
        lab.pass(1h);
        CHECK(lab.sent().empty());
    }
    SECTION("it says that nobody is") {
        lab.pass(1min);
        const auto sends = lab.sent();
        REQUIRE(sends.size() == 1);
        CHECK(sends[0].command.name == "Bookings.Delete");
    }
}

TEST_CASE("a booking without a MeetingId is named by its Id, and is each device's own", "[fleet]") {
    Policy policy = silent();
    policy.max_duration = 1h;
    Lab lab(2, policy);
    Inventory together = campus(2);
    together.devices[1].workspace = together.devices[0].workspace;
    lab.fleet.take_inventory(together, lab.now);
    (void)lab.sent();
    for (const char* device : {"d1", "d2"})
        lab.hear(device, BookingCreated{{{BookingId{"1"}, {}}, morning + 1h, morning + 4h, "", "", ""}, {}});
    lab.bookings = {{{BookingId{"1"}, {}}, morning + 1h, morning + 4h, "", "", ""}};
    const auto sends = lab.sent();
    REQUIRE(sends.size() == 2);
    std::set<DeviceId> devices;
    for (const auto& send : sends) {
        devices.insert(send.device);
        CHECK(send.command.name == "Bookings.Delete");
        REQUIRE(send.command.arguments.size() == 1);
        CHECK(send.command.arguments[0] == std::pair<std::string, Argument>{"Id", "1"});
    }
    CHECK(devices.size() == 2);
}

TEST_CASE("whoever is told of a booking is told its organizer's name where the desk knows it", "[fleet]") {
    Policy policy;
    policy.organizer_deny = {"anna@*"};
    Lab lab(1, policy);
    (void)lab.sent();
    Booking booking = annas("m");
    if (GENERATE(true, false)) booking.organizer_name = "Anna Ås";
    lab.hear("d1", BookingCreated{booking, {}});
    lab.bookings = {booking};
    const auto sends = lab.sent();
    REQUIRE_FALSE(sends.empty());
    const auto& arguments = sends[0].command.arguments;
    const auto text = std::find_if(arguments.begin(), arguments.end(), [](const auto& a) { return a.first == "Text"; });
    REQUIRE(text != arguments.end());
    const std::string name = booking.organizer_name.empty() ? booking.organizer_email : booking.organizer_name;
    CHECK(std::get<std::string>(text->second) == "Not accepted: " + name + " may not book this desk.");
}
