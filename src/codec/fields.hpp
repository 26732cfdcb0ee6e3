#pragma once
// Readers of single fields that queue messages, xAPI answers and integration documents share. Private to src/codec.
//
// Each returns nullopt for what is missing and for what is there with a meaningless value; where that difference
// matters there are two functions. None throws, none keeps a View.

#include "codec/json.hpp"
#include "codec/text.hpp"

#include <chrono>
#include <hotdesk/booking.hpp>
#include <hotdesk/cloud.hpp>
#include <hotdesk/message.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotdesk::codec {

/// Longest id that is believed. The longest known ones are base64 of a URI, about 160 bytes.
constexpr std::size_t kMaxIdBytes = 1024;

/// A name or id: a string of 1 to kMaxIdBytes bytes without control characters, or an integer in digits.
std::optional<std::string> read_id(json::View value);

/// An id of type T; empty where the field is missing or no id.
template <class T>
T id_or_empty(json::View value) {
    auto text = read_id(value);
    return text ? T(std::move(*text)) : T();
}

/// Any string as it is; empty where the field is missing or no string.
std::string text_or_empty(json::View value);

/// RFC 3339.
std::optional<WallTime> read_time(json::View value);

/// Whole minutes from 0 to 366 days, in either spelling.
std::optional<std::chrono::minutes> read_minutes(json::View value);

/// The strings of an array; what is no string is passed over.
std::vector<std::string> read_strings(json::View value);

/// `Id` and `MeetingId` of an event or a listed booking. Source: xAPI schema, Bookings.* events.
BookingRef read_ref(json::View value);

/// `commands`, `statuses` and `events` of a grant; what is missing is empty. Source: technical details, activation JWT
/// `xapiAccess` and GET appUrl `xapiAccessKeys`.
XapiAccess read_access(json::View value);

/// The statuses of StatusReport: their one home. Source: xAPI schema, Status paths.
namespace status_path {
constexpr std::string_view personalized = "Webex.DevicePersonalization.Personalized";
constexpr std::string_view active_calls = "SystemUnit.State.NumberOfActiveCalls";
constexpr std::string_view presence = "RoomAnalytics.PeoplePresence";
}  // namespace status_path

enum class StatusRead {
    Taken,         ///< now in the report
    NotOurs,       ///< a status that hotdeskd does not read
    NotUnderstood  ///< ours, but with a value that it cannot have
};
/// Puts the value of the status `path` into `report`.
StatusRead read_status(std::string_view path, json::View value, StatusReport& report);
/// Notes in `report` that the status `path` is gone.
StatusRead remove_status(std::string_view path, StatusReport& report);

/// The arguments of a command as an object: on the wire, in the state and on the command line alike.
void write_arguments(json::Writer& writer, const Command& command);

}  // namespace hotdesk::codec
