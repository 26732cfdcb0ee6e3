// Several orders at a time, orders between other people's bookings, and orders whose answers never come.

#include "orders_lab.hpp"

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

Request at_desk(Request request, const std::string& device) {
    request.device = DeviceId{device};
    return request;
}

std::map<std::string, std::string> outcomes_by_key(const Lab& lab) {
    std::map<std::string, std::string> out;
    for (const auto& outcome : lab.outcomes()) out[outcome.key] = outcome.outcome;
    return out;
}

Booking others(const std::string& meeting, WallTime start, const std::string& organizer = "eve@example.com") {
    Booking out = booking(meeting, start);
    out.organizer_email = organizer;
    return out;
}

/// A fleet that was started again, with a command in its outbox.
struct Restarted : Lab {
    Restarted() : Lab(0) {
        DeskState state;
        state.id = desk;
        fleet.load(state, now);
    }
    void unanswered(const std::string& key, Command command, const DeviceId& device = desk) {
        fleet.load_unanswered({7, key}, {7, morning, device, "cli", "r", "r", std::move(command), "pending", ""}, now);
    }
};

}  // namespace

TEST_CASE("a failure is believed of the order that it is about", "[orders]") {
    Lab lab(2);
    lab.bookings = {booking("m", morning + 3h)};
    (void)lab.sent();
    Request change = edit("m", morning + 4h, std::nullopt);
    change.key = "edit";
    lab.fleet.order(change, lab.now);
    lab.fleet.order(book("book"), lab.now);
    lab.fleet.order(at_desk(book("other-desk"), "d2"), lab.now);
    for (auto sends = lab.sent(); !sends.empty(); sends = lab.sent())
        for (const auto& send : sends) lab.reply(send);
    CHECK_FALSE(lab.fleet.pending().outcomes.size() > 0);

    SECTION("of a booking without a name: nobody's") {
        lab.hear("d1", BookingFailed{{}, "Decline"});
        lab.hear("d1", EditFailed{{}, "Decline"});
        CHECK(lab.outcomes().empty());
    }
    SECTION("of the booking") {
        lab.hear("d1", BookingFailed{RequestUuid{"uuid-book"}, "Decline"});
        CHECK(outcomes_by_key(lab) == std::map<std::string, std::string>{{"book", "refused"}});
    }
    SECTION("of the edit") {
        lab.hear("d1", EditFailed{MeetingId{"m"}, "Decline"});
        CHECK(outcomes_by_key(lab) == std::map<std::string, std::string>{{"edit", "refused"}});
    }
    SECTION("told by another desk") {
        lab.hear("d2", BookingFailed{RequestUuid{"uuid-book"}, "Decline"});
        lab.hear("d2", EditFailed{MeetingId{"m"}, "Decline"});
        CHECK(lab.outcomes().empty());
    }
    SECTION("what else is heard decides nothing") {
        (void)lab.fleet.hear(desk, input::Pushed{nobody(), lab.now.wall}, lab.now);
        lab.hear("d1", BookingStarted{{BookingId{"id-m"}, MeetingId{"m"}}});
        CHECK(lab.outcomes().empty());
    }
    SECTION("the other desk confirms its own alone") {
        BookingCreated other = created("new", "uuid-other-desk");
        lab.hear("d2", other);
        CHECK(outcomes_by_key(lab) == std::map<std::string, std::string>{{"other-desk", "done"}});
    }
}

TEST_CASE("an order of one desk outlives another desk", "[orders]") {
    Lab lab(2);
    (void)lab.sent();
    lab.fleet.order(book("one"), lab.now);
    lab.fleet.order(at_desk(book("two"), "d2"), lab.now);
    for (const auto& send : lab.sent()) lab.reply(send);
    Inventory left = campus(2);
    left.devices.erase(left.devices.begin());
    lab.fleet.take_inventory(left, lab.now);
    CHECK(outcomes_by_key(lab) == std::map<std::string, std::string>{{"one", "unknown"}});
    lab.commit();
    lab.hear("d2", created("m", "uuid-two"));
    CHECK(outcomes_by_key(lab) == std::map<std::string, std::string>{{"two", "done"}});
}

TEST_CASE("an order on its way keeps no time of its own", "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    const auto sends = lab.sent();
    CHECK_FALSE(lab.fleet.wake_at());  // the call has an end of its own
    lab.reply(sends.at(0));
    CHECK(lab.fleet.wake_at() == lab.now.mono + 5s);
}

TEST_CASE("somebody else's booking of the same times does not confirm an order, and is judged", "[orders]") {
    Policy policy;
    policy.organizer_deny = {"eve@*"};
    policy.messages = false;
    Lab lab(1, policy);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    const auto sends = lab.sent();
    REQUIRE(sends.size() == 1);
    lab.hear("d1", BookingCreated{others("eves", morning + 1h), RequestUuid{"eves-request"}});
    lab.reply(sends[0]);
    CHECK(lab.outcomes().empty());
    lab.bookings = {others("eves", morning + 1h)};
    const auto rejected = sent_within(lab, 10s);
    REQUIRE(rejected.size() == 1);
    CHECK(words(rejected[0].command) == std::map<std::string, std::string>{{"MeetingId", "eves"}});
}

TEST_CASE("of two orders against the policy one is refused, and the other one stays permitted", "[orders]") {
    Policy policy;
    policy.max_duration = 30min;
    Lab lab(1, policy);
    (void)lab.sent();
    Request first = book("first"), second = book("second");
    first.force = second.force = true;
    second.start = morning + 5h;
    lab.fleet.order(first, lab.now);
    lab.fleet.order(second, lab.now);
    for (auto sends = lab.sent(); !sends.empty(); sends = lab.sent())
        for (const auto& send : sends) lab.reply(send);
    lab.hear("d1", BookingFailed{RequestUuid{"uuid-first"}, "Decline"});
    lab.hear("d1", BookingCreated{booking("second", morning + 5h), RequestUuid{"uuid-second"}});
    CHECK(outcomes_by_key(lab) == std::map<std::string, std::string>{{"first", "refused"}, {"second", "done"}});
    // What was refused is no longer wished for: made by somebody else, it is judged.
    lab.hear("d1", BookingCreated{booking("first", morning + 1h), RequestUuid{"uuid-first"}});
    lab.bookings = {booking("first", morning + 1h), booking("second", morning + 5h)};
    const auto sends = sent_within(lab, 10s);
    REQUIRE_FALSE(sends.empty());
    for (const auto& send : sends) CHECK(words(send.command)["MeetingId"] != "second");
}

TEST_CASE("wishes are bounded: the oldest one is forgotten first", "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    for (int i = 0; i < 20; ++i) {
        Request request = book(std::to_string(i));
        request.start = morning + 1h * (i + 1);
        lab.fleet.order(request, lab.now);
    }
    const auto pending = lab.fleet.pending();
    REQUIRE(pending.desks.size() == 1);
    const auto& permits = pending.desks[0]->permits;
    CHECK(permits.size() == max_permits_a_desk);
    CHECK(permits.front().uuid == RequestUuid{"uuid-4"});
    CHECK(permits.back().uuid == RequestUuid{"uuid-19"});
}

TEST_CASE("a booking whose time has passed is gone for whoever wants it deleted", "[orders]") {
    Lab lab(1);
    lab.bookings = {booking("m", morning - 59min)};
    (void)lab.sent();
    lab.fleet.order(deletion("m"), lab.now);
    lab.reply(lab.sent().at(0));
    lab.pass(30s);
    CHECK(lab.outcomes().empty());
    lab.pass(31s);
    (void)lab.fleet.hear(desk, input::Woken{}, lab.now);
    expect(lab, "done");
}

TEST_CASE("an edit is confirmed by its own booking among others", "[orders]") {
    Lab lab(1);
    lab.bookings = {others("earlier", morning + 30min), booking("m", morning + 3h)};
    (void)lab.sent();
    lab.fleet.order(edit("m", morning + 4h, std::nullopt), lab.now);
    lab.reply(lab.sent().at(0));
    CHECK(lab.outcomes().empty());
    lab.hear("d1", BookingMoved{{BookingId{"id-earlier"}, MeetingId{"earlier"}}, morning + 4h, 60min});
    CHECK(lab.outcomes().empty());
    lab.hear("d1", BookingMoved{{BookingId{"id-m"}, MeetingId{"m"}}, morning + 4h, 60min});
    expect(lab, "done");
}

TEST_CASE("an edit without an answer is sent again, whatever else is being booked at the desk", "[orders]") {
    Lab lab(1);
    lab.bookings = {booking("m", morning + 3h)};
    (void)lab.sent();
    lab.fleet.order(edit("m", morning + 4h, std::nullopt), lab.now);
    lab.reply(lab.sent().at(0), lost());
    lab.hear("d1", BookingRequested{RequestUuid{"somebody's"}, morning + 6h, 60min});
    const auto sends = sent_within(lab, 20s);
    REQUIRE(sends.size() == 1);
    CHECK(sends[0].command.name == "Bookings.Edit");
}

TEST_CASE("a busy desk is told again, and one that never answers leaves the outcome open", "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    auto sends = lab.sent();
    SECTION("busy") {
        lab.reply(sends.at(0), failing(ErrorKind::RateLimited, 423));
        CHECK(lab.outcomes().empty());
        sends = sent_within(lab, 20s);
        REQUIRE(sends.size() == 1);
        lab.reply(sends[0]);
        lab.hear("d1", created("m", "uuid-key"));
        expect(lab, "done");
    }
    SECTION("busy for as long as it says") {
        Error busy = failing(ErrorKind::RateLimited, 423);
        busy.retry_after = 45s;
        lab.reply(sends.at(0), busy);
        CHECK(sent_within(lab, 10s).empty());
        lab.hear("d1", Booted{});  // the desk is asked for another reason
        CHECK(sent_within(lab, 34s).empty());
        CHECK(sent_within(lab, 5s).size() == 1);
    }
    SECTION("it never answers") {
        int tries = 1;
        lab.reply(sends.at(0), lost());
        std::vector<RequestOutcome> said;
        for (int second = 0; second < 130 && said.empty(); ++second) {
            lab.pass(1s);
            said = lab.outcomes();
            for (const auto& send : lab.sent()) {
                ++tries;
                lab.reply(send, lost());
            }
        }
        CHECK(tries == 3);
        REQUIRE(said.size() == 1);
        CHECK(said[0].outcome == "unknown");
    }
}

namespace {

Error unsent() {
    Error error = lost();
    error.unsent = true;
    return error;
}

}  // namespace

TEST_CASE("a booking that never reached Webex was not sent, and that is said", "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    auto sends = lab.sent();
    SECTION("the connection comes back for questions alone") {
        for (int i = 0; i < 3; ++i) {
            REQUIRE(sends.size() == 1);
            lab.reply(sends[0], unsent());
            if (i < 2) sends = sent_within(lab, 30s);
        }
        expect(lab, "refused", "it was not sent");
    }
    SECTION("nothing comes back") {
        lab.reply(sends.at(0), unsent());
        for (int second = 0; second < 130 && lab.outcomes().empty(); ++second) {
            lab.pass(1s);
            for (const Call& call : lab.calls()) lab.fleet.answered(call, unsent(), lab.now.mono, lab.now, false);
        }
        expect(lab, "refused", "it was not sent");
    }
    SECTION("an earlier one may have arrived") {
        lab.reply(sends.at(0), lost());
        sends = sent_within(lab, 30s);
        lab.reply(sends.at(0), unsent());
        sends = sent_within(lab, 30s);
        lab.reply(sends.at(0), unsent());
        CHECK(lab.outcomes().empty());
        for (int second = 0; second < 130 && lab.outcomes().empty(); ++second) lab.pass(1s);
        expect(lab, "unknown", "within 2m");
    }
}

TEST_CASE("a booking whose answer cannot be read is looked for at the desk", "[orders]") {
    const auto [kind, status] = GENERATE(std::pair{ErrorKind::Corrupt, 200}, std::pair{ErrorKind::Transient, 200},
                                         std::pair{ErrorKind::Transient, 504});
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    const auto sends = lab.sent();
    lab.reply(sends.at(0), failing(kind, status));
    CHECK(lab.outcomes().empty());
    lab.bookings = {booking("m", morning + 1h)};
    CHECK(sent_within(lab, 30s).empty());
    CHECK(lab.fleet.counts(morning).pending == 0);
}

TEST_CASE("what becomes of a sign-out that fails: done or not, or not known", "[orders]") {
    struct Case {
        ErrorKind kind;
        int status;
        bool unsent;
        const char* outcome;
        const char* cause;
    };
    const auto told = GENERATE(Case{ErrorKind::Transient, 0, false, "unknown", "may have done it"},
                               Case{ErrorKind::Transient, 502, false, "unknown", "may have done it"},
                               Case{ErrorKind::Transient, 504, false, "unknown", "may have done it"},
                               Case{ErrorKind::Transient, 200, false, "unknown", "may have done it"},
                               Case{ErrorKind::Corrupt, 200, false, "unknown", "may have done it"},
                               Case{ErrorKind::Transient, 0, true, "refused", "it was not sent"},
                               Case{ErrorKind::Transient, 503, false, "refused", "failed"},
                               Case{ErrorKind::Transient, 404, false, "refused", "failed"},
                               Case{ErrorKind::Rejected, 400, false, "refused", "failed"});
    INFO(told.status << (told.unsent ? " unsent" : ""));
    Policy policy;
    policy.messages = false;
    Lab lab(1, policy);
    lab.status = somebody();
    (void)lab.sent();
    lab.fleet.order(sign_out("key", desk, lab.now.wall), lab.now);
    const auto sends = lab.sent();
    REQUIRE(sends.size() == 1);
    Error error = failing(told.kind, told.status);
    error.unsent = told.unsent;
    lab.reply(sends[0], error);
    expect(lab, told.outcome, told.cause);
}

TEST_CASE("an order that a rule over all desks forbids is refused", "[orders]") {
    Policy policy;
    policy.one_desk_at_a_time = true;
    Lab lab(2, policy);
    (void)lab.sent();
    // Nobody has heard of Anna yet.
    lab.fleet.order(book("one"), lab.now);
    lab.reply(lab.sent().at(0));
    lab.hear("d1", created("m", "uuid-one"));
    CHECK(outcomes_by_key(lab) == std::map<std::string, std::string>{{"one", "done"}});
    lab.commit();
    lab.pass(1s);
    lab.fleet.order(at_desk(book("two"), "d2"), lab.now);
    expect(lab, "refused", "one_desk_at_a_time");
}

TEST_CASE("a deletion and an edit over a restart whose booking is gone by now", "[orders]") {
    Restarted lab;
    SECTION("the deletion was carried out") {
        lab.unanswered("key", {"Bookings.Delete", {{"MeetingId", "m"}}});
        lab.fleet.order(deletion("m"), lab.now);
        std::vector<RequestOutcome> said;
        for (int second = 0; second < 10 && said.empty(); ++second) {
            lab.pass(1s);
            said = lab.outcomes();
            CHECK(lab.sent().empty());
        }
        REQUIRE(said.size() == 1);
        CHECK(said[0].outcome == "done");
    }
    SECTION("what was edited cannot be found") {
        lab.unanswered("key",
                       {"Bookings.Edit",
                        {{"MeetingId", "m"}, {"StartTime", "2026-03-02T13:00:00Z"}, {"Duration", std::int64_t{60}}}});
        lab.fleet.order(edit("m", morning + 4h, std::nullopt), lab.now);
        const auto sends = sent_within(lab, 20s);
        REQUIRE(sends.size() == 1);
        lab.reply(sends[0], failing(ErrorKind::Rejected, 400));
        expect(lab, "refused");
    }
}

TEST_CASE("a command of an earlier process to a desk that is gone is given up at once", "[orders]") {
    Restarted lab;
    lab.unanswered("key", {"Bookings.Book", {}}, DeviceId{"gone"});
    const auto pending = lab.fleet.pending();
    REQUIRE(pending.outcomes.size() == 1);
    CHECK(pending.outcomes[0].outcome == "unknown");
    CHECK(pending.outbox_done == std::vector<Seq>{7});
}

TEST_CASE("a sign-out that could not be sent in time is refused, and never sent", "[orders]") {
    Policy policy;
    policy.messages = false;
    Lab lab(1, policy);
    lab.status = somebody();
    (void)lab.sent();
    lab.fleet.order(sign_out("key", desk, lab.now.wall), lab.now);
    lab.commit();
    lab.pass(41s);  // nothing may go out: a pause that Webex asked for
    CHECK(lab.calls().empty());
    expect(lab, "refused", "in time");
}

TEST_CASE("a booking of an earlier process is not sent again once its asker was told that nothing is known",
          "[orders]") {
    const bool late = GENERATE(true, false);
    Restarted lab;
    lab.unanswered("key", {"Bookings.Book",
                           {{"BookingRequestUUID", "uuid-key"},
                            {"OrganizerEmail", "anna@example.com"},
                            {"StartTime", "2026-03-02T10:00:00Z"},
                            {"Duration", std::int64_t{60}}}});
    Request request = book();
    request.asked_at = lab.now.wall - (late ? 2min + 1s : 1min);
    lab.fleet.order(request, lab.now);
    CHECK(sent_within(lab, 1min).empty() == late);
    if (!late) return;
    lab.pass(1min);
    expect(lab, "unknown");
}
