#pragma once
// What desks and the cloud say, decoded: the values that codec produces and core consumes.
//
// Everything here is a fact as it was told, with the time at which the teller says it was true. Nothing is judged yet.
// Source: technical details, "Queue Polling" and "Example Webhook Request"; the fields of each event: xAPI schema.

#include <hotdesk/booking.hpp>
#include <hotdesk/id.hpp>
#include <hotdesk/secret.hpp>
#include <hotdesk/time.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hotdesk {

/// Source: xAPI schema, RoomAnalytics.PeoplePresence: Yes, No, Unknown.
enum class Presence { Unknown, No, Yes };

/// Not mentioned (outer empty), mentioned as gone (inner empty), or mentioned with a value.
template <class T>
using Mention = std::optional<std::optional<T>>;

/// The statuses that hotdeskd reads. The same whether a desk pushed them or was asked.
struct StatusReport {
    Mention<bool> personalized;  ///< Webex.DevicePersonalization.Personalized: somebody is signed in
    Mention<int> active_calls;   ///< SystemUnit.State.NumberOfActiveCalls, 0 and up
    Mention<Presence> presence;  ///< RoomAnalytics.PeoplePresence

    [[nodiscard]] bool empty() const { return !personalized && !active_calls && !presence; }
    bool operator==(const StatusReport&) const = default;
};

// --- events -------------------------------------------------------------------------------------------------------
// One struct an event key that hotdeskd understands; the comment names the key.

/// Bookings.BookingRequested. The desk asks its calendar for a booking; nothing is confirmed yet.
struct BookingRequested {
    RequestUuid uuid;  ///< may be empty
    WallTime start{};
    std::chrono::minutes duration{};
    bool operator==(const BookingRequested&) const = default;
};
/// Bookings.BookingCreated. Confirmed.
struct BookingCreated {
    Booking booking;
    RequestUuid uuid;  ///< may be empty
    bool operator==(const BookingCreated&) const = default;
};
/// Bookings.BookingFailed. Causes: Timeout, Decline, ConfigError, HttpError, KmsError; kept as told.
struct BookingFailed {
    RequestUuid uuid;
    std::string cause;
    bool operator==(const BookingFailed&) const = default;
};
/// Bookings.BookingMoved: the new times.
struct BookingMoved {
    BookingRef ref;
    WallTime start{};
    std::chrono::minutes duration{};
    bool operator==(const BookingMoved&) const = default;
};
/// Bookings.EditRequested and Bookings.EditFailed.
struct EditRequested {
    MeetingId meeting;
    bool operator==(const EditRequested&) const = default;
};
struct EditFailed {
    MeetingId meeting;
    std::string cause;
    bool operator==(const EditFailed&) const = default;
};
/// Bookings.ExtensionRequested and Bookings.ExtensionFailed. `original` is OriginalMeetingId, may be empty.
struct ExtensionRequested {
    BookingRef ref;  ///< may be empty
    MeetingId original;
    WallTime new_end{};
    std::chrono::minutes duration{};
    bool operator==(const ExtensionRequested&) const = default;
};
struct ExtensionFailed {
    MeetingId original;
    std::string cause;
    bool operator==(const ExtensionFailed&) const = default;
};
/// Bookings.Start: the booking's time has come (not: somebody signed in).
struct BookingStarted {
    BookingRef ref;
    bool operator==(const BookingStarted&) const = default;
};
/// Bookings.End: the booking's time is over.
struct BookingEnded {
    BookingRef ref;
    WallTime start{};
    WallTime end{};
    bool operator==(const BookingEnded&) const = default;
};
/// Bookings.Deleted. Causes: ManualCheckOut, NoShow, Deleted, HotdeskSignout, HotdeskOrganizerNotFoundInOrg; as told.
struct BookingDeleted {
    BookingRef ref;
    std::string cause;
    bool operator==(const BookingDeleted&) const = default;
};
/// Bookings.CheckedIn: the desk's own check-in feature saw the organizer.
struct CheckedIn {
    BookingRef ref;
    bool operator==(const CheckedIn&) const = default;
};
/// Bookings.SyncRequired: what is known of the desk's bookings is void; and Bookings.Updated: it has changed somehow.
struct BookingsChanged {
    bool is_void = false;  ///< SyncRequired: the desk was cut off or started anew, and what it said may be missing
    bool operator==(const BookingsChanged&) const = default;
};
/// BootEvent. Action: Restart, Shutdown, Upgrade; as told.
struct Booted {
    std::string action;
    bool operator==(const Booted&) const = default;
};

using EventBody = std::variant<BookingRequested, BookingCreated, BookingFailed, BookingMoved, EditRequested, EditFailed,
                               ExtensionRequested, ExtensionFailed, BookingStarted, BookingEnded, BookingDeleted,
                               CheckedIn, BookingsChanged, Booted>;

struct Event {
    EventBody body;
    WallTime at{};  ///< when it happened, by the cloud's clock
    bool operator==(const Event&) const = default;
};

// --- messages -----------------------------------------------------------------------------------------------------

struct StatusMessage {
    StatusReport report;
    bool full_sync = false;  ///< the current values of everything subscribed, about hourly; not a change
    bool operator==(const StatusMessage&) const = default;
};
struct EventsMessage {
    std::vector<Event> events;
    bool operator==(const EventsMessage&) const = default;
};
/// A connectivity test of the cloud; nothing to do but count it.
struct HealthCheckMessage {
    bool operator==(const HealthCheckMessage&) const = default;
};
/// A signed management action that came through the queue. Not verified yet.
/// Source: technical details, "Queues": the queue carries the updateApproved action.
struct ActionMessage {
    Secret jwt;
};

struct Message {
    DeviceId device;        ///< empty where the type has none
    WorkspaceId workspace;  ///< empty where the type has none
    WallTime timestamp{};   ///< when it was sent, by the cloud's clock
    std::variant<StatusMessage, EventsMessage, HealthCheckMessage, ActionMessage> body;
};

/// One answer of the queue. Elements that were not understood cost only themselves.
struct MessageBatch {
    std::vector<Message> messages;
    std::size_t skipped = 0;         ///< elements not understood, or addressed to another app or organization
    std::vector<std::string> notes;  ///< why, one short line each, without contents; bounded
};

}  // namespace hotdesk
