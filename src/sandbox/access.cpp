#include "sandbox/access.hpp"

#include <algorithm>
#include <array>

#include "sandbox/http.hpp"
#include "sandbox/schema.hpp"

namespace hotdesk::sandbox {

namespace {

constexpr std::array<std::string_view, 6> scopes = {"spark-admin:devices_read", "spark-admin:workspaces_read",
                                                    "spark:xapi_statuses",      "spark:xapi_commands",
                                                    "spark-admin:hotdesk_read", "spark-admin:people_read"};
constexpr std::size_t scopes_of_identity = 2;  ///< the last ones

/// Those of Desk::status() and Desk::emit(). Source: xAPI schema, Status and Event paths.
constexpr std::array<std::string_view, 9> statuses = {"Bookings.Availability.Status",
                                                      "Bookings.Availability.TimeStamp",
                                                      "Bookings.Current.Id",
                                                      "RoomAnalytics.PeoplePresence",
                                                      "Standby.State",
                                                      "SystemUnit.State.NumberOfActiveCalls",
                                                      "SystemUnit.State.System",
                                                      "Webex.DevicePersonalization.Hotdesking.SessionStatus",
                                                      "Webex.DevicePersonalization.Personalized"};
constexpr std::array<std::string_view, 19> events = {"Bookings.BookingCreated",
                                                     "Bookings.BookingFailed",
                                                     "Bookings.BookingMoved",
                                                     "Bookings.BookingRequested",
                                                     "Bookings.CheckedIn",
                                                     "Bookings.Deleted",
                                                     "Bookings.EditFailed",
                                                     "Bookings.EditRequested",
                                                     "Bookings.End",
                                                     "Bookings.ExtensionFailed",
                                                     "Bookings.ExtensionRequested",
                                                     "Bookings.Start",
                                                     "Bookings.SyncRequired",
                                                     "Bookings.TimeRemaining",
                                                     "Bookings.Updated",
                                                     "BootEvent",
                                                     "CallDisconnect",
                                                     "CallSuccessful",
                                                     "UserInterface.Message.Prompt.Response"};

template <class List>
bool holds(const List& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

/// The patterns without `path`: one that covers more becomes the known paths that it covers.
template <class Known>
void take_out(std::vector<std::string>& patterns, const Known& known, std::string_view path) {
    std::vector<std::string> left;
    for (const std::string& pattern : patterns) {
        if (!matches_path(pattern, path)) {
            left.push_back(pattern);
            continue;
        }
        for (const auto& name : known)
            if (name != path && matches_path(pattern, name)) left.emplace_back(name);
    }
    patterns = std::move(left);
}

}  // namespace

bool is_granted(const std::vector<std::string>& patterns, std::string_view path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches_path(pattern, path); });
}

bool can_be_granted(std::string_view name) {
    return holds(scopes, name) || holds(statuses, name) || holds(events, name) || knows_command(name);
}

Granted grant_all_but(const std::vector<std::string>& withheld, bool identity) {
    Granted out;
    out.scopes.assign(scopes.begin(), scopes.end() - (identity ? 0 : scopes_of_identity));
    out.access.commands = known_commands();
    out.access.statuses = {"Bookings.*", "RoomAnalytics.PeoplePresence", "Standby.State", "SystemUnit.State.*",
                           "Webex.DevicePersonalization.*"};
    out.access.events = {"Bookings.*", "BootEvent", "CallDisconnect", "CallSuccessful",
                         "UserInterface.Message.Prompt.Response"};
    for (const std::string& name : withheld) {
        std::erase(out.scopes, name);
        if (holds(statuses, name)) take_out(out.access.statuses, statuses, name);
        if (holds(events, name)) take_out(out.access.events, events, name);
        std::erase(out.access.commands, name);
    }
    return out;
}

}  // namespace hotdesk::sandbox
