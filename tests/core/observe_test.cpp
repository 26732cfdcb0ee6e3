// What a desk is known to be after it was heard: events in every order and with every field missing that may be.

#include <catch2/catch.hpp>

#include "one_desk.hpp"

using namespace hotdesk;
using namespace hotdesk::test;

TEST_CASE("what a later message does not say stays as it was", "[observe]") {
    One one;
    one.happens(BookingCreated{booking("1", "m"), RequestUuid{"u"}});
    one.pass(1s);
    Booking sparse{ref("", "m"), morning + 1h, morning + 2h, "", "", ""};
    one.happens(BookingCreated{sparse, {}});
    CHECK(one.only().booking.ref == ref("1", "m"));
    CHECK(one.only().booking.organizer_email == anna);
    CHECK(one.only().booking.organizer_id == "person");
    CHECK(one.only().booking.organizer_name == "Anna");
    CHECK(one.only().booking.start == morning + 1h);
    CHECK(one.only().request == RequestUuid{"u"});
    // Known by its Id alone until now: the list names the meeting.
    One other;
    other.happens(BookingCreated{{ref("7", ""), morning, morning + 1h, "", "", ""}, {}});
    other.pass(1s);
    other.lists({booking("7", "m7")});
    CHECK(other.only().booking.ref == ref("7", "m7"));
    CHECK(other.only().booking.organizer_email == anna);
}

TEST_CASE("a move without an Id and one of an unknown booking", "[observe]") {
    One one;
    one.lists({booking("1", "m")});
    one.pass(1s);
    one.happens(BookingMoved{ref("", "m"), morning + 2h, 30min});
    CHECK(one.only().booking.ref == ref("1", "m"));
    CHECK(one.only().booking.end == morning + 2h + 30min);
    one.pass(1s);
    one.happens(BookingMoved{ref("9", "m"), morning + 2h, 30min});
    CHECK(one.only().booking.ref == ref("9", "m"));
    one.happens(BookingMoved{ref("", "m"), morning, 30min}, 1min);
    CHECK(one.only().booking.start == morning + 2h);
    one.desk.status_asked_at = one.desk.bookings_asked_at = one.now.mono;
    one.happens(BookingMoved{ref("5", "unknown"), morning, 30min});
    CHECK_FALSE(one.desk.asked_at());
}

TEST_CASE("a request without a name is answered by a booking with its times", "[observe]") {
    One one;
    one.signs_in();
    one.happens(BookingRequested{{}, morning, 60min});
    one.happens(BookingRequested{{}, morning + 3h, 60min});
    REQUIRE(one.desk.requested.size() == 2);
    one.happens(BookingCreated{booking("1", "m"), {}});
    REQUIRE(one.desk.requested.size() == 1);
    CHECK(one.desk.requested[0].start == morning + 3h);
    CHECK_FALSE(one.only().at_desk);  // who has no name cannot be told from an administrator
    one.happens(BookingRequested{RequestUuid{"u"}, morning + 5h, 60min});
    one.lists({booking("1", "m"), booking("3", "u", 5h, 6h)});
    CHECK(one.desk.requested.size() == 1);
    CHECK(one.desk.bookings[1].at_desk);
}

TEST_CASE("a confirmation before its request, by either name", "[observe]") {
    One one;
    one.happens(BookingCreated{booking("1", "u1"), {}});
    one.happens(BookingRequested{RequestUuid{"u1"}, morning, 60min});
    one.happens(BookingCreated{booking("2", "m2", 2h, 3h), RequestUuid{"u2"}});
    one.happens(BookingRequested{RequestUuid{"u2"}, morning + 2h, 60min});
    CHECK(one.desk.requested.empty());
    one.happens(BookingRequested{RequestUuid{"u3"}, morning + 4h, 60min});
    CHECK(one.desk.requested.size() == 1);
    one.happens(BookingFailed{RequestUuid{"u3"}, "Decline"});
    CHECK(one.desk.requested.empty());
}

TEST_CASE("a request says who made the booking: the visitor, or an administrator", "[observe]") {
    const bool by_administrator = GENERATE(true, false);
    One one;
    one.signs_in();
    if (by_administrator)
        one.desk.permits.push_back({RequestUuid{"u"}, {}, {morning, morning + 1h}, {one.now.wall, one.now.mono}});
    else
        one.desk.permits.push_back({RequestUuid{"other"}, {}, {morning, morning + 1h}, {one.now.wall, one.now.mono}});
    one.happens(BookingRequested{RequestUuid{"u"}, morning, 60min});
    one.happens(BookingCreated{booking("1", "m"), RequestUuid{"u"}});
    CHECK(one.only().at_desk == !by_administrator);
    one.pass(61min);
    one.hear(input::Woken{});
    CHECK(one.desk.permits.empty());
}

TEST_CASE("a booking that a list told of first learns from its event how it was made", "[observe]") {
    One one;
    one.signs_in();
    one.lists({booking("1", "m")});
    one.happens(BookingCreated{booking("1", "m"), RequestUuid{"u"}}, 5s);
    CHECK(one.only().request == RequestUuid{"u"});
    CHECK(one.only().made_at == morning - 5s);
    CHECK(one.only().at_desk);
}

TEST_CASE("requests, deletions and bookings are bounded", "[observe]") {
    One one;
    for (int i = 0; i < 40; ++i) one.happens(BookingRequested{RequestUuid{"u" + std::to_string(i)}, morning, 60min});
    CHECK(one.desk.requested.size() == max_requested_a_desk);
    CHECK(one.desk.requested.back().uuid == RequestUuid{"u39"});
    for (int i = 0; i < 100; ++i) one.happens(BookingDeleted{ref("", "m" + std::to_string(i)), "Deleted"});
    CHECK(one.desk.deleted.size() == max_deleted_a_desk);
    std::vector<Booking> many;
    for (int i = 0; i < 600; ++i) {
        const std::string n = std::to_string(i);
        many.push_back(booking(n, "n" + n, 1h * (i - 80), 1h * (i - 79)));
    }
    one.lists(many);
    CHECK(one.desk.bookings.size() == max_bookings_a_desk);
    CHECK(current_booking(one.desk, morning) != nullptr);
    CHECK(next_booking(one.desk, morning) != nullptr);
}

TEST_CASE("an extension keeps its user until it is answered", "[observe]") {
    One one;
    one.lists({booking("1", "m")});
    const auto pending = [&] { return one.desk.requested.size(); };
    SECTION("of the booking itself, granted") {
        one.happens(ExtensionRequested{ref("1", "m"), {}, morning + 90min, 30min});
        CHECK(pending() == 1);
        one.pass(1s);
        one.happens(BookingMoved{ref("1", "other"), morning, 90min});
        CHECK(pending() == 1);
        one.happens(BookingMoved{ref("1", "m"), morning, 90min});
        CHECK(pending() == 0);
        one.happens(ExtensionRequested{ref("1", "m"), {}, morning + 90min, 30min});  // heard again, too late
        CHECK(pending() == 0);
    }
    SECTION("named by the original alone, refused") {
        one.happens(ExtensionRequested{{}, MeetingId{"m"}, morning + 90min, 30min});
        CHECK(pending() == 1);
        one.happens(ExtensionFailed{MeetingId{"other"}, "Decline"});
        CHECK(pending() == 1);
        one.happens(BookingRequested{RequestUuid{"u"}, morning + 5h, 30min});
        one.happens(ExtensionFailed{MeetingId{"m"}, "Decline"});
        CHECK(pending() == 1);
    }
    SECTION("that names nothing") {
        one.happens(ExtensionRequested{ref("1", ""), {}, morning + 90min, 30min});
        CHECK(pending() == 0);
    }
    SECTION("that is a booking of its own") {
        one.happens(ExtensionRequested{ref("2", "m2"), MeetingId{"m"}, morning + 90min, 30min});
        const bool by_list = GENERATE(true, false);
        if (by_list)
            one.lists({booking("1", "m"), booking("2", "m2", 1h, 90min)});
        else
            one.happens(BookingCreated{booking("2", "m2", 1h, 90min), {}});
        REQUIRE(one.desk.bookings.size() == 2);
        CHECK(one.desk.bookings[1].extends == MeetingId{"m"});
        CHECK(pending() == 0);
    }
}

TEST_CASE("the desk's own check-in is noticed, for known and unknown bookings", "[observe]") {
    One one;
    one.lists({booking("1", "m")});
    one.happens(CheckedIn{ref("9", "unknown")});
    CHECK(one.desk.checks_in == morning);
    CHECK_FALSE(one.only().arrived);
    one.happens(CheckedIn{ref("1", "m")});
    CHECK(one.only().arrived);
    One other;
    other.happens(BookingDeleted{ref("1", "m"), "NoShow"});
    CHECK(other.desk.checks_in == morning);
}

TEST_CASE("an end, and a deletion, that come late or name the booking otherwise", "[observe]") {
    One one;
    one.happens(BookingCreated{booking("1", "m"), {}});
    SECTION("an end from before it was made") {
        one.happens(BookingEnded{ref("1", "m"), morning - 2h, morning - 1h}, 1h);
        CHECK(one.only().booking.end == morning + 1h);
    }
    SECTION("an end of another booking") {
        one.happens(BookingEnded{ref("8", "x"), morning - 2h, morning - 1h});
        CHECK(one.only().booking.end == morning + 1h);
    }
    SECTION("an early end") {
        one.pass(10min);
        one.happens(BookingEnded{ref("1", "m"), morning, one.now.wall});
        CHECK(one.only().booking.end == one.now.wall);
    }
    SECTION("deleted by its Id, and told of again") {
        one.happens(BookingDeleted{ref("1", ""), "Deleted"});
        CHECK(one.desk.bookings.empty());
        CHECK(one.desk.deleted.front().ref.meeting == MeetingId{"m"});
        one.happens(BookingCreated{booking("1", "m"), {}}, 1s);
        CHECK(one.desk.bookings.empty());
        one.happens(BookingStarted{ref("1", "m")});
        one.happens(BookingMoved{ref("1", "m"), morning, 30min});
        CHECK(one.desk.bookings.empty());
        one.pass(1s);
        one.happens(BookingCreated{booking("1", "m"), {}});
        CHECK(one.desk.bookings.size() == 1);
        one.happens(BookingDeleted{ref("1", "m"), "Deleted"}, 1s);  // the first deletion, once more
        CHECK(one.desk.bookings.size() == 1);
    }
    SECTION("deleted while the list was on its way") {
        const MonoTime asked = one.now.mono;
        one.pass(1s);
        one.happens(BookingDeleted{ref("1", "m"), "Deleted"});
        one.hear(input::BookingsAnswered{{booking("1", "m")}, asked});
        CHECK(one.desk.bookings.empty());
        one.pass(1s);
        one.lists({booking("1", "m")});  // asked after the deletion: there is one again
        CHECK(one.desk.bookings.size() == 1);
    }
    SECTION("a start of what is not known is a reason to ask") {
        one.desk.pushes_personalized = true;
        one.desk.status_asked_at = one.desk.bookings_asked_at = one.now.mono;
        one.happens(BookingStarted{ref("1", "m")});
        CHECK(one.desk.asked_at());
        one.happens(BookingStarted{ref("5", "m5")});
        CHECK_FALSE(one.desk.asked_at());
    }
}

TEST_CASE("who is signed in is believed of the visit that it was asked about", "[observe]") {
    One one;
    const Person person{PersonId{"p"}, {anna}, ""};
    one.hear(input::Identified{person, one.now.mono});
    one.hear(input::WhoFailed{std::nullopt});
    CHECK_FALSE(one.desk.sign_in);
    const MonoTime before = one.now.mono;
    one.pass(1s);
    one.signs_in();
    one.hear(input::Identified{person, before});
    CHECK_FALSE(one.desk.sign_in->who);
    one.hear(input::WhoFailed{Millis{10min}});
    CHECK(one.desk.sign_in->who_not_before == one.now.mono + 10min);
    one.hear(input::Identified{person, one.now.mono});
    CHECK(one.desk.sign_in->who == person);
    one.hear(input::Doubted{});
    CHECK_FALSE(one.desk.sign_in->who_asked_at);
}

TEST_CASE("the words for a desk", "[observe]") {
    One one;
    CHECK(state_of(one.desk, morning) == "unknown");
    CHECK(next_booking(one.desk, morning) == nullptr);
    one.signs_in(false);
    CHECK(state_of(one.desk, morning) == "unknown");  // its bookings are not known yet
    one.lists({booking("1", "m", 1h, 2h)});
    CHECK(state_of(one.desk, morning) == "free");
    CHECK(state_of(one.desk, morning + 1h) == "reserved");
    CHECK(next_booking(one.desk, morning)->ref.meeting == MeetingId{"m"});
    one.signs_in();
    CHECK(state_of(one.desk, morning) == "ad_hoc");
    one.pass(1h);
    one.hear(input::Woken{});
    CHECK(state_of(one.desk, one.now.wall) == "in_use");
    one.pass(1h);
    one.hear(input::Woken{});
    CHECK(state_of(one.desk, one.now.wall) == "ending");
    noted(one.desk, {Rule::SignOutGrace, "sign out", "", Act::SignOut, {}, {}}, 1, Mode::Observe, one.now);
    CHECK(state_of(one.desk, one.now.wall) == "ending");
    One other;
    other.signs_in();
    other.lists({});
    DeskState stored;  // of which the visit is not known
    stored.personalized.value = true;
    stored.bookings_asked = true;
    CHECK(state_of(stored, morning) == "in_use");
    noted(other.desk, {Rule::SignInGrace, "sign out", "", Act::SignOut, {}, {}}, 1, Mode::Enforce, other.now);
    CHECK(state_of(other.desk, morning) == "ending");
}

TEST_CASE("what an administrator should know of a desk", "[observe]") {
    One one;
    one.lists({booking("1", "m")});
    CHECK(alerts_of(one.desk).empty());
    for (Seq seq = 1; seq <= 3; ++seq) {
        noted(one.desk, {Rule::MaxDuration, "reject booking", "", Act::Reject, ref("1", "m"), {}}, seq, Mode::Enforce,
              one.now);
        one.desk.bookings[0].objection = Objection{Rule::MaxDuration, slot_of(one.only().booking), {}};
        one.hear(input::Answered{seq, ErrorKind::Rejected});
        CHECK(alerts_of(one.desk).size() == (seq == 3 ? 1 : 0));
    }
    CHECK(alerts_of(one.desk)[0].find("reject") != std::string::npos);
    one.desk.bookings[0].left_alone = one.desk.bookings[0].objection;
    CHECK(alerts_of(one.desk).size() == 2);
    one.desk.bookings[0].left_alone->slot.end += 1h;  // it was moved since
    CHECK(alerts_of(one.desk).size() == 1);
    for (const Act act : {Act::SignOut, Act::Release, Act::NoShow, Act::Reject, Act::Restore, Act::LeaveBe,
                          Act::WarnNoShow, Act::WarnEnd})
        CHECK_FALSE(name_of(act).empty());
}

TEST_CASE("organizers without an address are told apart by their id", "[observe]") {
    const std::string second = GENERATE("person", "somebody else", "");
    One one;
    one.desk.pushes_personalized = true;
    const Booking first{ref("1", "m1"), morning, morning + 1h, "", "person", ""};
    const Booking next{ref("2", "m2"), morning + 1h, morning + 2h, "", second, ""};
    one.lists({first, next});
    one.signs_in();
    one.pass(61min);
    one.hear(input::Woken{});
    // What is not known counts for the user.
    CHECK(one.desk.sign_in->lapsed.has_value() == (second == "somebody else"));
}
