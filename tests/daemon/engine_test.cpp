#include <catch2/catch.hpp>

#include "daemon/record_keeper.hpp"
#include "engine_lab.hpp"

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

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

TEST_CASE("a clock that is set right while an answer is awaited is known to be right after two", "[engine]") {
    Lab lab;
    const WallTime truth = lab.host.time.wall;
    lab.host.time.wall -= 24h;
    lab.start();
    lab.turn();
    lab.http->date = truth;
    lab.http->clock_moves = 24h;
    lab.answer("/devices", devices);
    CHECK_FALSE(lab.engine->webex_now().has_value());
    lab.answer("/workspaces", workspaces);
    REQUIRE(lab.engine->webex_now().has_value());
    CHECK(lab.engine->webex_now()->wall - truth < 1s);
    CHECK(lab.engine->webex_now()->wall >= truth);
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

TEST_CASE("the record is kept by Webex's time, not by a clock that is a year ahead", "[engine]") {
    Lab lab;
    const WallTime truth = lab.host.time.wall;
    Record record;
    record.seq = 1;
    record.time = truth - 24h;
    record.device = DeviceId{"d1"};
    record.result = result_done;
    lab.store.records[{Table::Record, codec::seq_key(1)}] = codec::write_record(record);
    RecordKeeper keeper(lab.store, Limit{24h * 90});
    const auto turn = [&] {
        lab.turn();
        CHECK(keeper.look(lab.engine->webex_now()).ok());
        CHECK(lab.store.count(Table::Record) == 1);
    };
    lab.host.time.wall += 24h * 365;
    turn();
    CHECK_FALSE(lab.engine->webex_now().has_value());  // nobody has told yet
    lab.http->date = truth;
    lab.answer("/devices", devices);
    turn();
    lab.answer("/workspaces", workspaces);
    turn();
    REQUIRE(lab.engine->webex_now().has_value());
    CHECK(lab.engine->webex_now()->wall - truth < 1s);
    // The box is set right, and for a moment it is not known which of the two it was that was wrong.
    lab.host.time.wall = truth;
    turn();
    CHECK_FALSE(lab.engine->webex_now().has_value());
}
