// What hotdeskd owes in calm times: nobody stays without a right, bookings against the rules go, no-shows are
// released, orders get an outcome. Looked at every few minutes.

#include "oracle.hpp"

#include "codec/state.hpp"
#include "sandbox/person.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;
using sandbox::same_address;

/// A desk has this long to find out that a request for a booking failed.
constexpr Millis request_patience = 5min;

/// After `due`, or once hotdeskd has recovered from what was wrong until `well`.
WallTime latest(WallTime due, WallTime well) { return std::max(due + calm_bound, well + recovered_after); }

}  // namespace

void Oracle::sweep() {
    world_.forget_records();
    for (const View& view : views_) {
        check_overstay(view);
        check_bookings(view);
    }
    check_orders();
    std::erase_if(flights_, [&](const auto& entry) { return entry.second.sent + 5min < host_.world(); });
    // What was the policy until a while ago is no excuse any more.
    if (rules_.size() > 1) rules_.erase(rules_.begin());
}

/// Since when neither the box, the network nor the desk has had anything; empty: one has.
std::optional<WallTime> Oracle::well_since(const View& view) const {
    if (!reachable_since_ || view.well_since == WallTime::max()) return std::nullopt;
    return std::max({*reachable_since_, view.well_since, policy_since_});
}

void Oracle::check_overstay(const View& view) {
    const Truth& truth = view.truths.back();
    const WallTime now = host_.world();
    const auto well = well_since(view);
    if (truth.user.empty() || truth.entitled || !well) return;
    const bool others = truth.running(now) != nullptr;
    const bool knows = knows_who(view, truth.user);
    if (others && (!knows || truth.calls > 0)) return;  // nobody can know; or a call keeps its user
    Millis grace{0};
    for (const Policy& policy : policies(view, truth.user)) {
        if (policy.mode == Mode::Observe || !policy.sign_in_grace || !policy.sign_out_grace) return;
        if (truth.calls > 0 && !policy.max_call_overrun) return;
        grace = std::max({grace, *policy.sign_in_grace, *policy.sign_out_grace});
        if (truth.calls > 0) grace += *policy.max_call_overrun;
    }
    // Webex says that their own booking is about to begin.
    for (const Slice& slice : truth.bookings)
        if (identity_ && same_address(slice.organizer, truth.user) && slice.start > now && slice.start <= now + grace)
            return;
    const WallTime seemed_until = seems_booked_until(view);
    const WallTime noticed =
        std::max(knows && !truth.covered ? truth.unentitled_since : std::max(truth.unentitled_since, truth.alone_since),
                 seemed_until <= now ? seemed_until : WallTime{});
    WallTime due = std::max(noticed, truth.call_ended) + grace + request_patience;
    // One that has not pushed the sign-in, or the deletion of the booking, is asked when it next sends all.
    if (view.hears_since > truth.since || seemed_until > now) due = std::max(due, noticed + silent_bound);
    due = std::max(latest(due, *well), *well + recovered_after + grace);
    if (knows && truth.covered) due += identity_bound;
    longest_overstay_ = std::max(longest_overstay_, Millis{now - std::max(noticed, truth.call_ended) - grace});
    if (now > due)
        wrong(truth.user + " is at " + view.desk->place().name + " without a right since " +
              clock_of(truth.unentitled_since));
}

/// Of a booking that was moved away or deleted hotdeskd has not been told: its end counts for it. The epoch: of none.
WallTime Oracle::seems_booked_until(const View& view) const {
    const WallTime now = host_.world(), came = view.truths.back().since;
    WallTime end{};
    for (const auto& [meeting, fact] : facts_) {
        if (fact.desk != static_cast<std::size_t>(&view - views_.data())) continue;
        for (std::size_t i = 0; i < fact.versions.size(); ++i) {
            const Version& version = fact.versions[i];
            if (version.slice.start > now || version.slice.end <= came) continue;
            const WallTime went =
                i + 1 < fact.versions.size() ? fact.versions[i + 1].from : fact.gone_at.value_or(WallTime::max());
            if (version.slice.end <= now && went >= version.slice.end) continue;  // as it was
            const auto then = believable(fact, std::min(now, version.slice.end));
            if (std::find(then.begin(), then.end(), &version) != then.end()) end = std::max(end, version.slice.end);
        }
    }
    return end;
}

void Oracle::check_bookings(const View& view) const {
    if (!well_since(view) || rules_.size() != 1 || rules_.back().base.mode == Mode::Observe) return;
    for (const Slice& slice : view.truths.back().bookings) {
        const Fact& fact = facts_.at(slice.meeting.value);
        if (is_ordered(slice, request_of(view, slice))) continue;
        const auto all = policies(view, slice.organizer);
        check_breach(view, fact, all);
        if (std::all_of(all.begin(), all.end(), [](const Policy& policy) { return policy.one_desk_at_a_time; }))
            check_conflict(view, fact);
        if (slice.start <= host_.world()) check_no_show(view, fact, all);
    }
}

/// What was made a moment before the first question may be in its answer.
WallTime Oracle::first_judged(const View& view) {
    return view.first_listed == WallTime::max() ? view.first_listed : view.first_listed + 5s;
}

/// One that breaks a rule by itself, as an event has told under this policy, goes or is put back.
void Oracle::check_breach(const View& view, const Fact& fact, const std::vector<Policy>& all) const {
    const Version& last = fact.versions.back();
    if (!last.told || !last.by_event || fact.made < std::max(policy_since_, first_judged(view))) return;
    // Put back twice within an hour it stands.
    const auto recent = std::count_if(fact.edits.begin(), fact.edits.end(),
                                      [&](WallTime at) { return at + 1h + calm_bound > last.from; });
    if (recent >= 2 || fact.edited_version == last.from) return;
    for (const Policy& policy : all)
        if (!breaks_plainly(policy, fact, last.slice)) return;
    const Millis calendar = view.desk->behaviour.backend_delay;
    if (host_.world() > latest(*last.told, *well_since(view)) + 2 * calendar)
        wrong("the booking of " + fact.slice.organizer + " at " + view.desk->place().name +
              " breaks a rule, and stands since " + clock_of(last.from));
}

/// Of two that an organizer has at two desks at the same time the later one goes.
void Oracle::check_conflict(const View& view, const Fact& fact) const {
    const Version& last = fact.versions.back();
    if (!last.told || !last.by_event || fact.made < std::max(policy_since_, first_judged(view))) return;
    if (fact.edits.size() >= 2 || fact.edited_version == last.from) return;
    for (const auto& [meeting, other] : facts_) {
        const View& there = views_[other.desk];
        if (other.gone || &there == &view || other.made < first_judged(there)) continue;
        if (!same_address(other.slice.organizer, fact.slice.organizer)) continue;
        const Version& its = other.versions.back();
        const Millis both = std::min(its.slice.end, last.slice.end) - std::max(its.slice.start, last.slice.start);
        const auto other_well = well_since(there);
        if (both < 1min || its.from >= last.from || !its.told || !its.by_event || !other_well) continue;
        const WallTime told = std::max(*last.told, *its.told), well = std::max(*well_since(view), *other_well);
        if (host_.world() > latest(told, well) + 2 * view.desk->behaviour.backend_delay)
            wrong(fact.slice.organizer + " has two desks at once, and keeps " + view.desk->place().name + " since " +
                  clock_of(last.from));
    }
}

/// One to which nobody has come, whoever it may be, is released.
void Oracle::check_no_show(const View& view, const Fact& fact, const std::vector<Policy>& all) const {
    if (fact.touched || !fact.versions.back().told) return;
    // Who was there before may have been heard of late, and been taken for the one who booked.
    const WallTime well = *well_since(view);
    if (well + 5min > fact.slice.start) return;
    // So may who left with a move that the desk does not push.
    if (view.hears_since > fact.start_changed && fact.start_changed > fact.made) return;
    WallTime due = std::max({fact.slice.start, fact.changed, *fact.versions.back().told});
    Millis patience{0};
    for (const Policy& policy : all) {
        if (!policy.no_show_release) return;
        const Millis length = fact.slice.end - fact.slice.start;
        if (policy.no_show_exempt_duration && length >= *policy.no_show_exempt_duration) return;
        patience = std::max(patience, *policy.no_show_release + policy.no_show_warning.value_or(0ms));
    }
    due += patience;
    const Millis calendar = view.desk->behaviour.backend_delay;
    if (host_.world() > std::max(latest(due, well), well + recovered_after + patience) + 2 * calendar)
        wrong("nobody has come to the booking of " + fact.slice.organizer + " at " + view.desk->place().name +
              " since " + clock_of(fact.slice.start) + ", and it is not released");
}

/// Whoever asked is told what became of it.
void Oracle::check_orders() {
    for (Order& order : orders_) {
        const WallTime now = host_.world();
        if (order.looked_at || now < order.at + order_life) continue;
        if (!reachable_since_ || *reachable_since_ + order_life > now) continue;
        order.looked_at = true;
        const auto stored = disk_.records.find({Table::Request, order.request.key});
        if (stored != disk_.records.end() && !codec::has_outcome(stored->second))
            wrong(order.request.key + " has got no outcome");
    }
}

}  // namespace hotdesk::sim
