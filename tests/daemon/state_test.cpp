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

/// The same with what the rules about bookings and identity found out.
DeskState full_desk_with_rules() {
    DeskState desk = full_desk();
    KnownBooking& known = desk.bookings.front();
    known.request = RequestUuid{"u0"};
    known.made_at = morning - 1h;
    known.moved_at = morning - 30min;
    known.at_desk = true;
    known.extends = MeetingId{"m0"};
    known.admitted = Admitted{{morning, morning + 1h}, "alice@example.com", true};
    known.objection = Objection{Rule::MaxDuration, {morning, morning + 9h}, {morning + 1min, {}}};
    known.reversals = {morning - 2min, morning - 1min};
    known.left_alone = Objection{Rule::BookingHours, {morning, morning + 9h}, {morning + 2min, {}}};
    known.arrived = true;
    known.chance = Since{morning + 3min, {}};
    desk.requested.front().at_desk = true;
    desk.requested.front().extends = MeetingId{"m1"};
    desk.permits.push_back({RequestUuid{"u2"}, MeetingId{"m2"}, {morning, morning + 1h}, {morning, {}}});
    desk.checks_in = morning - 24h;
    desk.sign_in->who = Person{PersonId{"p2"}, {"bob@example.com", "b@example.com"}, "Bob"};
    desk.attempts.front().failures = 3;
    for (const Act act : {Act::NoShow, Act::Reject, Act::Restore, Act::LeaveBe, Act::WarnNoShow, Act::WarnEnd}) {
        Attempt attempt;
        attempt.act = act;
        attempt.ref = {BookingId{"1"}, MeetingId{"m1"}};
        desk.attempts.push_back(attempt);
    }
    return desk;
}

/// A request to book with something in every field.
Request full_request() {
    Request request;
    request.kind = RequestKind::Book;
    request.device = DeviceId{"d1"};
    request.asked_at = morning;
    request.uuid = RequestUuid{"u1"};
    request.meeting = MeetingId{"m1"};
    request.organizer_email = "alice@example.com";
    request.title = "Pult \xC3\xA5 1";
    request.start = morning + 1h;
    request.duration = 90min;
    request.force = true;
    return request;
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

TEST_CASE("the golden desk record with all that rules find out loads, and is still written the same", "[state]") {
    const std::string golden = fixture("desk-1-rules.json");
    REQUIRE_FALSE(golden.empty());
    const auto desk = codec::read_desk(golden);
    REQUIRE(desk.ok());
    CHECK(*desk == full_desk_with_rules());
    CHECK(codec::write_desk(full_desk_with_rules()) == golden);
}

TEST_CASE("when a booking was asked for, and for whom, is kept", "[state]") {
    DeskState desk = full_desk_with_rules();
    desk.bookings.front().asked_at = morning - 1min;
    desk.requested.front().asked_at = morning + 1min;
    desk.permits.front().organizer_email = "alice@example.com";
    CHECK(*codec::read_desk(codec::write_desk(desk)) == desk);
}

TEST_CASE("what is out of range in a record is read as something that can be written again", "[state]") {
    const auto often = codec::read_desk(R"({"id":"d","attempts":[{"act":"release","count":3000000000}]})");
    REQUIRE(often.ok());
    REQUIRE(often->attempts.size() == 1);
    CHECK(often->attempts[0].count == 2147483647);
    CHECK(codec::write_desk(*codec::read_desk(codec::write_desk(*often))) == codec::write_desk(*often));
    CHECK(codec::read_health(R"({"clockOffsetMs":-7200000})")->clock_offset == -2h);
    CHECK(codec::read_health(R"({"clockOffsetMs":9223372036854775807})")->clock_offset == 0ms);
    CHECK_FALSE(codec::read_outcome(R"({"outcome":7})").ok());
    CHECK_FALSE(codec::read_outcome(R"({"outcome":""})").ok());
}

TEST_CASE("a rule or an act of a later version costs only itself", "[state]") {
    const auto desk =
        codec::read_desk(R"({"id":"d","bookings":[{"id":"1","objection":{"rule":"max_noise"},"leftAlone":{}}],)"
                         R"("attempts":[{"act":"play_music"},{"act":"reject","id":"1"}]})");
    REQUIRE(desk.ok());
    REQUIRE(desk->bookings.size() == 1);
    CHECK_FALSE(desk->bookings.front().objection);
    CHECK_FALSE(desk->bookings.front().left_alone);
    REQUIRE(desk->attempts.size() == 1);
    CHECK(desk->attempts.front().act == Act::Reject);
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
    for (const std::string& whole : {codec::write_desk(full_desk_with_rules()), codec::write_request(full_request()),
                                     fixture("record-1.json"), fixture("activation-1.json")})
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
    health.clock_offset = -1h;
    CHECK(*codec::read_health(codec::write_health(health)) == health);
    CHECK(*codec::read_health(codec::write_health(Health{})) == Health{});
    CHECK(*codec::read_outbox(codec::write_outbox({7, "key"})) == OutboxEntry{7, "key"});
    const std::string outcome = codec::write_outcome({"", "refused", "why", 3, MeetingId{"m"}});
    CHECK(codec::has_outcome(outcome));
    CHECK_FALSE(codec::has_outcome(codec::write_request(full_request())));
    CHECK(*codec::read_outcome(outcome) == RequestOutcome{"", "refused", "why", 3, MeetingId{"m"}});
    CHECK(*codec::read_outcome(R"({"outcome":"done"})") == RequestOutcome{"", "done", "", 0});
}

TEST_CASE("the golden request loads, is still written the same, and so is the one of the first version", "[state]") {
    const auto read = codec::read_request(fixture("request-1.json"));
    REQUIRE(read.ok());
    CHECK(*read == full_request());
    CHECK(codec::write_request(full_request()) == fixture("request-1.json"));

    const std::string old = R"({"kind":"sign-out","deviceId":"d","askedAt":"2026-03-02T09:00:00Z"})";
    Request sign_out;
    sign_out.device = DeviceId{"d"};
    sign_out.asked_at = morning;
    REQUIRE(codec::read_request(old).ok());
    CHECK(*codec::read_request(old) == sign_out);
    CHECK(codec::write_request(sign_out) == old);
}

TEST_CASE("a request that lacks what its kind needs is damaged", "[state]") {
    for (const RequestKind kind : {RequestKind::SignOut, RequestKind::Book, RequestKind::Edit, RequestKind::Delete}) {
        Request request = full_request();
        request.kind = kind;
        CHECK(*codec::read_request(codec::write_request(request)) == request);
        request.device = {};
        CHECK_FALSE(codec::read_request(codec::write_request(request)).ok());
    }
    const auto refused = [](RequestKind kind, auto&& spoil) {
        Request request = full_request();
        request.kind = kind;
        spoil(request);
        return !codec::read_request(codec::write_request(request)).ok();
    };
    CHECK(refused(RequestKind::Book, [](Request& r) { r.uuid = {}; }));
    CHECK(refused(RequestKind::Book, [](Request& r) { r.organizer_email.clear(); }));
    CHECK(refused(RequestKind::Book, [](Request& r) { r.start.reset(); }));
    CHECK(refused(RequestKind::Book, [](Request& r) { r.duration.reset(); }));
    CHECK(refused(RequestKind::Edit, [](Request& r) { r.meeting = {}; }));
    CHECK(refused(RequestKind::Edit, [](Request& r) { r.start.reset(), r.duration.reset(); }));
    CHECK(refused(RequestKind::Delete, [](Request& r) { r.meeting = {}; }));
    CHECK_FALSE(refused(RequestKind::Edit, [](Request& r) { r.start.reset(); }));
    CHECK_FALSE(codec::read_request(R"({"kind":"make-coffee","deviceId":"d"})").ok());
}

TEST_CASE("requests without an outcome are found, and what nobody can read or fetch goes", "[state]") {
    MemoryStore store;
    const std::string key = format_time(morning) + "/1";
    store.records[{Table::Request, key}] = codec::write_request(full_request());
    store.records[{Table::Request, format_time(morning) + "/2"}] = codec::write_outcome({"", "done", "", 1});
    store.records[{Table::Request, format_time(morning - 2h) + "/3"}] = codec::write_outcome({"", "done", "", 1});
    store.records[{Table::Request, format_time(morning) + "/4"}] = R"({"kind":"make-coffee","deviceId":"d"})";
    const auto open = state::open_requests(store, morning + 1s);
    REQUIRE(open.ok());
    REQUIRE(open->size() == 1);
    Request expected = full_request();
    expected.key = key;
    CHECK(open->front() == expected);
    CHECK(store.count(Table::Request) == 2);
}

TEST_CASE("keys of decisions sort by number", "[state]") {
    CHECK(codec::seq_key(255) < codec::seq_key(256));
    CHECK(codec::seq_key(1) < codec::seq_key(1ULL << 40));
    CHECK(codec::read_seq_key(codec::seq_key(1234567890123)) == Seq{1234567890123});
    CHECK_FALSE(codec::read_seq_key("short"));
}

TEST_CASE("a state of a newer schema is not touched", "[state]") {
    MemoryStore store;
    CHECK(*state::load_schema(store) == 0);
    REQUIRE(store.commit(state::keep_schema()).ok());
    CHECK(*state::load_schema(store) == codec::state_schema);
    store.records[{Table::Meta, "schema"}] = "1";
    CHECK(*state::load_schema(store) == 1);
    store.records[{Table::Meta, "schema"}] = "one";
    CHECK_FALSE(state::load_schema(store).ok());
    store.records[{Table::Meta, "schema"}] = "3";
    store.records[{Table::Meta, "written-by"}] = "7.5";
    const auto before = store.records;
    const auto checked = state::load_schema(store);
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.error().kind == ErrorKind::Corrupt);
    CHECK(checked.error().message.find("install hotdeskd 7.5 or a newer one") != std::string::npos);
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

TEST_CASE("what is gone takes no activation with it that was put in its place", "[state]") {
    // An administrator activates anew while the worker is about to find out, for the second time, that the old
    // integration is gone.
    MemoryStore store;
    Activation fresh;
    fresh.id = "new";
    fresh.org = OrgId{"org"};
    fresh.app_url = "u";
    fresh.refresh_token = Secret{"r"};
    const std::vector<Change> replaced{state::keep_activation(fresh), state::point_to(fresh)};
    REQUIRE(store.commit(replaced).ok());
    const auto before = store.records;
    CHECK_FALSE(*state::forget_gone(store, "old"));
    CHECK(store.records == before);
    CHECK(*state::forget_gone(store, "new"));
    CHECK(store.count(Table::Meta) == 0);
    CHECK(*state::forget_gone(store, "new"));  // another command was faster: there is nothing left
}

TEST_CASE("a spent code is remembered for a day and then forgotten", "[state]") {
    MemoryStore store;
    REQUIRE(store.commit(state::spend(store, "j1", morning)).ok());
    CHECK(state::is_spent(store, "j1", morning + 23h));
    // What cannot be read was written once: rather refused than taken twice.
    const Change broken{Table::SpentCode, "j3", "no time"};
    REQUIRE(store.commit({&broken, 1}).ok());
    CHECK(state::is_spent(store, "j3", morning));
    CHECK_FALSE(state::is_spent(store, "j2", morning));
    CHECK_FALSE(state::is_spent(store, "j1", morning + 24h));
    REQUIRE(store.commit(state::spend(store, "j2", morning + 25h)).ok());
    CHECK(store.count(Table::SpentCode) == 1);
}

TEST_CASE("decisions that wait for their answer get a result when the integration is gone", "[state]") {
    MemoryStore store;
    const auto keep = [&](Seq seq, std::string_view result, bool waits) {
        const Record record{seq, morning, DeviceId{"d"}, "sign_out_grace", "sign out", "why", {}, std::string{result},
                            ""};
        std::vector<Change> changes{{Table::Record, codec::seq_key(seq), codec::write_record(record)}};
        if (waits) changes.push_back({Table::Outbox, codec::seq_key(seq), codec::write_outbox({seq, ""})});
        REQUIRE(store.commit(changes).ok());
    };
    keep(1, result_done, false);
    keep(2, result_pending, true);
    CHECK(*state::forget_gone(store, "old"));
    CHECK(store.count(Table::Outbox) == 0);
    REQUIRE(store.count(Table::Record) == 2);
    const auto result_of = [&](Seq seq) {
        return codec::read_record(store.records.at({Table::Record, codec::seq_key(seq)}))->result;
    };
    CHECK(result_of(1) == result_done);
    CHECK(result_of(2) == "dropped: the integration was removed before the answer came");
}
