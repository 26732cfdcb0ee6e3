// Bookings that an administrator makes, edits and deletes from the command line.

#include <catch2/catch.hpp>

#include "orders_lab.hpp"

using namespace hotdesk;
using namespace hotdesk::test;

TEST_CASE("a booking is asked for, confirmed by its event, and answered with its MeetingId", "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    lab.fleet.order(book(), lab.now);  // rung for twice
    const auto sends = lab.sent();
    REQUIRE(sends.size() == 1);
    CHECK(sends[0].command.name == "Bookings.Book");
    CHECK(words(sends[0].command) == std::map<std::string, std::string>{{"BookingRequestUUID", "uuid-key"},
                                                                        {"OrganizerEmail", "anna@example.com"},
                                                                        {"StartTime", "2026-03-02T10:00:00Z"},
                                                                        {"Duration", "60"},
                                                                        {"Title", "A desk"}});
    lab.reply(sends[0]);
    CHECK(lab.outcomes().empty());
    CHECK(lab.fleet.counts(morning).pending == 1);
    lab.fleet.order(book(), lab.now);
    lab.hear("d1", created("meeting", "uuid-key"));
    CHECK(lab.outcomes()[0].meeting == MeetingId{"meeting"});
    CHECK(lab.outcomes()[0].seq == sends[0].seq);
    expect(lab, "done");
    CHECK(lab.fleet.counts(morning).pending == 0);
    CHECK_FALSE(lab.fleet.wake_at());
}

TEST_CASE("on a local calendar the confirmation is faster than the answer", "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    const auto sends = lab.sent();
    lab.hear("d1", created("uuid-key", "uuid-key"));
    CHECK(lab.outcomes().empty());
    lab.reply(sends.at(0));
    expect(lab, "done");
}

TEST_CASE("a desk that says nothing is asked, and its list confirms", "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    const auto sends = lab.sent();
    lab.reply(sends.at(0));
    lab.bookings = {booking("other-name", morning + 1h)};
    lab.pass(5s);
    CHECK(lab.sent().empty());
    // The outcome was stored with the questions.
    CHECK(lab.fleet.counts(morning).pending == 0);
    CHECK_FALSE(lab.fleet.wake_at());
}

TEST_CASE("the desk says why it cannot be", "[orders]") {
    const auto [cause, part] = GENERATE(table<std::string, std::string>({{"Decline", "Decline"},
                                                                         {"Timeout", "did not answer"},
                                                                         {"ConfigError", "set up"},
                                                                         {"HttpError", "reach"},
                                                                         {"KmsError", "encrypt"},
                                                                         {"", "no cause"},
                                                                         {"New", "New"}}));
    const bool early = GENERATE(true, false);
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    const auto sends = lab.sent();
    if (!early) lab.reply(sends.at(0));
    lab.hear("d1", BookingFailed{RequestUuid{"somebody else's"}, cause});
    CHECK(lab.outcomes().empty());
    lab.hear("d1", BookingFailed{RequestUuid{"uuid-key"}, cause});
    if (early) {
        CHECK(lab.outcomes().empty());
        lab.reply(sends.at(0));
    }
    expect(lab, "refused", part);
}

TEST_CASE("the policy is asked first, and can be overridden", "[orders]") {
    Policy policy;
    policy.max_duration = 30min;
    Lab lab(1, policy);
    (void)lab.sent();
    Request request = book();
    lab.fleet.order(request, lab.now);
    const auto outcomes = lab.outcomes();
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].outcome == "refused");
    CHECK(outcomes[0].cause.find("max_duration") != std::string::npos);
    CHECK(outcomes[0].seq == 1);
    CHECK(lab.sent().empty());

    request.key = "again";
    request.force = true;
    lab.fleet.order(request, lab.now);
    const auto pending = lab.fleet.pending();
    REQUIRE(pending.records.size() == 1);
    CHECK(pending.records[0]->reason.find("--force") != std::string::npos);
    const auto sends = lab.sent();
    REQUIRE(sends.size() == 1);
    lab.reply(sends[0]);
    lab.hear("d1", created("m", request.uuid.value));
    expect(lab, "done");
    // And it stays: an administrator's booking is not judged.
    CHECK(lab.sent().empty());
}

TEST_CASE("what is there already is not booked a second time", "[orders]") {
    Lab lab(1);
    lab.bookings = {booking("m", morning + 1h)};
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    CHECK(lab.outcomes().at(0).meeting == MeetingId{"m"});
    expect(lab, "done");
    CHECK(lab.sent().empty());
}

TEST_CASE("a command without an answer is sent again, under the same name, when the desk has not heard of it",
          "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    auto sends = lab.sent();
    for (int i = 0; i < 2; ++i) {
        REQUIRE(sends.size() == 1);
        CHECK(words(sends[0].command)["BookingRequestUUID"] == "uuid-key");
        lab.reply(sends[0], lost());
        sends = sent_within(lab, 20s);
    }
    REQUIRE(sends.size() == 1);
    lab.reply(sends[0]);
    lab.hear("d1", created("m", "uuid-key"));
    expect(lab, "done");
}

TEST_CASE("a command without an answer that did arrive is not sent again", "[orders]") {
    const bool by_event = GENERATE(true, false);
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    const auto sends = lab.sent();
    lab.reply(sends.at(0), lost());
    if (by_event)
        lab.hear("d1", BookingRequested{RequestUuid{"uuid-key"}, morning + 1h, 60min});  // a calendar is thinking
    else
        lab.bookings = {booking("m", morning + 1h)};
    CHECK(sent_within(lab, 30s).empty());
    if (by_event) {
        lab.hear("d1", created("m", "uuid-key"));
        expect(lab, "done");
    }
    CHECK(lab.fleet.counts(morning).pending == 0);
}

TEST_CASE("what is never confirmed is not known, and that is said", "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    lab.reply(lab.sent().at(0));
    for (int i = 0; i < 119; ++i) {
        lab.pass(1s);
        CHECK(lab.outcomes().empty());
        CHECK(lab.sent().empty());
    }
    lab.pass(1s);
    expect(lab, "unknown", "within 2m");
}

TEST_CASE("a refusal is final, an unreachable desk after some tries", "[orders]") {
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    SECTION("refused") {
        lab.reply(lab.sent().at(0), failing(ErrorKind::Rejected, 400));
        expect(lab, "refused", "failed");
    }
    SECTION("unreachable") {
        auto sends = lab.sent();
        for (int i = 0; i < 3; ++i) {
            REQUIRE(sends.size() == 1);
            lab.reply(sends[0], failing(ErrorKind::Transient, 503));
            if (i < 2) sends = sent_within(lab, 30s);
        }
        expect(lab, "refused", "failed");
    }
    SECTION("it could not be sent") {
        lab.commit();
        lab.pass(41s);
        CHECK(lab.sent().empty());
        CHECK(lab.fleet.counts(morning).pending == 0);
    }
}

TEST_CASE("a booking is edited, and its other times stay", "[orders]") {
    Lab lab(1);
    lab.bookings = {booking("m", morning + 1h)};
    (void)lab.sent();
    const auto [start, duration, to, minutes] =
        GENERATE(table<std::optional<WallTime>, std::optional<std::chrono::minutes>, std::string, std::string>(
            {{morning + 2h, std::nullopt, "2026-03-02T11:00:00Z", "60"},
             {std::nullopt, 90min, "2026-03-02T10:00:00Z", "90"}}));
    lab.fleet.order(edit("m", start, duration), lab.now);
    const auto sends = lab.sent();
    REQUIRE(sends.size() == 1);
    CHECK(words(sends[0].command) ==
          std::map<std::string, std::string>{{"MeetingId", "m"}, {"StartTime", to}, {"Duration", minutes}});
    lab.reply(sends[0]);
    CHECK(lab.outcomes().empty());
    SECTION("done") {
        lab.hear("d1",
                 BookingMoved{
                     {BookingId{"id-m"}, MeetingId{"m"}}, *parse_time(to), std::chrono::minutes{std::stoi(minutes)}});
        expect(lab, "done");
    }
    SECTION("refused") {
        lab.hear("d1", EditFailed{MeetingId{"x"}, "Decline"});
        CHECK(lab.outcomes().empty());
        lab.hear("d1", EditFailed{MeetingId{"m"}, "Decline"});
        expect(lab, "refused", "Decline");
    }
}

TEST_CASE("an edit that changes nothing is done, and one of nothing is refused", "[orders]") {
    Lab lab(1);
    lab.bookings = {booking("m", morning + 1h)};
    (void)lab.sent();
    SECTION("nothing to change") {
        lab.fleet.order(edit("m", morning + 1h, std::nullopt), lab.now);
        expect(lab, "done");
    }
    SECTION("unknown booking") {
        lab.fleet.order(edit("x", morning + 1h, std::nullopt), lab.now);
        expect(lab, "refused", "no such booking");
    }
    CHECK(lab.sent().empty());
}

TEST_CASE("a booking is deleted, whatever the policy", "[orders]") {
    Policy policy;
    policy.max_duration = 1min;
    Lab lab(1, policy);
    lab.bookings = {booking("m", morning + 1h)};
    (void)lab.sent();
    lab.fleet.order(deletion("m"), lab.now);
    const auto sends = lab.sent();
    REQUIRE(sends.size() == 1);
    CHECK(sends[0].command.name == "Bookings.Delete");
    lab.reply(sends[0]);
    CHECK(lab.outcomes().empty());
    lab.hear("d1", BookingDeleted{{BookingId{"id-m"}, MeetingId{"m"}}, "Deleted"});
    expect(lab, "done");
}

TEST_CASE("a desk that goes away takes its orders with it", "[orders]") {
    const bool answered = GENERATE(true, false);
    Lab lab(1);
    (void)lab.sent();
    lab.fleet.order(book(), lab.now);
    const auto sends = lab.sent();
    if (answered) lab.reply(sends.at(0));
    lab.fleet.take_inventory({}, lab.now);
    expect(lab, answered ? "unknown" : "refused", "no hot desk");
    CHECK_FALSE(lab.fleet.wake_at());
}

TEST_CASE("after a restart the desk is asked before a booking is sent again", "[orders]") {
    const bool arrived = GENERATE(true, false);
    const Now now{morning + 20s, MonoTime{} + 5s};
    Lab lab(0);
    lab.now = now;
    DeskState state;
    state.id = desk;
    lab.fleet.load(state, now);
    Record record{7,
                  morning,
                  desk,
                  "cli",
                  "book",
                  "r",
                  {"Bookings.Book",
                   {{"BookingRequestUUID", "uuid-key"},
                    {"OrganizerEmail", "anna@example.com"},
                    {"StartTime", "2026-03-02T10:00:00Z"},
                    {"Duration", std::int64_t{60}}}},
                  "pending",
                  ""};
    lab.fleet.load_unanswered({7, "key"}, record, now);
    lab.fleet.order(book(), now);
    if (arrived) lab.bookings = {booking("uuid-key", morning + 1h)};
    const auto sends = sent_within(lab, 30s);
    if (arrived) {
        CHECK(sends.empty());
    } else {
        REQUIRE(sends.size() == 1);
        CHECK(sends[0].seq == 7);
        lab.reply(sends[0]);
        lab.hear("d1", created("uuid-key", "uuid-key"));
        expect(lab, "done");
    }
    CHECK(lab.fleet.counts(now.wall).pending == 0);
}

TEST_CASE("a command of an earlier process that nobody asks about is given up", "[orders]") {
    const Now now{morning, MonoTime{} + 5s};
    Lab lab(0);
    lab.now = now;
    DeskState state;
    state.id = desk;
    lab.fleet.load(state, now);
    lab.fleet.load_unanswered({7, "key"},
                              {7, morning - 10s, desk, "cli", "book", "r", {"Bookings.Book", {}}, "pending", ""}, now);
    lab.fleet.load_unanswered({8, "old"},
                              {8, morning - 2h, desk, "cli", "book", "r", {"Bookings.Book", {}}, "pending", ""}, now);
    CHECK(lab.outcomes().at(0).outcome == "unknown");
    CHECK(lab.sent().empty());
    lab.now.mono += 1min;
    lab.fleet.wake(lab.now);
    const auto pending = lab.fleet.pending();
    CHECK(pending.outbox_done == std::vector<Seq>{7});
}

TEST_CASE("an old sign-out of an earlier process is not sent any more", "[orders]") {
    const Now now{morning, MonoTime{} + 5s};
    Lab lab(0);
    lab.now = now;
    DeskState state;
    state.id = desk;
    lab.fleet.load(state, now);
    lab.fleet.load_unanswered(
        {7, "key"}, {7, morning - 2min, desk, "cli", "sign out", "r", {"Webex.Registration.Logout", {}}, "pending", ""},
        now);
    lab.fleet.order(sign_out("key", desk, morning - 2min), now);
    expect(lab, "unknown");
    CHECK(lab.sent().empty());
}
