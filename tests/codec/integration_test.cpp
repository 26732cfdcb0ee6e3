#include "codec/integration.hpp"
#include "codec/organization.hpp"

#include "fixture.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace hotdesk;
using namespace hotdesk::test;
using std::chrono::seconds;

TEST_CASE("the token request carries the client and the refresh token as JSON") {
    CHECK(codec::refresh_body("C1", Secret("s\"1"), Secret("r1")) ==
          R"({"grant_type":"refresh_token","client_id":"C1","client_secret":"s\"1","refresh_token":"r1"})");
}

TEST_CASE("the guide's token answer is a grant") {
    const auto grant = codec::decode_grant(fixture("token_grant.json"));
    REQUIRE(grant.ok());
    CHECK(grant->access_token.reveal() == "eyJhbGciOiJSUzI1NiJ9...");
    CHECK(grant->expires_in == seconds{7199});
    CHECK(grant->refresh_token.reveal() == "ZDI3MGEyYzQtNmFlNS00NDNhLWFlNzAtZGVjNjE0MGU1OGZmZWNmZDEwN2ItYTU3");
    CHECK(grant->refresh_expires_in == seconds{5090490});
}

TEST_CASE("a grant without a refresh token leaves the old one standing") {
    const auto grant = codec::decode_grant(R"({"access_token":"a","expires_in":"60","token_type":"bearer"})");
    REQUIRE(grant.ok());
    CHECK(grant->refresh_token.empty());
    CHECK_FALSE(grant->refresh_expires_in.has_value());
    CHECK(grant->expires_in == seconds{60});
}

TEST_CASE("an answer without a usable token is corrupt and its message holds no token") {
    for (const char* body :
         {"", "{}", "[]", R"({"access_token":"SECRET"})", R"({"access_token":"SECRET","expires_in":-1})",
          R"({"access_token":"","expires_in":60})", R"({"access_token":7,"expires_in":60})",
          R"({"access_token":"SECRET","expires_in":60,"token_type":"mac"})",
          R"({"access_token":"SECRET","expires_in":60)"}) {
        INFO(body);
        const auto grant = codec::decode_grant(body);
        REQUIRE_FALSE(grant.ok());
        CHECK(grant.error().kind == ErrorKind::Corrupt);
        CHECK(grant.error().message.find("SECRET") == std::string::npos);
    }
}

namespace {

using Change = call::PatchApp::Change;

}  // namespace

TEST_CASE("a completed activation asks for the queue and names the customer") {
    CHECK(
        codec::patch_body({"u", Change::Completed, "desk-host", "Desks", "", ""}) ==
        R"({"provisioningState":"completed","queue":{"state":"enabled"},"customer":{"id":"desk-host","name":"Desks"}})");
    CHECK(codec::patch_body({"u", Change::Completed, "desk-host", "", "", ""}) ==
          R"({"provisioningState":"completed","queue":{"state":"enabled"},"customer":{"id":"desk-host"}})");
    CHECK(
        codec::patch_body({"u", Change::Completed, "", "Desks", "https://example.com/actions", ""}) ==
        R"({"provisioningState":"completed","actionsUrl":"https://example.com/actions","queue":{"state":"enabled"}})");
}

TEST_CASE("a failed activation says so and nothing else") {
    CHECK(codec::patch_body({"u", Change::Failed, "desk-host", "Desks", "https://example.com/actions", ""}) ==
          R"({"provisioningState":"error"})");
}

TEST_CASE("removing the queue and asking for another manifest touch nothing else") {
    CHECK(codec::patch_body({"u", Change::RemoveQueue, "c", "n", "", ""}) == R"({"queue":{"state":"remove"}})");
    CHECK(codec::patch_body({"u", Change::RequestUpdate, "", "", "", R"({"id":"app"})"}) ==
          R"({"updateRequest":{"newManifest":{"id":"app"}}})");
}

TEST_CASE("a code is taken alone or as Webex posts it") {
    const auto read = [](std::string text) { return std::string(codec::decode_handed_over(std::move(text)).reveal()); };
    CHECK(read("a.b.c") == "a.b.c");
    CHECK(read(" \r\n a.b.c\n") == "a.b.c");
    CHECK(read("{\"jwt\": \"a.b.c\"}\n") == "a.b.c");
    CHECK(read(R"({"type":"action","jwt":"a.b.c"})") == "a.b.c");
    CHECK(read("") == "");
    CHECK(read(" \n ") == "");
    // What is neither is refused later on, as it is.
    for (const char* other : {"{}", "{\"jwt\":7}", "{\"jwt\":\"a.b.c\"", "[\"a.b.c\"]"}) CHECK(read(other) == other);
}

TEST_CASE("the answer to a health check is the guide's") {
    CHECK(codec::health_check_body(Operational::Operational, Tokens::Valid) ==
          R"({"operationalState":"operational","tokensState":"valid"})");
}

TEST_CASE("the manifest's version and what waits for approval are read") {
    const auto details = codec::decode_app(
        R"({"manifestVersion":2,"actionsUrl":"https://a","updateRequest":{"state":"pending","newManifest":{"manifestVersion":3}}})");
    REQUIRE(details.ok());
    CHECK(details->manifest_version == 2);
    CHECK(details->actions_url == "https://a");
    CHECK(details->update == UpdateRequest{"pending", 3});
    const auto unnamed = codec::decode_app(R"({"manifestVersion":-2,"updateRequest":{"newManifest":{}}})");
    REQUIRE(unnamed.ok());
    CHECK(unnamed->manifest_version == 0);
    CHECK(unnamed->update == UpdateRequest{"pending", 0});
    CHECK(codec::decode_app("{}")->update == UpdateRequest{});
}

TEST_CASE("an organization is the same whichever cluster spells its id") {
    // Base64 of ciscospark://us/ORGANIZATION/3a6ff373, .../urn:TEAM:eu/ORGANIZATION/3a6ff373, and of another's.
    const OrgId us("Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8zYTZmZjM3Mw"),
        eu("Y2lzY29zcGFyazovL3VybjpURUFNOmV1L09SR0FOSVpBVElPTi8zYTZmZjM3Mw=="),
        other("Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8zYTZmZjM3NA"),
        person("Y2lzY29zcGFyazovL3VzL1BFT1BMRS8zYTZmZjM3Mw");
    CHECK(codec::same_organization(us, us));
    CHECK(codec::same_organization(us, eu));
    CHECK_FALSE(codec::same_organization(us, other));
    CHECK_FALSE(codec::same_organization(us, person));
    CHECK_FALSE(codec::same_organization(OrgId("org"), OrgId("gro")));
    CHECK_FALSE(codec::same_organization(OrgId(""), us));
    CHECK(codec::same_organization(OrgId("org"), OrgId("org")));
}

TEST_CASE("the guide's integration details are read") {
    const auto details = codec::decode_app(fixture("app_details.json"));
    REQUIRE(details.ok());
    CHECK(details->provisioning_state == "completed");
    CHECK(details->scopes == std::vector<std::string>{"spark:xapi_statuses", "spark:xapi_commands"});
    CHECK(details->xapi == XapiAccess{{"Message.Send"}, {"RoomAnalytics.*", "Standby.State"}, {}});
    CHECK(details->poll_url.empty());
    CHECK(details->queue_state.empty());
}

TEST_CASE("the poll URL is read where there is a queue") {
    const auto details = codec::decode_app(R"({"queue":{"state":"enabled","pollUrl":"https://xapi-a.wbx2.com/q"}})");
    REQUIRE(details.ok());
    CHECK(details->poll_url == "https://xapi-a.wbx2.com/q");
    CHECK(details->queue_state == "enabled");
    CHECK_FALSE(codec::decode_app("[]").ok());
    CHECK_FALSE(codec::decode_app("").ok());
}

TEST_CASE("the guide's key set has three keys") {
    const auto keys = codec::decode_keys(fixture("jwks.json"));
    REQUIRE(keys.ok());
    REQUIRE(keys->size() == 3);
    CHECK((*keys)[0] == Jwk{"VkOd36xy3JeGFka5uW5gW525", "ilEKY13J464rnzK4CvdIh1_ow3q4e1eoqnjXES_PnC8",
                            "T-Kp8qcf4FBvvtNIMSkQmAWnbd3uiz2U_NqfTavc1x8"});
}

TEST_CASE("keys that cannot have signed a code are passed over") {
    const std::string x(43, 'A');  // 32 bytes
    const std::string good = R"({"kty":"EC","crv":"P-256","kid":"k","x":")" + x + R"(","y":")" + x + "\"}";
    const auto count = [](const std::string& key) {
        const auto keys = codec::decode_keys(R"({"keys":[)" + key + "]}");
        REQUIRE(keys.ok());
        return keys->size();
    };
    CHECK(count(good) == 1);
    for (const std::string& key :
         {replaced(good, "EC", "RSA"), replaced(good, "P-256", "P-384"), replaced(good, R"("kid":"k",)", ""),
          replaced(good, R"("x":)", R"("z":)"), replaced(good, x, "A" + x), replaced(good, x, "="),
          replaced(good, x, ""), replaced(good, R"("k")", "\"" + std::string(1025, 'k') + "\""),
          replaced(good, R"("k")", R"("k\n")"), replaced(good, "{", R"({"use":"enc",)"),
          replaced(good, "{", R"({"alg":"ES384",)"), std::string("7"), std::string("null")}) {
        INFO(key);
        CHECK(count(key) == 0);
    }
    std::string many = good;
    for (std::size_t i = 1; i < 2 * codec::kMaxKeys; ++i) many += "," + good;
    CHECK(count(many) == codec::kMaxKeys);
    CHECK_FALSE(codec::decode_keys("{}").ok());
    CHECK_FALSE(codec::decode_keys(R"({"keys":{}})").ok());
}

TEST_CASE("documents cut anywhere are corrupt and nothing worse") {
    for (const char* name : {"token_grant.json", "app_details.json", "jwks.json"}) {
        const std::string whole = fixture(name);
        for (std::size_t size = 0; size <= whole.rfind('}'); ++size) {
            CHECK_FALSE(codec::decode_grant(whole.substr(0, size)).ok());
            CHECK_FALSE(codec::decode_app(whole.substr(0, size)).ok());
            CHECK_FALSE(codec::decode_keys(whole.substr(0, size)).ok());
        }
    }
}
