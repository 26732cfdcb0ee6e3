// The control lines and the activation codes.

#include "lab.hpp"
#include "sandbox/words.hpp"

using namespace hotdesk;
using namespace hotdesk::sandbox;
using namespace std::chrono_literals;

TEST_CASE("spans of time may be put together and nothing else is one") {
    CHECK(parse_span("59m55s") == std::optional<Millis>(59min + 55s));
    CHECK(parse_span("250ms") == std::optional<Millis>(250ms));
    for (const char* wrong : {"", "5", "m", "-5m", "5m ", "5x", "99999999999999999999s"}) {
        INFO(wrong);
        CHECK_FALSE(parse_span(wrong).has_value());
    }
}

TEST_CASE("moments are relative, times of the day, or RFC 3339") {
    const WallTime now = *parse_time("2026-03-02T09:00:00Z");
    CHECK(parse_moment("-59m55s", now) == std::optional<WallTime>(now - 59min - 55s));
    CHECK(parse_moment("13:30", now) == parse_time("2026-03-02T13:30:00Z"));
    CHECK(parse_moment("2026-03-02T13:30:00+01:00", now) == parse_time("2026-03-02T12:30:00Z"));
    CHECK_FALSE(parse_moment("tomorrow", now).has_value());
}

TEST_CASE("quotes keep words together") {
    CHECK(words_of(R"(book  x title="a b" "" c)") == std::vector<std::string>{"book", "x", "title=a b", "", "c"});
}

TEST_CASE("every answer is one line, also to nonsense") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com title=\"line\"");
    for (const char* line : {"",
                             "# a comment",
                             "help",
                             "world",
                             "desks",
                             "requests",
                             "pushed",
                             "violations",
                             "secrets",
                             "desk-1 show",
                             "desk-1",
                             "desk-9 show",
                             "nonsense",
                             "desk-1 nonsense",
                             "desk-1 book",
                             "desk-1 book a b c=d",
                             "fault",
                             "fault poll",
                             "fault moon 503",
                             "fault poll purple",
                             "fault poll 503 x=1",
                             "code --fault purple",
                             "code --x",
                             "set",
                             "set moon on",
                             "backlog",
                             "backlog many",
                             "revoke",
                             "desk-1 set",
                             "desk-1 set stubborn maybe",
                             "desk-1 move start=purple",
                             "desk-1 extend",
                             "desk-1 delete no-such",
                             "desk-2 delete",
                             "desk-1 cancel"}) {
        const std::string answer = control(lab.world, line, lab.now);
        INFO(line << " -> " << answer);
        CHECK(answer.find('\n') == std::string::npos);
        CHECK((answer.rfind("ok", 0) == 0 || answer.rfind("error: ", 0) == 0 || parse_json(answer).has_value()));
    }
}

TEST_CASE("what cannot be done is refused and changes nothing") {
    Lab lab;
    lab.tell("desk-1 book alice@example.com");
    lab.tell("desk-1 sign-in alice@example.com");
    lab.forget_messages();
    CHECK(lab.refusal("desk-1 sign-in bob@example.com") == "error: alice@example.com is signed in");
    CHECK(lab.refusal("desk-1 book bob@example.com") ==
          "error: there is a booking at 09:00\xE2\x80\x93"
          "10:00");
    CHECK(lab.refusal("desk-1 book bob@example.com start=-3h") == "error: the booking would be over already");
    CHECK(lab.refusal("desk-1 hang-up") == "error: there is no call");
    CHECK(lab.said().empty());
}

TEST_CASE("the activation code has the claims of the guide's sample, in its order") {
    Lab lab({}, false);
    const std::string code = lab.tell("code");
    std::vector<std::string> names;
    const Json claims = Lab::claims_of(code);
    for (const auto& item : claims.items()) names.push_back(item.key());
    CHECK(names == std::vector<std::string>{"sub", "oauthUrl", "orgName", "appUrl", "userId", "manifestUrl", "appId",
                                            "expiryTime", "action", "webexapisBaseUrl", "scopes", "region", "iat",
                                            "jti", "refreshToken", "xapiAccess"});
    CHECK(Lab::claims_of(code)["xapiAccess"].is_string());
    CHECK(Lab::claims_of(code)["expiryTime"] == "2026-03-03T09:00:00.000114574Z");
    CHECK(Lab::header_of(code)["alg"] == "ES256");
    CHECK(Lab::header_of(code)["kid"] == lab.get("/jwks")["keys"][0]["kid"]);
}

TEST_CASE("a code can be had with every fault") {
    Lab lab({}, false);
    for (const std::string& fault : code_faults()) {
        INFO(fault);
        CHECK_FALSE(lab.tell("code --fault " + fault).empty());
    }
    CHECK(Lab::header_of(lab.tell("code --fault alg-none"))["alg"] == "none");
    CHECK(Lab::claims_of(lab.tell("code --app-id other --jti twice --region eu-central-1_k"))["jti"] == "twice");
    CHECK(Lab::claims_of(lab.tell("code --xapi-access object"))["xapiAccess"].is_object());
    CHECK_FALSE(Lab::claims_of(lab.tell("code --drop oauthUrl")).contains("oauthUrl"));
    CHECK(Lab::claims_of(lab.tell("code --set iat=5"))["iat"] == 5);
}

TEST_CASE("an action can be handed over as a code or through the queue") {
    Lab lab;
    CHECK(Lab::claims_of(lab.tell("code --action update"))["action"] == "update");
    lab.tell("push-action updateApproved");
    const auto messages = lab.messages();
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["type"] == "action");
    const Json claims = Lab::claims_of(string_of(messages[0], "jwt"));
    CHECK(claims["action"] == "updateApproved");
    CHECK(claims["xapiAccess"].is_object());
    CHECK_FALSE(claims.contains("refreshToken"));
}

TEST_CASE("what happens at a desk is told in words") {
    Lab lab;
    lab.tell("desk-1 sign-in alice@example.com");
    lab.command("UserInterface.Message.Alert.Display", {{"Title", "Hello"}, {"Text", "Goodbye"}, {"Duration", 10}});
    lab.command("Webex.Registration.Logout", Json::object());
    std::vector<std::string> told;
    for (const StoryLine& line : lab.world.take_story()) told.push_back(line.desk + " " + line.sentence);
    CHECK(told ==
          std::vector<std::string>{"desk-1 alice@example.com signed in without a booking",
                                   "desk-1 showed the message: Hello: Goodbye",
                                   "desk-1 hotdeskd sent Webex.Registration.Logout; alice@example.com was signed out"});
}

TEST_CASE("requests that were taken are not shown again, and what else was recorded stays") {
    Lab lab;
    lab.tell("desk-1 presence Yes");
    lab.command("Bookings.List", Json::object());
    const Json taken = *parse_json(control(lab.world, "take-requests", lab.now));
    CHECK(taken.back()["endpoint"] == "command");
    CHECK(control(lab.world, "requests", lab.now) == "[]");
    CHECK(control(lab.world, "pushed", lab.now) != "[]");
    lab.command("Bookings.List", Json::object());
    CHECK(parse_json(control(lab.world, "take-requests", lab.now))->size() == 1);
}
