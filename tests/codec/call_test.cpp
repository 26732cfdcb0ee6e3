#include "codec/call.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

const std::string kBase = "https://webexapis.com/v1";
const std::string kClient = "C1";
const Secret kClientSecret(std::string("client-secret-1"));
const Secret kAccess(std::string("access-token-1"));
const codec::Wire kWire{kApp, kOrg, kBase, kClient, kClientSecret, kAccess};

const call::Refresh kRefresh{"https://webexapis.com/v1/access_token", Secret(std::string("refresh-token-1"))};
const call::Poll kPoll{"https://xapi-a.wbx2.com/queue"};
const call::ReadApp kReadApp{"https://xapi-a.wbx2.com/app"};
const call::PatchApp kPatchApp{"https://xapi-a.wbx2.com/app", call::PatchApp::Change::Completed, "id", "name", "", ""};
const call::ReadKeys kReadKeys{"https://xapi-a.wbx2.com/jwks"};
const call::ListDevices kListDevices{"https://webexapis.com/v1/devices?max=100"};
const call::ListWorkspaces kListWorkspaces{"https://webexapis.com/v1/workspaces?max=100"};
const call::AskStatus kAskStatus{DeviceId("d")};
const call::AskBookings kAskBookings{DeviceId("d")};
const call::AskSessions kAskSessions{DeviceId("d"), WorkspaceId("w=/+")};
const call::AskPerson kAskPerson{DeviceId("d"), PersonId("p=/+")};
const call::Send kSend{7, DeviceId("d"), {"Bookings.Delete", {{"MeetingId", std::string("m")}}}};
const std::vector<Call> kAll{kRefresh,        kPoll,      kReadApp,     kPatchApp,    kReadKeys,  kListDevices,
                             kListWorkspaces, kAskStatus, kAskBookings, kAskSessions, kAskPerson, kSend};

HttpReply reply(int status, std::string body = {}) {
    HttpReply made;
    made.status = status;
    made.body = std::move(body);
    return made;
}

Error failure(const Call& call, HttpReply&& answer) {
    auto result = codec::decode(call, std::move(answer), kWire);
    REQUIRE_FALSE(result.ok());
    return result.error();
}

template <class T>
T success(const Call& call, std::string body, int status = 200) {
    auto result = codec::decode(call, reply(status, std::move(body)), kWire);
    INFO((result ? "" : result.error().message));
    REQUIRE(result.ok());
    REQUIRE(std::holds_alternative<T>(*result));
    return std::get<T>(std::move(*result));
}

}  // namespace

TEST_CASE("each call is the request that its source describes") {
    struct Row {
        Call call;
        const char *method, *url, *body;
        const char* bearer;
        Millis timeout;
    };
    const Row rows[] = {
        {kRefresh, "POST", "https://webexapis.com/v1/access_token",
         R"({"grant_type":"refresh_token","client_id":"C1","client_secret":"client-secret-1","refresh_token":"refresh-token-1"})",
         "", codec::kCallTimeout},
        {kPoll, "GET", "https://xapi-a.wbx2.com/queue", "", "access-token-1", codec::kPollTimeout},
        {kReadApp, "GET", "https://xapi-a.wbx2.com/app", "", "access-token-1", codec::kCallTimeout},
        {kPatchApp, "PATCH", "https://xapi-a.wbx2.com/app",
         R"({"provisioningState":"completed","queue":{"state":"enabled"},"customer":{"id":"id","name":"name"}})",
         "access-token-1", codec::kCallTimeout},
        {kReadKeys, "GET", "https://xapi-a.wbx2.com/jwks", "", "", codec::kCallTimeout},
        {kListDevices, "GET", "https://webexapis.com/v1/devices?max=100", "", "access-token-1", codec::kCallTimeout},
        {kListWorkspaces, "GET", "https://webexapis.com/v1/workspaces?max=100", "", "access-token-1",
         codec::kCallTimeout},
        {kAskStatus, "GET",
         "https://webexapis.com/v1/xapi/status?deviceId=d&name=Webex.DevicePersonalization.Personalized"
         "&name=SystemUnit.State.NumberOfActiveCalls",
         "", "access-token-1", codec::kCallTimeout},
        {kAskBookings, "POST", "https://webexapis.com/v1/xapi/command/Bookings.List",
         R"({"deviceId":"d","arguments":{}})", "access-token-1", codec::kCallTimeout},
        {kAskSessions, "GET", "https://webexapis.com/v1/hotdesk/sessions?workspaceId=w%3D%2F%2B", "", "access-token-1",
         codec::kCallTimeout},
        {kAskPerson, "GET", "https://webexapis.com/v1/people/p%3D%2F%2B", "", "access-token-1", codec::kCallTimeout},
        {kSend, "POST", "https://webexapis.com/v1/xapi/command/Bookings.Delete",
         R"({"deviceId":"d","arguments":{"MeetingId":"m"}})", "access-token-1", codec::kCallTimeout},
    };
    CHECK(std::size(rows) == std::variant_size_v<Call>);
    for (const Row& row : rows) {
        const HttpRequest request = codec::encode(row.call, kWire);
        CHECK(request.method == row.method);
        CHECK(request.url == row.url);
        CHECK(request.body == row.body);
        CHECK(request.bearer.reveal() == row.bearer);
        CHECK(request.timeout == row.timeout);
        const bool asks = std::string_view(row.method) == "GET" || std::holds_alternative<call::AskBookings>(row.call);
        CHECK(request.once == (!asks || std::holds_alternative<call::Poll>(row.call)));
    }
}

TEST_CASE("each answer is the reply that belongs to its call") {
    CHECK(success<TokenGrant>(kRefresh, fixture("token_grant.json")).expires_in.count() == 7199);
    CHECK(success<MessageBatch>(kPoll, fixture("queue_events.json")).messages.size() == 1);
    CHECK(success<AppDetails>(kReadApp, fixture("app_details.json")).provisioning_state == "completed");
    CHECK(success<AppDetails>(kPatchApp, fixture("app_details.json")).scopes.size() == 2);
    CHECK(success<std::vector<Jwk>>(kReadKeys, fixture("jwks.json")).size() == 3);
    CHECK(success<Page<DeviceInfo>>(kListDevices, fixture("devices.json")).items.size() == 1);
    CHECK(success<Page<WorkspaceInfo>>(kListWorkspaces, fixture("workspaces.json")).items.size() == 1);
    CHECK(success<StatusReport>(kAskStatus, fixture("xapi_status.json")).personalized == Mention<bool>(true));
    CHECK(success<BookingList>(kAskBookings, fixture("bookings_list.json")).bookings.size() == 2);
    CHECK(success<std::vector<HotdeskSession>>(kAskSessions, fixture("hotdesk_sessions.json")).size() == 1);
    CHECK(success<Person>(kAskPerson, fixture("person.json")).emails.size() == 1);
    success<CommandDone>(kSend, R"({"deviceId":"d","arguments":{},"result":null})", 202);
}

TEST_CASE("the next page and the tracking id are taken from the headers") {
    HttpReply page = reply(200, fixture("devices.json"));
    page.link_next = "https://webexapis.com/v1/devices?start=1";
    auto decoded = codec::decode(kListDevices, std::move(page), kWire);
    REQUIRE(decoded.ok());
    CHECK(std::get<Page<DeviceInfo>>(*decoded).next_url == "https://webexapis.com/v1/devices?start=1");

    HttpReply done = reply(200, "{}");
    done.tracking_id = "T1";
    auto sent = codec::decode(kSend, std::move(done), kWire);
    REQUIRE(sent.ok());
    CHECK(std::get<CommandDone>(*sent).tracking_id == "T1");
}

TEST_CASE("an answer without a body is a done command and an empty batch, and else corrupt") {
    success<CommandDone>(kSend, "", 204);
    CHECK(success<MessageBatch>(kPoll, "", 204).messages.empty());
    for (const Call& call : kAll) {
        if (std::holds_alternative<call::Send>(call) || std::holds_alternative<call::Poll>(call)) continue;
        CHECK(failure(call, reply(204)).kind == ErrorKind::Corrupt);
    }
}

TEST_CASE("an HTTP status asks for the reaction of its class") {
    using K = ErrorKind;
    struct Row {
        int status;
        K desk, app, token;
    };
    const Row rows[] = {
        {301, K::Transient, K::Transient, K::Transient}, {302, K::Transient, K::Transient, K::Transient},
        {400, K::Rejected, K::Rejected, K::Rejected},    {401, K::AuthExpired, K::AuthExpired, K::Rejected},
        {403, K::Rejected, K::Rejected, K::Rejected},    {404, K::Transient, K::Gone, K::Transient},
        {405, K::Rejected, K::Rejected, K::Rejected},    {408, K::Transient, K::Transient, K::Transient},
        {409, K::Rejected, K::Rejected, K::Rejected},    {410, K::Gone, K::Gone, K::Gone},
        {415, K::Rejected, K::Rejected, K::Rejected},    {423, K::RateLimited, K::RateLimited, K::RateLimited},
        {428, K::Rejected, K::Rejected, K::Rejected},    {429, K::RateLimited, K::RateLimited, K::RateLimited},
        {500, K::Transient, K::Transient, K::Transient}, {502, K::Transient, K::Transient, K::Transient},
        {503, K::Transient, K::Transient, K::Transient}, {504, K::Transient, K::Transient, K::Transient},
        {0, K::Corrupt, K::Corrupt, K::Corrupt},         {101, K::Corrupt, K::Corrupt, K::Corrupt},
        {600, K::Corrupt, K::Corrupt, K::Corrupt},
    };
    for (const Row& row : rows) {
        for (const Call& call : kAll) {
            INFO(row.status << " " << codec::describe(call));
            const bool of_app =
                std::holds_alternative<call::ReadApp>(call) || std::holds_alternative<call::PatchApp>(call);
            const bool of_token = std::holds_alternative<call::Refresh>(call);
            const Error error = failure(call, reply(row.status, fixture("command_error.json")));
            CHECK(error.kind == (of_token ? row.token : of_app ? row.app : row.desk));
            CHECK(error.http_status == row.status);
        }
    }
}

TEST_CASE("Retry-After comes with whatever is refused") {
    for (const int status : {401, 423, 429, 503}) {
        INFO(status);
        HttpReply later = reply(status);
        later.retry_after = std::chrono::seconds{17};
        const Error error = failure(kSend, std::move(later));
        CHECK(error.retry_after == std::chrono::seconds{17});
        CHECK_FALSE(failure(kSend, reply(status)).retry_after.has_value());
    }
}

TEST_CASE("an error says what was asked for, the status and the cloud's words") {
    const Error error = failure(kSend, reply(404, fixture("command_error.json")));
    CHECK(error.message == "Bookings.Delete: HTTP 404: The requested resource could not be found.");
    CHECK(error.tracking_id == "ROUTER_5FA1B2C3-0102-03E8-0003");
    CHECK(failure(kPoll, reply(500, R"({"errors":[{"description":"down"}]})")).message ==
          "the queue poll: HTTP 500: down");
    CHECK(failure(kRefresh, reply(400, R"({"error":"invalid_grant"})")).message ==
          "the token refresh: HTTP 400: invalid_grant (check client_id and client secret; the refresh token may be "
          "revoked)");
    CHECK(failure(kAskStatus, reply(502, "<html>Bad gateway</html>")).message ==
          "asking a desk for its status: HTTP 502");
    HttpReply both = reply(404, fixture("command_error.json"));
    both.tracking_id = "HEADER";
    const Error tracked = failure(kSend, std::move(both));
    CHECK(tracked.tracking_id == "HEADER");
}

TEST_CASE("the cloud's words are one line of at most 200 bytes and hold no secret") {
    const Error longer = failure(kSend, reply(400, R"({"message":"a\nb )" + std::string(1000, 'x') + "\"}"));
    CHECK(longer.message.size() == std::string("Bookings.Delete: HTTP 400: ").size() + 200);
    CHECK(longer.message.find('\n') == std::string::npos);
    const Error accented = failure(kSend, reply(400, R"({"message":")" + std::string(199, 'x') + "\xc3\xb8\"}"));
    CHECK(accented.message.back() == 'x');

    const Error echo = failure(
        kRefresh,
        reply(400, R"({"message":"no refresh-token-1 for client-secret-1, nor access-token-1, refresh-token-1"})"));
    CHECK(echo.message.find("*** for ***, nor ***, ***") != std::string::npos);
}

TEST_CASE("a token in the query of a URL that Webex gave is not repeated from its answer") {
    const call::Poll poll{"https://xapi-a.wbx2.com/queue?token=of-the-queue"};
    const Error error = failure(poll, reply(404, R"({"message":"nothing at /queue?token=of-the-queue for you"})"));
    CHECK(error.message.find("nothing at /queue*** for you") != std::string::npos);
    CHECK(error.message.find("of-the-queue") == std::string::npos);
}

TEST_CASE("an appUrl is gone when Webex says so, and not when something in between does") {
    const Call app = call::ReadApp{"https://xapi-a.wbx2.com/app"};
    for (const char* const body : {"", R"({"message":"Not found","trackingId":"T_1"})"})
        CHECK(failure(app, reply(404, body)).kind == ErrorKind::Gone);
    for (const char* const body : {"<html>404</html>", "default backend - 404", "404 page not found\n"}) {
        CHECK(failure(app, reply(404, body)).kind == ErrorKind::Transient);
        CHECK(failure(app, reply(410, body)).message.find("is there a proxy or a ") != std::string::npos);
    }
}

TEST_CASE("an HTML page with status 200 is corrupt and the message says so") {
    for (const Call& call : kAll) {
        const Error error =
            failure(call, reply(200, "\r\n <!DOCTYPE html><html><body>Sign in to the guest network</body></html>"));
        CHECK(error.kind == ErrorKind::Corrupt);
        CHECK(error.message.find("HTTP 200, an HTML page in place of JSON") != std::string::npos);
        CHECK(error.message.find("guest") == std::string::npos);
        CHECK(error.http_status == 200);
    }
}

TEST_CASE("a body that is not what was asked for is corrupt, with the tracking id") {
    for (const Call& call : kAll) {
        for (const char* body : {"[", "null", "[1]", "\"\xff\"", "garbage"}) {
            INFO(codec::describe(call) << " " << body);
            HttpReply answer = reply(200, body);
            answer.tracking_id = "T1";
            const Error error = failure(call, std::move(answer));
            CHECK(error.kind == ErrorKind::Corrupt);
            CHECK(error.tracking_id == "T1");
            CHECK(error.message.rfind(codec::describe(call) + ": HTTP 200, ", 0) == 0);
        }
    }
    CHECK(failure(kAskStatus, reply(200, R"({"deviceId":"d"})")).message ==
          "asking a desk for its status: HTTP 200, no result object");
    CHECK(failure(kAskBookings, reply(200, R"({"deviceId":"d"})")).kind == ErrorKind::Corrupt);
}
