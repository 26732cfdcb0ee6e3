#pragma once
// UUIDs of our own. **Source:** RFC 9562, version 4; xAPI schema, Bookings.Book: BookingRequestUUID.

#include <string>

namespace hotdesk::io {

/// A random UUID in its usual spelling: 36 characters, lower case. Cannot fail.
std::string new_uuid();

}  // namespace hotdesk::io
