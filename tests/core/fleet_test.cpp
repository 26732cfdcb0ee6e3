#include <catch2/catch.hpp>

#include "core/fleet.hpp"
#include "core/translate.hpp"
#include "core/worker.hpp"
#include "fleet_lab.hpp"

#include <set>

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

TEST_CASE("all desks are asked at start, a bounded number at a time", "[fleet]") {
    Lab lab(100);
    CHECK(lab.answer_all(nobody()) == 8);
    CHECK(lab.fleet.counts(morning).total == 100);
    CHECK_FALSE(lab.fleet.wake_at());  // and then they cost nothing
}

TEST_CASE("nothing is sent before its decision is stored", "[fleet]") {
    Lab lab(1);
    lab.overstay();
    const auto pending = lab.fleet.pending();
    REQUIRE(pending.outbox.size() == 2);
    CHECK(pending.records.size() == 2);
    CHECK(lab.calls().empty());
    lab.fleet.committed();
    CHECK(lab.calls().size() == 1);
}

TEST_CASE("commands of a desk go out one at a time and in order", "[fleet]") {
    Lab lab(1);
    lab.overstay();
    lab.commit();
    auto calls = lab.calls();
    REQUIRE(calls.size() == 1);
    CHECK(std::get<call::Send>(calls[0]).command.name == "UserInterface.Message.Alert.Display");
    CHECK(lab.calls().empty());
    lab.fleet.answered(calls[0], Reply{CommandDone{"t"}}, lab.now.mono, lab.now, false);
    calls = lab.calls();
    REQUIRE(calls.size() == 1);
    CHECK(std::get<call::Send>(calls[0]).command.name == "Webex.Registration.Logout");
}

TEST_CASE("a command that is no longer right when it could go out is dropped with a record", "[fleet]") {
    Lab lab(1, [] {
        Policy policy;
        policy.messages = false;
        return policy;
    }());
    lab.overstay();
    lab.commit();
    (void)lab.fleet.hear(DeviceId{"d1"}, input::Pushed{nobody(), lab.now.wall}, lab.now);
    CHECK(lab.calls().empty());
    const auto news = lab.fleet.take_news();
    REQUIRE(news.size() == 1);
    CHECK(news[0].record.result.substr(0, 8) == "dropped:");
}

TEST_CASE("an error about us leaves the command where it is, until it is stale", "[fleet]") {
    Lab lab(1);
    lab.overstay();
    lab.commit();
    auto calls = lab.calls();
    lab.fleet.answered(calls[0], failing(ErrorKind::AuthExpired, 401), lab.now.mono, lab.now, true);
    calls = lab.calls();
    REQUIRE(calls.size() == 1);
    CHECK(std::get<call::Send>(calls[0]).seq == 1);
    lab.fleet.answered(calls[0], failing(ErrorKind::RateLimited, 429), lab.now.mono, lab.now, true);
    // After a while it is stale: the desk is asked before anything is sent again.
    lab.pass(46s);
    for (const Call& call : lab.calls()) CHECK_FALSE(std::holds_alternative<call::Send>(call));
}

TEST_CASE("a message that hangs does not keep the sign-out behind it from being sent", "[fleet]") {
    Lab lab(1);
    lab.overstay();
    lab.commit();
    const auto tell = lab.calls();
    REQUIRE(tell.size() == 1);
    lab.pass(30s);
    lab.fleet.answered(tell[0], failing(ErrorKind::Transient, 0), lab.now.mono - 30s, lab.now, false);
    lab.commit();
    const auto calls = lab.calls();
    REQUIRE(calls.size() == 1);
    CHECK(std::get<call::Send>(calls[0]).command.name == "Webex.Registration.Logout");
}

TEST_CASE("a message whose sign-out is no longer right is not shown to the next user", "[fleet]") {
    Lab lab(1);
    lab.overstay();
    lab.commit();
    (void)lab.fleet.hear(DeviceId{"d1"}, input::Pushed{nobody(), lab.now.wall}, lab.now);
    CHECK(lab.calls().empty());
    CHECK(lab.fleet.take_news().size() == 2);
}

TEST_CASE("one question that fails beside one that works is no success", "[fleet]") {
    Lab lab(1);
    int asked = 0;
    for (int second = 0; second < 3600; ++second) {
        for (const Call& call : lab.calls()) {
            if (std::holds_alternative<call::AskStatus>(call)) {
                ++asked;
                lab.fleet.answered(call, failing(ErrorKind::Rejected, 403), lab.now.mono, lab.now, false);
            } else {
                lab.answer(call, nobody());
            }
        }
        lab.pass(1s);
    }
    CHECK(asked >= 4);
    CHECK(asked <= 12);
}

TEST_CASE("a desk that cannot be asked is asked ever more rarely", "[fleet]") {
    Lab lab(1);
    int asked = 0;
    for (int second = 0; second < 3600; ++second) {
        for (const Call& call : lab.calls()) {
            asked += std::holds_alternative<call::AskStatus>(call) ? 1 : 0;
            lab.fleet.answered(call, failing(ErrorKind::Transient, 404), lab.now.mono, lab.now, false);
        }
        lab.pass(1s);
    }
    CHECK(asked >= 4);
    CHECK(asked <= 12);
}

TEST_CASE("what was unanswered at a crash is given up and asked about, an administrator's fresh wish is sent",
          "[fleet]") {
    const Now now{morning, MonoTime{} + 5s};
    Fleet fleet({Policy{}, {}}, 10);
    DeskState desk;
    desk.id = DeviceId{"d1"};
    fleet.load(desk, now);
    Record rule{7,
                morning - 10s,
                DeviceId{"d1"},
                "sign_out_grace",
                "sign out",
                "r",
                {"Webex.Registration.Logout", {}},
                "pending",
                ""};
    fleet.load_unanswered({7, ""}, rule, now);
    Record wish{8, morning - 10s, DeviceId{"d1"}, "cli", "sign out", "r", {"Webex.Registration.Logout", {}}, "pending",
                ""};
    fleet.load_unanswered({8, "key"}, wish, now);
    fleet.order(sign_out("key", DeviceId{"d1"}, morning - 10s), now);
    const auto pending = fleet.pending();
    REQUIRE(pending.records.size() == 1);
    CHECK(pending.records[0]->seq == 7);
    CHECK(pending.records[0]->result.substr(0, 8) == "dropped:");
    CHECK(pending.outbox_done == std::vector<Seq>{7});
    fleet.committed();
    std::vector<Call> calls;
    fleet.take_calls(calls, now);
    std::set<Seq> sent;
    bool asked = false;
    for (const Call& call : calls) {
        if (const auto* send = std::get_if<call::Send>(&call)) sent.insert(send->seq);
        asked = asked || std::holds_alternative<call::AskStatus>(call);
    }
    CHECK(sent == std::set<Seq>{8});
    CHECK(asked);
}

TEST_CASE("an administrator's sign-out is told, sent and answered", "[fleet]") {
    Lab lab(1);
    lab.answer_all(somebody());
    lab.fleet.order(sign_out("key", DeviceId{"d1"}, lab.now.wall), lab.now);
    lab.fleet.order(sign_out("key", DeviceId{"d1"}, lab.now.wall), lab.now);  // rung for twice
    lab.commit();
    for (const char* name : {"UserInterface.Message.Alert.Display", "Webex.Registration.Logout"}) {
        const auto calls = lab.calls();
        REQUIRE(calls.size() == 1);
        CHECK(std::get<call::Send>(calls[0]).command.name == name);
        lab.fleet.answered(calls[0], Reply{CommandDone{"t"}}, lab.now.mono, lab.now, false);
    }
    const auto outcomes = lab.fleet.pending().outcomes;
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].outcome == "done");
    CHECK(outcomes[0].seq == 2);
}

TEST_CASE("an old wish and one for an unknown desk are refused in words", "[fleet]") {
    Lab lab(1);
    lab.fleet.order(sign_out("old", DeviceId{"d1"}, lab.now.wall - 2min), lab.now);
    lab.fleet.order(sign_out("unknown", DeviceId{"d9"}, lab.now.wall), lab.now);
    const auto outcomes = lab.fleet.pending().outcomes;
    REQUIRE(outcomes.size() == 2);
    for (const auto& outcome : outcomes) {
        CHECK(outcome.outcome == "refused");
        CHECK_FALSE(outcome.cause.empty());
    }
}

TEST_CASE("an administrator's sign-out is sent in observe mode too", "[fleet]") {
    Policy policy;
    policy.mode = Mode::Observe;
    policy.messages = false;
    Lab lab(1, policy);
    lab.answer_all(somebody());
    lab.fleet.order(sign_out("key", DeviceId{"d1"}, lab.now.wall), lab.now);
    lab.commit();
    CHECK(lab.calls().size() == 1);
}

TEST_CASE("a device that is no hot desk any more is forgotten, and others are not ours", "[fleet]") {
    Lab lab(2);
    lab.overstay();
    lab.commit();
    Inventory inventory = campus(3);
    inventory.workspaces[0].hot_desking = false;
    inventory.devices[2].type = "phone";
    lab.fleet.take_inventory(inventory, lab.now);
    const auto pending = lab.fleet.pending();
    CHECK(pending.removed == std::vector<DeviceId>{DeviceId{"d1"}});
    CHECK(lab.fleet.counts(morning).total == 1);
    CHECK(lab.fleet.knows_as_no_hot_desk(DeviceId{"d3"}));
    CHECK_FALSE(lab.fleet.hear(DeviceId{"d1"}, input::Woken{}, lab.now));
    for (const auto& news : lab.fleet.take_news()) CHECK(news.record.result.substr(0, 8) == "dropped:");
}

TEST_CASE("an answer that was asked for before the booking was made does not take it away", "[fleet]") {
    Lab lab(1);
    const auto calls = lab.calls();  // both questions are out
    const Now asked = lab.now;
    lab.pass(100ms);
    BookingCreated created;
    created.booking = {{BookingId{"1"}, MeetingId{"m1"}}, morning, morning + 1h, "alice@example.com", "", ""};
    (void)lab.fleet.hear(DeviceId{"d1"}, input::Happened{{created, lab.now.wall}}, lab.now);
    for (const Call& call : calls) {
        if (std::holds_alternative<call::AskBookings>(call))
            lab.fleet.answered(call, Reply{BookingList{}}, asked.mono, lab.now, false);
    }
    CHECK(lab.fleet.counts(lab.now.wall).booked == 1);
}

TEST_CASE("a message becomes the inputs of its desk, in order", "[translate]") {
    Message message;
    message.device = DeviceId{"d1"};
    message.body = EventsMessage{{{BookingStarted{}, morning}, {BookingEnded{}, morning}}};
    const auto inputs = translate(std::move(message));
    REQUIRE(inputs.size() == 2);
    CHECK(std::holds_alternative<BookingStarted>(std::get<input::Happened>(inputs[0]).event.body));
    Message check;
    check.body = HealthCheckMessage{};
    const auto nothing = translate(std::move(check));
    CHECK(nothing.empty());
}

TEST_CASE("a list full of bookings that are over does not push the current one out", "[fleet]") {
    Lab lab(1);
    std::vector<Booking> bookings;
    for (int i = 0; i < 600; ++i) {
        const std::string n = "past-" + std::to_string(i);
        bookings.push_back(
            {{BookingId{n}, MeetingId{n}}, morning - 24h * (i + 1), morning - 24h * (i + 1) + 1h, "", "", ""});
    }
    bookings.push_back({{BookingId{"now"}, MeetingId{"now"}}, morning - 1h, morning + 1h, "alice@example.com", "", ""});
    for (const Call& call : lab.calls()) lab.answer(call, nobody(), bookings);
    CHECK(lab.fleet.counts(morning).booked == 1);
}
