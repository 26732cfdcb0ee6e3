#include <hotdesk/reconcile.hpp>

#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using rules::same;

KnownBooking* find(Desk& desk, const BookingRef& ref) {
    for (auto& known : desk.bookings)
        if (same(known.booking.ref, ref)) return &known;
    return nullptr;
}

const DeletedBooking* find_deleted(const Desk& desk, const BookingRef& ref) {
    for (const auto& deleted : desk.deleted)
        if (same(deleted.ref, ref)) return &deleted;
    return nullptr;
}

void sort_bookings(Desk& desk) {
    std::sort(desk.bookings.begin(), desk.bookings.end(),
              [](const KnownBooking& a, const KnownBooking& b) { return a.booking.start < b.booking.start; });
}

/// What the newer source does not say (an event without an organizer) stays as it was.
void merge(Booking& known, const Booking& newer) {
    if (!newer.ref.id.empty()) known.ref.id = newer.ref.id;
    if (!newer.ref.meeting.empty()) known.ref.meeting = newer.ref.meeting;
    known.start = newer.start;
    known.end = newer.end;
    if (!newer.organizer_email.empty()) known.organizer_email = newer.organizer_email;
    if (!newer.organizer_id.empty()) known.organizer_id = newer.organizer_id;
    if (!newer.organizer_name.empty()) known.organizer_name = newer.organizer_name;
}

void forget_request(Desk& desk, const RequestUuid& uuid, const Booking* booking) {
    std::erase_if(desk.requested, [&](const RequestedBooking& request) {
        if (!request.uuid.empty() && !uuid.empty()) return request.uuid == uuid;
        return booking && request.start == booking->start && request.end == booking->end;
    });
}

void ask_again(Desk& desk, Now now) {
    desk.stale_since = std::max(desk.stale_since, now.mono);
    // Answers that are there were asked for before now, even if the clock has not moved since.
    desk.status_asked_at.reset();
    desk.bookings_asked_at.reset();
}

/// Booking events matter to whoever is signed in; a desk that does not push that is asked.
void ask_if_silent(Desk& desk, Now now) {
    if (!desk.pushes_personalized) ask_again(desk, now);
}

// --- statuses ------------------------------------------------------------------------------------------------------

template <class T>
void take_push(Known<T>& known, const Mention<T>& mention, WallTime as_of, Now now) {
    if (!mention || as_of < known.as_of) return;
    known.value = *mention;
    known.as_of = as_of;
    known.pushed_at = now.mono;
}

/// An answer tells how it was when the question arrived: a push that came after the question is newer. A status that
/// the desk does not name is not known.
template <class T>
void take_answer(Known<T>& known, const Mention<T>& mention, MonoTime asked_at) {
    if (known.pushed_at >= asked_at && known.value) return;
    const std::optional<T> value = mention.value_or(std::nullopt);
    // The push that told the opposite may come a second time: it is old now.
    if (value != known.value) known.as_of += Millis{1};
    known.value = value;
}

void calls_changed(Desk& desk, std::optional<int> before, Now now) {
    const bool ended = before.value_or(0) > 0 && desk.active_calls.value == 0;
    if (ended && desk.sign_in && desk.sign_in->lapsed) desk.sign_in->call_ended = Since{now.wall, now.mono};
}

/// Somebody has just been seen to sign out. When it was the booking's own user, leaving early, that is remembered.
void signed_out(Desk& desk, std::optional<WallTime> said_at, Now now) {
    const SignIn visit = *desk.sign_in;
    desk.sign_in.reset();
    std::erase_if(desk.attempts, [](const Attempt& a) { return a.act == Act::SignOut; });
    if (!visit.cover || visit.lapsed) return;
    const KnownBooking* const known = find(desk, visit.cover->ref);
    if (!known || !known->booking.covers(now.wall)) return;
    // The stay counts from the booking's start: whoever was there before it began may have been somebody else. Two
    // pushes tell it by the desk's clock, even when both come late and together; else it ends when the user was last
    // seen, not when their absence was noticed.
    const WallTime last_seen = said_at.value_or(now.wall - (now.mono - visit.seen_at));
    const Millis stay = said_at && visit.said_at ? *said_at - *visit.said_at : visit.seen_at - visit.since.mono;
    if (std::min<Millis>(stay, last_seen - known->booking.start) < rules::shortest_stay) return;
    desk.left = Left{known->booking.ref, Since{now.wall, now.mono}};
}

void personalized_changed(Desk& desk, std::optional<WallTime> said_at, Now now) {
    if (desk.personalized.value == true && !desk.sign_in) {
        desk.sign_in = SignIn{};
        desk.sign_in->since = Since{now.wall, now.mono};
        desk.sign_in->said_at = said_at;
    } else if (desk.personalized.value == false && desk.sign_in) {
        signed_out(desk, said_at, now);
    }
    if (desk.sign_in && desk.personalized.value == true) desk.sign_in->seen_at = now.mono;
}

void hear(Desk& desk, const input::Pushed& pushed, Now now) {
    desk.online = true;
    if (pushed.report.personalized) desk.pushes_personalized = true;
    const auto calls_before = desk.active_calls.value;
    take_push(desk.active_calls, pushed.report.active_calls, pushed.as_of, now);
    take_push(desk.presence, pushed.report.presence, pushed.as_of, now);
    const bool news = pushed.report.personalized && pushed.as_of >= desk.personalized.as_of;
    take_push(desk.personalized, pushed.report.personalized, pushed.as_of, now);
    if (news) personalized_changed(desk, pushed.as_of, now);
    calls_changed(desk, calls_before, now);
    if (pushed.full_sync) ask_again(desk, now);
}

/// A round of two questions went well; one good answer beside a failed one is no success.
void answered_both(Desk& desk, MonoTime asked_at) {
    const auto complete = desk.asked_at();
    if (!complete || *complete < asked_at) return;
    desk.ask_failures = 0;
    desk.ask_not_before = MonoTime::min();
}

void hear(Desk& desk, const input::StatusAnswered& answer, Now now) {
    desk.online = true;
    desk.status_asked_at = answer.asked_at;
    answered_both(desk, answer.asked_at);
    const auto calls_before = desk.active_calls.value;
    take_answer(desk.active_calls, answer.report.active_calls, answer.asked_at);
    take_answer(desk.personalized, answer.report.personalized, answer.asked_at);
    personalized_changed(desk, std::nullopt, now);
    calls_changed(desk, calls_before, now);
}

// --- bookings ------------------------------------------------------------------------------------------------------

struct EventFold {
    Desk& desk;
    WallTime at;
    Now now;

    void operator()(const BookingRequested& event) const {
        RequestedBooking request{event.uuid, event.start, event.start + event.duration, Since{now.wall, now.mono}};
        // The confirmation may have come first.
        for (const auto& known : desk.bookings)
            if (!event.uuid.empty() && known.booking.ref.meeting.value == event.uuid.value) return;
        forget_request(desk, event.uuid, nullptr);
        if (desk.requested.size() >= max_requested_a_desk) desk.requested.erase(desk.requested.begin());
        desk.requested.push_back(std::move(request));
    }
    void operator()(const BookingCreated& event) const {
        forget_request(desk, event.uuid, &event.booking);
        if (const auto* deleted = find_deleted(desk, event.booking.ref); deleted && deleted->as_of >= at) return;
        if (auto* known = find(desk, event.booking.ref)) {
            if (at >= known->as_of) merge(known->booking, event.booking), known->as_of = at;
            known->learned_at = now.mono;
        } else {
            desk.bookings.push_back({event.booking, at, now.mono});
        }
        sort_bookings(desk);
    }
    void operator()(const BookingFailed& event) const { forget_request(desk, event.uuid, nullptr); }
    void operator()(const BookingMoved& event) const {
        ask_if_silent(desk, now);
        auto* known = find(desk, event.ref);
        if (!known) {
            if (!find_deleted(desk, event.ref)) ask_again(desk, now);
            return;
        }
        known->learned_at = now.mono;
        if (at < known->as_of) return;
        known->booking.start = event.start;
        known->booking.end = event.start + event.duration;
        if (!event.ref.id.empty()) known->booking.ref.id = event.ref.id;
        known->as_of = at;
        sort_bookings(desk);
    }
    // A wish to change is not a change: BookingMoved tells of that.
    void operator()(const EditRequested&) const {}
    void operator()(const EditFailed&) const {}
    void operator()(const ExtensionRequested&) const {}
    void operator()(const ExtensionFailed&) const {}
    void operator()(const CheckedIn&) const {}
    void operator()(const BookingStarted& event) const {
        ask_if_silent(desk, now);
        if (!find(desk, event.ref) && !find_deleted(desk, event.ref)) ask_again(desk, now);
    }
    void operator()(const BookingEnded& event) const {
        ask_if_silent(desk, now);
        auto* known = find(desk, event.ref);
        if (!known || at < known->as_of) return;
        known->booking.end = std::max(known->booking.start, std::min(known->booking.end, event.end));
        known->as_of = at;
        known->learned_at = now.mono;
    }
    void operator()(const BookingDeleted& event) const {
        ask_if_silent(desk, now);
        auto* known = find(desk, event.ref);
        // Made again under the same name after this deletion: the deletion is history.
        if (known && known->as_of > at) return;
        BookingRef ref = event.ref;
        if (known) {
            if (ref.meeting.empty()) ref.meeting = known->booking.ref.meeting;
            std::erase_if(desk.bookings, [&](const KnownBooking& k) { return same(k.booking.ref, event.ref); });
        }
        std::erase_if(desk.deleted, [&](const DeletedBooking& d) { return same(d.ref, ref); });
        if (desk.deleted.size() >= max_deleted_a_desk) desk.deleted.erase(desk.deleted.begin());
        desk.deleted.push_back({std::move(ref), at, now.mono});
    }
    void operator()(const BookingsChanged&) const { ask_again(desk, now); }
    void operator()(const Booted&) const { ask_again(desk, now); }
};

void hear(Desk& desk, const input::Happened& happened, Now now) {
    desk.online = true;
    std::visit(EventFold{desk, happened.event.at, now}, happened.event.body);
}

/// The list replaces what was known, except what was learned after the question went out.
void hear(Desk& desk, const input::BookingsAnswered& answer, Now) {
    desk.online = true;
    desk.bookings_asked = true;
    desk.bookings_asked_at = answer.asked_at;
    answered_both(desk, answer.asked_at);
    std::vector<KnownBooking> merged;
    for (const auto& listed : answer.bookings) {
        if (const auto* gone = find_deleted(desk, listed.ref); gone && gone->learned_at >= answer.asked_at) continue;
        forget_request(desk, RequestUuid{listed.ref.meeting.value}, &listed);
        KnownBooking entry{listed, WallTime{}, answer.asked_at};
        if (const auto* known = find(desk, listed.ref)) {
            entry = *known;
            if (known->learned_at < answer.asked_at) {
                merge(entry.booking, listed);
                entry.learned_at = answer.asked_at;
            }
        }
        merged.push_back(std::move(entry));
    }
    for (const auto& known : desk.bookings) {
        const bool newer = known.learned_at >= answer.asked_at;
        const bool listed = std::any_of(merged.begin(), merged.end(),
                                        [&](const KnownBooking& m) { return same(m.booking.ref, known.booking.ref); });
        if (!listed && newer) merged.push_back(known);
    }
    desk.bookings = std::move(merged);
    sort_bookings(desk);
}

// --- the rest ------------------------------------------------------------------------------------------------------

void hear(Desk& desk, const input::AskFailed& failed, Now now) {
    ++desk.ask_failures;
    if (failed.unreachable) desk.online = false;
    const Millis wait = rules::backoff(rules::ask_again_first, rules::ask_again_most, desk.ask_failures);
    desk.ask_not_before = now.mono + std::max(wait, failed.retry_after.value_or(Millis{0}));
}

void hear(Desk& desk, const input::Answered& answered, Now now) {
    for (auto& attempt : desk.attempts) {
        if (attempt.pending != answered.seq) continue;
        attempt.pending.reset();
        attempt.answered_at = now.mono;
        Millis wait = rules::backoff(rules::settle_first, rules::settle_most, attempt.count);
        if (answered.failure == ErrorKind::Transient)
            wait = rules::backoff(rules::unreached_first, rules::unreached_most, attempt.count);
        else if (answered.failure)
            wait = rules::backoff(rules::refused_first, rules::refused_most, attempt.count);
        else if (!desk.pushes_personalized)
            desk.ask_at = now.mono + rules::look_after;
        attempt.not_before = now.mono + std::max(wait, answered.retry_after.value_or(Millis{0}));
    }
}

void hear(Desk& desk, const input::Doubted&, Now now) {
    ask_again(desk, now);
    if (desk.sign_in) desk.sign_in->watched = false;
}
void hear(Desk&, const input::Woken&, Now) {}

// --- what follows from what is known --------------------------------------------------------------------------------

/// The booking that gives the signed-in user a right to be there. One of their own goes before somebody else's, which
/// counts only where it may be its organizer by now: sign-outs and sign-ins may have gone unheard.
const Booking* covering(const Desk& desk, const SignIn& visit, Now now) {
    const Booking *best = nullptr, *others = nullptr;
    for (const auto& known : desk.bookings) {
        if (!known.booking.covers(now.wall)) continue;
        if (visit.cover && rules::different_organizers(*visit.cover, known.booking))
            others = &known.booking;
        else if (!best || (visit.cover && same(known.booking.ref, visit.cover->ref)))
            best = &known.booking;
    }
    return best || (desk.pushes_personalized && visit.watched) ? best : others;
}

bool request_covers(const Desk& desk, Now now) {
    return std::any_of(desk.requested.begin(), desk.requested.end(),
                       [&](const RequestedBooking& r) { return r.start <= now.wall && now.wall < r.end; });
}

void settle(Desk& desk, Now now) {
    std::erase_if(desk.bookings, [&](const KnownBooking& k) { return k.booking.end + rules::memory < now.wall; });
    // What is over is gone by now: the furthest ones do not fit.
    if (desk.bookings.size() > max_bookings_a_desk) desk.bookings.resize(max_bookings_a_desk);
    std::erase_if(desk.deleted, [&](const DeletedBooking& d) { return d.learned_at + rules::memory < now.mono; });
    std::erase_if(desk.requested,
                  [&](const RequestedBooking& r) { return r.since.mono + rules::request_wait <= now.mono; });

    if (desk.sign_in) {
        SignIn& visit = *desk.sign_in;
        desk.left.reset();  // somebody is back
        if (const Booking* booking = covering(desk, visit, now)) {
            visit.cover = Cover{booking->ref, booking->organizer_email, booking->organizer_id, booking->end};
            visit.lapsed.reset();
            visit.call_ended.reset();
            std::erase_if(desk.attempts, [](const Attempt& a) { return a.act == Act::SignOut && !a.pending; });
        } else if (request_covers(desk, now)) {
            visit.lapsed.reset();
        } else if (!visit.lapsed) {
            visit.lapsed = Since{now.wall, now.mono};
        }
    }
    if (desk.left) {
        const auto* known = find(desk, desk.left->ref);
        if (!known || !known->booking.covers(now.wall)) desk.left.reset();
    }
    if (!desk.left) std::erase_if(desk.attempts, [](const Attempt& a) { return a.act == Act::Release && !a.pending; });
}

}  // namespace

void observe(Desk& desk, const Input& heard, Now now) {
    std::visit([&](const auto& what) { hear(desk, what, now); }, heard);
    settle(desk, now);
}

}  // namespace hotdesk
