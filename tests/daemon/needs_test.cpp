#include <catch2/catch.hpp>

#include <hotdesk/cloud.hpp>

#include "daemon/needs.hpp"

#include <algorithm>
#include <functional>

using namespace hotdesk;
using namespace std::chrono_literals;

namespace {

/// A policy for which nothing needs to be granted that can be done without.
Policy least() {
    Policy policy;
    policy.release_on_sign_out = false;
    policy.messages = false;
    policy.verify_identity = VerifyIdentity::Off;
    return policy;
}

codec::ManifestNeeds needs(const Policy& policy) { return needs_of({policy, {}}, AppId{"app"}); }

/// `required`, `optional` or `none`.
template <class List>
std::string access(const List& list, const std::string& path) {
    for (const auto& need : list)
        if (need.path == path) return need.required ? "required" : "optional";
    return "none";
}

std::string scope_access(const codec::ManifestNeeds& needs, std::string_view scope) {
    for (const auto& need : needs.scopes)
        if (need.scope == scope) return need.required ? "required" : "optional";
    return "none";
}

}  // namespace

TEST_CASE("what only the command line sends is optional", "[needs]") {
    const auto found = needs(least());
    CHECK(access(found.commands, "Bookings.List") == "required");
    CHECK(access(found.commands, "Webex.Registration.Logout") == "required");
    for (const char* command : {"Bookings.Book", "Bookings.Edit", "Bookings.Delete"})
        CHECK(access(found.commands, command) == "optional");
    CHECK(access(found.commands, "UserInterface.Message.Alert.Display") == "none");
    CHECK(scope_access(found, identity_scope::sessions) == "none");
    CHECK(scope_access(found, identity_scope::people) == "none");
    CHECK(access(found.events, "Bookings.CheckedIn") == "optional");
    CHECK(access(found.statuses, "RoomAnalytics.PeoplePresence") == "optional");
}

TEST_CASE("each rule needs the commands that it sends", "[needs]") {
    struct Row {
        std::function<void(Policy&)> set;
        const char *deletes, *edits;
    };
    const Row rows[] = {
        {[](Policy& p) { p.release_on_sign_out = true; }, "required", "optional"},
        {[](Policy& p) { p.no_show_release = 15min; }, "required", "optional"},
        {[](Policy& p) { p.allow_ad_hoc = false; }, "required", "optional"},
        {[](Policy& p) { p.organizer_domains = {"example.com"}; }, "required", "optional"},
        {[](Policy& p) { p.organizer_deny = {"a@example.com"}; }, "required", "optional"},
        {[](Policy& p) { p.allow_extension = false; }, "required", "required"},
        {[](Policy& p) { p.max_duration = 4h; }, "required", "required"},
        {[](Policy& p) { p.max_advance = 24h; }, "required", "required"},
        {[](Policy& p) { p.max_bookings_per_day = 1; }, "required", "required"},
        {[](Policy& p) { p.one_desk_at_a_time = true; }, "required", "required"},
        {[](Policy& p) { p.booking_days[6] = false; }, "required", "required"},
        {[](Policy& p) { p.booking_from = 8h; }, "required", "required"},
        {[](Policy& p) { p.booking_to = 18h; }, "required", "required"},
        {[](Policy& p) { p.end_warning = 5min; }, "optional", "optional"},
    };
    for (const Row& row : rows) {
        Policy policy = least();
        row.set(policy);
        const auto found = needs(policy);
        CHECK(access(found.commands, "Bookings.Delete") == row.deletes);
        CHECK(access(found.commands, "Bookings.Edit") == row.edits);
        CHECK(access(found.events, "Bookings.EditFailed") == row.edits);
        // An override counts as much as the policy itself.
        const auto overridden = needs_of({least(), {{"Oslo*", "", {row.set}}}}, AppId{"app"});
        CHECK(access(overridden.commands, "Bookings.Delete") == row.deletes);
        CHECK(access(overridden.commands, "Bookings.Edit") == row.edits);
    }
    Policy no_show = least();
    no_show.no_show_release = 15min;
    CHECK(access(needs(no_show).events, "Bookings.CheckedIn") == "required");
}

TEST_CASE("messages need the alert, and identity two scopes that the administrator may refuse", "[needs]") {
    Policy policy = least();
    policy.messages = true;
    CHECK(access(needs(policy).commands, "UserInterface.Message.Alert.Display") == "required");
    for (const VerifyIdentity verify : {VerifyIdentity::Auto, VerifyIdentity::On}) {
        policy.verify_identity = verify;
        CHECK(scope_access(needs(policy), "spark-admin:hotdesk_read") == "optional");
        CHECK(scope_access(needs(policy), "spark-admin:people_read") == "optional");
    }
}

TEST_CASE("each thing is asked for once", "[needs]") {
    const auto found = needs(Policy{});
    for (const auto* list : {&found.commands, &found.events, &found.statuses}) {
        std::vector<std::string> paths;
        for (const auto& need : *list) paths.push_back(need.path);
        std::sort(paths.begin(), paths.end());
        CHECK(std::adjacent_find(paths.begin(), paths.end()) == paths.end());
    }
}

TEST_CASE("who is signed in may be asked where sessions and people may be read", "[needs]") {
    CHECK(may_ask_who({"spark-admin:hotdesk_read", "spark-admin:people_read"}));
    CHECK(may_ask_who({"spark:xapi_statuses", "spark-admin:people_read", "spark-admin:hotdesk_sessions_read"}));
    CHECK(may_ask_who({"identity:people_read", "spark-admin:hotdesks_read"}));
    CHECK_FALSE(may_ask_who({}));
    CHECK_FALSE(may_ask_who({"spark-admin:hotdesk_read"}));
    CHECK_FALSE(may_ask_who({"spark-admin:people_read"}));
    CHECK_FALSE(may_ask_who({"spark-admin:hotdesk_write", "spark-admin:people_read"}));
    CHECK_FALSE(may_ask_who({"spark-admin:hotdesk_read", "spark-admin:people_write"}));
}
