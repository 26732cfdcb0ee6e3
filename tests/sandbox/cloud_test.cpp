// The cloud's side of the wire. Source: technical details (tokens, appUrl, queue); REST description (the rest).

#include <set>

#include "lab.hpp"

using namespace hotdesk;
using namespace hotdesk::sandbox;
using namespace std::chrono_literals;

namespace {

std::string header_in(const Reply& reply, const std::string& name) {
    for (const auto& header : reply.headers)
        if (header.first == name) return header.second;
    return "";
}

}  // namespace

TEST_CASE("a refresh token works once and the one that came with the answer works next") {
    Lab lab({}, false);
    const std::string first = Lab::refresh_token_of(lab.world.code({}, lab.now));
    const Reply answer = lab.exchange(first);
    CHECK(answer.status == 200);
    CHECK(lab.exchange(first).status == 400);
    const std::string second = string_of(*parse_json(answer.body), "refresh_token");
    CHECK(second != first);
    CHECK(lab.exchange(second).status == 200);
}

TEST_CASE("a wrong client secret is refused and does not use the refresh token up") {
    Lab lab({}, false);
    const std::string token = Lab::refresh_token_of(lab.world.code({}, lab.now));
    CHECK(lab.exchange(token, "wrong").status == 401);
    CHECK(lab.exchange(token).status == 200);
}

TEST_CASE("an access token is refused once its time is over or it was revoked") {
    WorldOptions options;
    options.access_lives = 10min;
    Lab lab(options);
    lab.pass(10min - 1ms);
    CHECK(lab.ask("GET", lab.app_path()).status == 200);
    lab.pass(1ms);
    CHECK(lab.ask("GET", lab.app_path()).status == 401);
    lab.access = string_of(*parse_json(lab.exchange(lab.refresh).body), "access_token");
    CHECK(lab.ask("GET", lab.app_path()).status == 200);
    lab.tell("revoke access");
    CHECK(lab.ask("GET", lab.app_path()).status == 401);
}

TEST_CASE("the appUrl shows the queue while there is one and refuses what it does not know") {
    Lab lab({}, false);
    lab.access =
        string_of(*parse_json(lab.exchange(Lab::refresh_token_of(lab.world.code({}, lab.now))).body), "access_token");
    CHECK_FALSE(lab.get(lab.app_path()).contains("queue"));
    CHECK(lab.ask("PATCH", lab.app_path(), R"({"provisioningState":"done"})").status == 400);
    const Reply enabled = lab.ask("PATCH", lab.app_path(), R"({"queue":{"state":"enabled"},"customer":{"id":"c"}})");
    const Json details = *parse_json(enabled.body);
    CHECK(details["queue"]["state"] == "enabled");
    CHECK(details["customer"]["id"] == "c");
    lab.ask("PATCH", lab.app_path(), R"({"queue":{"state":"remove"}})");
    CHECK_FALSE(lab.get(lab.app_path()).contains("queue"));
    CHECK(lab.ask("GET", string_of(details["queue"], "pollUrl").substr(lab.world.options().base_url.size())).status ==
          404);
}

TEST_CASE("every answer carries a tracking id and a date, and an error names the same id in its body") {
    Lab lab;
    for (const std::string target : {"/jwks", "/v1/devices", "/nowhere"}) {
        const Reply reply = lab.ask("GET", target);
        CHECK_FALSE(header_in(reply, "trackingid").empty());
        CHECK(header_in(reply, "Date") == "Mon, 02 Mar 2026 09:00:00 GMT");
        if (reply.status != 200)
            CHECK(string_of(*parse_json(reply.body), "trackingId") == header_in(reply, "trackingid"));
    }
}

TEST_CASE("a poll gives at most ten messages and what it gave is gone") {
    Lab lab;
    lab.tell("backlog 25");
    std::vector<std::size_t> sizes;
    for (int i = 0; i < 3; ++i) sizes.push_back(lab.get(lab.poll_path)["messages"].size());
    CHECK(sizes == std::vector<std::size_t>{10, 10, 5});
    CHECK_FALSE(lab.try_ask("GET", lab.poll_path).has_value());
}

TEST_CASE("a poll of an empty queue waits, and ends empty after its time") {
    Lab lab;
    REQUIRE_FALSE(lab.try_ask("GET", lab.poll_path).has_value());
    CHECK_FALSE(lab.world.collect(lab.ticket, lab.now + 19999ms).has_value());
    const auto reply = lab.world.collect(lab.ticket, lab.now + 20s);
    REQUIRE(reply.has_value());
    CHECK(reply->body == R"({"messages":[]})");
}

TEST_CASE("a waiting poll is answered as soon as there is a message") {
    Lab lab;
    REQUIRE_FALSE(lab.try_ask("GET", lab.poll_path).has_value());
    lab.tell("desk-1 sign-in alice@example.com");
    const auto reply = lab.world.collect(lab.ticket, lab.now);
    REQUIRE(reply.has_value());
    CHECK((*parse_json(reply->body))["messages"].size() == 1);
}

TEST_CASE("a second poll beside one that waits is refused and recorded") {
    Lab lab;
    REQUIRE_FALSE(lab.try_ask("GET", lab.poll_path).has_value());
    CHECK(lab.ask("GET", lab.poll_path).status == 409);
    CHECK(lab.world.violations().size() == 1);
    lab.world.abandon(lab.ticket);
    CHECK_FALSE(lab.try_ask("GET", lab.poll_path).has_value());
}

TEST_CASE("a message that was not fetched within the retention is gone") {
    Lab lab(WorldOptions{});
    lab.tell("desk-1 sign-in alice@example.com");
    lab.pass(9min);
    lab.tell("desk-2 sign-in bob@example.com");
    lab.pass(1min);
    CHECK(lab.messages().size() == 1);
}

TEST_CASE("devices and workspaces come in pages that link to the next") {
    WorldOptions options;
    options.desks = 5;
    options.rooms = 2;
    options.page_size = 3;
    Lab lab(options);
    std::set<std::string> seen;
    std::string target = "/v1/workspaces?max=3";
    int pages = 0;
    while (!target.empty()) {
        const Reply reply = lab.ask("GET", target);
        const Json body = *parse_json(reply.body);
        for (const Json& item : body["items"]) seen.insert(string_of(item, "displayName"));
        const std::string link = header_in(reply, "Link");
        const std::string base = "<" + lab.world.options().base_url;
        target = link.empty() ? "" : link.substr(base.size(), link.find('>') - base.size());
        ++pages;
    }
    CHECK(pages == 3);
    CHECK(seen.size() == 7);
    CHECK(seen.count("Oslo Room 2") == 1);
}

TEST_CASE("Bookings.List leaves the member out when there are none") {
    Lab lab;
    CHECK(lab.result_of("Bookings.List", Json::object()) == Json{{"ResultInfo", {{"TotalRows", 0}}}});
    const std::string meeting = lab.tell("desk-1 book alice.smith@example.com duration=30m");
    const Json one = lab.result_of("Bookings.List", Json::object());
    CHECK(one["ResultInfo"]["TotalRows"] == 1);
    CHECK(one["Booking"][0]["Organizer"]["LastName"] == "Smith");
    CHECK(one["Booking"][0]["Time"]["EndTime"] == "2026-03-02T09:30:00Z");
    CHECK(one["Booking"][0]["Time"]["Duration"] == 30);
    CHECK(lab.result_of("Bookings.Get", {{"MeetingId", meeting}})["Booking"] == one["Booking"][0]);
}

TEST_CASE("arguments that the schema does not allow are refused and recorded") {
    Lab lab;
    const std::vector<std::pair<std::string, Json>> wrong = {
        {"Bookings.Book", {{"Duration", 0}}},
        {"Bookings.Book", {{"Duration", 1441}}},
        {"Bookings.Book", {{"Duration", "30"}}},
        {"Bookings.Book", {{"BookingRequestUUID", ""}}},
        {"Bookings.Book", {{"Title", std::string(129, 'x')}}},
        {"Bookings.Book", {{"Organizer", "alice@example.com"}}},
        {"Bookings.Extend", {{"MeetingId", "m"}}},
        {"Bookings.Respond", {{"MeetingId", "m"}, {"Type", "Maybe"}}},
        {"Bookings.List", {{"Days", 366}}},
        {"UserInterface.Message.Alert.Display", {{"Title", "t"}}},
        {"UserInterface.Message.Alert.Display", {{"Text", std::string(256, 'x')}}},
        {"Webex.Registration.Logout", {{"Force", true}}},
        {"Bookings.Vanish", Json::object()},
        {"Bookings.List", "none"}};
    for (const auto& [name, arguments] : wrong) {
        INFO(name << " " << to_text(arguments));
        CHECK(lab.command(name, arguments).status == 400);
    }
    CHECK(lab.world.violations().size() == wrong.size());
    CHECK(lab.ask("POST", "/v1/xapi/command/Bookings.List", R"({"deviceId":"x"})").status == 400);
}

TEST_CASE("what is not granted is neither pushed nor carried out") {
    Lab lab;
    lab.tell("grant events Bookings.Start");
    lab.tell("grant statuses SystemUnit.*");
    lab.tell("grant commands Bookings.List");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.tell("desk-1 book alice@example.com");
    CHECK(lab.said() == Said{"Start"});
    CHECK(lab.command("Webex.Registration.Logout", Json::object()).status == 403);
    CHECK(lab.get(lab.app_path())["xapiAccessKeys"]["commands"] == Json::array({"Bookings.List"}));
}

TEST_CASE("more than ten status names at once are refused") {
    Lab lab;
    std::string target = "/v1/xapi/status?deviceId=" + lab.world.desk("desk-1")->place().device.value;
    for (int i = 0; i < 10; ++i) target += "&name=Standby.State";
    CHECK(lab.ask("GET", target).status == 200);
    CHECK(lab.ask("GET", target + "&name=Standby.State").status == 400);
}

TEST_CASE("sessions and people tell who is signed in, where that is granted") {
    Lab lab;
    lab.tell("desk-2 sign-in alice@example.com");
    const Json session = lab.get("/v1/hotdesk/sessions")["items"][0];
    CHECK(session["workspaceId"] == lab.world.desk("desk-2")->place().workspace.value);
    CHECK(lab.get("/v1/people/" + string_of(session, "personId"))["emails"][0] == "alice@example.com");
    lab.tell("set identity off");
    CHECK(lab.ask("GET", "/v1/hotdesk/sessions").status == 403);
}

TEST_CASE("a fault strikes as often as it was told to, and only where") {
    Lab lab;
    lab.tell("fault command 429 retry-after=2 times=1 desk=desk-2");
    CHECK(lab.command("Bookings.List", Json::object(), "desk-1").status == 200);
    const Reply struck = lab.command("Bookings.List", Json::object(), "desk-2");
    CHECK(struck.status == 429);
    CHECK(header_in(struck, "Retry-After") == "2");
    CHECK(lab.command("Bookings.List", Json::object(), "desk-2").status == 200);
}

TEST_CASE("an answer that is cut has been acted upon, one that is dropped has not") {
    Lab lab;
    lab.tell("desk-1 sign-in alice@example.com");
    lab.tell("fault command drop times=1");
    CHECK(lab.command("Webex.Registration.Logout", Json::object()).delivery == Delivery::Close);
    CHECK(lab.world.desk("desk-1")->user().has_value());
    lab.tell("fault command reset times=1");
    CHECK(lab.command("Webex.Registration.Logout", Json::object()).delivery == Delivery::Cut);
    CHECK_FALSE(lab.world.desk("desk-1")->user().has_value());
    lab.tell("desk-1 sign-in alice@example.com");
    lab.tell("fault command lost times=1");
    CHECK(lab.command("Webex.Registration.Logout", Json::object()).delivery == Delivery::Close);
    CHECK_FALSE(lab.world.desk("desk-1")->user().has_value());
}

TEST_CASE("messages of a poll whose answer is lost are gone") {
    Lab lab;
    lab.tell("desk-1 presence Yes");
    lab.tell("fault poll lost times=1");
    CHECK(lab.ask("GET", lab.poll_path).delivery == Delivery::Close);
    CHECK_FALSE(lab.try_ask("GET", lab.poll_path).has_value());
    lab.tell("fault poll lost times=1");
    const auto held = lab.world.collect(lab.ticket, lab.now);
    REQUIRE(held.has_value());
    CHECK(held->delivery == Delivery::Close);
}

TEST_CASE("a fault of the poll strikes one that is already waiting") {
    Lab lab;
    REQUIRE_FALSE(lab.try_ask("GET", lab.poll_path).has_value());
    lab.tell("fault poll 503 times=1");
    const auto reply = lab.world.collect(lab.ticket, lab.now);
    REQUIRE(reply.has_value());
    CHECK(reply->status == 503);
    CHECK_FALSE(lab.try_ask("GET", lab.poll_path).has_value());
}

TEST_CASE("raw elements and raw bodies come out of the queue as they were put in") {
    Lab lab;
    lab.tell(R"(push {"type":"unknown","x":[1,  2]})");
    CHECK(lab.ask("GET", lab.poll_path).body == R"({"messages":[{"type":"unknown","x":[1,  2]}]})");
    lab.tell("push-body not json");
    CHECK(lab.ask("GET", lab.poll_path).body == "not json");
}

TEST_CASE("a slow desk has done what it was told before it answers") {
    Lab lab;
    lab.tell("desk-1 set slow 3s");
    lab.tell("desk-1 sign-in alice@example.com");
    const Reply reply = lab.command("Webex.Registration.Logout", Json::object());
    CHECK(reply.delay == 3s);
    CHECK_FALSE(lab.world.desk("desk-1")->user().has_value());
}

TEST_CASE("the list of requests shows no secret") {
    Lab lab;
    lab.exchange(lab.refresh);
    const std::string requests = control(lab.world, "requests", lab.now);
    for (const std::string& secret : lab.world.secrets()) CHECK(requests.find(secret) == std::string::npos);
    CHECK(lab.world.secrets().size() >= 5);
}

TEST_CASE("two worlds of one seed hand out the same ids and tokens") {
    Lab a;
    Lab b;
    CHECK(a.access == b.access);
    CHECK(a.world.desk("desk-3")->place().device == b.world.desk("desk-3")->place().device);
}

TEST_CASE("what is held back is named nowhere, and refused; held back no longer, it is there") {
    Lab lab;
    const auto access = [&](const char* kind) { return lab.get(lab.app_path())["xapiAccessKeys"][kind]; };
    const auto lists = [](const Json& list, const std::string& name) {
        return std::find(list.begin(), list.end(), Json(name)) != list.end();
    };
    const std::string device = lab.world.desk("desk-1")->place().device.value;
    const std::string status = "/v1/xapi/status?deviceId=" + device + "&name=";
    lab.tell("withhold Bookings.List Webex.DevicePersonalization.Personalized Bookings.Start spark-admin:devices_read");
    CHECK_FALSE(lists(access("commands"), "Bookings.List"));
    CHECK(lists(access("commands"), "Bookings.Delete"));
    // The pattern has come apart.
    CHECK_FALSE(lists(access("statuses"), "Webex.DevicePersonalization.*"));
    CHECK(lists(access("statuses"), "Webex.DevicePersonalization.Hotdesking.SessionStatus"));
    CHECK(lists(access("statuses"), "SystemUnit.State.*"));
    CHECK_FALSE(lists(access("events"), "Bookings.Start"));
    CHECK(lists(access("events"), "Bookings.End"));
    CHECK(lab.command("Bookings.List", Json::object()).status == 403);
    CHECK(lab.ask("GET", status + "Webex.DevicePersonalization.Personalized").status == 403);
    CHECK(lab.ask("GET", status + "SystemUnit.State.NumberOfActiveCalls").status == 200);
    CHECK(lab.ask("GET", "/v1/devices").status == 403);
    CHECK(lab.ask("GET", "/v1/workspaces").status == 200);
    lab.tell("withhold spark:xapi_commands");
    CHECK(lab.command("Bookings.List", Json::object()).status == 403);
    CHECK(lab.ask("GET", "/v1/devices").status == 200);
    lab.tell("withhold");
    CHECK(lab.command("Bookings.List", Json::object()).status == 200);
    CHECK(lists(access("statuses"), "Webex.DevicePersonalization.*"));
}
