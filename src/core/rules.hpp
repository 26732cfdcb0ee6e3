#pragma once
// Constants of the rules that are not the administrator's to set, and why they are what they are.

#include <hotdesk/booking.hpp>
#include <hotdesk/desk.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/time.hpp>

#include <algorithm>

namespace hotdesk::rules {

using namespace std::chrono_literals;

/// A booking request without an answer keeps its user this long. Hybrid calendars answer in seconds; the desk itself
/// gives up with BookingFailed, cause Timeout, and this is well beyond it.
inline constexpr Millis request_wait = 5min;
/// A visit shorter than this is a wrong user or a failed sign-in, not a departure. Source: contract,
/// release_on_sign_out.
inline constexpr Millis shortest_stay = 1min;
/// Whoever has just signed out may be seen for this long while they pack. Presence also lags behind.
inline constexpr Millis packing = 5min;
/// How long deleted bookings are remembered: longer than the queue keeps messages (10 minutes).
inline constexpr Millis memory = 1h;
/// How long bookings that are over are remembered: they count for max_bookings_per_day, and a day may have 25 hours.
inline constexpr Millis history = 25h;
/// How long an administrator's wish keeps a booking from being judged at least: longer than a calendar takes to
/// confirm, and until the booking is over.
inline constexpr Millis permit_life = 1h;

/// Where polls keep being lost, every desk is asked again this often at most.
inline constexpr Millis doubt_rest = 5min;
/// An act that a person would feel rests on answers no older than this: a policy that was changed finds people whose
/// time was over long ago, and one of the two answers may be of an earlier round.
inline constexpr Millis fresh = 1min;

/// How far the cloud's clock and ours may be apart at most where one is held against the other.
inline constexpr Millis clocks_apart = 10s;

/// A move is reversed this often within this time; a war of edits helps nobody.
inline constexpr std::size_t most_reversals = 2;
inline constexpr Millis reversal_window = 1h;
/// An Edit that was sent this often and changed nothing will not.
inline constexpr int most_restores = 2;
/// A desk's own check-in feature that was not seen at work for so long has been switched off.
inline constexpr Millis check_in_memory = std::chrono::hours{24 * 7};
/// Of two devices of a workspace the first one acts; the other only where that did not help.
inline constexpr Millis companion_wait = 30s;
/// Asking Webex who is signed in, after it did not answer.
inline constexpr Millis who_again_first = 1min, who_again_most = 1h;

/// A desk that took a command has this long until the command may be sent again; doubled each time.
inline constexpr Millis settle_first = 1min, settle_most = 30min;
/// The same where the desk did not answer, and where it refused.
inline constexpr Millis unreached_first = 5s, unreached_most = 15min;
inline constexpr Millis refused_first = 1min, refused_most = 30min;
/// However long a desk wants to be left alone after a command, others wait no longer than this.
inline constexpr Millis longest_hold = 1h;
/// Asking a desk that did not answer.
inline constexpr Millis ask_again_first = 10s, ask_again_most = 30min, rate_limited_most = 5min;
/// Where a desk does not push who is signed in, it is asked this long after it took a command.
inline constexpr Millis look_after = 5s;

/// An administrator's command that could not go out within this is refused: less than the patience of the command
/// line, so that who asked learns of it, and nobody who sits down later is signed out by an old wish.
inline constexpr Millis request_life = 40s;
/// A booking that was asked for is confirmed within this, or its outcome is not known. Longer than a calendar takes.
inline constexpr Millis confirm_within = 2min;

/// How long a message stays on the desk's screen.
inline constexpr int message_seconds = 60;

/// `first`, doubled for each try after the first one, at most `most`.
constexpr Millis backoff(Millis first, Millis most, int tries) {
    Millis wait = first;
    for (int i = 1; i < tries && wait < most; ++i) wait *= 2;
    return wait < most ? wait : most;
}

/// A request that may still be answered as quickly as people wait for it.
inline bool is_awaited(const RequestedBooking& request, Now now) {
    return request.since.mono + request_wait > now.mono;
}

/// What failed may have been done all the same: the answer was lost on the way, could not be read, or a gateway (502,
/// 504) gave up waiting for it. Any other refusal says that it was not, and so does a connection that never came about.
inline bool may_be_done(const Error& error) {
    const int status = error.http_status;
    if (error.unsent) return false;
    if (status == 0) return error.kind == ErrorKind::Transient;
    return status < 300 || status == 502 || status == 504;
}

inline bool only_tells(Act act) { return act == Act::WarnNoShow || act == Act::WarnEnd; }

/// The same booking: by MeetingId where both have one, else by Id.
inline bool same(const BookingRef& a, const BookingRef& b) {
    if (!a.meeting.empty() && !b.meeting.empty()) return a.meeting == b.meeting;
    return !a.id.empty() && a.id == b.id;
}

/// What is known of a booking, nullptr: nothing. Desk: DeskState, or a const one.
template <class Desk>
auto find(Desk& desk, const BookingRef& ref) -> decltype(desk.bookings.data()) {
    for (auto& known : desk.bookings)
        if (same(known.booking.ref, ref)) return &known;
    return nullptr;
}

inline bool overlap(const Slot& a, const Slot& b) { return a.start < b.end && b.start < a.end; }

/// The moment of a wall time by the other clock.
inline MonoTime mono_of(WallTime at, Now now) { return now.mono + (at - now.wall); }

inline bool in_call(const Desk& desk) { return desk.active_calls.value.value_or(0) > 0; }

/// When it was last made or moved, as far as known: of two bookings in conflict the later one goes.
inline WallTime changed_at(const KnownBooking& known) { return std::max(known.made_at, known.moved_at); }

/// Whoever signed out unseen may have been at this booking for a while.
inline bool may_have_been_left(const Desk& desk, const Booking& booking) {
    return desk.unseen_left && booking.covers(*desk.unseen_left) && *desk.unseen_left - booking.start >= shortest_stay;
}

/// Whether a person is the one who booked. What is not known is no.
inline bool is_organizer(const Person& who, std::string_view email, const std::string& id) {
    if (!id.empty() && who.id.value == id) return true;
    return !email.empty() && std::any_of(who.emails.begin(), who.emails.end(),
                                         [&](const std::string& own) { return same_address(own, email); });
}

/// Two bookings are known to be different people's. What is not known counts as the same: in doubt for the user.
inline bool different_organizers(const Cover& a, const Booking& b) {
    if (!a.organizer_email.empty() && !b.organizer_email.empty())
        return !same_address(a.organizer_email, b.organizer_email);
    if (!a.organizer_id.empty() && !b.organizer_id.empty()) return a.organizer_id != b.organizer_id;
    return false;
}

/// Whether the booking of a visit runs: one that is awaited may have taken its place.
inline bool is_covered(const DeskState& desk, const SignIn& visit, Now now) {
    if (!visit.cover || visit.lapsed) return false;
    const KnownBooking* const known = find(desk, visit.cover->ref);
    return known && known->booking.covers(now.wall) && !different_organizers(*visit.cover, known->booking);
}

/// Since when a visit is at its booking: from the sign-in, or from the booking's start where that came later.
inline MonoTime at_booking_since(const DeskState& desk, const SignIn& visit, Now now) {
    const KnownBooking* const known = visit.cover ? find(desk, visit.cover->ref) : nullptr;
    return known ? std::max(visit.since.mono, mono_of(known->booking.start, now)) : visit.since.mono;
}

/// The visitor is known to be the one who booked: Webex says so, or they booked while they were signed in at the desk.
inline bool is_visitors(const KnownBooking& known, const SignIn& visit) {
    if (visit.who && is_organizer(*visit.who, known.booking.organizer_email, known.booking.organizer_id)) return true;
    const WallTime asked_at = known.asked_at == WallTime{} ? known.made_at : known.asked_at;
    return known.at_desk && asked_at >= visit.said_at.value_or(visit.since.wall);
}

inline Cover cover_of(const Booking& booking) {
    return {booking.ref, booking.organizer_email, booking.organizer_id, booking.end};
}

/// The booking for which somebody may have come early, or that runs: it begins within `grace`.
inline bool is_next(const Booking& booking, Millis grace, Now now) {
    return booking.end > now.wall && booking.start <= now.wall + grace;
}

}  // namespace hotdesk::rules
