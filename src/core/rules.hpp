#pragma once
// Constants of the rules that are not the administrator's to set, and why they are what they are.

#include <hotdesk/booking.hpp>
#include <hotdesk/desk.hpp>
#include <hotdesk/time.hpp>

namespace hotdesk::rules {

using namespace std::chrono_literals;

/// A booking request without an answer keeps its user this long. Hybrid calendars answer in seconds; the desk itself
/// gives up with BookingFailed, cause Timeout, and this is well beyond it.
inline constexpr Millis request_wait = 5min;
/// A visit shorter than this is a wrong user or a failed sign-in, not a departure. Source: contract,
/// release_on_sign_out.
inline constexpr Millis shortest_stay = 1min;
/// How long ended and deleted bookings are remembered: longer than the queue keeps messages (10 minutes).
inline constexpr Millis memory = 1h;

/// A desk that took a command has this long until the command may be sent again; doubled each time.
inline constexpr Millis settle_first = 1min, settle_most = 30min;
/// The same where the desk did not answer, and where it refused.
inline constexpr Millis unreached_first = 5s, unreached_most = 15min;
inline constexpr Millis refused_first = 1min, refused_most = 1h;
/// Asking a desk that did not answer.
inline constexpr Millis ask_again_first = 10s, ask_again_most = 30min;
/// Where a desk does not push who is signed in, it is asked this long after it took a command.
inline constexpr Millis look_after = 5s;

/// How long a message stays on the desk's screen.
inline constexpr int message_seconds = 60;

/// `first`, doubled for each try after the first one, at most `most`.
constexpr Millis backoff(Millis first, Millis most, int tries) {
    Millis wait = first;
    for (int i = 1; i < tries && wait < most; ++i) wait *= 2;
    return wait < most ? wait : most;
}

/// The same booking: by MeetingId where both have one, else by Id.
inline bool same(const BookingRef& a, const BookingRef& b) {
    if (!a.meeting.empty() && !b.meeting.empty()) return a.meeting == b.meeting;
    return !a.id.empty() && a.id == b.id;
}

/// Two bookings are known to be different people's. What is not known counts as the same: in doubt for the user.
inline bool different_organizers(const Cover& a, const Booking& b) {
    if (!a.organizer_email.empty() && !b.organizer_email.empty())
        return !same_address(a.organizer_email, b.organizer_email);
    if (!a.organizer_id.empty() && !b.organizer_id.empty()) return a.organizer_id != b.organizer_id;
    return false;
}

}  // namespace hotdesk::rules
