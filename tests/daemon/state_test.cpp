#include <catch2/catch.hpp>

#include "codec/state.hpp"
#include "daemon/state.hpp"
#include "doubles.hpp"

#include <fstream>
#include <sstream>

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

namespace {

const WallTime morning = *parse_time("2026-03-02T09:00:00Z");

/// A desk with something in every field that is stored.
DeskState full_desk() {
    DeskState desk;
    desk.id = DeviceId{"Y2lzY29zcGFyazovL3VzL0RFVklDRS8x"};
    desk.display_name = "Pult \xC3\xA5 1";
    desk.workspace = WorkspaceId{"w1"};
    desk.workspace_name = "Oslo 3.14";
    desk.location = LocationId{"loc"};
    desk.online = true;
    desk.personalized = {true, morning};
    desk.active_calls = {2, morning + 1ms};
    desk.presence = {Presence::Yes, morning};
    desk.pushes_personalized = true;
    desk.bookings_asked = true;
    desk.bookings.push_back(
        {{{BookingId{"1"}, MeetingId{"m1"}}, morning, morning + 1h, "alice@example.com", "p1", "Alice"}, morning, {}});
    desk.deleted.push_back({{BookingId{"2"}, MeetingId{"m2"}}, morning, {}});
    desk.requested.push_back({RequestUuid{"u1"}, morning, morning + 30min, {morning, {}}});
    desk.sign_in = SignIn{{morning, {}},
                          morning,
                          Cover{{BookingId{"1"}, MeetingId{"m1"}}, "alice@example.com", "p1", morning + 1h},
                          Since{morning + 2h, {}},
                          Since{morning + 3h, {}}};
    desk.left = Left{{BookingId{"3"}, MeetingId{"m3"}}, {morning, {}}};
    Attempt attempt;
    attempt.act = Act::Release;
    attempt.ref = {BookingId{"3"}, MeetingId{"m3"}};
    attempt.count = 2;
    attempt.pending = 9;
    desk.attempts.push_back(attempt);
    attempt = {};
    attempt.act = Act::SignOut;
    attempt.observed = true;
    desk.attempts.push_back(attempt);
    return desk;
}

std::string fixture(const std::string& name) {
    std::ifstream in(std::string{FIXTURES} + "/state/" + name);
    std::stringstream text;
    text << in.rdbuf();
    std::string out = text.str();
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
}

}  // namespace

TEST_CASE("the golden desk record of schema 1 loads, and is still written the same", "[state]") {
    const std::string golden = fixture("desk-1.json");
    REQUIRE_FALSE(golden.empty());
    const auto desk = codec::read_desk(golden);
    REQUIRE(desk.ok());
    CHECK(*desk == full_desk());
    CHECK(codec::write_desk(full_desk()) == golden);
}

TEST_CASE("the golden decision record of schema 1 loads, and is still written the same", "[state]") {
    const Record record{
        42,
        morning,
        DeviceId{"d1"},
        "sign_out_grace",
        "sign out",
        "the booking of alice@example.com ended",
        {"UserInterface.Message.Alert.Display", {{"Text", std::string{"Bye"}}, {"Duration", std::int64_t{60}}}},
        "failed: no",
        "T-1"};
    const std::string golden = fixture("record-1.json");
    const auto read = codec::read_record(golden);
    REQUIRE(read.ok());
    CHECK(*read == record);
    CHECK(codec::write_record(record) == golden);
}

TEST_CASE("the golden activation record of schema 1 loads", "[state]") {
    const auto activation = codec::read_activation(fixture("activation-1.json"));
    REQUIRE(activation.ok());
    CHECK(activation->id == "0123456789abcdef");
    CHECK(activation->org_name == "Example");
    CHECK(activation->refresh_token.reveal() == "not-a-real-refresh-token");
    CHECK(activation->xapi.statuses == std::vector<std::string>{"SystemUnit.State.NumberOfActiveCalls"});
    CHECK(activation->refresh_expires == morning + 24h * 60);
    CHECK(codec::write_activation(*activation) == fixture("activation-1.json"));
}

TEST_CASE("a record cut anywhere is an error or a value, never a crash", "[state]") {
    for (const std::string& whole :
         {codec::write_desk(full_desk()), fixture("record-1.json"), fixture("activation-1.json")})
        for (std::size_t length = 0; length < whole.size(); ++length) {
            const std::string part = whole.substr(0, length);
            CHECK_FALSE(codec::read_desk(part).ok());
            CHECK_FALSE(codec::read_record(part).ok());
            CHECK_FALSE(codec::read_activation(part).ok());
            CHECK_FALSE(codec::read_health(part).ok());
            CHECK_FALSE(codec::read_outbox(part).ok());
            CHECK_FALSE(codec::read_request(part).ok());
        }
}

TEST_CASE("health, outbox, requests and outcomes come back as they were", "[state]") {
    Health health;
    health.tokens = Tokens::Invalid;
    health.operational = Operational::Outage;
    health.last_poll = morning;
    health.last_message = morning + 1s;
    health.messages = 7;
    health.skipped = 1;
    health.sent = 3;
    health.failed = 2;
    health.last_error_at = morning;
    health.last_error = "no";
    CHECK(*codec::read_health(codec::write_health(health)) == health);
    CHECK(*codec::read_health(codec::write_health(Health{})) == Health{});
    CHECK(*codec::read_outbox(codec::write_outbox({7, "key"})) == OutboxEntry{7, "key"});
    CHECK(*codec::read_request(codec::write_request({"", DeviceId{"d"}, morning})) ==
          SignOutRequest{"", DeviceId{"d"}, morning});
    const std::string outcome = codec::write_outcome({"", "refused", "why", 3});
    CHECK(codec::has_outcome(outcome));
    CHECK_FALSE(codec::has_outcome(codec::write_request({"", DeviceId{"d"}, morning})));
    CHECK(*codec::read_outcome(outcome) == RequestOutcome{"", "refused", "why", 3});
}

TEST_CASE("keys of decisions sort by number", "[state]") {
    CHECK(codec::seq_key(255) < codec::seq_key(256));
    CHECK(codec::seq_key(1) < codec::seq_key(1ULL << 40));
    CHECK(codec::read_seq_key(codec::seq_key(1234567890123)) == Seq{1234567890123});
    CHECK_FALSE(codec::read_seq_key("short"));
}

TEST_CASE("a state of a newer schema is not touched", "[state]") {
    MemoryStore store;
    REQUIRE(state::check_schema(store, true).ok());
    CHECK(state::check_schema(store, false).ok());
    store.records[{Table::Meta, "schema"}] = "2";
    const auto before = store.records;
    const auto checked = state::check_schema(store, true);
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.error().kind == ErrorKind::Corrupt);
    CHECK(store.records == before);
}

TEST_CASE("a replaced activation cannot be written over by the old one's rotated tokens", "[state]") {
    MemoryStore store;
    Activation old;
    old.id = "old";
    old.org = OrgId{"org"};
    old.app_url = "u";
    old.refresh_token = Secret{"r"};
    Activation fresh = old;
    fresh.id = "new";
    const std::vector<Change> first{state::keep_activation(old), state::point_to(old)};
    const std::vector<Change> replaced{state::keep_activation(fresh), state::point_to(fresh),
                                       state::drop_activation("old")};
    REQUIRE(store.commit(first).ok());
    REQUIRE(store.commit(replaced).ok());
    const Change late = state::keep_activation(old);  // by a worker that has not noticed yet
    REQUIRE(store.commit({&late, 1}).ok());
    CHECK((*state::load_activation(store))->id == "new");
    const auto orphans = state::orphans(store);
    REQUIRE(orphans.ok());
    REQUIRE(orphans->size() == 1);
    REQUIRE(store.commit(*orphans).ok());
    CHECK((*state::load_activation(store))->id == "new");
    CHECK(state::orphans(store)->empty());
}

TEST_CASE("a spent code is remembered for a day and then forgotten", "[state]") {
    MemoryStore store;
    REQUIRE(store.commit(state::spend(store, "j1", morning)).ok());
    CHECK(state::is_spent(store, "j1", morning + 23h));
    CHECK_FALSE(state::is_spent(store, "j2", morning));
    CHECK_FALSE(state::is_spent(store, "j1", morning + 24h));
    REQUIRE(store.commit(state::spend(store, "j2", morning + 25h)).ok());
    CHECK(store.count(Table::SpentCode) == 1);
}
