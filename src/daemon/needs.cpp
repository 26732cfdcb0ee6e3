#include "daemon/needs.hpp"

#include <hotdesk/cloud.hpp>

namespace hotdesk {

namespace {

/// Whether a booking can be moved, or prolonged, into breaking a rule: the move is then reversed.
bool judges_times(const Policy& p) {
    const Policy lax;
    return !p.allow_extension || p.max_duration || p.max_advance || p.max_bookings_per_day != 0 ||
           p.one_desk_at_a_time || p.booking_days != lax.booking_days || p.booking_from != lax.booking_from ||
           p.booking_to != lax.booking_to;
}

bool judges_bookings(const Policy& p) {
    return judges_times(p) || !p.allow_ad_hoc || !p.organizer_domains.empty() || !p.organizer_deny.empty();
}

}  // namespace

codec::ManifestNeeds needs_of(const PolicyBook& policy, const AppId& app) {
    const bool edits = policy.any(judges_times);
    const bool releases = policy.any([](const Policy& p) { return p.no_show_release.has_value(); });
    const bool deletes =
        releases || policy.any(judges_bookings) || policy.any([](const Policy& p) { return p.release_on_sign_out; });

    codec::ManifestNeeds needs;
    needs.app = app;
    // Source: technical details, "Example Manifest": scopes and roles for devices, workspaces, statuses and commands.
    needs.scopes = {{"spark-admin:devices_read", "id_readonly_admin"},
                    {"spark-admin:workspaces_read", "id_readonly_admin"},
                    {"spark:xapi_statuses"},
                    {"spark:xapi_commands"}};
    // Who sits where is the administrator's to grant: without it one rule rests.
    if (policy.any([](const Policy& p) { return p.verify_identity != VerifyIdentity::Off; }))
        for (const std::string_view scope : {identity_scope::sessions, identity_scope::people})
            needs.scopes.push_back({std::string{scope}, "id_readonly_admin", false});
    needs.statuses = {
        {"Webex.DevicePersonalization.Personalized"},
        {"SystemUnit.State.NumberOfActiveCalls"},
        // Shown by `devices`, and keeps a booking from being released as a no-show; not every desk has it.
        {"RoomAnalytics.PeoplePresence", false}};
    // Source: hot-desking guide, "xAPIs"; xAPI schema, events of Bookings.
    for (const char* event : {"BookingRequested", "BookingCreated", "BookingFailed", "BookingMoved", "Start", "End",
                              "Deleted", "SyncRequired", "Updated"})
        needs.events.push_back({std::string{"Bookings."} + event});
    for (const char* event : {"EditRequested", "EditFailed", "ExtensionRequested", "ExtensionFailed"})
        needs.events.push_back({std::string{"Bookings."} + event, edits});
    needs.events.push_back({"Bookings.CheckedIn", releases});
    needs.events.push_back({"BootEvent"});
    // Asked of every desk, and an administrator's sign-out needs no rule.
    needs.commands = {{"Bookings.List"}, {"Webex.Registration.Logout"}};
    // Where no rule sends them, only `hotdeskd book`, `edit` and `delete` do.
    needs.commands.push_back({"Bookings.Delete", deletes});
    needs.commands.push_back({"Bookings.Edit", edits});
    needs.commands.push_back({"Bookings.Book", false});
    if (policy.any([](const Policy& p) { return p.messages; }))
        needs.commands.push_back({"UserInterface.Message.Alert.Display"});
    return needs;
}

}  // namespace hotdesk
