#include "core/observe.hpp"

#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk {

namespace observing {

void ask_again(Desk& desk, Now now) {
    desk.stale_since = std::max(desk.stale_since, now.mono);
    // Answers that are there were asked for before now, even if the clock has not moved since.
    desk.status_asked_at.reset();
    desk.bookings_asked_at.reset();
}

/// Whoever is signed in may be somebody else by now, who has just come. Late is better than wrong.
void visit_in_doubt(Desk& desk, Now now) {
    if (!desk.sign_in) return;
    SignIn& visit = *desk.sign_in;
    visit.watched = visit.let_stay = false;
    visit.since = Since{now.wall, now.mono};
    visit.covered_from = now.wall;
    visit.said_at.reset();
    if (visit.lapsed) visit.lapsed = visit.since;
    visit.who.reset();
    visit.who_asked_at.reset();
}

void missed_something(Desk& desk, Now now) {
    visit_in_doubt(desk, now);
    if (desk.watched_since != MonoTime::max()) desk.watched_since = now.mono;
}

/// The desk has said something. While it could not be reached, what it said went unheard.
void heard_from(Desk& desk, Now now) {
    if (desk.online == false) missed_something(desk, now);
    desk.online = true;
}

void answered_both(Desk& desk, MonoTime asked_at) {
    const auto complete = desk.asked_at();
    if (!complete || *complete < asked_at) return;
    desk.ask_failures = 0;
    desk.ask_not_before = MonoTime::min();
}

// --- statuses ------------------------------------------------------------------------------------------------------

namespace {

template <class T>
void take_push(Known<T>& known, const Mention<T>& mention, WallTime as_of, Now now) {
    if (!mention || as_of < known.as_of) return;
    if (known.value != *mention) known.held_from = as_of;
    known.value = *mention;
    known.as_of = as_of;
    known.pushed_at = now.mono;
}

/// An answer tells how it was when the question arrived: a push that came after the question is newer. A status that
/// the desk does not name is not known.
template <class T>
void take_answer(Known<T>& known, const Mention<T>& mention, MonoTime asked_at) {
    if (known.pushed_at > asked_at && known.value) return;
    const std::optional<T> value = mention.value_or(std::nullopt);
    // The push that told the opposite may come a second time: it is old now.
    if (value != known.value) known.held_from = known.as_of += Millis{1};
    known.value = value;
}

/// A desk signs a wrong user out, but for as long as a call is on. Whoever stays for a minute of the booking's time
/// without one is let stay: it is their booking. Where the booking came over somebody who sat there, its time begins
/// with that.
bool is_let_stay(const SignIn& visit, const KnownBooking& known, Millis stay, WallTime last_seen) {
    Millis quiet = std::min<Millis>(stay, last_seen - known.booking.start);
    if (!rules::is_visitors(known, visit)) {
        quiet = std::min<Millis>(quiet, last_seen - visit.covered_from);
        if (visit.call_ended) quiet = std::min<Millis>(quiet, last_seen - visit.call_ended->wall);
    }
    return quiet >= rules::shortest_stay;
}

/// What is known before something is heard.
struct Before {
    explicit Before(const Desk& desk) : calls(desk.active_calls.value), seen(desk.presence.value == Presence::Yes) {}
    std::optional<int> calls;
    bool seen;
};

/// `on_at`: when a call that is on now had begun at the latest; empty: it was found, and since when is not known.
void calls_changed(Desk& desk, const Before& before, std::optional<WallTime> on_at, Now now) {
    if (!desk.sign_in) return;
    SignIn& visit = *desk.sign_in;
    const bool was_on = before.calls.value_or(0) > 0;
    if (was_on && desk.active_calls.value == 0) visit.call_ended = Since{now.wall, now.mono};
    if (!rules::in_call(desk) || was_on || !before.calls || !on_at || !visit.cover || visit.lapsed) return;
    const KnownBooking* const known = find(desk, visit.cover->ref);
    const Millis stay = *on_at - visit.said_at.value_or(visit.since.wall);
    if (known && is_let_stay(visit, *known, stay, *on_at)) visit.let_stay = true;
}

/// Since when the call is on, and somebody is seen.
void note_beginnings(Desk& desk, const Before& before, WallTime at) {
    const auto note = [&](std::optional<WallTime>& from, bool is, bool was) {
        if (!is)
            from.reset();
        else if (!was)
            from = at;
    };
    note(desk.call_from, rules::in_call(desk), before.calls.value_or(0) > 0);
    note(desk.seen_from, desk.presence.value == Presence::Yes, before.seen);
}

/// The desk is free, and nobody has come to the booking that runs: whoever booked could not while it was taken, or may
/// have tried and failed. They have all the time again, and are told again.
void still_expected(Desk& desk, Now now) {
    for (auto& known : desk.bookings)
        if (known.booking.covers(now.wall) && !known.arrived) start_again(desk, known, now);
}

/// The call is over, or nobody is seen any more. Where that was no arrival, the desk is free from now on.
void note_ends(Desk& desk, const Before& before, Now now) {
    const bool over = before.calls.value_or(0) > 0 && !rules::in_call(desk);
    const bool gone = before.seen && desk.presence.value != Presence::Yes;
    if (over || gone) still_expected(desk, now);
}

/// Whether whoever has just signed out was the organizer. Two pushes tell the length of the stay by the desk's clock,
/// even when both come late and together; else it ends when the user was last seen, not when their absence was noticed.
/// Whoever leaves with the end of a call may have been somebody else. A booking that was moved meanwhile they may have
/// left before it began anew, though that is heard of only now.
bool was_organizer(const Desk& desk, const SignIn& visit, const KnownBooking& known, std::optional<WallTime> said_at,
                   Now now) {
    const WallTime last_seen = said_at.value_or(now.wall - (now.mono - visit.seen_at));
    if (last_seen < known.booking.start) return false;
    if (visit.who) return rules::is_organizer(*visit.who, known.booking.organizer_email, known.booking.organizer_id);
    if (visit.let_stay) return true;
    if (desk.active_calls.value != 0 || desk.calls_go_unheard) return false;  // or not known
    Millis stay = visit.seen_at - visit.since.mono;
    if (said_at && visit.said_at)
        stay = *said_at - *visit.said_at;
    else if (said_at && desk.pushes_personalized && visit.seen_at >= visit.since.mono)
        stay = (now.mono - visit.since.mono) - (now.wall - *said_at);
    return is_let_stay(visit, known, stay, last_seen);
}

/// Whether it may have been the organizer, for all that is known: then nobody can say that nobody came. Not whoever is
/// known to be somebody else, tried for less than a minute, or sat there before and left with their call.
bool may_have_come(const Desk& desk, const SignIn& visit, const KnownBooking& known, std::optional<WallTime> said_at,
                   Now now) {
    if (visit.who && !visit.who->emails.empty() && !known.booking.organizer_email.empty()) return false;
    if (!visit.watched) return true;
    const bool in_time = visit.covered_from <= visit.said_at.value_or(visit.since.wall);
    const bool seen = desk.presence.value == Presence::Yes;
    if (in_time && (seen || visit.call_ended)) return true;
    if (rules::in_call(desk)) return in_time;
    const WallTime from = visit.call_ended ? std::max(visit.covered_from, visit.call_ended->wall) : visit.covered_from;
    return said_at.value_or(now.wall) - from >= rules::shortest_stay;
}

/// Somebody has just been seen to sign out. When it was the booking's own user, leaving early, that is remembered.
void signed_out(Desk& desk, std::optional<WallTime> said_at, Now now) {
    const SignIn visit = *desk.sign_in;
    desk.sign_in.reset();
    const bool sent_away = std::any_of(desk.attempts.begin(), desk.attempts.end(),
                                       [](const Attempt& a) { return a.act == Act::SignOut && !a.observed; });
    std::erase_if(desk.attempts, [](const Attempt& a) { return a.act == Act::SignOut; });
    KnownBooking* const known = visit.cover && !visit.lapsed ? find(desk, visit.cover->ref) : nullptr;
    const bool ran = known && known->booking.covers(now.wall);
    const bool own = ran && was_organizer(desk, visit, *known, said_at, now);
    if (own && !sent_away) desk.left = Left{known->booking.ref, Since{now.wall, now.mono}};
    if (own || (ran && !sent_away && may_have_come(desk, visit, *known, said_at, now))) {
        known->arrived = true;
    } else {
        desk.stranger_left = said_at.value_or(now.wall);
        still_expected(desk, now);
    }
}

/// `seen_at`: when somebody was signed in, if so.
void personalized_changed(Desk& desk, std::optional<WallTime> said_at, MonoTime seen_at, Now now) {
    if (desk.personalized.value == true && !desk.sign_in) {
        desk.sign_in = SignIn{};
        desk.sign_in->since = Since{now.wall, now.mono};
        desk.sign_in->said_at = said_at;
    } else if (!desk.personalized.value) {
        // By the time it is known again it may be somebody else.
        visit_in_doubt(desk, now);
    } else if (desk.personalized.value == false && desk.sign_in) {
        signed_out(desk, said_at, now);
    }
    if (desk.sign_in && desk.personalized.value == true)
        desk.sign_in->seen_at = std::max(desk.sign_in->seen_at, seen_at);
}

/// Messages come in any order. Of a sign-out is heard after the sign-in that followed it: whoever is there now came
/// then.
void left_before(Desk& desk, const input::Pushed& pushed, Now now) {
    if (!desk.sign_in || desk.personalized.value != true || pushed.report.personalized != std::optional{false}) return;
    const WallTime came = desk.sign_in->said_at.value_or(desk.sign_in->since.wall);
    if (pushed.as_of <= came || pushed.as_of >= desk.personalized.as_of) return;
    signed_out(desk, pushed.as_of, now);
    personalized_changed(desk, desk.personalized.as_of, now.mono, now);
}

/// The other way round: of a sign-in is heard after the sign-out that ended it. Who that was, and whether it ended
/// before the newest push, nobody knows: it may have been whoever booked, and is no reason to release anything.
void came_before(Desk& desk, const input::Pushed& pushed, Now now) {
    auto& personalized = desk.personalized;
    if (desk.sign_in || personalized.value != false || pushed.report.personalized != std::optional{true}) return;
    if (pushed.as_of <= personalized.held_from || pushed.as_of >= personalized.as_of) return;
    personalized.held_from = personalized.as_of;
    for (auto& known : desk.bookings) {
        const WallTime from = std::max(pushed.as_of, known.booking.start);
        if (known.booking.covers(now.wall) && personalized.as_of - from >= rules::shortest_stay) known.arrived = true;
    }
    still_expected(desk, now);
}

/// Of a sign-out is heard, and of the sign-in before it nothing ever was: nobody was listening then.
void left_unseen(Desk& desk, const input::Pushed& pushed, Now now) {
    if (desk.sign_in || pushed.full_sync || pushed.report.personalized != std::optional{false}) return;
    if (pushed.as_of <= desk.personalized.as_of || rules::mono_of(pushed.as_of, now) >= desk.watched_since) return;
    desk.unseen_left = pushed.as_of;
    for (auto& known : desk.bookings)
        if (rules::may_have_been_left(desk, known.booking)) known.arrived = true;
}

void hear(Desk& desk, const input::Pushed& pushed, Now now) {
    heard_from(desk, now);
    left_before(desk, pushed, now);
    came_before(desk, pushed, now);
    left_unseen(desk, pushed, now);
    if (pushed.report.personalized) desk.pushes_personalized = true;
    const Before before(desk);
    take_push(desk.active_calls, pushed.report.active_calls, pushed.as_of, now);
    take_push(desk.presence, pushed.report.presence, pushed.as_of, now);
    const bool news = pushed.report.personalized && pushed.as_of >= desk.personalized.as_of;
    take_push(desk.personalized, pushed.report.personalized, pushed.as_of, now);
    if (pushed.report.active_calls && !pushed.full_sync) desk.calls_go_unheard = false;
    note_beginnings(desk, before, pushed.full_sync ? now.wall : pushed.as_of);
    note_ends(desk, before, now);
    // A full sync tells how it is, and not since when.
    const auto on_at = pushed.full_sync ? std::nullopt : std::optional{std::min(pushed.as_of, now.wall)};
    calls_changed(desk, before, on_at, now);
    const bool since_unknown = pushed.full_sync && desk.personalized.value == false;
    if (news) personalized_changed(desk, since_unknown ? std::nullopt : std::optional{pushed.as_of}, now.mono, now);
    if (pushed.full_sync) ask_again(desk, now);
}

void hear(Desk& desk, const input::StatusAnswered& answer, Now now) {
    heard_from(desk, now);
    desk.status_asked_at = answer.asked_at;
    answered_both(desk, answer.asked_at);
    const Before before(desk);
    // An answer may take minutes. Nobody was there when the question arrived, and somebody came afterwards: whoever was
    // there before has left.
    const bool was_free = answer.report.personalized && *answer.report.personalized == false;
    if (was_free && desk.sign_in && desk.sign_in->since.mono < answer.asked_at &&
        desk.personalized.pushed_at > answer.asked_at)
        signed_out(desk, std::nullopt, now);
    take_answer(desk.active_calls, answer.report.active_calls, answer.asked_at);
    take_answer(desk.personalized, answer.report.personalized, answer.asked_at);
    // Presence may not have been asked for: what was pushed is not forgotten for that.
    if (answer.report.presence) take_answer(desk.presence, answer.report.presence, answer.asked_at);
    if (before.calls && desk.active_calls.value && (*before.calls > 0) != rules::in_call(desk))
        desk.calls_go_unheard = true;
    note_beginnings(desk, before, now.wall);
    note_ends(desk, before, now);
    calls_changed(desk, before, std::nullopt, now);
    personalized_changed(desk, std::nullopt, answer.asked_at, now);
}

// --- the rest ------------------------------------------------------------------------------------------------------

void hear(Desk& desk, const input::AskFailed& failed, Now now) {
    ++desk.ask_failures;
    if (failed.unreachable) desk.online = false;
    const Millis most = failed.kind == ErrorKind::RateLimited ? rules::rate_limited_most : rules::ask_again_most;
    const Millis wait = rules::backoff(rules::ask_again_first, most, desk.ask_failures);
    desk.ask_not_before = now.mono + std::max(wait, failed.retry_after.value_or(Millis{0}));
}

void hear(Desk& desk, const input::Identified& answer, Now) {
    // Somebody else may have signed in since the question went out.
    if (!desk.sign_in || answer.asked_at < desk.sign_in->since.mono) return;
    desk.sign_in->who = answer.who;
    desk.sign_in->who_asked_at = answer.asked_at;
    desk.sign_in->who_failures = 0;
}

void hear(Desk& desk, const input::WhoFailed& failed, Now now) {
    if (!desk.sign_in) return;
    SignIn& visit = *desk.sign_in;
    const Millis wait =
        failed.asked ? rules::backoff(rules::who_again_first, rules::who_again_most, ++visit.who_failures) : Millis{0};
    visit.who_not_before = now.mono + std::max(wait, failed.retry_after.value_or(Millis{0}));
}

void hear(Desk& desk, const input::Answered& answered, Now now) {
    for (auto& attempt : desk.attempts) {
        if (attempt.pending != answered.seq) continue;
        // The desk does not tell of the next one who sits down, and an answer that is lost does not tell of the
        // sign-out.
        const bool done = !answered.failure || answered.may_be_done;
        if (attempt.act == Act::SignOut && done && !desk.pushes_personalized) visit_in_doubt(desk, now);
        const bool refused =
            answered.failure == ErrorKind::Rejected && (answered.by_desk || attempt.act != Act::Restore);
        attempt.in_vain = attempt.in_vain && !done && !refused;
        attempt.pending.reset();
        attempt.answered_at = now.mono;
        attempt.failures = answered.failure ? attempt.failures + 1 : 0;
        Millis wait = rules::backoff(rules::settle_first, rules::settle_most, attempt.count);
        if (answered.failure == ErrorKind::Transient)
            wait = rules::backoff(rules::unreached_first, rules::unreached_most, attempt.failures);
        else if (answered.failure)
            wait = rules::backoff(rules::refused_first, rules::refused_most, attempt.failures);
        else if (!desk.pushes_personalized)
            desk.ask_at = now.mono + rules::look_after;
        // What did not get there does not count; nor does what something on the way kept from being shown or put back.
        const bool counts = !rules::only_tells(attempt.act) && attempt.act != Act::Restore;
        const bool kept = !counts && !refused;
        if (answered.failure == ErrorKind::Transient || (answered.failure && kept)) --attempt.count;
        attempt.not_before = now.mono + std::max(wait, answered.retry_after.value_or(Millis{0}));
    }
}

void hear(Desk& desk, const input::Doubted& doubt, Now now) {
    missed_something(desk, now);
    if (!doubt.ask) return;
    ask_again(desk, now);
    if (now.mono >= desk.doubted_at + rules::doubt_rest)
        desk.doubted_at = now.mono;
    else if (now.mono >= desk.doubted_at)
        desk.doubted_at += rules::doubt_rest;
}
void hear(Desk&, const input::Woken&, Now) {}

}  // namespace

void fold(Desk& desk, const Input& heard, Now now) {
    settle_arrivals(desk, now);  // what is heard may end what has been so until now
    std::visit([&](const auto& what) { hear(desk, what, now); }, heard);
    settle(desk, now);
}

}  // namespace observing

void observe(Desk& desk, const Input& heard, Now now) { observing::fold(desk, heard, now); }

}  // namespace hotdesk
