// The flows of the hot-desking guide, message for message. Source: hot-desking guide, "Interaction Flows".

#include "lab.hpp"

using namespace hotdesk;
using namespace hotdesk::sandbox;
using namespace std::chrono_literals;

namespace {

WorldOptions hybrid() {
    WorldOptions options = Lab::patient();
    options.calendars = Calendars::Hybrid;
    return options;
}

}  // namespace

TEST_CASE("an ad hoc sign-in in a local calendar is followed by a booking that is confirmed at once") {
    Lab lab;
    lab.tell("desk-1 sign-in alice@example.com");
    CHECK(lab.said() == Said{"True"});
    const std::string meeting = lab.tell("desk-1 book alice@example.com duration=30m");
    const auto messages = lab.messages();
    REQUIRE(messages.size() == 4);
    const Json requested = messages[0]["events"][0];
    const Json created = messages[1]["events"][0];
    CHECK(requested["key"] == "Bookings.BookingRequested");
    CHECK(requested["value"]["BookingRequestUUID"] == meeting);
    CHECK(requested["value"]["StartTime"] == "2026-03-02T09:00:00Z");
    CHECK(requested["value"]["Duration"] == 30);
    CHECK(created["key"] == "Bookings.BookingCreated");
    CHECK(created["value"]["MeetingId"] == meeting);
    CHECK(created["value"]["OrganizerEmail"] == "alice@example.com");
    CHECK(messages[2]["events"][0]["key"] == "Bookings.Start");
    CHECK(messages[3]["changes"]["updated"]["Bookings.Availability.Status"] == "BookedUntil");
    lab.pass(29min);
    CHECK(lab.said().empty());
}

TEST_CASE("a booking in a hybrid calendar is created once the backend has answered, under a name of its own") {
    Lab lab(hybrid());
    lab.tell("desk-1 sign-in alice@example.com");
    const std::string meeting = lab.tell("desk-1 book alice@example.com uuid=11111111");
    CHECK(lab.said() == Said{"True", "BookingRequested"});
    lab.pass(299ms);
    CHECK(lab.said().empty());
    lab.pass(1ms);
    const Json created = lab.event("Bookings.BookingCreated");
    CHECK(created["BookingRequestUUID"] == "11111111");
    CHECK(created["MeetingId"] == meeting);
    CHECK(meeting != "11111111");
}

TEST_CASE("a booking that fails signs out whoever signed in to make it") {
    Lab lab(hybrid());
    lab.tell("desk-1 set fail-next Timeout");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.tell("desk-1 book alice@example.com");
    lab.pass(1s);
    CHECK(lab.said() == Said{"True", "BookingRequested", "BookingFailed", "False"});
    CHECK_FALSE(lab.world.desk("desk-1")->user().has_value());
}

TEST_CASE("an ad hoc booking that is deleted over xAPI signs its user out") {
    Lab lab;
    lab.tell("desk-1 sign-in alice@example.com");
    const std::string meeting = lab.tell("desk-1 book alice@example.com");
    lab.forget_messages();
    CHECK(lab.command("Bookings.Delete", {{"MeetingId", meeting}}).status == 200);
    CHECK(lab.said() == Said{"Deleted Deleted", "False"});
}

TEST_CASE("a user who does not want to book is signed out and no booking appears") {
    Lab lab;
    lab.tell("desk-1 sign-in alice@example.com");
    lab.pass(30s);
    lab.tell("desk-1 cancel");
    CHECK(lab.said() == Said{"True", "False"});
}

TEST_CASE("the organizer of the active booking stays signed in, however the address is spelled") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com");
    lab.forget_messages();
    lab.tell("desk-1 sign-in Alice@Example.com");
    lab.pass(10min);
    CHECK(lab.said() == Said{"True"});
}

TEST_CASE("a sign-in that fails says nothing and leaves the booking") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com");
    lab.forget_messages();
    lab.tell("desk-1 sign-in alice@example.com fail");
    CHECK(lab.said().empty());
    CHECK(lab.world.desk("desk-1")->bookings().size() == 1);
}

TEST_CASE("the wrong user is signed out after the desk has looked, and the booking stays") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com");
    lab.forget_messages();
    lab.tell("desk-1 sign-in bob@example.com");
    CHECK(lab.said() == Said{"True"});
    lab.pass(200ms);
    CHECK(lab.said() == Said{"False"});
    CHECK(lab.world.desk("desk-1")->bookings().size() == 1);
}

TEST_CASE("the end of a booking signs its user out at once") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com ends=5s");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.forget_messages();
    lab.pass(4s);
    CHECK(lab.said().empty());
    lab.pass(1s);
    CHECK(lab.said() == Said{"End", "False"});
}

TEST_CASE("a booking that ends in five seconds is said to last whole minutes") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com ends=5s");
    const Json created = lab.event("Bookings.BookingCreated");
    CHECK(created["StartTime"] == "2026-03-02T08:00:05Z");
    CHECK(created["Duration"] == 60);
}

TEST_CASE("a call keeps the user signed in after the booking until it ends") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com ends=5s");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.tell("desk-1 call");
    lab.forget_messages();
    lab.pass(20min);
    CHECK(lab.said() == Said{"End"});
    lab.tell("desk-1 hang-up");
    CHECK(lab.said() == Said{"False"});
}

TEST_CASE("a move keeps the user while the booking is active and signs out when it is not") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com duration=1h");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.forget_messages();
    lab.tell("desk-1 move duration=2h");
    CHECK(lab.said() == Said{"EditRequested", "BookingMoved"});
    lab.tell("desk-1 move start=+3h");
    CHECK(lab.said() == Said{"EditRequested", "BookingMoved", "False"});
    lab.pass(3h);
    const Said later = lab.said();
    CHECK(std::count(later.begin(), later.end(), "Start") == 1);
}

TEST_CASE("a move in the calendar of a hybrid desk is not asked for at the desk") {
    Lab lab(hybrid());
    lab.tell("desk-1 book alice@example.com start=+1h via=calendar");
    lab.forget_messages();
    lab.tell("desk-1 move start=+2h");
    CHECK(lab.said() == Said{"BookingMoved"});
}

TEST_CASE("a local sign-out deletes the booking and then says that nobody is signed in") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com duration=60m");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.pass(20min);
    lab.forget_messages();
    lab.tell("desk-1 sign-out");
    const auto messages = lab.messages();
    REQUIRE(messages.size() == 2);
    const Json deleted = messages[0]["events"][0]["value"];
    CHECK(deleted["Cause"] == "HotdeskSignout");
    CHECK(deleted["ScheduledDuration"] == 60);
    CHECK(deleted["MinutesFreed"] == 40);
    CHECK(deleted["TimeStamp"] == "2026-03-02T09:20:00Z");
    CHECK(messages[1]["changes"]["updated"]["Webex.DevicePersonalization.Personalized"] == false);
    CHECK(messages[1]["changes"]["updated"]["Bookings.Availability.Status"] == "Free");
}

TEST_CASE("a remote sign-out ends the call, the booking and the session") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.tell("desk-1 call");
    lab.forget_messages();
    CHECK(lab.command("Webex.Registration.Logout", Json::object()).status == 200);
    CHECK(lab.said() == Said{"Deleted HotdeskSignout", "False"});
    CHECK(lab.world.desk("desk-1")->calls() == 0);
}

TEST_CASE("a booking whose organizer is not in the organization is deleted when it starts") {
    Lab lab;
    lab.tell("desk-1 book mallory@elsewhere.example start=+1m");
    lab.forget_messages();
    lab.pass(61s);
    CHECK(lab.said() == Said{"Start", "Deleted HotdeskOrganizerNotFoundInOrg"});
}

TEST_CASE("an extension at the desk moves the end of the booking") {
    Lab lab;
    const std::string meeting = lab.tell("desk-1 book alice@example.com duration=30m");
    lab.forget_messages();
    lab.tell("desk-1 extend 15m");
    const auto messages = lab.messages();
    REQUIRE(messages.size() == 3);
    const Json asked = messages[0]["events"][0]["value"];
    CHECK(asked["OriginalMeetingId"] == meeting);
    CHECK(asked["Duration"] == 15);
    CHECK(asked["NewEndTime"] == "2026-03-02T09:45:00Z");
    CHECK(messages[1]["events"][0]["value"]["Duration"] == 45);
}

TEST_CASE("an extension into the next booking fails") {
    Lab lab(hybrid());
    lab.tell("desk-1 book alice@example.com duration=30m");
    lab.tell("desk-1 book bob@example.com start=+30m duration=30m");
    lab.pass(1s);
    lab.forget_messages();
    lab.tell("desk-1 extend 15m");
    lab.pass(1s);
    CHECK(lab.said() == Said{"ExtensionRequested", "ExtensionFailed"});
}

TEST_CASE("a booking and its edit over xAPI are confirmed with the request's UUID") {
    Lab lab(hybrid());
    CHECK(lab.command("Bookings.Book", {{"BookingRequestUUID", "u-1"},
                                        {"OrganizerEmail", "alice@example.com"},
                                        {"StartTime", "2026-03-02T12:00:00Z"},
                                        {"Duration", 45}})
              .status == 200);
    lab.pass(1s);
    const Json created = lab.event("Bookings.BookingCreated");
    CHECK(created["BookingRequestUUID"] == "u-1");
    CHECK(lab.command("Bookings.Edit", {{"MeetingId", created["MeetingId"]}, {"Duration", 15}}).status == 200);
    CHECK(lab.said() == Said{"EditRequested"});
    lab.pass(300ms);
    CHECK(lab.event("Bookings.BookingMoved")["Duration"] == 15);
}

TEST_CASE("a restart changes the bookings' Ids, keeps their MeetingIds and asks for a sync") {
    Lab lab;
    const std::string meeting = lab.tell("desk-1 book alice@example.com");
    const BookingId before = lab.world.desk("desk-1")->bookings()[0].id;
    lab.forget_messages();
    lab.tell("desk-1 reboot");
    CHECK(lab.said() == Said{"BootEvent"});
    CHECK(lab.command("Bookings.List", Json::object()).status == 404);
    lab.pass(2s);
    CHECK(lab.said() == Said{"full sync", "SyncRequired"});
    CHECK(lab.world.desk("desk-1")->bookings()[0].id != before);
    CHECK(lab.world.desk("desk-1")->bookings()[0].meeting_id.value == meeting);
}

TEST_CASE("a stubborn desk keeps its user when the booking ends, and obeys a remote sign-out") {
    Lab lab;
    lab.tell("desk-1 set stubborn on");
    lab.tell("desk-1 book alice@example.com ends=5s");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.forget_messages();
    lab.pass(1min);
    CHECK(lab.said() == Said{"End"});
    lab.command("Webex.Registration.Logout", Json::object());
    CHECK(lab.said() == Said{"False"});
}

TEST_CASE("a desk that ignores the remote sign-out accepts the command and does nothing") {
    Lab lab;
    lab.tell("desk-1 set ignores-logout on");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.forget_messages();
    CHECK(lab.command("Webex.Registration.Logout", Json::object()).status == 200);
    CHECK(lab.said().empty());
}

TEST_CASE("a desk that keeps bookings says at a sign-out only that nobody is signed in") {
    Lab lab;
    lab.tell("desk-1 set keeps-booking on");
    lab.tell("desk-1 book alice@example.com");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.forget_messages();
    lab.tell("desk-1 sign-out");
    CHECK(lab.said() == Said{"False"});
    CHECK(lab.world.desk("desk-1")->bookings().size() == 1);
}

TEST_CASE("a narrow desk pushes neither Personalized nor BookingCreated, and answers for them when asked") {
    Lab lab;
    lab.tell("desk-1 set narrow on");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.tell("desk-1 book alice@example.com");
    CHECK(lab.said() == Said{"Start"});
    const std::string device = lab.world.desk("desk-1")->place().device.value;
    const Json status = lab.get("/v1/xapi/status?deviceId=" + device + "&name=Webex.DevicePersonalization.*");
    CHECK(status["result"]["Webex"]["DevicePersonalization"]["Personalized"] == true);
}

TEST_CASE("a desk that duplicates says everything twice") {
    Lab lab;
    lab.tell("desk-1 set duplicate on");
    lab.tell("desk-1 sign-in alice@example.com");
    CHECK(lab.said() == Said{"True", "True"});
}

TEST_CASE("a desk that is offline pushes nothing, and everything once when it is back") {
    Lab lab;
    lab.tell("desk-1 set offline on");
    lab.tell("desk-1 sign-in alice@example.com");
    CHECK(lab.said().empty());
    lab.tell("desk-1 set offline off");
    CHECK(lab.said() == Said{"full sync", "SyncRequired"});
}

TEST_CASE("values are spelled as strings where a desk does so") {
    Lab lab;
    lab.tell("desk-1 set spelling string");
    lab.tell("desk-1 call");
    const auto messages = lab.messages();
    CHECK(messages.back()["changes"]["updated"]["SystemUnit.State.NumberOfActiveCalls"] == "1");
}

TEST_CASE("a desk sends all its statuses about once an hour") {
    Lab lab;
    Said all;
    for (int minutes = 0; minutes < 180; ++minutes) {
        lab.pass(1min);
        for (std::string& word : lab.said()) all.push_back(std::move(word));
    }
    const auto syncs = std::count(all.begin(), all.end(), "full sync");
    // Three desks, three hours, the first one early or late.
    CHECK(syncs >= 7);
    CHECK(syncs <= 9);
}
