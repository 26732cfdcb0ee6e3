#include "codec/xapi.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

WallTime at(const char* text) { return parse_time(text).value(); }

BookingList list(const std::string& bookings) {
    auto result = codec::decode_bookings(R"({"result":{"Booking":)" + bookings + "}}");
    REQUIRE(result.ok());
    return std::move(result).value();
}

template <class Decode>
void refuses_what_it_should(Decode decode, const std::string& whole) {
    for (const char* body : {"", "null", "[]", "{}", "7", "<html>"}) {
        INFO(body);
        const auto result = decode(std::string(body));
        REQUIRE_FALSE(result.ok());
        CHECK(result.error().kind == ErrorKind::Corrupt);
    }
    const std::size_t end = whole.rfind('}');
    for (std::size_t size = 0; size <= end; ++size) CHECK_FALSE(decode(whole.substr(0, size)).ok());
    CHECK_FALSE(decode(std::string(100'000, '[')).ok());
    CHECK_FALSE(decode("{\"result\":{\"a\":\"\xff\"},\"items\":[]}").ok());
}

}  // namespace

TEST_CASE("only unreserved characters stand for themselves in a query") {
    CHECK(codec::url_encode("Aa0-._~") == "Aa0-._~");
    CHECK(codec::url_encode("Y2lz=+/&?# %\xc3\xb8\x01") == "Y2lz%3D%2B%2F%26%3F%23%20%25%C3%B8%01");
}

TEST_CASE("a desk is asked for the statuses that hotdeskd reads, for presence only where it may") {
    const std::string expected =
        "https://webexapis.com/v1/xapi/status?deviceId=Y2lz%3D&name=Webex.DevicePersonalization.Personalized"
        "&name=SystemUnit.State.NumberOfActiveCalls";
    CHECK(codec::status_url("https://webexapis.com/v1", DeviceId("Y2lz="), false) == expected);
    CHECK(codec::status_url("https://webexapis.com/v1/", DeviceId("Y2lz="), false) == expected);
    CHECK(codec::status_url("https://webexapis.com/v1", DeviceId("Y2lz="), true) ==
          expected + "&name=RoomAnalytics.PeoplePresence");
    CHECK(codec::status_url("https://webexapis.com/v1", DeviceId("Y2lz="), true, false) ==
          "https://webexapis.com/v1/xapi/status?deviceId=Y2lz%3D&name=Webex.DevicePersonalization.Personalized"
          "&name=RoomAnalytics.PeoplePresence");
}

TEST_CASE("a command is posted to its name with its arguments as strings and integers") {
    CHECK(codec::command_url("https://webexapis.com/v1", "Bookings.Book") ==
          "https://webexapis.com/v1/xapi/command/Bookings.Book");
    const Command book{"Bookings.Book", {{"Title", std::string("A \"desk\"")}, {"Duration", std::int64_t{30}}}};
    CHECK(codec::command_body(DeviceId("d"), book) ==
          R"({"deviceId":"d","arguments":{"Title":"A \"desk\"","Duration":30}})");
    CHECK(codec::command_body(DeviceId("d"), {"Webex.Registration.Logout", {}}) ==
          R"({"deviceId":"d","arguments":{}})");
}

TEST_CASE("a desk is asked for all its bookings, without a window") {
    CHECK(codec::list_bookings() == Command{"Bookings.List", {}});
}

TEST_CASE("a nested status answer is read in either spelling") {
    const auto report = codec::decode_status(fixture("xapi_status.json"), false);
    REQUIRE(report.ok());
    CHECK(report->personalized == Mention<bool>(true));
    CHECK(report->active_calls == Mention<int>(1));
    CHECK_FALSE(report->presence.has_value());  // not asked for
    CHECK(codec::decode_status(fixture("xapi_status.json"), true)->presence == Mention<Presence>(Presence::No));
    const auto other = codec::decode_status(
        R"({"result":{"Webex":{"DevicePersonalization":{"Personalized":false}},"SystemUnit":{"State":{"NumberOfActiveCalls":"0"}}}})",
        true);
    REQUIRE(other.ok());
    CHECK(other->personalized == Mention<bool>(false));
    CHECK(other->active_calls == Mention<int>(0));
    CHECK_FALSE(other->presence.has_value());
}

TEST_CASE("a status that the desk does not have or does not make clear is not mentioned") {
    for (const char* result :
         {"{}", R"({"Webex":7})", R"({"Webex":{"DevicePersonalization":{"Personalized":"perhaps"}}})",
          R"({"SystemUnit":{"State":{"NumberOfActiveCalls":-1}}})"}) {
        const auto report = codec::decode_status(R"({"result":)" + std::string(result) + "}", true);
        REQUIRE(report.ok());
        CHECK(report->empty());
    }
}

TEST_CASE("a status answer without its result is corrupt") {
    refuses_what_it_should([](std::string body) { return codec::decode_status(std::move(body), true); },
                           fixture("xapi_status.json"));
    CHECK_FALSE(codec::decode_status(R"({"result":null})", true).ok());
}

TEST_CASE("listed bookings are read with times and organizer, and an entry without times is counted") {
    const auto result = codec::decode_bookings(fixture("bookings_list.json"));
    REQUIRE(result.ok());
    CHECK(result->skipped == 1);
    const Booking first{{BookingId("7"), MeetingId("6f0e9a0e-5b1a-4f0e-9d1c-2f4a8b7c6d5e")},
                        at("2026-03-02T09:00:00Z"),
                        at("2026-03-02T10:00:00Z"),
                        "ola@example.com",
                        "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYzdmMDQ2YQ",
                        "Ola Nordmann"};
    const Booking second{
        {BookingId("8"), MeetingId()}, at("2026-03-02T13:00:00Z"), at("2026-03-02T14:00:00Z"), "", "", "John Doe"};
    CHECK(result->bookings == std::vector<Booking>{first, second});
}

TEST_CASE("a desk without bookings has an empty list") {
    const auto none = codec::decode_bookings(fixture("bookings_none.json"));
    REQUIRE(none.ok());
    CHECK(none->bookings.empty());
    CHECK(none->skipped == 0);
    CHECK_FALSE(codec::decode_bookings(R"({"result":{}})").ok());
    CHECK(list("[]").bookings.empty());
}

TEST_CASE("a single booking may stand without its array") {
    CHECK(list(R"({"Id":"1","Time":{"StartTime":"2026-03-02T09:00:00Z","Duration":"15"}})").bookings.size() == 1);
}

TEST_CASE("a listed booking needs a name and times that make sense") {
    for (const char* entry :
         {R"({"Time":{"StartTime":"2026-03-02T09:00:00Z","Duration":15}})",
          R"({"Id":"1","Time":{"StartTime":"2026-03-02T09:00:00Z"}})",
          R"({"Id":"1","Time":{"StartTime":"2026-03-02T09:00:00Z","EndTime":"2026-03-02T08:00:00Z"}})",
          R"({"Id":"1","Time":{"StartTime":"2026-03-02T09:00:00Z","EndTime":"late","Duration":15}})",
          R"({"Id":"1","Time":{"Duration":15}})", R"({"Id":"1"})", "7", "null"}) {
        INFO(entry);
        const auto decoded = list("[" + std::string(entry) + "]");
        CHECK(decoded.bookings.empty());
        CHECK(decoded.skipped == 1);
    }
}

TEST_CASE("a list of bookings that may be incomplete is corrupt, for somebody could be signed out for it") {
    refuses_what_it_should(codec::decode_bookings, fixture("bookings_list.json"));
    CHECK_FALSE(codec::decode_bookings(R"({"result":null})").ok());
    CHECK_FALSE(codec::decode_bookings(R"({"result":{"Booking":null}})").ok());
    CHECK_FALSE(codec::decode_bookings(R"({"result":{"Booking":"none"}})").ok());
    CHECK_FALSE(codec::decode_bookings(R"({"result":{"ResultInfo":{"TotalRows":"2"}}})").ok());
}

TEST_CASE("devices are read, with the link to the next page") {
    const auto page = codec::decode_devices(fixture("devices.json"), "https://webexapis.com/v1/devices?start=100");
    REQUIRE(page.ok());
    CHECK(page->next_url == "https://webexapis.com/v1/devices?start=100");
    REQUIRE(page->items.size() == 1);
    CHECK(page->items[0].id.value.rfind("Y2lzY29zcGFyazovL3VybjpURUFNOnVz", 0) == 0);
    CHECK(page->items[0].display_name == "SFO12-3-PanHandle");
    CHECK(page->items[0].workspace.value ==
          "Y2lzY29zcGFyazovL3VzL1BFT1BMRS83MTZlOWQxYy1jYTQ0LTRmZWQtOGZjYS05ZGY0YjRmNDE3ZjU");
    CHECK_FALSE(page->items[0].location.empty());
    CHECK(page->items[0].type == "roomdesk");
    CHECK(page->items[0].connected == true);
}

TEST_CASE("a device is connected, not connected, or that is not known") {
    const auto page = codec::decode_devices(
        R"({"items":[{"id":"1","connectionStatus":"connected_with_issues"},{"id":"2","connectionStatus":"disconnected"},
            {"id":"3","connectionStatus":"offline_expired"},{"id":"4","connectionStatus":"unknown"},{"id":"5"},{},7]})",
        "");
    REQUIRE(page.ok());
    REQUIRE(page->items.size() == 5);
    CHECK(page->items[0].connected == true);
    CHECK(page->items[1].connected == false);
    CHECK(page->items[2].connected == false);
    CHECK_FALSE(page->items[3].connected.has_value());
    CHECK_FALSE(page->items[4].connected.has_value());
}

TEST_CASE("workspaces are read, and only hotdeskingStatus on is a hot desk") {
    const auto page = codec::decode_workspaces(fixture("workspaces.json"), "");
    REQUIRE(page.ok());
    CHECK(page->next_url.empty());
    REQUIRE(page->items.size() == 1);
    CHECK(page->items[0].display_name == "SFO-12 Capanina");
    CHECK(page->items[0].location == LocationId("Y2lzY29z..."));
    CHECK(page->items[0].hot_desking);
    CHECK(page->items[0].calendar_type == "microsoft");
    const auto off = codec::decode_workspaces(R"({"items":[{"id":"1","hotdeskingStatus":"off"},{"id":"2"}]})", "");
    REQUIRE(off.ok());
    CHECK_FALSE(off->items.at(0).hot_desking);
    CHECK_FALSE(off->items.at(1).hot_desking);
}

TEST_CASE("a page without items is corrupt") {
    refuses_what_it_should([](std::string body) { return codec::decode_devices(std::move(body), ""); },
                           fixture("devices.json"));
    refuses_what_it_should([](std::string body) { return codec::decode_workspaces(std::move(body), ""); },
                           fixture("workspaces.json"));
}

TEST_CASE("sessions say who is signed in to which workspace") {
    CHECK(codec::sessions_url("https://webexapis.com/v1/", WorkspaceId("w=")) ==
          "https://webexapis.com/v1/hotdesk/sessions?workspaceId=w%3D");
    const auto sessions = codec::decode_sessions(fixture("hotdesk_sessions.json"));
    REQUIRE(sessions.ok());
    CHECK(*sessions == std::vector<HotdeskSession>{{WorkspaceId("YL34EmB..."), PersonId("YL34EmA...")}});
    CHECK(codec::decode_sessions(R"({"items":[]})")->empty());
    refuses_what_it_should([](std::string body) { return codec::decode_sessions(std::move(body)); },
                           fixture("hotdesk_sessions.json"));
}

TEST_CASE("a session that does not say who or where is not taken for nobody") {
    for (const char* items : {R"([{"sessionId":"s","workspaceId":"w"}])", R"([{"sessionId":"s","personId":"p"}])",
                              R"([{"workspaceId":"w","personId":"p"},{}])", "[null]", "{}", "null"}) {
        INFO(items);
        CHECK_FALSE(codec::decode_sessions(std::string(R"({"items":)") + items + "}").ok());
    }
}

TEST_CASE("a person has an id and perhaps addresses and a name") {
    CHECK(codec::person_url("https://webexapis.com/v1", PersonId("a/b")) == "https://webexapis.com/v1/people/a%2Fb");
    const auto person = codec::decode_person(fixture("person.json"));
    REQUIRE(person.ok());
    CHECK(person->id == PersonId("YL34EmA..."));
    CHECK(person->emails == std::vector<std::string>{"john.andersen@example.com"});
    CHECK(person->display_name == "John Andersen");
    const auto bare = codec::decode_person(R"({"id":"p","emails":["a@example.com",7],"displayName":null})");
    REQUIRE(bare.ok());
    CHECK(bare->emails == std::vector<std::string>{"a@example.com"});
    CHECK(bare->display_name.empty());
    CHECK_FALSE(codec::decode_person(R"({"emails":["a@example.com"]})").ok());
    refuses_what_it_should([](std::string body) { return codec::decode_person(std::move(body)); },
                           fixture("person.json"));
}
