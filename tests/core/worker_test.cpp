// Session and fleet together: what the worker says, counts and stores.

#include <catch2/catch.hpp>

#include "worker_lab.hpp"

#include <algorithm>

using namespace hotdesk;
using namespace hotdesk::test;

TEST_CASE("a decision is said with its rule, its reason and its result", "[worker]") {
    Works works;
    works.answer_all(somebody());
    works.pass(5min);
    works.answer_all(somebody());
    REQUIRE(works.said("sign out: somebody has been signed in since"));
    const auto line = std::find_if(works.lines.begin(), works.lines.end(),
                                   [](const Line& l) { return l.text.rfind("sign out", 0) == 0; });
    CHECK(line->level == Level::Info);
    const auto has = [&](const std::string& name, const std::string& value) {
        return std::find(line->fields.begin(), line->fields.end(), std::pair{name, value}) != line->fields.end();
    };
    CHECK(has("rule", "sign_in_grace"));
    CHECK(has("result", "done"));
    CHECK(has("trackingId", "t-1"));
    CHECK(works.worker.health().sent > 0);
}

TEST_CASE("messages are counted, passed over ones noted once", "[worker]") {
    Works works;
    MessageBatch batch;
    batch.messages = {pushed("d1", nobody(), morning), pushed("unknown", nobody(), morning)};
    Message action;
    action.body = ActionMessage{Secret{"jwt"}};
    batch.messages.push_back(std::move(action));
    batch.skipped = 2;
    batch.notes = {"an element without a type", "an element without a type"};
    works.answer<call::Poll>(Reply{std::move(batch)});
    const Health& health = works.worker.health();
    CHECK(health.messages == 3);
    CHECK(health.skipped == 2);
    CHECK(health.last_poll == morning);
    CHECK(std::count_if(works.lines.begin(), works.lines.end(),
                        [](const Line& line) { return line.text.find("without a type") != std::string::npos; }) == 1);
    const auto actions = works.worker.take_actions();
    REQUIRE(actions.size() == 1);
    CHECK(actions[0].reveal() == "jwt");
    works.worker.passed_over("bad signature");
    works.turn();
    CHECK(works.worker.health().skipped == 3);
    CHECK(works.said("a management action is passed over: bad signature"));
}

TEST_CASE("more management actions at once than can be meant are counted, not kept", "[worker]") {
    Works works;
    MessageBatch batch;
    for (int i = 0; i < 40; ++i) {
        Message action;
        action.body = ActionMessage{Secret{"jwt"}};
        batch.messages.push_back(std::move(action));
    }
    works.answer<call::Poll>(Reply{std::move(batch)});
    CHECK(works.worker.take_actions().size() == 16);
    CHECK(works.worker.health().skipped == 24);
}

namespace {

/// What became of a renewal that was asked for from the command line.
std::optional<RequestOutcome> outcome_of(Works& works) {
    const WorkerChanges changes = works.worker.pending();
    if (changes.fleet.outcomes.empty()) return std::nullopt;
    return changes.fleet.outcomes.front();
}

Request renewal(WallTime at) {
    Request request;
    request.key = "renewal";
    request.kind = RequestKind::Renew;
    request.asked_at = at;
    return request;
}

}  // namespace

TEST_CASE("whoever asks for a new token hears of it once appUrl was read with it", "[worker]") {
    Works works;
    works.answer<call::ReadApp>(Reply{AppDetails{}});
    works.worker.order(renewal(works.now.wall), works.now);
    works.worker.order(renewal(works.now.wall), works.now);  // rung for twice
    works.turn();
    works.answer<call::Refresh>(Reply{TokenGrant{Secret{"access-1"}, 7199s, Secret{"refresh-1"}, {}}});
    CHECK_FALSE(outcome_of(works));
    const auto at = std::find_if(works.out.begin(), works.out.end(),
                                 [](const Call& call) { return std::holds_alternative<call::ReadApp>(call); });
    REQUIRE(at != works.out.end());
    works.worker.answered(*at, Reply{AppDetails{}}, works.now.mono, works.now, 0.0);
    const auto outcome = outcome_of(works);
    REQUIRE(outcome);
    CHECK(outcome->key == "renewal");
    CHECK(outcome->outcome == "done");
}

TEST_CASE("whoever asks for a new token hears that Webex refuses it, or does not answer", "[worker]") {
    for (const ErrorKind kind : {ErrorKind::Rejected, ErrorKind::Transient}) {
        Works works;
        works.worker.order(renewal(works.now.wall), works.now);
        works.turn();
        const auto at = std::find_if(works.out.begin(), works.out.end(),
                                     [](const Call& call) { return std::holds_alternative<call::Refresh>(call); });
        REQUIRE(at != works.out.end());
        works.worker.answered(*at, Error{kind, "so it is"}, works.now.mono, works.now, 0.0);
        const auto outcome = outcome_of(works);
        REQUIRE(outcome);
        CHECK(outcome->outcome == (kind == ErrorKind::Rejected ? "refused" : "unknown"));
        CHECK(outcome->cause == "so it is");
    }
}

TEST_CASE("a renewal that was asked for long before the worker started is refused", "[worker]") {
    Works works;
    works.worker.order(renewal(works.now.wall - 1h), works.now);
    const auto outcome = outcome_of(works);
    REQUIRE(outcome);
    CHECK(outcome->outcome == "refused");
}

TEST_CASE("a desk that nobody knows leads to a new listing, one that is no hot desk does not", "[worker]") {
    Works works;
    works.answer_all(nobody());
    works.answer<call::ListDevices>(Reply{Page<DeviceInfo>{campus(3).devices, ""}});
    works.answer<call::ListWorkspaces>(Reply{Page<WorkspaceInfo>{campus(2).workspaces, ""}});
    CHECK(works.said("listed devices and workspaces"));
    works.answer_all(nobody());
    const auto listings = [&] {
        return std::count_if(works.out.begin(), works.out.end(),
                             [](const Call& call) { return std::holds_alternative<call::ListDevices>(call); });
    };
    MessageBatch batch;
    const bool known = GENERATE(true, false);
    batch.messages = {pushed(known ? "d3" : "d9", nobody(), morning)};
    works.answer<call::Poll>(Reply{std::move(batch)});
    works.pass(1min);
    CHECK(listings() == (known ? 0 : 1));
}

TEST_CASE("the same trouble is said once in ten minutes, whatever its numbers", "[worker]") {
    Works works;
    const auto fail = [&](const std::string& text) {
        Error error{ErrorKind::Transient, text};
        works.answer<call::Poll>(error);
        works.now.wall += 5min;
        works.now.mono += 5min;
        works.turn();
    };
    fail("no answer after 12 ms");
    fail("no answer after 34 ms");
    CHECK(works.lines.size() >= 1);
    const auto count = [&] {
        return std::count_if(works.lines.begin(), works.lines.end(),
                             [](const Line& line) { return line.text.find("no answer") != std::string::npos; });
    };
    CHECK(count() == 1);
    CHECK(works.worker.health().last_error == "no answer after 34 ms");
    CHECK(works.worker.health().operational == Operational::Impaired);
    CHECK(works.worker.sentence(works.now).find("impaired: no answer") == 0);
    fail("no answer after 56 ms");
    CHECK(count() == 2);
}

TEST_CASE("how it goes, in a sentence", "[worker]") {
    Works works;
    works.answer_all(somebody());
    works.answer<call::Poll>(Reply{MessageBatch{{pushed("d1", somebody(), morning)}, 0, {}}});
    CHECK(works.worker.sentence(works.now) ==
          "watching 2 desks, 2 signed in, 0 booked; last message 2026-03-02T09:00:00Z");
    CHECK(works.worker.ready());
}

TEST_CASE("how far the clock was off before a restart is found out again", "[worker]") {
    Works works;
    Health health;
    health.clock_offset = 1h;
    Worker again(standing_activation(), {Policy{}, {}}, health, 1, works.now);
    REQUIRE(again.pending().health);
    CHECK(again.pending().health->clock_offset == 0h);
}

TEST_CASE("a clock that was set makes every desk be asked, also where it was only found out", "[worker]") {
    Works works;
    works.answer_all(nobody());
    const auto questions = [&] {
        return std::count_if(works.out.begin(), works.out.end(),
                             [](const Call& call) { return std::holds_alternative<call::AskStatus>(call); });
    };
    REQUIRE(questions() == 0);
    SECTION("it was set") {
        works.worker.clock_set(1h, -1h, works.now);
        works.turn();
        CHECK(works.said("was set by 3600 s"));
        CHECK(works.worker.health().clock_offset == -1h);
    }
    SECTION("it was wrong") {
        works.now.wall -= 1h;
        works.worker.clock_corrected(-1h, works.now);
        works.turn();
        CHECK(works.said("3600 s ahead of Webex's"));
        CHECK(works.worker.health().clock_offset == -1h);  // for the command line
        CHECK_FALSE(works.said("was set by"));
    }
    SECTION("it was wrong the other way, and is right again") {
        works.worker.clock_corrected(1h, works.now);
        works.worker.clock_corrected(0h, works.now);
        works.turn();
        CHECK(works.said("3600 s behind"));
        CHECK(works.said("agrees with Webex's again"));
        CHECK(works.worker.health().clock_offset == 0h);
    }
    CHECK(questions() == 2);
}

TEST_CASE("a state that cannot be written is said once, and tried again", "[worker]") {
    Works works;
    works.worker.order(sign_out("key", DeviceId{"d1"}, morning), works.now);
    REQUIRE_FALSE(works.worker.pending().empty());
    works.worker.commit_failed({ErrorKind::Fatal, "the disk is full"}, works.now);
    works.worker.commit_failed({ErrorKind::Fatal, "the disk is full"}, works.now);
    CHECK(works.worker.pending().empty());
    CHECK(works.worker.wake_at(works.now) <= works.now.mono + 10s);
    CHECK(works.worker.health().operational == Operational::Impaired);
    works.pass(10s);
    CHECK(std::count_if(works.lines.begin(), works.lines.end(),
                        [](const Line& line) { return line.text.find("the disk is full") != std::string::npos; }) == 1);
    CHECK(works.said("can be written again"));
}

TEST_CASE("refused credentials are an outage, said with the remedy", "[worker]") {
    Activation with = standing_activation();
    with.access_token = Secret{};
    Works works(Policy{}, std::move(with));
    works.answer<call::Refresh>(failing(ErrorKind::Rejected, 400));
    CHECK(works.worker.health().tokens == Tokens::Invalid);
    CHECK(works.worker.health().operational == Operational::Outage);
    CHECK(works.said("hotdeskd activate --replace"));
    CHECK(name_of(works.worker.health().operational) == "outage");
    works.worker.set_policy({Policy{}, {}}, works.now);
    works.turn();
    works.answer<call::Refresh>(Reply{TokenGrant{Secret{"a"}, 7199s, Secret{"r"}, std::nullopt}});
    CHECK(works.worker.health().tokens == Tokens::Valid);
    CHECK(works.worker.activation().refresh_token.reveal() == "r");
}

TEST_CASE("an integration that Webex deprovisions stops the worker", "[worker]") {
    Works works;
    works.worker.deprovisioned();
    CHECK(works.worker.removed());
    CHECK(works.worker.take_calls(works.now).empty());
}

TEST_CASE("an approved manifest gets a token for what it grants", "[worker]") {
    Works works;
    works.worker.approved(works.now);
    works.turn();
    CHECK(std::any_of(works.out.begin(), works.out.end(),
                      [](const Call& call) { return std::holds_alternative<call::Refresh>(call); }));
}

TEST_CASE("an integration that was removed stops the worker", "[worker]") {
    Works works;
    Error gone{ErrorKind::Gone, "gone"};
    gone.http_status = 404;
    works.answer<call::ReadApp>(gone);
    CHECK_FALSE(works.worker.removed());  // it may be a mistake on the way
    works.pass(1min);
    works.answer<call::ReadApp>(gone);
    CHECK(works.worker.removed());
    CHECK(works.said("removed on the Webex side"));
    CHECK(works.worker.take_calls(works.now).empty());
    CHECK(works.worker.take_desk_calls(works.now).empty());
}

TEST_CASE("a gap in the queue makes every desk doubtful", "[worker]") {
    Works works;
    works.answer_all(nobody());
    works.answer<call::Poll>(Error{ErrorKind::Corrupt, "no JSON"});
    CHECK(works.said("asking every desk again"));
    CHECK(std::count_if(works.out.begin(), works.out.end(),
                        [](const Call& call) { return std::holds_alternative<call::AskStatus>(call); }) == 2);
}

TEST_CASE("presence is asked for where it is granted and a rule wants it", "[worker]") {
    Policy policy;
    if (GENERATE(true, false)) policy.no_show_release = 15min;
    Activation with = standing_activation();
    if (GENERATE(true, false)) with.xapi.statuses = {"SystemUnit.*", "RoomAnalytics.*"};
    const bool wanted = policy.no_show_release && !with.xapi.statuses.empty();
    Works works(policy, std::move(with));
    for (const Call& call : works.out)
        if (const auto* ask = std::get_if<call::AskStatus>(&call)) CHECK(ask->presence == wanted);
}

TEST_CASE("verify_identity that is wanted and not granted is an impairment", "[worker]") {
    Policy policy;
    policy.verify_identity = GENERATE(VerifyIdentity::On, VerifyIdentity::Auto);
    Works works(policy);
    works.answer<call::Poll>(Reply{MessageBatch{}});
    const bool wanted = policy.verify_identity == VerifyIdentity::On;
    CHECK((works.worker.health().operational == Operational::Impaired) == wanted);
    // Granted later.
    AppDetails details;
    details.scopes = {"spark-admin:hotdesk_read", "spark-admin:people_read"};
    works.answer<call::ReadApp>(Reply{details});
    CHECK(works.worker.health().operational == Operational::Operational);
}

TEST_CASE("the names in `status`", "[worker]") {
    CHECK(name_of(Tokens::Unknown) == "unknown");
    CHECK(name_of(Tokens::Valid) == "valid");
    CHECK(name_of(Tokens::Invalid) == "invalid");
    CHECK(name_of(Operational::Operational) == "operational");
    CHECK(name_of(Operational::Impaired) == "impaired");
}
