#pragma once
// A booking of a desk, as far as hotdeskd cares: who and when. Titles are not kept: they are nobody's business here.

#include <hotdesk/id.hpp>
#include <hotdesk/time.hpp>

#include <string>

namespace hotdesk {

/// How events and commands name a booking. At least one of the two is set.
/// Source: xAPI schema, Bookings.Start and others: `Id` required, `MeetingId` optional.
struct BookingRef {
    BookingId id;
    MeetingId meeting;

    [[nodiscard]] bool empty() const { return id.empty() && meeting.empty(); }
    auto operator<=>(const BookingRef&) const = default;
};

struct Booking {
    BookingRef ref;
    WallTime start{};
    WallTime end{};               ///< exclusive; never before `start`
    std::string organizer_email;  ///< as the desk said it; compare without case. Empty: not known
    std::string organizer_id;     ///< empty: not known
    std::string organizer_name;   ///< empty: not known

    [[nodiscard]] bool covers(WallTime at) const { return start <= at && at < end; }
    bool operator==(const Booking&) const = default;
};

}  // namespace hotdesk
