#include "codec/events.hpp"

#include "codec/fields.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

namespace hotdesk::codec {

namespace {

using Decoded = std::variant<EventBody, EventRefusal>;

Decoded refuse(std::string_view reason) { return EventRefusal{reason}; }

template <class Body>
Decoded take(Body body) {
    return EventBody(std::move(body));
}

struct Slot {
    WallTime start;
    std::chrono::minutes duration;
};

/// StartTime and Duration, as BookingRequested, BookingCreated and BookingMoved have them.
std::optional<Slot> read_slot(json::View value) {
    const auto start = read_time(value["StartTime"]);
    const auto duration = read_minutes(value["Duration"]);
    if (!start || !duration) return std::nullopt;
    return Slot{*start, *duration};
}

constexpr std::string_view kNoTimes = "without StartTime and Duration";
constexpr std::string_view kNoName = "names no booking";

Decoded booking_requested(json::View value, WallTime) {
    const auto slot = read_slot(value);
    if (!slot) return refuse(kNoTimes);
    return take(BookingRequested{id_or_empty<RequestUuid>(value["BookingRequestUUID"]), slot->start, slot->duration});
}

Decoded booking_created(json::View value, WallTime) {
    BookingCreated created;
    created.booking.ref = read_ref(value);
    if (created.booking.ref.empty()) return refuse(kNoName);
    const auto slot = read_slot(value);
    if (!slot) return refuse(kNoTimes);
    created.booking.start = slot->start;
    created.booking.end = slot->start + slot->duration;
    created.booking.organizer_email = text_or_empty(value["OrganizerEmail"]);
    created.booking.organizer_id = text_or_empty(value["OrganizerId"]);
    created.booking.organizer_name = text_or_empty(value["OrganizerName"]);
    created.uuid = id_or_empty<RequestUuid>(value["BookingRequestUUID"]);
    return take(std::move(created));
}

Decoded booking_failed(json::View value, WallTime) {
    BookingFailed failed{id_or_empty<RequestUuid>(value["BookingRequestUUID"]), text_or_empty(value["FailureCause"])};
    if (failed.uuid.empty()) return refuse("names no request");
    return take(std::move(failed));
}

Decoded booking_moved(json::View value, WallTime) {
    BookingRef ref = read_ref(value);
    if (ref.empty()) return refuse(kNoName);
    const auto slot = read_slot(value);
    if (!slot) return refuse(kNoTimes);
    return take(BookingMoved{std::move(ref), slot->start, slot->duration});
}

Decoded edit_requested(json::View value, WallTime) {
    EditRequested requested{id_or_empty<MeetingId>(value["MeetingId"])};
    if (requested.meeting.empty()) return refuse(kNoName);
    return take(std::move(requested));
}

Decoded edit_failed(json::View value, WallTime) {
    EditFailed failed{id_or_empty<MeetingId>(value["MeetingId"]), text_or_empty(value["FailureCause"])};
    if (failed.meeting.empty()) return refuse(kNoName);
    return take(std::move(failed));
}

Decoded extension_requested(json::View value, WallTime) {
    const auto new_end = read_time(value["NewEndTime"]);
    const auto duration = read_minutes(value["Duration"]);
    if (!new_end || !duration) return refuse("without NewEndTime and Duration");
    return take(
        ExtensionRequested{read_ref(value), id_or_empty<MeetingId>(value["OriginalMeetingId"]), *new_end, *duration});
}

Decoded extension_failed(json::View value, WallTime) {
    return take(
        ExtensionFailed{id_or_empty<MeetingId>(value["OriginalMeetingId"]), text_or_empty(value["FailureCause"])});
}

Decoded booking_started(json::View value, WallTime) {
    BookingRef ref = read_ref(value);
    if (ref.empty()) return refuse(kNoName);
    return take(BookingStarted{std::move(ref)});
}

Decoded booking_ended(json::View value, WallTime at) {
    BookingRef ref = read_ref(value);
    if (ref.empty()) return refuse(kNoName);
    const auto end = value["EndTime"].exists() ? read_time(value["EndTime"]) : at;
    const auto start = value["StartTime"].exists() ? read_time(value["StartTime"]) : end;
    if (!start || !end || *end < *start) return refuse("with meaningless times");
    return take(BookingEnded{std::move(ref), *start, *end});
}

Decoded booking_deleted(json::View value, WallTime) {
    BookingRef ref = read_ref(value);
    if (ref.empty()) return refuse(kNoName);
    return take(BookingDeleted{std::move(ref), text_or_empty(value["Cause"])});
}

Decoded checked_in(json::View value, WallTime) {
    BookingRef ref = read_ref(value);
    if (ref.empty()) return refuse(kNoName);
    return take(CheckedIn{std::move(ref)});
}

Decoded sync_required(json::View, WallTime) { return take(BookingsChanged{true}); }
Decoded bookings_updated(json::View, WallTime) { return take(BookingsChanged{false}); }

Decoded booted(json::View value, WallTime) { return take(Booted{text_or_empty(value["Action"])}); }

struct KnownEvent {
    std::string_view key;
    Decoded (*decode)(json::View value, WallTime at);
};

constexpr std::array kKnownEvents{
    KnownEvent{"Bookings.BookingRequested", booking_requested},
    KnownEvent{"Bookings.BookingCreated", booking_created},
    KnownEvent{"Bookings.BookingFailed", booking_failed},
    KnownEvent{"Bookings.BookingMoved", booking_moved},
    KnownEvent{"Bookings.EditRequested", edit_requested},
    KnownEvent{"Bookings.EditFailed", edit_failed},
    KnownEvent{"Bookings.ExtensionRequested", extension_requested},
    KnownEvent{"Bookings.ExtensionFailed", extension_failed},
    KnownEvent{"Bookings.Start", booking_started},
    KnownEvent{"Bookings.End", booking_ended},
    KnownEvent{"Bookings.Deleted", booking_deleted},
    KnownEvent{"Bookings.CheckedIn", checked_in},
    KnownEvent{"Bookings.SyncRequired", sync_required},
    KnownEvent{"Bookings.Updated", bookings_updated},
    KnownEvent{"BootEvent", booted},
};

}  // namespace

std::variant<EventBody, EventRefusal> decode_event(std::string_view key, json::View value, WallTime at) {
    const auto known = std::find_if(kKnownEvents.begin(), kKnownEvents.end(),
                                    [&](const KnownEvent& event) { return event.key == key; });
    return known == kKnownEvents.end() ? refuse({}) : known->decode(value, at);
}

}  // namespace hotdesk::codec
