#include "daemon/needs.hpp"

namespace hotdesk {

codec::ManifestNeeds needs_of(const PolicyBook& policy, const AppId& app) {
    codec::ManifestNeeds needs;
    needs.app = app;
    // Source: technical details, "Example Manifest": scopes and roles for devices, workspaces, statuses and commands.
    needs.scopes = {{"spark-admin:devices_read", "id_readonly_admin"},
                    {"spark-admin:workspaces_read", "id_readonly_admin"},
                    {"spark:xapi_statuses"},
                    {"spark:xapi_commands"}};
    needs.statuses = {{"Webex.DevicePersonalization.Personalized"},
                      {"SystemUnit.State.NumberOfActiveCalls"},
                      {"RoomAnalytics.PeoplePresence", false}};  // shown by `devices` where a desk pushes it
    // Source: hot-desking guide, "xAPIs"; xAPI schema, events of Bookings.
    for (const char* event : {"BookingRequested", "BookingCreated", "BookingFailed", "BookingMoved", "Start", "End",
                              "Deleted", "SyncRequired", "Updated"})
        needs.events.push_back({std::string{"Bookings."} + event});
    needs.events.push_back({"BootEvent"});
    // Asked of every desk, and an administrator's sign-out needs no rule.
    needs.commands = {{"Bookings.List"}, {"Webex.Registration.Logout"}};
    if (policy.any([](const Policy& p) { return p.release_on_sign_out; }))
        needs.commands.push_back({"Bookings.Delete"});
    if (policy.any([](const Policy& p) { return p.messages; }))
        needs.commands.push_back({"UserInterface.Message.Alert.Display"});
    return needs;
}

}  // namespace hotdesk
