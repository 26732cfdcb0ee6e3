#include <catch2/catch.hpp>

#include "engine_lab.hpp"

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

namespace {

/// A queue that hands out signed actions.
struct ActionLab : Lab {
    ActionLab() {
        begin(false);
        answer("/app", app);
    }
    std::string claims(const std::string& action, const std::string& more = "") const {
        const auto iat = std::chrono::floor<std::chrono::seconds>(host.time.wall).time_since_epoch().count();
        return R"({"sub":"org","appId":"app","iat":)" + std::to_string(iat) + R"(,"jti":"j-1","action":")" + action +
               "\"" + more + "}";
    }
    void push(const std::string& jwt) { answer("/poll", R"({"messages":[{"type":"action","jwt":")" + jwt + R"("}]})"); }
    std::string key_set(const Signer& of) const {
        const Jwk key = of.jwk();
        return R"({"keys":[{"kty":"EC","crv":"P-256","kid":")" + key.kid + R"(","x":")" + key.x + R"(","y":")" + key.y +
               R"("}]})";
    }
    Signer signer{"key-1"};
};

}  // namespace

TEST_CASE("an approved manifest comes through the queue: verified, then a new token", "[engine]") {
    ActionLab lab;
    lab.push(lab.signer.sign(lab.claims("updateApproved", R"(,"manifestVersion":"3","scopes":"a","xapiAccess":{})")));
    CHECK(lab.http->is_waiting("xapi-a.wbx2.com/jwks"));
    CHECK_FALSE(lab.http->is_waiting("access_token"));  // nothing is believed before the signature is
    lab.answer("/jwks", lab.key_set(lab.signer));
    lab.turn();
    CHECK(lab.http->is_waiting("access_token"));
    CHECK(lab.store.count(Table::SpentCode) == 1);
    lab.answer("access_token", R"({"access_token":"access-2","expires_in":7199,"refresh_token":"refresh-2"})");
    lab.turn();
    CHECK(lab.http->is_waiting("/app"));
    CHECK(lab.http->all.back().bearer.reveal() == "access-2");
}

TEST_CASE("what is wrong with an action costs the action alone", "[engine]") {
    ActionLab lab;
    const Signer stranger("key-1");
    const std::string approved = R"(,"manifestVersion":"3","scopes":"a","xapiAccess":{})";
    std::string jwt, why;
    SECTION("signed by somebody else") {
        jwt = stranger.sign(lab.claims("updateApproved", approved));
        why = "bad signature";
    }
    SECTION("for another organization") {
        std::string claims = lab.claims("updateApproved", approved);
        claims.replace(claims.find("\"org\""), 5, "\"other\"");
        jwt = lab.signer.sign(claims);
        why = "wrong app";
    }
    SECTION("an activation code") {
        jwt = lab.signer.sign(lab.claims("provision", R"(,"orgName":"o","oauthUrl":"https://a","appUrl":"https://a",)"
                                                      R"("manifestUrl":"https://a","webexapisBaseUrl":"https://a",)"
                                                      R"("region":"us-east-2_a","refreshToken":"r","scopes":"a",)"
                                                      R"("xapiAccess":{},"expiryTime":"2026-03-03T09:00:00Z")"));
        why = "wrong action";
    }
    SECTION("older than five minutes") {
        jwt = lab.signer.sign(lab.claims("updateApproved", approved));
        lab.host.pass(5min + 1s);
        why = "too old";
    }
    lab.push(jwt);
    lab.answer("/jwks", lab.key_set(lab.signer));
    CHECK(lab.log.has("a management action is passed over: " + why));
    CHECK(lab.store.count(Table::SpentCode) == 0);
    CHECK_FALSE(lab.http->is_waiting("access_token"));
    CHECK_FALSE(lab.engine->worker().removed());
}

TEST_CASE("an action that was carried out is not carried out again", "[engine]") {
    ActionLab lab;
    const std::string jwt = lab.signer.sign(lab.claims("healthCheck"));
    lab.push(jwt);
    lab.answer("/jwks", lab.key_set(lab.signer));
    CHECK(lab.store.count(Table::SpentCode) == 1);
    lab.push(jwt);
    CHECK(lab.log.has("a management action is passed over: replayed"));
    CHECK_FALSE(lab.http->is_waiting("/jwks"));  // the keys are still known
}

TEST_CASE("a key that Webex has rotated in is fetched, and one that is made up is not fetched for again", "[engine]") {
    ActionLab lab;
    lab.push(lab.signer.sign(lab.claims("healthCheck")));
    lab.answer("/jwks", lab.key_set(lab.signer));
    const Signer next("key-2"), made_up("key-3");
    lab.host.pass(5min);
    lab.push(next.sign(lab.claims("updateApproved", R"(,"manifestVersion":3,"scopes":"a","xapiAccess":{},"x":"2")")));
    lab.answer("/jwks", lab.key_set(next));
    lab.push(made_up.sign(lab.claims("healthCheck")));
    CHECK(lab.log.has("a management action is passed over: unknown key"));
    CHECK_FALSE(lab.http->is_waiting("/jwks"));
}

TEST_CASE("actions do not pile up while their keys cannot be had", "[engine]") {
    ActionLab lab;
    const std::string jwt = lab.signer.sign(lab.claims("healthCheck"));
    for (int i = 0; i <= 64; ++i) lab.push(jwt);
    CHECK(lab.log.has("a management action is passed over: too many wait for the keys that prove them"));
    lab.answer("/jwks", lab.key_set(lab.signer));
    CHECK(lab.store.count(Table::SpentCode) == 1);
}

TEST_CASE("keys that cannot be had are asked for again, and the action waits for them", "[engine]") {
    ActionLab lab;
    lab.push(lab.signer.sign(lab.claims("deprovision")));
    lab.answer("/jwks", "busy", 503);
    CHECK_FALSE(lab.engine->worker().removed());
    lab.host.pass(10s);
    lab.turn();
    lab.answer("/jwks", lab.key_set(lab.signer));
    CHECK(lab.engine->worker().removed());
}

TEST_CASE("an action whose keys cannot be had says why not", "[engine]") {
    ActionLab lab;
    lab.push(lab.signer.sign(lab.claims("deprovision")));
    for (int tries = 0; tries < 60 && !lab.log.has("could not be had in time"); ++tries) {
        if (lab.http->is_waiting("/jwks")) lab.answer("/jwks", "<html>", 403);
        lab.host.pass(10s);
        lab.turn();
    }
    CHECK(lab.log.has("the keys that prove it could not be had in time: fetching the key set: HTTP 403"));
    CHECK_FALSE(lab.engine->worker().removed());
}
