#include "core/observe.hpp"
#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk::observing {

using namespace std::chrono_literals;
using rules::same;

void sort_bookings(Desk& desk) {
    std::stable_sort(desk.bookings.begin(), desk.bookings.end(), [](const KnownBooking& a, const KnownBooking& b) {
        return std::tie(a.booking.start, a.booking.ref) < std::tie(b.booking.start, b.booking.ref);
    });
}

void start_again(Desk& desk, KnownBooking& known, Now now) {
    known.chance = Since{now.wall, now.mono};
    std::erase_if(desk.attempts, [&](const Attempt& attempt) {
        return attempt.act == Act::WarnNoShow && !attempt.pending && same(attempt.ref, known.booking.ref);
    });
}

namespace {

const DeletedBooking* find_deleted(const Desk& desk, const BookingRef& ref) {
    for (const auto& deleted : desk.deleted)
        if (same(deleted.ref, ref)) return &deleted;
    return nullptr;
}

/// A booking that has run for so long, and of which only a list tells, went unheard: so may sign-ins and sign-outs.
constexpr Millis long_unheard = 1min;

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

/// Events tell durations in whole minutes, so an end may seem to be later than it is.
bool has_other_times(const Booking& a, const Booking& b) {
    return a.start != b.start || a.end - b.end >= 1min || b.end - a.end >= 1min;
}

/// Other times, or another organizer: judged anew, and the later one from now on.
bool is_news(const Booking& now, const Booking& before) {
    return has_other_times(now, before) || rules::different_organizers(rules::cover_of(before), now);
}

/// A booking has changed. Whoever moves what is left of it after they signed out wants it. One that begins at another
/// time has to be come to anew, with all the time for it; one that gets another organizer, by them.
void changed(Desk& desk, KnownBooking& known, const Booking& before, Now now) {
    const bool handed_over = rules::different_organizers(rules::cover_of(before), known.booking);
    if (handed_over) known.arrived = false;
    if (is_news(known.booking, before) && desk.left && same(desk.left->ref, known.booking.ref)) desk.left.reset();
    if (known.booking.start == before.start && !handed_over) return;
    if (known.booking.start > now.wall) known.arrived = false;
    if (!handed_over && rules::may_have_been_left(desk, known.booking)) known.arrived = true;
    if (!known.arrived) start_again(desk, known, now);
}

/// The booking is gone, and what is said of it as of `as_of` or earlier is history.
void remember_deleted(Desk& desk, BookingRef ref, WallTime as_of, MonoTime learned_at) {
    std::erase_if(desk.deleted, [&](const DeletedBooking& d) { return same(d.ref, ref); });
    if (desk.deleted.size() >= max_deleted_a_desk) desk.deleted.erase(desk.deleted.begin());
    desk.deleted.push_back({std::move(ref), as_of, learned_at});
}

/// A booking that was gone before somebody signed in gave them no right, though that is heard of later.
void was_gone(SignIn& visit, const BookingRef& ref) {
    if (!visit.cover || !same(visit.cover->ref, ref)) return;
    visit.cover.reset();
    visit.let_stay = false;
}

/// The same where the desk tells when it went: it may also have gone before it began, over somebody who was early.
/// Where another one had covered them before, they have what they had from that one.
void was_gone(Desk& desk, const BookingRef& ref, WallTime went) {
    if (!desk.sign_in || desk.sign_in->cover_began == WallTime{}) return;
    SignIn& visit = *desk.sign_in;
    if (went < std::max(visit.cover_began, visit.said_at.value_or(WallTime{}))) was_gone(visit, ref);
}

/// Whether a booking was made from a request. Hybrid calendars give it a MeetingId of its own, and neither a list nor
/// every event repeats the UUID: then the same times tell. A desk has one booking at a time.
bool made_from(const RequestedBooking& request, const RequestUuid& uuid, const Booking& booking, Now now) {
    if (!request.uuid.empty() && request.uuid.value == booking.ref.meeting.value) return true;
    if (!request.uuid.empty() && !uuid.empty()) return request.uuid == uuid;
    return rules::is_awaited(request, now) && request.start == booking.start && request.end == booking.end;
}

void forget_request(Desk& desk, const RequestUuid& uuid) {
    std::erase_if(desk.requested, [&](const RequestedBooking& r) { return !uuid.empty() && r.uuid == uuid; });
}
void forget_request(Desk& desk, const RequestUuid& uuid, const Booking& booking, Now now) {
    std::erase_if(desk.requested, [&](const RequestedBooking& r) { return made_from(r, uuid, booking, now); });
}

/// Booking events matter to whoever is signed in; a desk that does not push that is asked.
void ask_if_silent(Desk& desk, Now now) {
    if (!desk.pushes_personalized) ask_again(desk, now);
}

bool permitted(const Desk& desk, const RequestUuid& uuid) {
    return std::any_of(desk.permits.begin(), desk.permits.end(),
                       [&](const Permit& permit) { return permit.uuid == uuid; });
}

/// Other integrations book for people who are not there, also while somebody is whose own booking runs.
bool may_be_the_visitors(Desk& desk, const Booking& booking, Now now) {
    if (!desk.sign_in || !desk.sign_in->cover) return true;
    const SignIn& visit = *desk.sign_in;
    const KnownBooking* const theirs = find(desk, visit.cover->ref);
    return !theirs || !theirs->booking.covers(now.wall) || !rules::different_organizers(*visit.cover, booking) ||
           (visit.who && rules::is_organizer(*visit.who, booking.organizer_email, booking.organizer_id));
}

struct EventFold {
    Desk& desk;
    WallTime at;
    Now now;

    /// What is heard late tells how it was then: an answer to a question asked since is newer.
    [[nodiscard]] MonoTime told_at() const { return std::min(now.mono, rules::mono_of(at, now) + rules::clocks_apart); }
    /// Somebody stands at the desk and books there. The calendar's bookings have no request, an administrator's are
    /// known, and other integrations book for people who are not there. Where not all was heard they may have left.
    [[nodiscard]] bool asked_at_desk(const RequestUuid& uuid) const {
        return !uuid.empty() && desk.sign_in && desk.sign_in->watched && !permitted(desk, uuid);
    }
    /// The desk has told other times, or the same ones once more.
    void told_times_of(KnownBooking& known, const Booking& before) const {
        if (is_news(known.booking, before)) known.moved_at = at;
        never_covered(known.booking);
        changed(desk, known, before, now);
    }
    /// Whoever is signed in has had nothing of a booking with these times.
    void never_covered(const Booking& booking) const {
        if (!desk.sign_in) return;
        const WallTime came = desk.sign_in->said_at.value_or(desk.sign_in->since.wall);
        if (!rules::overlap({booking.start, booking.end}, {came, now.wall})) was_gone(desk, booking.ref, at);
    }
    /// Said of a booking that was deleted later.
    [[nodiscard]] bool is_history(const BookingRef& ref) const {
        const auto* deleted = find_deleted(desk, ref);
        return deleted && deleted->as_of >= at;
    }
    void add_request(RequestedBooking request) const {
        forget_request(desk, request.uuid);
        if (desk.requested.size() >= max_requested_a_desk) desk.requested.erase(desk.requested.begin());
        desk.requested.push_back(std::move(request));
    }
    void operator()(const BookingRequested& event) const {
        // The confirmation may have come first.
        for (const auto& known : desk.bookings)
            if (!event.uuid.empty() &&
                (known.booking.ref.meeting.value == event.uuid.value || known.request == event.uuid))
                return;
        add_request({event.uuid,
                     event.start,
                     event.start + event.duration,
                     {now.wall, now.mono},
                     asked_at_desk(event.uuid),
                     {},
                     at});
    }
    /// What the request told of the booking that it has become.
    void take_request(KnownBooking& known, const BookingCreated& event) const {
        known.request = event.uuid;
        known.made_at = known.asked_at = at;
        known.found_at.reset();
        known.at_desk = asked_at_desk(event.uuid);
        for (const auto& request : desk.requested) {
            if (!made_from(request, event.uuid, event.booking, now)) continue;
            if (known.request.empty() && request.extends.empty()) known.request = request.uuid;
            known.at_desk = request.at_desk;
            known.asked_at = request.asked_at;
            known.extends = request.extends;
        }
        known.at_desk = known.at_desk && may_be_the_visitors(desk, known.booking, now);
    }
    void operator()(const BookingCreated& event) const {
        if (is_history(event.booking.ref)) {
            forget_request(desk, event.uuid, event.booking, now);
            return;
        }
        if (auto* known = find(desk, event.booking.ref)) {
            // A list told of it first, or the same is said twice.
            if (known->request.empty() && known->as_of == WallTime{}) take_request(*known, event);
            const Booking before = known->booking;
            if (at >= known->as_of) {
                merge(known->booking, event.booking);
                known->as_of = at;
                told_times_of(*known, before);
            }
            known->learned_at = std::max(known->learned_at, told_at());
        } else {
            KnownBooking created{event.booking, at, told_at()};
            take_request(created, event);
            created.arrived = rules::may_have_been_left(desk, event.booking) && at <= *desk.unseen_left;
            desk.bookings.push_back(std::move(created));
        }
        forget_request(desk, event.uuid, event.booking, now);
        sort_bookings(desk);
    }
    void operator()(const BookingFailed& event) const { forget_request(desk, event.uuid); }
    void operator()(const BookingMoved& event) const {
        ask_if_silent(desk, now);
        std::erase_if(desk.requested, [&](const RequestedBooking& request) {
            return !request.extends.empty() && request.extends == event.ref.meeting;
        });
        auto* known = find(desk, event.ref);
        if (!known) {
            if (!is_history(event.ref)) ask_again(desk, now);
            return;
        }
        known->learned_at = std::max(known->learned_at, told_at());
        if (at < known->as_of) return;
        const Booking before = known->booking;
        known->booking.start = event.start;
        known->booking.end = event.start + event.duration;
        if (!event.ref.id.empty()) known->booking.ref.id = event.ref.id;
        known->as_of = at;
        told_times_of(*known, before);
        sort_bookings(desk);
    }
    // A wish to change is not a change: BookingMoved tells of that.
    void operator()(const EditRequested&) const {}
    void operator()(const EditFailed&) const {}
    /// While an extension is not answered its user is not signed out. It may become a booking of its own.
    void operator()(const ExtensionRequested& event) const {
        const MeetingId original = event.original.empty() ? event.ref.meeting : event.original;
        if (original.empty()) return;
        const MeetingId& name = event.ref.meeting.empty() ? original : event.ref.meeting;
        if (const auto* known = find(desk, {BookingId{}, name}); known && known->booking.end >= event.new_end) return;
        add_request({RequestUuid{name.value},
                     event.new_end - event.duration,
                     event.new_end,
                     {now.wall, now.mono},
                     desk.sign_in.has_value(),
                     original,
                     at});
    }
    void operator()(const ExtensionFailed& event) const {
        std::erase_if(desk.requested, [&](const RequestedBooking& request) {
            return !request.extends.empty() && request.extends == event.original;
        });
    }
    void operator()(const CheckedIn& event) const {
        desk.checks_in = std::max(desk.checks_in, at);
        if (auto* known = find(desk, event.ref)) known->arrived = true;
    }
    void operator()(const BookingStarted& event) const {
        ask_if_silent(desk, now);
        if (!find(desk, event.ref) && !is_history(event.ref)) ask_again(desk, now);
    }
    void operator()(const BookingEnded& event) const {
        ask_if_silent(desk, now);
        auto* known = find(desk, event.ref);
        if (!known || at < known->as_of) return;
        known->booking.end = std::max(known->booking.start, std::min(known->booking.end, event.end));
        never_covered(known->booking);
        known->as_of = at;
        known->learned_at = std::max(known->learned_at, told_at());
    }
    void operator()(const BookingDeleted& event) const {
        ask_if_silent(desk, now);
        // Source: xAPI schema, Bookings.Deleted: Cause NoShow is the desk's own check-in feature.
        if (event.cause == "NoShow") desk.checks_in = std::max(desk.checks_in, at);
        auto* known = find(desk, event.ref);
        // Made again under the same name after this deletion: the deletion is history.
        if (known && known->as_of > at) return;
        BookingRef ref = event.ref;
        if (known) {
            if (ref.meeting.empty()) ref.meeting = known->booking.ref.meeting;
            std::erase_if(desk.bookings, [&](const KnownBooking& k) { return same(k.booking.ref, event.ref); });
        }
        was_gone(desk, ref, at);
        remember_deleted(desk, std::move(ref), at, now.mono);
    }
    /// What is void may have been lost while the desk was cut off, and users may have changed unheard. That bookings
    /// change is everyday, and says nothing of who is signed in.
    void operator()(const BookingsChanged& event) const {
        if (event.is_void) missed_something(desk, now);
        ask_again(desk, now);
    }
    void operator()(const Booted&) const { ask_again(desk, now); }
};

}  // namespace

void hear(Desk& desk, const input::Happened& happened, Now now) {
    heard_from(desk, now);
    std::visit(EventFold{desk, happened.event.at, now}, happened.event.body);
}

/// What was heard before the question, also in the same millisecond, is older than the answer.
void hear(Desk& desk, const input::BookingsAnswered& answer, Now now) {
    heard_from(desk, now);
    const bool first = !desk.bookings_asked;
    bool missed = false;
    desk.bookings_asked = true;
    desk.bookings_asked_at = answer.asked_at;
    answered_both(desk, answer.asked_at);
    std::vector<KnownBooking> merged;
    for (const auto& listed : answer.bookings) {
        if (const auto* gone = find_deleted(desk, listed.ref); gone && gone->learned_at > answer.asked_at) continue;
        KnownBooking entry{listed, WallTime{}, answer.asked_at};
        if (const auto* known = find(desk, listed.ref)) {
            entry = *known;
            if (known->learned_at <= answer.asked_at) {
                merge(entry.booking, listed);
                changed(desk, entry, known->booking, now);
                // Changed unheard: nobody knows when, and it may have been just now.
                if (is_news(entry.booking, known->booking)) entry.made_at = now.wall, entry.found_at = now.mono;
                entry.learned_at = answer.asked_at;
            }
        } else {
            entry.made_at = now.wall;
            entry.found_at = now.mono;
            entry.arrived = rules::may_have_been_left(desk, listed);
            missed = missed || (!first && listed.covers(now.wall) && now.wall - listed.start >= long_unheard);
            for (const auto& request : desk.requested)
                if (made_from(request, {}, listed, now))
                    entry.at_desk = request.at_desk && may_be_the_visitors(desk, listed, now),
                    entry.asked_at = request.asked_at, entry.extends = request.extends;
            if (first && !desk.judge_existing) entry.admitted = Admitted{slot_of(listed), listed.organizer_email, true};
        }
        forget_request(desk, {}, listed, now);
        merged.push_back(std::move(entry));
    }
    for (const auto& known : desk.bookings) {
        const bool keep = known.learned_at > answer.asked_at || known.booking.end <= now.wall;
        const bool listed = std::any_of(merged.begin(), merged.end(),
                                        [&](const KnownBooking& m) { return same(m.booking.ref, known.booking.ref); });
        if (listed) continue;
        if (keep) {
            merged.push_back(known);
            continue;
        }
        if (desk.sign_in && desk.sign_in->watched && answer.asked_at <= desk.sign_in->since.mono)
            was_gone(*desk.sign_in, known.booking.ref);
        // What was said of it before the question may be heard once more. The next list may have it again.
        const WallTime asked = now.wall - (now.mono - answer.asked_at) - rules::clocks_apart;
        remember_deleted(desk, known.booking.ref, std::max(known.as_of, asked), answer.asked_at);
    }
    desk.bookings = std::move(merged);
    sort_bookings(desk);
    if (missed) visit_in_doubt(desk, now);
}

}  // namespace hotdesk::observing
