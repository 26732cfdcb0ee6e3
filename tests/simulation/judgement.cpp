// Who has a right to what.

#include "oracle.hpp"

#include "../core/lawful_hours.hpp"
#include "../core/words.hpp"

#include "codec/state.hpp"
#include "sandbox/json.hpp"
#include "sandbox/person.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;
using sandbox::same_address;

/// An order of the command line is carried out within this, tries included.
constexpr Millis order_life = 10min;
/// A desk has this long to find out that a request for a booking failed.
constexpr Millis request_patience = 5min;
constexpr Millis hair = 1s;
/// A difference of so much between the box's clock and Webex's is none that the box would mend.
constexpr Millis clocks_apart = 6s;

std::string clock_of(WallTime time) { return format_time(time).substr(5, 14); }

}  // namespace

std::vector<const Oracle::Truth*> Oracle::truths_between(const View& view, WallTime from, WallTime to) const {
    std::vector<const Truth*> out;
    for (std::size_t i = 0; i < view.truths.size(); ++i) {
        const bool ended = i + 1 < view.truths.size() && view.truths[i + 1].from < from;
        if (!ended && view.truths[i].from <= to) out.push_back(&view.truths[i]);
    }
    return out;
}

/// As they are, and as they were until a moment ago.
std::vector<Policy> Oracle::policies(const View& view, const std::string& organizer) const {
    std::vector<Policy> out;
    for (const Rules& rules : rules_)
        for (const std::string& who : {organizer, std::string{}})
            out.push_back(rules.of(view.desk->place().workspace_name, who));
    return out;
}

void Oracle::judge_command(const Exchange& exchange, const std::string& command, const Flight& flight, View& view) {
    const bool changes = command == "Webex.Registration.Logout" || command == "Bookings.Delete" ||
                         command == "Bookings.Edit" || command == "Bookings.Book";
    if (!changes) return;
    if (flight.rule == "cli") {
        if (view.ordered == WallTime{} || view.ordered + order_life < flight.sent)
            wrong(command + " is sent for an administrator who did not ask for it");
        if (command == "Bookings.Edit") view.edited = host_.world();
        return;
    }
    const auto& policy = rules_.back().base;
    if (policy.mode == Mode::Observe) wrong(command + " is sent in observe mode");
    if (flight.known_since + freshness_bound < flight.sent)
        wrong(command + " is sent to " + view.desk->place().name + ", which was last asked at " +
              clock_of(flight.known_since));
    const auto body = sandbox::parse_json(exchange.request.body);
    const std::string meeting = sandbox::string_of((*body)["arguments"], "MeetingId");
    if (command == "Webex.Registration.Logout") judge_sign_out(view, flight);
    if (command == "Bookings.Delete") judge_delete(view, flight, meeting);
    if (command == "Bookings.Edit") judge_edit(view, flight, meeting);
    if (command == "Bookings.Book") wrong("a rule books");
}

// --- sign-outs -------------------------------------------------------------------------------------------------------

/// Empty: with this truth the sign-out is right.
std::string Oracle::why_not_sign_out(const View& view, const Truth& truth, WallTime sent) const {
    if (truth.user.empty()) return "";
    // A desk that lets anybody sit there tells nobody whose booking it is that they stay for.
    if (truth.entitled && view.desk->behaviour.stubborn && !knows_who(view, truth.user)) return "";
    // The first and the last moments do not count: so far the box's clock may be from Webex's.
    const Slice* const running = truth.running(sent);
    const bool at_its_edge = running && (running->end <= sent + clocks_apart || running->start + clocks_apart >= sent);
    if (truth.entitled && !at_its_edge) return truth.user + " has a booking that runs";
    if (truth.entitled) return "";
    const auto all = policies(view, truth.user);
    const bool ends_calls = std::any_of(all.begin(), all.end(), [](const Policy& p) { return p.max_call_overrun; });
    if (truth.calls > 0 && !ends_calls) return truth.user + " is in a call";
    // The box learns Webex's time in whole seconds: a booking may begin a moment later here.
    const bool at_edge = !truth.covered && truth.running(sent + clocks_apart);
    const bool covered = truth.covered || at_edge;
    Millis grace = Millis::max();
    for (const Policy& policy : all) {
        const Limit& limit = covered ? policy.sign_out_grace : policy.sign_in_grace;
        if (limit) grace = std::min(grace, *limit);
        if (at_edge && policy.sign_in_grace) grace = std::min(grace, *policy.sign_in_grace);
    }
    if (grace == Millis::max()) return "the policy lets " + truth.user + " stay";
    // Whoever sits at somebody else's booking is found out when Webex says who they are.
    const WallTime since = identity_ && covered ? truth.since : truth.unentitled_since;
    if (sent + hair < since + grace) return truth.user + " still has until " + clock_of(since + grace);
    return "";
}

void Oracle::judge_sign_out(const View& view, const Flight& flight) const {
    std::string why;
    for (const Truth* const truth : truths_between(view, flight.known_since, host_.world())) {
        why = why_not_sign_out(view, *truth, flight.sent);
        if (why.empty()) break;
    }
    if (!why.empty()) wrong("signed out at " + view.desk->place().name + " (" + flight.rule + "): " + why);
    const auto all = policies(view, view.truths.back().user);
    const bool tells = std::all_of(all.begin(), all.end(), [](const Policy& p) { return p.messages; });
    if (tells && !view.truths.back().user.empty() && view.told + freshness_bound < flight.sent)
        wrong("signed out at " + view.desk->place().name + " without a word");
}

/// Webex says who is signed in, and the policy wants to know.
bool Oracle::knows_who(const View& view, const std::string& user) const {
    const auto all = policies(view, user);
    return identity_ && std::all_of(all.begin(), all.end(), [](const Policy& policy) {
               return policy.verify_identity != VerifyIdentity::Off && policy.sign_out_grace;
           });
}

void Oracle::check_overstay(const View& view) {
    const Truth& truth = view.truths.back();
    const WallTime now = host_.world();
    if (truth.user.empty() || truth.entitled || !reachable_since_ || view.well_since == WallTime::max()) return;
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
    const WallTime noticed =
        knows && !truth.covered ? truth.unentitled_since : std::max(truth.unentitled_since, truth.alone_since);
    const WallTime since = std::max({noticed, truth.call_ended, *reachable_since_, view.well_since});
    const Millis over = now - (since + grace + request_patience);
    longest_overstay_ = std::max(longest_overstay_, over);
    if (over > overstay_bound + (knows && truth.covered ? identity_bound : Millis{0}))
        wrong(truth.user + " is at " + view.desk->place().name + " without a right since " +
              clock_of(truth.unentitled_since));
}

void Oracle::sweep() {
    for (const View& view : views_) check_overstay(view);
    std::erase_if(flights_, [&](const auto& entry) { return entry.second.sent + 5min < host_.world(); });
    // What was the policy until a while ago is no excuse any more.
    if (rules_.size() > 1) rules_.erase(rules_.begin());
}

// --- bookings --------------------------------------------------------------------------------------------------------

/// Perhaps it is in conflict with another booking of its organizer.
bool Oracle::conflicts(const Fact& fact, const Slice& slice, const Policy& policy) const {
    int others = 0;
    for (const auto& [meeting, other] : facts_) {
        if (other.slice.meeting == slice.meeting || !same_address(other.slice.organizer, slice.organizer)) continue;
        ++others;
        const bool overlap = other.slice.start < slice.end && slice.start < other.slice.end;
        if (policy.one_desk_at_a_time && other.desk != fact.desk && (overlap || other.changed + 10min > host_.world()))
            return true;
    }
    return policy.max_bookings_per_day > 0 && others >= policy.max_bookings_per_day;
}

/// Where it says why there is no doubt; empty: it may break a rule.
std::string Oracle::why_lawful(const View& view, const Fact& fact, const Slice& slice) const {
    if (fact.ordered && *fact.ordered == slice) return "an administrator asked for it";
    for (const Policy& policy : policies(view, slice.organizer)) {
        if (policy.max_duration && slice.end - slice.start > *policy.max_duration) return "";
        if (policy.max_advance && slice.start - fact.changed > *policy.max_advance - 1min) return "";
        if (policy.max_advance && slice.start - fact.made > *policy.max_advance - 1min) return "";
        if (!test::within_days_and_hours(policy, {slice.start, slice.end}, zone_.get())) return "";
        for (const std::string& pattern : policy.organizer_deny)
            if (matches_glob(pattern, slice.organizer)) return "";
        if (!policy.organizer_domains.empty()) return "";
        if (!policy.allow_ad_hoc && fact.at_desk) return "";
        if (!policy.allow_extension && fact.extended) return "";
        if (conflicts(fact, slice, policy)) return "";
    }
    return "it keeps every rule";
}

void Oracle::judge_delete(const View& view, const Flight& flight, const std::string& meeting) const {
    std::string why;
    for (const Truth* const truth : truths_between(view, flight.known_since, host_.world())) {
        const Slice* const slice = truth->find(meeting);
        if (!slice) return;  // gone, or not there yet: the desk refuses
        why = why_lawful(view, facts_.at(meeting), *slice);
        if (why.empty()) return;
    }
    const Fact& fact = facts_.at(meeting);
    for (const Policy& policy : policies(view, fact.slice.organizer)) {
        if (policy.release_on_sign_out && fact.left) return;
        if (!policy.no_show_release) continue;
        const WallTime from = std::max(fact.slice.start, fact.made);
        const bool came = fact.came && *fact.came < flight.known_since;
        if (!came && from + *policy.no_show_release <= flight.sent + hair) return;
    }
    wrong("the booking of " + fact.slice.organizer + " at " + view.desk->place().name + " is deleted (" + flight.rule +
          "), and " + why + (fact.came ? "; they came at " + clock_of(*fact.came) : ""));
}

void Oracle::judge_edit(View& view, const Flight& flight, const std::string& meeting) {
    const auto found = facts_.find(meeting);
    if (found == facts_.end()) return;
    Fact& fact = found->second;
    std::string why;
    for (const Truth* const truth : truths_between(view, flight.known_since, host_.world())) {
        const Slice* const slice = truth->find(meeting);
        if (!slice) return;
        why = why_lawful(view, fact, *slice);
        if (why.empty()) break;
    }
    if (!why.empty())
        wrong("the booking of " + fact.slice.organizer + " at " + view.desk->place().name + " is moved (" +
              flight.rule + "), and " + why);
    std::erase_if(fact.edits, [&](WallTime at) { return at + 1h <= host_.world(); });
    fact.edits.push_back(host_.world());
    if (fact.edits.size() > 2) wrong("a third reversal within an hour at " + view.desk->place().name);
}

// --- the end ---------------------------------------------------------------------------------------------------------

namespace {

/// Events tell a duration in whole minutes.
bool is_same(const Booking& known, const sandbox::Booking& there) {
    return known.ref.meeting == there.meeting_id && known.start == there.start && known.end >= there.end &&
           known.end < there.end + 1min && same_address(known.organizer_email, there.organizer);
}

std::string believed(const DeskState& desk, const MeetingId& meeting) {
    for (const KnownBooking& known : desk.bookings)
        if (known.booking.ref.meeting == meeting)
            return ", and not from " + clock_of(known.booking.start) + " to " + clock_of(known.booking.end) + " for " +
                   known.booking.organizer_email;
    return "";
}

/// What is known of a desk against what is there. Bookings that end just now are not asked for.
std::string difference(const DeskState& known, const sandbox::Desk& desk, WallTime now) {
    if (known.personalized.value != desk.user().has_value())
        return desk.user() ? desk.user()->email + " is signed in" : "nobody is signed in";
    if (known.active_calls.value != desk.calls()) return std::to_string(desk.calls()) + " calls are on";
    const auto& there = desk.bookings();
    for (const sandbox::Booking& booking : there) {
        const bool is_known = std::any_of(known.bookings.begin(), known.bookings.end(),
                                          [&](const KnownBooking& one) { return is_same(one.booking, booking); });
        if (!is_known && booking.end > now + 1min)
            return "there is the booking " + booking.meeting_id.value + " of " + booking.organizer + " from " +
                   clock_of(booking.start) + " to " + clock_of(booking.end) + believed(known, booking.meeting_id);
    }
    for (const KnownBooking& one : known.bookings) {
        const bool is_there = std::any_of(
            there.begin(), there.end(), [&](const sandbox::Booking& booking) { return is_same(one.booking, booking); });
        if (!is_there && one.booking.end > now + 1min)
            return "there is no booking " + one.booking.ref.meeting.value + " of " + one.booking.organizer_email +
                   " from " + clock_of(one.booking.start) + " to " + clock_of(one.booking.end);
    }
    return "";
}

}  // namespace

void Oracle::converged() {
    for (const View& view : views_) {
        const auto stored = disk_.records.find({Table::Desk, view.desk->place().device.value});
        if (stored == disk_.records.end()) wrong(view.desk->place().name + " is not known");
        const auto known = codec::read_desk(stored->second);
        if (!known.ok()) wrong("the record of " + view.desk->place().name + ": " + known.error().message);
        const std::string what = difference(*known, *view.desk, host_.world());
        if (!what.empty()) wrong("hotdeskd does not know that at " + view.desk->place().name + " " + what);
    }
    if (disk_.count(Table::Desk) != views_.size()) wrong("more desks are stored than there are");
}

void Oracle::close() {
    if (const auto left = disk_.count(Table::Outbox); left > 0)
        wrong(std::to_string(left) + " commands still wait for their answer");
    for (const auto& [key, bytes] : disk_.records) {
        if (key.first == Table::Desk && bytes.size() > 200000)
            wrong("the record of a desk has grown beyond all bounds");
        if (key.first != Table::Record) continue;
        const auto record = codec::read_record(bytes);
        if (!record.ok() || record->rule.empty() || record->reason.empty() || record->decision.empty())
            wrong("decision " + key.second + " says neither why nor by which rule");
        if (record->result == result_pending) wrong("decision " + key.second + " never got its result");
    }
}

}  // namespace hotdesk::sim
