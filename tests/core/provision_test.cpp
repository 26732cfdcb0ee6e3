#include <catch2/catch.hpp>

#include "core/provision.hpp"

using namespace hotdesk;
using namespace std::chrono_literals;

namespace {

const WallTime now = *parse_time("2026-03-02T09:00:00Z");

ActivationClaims claims() {
    ActivationClaims c;
    c.org = OrgId{"org"};
    c.org_name = "Example";
    c.app = AppId{"ac6b6972-538e-11ec-bf63-0242ac130002"};
    c.action = "provision";
    c.oauth_url = "https://webexapis.com/v1/access_token";
    c.app_url = "https://xapi-a.wbx2.com/app";
    c.region = "us-east-2_a";
    c.jti = "j1";
    c.expiry_time = now + 24h;
    c.issued_at = now;
    c.refresh_token = Secret{"from-the-code"};
    return c;
}

Error error(ErrorKind kind, int status) {
    Error e{kind, "no"};
    e.http_status = status;
    return e;
}

/// Writes down what provisioning does, in order.
struct Story {
    std::vector<std::string> lines;
    std::vector<Result<Reply>> patches;  ///< answers to PATCH, in order; then it works
    Result<Reply> token = Reply{TokenGrant{Secret{"access"}, 7199s, Secret{"rotated"}, 5090490s}};
    bool aside_works = true, keep_works = true;

    ProvisionSteps steps() {
        ProvisionSteps s;
        s.ask = [this](const Call& call) -> Result<Reply> {
            if (const auto* refresh = std::get_if<call::Refresh>(&call)) {
                lines.push_back("token " + std::string{refresh->refresh_token.reveal()});
                return token;
            }
            const auto& patch = std::get<call::PatchApp>(call);
            const bool completed = patch.change == call::PatchApp::Change::Completed;
            lines.push_back(completed ? "patch completed " + patch.customer_id : "patch error");
            if (!completed || patches.empty()) {
                AppDetails details;
                details.poll_url = "https://xapi-a.wbx2.com/poll";
                return Reply{details};
            }
            auto reply = std::move(patches.front());
            patches.erase(patches.begin());
            return reply;
        };
        s.keep_aside = [this](const Activation& a) -> Result<void> {
            lines.push_back("aside " + std::string{a.refresh_token.reveal()});
            if (!aside_works) return Error{ErrorKind::Fatal, "disk full"};
            return {};
        };
        s.keep = [this](const Activation& a) -> Result<void> {
            lines.push_back("keep " + a.poll_url);
            if (!keep_works) return Error{ErrorKind::Fatal, "disk full"};
            return {};
        };
        s.forget = [this] { lines.push_back("forget"); };
        s.pause = [this](Millis, std::string_view) { lines.push_back("pause"); };
        return s;
    }
    std::variant<Activation, ProvisionError> run() {
        return provision(claims(), "id", {"customer", "Customer", ""}, now, steps());
    }
    ProvisionFailure failure() { return std::get<ProvisionError>(run()).failure; }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the rotated token is kept before Webex is told, the pollUrl after", "[provision]") {
    Story story;
    const auto outcome = story.run();
    CHECK(story.lines == Lines{"token from-the-code", "aside rotated", "patch completed customer",
                               "keep https://xapi-a.wbx2.com/poll"});
    const auto& activation = std::get<Activation>(outcome);
    CHECK(activation.id == "id");
    CHECK(activation.poll_url == "https://xapi-a.wbx2.com/poll");
    CHECK(activation.access_expires == now + 7199s);
    CHECK(activation.refresh_expires == now + 5090490s);
}

TEST_CASE("a token endpoint that does not rotate leaves the code's token in use", "[provision]") {
    Story story;
    story.token = Reply{TokenGrant{Secret{"access"}, 7199s, Secret{}, std::nullopt}};
    CHECK(std::get<Activation>(story.run()).refresh_token.reveal() == "from-the-code");
}

TEST_CASE("refused credentials and a silent network leave nothing behind", "[provision]") {
    Story story;
    story.token = error(ErrorKind::Rejected, 401);
    CHECK(story.failure() == ProvisionFailure::Credentials);
    story.token = error(ErrorKind::Transient, 0);
    CHECK(story.failure() == ProvisionFailure::Unreachable);
    story.token = error(ErrorKind::Corrupt, 200);
    CHECK(story.failure() == ProvisionFailure::Other);
    CHECK(story.lines == Lines{"token from-the-code", "token from-the-code", "token from-the-code"});
}

TEST_CASE("a PATCH that may pass is tried three times", "[provision]") {
    Story story;
    story.patches = {error(ErrorKind::Transient, 503), error(ErrorKind::RateLimited, 429)};
    CHECK(std::holds_alternative<Activation>(story.run()));
    CHECK(story.lines == Lines{"token from-the-code", "aside rotated", "patch completed customer", "pause",
                               "patch completed customer", "pause", "patch completed customer",
                               "keep https://xapi-a.wbx2.com/poll"});
}

TEST_CASE("a PATCH that fails for good is reported and nothing is kept", "[provision]") {
    Story story;
    story.patches = {error(ErrorKind::Rejected, 403)};
    CHECK(story.failure() == ProvisionFailure::Credentials);
    CHECK(story.lines ==
          Lines{"token from-the-code", "aside rotated", "patch completed customer", "patch error", "forget"});
}

TEST_CASE("an answer without a queue is a failure", "[provision]") {
    Story story;
    story.patches = {Reply{AppDetails{}}};
    CHECK(story.failure() == ProvisionFailure::Other);
    CHECK(story.lines.back() == "forget");
}

TEST_CASE("a state that cannot be written is reported to Webex as an error", "[provision]") {
    Story aside;
    aside.aside_works = false;
    CHECK(aside.failure() == ProvisionFailure::Other);
    CHECK(aside.lines == Lines{"token from-the-code", "aside rotated", "patch error", "forget"});
    Story keep;
    keep.keep_works = false;
    CHECK(keep.failure() == ProvisionFailure::Other);
    CHECK(keep.lines.back() == "forget");
}

TEST_CASE("claims are judged in the contract's words", "[provision]") {
    const AppId app{"ac6b6972-538e-11ec-bf63-0242ac130002"};
    const auto judge = [&](const ActivationClaims& c, bool spent = false) {
        return judge_claims(c, app, "provision", spent, now);
    };
    CHECK_FALSE(judge(claims()));
    auto c = claims();
    c.expiry_time = now;
    CHECK_FALSE(judge(c));  // not after it
    c.expiry_time = now - 1ms;
    CHECK(judge(c) == Refusal::Expired);
    c.expiry_time.reset();
    CHECK(judge(c) == Refusal::Malformed);
    c = claims();
    c.app = AppId{"another"};
    CHECK(judge(c) == Refusal::WrongApp);
    CHECK(judge(claims(), true) == Refusal::Replayed);
    c = claims();
    c.action = "update";
    CHECK(judge(c) == Refusal::WrongAction);
    c.issued_at = now - 5min - 1ms;
    CHECK(judge(c) == Refusal::TooOld);
    c.issued_at.reset();
    CHECK(judge(c) == Refusal::Malformed);
}

TEST_CASE("a region has its keys, an unknown one the default's, and a government one never a commercial one's",
          "[provision]") {
    CHECK(jwks_url_of("us-west-2_r") == "https://xapi-r.wbx2.com/jwks");
    CHECK(jwks_url_of("us-east-2_a") == "https://xapi-a.wbx2.com/jwks");
    CHECK(jwks_url_of("eu-central-1_k") == "https://xapi-k.wbx2.com/jwks");
    CHECK(jwks_url_of("us-gov-west-1_a1") == "https://xapi.gov.ciscospark.com/jwks");
    CHECK(jwks_url_of("us-gov-east-9") == "https://xapi.gov.ciscospark.com/jwks");
    CHECK(jwks_url_of("mars-1") == "https://xapi-a.wbx2.com/jwks");
    CHECK(jwks_url_of("") == "https://xapi-a.wbx2.com/jwks");
}

TEST_CASE("what a failure of the code's exchange means is told apart", "[provision]") {
    const auto [kind, status, failure] =
        GENERATE(table<ErrorKind, int, ProvisionFailure>({{ErrorKind::RateLimited, 429, ProvisionFailure::Unreachable},
                                                          {ErrorKind::AuthExpired, 401, ProvisionFailure::Credentials},
                                                          {ErrorKind::Rejected, 400, ProvisionFailure::Credentials},
                                                          {ErrorKind::Rejected, 403, ProvisionFailure::Credentials},
                                                          {ErrorKind::Rejected, 405, ProvisionFailure::Other},
                                                          {ErrorKind::Gone, 404, ProvisionFailure::Other},
                                                          {ErrorKind::Fatal, 0, ProvisionFailure::Other}}));
    Story story;
    story.token = error(kind, status);
    CHECK(story.failure() == failure);
    CHECK(story.lines == Lines{"token from-the-code"});
}

TEST_CASE("a PATCH that never gets through is given up after three tries", "[provision]") {
    Story story;
    for (int i = 0; i < 3; ++i) story.patches.push_back(error(ErrorKind::Transient, 503));
    CHECK(story.failure() == ProvisionFailure::Unreachable);
    CHECK(story.lines == Lines{"token from-the-code", "aside rotated", "patch completed customer", "pause",
                               "patch completed customer", "pause", "patch completed customer", "patch error",
                               "forget"});
}

TEST_CASE("each refusal of a code has the contract's word", "[provision]") {
    CHECK(words(Refusal::Malformed) == "malformed");
    CHECK(words(Refusal::Expired) == "expired");
    CHECK(words(Refusal::TooOld) == "too old");
    CHECK(words(Refusal::Replayed) == "replayed");
    CHECK(words(Refusal::WrongApp) == "wrong app");
    CHECK(words(Refusal::WrongAction) == "wrong action");
}

TEST_CASE("a government region is FedRAMP's in whatever spelling", "[provision]") {
    for (const char* region : {"us-gov-west-1_a1", "us-gov", "us-gov-", "us-gov-east-1", "US-GOV-WEST-1_A1",
                               " us-gov-west-1_a1", "us-gov-west-1_a1 ", "us_gov_west_1", "usgov", "us-Gov-x",
                               "us- gov-west-1", "\tus-gov-west-1", "us-go\nv-west-1"})
        CHECK(jwks_url_of(region) == "https://xapi.gov.ciscospark.com/jwks");
    for (const char* region : {"us-east-2_a", "US-EAST-2_A", "us-east-2", "us-west-2", "us-west-2_r1", "eu-central-1",
                               "ap-southeast-1", "us-go-v", "../jwks", "https://example.net"})
        CHECK(jwks_url_of(region) == "https://xapi-a.wbx2.com/jwks");
    CHECK(jwks_url_of("US-WEST-2_R") == "https://xapi-r.wbx2.com/jwks");
    CHECK(jwks_url_of(" eu-central-1_k ") == "https://xapi-k.wbx2.com/jwks");
}

TEST_CASE("a claim whose URL is not https is named", "[provision]") {
    CHECK(bad_url_claim(claims()).empty());
    for (const char* url : {"http://a", "ftp://a", "//a", "a", "https:a", "https://", "https:///a", "https://?a",
                            "https://u@a/", "https://u:p@a", "https://a\\@b/", "https://a b/", " https://a"}) {
        INFO(url);
        auto c = claims();
        c.oauth_url = url;
        CHECK(bad_url_claim(c) == "oauthUrl");
        c = claims();
        c.app_url = url;
        CHECK(bad_url_claim(c) == "appUrl");
        c = claims();
        c.manifest_url = url;
        CHECK(bad_url_claim(c) == "manifestUrl");
        c = claims();
        c.webexapis_base_url = url;
        CHECK(bad_url_claim(c) == "webexapisBaseUrl");
        CHECK(why_refused(Refusal::Malformed, c, now) == "its webexapisBaseUrl is no https URL: malformed");
    }
    auto c = claims();
    c.app_url = "HTTPS://xapi-a.wbx2.com:443/app?x=a@b";
    CHECK(bad_url_claim(c).empty());
    c.app_url.clear();  // an action that brings none
    CHECK(bad_url_claim(c).empty());
}

TEST_CASE("a code from the future is refused, but for a clock that is a minute behind", "[provision]") {
    const AppId app{"ac6b6972-538e-11ec-bf63-0242ac130002"};
    for (const char* action : {"provision", "update", "healthCheck"}) {
        auto c = claims();
        c.action = action;
        c.issued_at = now + 1min;
        CHECK_FALSE(judge_claims(c, app, action, false, now));
        c.issued_at = now + 1min + 1ms;
        CHECK(judge_claims(c, app, action, false, now) == Refusal::Malformed);
        CHECK(why_refused(Refusal::Malformed, c, now) ==
              "its iat lies in the future (check this machine's clock): malformed");
        c.issued_at.reset();
        CHECK(judge_claims(c, app, action, false, now) == Refusal::Malformed);
        CHECK(why_refused(Refusal::Malformed, c, now) == "its iat is missing or no time: malformed");
    }
    auto c = claims();
    c.expiry_time.reset();
    CHECK(why_refused(Refusal::Malformed, c, now) == "its expiryTime is missing or no time: malformed");
    CHECK(why_refused(Refusal::Replayed, c, now) == "replayed");
}

TEST_CASE("an update brings every URL that it names, and the rest stays", "[provision]") {
    Activation standing;
    standing.org_name = "Example";
    standing.oauth_url = "https://old.example/token";
    standing.webexapis_base_url = "https://old.example/v1";
    standing.scopes = {"spark-admin:devices_read"};
    ActivationClaims update;
    update.app_url = "https://new.example/app";
    update.region = "eu-central-1_k";
    const auto kept = updated(standing, update);
    CHECK(kept.oauth_url == "https://old.example/token");
    CHECK(kept.webexapis_base_url == "https://old.example/v1");
    CHECK(kept.app_url == "https://new.example/app");
    CHECK(kept.region == "eu-central-1_k");
    CHECK(kept.scopes == standing.scopes);
    update.oauth_url = "https://new.example/token";
    update.webexapis_base_url = "https://new.example/v1";
    const auto moved = updated(standing, update);
    CHECK(moved.oauth_url == "https://new.example/token");
    CHECK(moved.webexapis_base_url == "https://new.example/v1");
}
