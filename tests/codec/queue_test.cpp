#include "codec/queue.hpp"

#include "fixture.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace hotdesk;
using namespace hotdesk::test;
using codec::decode_queue;

namespace {

MessageBatch decode(std::string body) {
    auto result = decode_queue(std::move(body), kApp, kOrg);
    REQUIRE(result.ok());
    return std::move(result).value();
}

WallTime at(const char* text) { return parse_time(text).value(); }

/// A message with the sample's envelope; `rest` are its further members.
std::string message(const std::string& type, const std::string& rest) {
    return R"({"appId":"ac6b6972-538e-11ec-bf63-0242ac130002","deviceId":"Y2lzY29[...]MjZiYzZm",)"
           R"("workspaceId":"Y2lzY29zcGF[...]NjM=","orgId":"Y2lzY29[...]YzVj","timestamp":"2026-03-02T09:00:00Z",)"
           R"("type":")" +
           type + "\"," + rest + "}";
}
std::string batch(const std::vector<std::string>& messages) {
    std::string list;
    for (const std::string& each : messages) list += (list.empty() ? "" : ",") + each;
    return R"({"messages":[)" + list + "]}";
}
std::string event(const std::string& key, const std::string& value) {
    return message(
        "events", R"("events":[{"key":")" + key + R"(","value":)" + value + R"(,"timestamp":"2026-03-02T08:59:58Z"}])");
}
std::string status(const std::string& updated) {
    return message("status", R"("changes":{"updated":)" + updated + R"(},"isFullSync":false)");
}
const std::string kGood = event("Bookings.Start", R"({"Id":"1"})");

template <class Body>
Body only_event(const MessageBatch& decoded) {
    REQUIRE(decoded.messages.size() == 1);
    const auto& events = std::get<EventsMessage>(decoded.messages[0].body).events;
    REQUIRE(events.size() == 1);
    return std::get<Body>(events[0].body);
}

}  // namespace

TEST_CASE("the guide's status sample is a status of its desk with nothing that hotdeskd reads") {
    const auto decoded = decode(fixture("queue_status.json"));
    REQUIRE(decoded.messages.size() == 1);
    CHECK(decoded.skipped == 0);
    CHECK(decoded.messages[0].device == kDevice);
    CHECK(decoded.messages[0].workspace == kWorkspace);
    CHECK(decoded.messages[0].timestamp == at("1970-01-01T00:00:10Z"));
    CHECK(std::get<StatusMessage>(decoded.messages[0].body) == StatusMessage{});
    CHECK(decoded.notes == std::vector<std::string>{"status not used: Standby.State",
                                                    "status not used: RoomAnalytics.PeopleCount.Current"});
}

TEST_CASE("an empty queue is an empty batch") {
    const auto decoded = decode(fixture("queue_empty.json"));
    CHECK(decoded.messages.empty());
    CHECK(decoded.skipped == 0);
    CHECK(decoded.notes.empty());
}

TEST_CASE("a health check needs neither device nor organization") {
    const auto decoded = decode(fixture("queue_health_check.json"));
    REQUIRE(decoded.messages.size() == 1);
    CHECK(std::holds_alternative<HealthCheckMessage>(decoded.messages[0].body));
    CHECK(decoded.messages[0].device.empty());
}

TEST_CASE("an action is handed on as it is, with its token kept secret") {
    const auto decoded = decode(fixture("queue_action.json"));
    REQUIRE(decoded.messages.size() == 1);
    CHECK(std::get<ActionMessage>(decoded.messages[0].body).jwt.reveal() == "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl");
}

TEST_CASE("statuses are read in both spellings, and removed ones are mentioned as gone") {
    const auto decoded = decode(fixture("queue_spellings.json"));
    REQUIRE(decoded.messages.size() == 2);
    CHECK(decoded.skipped == 0);
    const auto& strings = std::get<StatusMessage>(decoded.messages[0].body);
    CHECK(strings.full_sync);
    CHECK(strings.report.personalized == Mention<bool>(true));
    CHECK(strings.report.active_calls == Mention<int>(2));
    CHECK(strings.report.presence == Mention<Presence>(Presence::Yes));
    const auto& types = std::get<StatusMessage>(decoded.messages[1].body);
    CHECK_FALSE(types.full_sync);
    CHECK(types.report.personalized == Mention<bool>(false));
    CHECK(types.report.active_calls == Mention<int>(0));
    REQUIRE(types.report.presence.has_value());
    CHECK_FALSE(types.report.presence->has_value());
}

TEST_CASE("a status that is not mentioned stays unmentioned, and updated wins over removed") {
    const auto decoded = decode(batch({message(
        "status",
        R"("changes":{"updated":{"SystemUnit.State.NumberOfActiveCalls":1},"removed":["SystemUnit.State.NumberOfActiveCalls"]})")}));
    const auto& report = std::get<StatusMessage>(decoded.messages.at(0).body).report;
    CHECK(report.active_calls == Mention<int>(1));
    CHECK_FALSE(report.personalized.has_value());
    CHECK_FALSE(report.presence.has_value());
}

TEST_CASE("a known status with a value it cannot have is counted and costs only itself") {
    for (const char* value : {R"("maybe")", "7", "null", "{}"}) {
        INFO(value);
        const auto decoded =
            decode(batch({status(R"({"Webex.DevicePersonalization.Personalized":)" + std::string(value) +
                                 R"(,"SystemUnit.State.NumberOfActiveCalls":"3"})")}));
        CHECK(decoded.skipped == 1);
        const auto& report = std::get<StatusMessage>(decoded.messages.at(0).body).report;
        CHECK_FALSE(report.personalized.has_value());
        CHECK(report.active_calls == Mention<int>(3));
    }
    CHECK(decode(batch({status(R"({"SystemUnit.State.NumberOfActiveCalls":-1})")})).skipped == 1);
    CHECK(decode(batch({status(R"({"SystemUnit.State.NumberOfActiveCalls":4294967296})")})).skipped == 1);
    CHECK(decode(batch({status(R"({"RoomAnalytics.PeoplePresence":"True"})")})).skipped == 1);
}

TEST_CASE("every event of the schema is read with its fields") {
    const auto decoded = decode(fixture("queue_events.json"));
    CHECK(decoded.skipped == 0);
    CHECK(decoded.notes.empty());
    REQUIRE(decoded.messages.size() == 1);
    const auto& events = std::get<EventsMessage>(decoded.messages[0].body).events;
    const MeetingId meeting("6f0e9a0e-5b1a-4f0e-9d1c-2f4a8b7c6d5e");
    const RequestUuid uuid(meeting.value);
    const BookingRef ref{BookingId("7"), meeting};
    const auto nine = at("2026-03-02T09:00:00Z"), ten = at("2026-03-02T10:00:00Z");
    using std::chrono::minutes;
    const Booking booking{ref,           nine, ten, "ola@example.com", "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYzdmMDQ2YQ",
                          "Ola Nordmann"};
    const std::vector<EventBody> expected{
        BookingRequested{uuid, nine, minutes{60}},
        BookingCreated{booking, uuid},
        BookingFailed{uuid, "Decline"},
        BookingMoved{ref, at("2026-03-02T09:30:00Z"), minutes{30}},
        EditRequested{meeting},
        EditFailed{meeting, "Timeout"},
        ExtensionRequested{ref, meeting, at("2026-03-02T10:15:00Z"), minutes{15}},
        ExtensionFailed{meeting, "HttpError"},
        BookingStarted{ref},
        BookingEnded{ref, nine, ten},
        BookingDeleted{ref, "HotdeskSignout"},
        CheckedIn{ref},
        BookingsChanged{true},
        BookingsChanged{false},
        Booted{"Restart"},
    };
    REQUIRE(events.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        INFO(i);
        CHECK(events[i].body == expected[i]);
        CHECK(events[i].at == at("2026-03-02T08:59:58Z"));
    }
    CHECK(events.size() == std::variant_size_v<EventBody> + 1);  // SyncRequired and Updated are one alternative
}

TEST_CASE("an event without what it needs is counted and costs only itself") {
    const std::pair<const char*, const char*> broken[] = {
        {"Bookings.BookingRequested", R"({"StartTime":"2026-03-02T09:00:00Z"})"},
        {"Bookings.BookingCreated", R"({"Id":"1","MeetingId":"m","StartTime":"2026-03-02T09:00:00Z","Duration":-1})"},
        {"Bookings.BookingCreated", R"({"Id":"1","MeetingId":"m","StartTime":"yesterday","Duration":30})"},
        {"Bookings.BookingCreated", R"({"StartTime":"2026-03-02T09:00:00Z","Duration":30})"},
        {"Bookings.BookingFailed", R"({"FailureCause":"Decline"})"},
        {"Bookings.BookingMoved", R"({"Id":"1","StartTime":"2026-03-02T09:00:00Z","Duration":"99999999999"})"},
        {"Bookings.EditRequested", R"({})"},
        {"Bookings.EditFailed", R"({"FailureCause":"Timeout"})"},
        {"Bookings.ExtensionRequested", R"({"Id":"1","Duration":15})"},
        {"Bookings.Start", R"({})"},
        {"Bookings.Start", R"({"Id":""})"},
        {"Bookings.Start", R"({"Id":"a\u0000b"})"},
        {"Bookings.Start", "null"},
        {"Bookings.End", R"({"Id":"1","StartTime":"2026-03-02T09:00:00Z","EndTime":"soon"})"},
        {"Bookings.End", R"({"Id":"1","StartTime":"2026-03-02T09:00:00Z","EndTime":"2026-03-02T08:00:00Z"})"},
        {"Bookings.Deleted", R"({"Cause":"NoShow"})"},
        {"Bookings.CheckedIn", R"([])"},
    };
    for (const auto& [key, value] : broken) {
        INFO(key << " " << value);
        const auto decoded = decode(batch({event(key, value), kGood}));
        CHECK(decoded.skipped == 1);
        REQUIRE(decoded.messages.size() == 2);
        CHECK(std::get<EventsMessage>(decoded.messages[0].body).events.empty());
        CHECK(std::get<EventsMessage>(decoded.messages[1].body).events.size() == 1);
        CHECK(decoded.notes.at(0).find(key) != std::string::npos);
    }
}

TEST_CASE("fields that only add to an event may be missing") {
    CHECK(only_event<BookingRequested>(decode(batch({event("Bookings.BookingRequested",
                                                           R"({"StartTime":"2026-03-02T09:00:00Z","Duration":30})")})))
              .uuid.empty());
    CHECK(only_event<BookingDeleted>(decode(batch({event("Bookings.Deleted", R"({"Id":"1"})")}))).cause.empty());
    CHECK(only_event<Booted>(decode(batch({message("events", R"("events":[{"key":"BootEvent"}])")}))).action.empty());
    const auto number = only_event<BookingStarted>(decode(batch({event("Bookings.Start", R"({"Id":12})")})));
    CHECK(number.ref == BookingRef{BookingId("12"), MeetingId()});
}

TEST_CASE("an end without times ended when it was told") {
    const auto told = at("2026-03-02T08:59:58Z");
    const auto ended = only_event<BookingEnded>(decode(batch({event("Bookings.End", R"({"Id":"1"})")})));
    CHECK(ended == BookingEnded{{BookingId("1"), MeetingId()}, told, told});
}

TEST_CASE("an event without a timestamp has that of its message, and a meaningless one is no event") {
    const auto body = [](const char* timestamp) {
        return batch({message("events", R"("events":[{"key":"Bookings.Updated")" + std::string(timestamp) + "}]")});
    };
    const auto decoded = decode(body(""));
    CHECK(std::get<EventsMessage>(decoded.messages.at(0).body).events.at(0).at == at("2026-03-02T09:00:00Z"));
    const auto meaningless = decode(body(R"(,"timestamp":"noon")"));
    CHECK(meaningless.skipped == 1);
    CHECK(std::get<EventsMessage>(meaningless.messages.at(0).body).events.empty());
}

TEST_CASE("unknown events, statuses and fields are passed over without being counted") {
    const auto decoded = decode(batch({event("Bookings.TimeRemaining", R"({"Id":"1","Seconds":300})"),
                                       status(R"({"Standby.State":"Off","Future":{"a":[1]}})"),
                                       message("events", R"("new":[{}],"events":[])")}));
    CHECK(decoded.skipped == 0);
    CHECK(decoded.messages.size() == 3);
    CHECK(decoded.notes == std::vector<std::string>{"event not used: Bookings.TimeRemaining",
                                                    "status not used: Standby.State", "status not used: Future"});
}

TEST_CASE("one bad element in a batch costs only itself") {
    const std::string bad[] = {
        "null",
        "7",
        R"("text")",
        "[]",
        "{}",
        R"({"type":7})",
        message("surprise", R"("a":1)"),
        message("status", R"("changes":[])"),
        message("status", R"("isFullSync":true)"),
        message("events", R"("events":{})"),
        R"({"type":"action"})",
        replaced(kGood, "ac6b6972", "bc6b6972"),
        replaced(kGood, "YzVj", "YzVk"),
        replaced(kGood, R"("appId":"ac6b6972-538e-11ec-bf63-0242ac130002",)", ""),
        replaced(kGood, R"("orgId":"Y2lzY29[...]YzVj",)", ""),
        replaced(kGood, R"("deviceId":"Y2lzY29[...]MjZiYzZm",)", ""),
        replaced(kGood, R"("workspaceId":"Y2lzY29zcGF[...]NjM=",)", ""),
        replaced(kGood, R"("timestamp":"2026-03-02T09:00:00Z",)", ""),
        replaced(kGood, "2026-03-02T09:00:00Z", "2026-13-02T09:00:00Z"),
        R"({"type":"healthCheck","appId":"another"})",
        R"({"type":"action","jwt":"a.b.c","orgId":"another"})",
    };
    for (const std::string& element : bad) {
        INFO(element);
        const auto decoded = decode(batch({kGood, element, kGood}));
        CHECK(decoded.skipped == 1);
        CHECK(decoded.messages.size() == 2);
        CHECK(decoded.notes.size() == 1);
    }
}

TEST_CASE("bytes that are not UTF-8 spoil only what they stand in") {
    const std::string title = replaced(event("Bookings.Start", R"({"Id":"1","Title":"K?"})"), "K?", "K\xc3");
    const std::string id = replaced(kGood, "Y2lzY29[...]MjZiYzZm", "Y2lz\xff");
    const auto decoded = decode(batch({title, id, kGood}));
    CHECK(decoded.messages.size() == 2);
    CHECK(decoded.skipped == 1);
    CHECK(decoded.notes == std::vector<std::string>{"bytes that are not UTF-8", "a message without a deviceId"});
}

TEST_CASE("notes hold no contents but keys, on one line each, and are bounded") {
    std::vector<std::string> elements;
    for (int i = 0; i < 100; ++i)
        elements.push_back(message("type\\n" + std::to_string(i) + std::string(500, 'x'), R"("a":1)"));
    for (int i = 0; i < 100; ++i) elements.push_back(event("Unknown" + std::to_string(i), "{}"));
    const auto decoded = decode(batch(elements));
    CHECK(decoded.skipped == 100);
    CHECK(decoded.notes.size() == codec::kMaxNotes);
    for (const std::string& note : decoded.notes) {
        CHECK(note.size() < 120);
        CHECK(note.find('\n') == std::string::npos);
    }
    CHECK(decoded.notes.at(codec::kMaxSkipNotes).rfind("event not used", 0) == 0);
}

TEST_CASE("a body that is no batch is corrupt") {
    for (const char* body : {"", "{}", "[]", "null", R"({"messages":{}})", R"({"messages":null})", "<html></html>"}) {
        INFO(body);
        const auto result = decode_queue(body, kApp, kOrg);
        REQUIRE_FALSE(result.ok());
        CHECK(result.error().kind == ErrorKind::Corrupt);
    }
    std::string bomb = R"({"messages":[)" + std::string(100'000, '[') + std::string(100'000, ']') + "]}";
    const auto result = decode_queue(std::move(bomb), kApp, kOrg);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().message == "nested too deep");
}

TEST_CASE("a batch cut anywhere is corrupt and nothing worse") {
    for (const char* name : {"queue_events.json", "queue_spellings.json", "queue_status.json", "queue_action.json"}) {
        const std::string whole = fixture(name);
        const std::size_t end = whole.rfind('}');
        for (std::size_t size = 0; size <= end; ++size) {
            INFO(name << " " << size);
            CHECK_FALSE(decode_queue(whole.substr(0, size), kApp, kOrg).ok());
        }
    }
}

TEST_CASE("a batch with any one byte changed is read or refused and nothing worse") {
    const std::string whole = fixture("queue_events.json");
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (const char byte : {'\0', '"', '{', ']', '9', '\xff'}) {
            std::string changed = whole;
            changed[i] = byte;
            const auto result = decode_queue(std::move(changed), kApp, kOrg);
            if (!result) CHECK(result.error().kind == ErrorKind::Corrupt);
        }
    }
}
