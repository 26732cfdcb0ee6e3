// What was not granted is known before it is tried: the table, and the worker that goes by it.

#include <catch2/catch.hpp>

#include "core/grants.hpp"
#include "core/worker.hpp"
#include "fleet_lab.hpp"

#include <algorithm>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

using Names = std::vector<std::string>;

const Names all_scopes{"spark-admin:devices_read", "spark-admin:workspaces_read", "spark:xapi_statuses",
                       "spark:xapi_commands",      "spark-admin:hotdesk_read",    "spark-admin:people_read"};

XapiAccess all_xapi() {
    return {{"Bookings.*", "Webex.Registration.Logout", "UserInterface.Message.Alert.Display"},
            {"RoomAnalytics.*", "Webex.DevicePersonalization.*", "SystemUnit.State.NumberOfActiveCalls"},
            {"Bookings.*", "BootEvent"}};
}

XapiAccess with_commands(Names commands) {
    XapiAccess out = all_xapi();
    out.commands = std::move(commands);
    return out;
}

Names without(Names names, const std::string& name) {
    std::erase(names, name);
    return names;
}

PolicyBook book(const Policy& policy = {}) { return {policy, {}}; }

std::vector<MissingGrant> missing(const Policy& policy, const XapiAccess& xapi, const Names& scopes = all_scopes) {
    return missing_grants(book(policy), scopes, xapi);
}

Names paths(const std::vector<MissingGrant>& list) {
    Names out;
    for (const auto& one : list) out.push_back(one.path);
    return out;
}

}  // namespace

// --- patterns --------------------------------------------------------------------------------------------------------

TEST_CASE("a pattern grants what is below it, a path itself alone", "[grants]") {
    const Grants grants(
        all_scopes,
        {{"Bookings.Delete"}, {"RoomAnalytics.*", "Peripherals.ConnectedDevice[*].RoomAnalytics.*"}, {"Bookings.*"}});
    CHECK(grants.allows(GrantKind::Command, "Bookings.Delete"));
    CHECK_FALSE(grants.allows(GrantKind::Command, "Bookings.DeleteAll"));
    CHECK_FALSE(grants.allows(GrantKind::Command, "Bookings.Edit"));
    CHECK(grants.allows(GrantKind::Status, "RoomAnalytics.PeoplePresence"));
    CHECK(grants.allows(GrantKind::Status, "Peripherals.ConnectedDevice[1003].RoomAnalytics.AirQuality"));
    CHECK_FALSE(grants.allows(GrantKind::Status, "Peripherals.ConnectedDevice[1003].Status"));
    CHECK_FALSE(grants.allows(GrantKind::Status, "RoomAnalyticsToo.PeoplePresence"));
    CHECK(grants.allows(GrantKind::Event, "Bookings.Start"));
    CHECK_FALSE(grants.allows(GrantKind::Event, "BootEvent"));
    CHECK(Grants(all_scopes, {{"*"}, {}, {}}).allows(GrantKind::Command, "Bookings.Edit"));
}

TEST_CASE("what is not known grants everything, kind by kind", "[grants]") {
    const Grants nothing_known;
    CHECK(nothing_known.may_ask());
    CHECK(nothing_known.may_tell());
    for (std::size_t act = 0; act < act_count; ++act) CHECK(nothing_known.withheld(static_cast<Act>(act)).empty());
    CHECK(nothing_known.withheld(command_path::book).empty());
    CHECK(missing_grants(book(), {}, {}).empty());

    // Scopes are known, paths are not; and the other way round.
    const Grants scopes(without(all_scopes, "spark:xapi_commands"), {});
    CHECK(scopes.withheld(Act::SignOut) == "spark:xapi_commands");
    CHECK(scopes.allows(GrantKind::Command, "Bookings.Delete"));
    const Grants xapi({}, with_commands({"Bookings.List"}));
    CHECK(xapi.allows(GrantKind::Scope, "spark:xapi_commands"));
    CHECK(xapi.withheld(Act::SignOut) == "Webex.Registration.Logout");

    // The documented answer of appUrl has commands and statuses, and no events: they are not missing for that.
    XapiAccess documented = all_xapi();
    documented.events.clear();
    CHECK(missing_grants(book(), all_scopes, documented).empty());
    // No command at all is an answer.
    CHECK(Grants(all_scopes, with_commands({})).withheld(Act::Reject) == "Bookings.List");
}

TEST_CASE("a scope counts whoever's it is, and those of identity by what they read", "[grants]") {
    const Grants grants({"spark:devices_read", "spark:xapi_commands", "spark-admin:hotdesk_sessions_read"}, all_xapi());
    CHECK(grants.allows(GrantKind::Scope, "spark-admin:devices_read"));
    CHECK(grants.allows(GrantKind::Scope, identity_scope::sessions));
    CHECK_FALSE(grants.allows(GrantKind::Scope, identity_scope::people));
    CHECK_FALSE(grants.allows(GrantKind::Scope, "spark:xapi_statuses"));
}

// --- what stands in the way of an act --------------------------------------------------------------------------------

TEST_CASE("each act rests without each path that it needs", "[grants]") {
    struct Row {
        std::string path;
        std::vector<Act> rest;
    };
    const std::vector<Act> all{Act::SignOut, Act::Release, Act::NoShow,     Act::Reject,
                               Act::Restore, Act::LeaveBe, Act::WarnNoShow, Act::WarnEnd};
    const std::vector<Act> hurting{Act::SignOut, Act::Release, Act::NoShow, Act::Reject, Act::Restore, Act::WarnNoShow};
    const Row rows[] = {
        {"Webex.Registration.Logout", {Act::SignOut}},
        {"Bookings.Delete", {Act::Release, Act::NoShow, Act::Reject, Act::WarnNoShow}},
        {"Bookings.Edit", {Act::Restore}},
        {"Bookings.Book", {}},
        {"Bookings.List", hurting},
        {"UserInterface.Message.Alert.Display", {Act::WarnNoShow, Act::WarnEnd}},
        {"SystemUnit.State.NumberOfActiveCalls", {Act::SignOut, Act::Release, Act::NoShow, Act::WarnNoShow}},
        {"Webex.DevicePersonalization.Personalized",
         {Act::SignOut, Act::Release, Act::NoShow, Act::Reject, Act::Restore, Act::WarnNoShow, Act::WarnEnd}},
        {"RoomAnalytics.PeoplePresence", {}},
        {"spark:xapi_commands",
         {Act::SignOut, Act::Release, Act::NoShow, Act::Reject, Act::Restore, Act::WarnNoShow, Act::WarnEnd}},
        {"spark:xapi_statuses", hurting},
        {"Bookings.BookingCreated", {}},
    };
    XapiAccess full;
    for (const Need& need : needs_for(book())) {
        if (need.kind == GrantKind::Command) full.commands.emplace_back(need.path);
        if (need.kind == GrantKind::Status) full.statuses.emplace_back(need.path);
        if (need.kind == GrantKind::Event) full.events.emplace_back(need.path);
    }
    for (const Row& row : rows) {
        INFO(row.path);
        const Grants grants(
            without(all_scopes, row.path),
            {without(full.commands, row.path), without(full.statuses, row.path), without(full.events, row.path)});
        for (const Act act : all) {
            INFO(name_of(act));
            const bool rests = std::find(row.rest.begin(), row.rest.end(), act) != row.rest.end();
            CHECK(grants.withheld(act) == (rests ? std::string_view{row.path} : std::string_view{}));
        }
        const bool asked = row.rest != hurting && row.rest.size() != 7;
        CHECK(grants.may_ask() == asked);
        CHECK(grants.may_ask_calls() == (row.path != "SystemUnit.State.NumberOfActiveCalls"));
        CHECK(grants.may_tell() ==
              (row.path != "UserInterface.Message.Alert.Display" && row.path != "spark:xapi_commands"));
    }
}

TEST_CASE("of several paths in the way the weightiest is named", "[grants]") {
    const Grants grants(without(all_scopes, "spark:xapi_commands"), with_commands({}));
    CHECK(grants.withheld(Act::SignOut) == "spark:xapi_commands");
    CHECK(grants.withheld(command_path::book) == "spark:xapi_commands");
    CHECK(Grants(all_scopes, with_commands({"Bookings.List"})).withheld(command_path::book) == "Bookings.Book");
    CHECK(Grants(all_scopes, all_xapi()).withheld(command_path::book).empty());
}

// --- what is missing -------------------------------------------------------------------------------------------------

TEST_CASE("what is missing is named with the rules that rest and the remedy", "[grants]") {
    Policy policy;
    policy.no_show_release = 15min;
    const auto found =
        missing(policy, with_commands({"Bookings.List", "Bookings.Edit", "Bookings.Book", "Webex.Registration.Logout",
                                       "UserInterface.Message.Alert.Display"}));
    REQUIRE(paths(found) == Names{"Bookings.Delete"});
    CHECK(found[0].kind == GrantKind::Command);
    CHECK(found[0].alarming);
    CHECK(found[0].rules == std::vector{Rule::ReleaseOnSignOut, Rule::NoShowRelease, Rule::NoShowWarning});
    CHECK(found[0].sentence ==
          "Bookings.Delete (command) was not granted: release_on_sign_out, no_show_release and no_show_warning rest, "
          "and hotdeskd delete is refused");
    CHECK(found[0].remedy.find("hotdeskd manifest --request-update") != std::string::npos);
}

TEST_CASE("one rule rests, every rule rests, an event is heard of late", "[grants]") {
    const auto sentence_of = [](const Policy& policy, const XapiAccess& xapi, const Names& scopes = all_scopes) {
        const auto found = missing(policy, xapi, scopes);
        return found.empty() ? std::string{} : found.front().sentence;
    };
    CHECK(sentence_of({}, all_xapi(), without(all_scopes, "spark-admin:people_read")) ==
          "spark-admin:people_read (scope) was not granted: verify_identity rests");
    CHECK(sentence_of({}, all_xapi(), without(all_scopes, "spark-admin:devices_read")) ==
          "spark-admin:devices_read (scope) was not granted: every rule rests, and no desk is known");
    XapiAccess xapi = all_xapi();
    xapi.events = {"Bookings.*"};
    CHECK(sentence_of({}, xapi) ==
          "BootEvent (event) was not granted: hotdeskd learns of it only when it asks the desk");
    xapi.events = {"Bookings.B*", "Bookings.C*", "Bookings.D*", "Bookings.E*",
                   "Bookings.S*", "Bookings.U*", "BootEvent"};
    CHECK(sentence_of({}, xapi).empty());
    xapi.events = {"Bookings.B*",      "Bookings.S*", "Bookings.Ex*", "Bookings.Ed*",
                   "Bookings.Deleted", "Bookings.C*", "Bookings.U*",  "BootEvent"};
    CHECK(sentence_of({}, xapi) == "Bookings.End (event) was not granted: sign_out_grace acts late");
}

TEST_CASE("the weightiest need comes first, what can be done without last", "[grants]") {
    Policy policy;
    policy.max_duration = 4h;
    XapiAccess xapi = with_commands({"Webex.Registration.Logout"});
    xapi.statuses = {"Webex.DevicePersonalization.Personalized"};
    xapi.events = {"Bookings.*"};
    CHECK(paths(missing(policy, xapi, without(all_scopes, "spark-admin:people_read"))) ==
          Names{"Bookings.List", "SystemUnit.State.NumberOfActiveCalls", "Bookings.Delete", "spark-admin:people_read",
                "Bookings.Edit", "UserInterface.Message.Alert.Display", "BootEvent", "RoomAnalytics.PeoplePresence",
                "Bookings.Book"});
}

TEST_CASE("what no rule needs is no alarm", "[grants]") {
    Policy policy;
    policy.release_on_sign_out = false;
    policy.messages = false;
    policy.verify_identity = VerifyIdentity::Off;
    const Names least{"spark-admin:devices_read", "spark-admin:workspaces_read", "spark:xapi_statuses",
                      "spark:xapi_commands"};
    auto xapi = with_commands({"Bookings.List", "Webex.Registration.Logout"});
    xapi.statuses = {"Webex.DevicePersonalization.*", "SystemUnit.State.*"};
    const auto found = missing(policy, xapi, least);
    CHECK(paths(found) == Names{"RoomAnalytics.PeoplePresence", "Bookings.Delete", "Bookings.Edit", "Bookings.Book"});
    CHECK(std::none_of(found.begin(), found.end(), [](const MissingGrant& one) { return one.alarming; }));
    CHECK(found.back().sentence == "Bookings.Book (command) was not granted: hotdeskd book is refused");
    // An override that needs it makes it one.
    const PolicyBook overridden(policy, {{"Oslo*", "", {[](Policy& p) { p.max_duration = 1h; }}}});
    const auto alarms = missing_grants(overridden, least, xapi);
    CHECK(paths(alarms) == Names{"Bookings.Delete", "Bookings.Edit", "RoomAnalytics.PeoplePresence", "Bookings.Book"});
    CHECK(alarms[0].alarming);
    CHECK(alarms[1].alarming);
}

// --- the worker ------------------------------------------------------------------------------------------------------

namespace {

struct Works {
    explicit Works(const XapiAccess& xapi, const Names& scopes = all_scopes)
        : worker(activation(xapi, scopes), book(), Health{}, 1, now) {
        worker.fleet().take_inventory(campus(1), now);
        turn();
    }
    static Activation activation(const XapiAccess& xapi, const Names& scopes) {
        Activation out = standing_activation();
        out.scopes = scopes;
        out.xapi = xapi;
        return out;
    }
    void turn() {
        worker.tick(now);
        for (bool more = true; more;) {
            more = false;
            (void)worker.pending();
            worker.committed();
            for (const Call& call : worker.take_calls(now)) {
                more = true;
                if (std::holds_alternative<call::AskStatus>(call))
                    worker.answered(call, Reply{somebody()}, now.mono, now, 0.0);
                else if (std::holds_alternative<call::AskBookings>(call))
                    worker.answered(call, Reply{BookingList{}}, now.mono, now, 0.0);
                else if (std::holds_alternative<call::ListDevices>(call))
                    ++listed;
                else if (const auto* send = std::get_if<call::Send>(&call)) {
                    sent.push_back(send->command.name);
                    worker.answered(call, Reply{CommandDone{"t"}}, now.mono, now, 0.0);
                } else if (std::holds_alternative<call::ReadApp>(call)) {
                    worker.answered(call, Reply{app}, now.mono, now, 0.0);
                } else if (std::holds_alternative<call::Poll>(call)) {
                    poll = call;
                }
            }
        }
        for (const Line& line : worker.take_lines()) lines.push_back(line);
    }
    /// The queue is empty all the time.
    void pass(Millis time) {
        for (Millis left = time; left > Millis{0}; left -= 20s) {
            now.wall += std::min<Millis>(left, 20s);
            now.mono += std::min<Millis>(left, 20s);
            if (poll) worker.answered(*std::exchange(poll, std::nullopt), Reply{MessageBatch{}}, now.mono, now, 0.0);
            turn();
        }
    }
    [[nodiscard]] std::size_t said(Level level, const std::string& part) const {
        return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const Line& line) {
            return line.level == level && line.text.find(part) != std::string::npos;
        }));
    }

    Now now{morning, MonoTime{} + 1000s};
    AppDetails app;  ///< of appUrl; empty lists: it does not say
    Worker worker;
    std::optional<Call> poll;
    Names sent;
    int listed = 0;
    std::vector<Line> lines;
};

}  // namespace

TEST_CASE("a rule rests from the start, and wakes with the next answer of appUrl", "[grants][worker]") {
    Works works(with_commands({"Bookings.List", "Bookings.Delete"}));
    CHECK(works.said(Level::Warn,
                     "Webex.Registration.Logout (command) was not granted: sign_in_grace, "
                     "sign_out_grace and verify_identity rest") == 1);
    works.pass(30min);
    CHECK(works.sent.empty());
    CHECK(works.said(Level::Warn, "was not granted") == 2);  // and the message, each once

    works.app.xapi = all_xapi();
    works.pass(1h);
    works.pass(1s);
    REQUIRE(works.sent.size() >= 2);  // the desk does not obey, and is told again
    CHECK(works.sent[0] == "UserInterface.Message.Alert.Display");
    CHECK(works.sent[1] == "Webex.Registration.Logout");
    CHECK(works.said(Level::Info, "Webex.Registration.Logout is granted now") == 1);
    CHECK(works.said(Level::Warn, "was not granted") == 2);

    works.app.xapi = with_commands({"Bookings.*", "UserInterface.*"});
    works.pass(1h);
    CHECK(works.said(Level::Warn, "Webex.Registration.Logout (command) was not granted") == 2);
}

TEST_CASE("an answer of appUrl without events leaves what was said of them before", "[grants][worker]") {
    Works works(all_xapi());
    works.app.xapi = all_xapi();
    works.app.xapi.events.clear();
    works.pass(2h);
    CHECK(works.worker.activation().xapi == all_xapi());
    CHECK(works.said(Level::Warn, "was not granted") == 0);
    works.app.xapi.events = {"Bookings.*"};
    works.pass(2h);
    CHECK(works.worker.activation().xapi.events == Names{"Bookings.*"});
    CHECK(works.said(Level::Warn, "BootEvent (event) was not granted") == 1);
}

TEST_CASE("a policy that comes to need more says what is missing for it", "[grants][worker]") {
    Works works(with_commands({"Bookings.List", "Bookings.Delete", "Webex.Registration.Logout", "UserInterface.*"}));
    CHECK(works.said(Level::Warn, "was not granted") == 0);
    Policy policy;
    policy.max_duration = 4h;
    works.worker.set_policy(book(policy), works.now);
    works.turn();
    CHECK(works.said(Level::Warn, "Bookings.Edit (command) was not granted: max_duration rests") == 1);
    // Without the rule it is not missed; it is not granted for that.
    works.worker.set_policy(book(), works.now);
    works.turn();
    CHECK(works.said(Level::Info, "is granted now") == 0);
}

TEST_CASE("devices are listed once that is granted, and not before", "[grants][worker]") {
    for (const std::string scope : {"spark-admin:devices_read", "spark-admin:workspaces_read"}) {
        Works works(all_xapi(), without(all_scopes, scope));
        works.pass(2h);
        CHECK(works.listed == 0);
        CHECK(works.said(Level::Warn, scope + " (scope) was not granted: every rule rests") == 1);
        works.app.scopes = all_scopes;
        works.pass(1h);
        works.pass(1s);
        CHECK(works.listed == 1);
    }
}

TEST_CASE("who is signed in is asked again where Webex refused, once access has changed", "[grants][fleet]") {
    Lab lab(1);
    lab.fleet.set_may_ask_who(true);
    lab.bookings = {{{BookingId{"1"}, MeetingId{"m1"}}, morning, morning + 4h, "alice@example.com", "", ""}};
    lab.status = somebody();
    lab.sent();
    const auto asked = [&] {
        lab.pass(1h);
        int count = 0;
        for (int round = 0; round < 5; ++round)
            for (const Call& call : lab.calls()) {
                if (std::holds_alternative<call::AskSessions>(call)) {
                    ++count;
                    lab.fleet.answered(call, failing(ErrorKind::Rejected, 403), lab.now.mono, lab.now, false);
                } else {
                    lab.answer(call, lab.status, lab.bookings);
                }
            }
        return count;
    };
    CHECK(asked() == 1);
    CHECK(lab.fleet.who_refused());
    CHECK(asked() == 0);
    lab.fleet.set_grants(Grants(all_scopes, all_xapi()), lab.now);
    CHECK_FALSE(lab.fleet.who_refused());
    CHECK(asked() == 1);
}

TEST_CASE("what is granted while a desk is being asked is asked for afterwards", "[grants][fleet]") {
    Lab lab(1);
    XapiAccess less = all_xapi();
    std::erase(less.statuses, "SystemUnit.State.NumberOfActiveCalls");
    lab.fleet.set_grants(Grants(all_scopes, less), lab.now);
    const auto asks_calls = [](const std::vector<Call>& calls) {
        REQUIRE(calls.size() == 2);
        return std::get<call::AskStatus>(calls.front()).calls;
    };
    const auto before = lab.calls();
    CHECK_FALSE(asks_calls(before));
    const MonoTime started = lab.now.mono;
    lab.pass(1s);
    lab.fleet.set_grants(Grants(all_scopes, all_xapi()), lab.now);
    CHECK(lab.calls().empty());
    StatusReport no_calls = somebody();
    no_calls.active_calls.reset();
    lab.fleet.answered(before[0], Reply{no_calls}, started, lab.now, false);
    const bool lists = GENERATE(true, false);
    if (lists)
        lab.fleet.answered(before[1], Reply{BookingList{}}, started, lab.now, false);
    else
        lab.fleet.answered(before[1], failing(ErrorKind::Transient, 502), started, lab.now, false);
    if (!lists) lab.pass(10s);
    CHECK(asks_calls(lab.calls()));
}

TEST_CASE("an order that waits for its desk does not go out once access is taken back", "[grants][fleet]") {
    Lab lab(1);
    lab.sent();
    // Ordered and stored; the desk's next turn comes after the change.
    lab.fleet.order(sign_out("r1", DeviceId{"d1"}, lab.now.wall), lab.now);
    lab.commit();
    lab.fleet.set_grants(Grants(all_scopes, with_commands({"Bookings.*", "UserInterface.*"})), lab.now);
    for (const call::Send& send : lab.sent()) {
        CHECK(send.command.name == "UserInterface.Message.Alert.Display");
        lab.reply(send);
    }
    const auto calls = lab.calls();
    CHECK(calls.empty());
    const auto outcomes = lab.outcomes();
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].outcome == "refused");
    CHECK(outcomes[0].cause == "Webex.Registration.Logout was not granted");
}
