#pragma once
// Strong names for the strings that the Webex cloud hands out.
//
// Every id is opaque: compared, stored and sent back, never parsed. A separate type each, so that a booking's
// `Id` (which may change when a desk reboots) cannot be passed where its `MeetingId` (which stays) is meant.

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace hotdesk {

template <class Tag>
struct Id {
    std::string value;

    Id() = default;
    explicit Id(std::string v) : value(std::move(v)) {}

    [[nodiscard]] bool empty() const { return value.empty(); }
    auto operator<=>(const Id&) const = default;
};

/// Source: technical details, "Fields That Are Present in Both Status and Event Messages": deviceId, workspaceId.
using DeviceId = Id<struct DeviceTag>;
using WorkspaceId = Id<struct WorkspaceTag>;
/// Source: REST description, /devices and /workspaces: locationId.
using LocationId = Id<struct LocationTag>;
/// Source: technical details, activation JWT: `sub` (organization) and `appId` (the manifest's id).
using OrgId = Id<struct OrgTag>;
using AppId = Id<struct AppTag>;
/// Names a booking for as long as it lives. Source: xAPI schema, Bookings.* events: MeetingId.
using MeetingId = Id<struct MeetingTag>;
/// Names a booking on its desk until the desk reboots. Source: xAPI schema, Bookings.* events: Id.
using BookingId = Id<struct BookingTag>;
/// Names a request to book until it is confirmed. Source: xAPI schema, Bookings.Book: BookingRequestUUID.
using RequestUuid = Id<struct RequestTag>;
/// Names a person of the organization. Source: REST description, /hotdesk/sessions and /people: personId.
using PersonId = Id<struct PersonTag>;

}  // namespace hotdesk

template <class Tag>
struct std::hash<hotdesk::Id<Tag>> {
    std::size_t operator()(const hotdesk::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.value); }
};
