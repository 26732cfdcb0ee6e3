// The attack table on the reader and the judge: whatever the table lists is refused with the word that it lists.

#include "attack_table.hpp"
#include "codec/jwt.hpp"
#include "core/provision.hpp"
#include "fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

namespace {

const WallTime kNow = *parse_time("2026-03-02T09:00:00Z");
const AppId kOurApp{"ac6b6972-538e-11ec-bf63-0242ac130003"};

const Signer& signer() {
    static const Signer made("key-1");
    return made;
}

/// The guide's samples with times of our own. Source: technical details, "Example Activation JWT", "Actions".
std::string payload_of(Kind kind) {
    const std::string common = R"({"sub":"Y2lzY29[...]YzVj","iat":1772442000,"jti":"KqBo61g8SzmjcMP3CEYDPA==",)"
                               R"("appId":"ac6b6972-538e-11ec-bf63-0242ac130003","action":")" +
                               std::string(action_of(kind)) + "\"";
    const std::string urls =
        R"(,"appUrl":"https://xapi-a.wbx2.com/app","manifestUrl":"https://xapi-a.wbx2.com/manifest",)"
        R"("region":"us-east-2_a","refreshToken":"refresh-token-of-the-code")";
    switch (kind) {
        case Provision:
            return common + urls +
                   R"(,"oauthUrl":"https://webexapis.com/v1/access_token","orgName":"CVTG labs",)"
                   R"("expiryTime":"2026-03-03T09:00:00.816114574Z","webexapisBaseUrl":"https://webexapis.com/v1",)"
                   R"("scopes":"spark-admin:devices_read,spark:xapi_statuses",)"
                   R"("xapiAccess":"{\"commands\":[\"Message.Send\"],\"statuses\":[],\"events\":[]}"})";
        case Update: return common + urls + "}";
        case UpdateApproved:
            return common + R"(,"manifestVersion":"3","scopes":"spark-admin:workspaces_read,spark:xapi_statuses",)"
                            R"("xapiAccess":{"commands":[],"statuses":["RoomAnalytics.*"],"events":[]}})";
        case HealthCheck: return common + "}";
        case Deprovision: return common + R"(,"interactive":true})";
    }
    return "";
}

Good good(Kind kind) {
    const std::string payload = payload_of(kind);
    return {signer(), kind, signer().header(),
            payload,  kNow, signer().sign(Claims(payload).with("jti", "\"another-jti-than-that\"").text())};
}

/// The word it is refused with; empty: accepted.
std::string outcome(const std::string& code, Kind kind, bool is_spent = false) {
    const std::vector<Jwk> keys{Jwk{"other", "x", "y"}, signer().jwk()};
    const auto read = codec::verify(code, keys);
    if (const auto* refusal = std::get_if<codec::JwtRefusal>(&read)) return std::string(codec::words(*refusal));
    const auto refusal = judge_claims(std::get<ActivationClaims>(read), kOurApp, action_of(kind), is_spent, kNow);
    return refusal ? std::string(words(*refusal)) : "";
}

void run(const std::vector<Attack>& table, Kind kind) {
    const Good base = good(kind);
    std::size_t rows = 0;
    for (const Attack& attack : table) {
        if ((attack.kinds & kind) == 0) continue;
        ++rows;
        INFO(attack.name);
        CHECK(outcome(attack.make(base), kind) == attack.word);
    }
    CHECK(rows > 5);
}

}  // namespace

TEST_CASE("an activation code of the attack table is refused with its word", "[attack]") {
    run(attack_table(), Provision);
}
TEST_CASE("an update of the attack table is refused with its word", "[attack]") { run(attack_table(), Update); }
TEST_CASE("an updateApproved of the attack table is refused with its word", "[attack]") {
    run(attack_table(), UpdateApproved);
}
TEST_CASE("a healthCheck of the attack table is refused with its word", "[attack]") {
    run(attack_table(), HealthCheck);
}
TEST_CASE("a deprovision of the attack table is refused with its word", "[attack]") {
    run(attack_table(), Deprovision);
}

TEST_CASE("what is odd and lawful is accepted", "[attack]") {
    for (const Kind kind : {Provision, Update, UpdateApproved, HealthCheck, Deprovision}) run(lawful_table(), kind);
}

TEST_CASE("a code whose jti was spent is replayed, whatever it is", "[attack]") {
    for (const Kind kind : {Provision, Update, UpdateApproved, HealthCheck, Deprovision}) {
        const Good base = good(kind);
        CHECK(outcome(signer().sign(base.payload), kind, true) == "replayed");
        // What did not verify was never a replay: nobody can find out by a forgery which codes were used.
        CHECK(outcome(signer().sign(base.payload) + "AA", kind, true) == "bad signature");
    }
}

TEST_CASE("each action is refused where another one is expected", "[attack]") {
    for (const Kind kind : {Update, UpdateApproved, HealthCheck, Deprovision})
        for (const Kind expected : {Provision, Update, UpdateApproved, HealthCheck, Deprovision})
            CHECK(outcome(signer().sign(payload_of(kind)), expected) == (kind == expected ? "" : "wrong action"));
}

TEST_CASE("what an action says is read", "[attack]") {
    const auto read = [](const std::string& payload) {
        const std::vector<Jwk> keys{signer().jwk()};
        return std::get<ActivationClaims>(codec::verify(signer().sign(payload), keys));
    };
    const auto update = read(payload_of(Update));
    CHECK(update.app_url == "https://xapi-a.wbx2.com/app");
    CHECK(update.manifest_url == "https://xapi-a.wbx2.com/manifest");
    CHECK(update.region == "us-east-2_a");
    CHECK(update.refresh_token.reveal() == "refresh-token-of-the-code");
    const auto approved = read(payload_of(UpdateApproved));
    CHECK(approved.manifest_version == 3);
    CHECK(read(Claims(payload_of(UpdateApproved)).with("manifestVersion", "4").text()).manifest_version == 4);
    CHECK(approved.scopes == std::vector<std::string>{"spark-admin:workspaces_read", "spark:xapi_statuses"});
    CHECK(approved.xapi == XapiAccess{{}, {"RoomAnalytics.*"}, {}});
    CHECK(read(payload_of(Deprovision)).interactive);
    CHECK_FALSE(read(payload_of(HealthCheck)).interactive);
}

TEST_CASE("the table's names are its own, so that a failure can be found", "[attack]") {
    std::map<std::string, int> seen;
    for (const Attack& attack : attack_table()) ++seen[attack.name];
    for (const auto& [name, count] : seen) {
        INFO(name);
        CHECK(count == 1);
    }
    CHECK(seen.size() > 150);
}

TEST_CASE("the guide's samples of codes and actions are read", "[attack]") {
    const std::vector<Jwk> keys{signer().jwk()};
    for (const auto& [name, action] : {std::pair{"activation_claims", "provision"},
                                       {"action_update", "update"},
                                       {"action_update_approved", "updateApproved"},
                                       {"action_health_check", "healthCheck"},
                                       {"action_deprovision", "deprovision"}}) {
        INFO(name);
        const auto read = codec::verify(signer().sign(fixture(std::string(name) + ".json")), keys);
        REQUIRE(std::holds_alternative<ActivationClaims>(read));
        CHECK(std::get<ActivationClaims>(read).action == action);
    }
}
