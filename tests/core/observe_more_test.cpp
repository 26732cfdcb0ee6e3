// What a desk is known to be where messages meet: requests beside bookings, bookings that overlap, statuses that are
// not known, and attempts under way.

#include <catch2/catch.hpp>

#include "one_desk.hpp"

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

Attempt only_attempt(const One& one) {
    REQUIRE(one.desk.attempts.size() == 1);
    return one.desk.attempts.front();
}

void note(One& one, Rule rule, Act act, const BookingRef& about, Seq seq) {
    noted(one.desk, {rule, "", "", act, about, {}}, seq, Mode::Enforce, one.now);
}

}  // namespace

TEST_CASE("a booking is the same by its MeetingId, and by its Id only where both have one", "[observe]") {
    One one;
    one.lists({booking("", "m")});
    one.happens(BookingDeleted{ref("7", ""), "Deleted"});
    CHECK(one.only().booking.ref == ref("", "m"));
    one.happens(BookingMoved{ref("7", ""), morning + 2h, 30min});
    CHECK(one.only().booking.start == morning);
    // An event that has the Id alone leaves the name that is known.
    One other;
    other.lists({booking("1", "m")});
    other.happens(BookingCreated{booking("1", "", 0h, 2h), {}});
    CHECK(other.only().booking.ref == ref("1", "m"));
    CHECK(other.only().booking.end == morning + 2h);
}

TEST_CASE("a request is answered by its own booking and by no other", "[observe]") {
    One one;
    one.signs_in();
    SECTION("another request's") {
        one.happens(BookingRequested{RequestUuid{"u1"}, morning, 60min});
        one.happens(BookingRequested{RequestUuid{"u2"}, morning + 2h, 60min});
        one.happens(BookingCreated{booking("2", "m2", 2h, 3h), RequestUuid{"u2"}});
        REQUIRE(one.desk.requested.size() == 1);
        CHECK(one.desk.requested[0].uuid == RequestUuid{"u1"});
        CHECK(one.only().request == RequestUuid{"u2"});
    }
    SECTION("without a name, and longer than what was asked for") {
        one.happens(BookingRequested{{}, morning, 60min});
        one.happens(BookingCreated{booking("1", "m", 0h, 2h), {}});
        CHECK(one.desk.requested.size() == 1);
    }
    SECTION("a failure without a name is no answer to a request with one") {
        one.happens(BookingRequested{RequestUuid{"u"}, morning, 60min});
        one.happens(BookingFailed{{}, "Decline"});
        CHECK(one.desk.requested.size() == 1);
    }
    SECTION("a request without a name is not the booking that is there") {
        one.happens(BookingCreated{booking("1", "m", 5h, 6h), {}});
        one.happens(BookingRequested{{}, morning, 60min});
        CHECK(one.desk.requested.size() == 1);
    }
    SECTION("a booking that is moved answers no request for a new one") {
        one.happens(BookingCreated{booking("1", "m", 5h, 6h), {}});
        one.happens(BookingRequested{RequestUuid{"u"}, morning, 60min});
        one.happens(BookingMoved{ref("1", "m"), morning + 6h, 60min});
        CHECK(one.desk.requested.size() == 1);
    }
}

TEST_CASE("a request keeps its user for the time that it asks for", "[observe]") {
    One one;
    one.signs_in();
    CHECK(one.desk.sign_in->lapsed);
    SECTION("later on") {
        one.happens(BookingRequested{RequestUuid{"u"}, morning + 1h, 60min});
        CHECK(one.desk.sign_in->lapsed);
    }
    SECTION("now, and not for longer") {
        one.happens(BookingRequested{RequestUuid{"u"}, morning, 2min});
        CHECK_FALSE(one.desk.sign_in->lapsed);
        one.pass(2min);
        one.hear(input::Woken{});
        CHECK(one.desk.sign_in->lapsed);
    }
}

TEST_CASE("of two bookings at a time the one that was there first keeps its visitor", "[observe]") {
    One one;
    one.happens(BookingCreated{booking("1", "m1", 0h, 2h), {}});
    one.pass(30min);
    SECTION("and one that began before it does not take over") {
        one.signs_in();
        one.happens(BookingCreated{booking("0", "m0", -1h, 1h), {}});
        CHECK(one.desk.sign_in->cover->ref.meeting == MeetingId{"m1"});
        one.pass(90min);
        one.happens(BookingCreated{booking("2", "m2", 2h, 3h), {}});
        CHECK(one.desk.sign_in->cover->ref.meeting == MeetingId{"m2"});
    }
    SECTION("and one that begins later does not either") {
        one.signs_in();
        one.happens(BookingCreated{booking("2", "m2", 15min, 3h), {}});
        CHECK(one.desk.sign_in->cover->ref.meeting == MeetingId{"m1"});
    }
    SECTION("whoever comes when both run is taken to have come for the first") {
        one.happens(BookingCreated{booking("2", "m2", 15min, 3h), {}});
        one.signs_in();
        CHECK(one.desk.sign_in->cover->ref.meeting == MeetingId{"m1"});
    }
}

TEST_CASE("whoever leaves a booking that is over, or gone, has not left it early", "[observe]") {
    One one;
    one.desk.active_calls.value = 0;
    one.happens(BookingCreated{booking("1", "m"), {}});
    one.signs_in();
    one.pass(10min);
    SECTION("early") {
        one.signs_in(false);
        REQUIRE(one.desk.left);
        CHECK(one.desk.left->ref.meeting == MeetingId{"m"});
        SECTION("and the booking ends") {
            one.pass(50min);
            one.hear(input::Woken{});
            CHECK_FALSE(one.desk.left);
        }
        SECTION("and the booking is deleted") {
            one.happens(BookingDeleted{ref("1", "m"), "Deleted"});
            CHECK_FALSE(one.desk.left);
        }
    }
    SECTION("where it is not known whether a call was on, it may have been a wrong user in one") {
        one.desk.active_calls.value.reset();
        one.signs_in(false);
        CHECK_FALSE(one.desk.left);
    }
    SECTION("in the moment in which it ends") {
        one.pass(50min);
        one.signs_in(false);
        CHECK_FALSE(one.desk.left);
        CHECK_FALSE(one.desk.sign_in);
    }
    SECTION("after it was deleted, while another one was asked for") {
        one.happens(BookingRequested{RequestUuid{"u"}, morning, 60min});
        one.happens(BookingDeleted{ref("1", "m"), "Deleted"});
        CHECK_FALSE(one.desk.sign_in->lapsed);
        one.signs_in(false);
        CHECK_FALSE(one.desk.left);
    }
}

TEST_CASE("an answer that does not say who is there ends no visit and begins none", "[observe]") {
    One one;
    one.happens(BookingCreated{booking("1", "m"), {}});
    one.signs_in();
    one.pass(1min);
    one.hear(input::StatusAnswered{{}, one.now.mono});
    CHECK_FALSE(one.desk.personalized.value);
    REQUIRE(one.desk.sign_in);
    CHECK(one.desk.sign_in->seen_at == one.now.mono - 1min);
    one.pass(30s);
    one.hear(input::StatusAnswered{nobody(), one.now.mono});
    // Seen when they came and never since: they may have been there for a moment, or for all the time.
    CHECK_FALSE(one.desk.left);
    CHECK_FALSE(one.only().chance);
    CHECK(one.only().arrived);
}

TEST_CASE("a status that was pushed as unknown is learned from an answer to an earlier question", "[observe]") {
    One one;
    const MonoTime asked = one.now.mono;
    one.pass(1s);
    StatusReport unknown;
    unknown.active_calls = std::optional<int>{};
    one.hear(input::Pushed{unknown, one.now.wall});
    StatusReport one_call = nobody();
    one_call.active_calls = std::optional{1};
    one.hear(input::StatusAnswered{one_call, asked});
    CHECK(one.desk.active_calls.value == 1);
    // One that was pushed with its value is newer than the answer.
    one.pass(1s);
    StatusReport none;
    none.active_calls = std::optional{0};
    one.hear(input::Pushed{none, one.now.wall});
    one.hear(input::StatusAnswered{one_call, asked});
    CHECK(one.desk.active_calls.value == 0);
}

TEST_CASE("a failed sign-in makes the warning be shown again, unless it is being shown", "[observe]") {
    const bool shown = GENERATE(true, false);
    One one;
    one.happens(BookingCreated{booking("1", "m"), {}});
    note(one, Rule::NoShowWarning, Act::WarnNoShow, ref("1", "m"), 5);
    if (shown) one.hear(input::Answered{5, std::nullopt});
    one.signs_in();
    one.pass(3s);
    one.signs_in(false);
    CHECK(one.only().chance);
    if (shown)
        CHECK(one.desk.attempts.empty());
    else
        CHECK(only_attempt(one).pending == Seq{5});
}

TEST_CASE("a sign-out that is not needed any more is forgotten, one under way is waited for", "[observe]") {
    const bool answered = GENERATE(true, false);
    One one;
    one.signs_in();
    note(one, Rule::SignInGrace, Act::SignOut, {}, 5);
    if (answered) one.hear(input::Answered{5, std::nullopt});
    one.happens(BookingCreated{booking("1", "m"), {}});  // just in time
    if (answered) {
        CHECK(one.desk.attempts.empty());
        return;
    }
    CHECK(only_attempt(one).pending == Seq{5});
    one.hear(input::Answered{5, std::nullopt});
    CHECK(one.desk.attempts.empty());
}

TEST_CASE("what was tried for a booking is forgotten with the booking", "[observe]") {
    One one;
    one.happens(BookingCreated{booking("1", "m"), {}});
    note(one, Rule::NoShowRelease, Act::NoShow, ref("1", "m"), 5);
    one.hear(input::Answered{5, ErrorKind::Rejected});
    CHECK(only_attempt(one).failures == 1);
    SECTION("that is over") {
        one.pass(1h);
        one.hear(input::Woken{});
    }
    SECTION("that was deleted") { one.happens(BookingDeleted{ref("1", "m"), "Deleted"}); }
    CHECK(one.desk.attempts.empty());
}

TEST_CASE("news of a booking from before what is known of it changes nothing", "[observe]") {
    One one;
    one.happens(BookingCreated{booking("1", "m", 0h, 1h), RequestUuid{"u"}});
    one.pass(1min);
    one.happens(BookingMoved{ref("1", "m"), morning + 2h, 60min});
    one.happens(BookingCreated{booking("1", "m", 0h, 1h), RequestUuid{"u"}}, 1min);
    CHECK(one.only().booking.start == morning + 2h);
}
