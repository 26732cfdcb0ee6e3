// The fleet: what comes late, and what changed between a decision and its command.

#include <catch2/catch.hpp>

#include "fleet_lab.hpp"

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

Booking booking(const std::string& meeting, Millis from, Millis to) {
    return {{BookingId{"id-" + meeting}, MeetingId{meeting}}, morning + from, morning + to, "anna@example.com", "", ""};
}

Policy at_most(Millis length) {
    Policy policy;
    policy.max_duration = length;
    policy.messages = false;
    return policy;
}

std::vector<std::string> live(const Lab& lab) {
    std::vector<std::string> out;
    for (const DeskState* desk : lab.fleet.pending().desks)
        for (const auto& known : desk->bookings)
            out.push_back(known.booking.ref.meeting.value + " " + format_time(known.booking.start).substr(11, 5));
    return out;
}

}  // namespace

TEST_CASE("bookings of the workspace that a desk moves to were there before", "[fleet]") {
    Lab lab(1, at_most(1h));
    (void)lab.sent();
    lab.pass(1min);
    lab.bookings = {booking("long", 2h, 8h)};
    Inventory inventory = campus(1);
    inventory.devices[0].workspace = inventory.workspaces[0].id = WorkspaceId{"w2"};
    lab.fleet.take_inventory(inventory, lab.now);
    CHECK(lab.sent().empty());
    // What is made there from now on is judged.
    lab.pass(1min);
    lab.bookings.push_back(booking("new", 9h, 12h));
    lab.hear("d1", BookingCreated{lab.bookings.back(), {}});
    const auto sent = lab.sent();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].command.name == "Bookings.Delete");
}

TEST_CASE("what was decided before a change to observe mode does not go out", "[fleet]") {
    const Policy policy = at_most(1h);
    Lab lab(1, policy);
    (void)lab.sent();
    lab.pass(1min);
    lab.bookings = {booking("long", 2h, 8h)};
    lab.hear("d1", BookingCreated{lab.bookings[0], {}});
    const auto sent = lab.sent();
    REQUIRE(sent.size() == 1);
    // A pause that was asked for: it waits.
    lab.fleet.answered(sent[0], failing(ErrorKind::RateLimited, 429), lab.now.mono, lab.now, true);
    Policy observing = policy;
    observing.mode = Mode::Observe;
    lab.fleet.set_policy({observing, {}}, lab.now);
    CHECK(lab.sent().empty());
    lab.pass(1h);
    CHECK(lab.sent().empty());
}

TEST_CASE("whoever has no address that can be compared is signed out by nobody", "[who]") {
    const std::vector<Person> people{{PersonId{"p1"}, {}, ""}, {PersonId{"p2"}, {"bob@example.com"}, ""}};
    // The booking names its organizer by an id of the calendar's alone, or Webex tells no addresses.
    const bool by_id = GENERATE(true, false);
    Lab lab(1);
    lab.fleet.set_may_ask_who(true);
    lab.status = somebody();
    lab.bookings = {booking("m", 0h, 4h)};
    if (by_id) {
        lab.bookings[0].organizer_email.clear();
        lab.bookings[0].organizer_id = "7f1c";
    }
    (void)lab.sent();
    const Person& who = people[by_id ? 1 : 0];
    for (int i = 0; i < 120; ++i) {
        lab.pass(30s);
        lab.commit();
        for (const Call& call : lab.calls()) {
            if (const auto* send = std::get_if<call::Send>(&call)) FAIL(send->command.name);
            if (const auto* sessions = std::get_if<call::AskSessions>(&call))
                lab.fleet.answered(call, Reply{std::vector<HotdeskSession>{{sessions->workspace, who.id}}},
                                   lab.now.mono, lab.now, false);
            else if (std::holds_alternative<call::AskPerson>(call))
                lab.fleet.answered(call, Reply{who}, lab.now.mono, lab.now, false);
            else
                lab.answer(call, lab.status, lab.bookings);
        }
    }
}

TEST_CASE("what is heard late of a booking does not outlive a list that was asked for since", "[fleet]") {
    Lab lab(1);
    (void)lab.sent();
    lab.pass(10min);
    // Made, then moved; heard the other way round, with a question on its way in between.
    const Booking made = booking("m", 1h, 2h), moved = booking("m", 3h, 4h);
    lab.hear("d1", BookingMoved{moved.ref, moved.start, 60min}, 1min);
    const auto questions = lab.calls();
    REQUIRE(questions.size() == 2);
    lab.pass(1s);
    lab.hear("d1", BookingCreated{made, {}}, 2min);
    for (const Call& call : questions) {
        if (std::holds_alternative<call::AskStatus>(call))
            lab.fleet.answered(call, Reply{nobody()}, lab.now.mono - 1s, lab.now, false);
        else
            lab.fleet.answered(call, Reply{BookingList{{moved}, 0}}, lab.now.mono - 1s, lab.now, false);
    }
    CHECK(live(lab) == std::vector<std::string>{"m 12:00"});
}

TEST_CASE("of two doubts in a row the second one rests, also where the first one's answers come after it", "[fleet]") {
    Lab lab(1);
    (void)lab.sent();
    lab.pass(10min);
    lab.fleet.doubt_all(lab.now);
    const auto questions = lab.calls();
    REQUIRE(questions.size() == 2);
    lab.pass(1s);
    lab.fleet.doubt_all(lab.now);
    for (const Call& call : questions) {
        if (std::holds_alternative<call::AskStatus>(call))
            lab.fleet.answered(call, Reply{nobody()}, lab.now.mono - 1s, lab.now, false);
        else
            lab.fleet.answered(call, Reply{BookingList{}}, lab.now.mono - 1s, lab.now, false);
    }
    CHECK(lab.calls().empty());
    lab.pass(298s);
    CHECK(lab.calls().empty());
    lab.pass(1s);
    CHECK(lab.calls().size() == 2);
}

TEST_CASE("a device does not wait for another one of its workspace that has gone", "[fleet]") {
    Policy policy;
    policy.no_show_release = 15min;
    policy.messages = false;
    Lab lab(2, policy);
    Inventory together = campus(2);
    together.devices[1].workspace = together.devices[0].workspace;
    lab.fleet.take_inventory(together, lab.now);
    lab.bookings = {booking("m", 0min, 4h)};
    (void)lab.sent();
    lab.pass(10min);
    SECTION("it is no hot desk of this organization any more") { together.devices.erase(together.devices.begin()); }
    SECTION("it stands in another workspace") {
        together.workspaces.push_back({WorkspaceId{"w9"}, "Room 9", LocationId{}, true, "none"});
        together.devices[0].workspace = WorkspaceId{"w9"};
    }
    lab.fleet.take_inventory(together, lab.now);
    lab.pass(6min);
    const auto sends = lab.sent();
    const auto of_second = [](const call::Send& send) { return send.device == DeviceId{"d2"}; };
    REQUIRE(std::count_if(sends.begin(), sends.end(), of_second) == 1);
    CHECK(sends[0].command.name == "Bookings.Delete");
}

TEST_CASE("a reversal whose answer comes after its effect and after the next move is over", "[fleet]") {
    Lab lab(1, at_most(2h));
    lab.status = nobody();
    (void)lab.sent();
    const Booking lawful = booking("m", 3h, 4h), moved = booking("m", 3h, 6h);
    const auto move_to = [&](const Booking& there) {
        lab.bookings = {there};
        lab.hear("d1", BookingMoved{there.ref, there.start,
                                    std::chrono::duration_cast<std::chrono::minutes>(there.end - there.start)});
    };
    lab.bookings = {lawful};
    lab.hear("d1", BookingCreated{lawful, {}});
    (void)lab.sent();
    for (int time = 0; time < 2; ++time) {
        lab.pass(1min);
        move_to(moved);
        const auto sends = lab.sent();
        REQUIRE(sends.size() == 1);
        REQUIRE(sends[0].command.name == "Bookings.Edit");
        lab.pass(1s);
        move_to(lawful);
        if (time == 1) move_to(moved);
        lab.reply(sends[0]);
    }
    for (int minute = 0; minute < 10; ++minute) {
        CHECK(lab.sent().empty());  // twice within an hour is enough
        lab.pass(1min);
    }
}
