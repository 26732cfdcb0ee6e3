#pragma once
// What Webex has granted, and what stands in the way of an act: known before anything is tried.
//
// Granted lists hold paths and patterns (`Bookings.*`, `Peripherals.ConnectedDevice[*].RoomAnalytics.*`). A list that
// is not known grants everything: the scopes where there are none at all, the paths where no kind has any, the events
// where there are none (the documented answer of appUrl leaves them out).
//
// **Source:** technical details, "Manifest Details" (patterns), "Example Activation JWT" (`scopes`, `xapiAccess`),
// "Read the current integration state" (`scopes`, `xapiAccessKeys`).

#include <hotdesk/cloud.hpp>
#include <hotdesk/desk.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace hotdesk {

enum class GrantKind { Scope, Status, Command, Event };
/// `scope`, `status`, `command`, `event`.
std::string_view name_of(GrantKind kind);

/// The commands that hotdeskd sends: their one home. Source: xAPI schema, Command paths.
namespace command_path {
inline constexpr std::string_view list = "Bookings.List", book = "Bookings.Book", edit = "Bookings.Edit",
                                  remove = "Bookings.Delete", logout = "Webex.Registration.Logout",
                                  alert = "UserInterface.Message.Alert.Display";
}

class Grants {
public:
    /// Nothing is known: everything may be tried.
    Grants() : Grants({}, {}) {}
    Grants(std::vector<std::string> scopes, XapiAccess xapi);

    [[nodiscard]] bool allows(GrantKind kind, std::string_view path) const;
    /// What stands in the way of a rule's act: the weightiest path that was not granted; empty: nothing. Lives for
    /// ever.
    [[nodiscard]] std::string_view withheld(Act act) const { return by_act_[static_cast<std::size_t>(act)]; }
    /// The same for one command, whoever wants it sent. Lives as long as `command`, or for ever.
    [[nodiscard]] std::string_view withheld(std::string_view command) const;
    /// A person at a desk can be told something.
    [[nodiscard]] bool may_tell() const { return may_tell_; }
    /// Devices and workspaces can be listed: both, or neither.
    [[nodiscard]] bool may_list() const { return may_list_; }
    /// Desks can be asked for their status and their bookings: both, or neither.
    [[nodiscard]] bool may_ask() const { return may_ask_; }
    /// SystemUnit.State.NumberOfActiveCalls may be among the statuses that are asked for.
    [[nodiscard]] bool may_ask_calls() const { return may_ask_calls_; }

    bool operator==(const Grants&) const = default;

private:
    std::vector<std::string> scopes_;
    XapiAccess xapi_;
    std::array<std::string_view, act_count> by_act_{};
    bool may_list_ = true, may_tell_ = true, may_ask_ = true, may_ask_calls_ = true;
};

/// "Bookings.Delete was not granted".
std::string not_granted(std::string_view path);

}  // namespace hotdesk
