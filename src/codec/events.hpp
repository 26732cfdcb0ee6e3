#pragma once
// One element of an `events` message to an Event. Private to src/codec.
//
// **Source:** xAPI schema, Event entries (names and types of the fields); technical details, "Fields That Are Only
// Present When Type is Events".

#include "codec/json.hpp"

#include <hotdesk/message.hpp>
#include <string_view>
#include <variant>

namespace hotdesk::codec {

/// An event that was not taken, and why.
struct EventRefusal {
    std::string_view reason;  ///< a few words, a literal; empty: a key that hotdeskd does not use
};

/// `key` and `value` as the element has them; `at` is when it happened, or was sent where the element does not say.
///
/// A field that the event makes no sense without must be there and mean something, else the event is refused. Fields
/// that only add to it (causes, organizer, the request's UUID) are left empty. `Bookings.End` is the exception: a desk
/// with older software sends its Id alone, and then the end is `at`; the event says that the time is over, after all.
std::variant<EventBody, EventRefusal> decode_event(std::string_view key, json::View value, WallTime at);

}  // namespace hotdesk::codec
