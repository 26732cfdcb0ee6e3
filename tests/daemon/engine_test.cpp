#include <catch2/catch.hpp>

#include "../codec/signer.hpp"
#include "codec/state.hpp"
#include "daemon/engine.hpp"
#include "daemon/state.hpp"
#include "doubles.hpp"

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

namespace {

const std::string devices =
    R"({"items":[{"id":"d1","displayName":"Desk 1","workspaceId":"w1","type":"roomdesk","connectionStatus":"connected"}]})";
const std::string workspaces = R"({"items":[{"id":"w1","displayName":"Oslo 1","hotdeskingStatus":"on"}]})";
const std::string app = R"({"id":"app","provisioningState":"completed"})";
const std::string no_messages = R"({"messages":[]})";

std::string status(bool signed_in) {
    return std::string{R"({"deviceId":"d1","result":{"Webex":{"DevicePersonalization":{"Personalized":")"} +
           (signed_in ? "True" : "False") + R"("}},"SystemUnit":{"State":{"NumberOfActiveCalls":0}}}})";
}
const std::string no_bookings = R"({"deviceId":"d1","result":{"ResultInfo":{"TotalRows":0}}})";

std::string pushed(const std::string& at, bool signed_in) {
    return R"({"messages":[{"appId":"app","orgId":"org","deviceId":"d1","workspaceId":"w1","timestamp":")" + at +
           R"(","type":"status","changes":{"updated":{"Webex.DevicePersonalization.Personalized":")" +
           (signed_in ? "True" : "False") + R"("},"removed":[]},"isFullSync":false}]})";
}

Activation activation() {
    Activation a;
    a.id = "a1";
    a.org = OrgId{"org"};
    a.org_name = "Example";
    a.app = AppId{"app"};
    a.oauth_url = "https://webexapis.com/v1/access_token";
    a.app_url = "https://xapi-a.wbx2.com/app";
    a.poll_url = "https://xapi-a.wbx2.com/poll";
    a.webexapis_base_url = "https://webexapis.com/v1";
    a.refresh_token = Secret{"refresh"};
    a.access_token = Secret{"access"};
    a.access_expires = *parse_time("2026-03-02T11:00:00Z");
    return a;
}

Policy quick() {
    Policy policy;
    policy.sign_in_grace = 10s;
    policy.messages = false;
    return policy;
}

struct Lab {
    Lab() { start(); }

    void start() {
        if (!store.count(Table::Meta)) {
            const std::vector<Change> first{state::keep_activation(activation()), state::point_to(activation())};
            (void)store.commit(first);
        }
        auto stored = state::load_activation(store);
        auto worker = state::load_worker(store, std::move(**stored), {quick(), {}}, host.now());
        if (!worker.ok()) throw std::runtime_error(worker.error().message);
        http = std::make_unique<ManualHttp>(host);
        engine.emplace(EngineParts{*http, store, host, &log}, std::move(*worker),
                       Client{"client", Secret{"client-secret"}});
    }
    void turn(Millis limit = 0ms) { engine->turn(limit, {}); }
    void answer(const std::string& part, const std::string& body, int status_code = 200) {
        if (!http->answer(part, status_code, body)) throw std::runtime_error("nobody asks for " + part);
        turn();
    }
    /// The desk is listed and asked; nobody has a booking.
    void begin(bool signed_in) {
        turn();
        answer("/devices", devices);
        answer("/workspaces", workspaces);
        answer("xapi/status", status(signed_in));
        answer("Bookings.List", no_bookings);
    }
    void overstay() {
        begin(true);
        host.pass(10s);
        turn();
        answer("xapi/status", status(true));
        if (!http->answer("Bookings.List", 200, no_bookings)) throw std::runtime_error("the list is not asked for");
    }

    MemoryStore store;
    ManualHost host;
    ListLog log;
    std::unique_ptr<ManualHttp> http;
    std::optional<Engine> engine;
};

}  // namespace

TEST_CASE("at start the poll goes out, with everything else beside it", "[engine]") {
    Lab lab;
    lab.turn();
    CHECK(lab.http->is_waiting("/poll"));
    CHECK(lab.http->is_waiting("/devices"));
    CHECK(lab.http->is_waiting("/workspaces"));
    CHECK(lab.http->is_waiting("/app"));
    CHECK(lab.engine->worker().ready());
    for (const auto& request : lab.http->all) CHECK(request.bearer.reveal() == "access");
}

TEST_CASE("an overstayer is signed out, and the decision is on disk before the command is on the wire", "[engine]") {
    Lab lab;
    lab.overstay();
    CHECK_FALSE(lab.http->is_waiting("Logout"));
    lab.turn();
    CHECK(lab.http->is_waiting("Webex.Registration.Logout"));
    CHECK(lab.store.count(Table::Record) == 1);
    CHECK(lab.store.count(Table::Outbox) == 1);
    CHECK(*state::load_next_seq(lab.store) == 2);  // no decision of a later process takes this one's number
    CHECK(lab.http->is_waiting("/poll"));          // still out meanwhile
    lab.answer("Logout", R"({"deviceId":"d1","arguments":{},"result":{}})");
    CHECK(lab.store.count(Table::Outbox) == 0);
    const auto record = codec::read_record(lab.store.records.at({Table::Record, codec::seq_key(1)}));
    REQUIRE(record.ok());
    CHECK(record->result == "done");
    CHECK(record->rule == "sign_in_grace");
    CHECK(lab.log.has("sign out: somebody has been signed in since"));
}

TEST_CASE("with a full disk nothing is sent, and it is said once; with space it goes on", "[engine]") {
    Lab lab;
    lab.overstay();
    lab.store.full = true;
    lab.turn();
    for (int i = 0; i < 3; ++i) lab.turn(1s);
    CHECK_FALSE(lab.http->is_waiting("Logout"));
    CHECK(lab.http->is_waiting("/poll"));
    CHECK(lab.engine->worker().health().operational == Operational::Impaired);
    std::size_t said = 0;
    for (const auto& line : lab.log.lines) said += line.find("no space left") != std::string::npos ? 1 : 0;
    CHECK(said == 1);
    lab.store.full = false;
    lab.host.pass(10s);
    lab.turn();
    CHECK(lab.http->is_waiting("Logout"));
    CHECK(lab.log.has("the state can be written again"));
}

TEST_CASE("a worker that stopped before the answer asks the desk before it acts again", "[engine]") {
    Lab lab;
    lab.overstay();
    lab.turn();
    REQUIRE(lab.http->is_waiting("Logout"));
    lab.start();
    lab.turn();
    CHECK_FALSE(lab.http->is_waiting("Logout"));
    CHECK(lab.http->is_waiting("xapi/status"));
    lab.answer("xapi/status", status(false));
    lab.answer("Bookings.List", no_bookings);
    lab.host.pass(1min);
    lab.turn();
    CHECK_FALSE(lab.http->is_waiting("Logout"));
    const auto record = codec::read_record(lab.store.records.at({Table::Record, codec::seq_key(1)}));
    CHECK(record->result.substr(0, 8) == "dropped:");
}

TEST_CASE("a pushed change is on disk before the next poll goes out", "[engine]") {
    Lab lab;
    lab.begin(false);
    const int before = lab.store.commits;
    lab.answer("/poll", pushed("2026-03-02T09:00:01Z", true));
    CHECK(lab.store.commits == before + 1);
    CHECK(lab.http->is_waiting("/poll"));
    CHECK(codec::read_desk(lab.store.records.at({Table::Desk, "d1"}))->personalized.value == true);
}

TEST_CASE("a body that is no batch costs one poll and is waited out", "[engine]") {
    Lab lab;
    lab.begin(false);
    lab.answer("/poll", "<html>Login to the guest network</html>");
    CHECK_FALSE(lab.http->is_waiting("/poll"));
    CHECK(lab.engine->worker().health().operational == Operational::Impaired);
    lab.host.pass(9s);
    lab.turn();
    CHECK_FALSE(lab.http->is_waiting("/poll"));
    lab.host.pass(1s);
    lab.turn();
    CHECK(lab.http->is_waiting("/poll"));
    lab.answer("/poll", no_messages);
    CHECK(lab.engine->worker().health().operational == Operational::Operational);
}

TEST_CASE("skipped elements are counted and said once", "[engine]") {
    Lab lab;
    lab.begin(false);
    for (int i = 0; i < 3; ++i)
        lab.answer("/poll", R"({"messages":[{"appId":"another","orgId":"org","type":"status"}]})");
    CHECK(lab.engine->worker().health().skipped == 3);
    std::size_t said = 0;
    for (const auto& line : lab.log.lines) said += line.find("passed over") != std::string::npos ? 1 : 0;
    CHECK(said == 1);
}

TEST_CASE("one refresh for many 401s, and its token is on disk before it is used", "[engine]") {
    Lab lab;
    lab.turn();
    for (const char* part : {"/poll", "/devices", "/workspaces"}) REQUIRE(lab.http->answer(part, 401, "{}"));
    lab.turn();
    lab.turn();
    std::size_t refreshes = 0;
    for (const auto& request : lab.http->all) refreshes += request.url == activation().oauth_url ? 1 : 0;
    CHECK(refreshes == 1);
    REQUIRE(lab.http->answer(
        "access_token", 200,
        R"({"access_token":"new","expires_in":7199,"refresh_token":"rotated","token_type":"Bearer"})"));
    lab.store.full = true;
    lab.turn();
    CHECK_FALSE(lab.http->is_waiting("/poll"));
    lab.store.full = false;
    lab.host.pass(10s);
    lab.turn();
    CHECK(lab.http->is_waiting("/poll"));
    CHECK((*state::load_activation(lab.store))->refresh_token.reveal() == "rotated");
    CHECK(lab.http->all.back().bearer.reveal() == "new");
}

TEST_CASE("a token that comes while the worker stops is on disk when it has stopped", "[engine]") {
    Lab lab;
    lab.turn();
    lab.answer("/devices", "{}", 401);
    lab.turn();
    REQUIRE(lab.http->answer("access_token", 200,
                             R"({"access_token":"access-2","expires_in":3600,"refresh_token":"refresh-2"})"));
    lab.engine->finish_refresh(5s);
    CHECK((*state::load_activation(lab.store))->refresh_token.reveal() == "refresh-2");
}

TEST_CASE("an integration that is gone ends the worker", "[engine]") {
    Lab lab;
    lab.turn();
    lab.answer("/app", "{}", 404);
    lab.host.pass(1min);
    lab.turn();
    lab.answer("/app", "{}", 404);
    CHECK(lab.engine->worker().removed());
}

TEST_CASE("a page for people in the place of appUrl does not end the worker", "[engine]") {
    Lab lab;
    lab.turn();
    for (int tries = 0; tries < 3; ++tries) {
        lab.answer("/app", "<html><body>404 by some proxy</body></html>", 404);
        lab.host.pass(1min);
        lab.turn();
    }
    CHECK_FALSE(lab.engine->worker().removed());
}

TEST_CASE("a pollUrl on a foreign host is refused, said, and the old one stays", "[engine]") {
    Lab lab;
    lab.turn();
    lab.answer("/app", R"({"queue":{"pollUrl":"https://evil.example/poll"},"scopes":["spark-admin:devices_read"]})");
    const Activation& kept = lab.engine->worker().activation();
    CHECK(kept.poll_url.find("evil") == std::string::npos);
    CHECK(kept.scopes != std::vector<std::string>{"spark-admin:devices_read"});  // nothing of such an answer is used
    const auto health = state::load_health(lab.store);
    REQUIRE(health.ok());
    CHECK(health->last_error.find("its queue.pollUrl names the host evil.example") != std::string::npos);
    for (const HttpRequest& request : lab.http->all) CHECK(request.url.find("evil.example") == std::string::npos);
}

TEST_CASE("a lost connection in the middle of a poll is a failed poll", "[engine]") {
    Lab lab;
    lab.begin(false);
    REQUIRE(lab.http->fail("/poll"));
    lab.turn();
    CHECK_FALSE(lab.http->is_waiting("/poll"));
    lab.host.pass(10s);
    lab.turn();
    CHECK(lab.http->is_waiting("/poll"));
}

TEST_CASE("a clock that is set makes the worker ask every desk", "[engine]") {
    Lab lab;
    lab.begin(false);
    lab.turn();
    CHECK_FALSE(lab.http->is_waiting("xapi/status"));
    lab.host.time.wall += 2h;
    lab.turn();
    CHECK(lab.http->is_waiting("xapi/status"));
}

TEST_CASE("a request of the command line is carried out and answered in the store", "[engine]") {
    Lab lab;
    lab.begin(true);
    const std::string key = "2026-03-02T09:00:00Z/1";
    Request request;
    request.device = DeviceId{"d1"};
    request.asked_at = lab.host.time.wall;
    const Change change{Table::Request, key, codec::write_request(request)};
    (void)lab.store.commit({&change, 1});
    lab.engine->look_at_requests();
    lab.turn();
    lab.answer("Logout", R"({"deviceId":"d1","arguments":{},"result":{}})");
    const auto outcome = codec::read_outcome(lab.store.records.at({Table::Request, key}));
    REQUIRE(outcome.ok());
    CHECK(outcome->outcome == "done");
}

TEST_CASE("a booking that was asked for is done when the desk shows it", "[engine]") {
    Lab lab;
    lab.begin(false);
    const std::string key = "2026-03-02T09:00:00Z/1";
    Request request;
    request.kind = RequestKind::Book;
    request.device = DeviceId{"d1"};
    request.asked_at = lab.host.time.wall;
    request.uuid = RequestUuid{"u1"};
    request.organizer_email = "ada@example.com";
    request.start = lab.host.time.wall + 1h;
    request.duration = 30min;
    const Change change{Table::Request, key, codec::write_request(request)};
    (void)lab.store.commit({&change, 1});
    lab.engine->look_at_requests();
    lab.turn();
    const std::string sent = lab.http->all.back().body;
    CHECK(sent.find(R"("BookingRequestUUID":"u1")") != std::string::npos);
    lab.answer("Bookings.Book", R"({"deviceId":"d1","arguments":{},"result":{}})");
    CHECK_FALSE(codec::has_outcome(lab.store.records.at({Table::Request, key})));

    // No event comes: the desk is asked.
    lab.host.pass(5s);
    lab.turn();
    lab.answer("xapi/status", status(false));
    lab.answer("Bookings.List", R"({"deviceId":"d1","result":{"Booking":[{"Id":"7","MeetingId":"m7",)"
                                R"("Time":{"StartTime":")" +
                                    format_time(*request.start) +
                                    R"(","Duration":30},"Organizer":{"Email":"ada@example.com"}}]}})");
    const auto outcome = codec::read_outcome(lab.store.records.at({Table::Request, key}));
    REQUIRE(outcome.ok());
    CHECK(outcome->outcome == "done");
    CHECK(outcome->meeting == MeetingId{"m7"});
}

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
