#include "codec/output.hpp"

#include <catch2/catch.hpp>

using namespace hotdesk;
using namespace std::chrono_literals;

namespace {

const WallTime morning = *parse_time("2026-03-02T09:00:00Z");

DeskState desk_with_bookings() {
    DeskState desk;
    desk.id = DeviceId{"d1"};
    desk.display_name = "Desk \"1\"";
    desk.workspace_name = "Oslo 1";
    desk.bookings_asked = true;
    desk.personalized.value = false;
    const auto book = [&](const char* id, const char* meeting, const char* who, Millis from, Millis to) {
        KnownBooking known;
        known.booking.ref = {BookingId{id}, MeetingId{meeting}};
        known.booking.organizer_email = who;
        known.booking.start = morning + from;
        known.booking.end = morning + to;
        desk.bookings.push_back(known);
        return &desk.bookings.back();
    };
    book("1", "m1", "a@example.com", -2h, -1h);
    book("2", "m2", "b@example.com", -1h, 1h);
    book("3", "", "", 1h, 2h)->objection = Objection{Rule::MaxDuration, {}, {}};
    book("4", "m4", "d@example.com", 2h, 3h)->left_alone = Objection{Rule::BookingHours, {}, {}};
    return desk;
}

}  // namespace

TEST_CASE("bookings that are not over are listed with what they break") {
    CHECK(
        codec::bookings_json({desk_with_bookings()}, morning) ==
        R"([{"deviceId":"d1","displayName":"Desk \"1\"","meetingId":"m2","organizerEmail":"b@example.com",)"
        R"("start":"2026-03-02T08:00:00Z","end":"2026-03-02T10:00:00Z","state":"running","objection":null},)"
        R"({"deviceId":"d1","displayName":"Desk \"1\"","meetingId":"3","organizerEmail":null,)"
        R"("start":"2026-03-02T10:00:00Z","end":"2026-03-02T11:00:00Z","state":"upcoming","objection":"max_duration"},)"
        R"({"deviceId":"d1","displayName":"Desk \"1\"","meetingId":"m4","organizerEmail":"d@example.com",)"
        R"("start":"2026-03-02T11:00:00Z","end":"2026-03-02T12:00:00Z","state":"upcoming","objection":"booking_hours"}])");
    CHECK(codec::bookings_json({}, morning) == "[]");
}

TEST_CASE("a booking ends at its end and begins at its start") {
    DeskState desk = desk_with_bookings();
    CHECK(codec::bookings_json({desk}, morning + 3h) == "[]");
    desk.bookings.resize(2);
    CHECK(codec::bookings_json({desk}, morning - 1h).find(R"("state":"running")") != std::string::npos);
    CHECK(codec::bookings_json({desk}, morning - 1h - 1ms).find(R"("meetingId":"m2")") != std::string::npos);
}

TEST_CASE("an explanation gives each rule's sentence, its act and when it is due by the wall clock") {
    const Now now{morning, MonoTime{5h}};
    Verdict acts;
    acts.rule = Rule::SignOutGrace;
    acts.says = "the booking is over";
    acts.act = Act::SignOut;
    acts.ref = {BookingId{"2"}, MeetingId{"m2"}};
    acts.due = now.mono + 30s;
    Verdict overdue = acts;
    overdue.ref.meeting = {};
    overdue.due = MonoTime::min();
    Verdict rests;
    rests.rule = Rule::MaxDuration;
    rests.says = "is off";
    CHECK(codec::explain_json(desk_with_bookings(), {acts, overdue, rests}, now) ==
          R"({"deviceId":"d1","displayName":"Desk \"1\"","workspaceName":"Oslo 1","state":"reserved","rules":[)"
          R"({"rule":"sign_out_grace","says":"the booking is over","act":"sign_out","meetingId":"m2",)"
          R"("due":"2026-03-02T09:00:30Z"},)"
          R"({"rule":"sign_out_grace","says":"the booking is over","act":"sign_out","meetingId":"2",)"
          R"("due":"2026-03-02T09:00:00Z"},)"
          R"({"rule":"max_duration","says":"is off","act":null,"meetingId":null,"due":null}]})");
}

TEST_CASE("an outcome names its booking where there is one") {
    CHECK(codec::outcome_json({"k", "done", "", 7, MeetingId{"m"}}) ==
          R"({"outcome":"done","meetingId":"m","cause":null,"seq":7})");
    CHECK(codec::outcome_json({"k", "refused", "why", 0}) ==
          R"({"outcome":"refused","meetingId":null,"cause":"why","seq":null})");
}

TEST_CASE("a status ends with what an administrator should know") {
    codec::StatusView view;
    CHECK(codec::status_json(view).find(R"("alerts":[]})") != std::string::npos);
    view.alerts = {"one", "two \"2\""};
    CHECK(codec::status_json(view).find(R"("alerts":["one","two \"2\""]})") != std::string::npos);
}

TEST_CASE("what the doctor says is one document") {
    const std::vector<CheckLine> lines{{"clock", CheckState::Ok, "the Date", "agrees", ""},
                                       {"tls", CheckState::Fail, "a:443", "it \"broke\"", "mend it"},
                                       {"dns", CheckState::Warn, "a", "slow", "wait"},
                                       {"unit", CheckState::Skip, "", "no systemd", ""}};
    CHECK(codec::check_json(lines, false) ==
          R"({"ok":false,"checks":[)"
          R"({"name":"clock","state":"ok","tried":"the Date","found":"agrees","remedy":null},)"
          R"({"name":"tls","state":"fail","tried":"a:443","found":"it \"broke\"","remedy":"mend it"},)"
          R"({"name":"dns","state":"warn","tried":"a","found":"slow","remedy":"wait"},)"
          R"({"name":"unit","state":"skip","tried":"","found":"no systemd","remedy":null}]})");
    CHECK(codec::check_json({}, true) == R"({"ok":true,"checks":[]})");
}
