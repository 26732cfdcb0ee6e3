// What follows from what is known: whether a booking covers who is signed in, who has come, which attempts are over.

#include "core/observe.hpp"
#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk::observing {

namespace {

/// The booking that gives the signed-in user a right to be there. One of their own goes before somebody else's, which
/// counts only where it may be its organizer by now: sign-outs and sign-ins may have gone unheard.
const Booking* covering(const Desk& desk, const SignIn& visit, Now now) {
    const Booking *best = nullptr, *others = nullptr;
    for (const auto& known : desk.bookings) {
        if (!known.booking.covers(now.wall)) continue;
        if (rules::is_visitors(known, visit)) return &known.booking;
        if (visit.cover && rules::different_organizers(*visit.cover, known.booking))
            others = &known.booking;
        else if (!best || (visit.cover && rules::same(known.booking.ref, visit.cover->ref)))
            best = &known.booking;
    }
    return best || (desk.pushes_personalized && visit.watched) ? best : others;
}

/// What somebody asked for at the desk who has left since is not for whoever came after them.
bool request_covers(const Desk& desk, const SignIn& visit, Now now) {
    const WallTime came = visit.said_at.value_or(visit.since.wall);
    return std::any_of(desk.requested.begin(), desk.requested.end(), [&](const RequestedBooking& r) {
        const bool earlier = r.at_desk && visit.watched && r.asked_at != WallTime{} && r.asked_at < came;
        return !earlier && rules::is_awaited(r, now) && r.start <= now.wall && now.wall < r.end;
    });
}

void forget_what_is_old(Desk& desk, Now now) {
    std::erase_if(desk.bookings, [&](const KnownBooking& k) { return k.booking.end + rules::history < now.wall; });
    // First what is over goes, then the furthest ones do not fit.
    if (desk.bookings.size() > max_bookings_a_desk)
        std::erase_if(desk.bookings, [&](const KnownBooking& k) { return k.booking.end + rules::memory < now.wall; });
    if (desk.bookings.size() > max_bookings_a_desk) desk.bookings.resize(max_bookings_a_desk);
    std::erase_if(desk.deleted, [&](const DeletedBooking& d) { return d.learned_at + rules::memory < now.mono; });
    std::erase_if(desk.requested, [&](const RequestedBooking& r) { return r.since.mono + rules::memory <= now.mono; });
    std::erase_if(desk.permits, [&](const Permit& p) {
        // Of a booking that was made while nothing could be heard it may take long to hear.
        return p.since.mono + rules::permit_life <= now.mono && p.slot.end <= now.wall;
    });
    for (auto& known : desk.bookings)
        std::erase_if(known.reversals, [&](WallTime at) { return at + rules::reversal_window <= now.wall; });
}

/// A booking that comes over somebody who sits there already gives its desk the time to sign them out.
void begin_cover(SignIn& visit, const Booking& booking, Now now) {
    const bool same = visit.cover && rules::same(visit.cover->ref, booking.ref) &&
                      !rules::different_organizers(*visit.cover, booking);
    if (same && !visit.lapsed) return;
    visit.cover_began = visit.cover ? WallTime{} : booking.start;
    if (visit.cover && !same) visit.let_stay = false;
    if (visit.cover && !visit.lapsed && !booking.organizer_email.empty() &&
        same_address(visit.cover->organizer_email, booking.organizer_email))
        return;  // the same organizer's next one
    const bool sat_there = visit.was_without || visit.cover;
    visit.covered_from = sat_there ? now.wall : std::max(visit.said_at.value_or(visit.since.wall), booking.start);
}

void settle_sign_in(Desk& desk, Now now) {
    SignIn& visit = *desk.sign_in;
    desk.left.reset();  // somebody is back
    if (const Booking* booking = covering(desk, visit, now)) {
        // Of a booking that may be gone the list tells in a moment.
        if (!visit.cover && desk.bookings_asked && !desk.bookings_asked_at && desk.ask_failures == 0) return;
        begin_cover(visit, *booking, now);
        visit.cover = rules::cover_of(*booking);
        visit.lapsed.reset();
        const bool wrong =
            visit.who && !rules::is_organizer(*visit.who, booking->organizer_email, booking->organizer_id);
        if (!wrong) std::erase_if(desk.attempts, [](const Attempt& a) { return a.act == Act::SignOut && !a.pending; });
        return;
    }
    // Where the list was not asked for yet, a booking may be there all the same.
    visit.was_without = visit.was_without || desk.bookings_asked_at.has_value();
    if (request_covers(desk, visit, now))
        visit.lapsed.reset();
    else if (!visit.lapsed)
        visit.lapsed = Since{now.wall, now.mono};
}

/// What has been so since `from` is somebody else's than a booking's organizer: of a user who has signed out since, or
/// whose own booking ran then.
bool is_anothers(const Desk& desk, const KnownBooking& known, std::optional<WallTime> from) {
    if (!from) return false;  // not known
    if (desk.stranger_left && *from <= *desk.stranger_left) return true;
    const Booking& mine = known.booking;
    return *from < mine.start &&
           std::any_of(desk.bookings.begin(), desk.bookings.end(), [&](const KnownBooking& other) {
               return other.booking.covers(*from) && rules::different_organizers(rules::cover_of(other.booking), mine);
           });
}

/// What was tried is forgotten with what it was about.
void settle_attempts(Desk& desk, Now now) {
    // The answer may come long after the effect, and after the next move.
    for (Attempt& attempt : desk.attempts) {
        if (attempt.act != Act::Restore) continue;
        KnownBooking* const known = find(desk, attempt.ref);
        attempt.over = attempt.over || (known && !known->objection);
        // One that never got there is no reversal.
        if (known && attempt.over && attempt.in_vain && !attempt.pending && !known->reversals.empty())
            known->reversals.pop_back();
    }
    std::erase_if(desk.attempts, [&](const Attempt& attempt) {
        if (attempt.pending || attempt.act == Act::SignOut) return false;
        if (attempt.over) return true;
        if (attempt.act == Act::Release) return !desk.left;
        const KnownBooking* const known = find(desk, attempt.ref);
        if (!known || known->booking.end <= now.wall) return true;
        switch (attempt.act) {
            case Act::NoShow: return known->arrived;
            // Told before it began: by a clock that was wrong.
            case Act::WarnNoShow: return known->arrived || now.wall < known->booking.start;
            case Act::Reject:
            case Act::Restore:
            case Act::LeaveBe: return !known->objection;
            case Act::WarnEnd:
            case Act::SignOut:
            case Act::Release: return false;
        }
        return false;
    });
}

}  // namespace

/// Whoever is in a call or is seen while nobody is signed in has come. Once is enough for a booking. Who has been
/// signed in is judged when they leave: until then nobody needs to know.
void settle_arrivals(Desk& desk, Now now) {
    // Whoever came to a booking and had it extended has come to the extension, which may be a booking of its own.
    for (auto& known : desk.bookings) {
        const KnownBooking* const first = known.extends.empty() ? nullptr : find(desk, {BookingId{}, known.extends});
        known.arrived = known.arrived || (first && first->arrived);
    }
    if (desk.sign_in) return;
    const bool seen = desk.presence.value == Presence::Yes;
    for (auto& known : desk.bookings) {
        if (known.booking.start > now.wall) break;  // they are sorted
        if (known.arrived || !known.booking.covers(now.wall)) continue;
        const WallTime packed = std::max(known.booking.start, desk.stranger_left.value_or(WallTime{})) + rules::packing;
        const bool came_in = seen && (now.wall >= packed || !is_anothers(desk, known, desk.seen_from));
        known.arrived = came_in || (rules::in_call(desk) && !is_anothers(desk, known, desk.call_from));
    }
}

void settle(Desk& desk, Now now) {
    forget_what_is_old(desk, now);
    if (desk.sign_in) settle_sign_in(desk, now);
    if (desk.left) {
        const auto* known = find(desk, desk.left->ref);
        if (!known || !known->booking.covers(now.wall)) desk.left.reset();
    }
    settle_arrivals(desk, now);
    settle_attempts(desk, now);
}

}  // namespace hotdesk::observing
