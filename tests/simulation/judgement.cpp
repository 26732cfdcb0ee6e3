// Who has a right to what: each command that arrives at a desk, against what was true there.

#include "oracle.hpp"

#include "sandbox/json.hpp"
#include "sandbox/person.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;

/// A difference of so much between the box's clock and Webex's is none that the box would mend.
constexpr Millis clocks_apart = 6s;
/// What Webex grants is read once an hour, and may not be heard at once.
constexpr Millis grants_known_after = 70min;
/// An Edit is tried this often before a booking is deleted in its place.
constexpr int most_restores = 2;

std::string text_of(const Record& record, const std::string& name) {
    for (const auto& [key, value] : record.command.arguments)
        if (const auto* text = std::get_if<std::string>(&value); text && key == name) return *text;
    return "";
}

/// The times that an Edit or a Book asks for; an Edit takes whole minutes.
std::pair<WallTime, WallTime> times_of(const Record& record) {
    const WallTime start = parse_time(text_of(record, "StartTime")).value_or(WallTime{});
    std::int64_t minutes = 0;
    for (const auto& [key, value] : record.command.arguments)
        if (const auto* number = std::get_if<std::int64_t>(&value); number && key == "Duration") minutes = *number;
    return {start, start + std::chrono::minutes{minutes}};
}

RequestKind kind_of(const std::string& command) {
    if (command == "Bookings.Book") return RequestKind::Book;
    if (command == "Bookings.Edit") return RequestKind::Edit;
    if (command == "Bookings.Delete") return RequestKind::Delete;
    return RequestKind::SignOut;
}

bool every(const std::vector<Policy>& all, bool Policy::*key) {
    return std::all_of(all.begin(), all.end(), [&](const Policy& policy) { return policy.*key; });
}

}  // namespace

/// How it may have been for all that hotdeskd knew: since the desk's last answers, but for what it had been told of.
std::vector<const Oracle::Truth*> Oracle::excuses(const View& view, const Flight& flight) const {
    std::vector<const Truth*> out;
    for (std::size_t i = 0; i < view.truths.size(); ++i) {
        const Truth& truth = view.truths[i];
        const bool ended = i + 1 < view.truths.size() && view.truths[i + 1].from < flight.known_since;
        const bool old =
            truth.version.user < flight.decided.told.user || truth.version.calls < flight.decided.told.calls;
        if (!ended && !old) out.push_back(&truth);
    }
    if (out.empty()) out.push_back(&view.truths.back());
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

bool Oracle::warns_of_no_show(const std::string& command, const Flight& flight) {
    return command == "UserInterface.Message.Alert.Display" && flight.rule() == "no_show_warning";
}

void Oracle::note_warning(const View& view) {
    for (const Slice& slice : view.truths.back().bookings)
        if (slice.start <= host_.world() + clocks_apart) facts_.at(slice.meeting.value).warned = host_.world();
}

void Oracle::judge_command(const std::string& command, const Flight& flight, View& view) {
    const std::string& there = view.desk->place().name;
    const std::string meeting = text_of(flight.record, "MeetingId");
    if (warns_of_no_show(command, flight)) note_warning(view);
    if (command.rfind("UserInterface.", 0) == 0) return;
    if (flight.rule() == "cli") return judge_order(command, flight, view);
    if (rules_.back().base.mode == Mode::Observe && rules_.size() == 1) wrong(command + " is sent in observe mode");
    if (flight.known_since + freshness_bound < flight.sent)
        wrong(command + " is sent to " + there + ", which was last asked at " + clock_of(flight.known_since));
    if (command == "Webex.Registration.Logout")
        judge_sign_out(view, flight);
    else if (command == "Bookings.Delete")
        judge_delete(view, flight, meeting);
    else if (command == "Bookings.Edit")
        judge_edit(view, flight, meeting);
    else
        wrong(command + " is sent by a rule");
}

/// An administrator asked for this very thing, and not long ago.
void Oracle::judge_order(const std::string& command, const Flight& flight, const View& view) {
    const WallTime now = host_.world();
    const RequestKind kind = kind_of(command);
    const auto [start, end] = times_of(flight.record);
    for (Order& order : orders_) {
        const Request& wish = order.request;
        if (wish.kind != kind || wish.device != view.desk->place().device || order.at + order_life < flight.sent)
            continue;
        const bool times = kind != RequestKind::Book && kind != RequestKind::Edit;
        if (!times && (start != *wish.start || end != *wish.start + *wish.duration)) continue;
        if (wish.meeting.value != text_of(flight.record, "MeetingId")) continue;
        if (wish.uuid.value != text_of(flight.record, "BookingRequestUUID")) continue;
        if (wish.organizer_email != text_of(flight.record, "OrganizerEmail")) continue;
        if (order.answered_life == deaths_) wrong(command + " is sent again after it was answered");
        if (!order.first_arrival) order.first_arrival = now;
        order.last_arrival = now;
        return;
    }
    wrong(command + " is sent to " + view.desk->place().name + " for an administrator who did not ask for it");
}

// --- sign-outs -------------------------------------------------------------------------------------------------------

/// A call keeps its user, for as long as the policy says.
std::string Oracle::why_not_in_call(const Truth& truth, const Flight& flight, const std::vector<Policy>& all) const {
    WallTime until = WallTime::max();
    for (const Policy& policy : all) {
        if (!policy.max_call_overrun) continue;
        const Limit grace = truth.covered ? Limit{0ms} : policy.sign_in_grace;
        if (grace) until = std::min(until, truth.unentitled_since + *grace + *policy.max_call_overrun);
    }
    if (until == WallTime::max()) return truth.user + " is in a call";
    if (flight.rule() != "max_call_overrun" && flight.rule() != "verify_identity")
        return truth.user + " is in a call, which that rule does not end";
    return flight.sent + clocks_apart < until ? truth.user + " is in a call, which may last until " + clock_of(until)
                                              : "";
}

/// Empty: with this truth the sign-out is right.
std::string Oracle::why_not_sign_out(const View& view, const Truth& truth, const Flight& flight) const {
    if (truth.user.empty()) return "";
    // A desk that lets anybody sit there, or lets them stay for their call, tells nobody whose booking it is.
    if (truth.entitled && (truth.lax || truth.stayed) && !knows_who(view, truth.user)) return "";
    // The first and the last moments do not count: so far the box's clock may be from Webex's.
    const WallTime sent = flight.sent;
    const Slice* const running = truth.running(sent);
    const bool at_its_edge = running && (running->end <= sent + clocks_apart || running->start + clocks_apart >= sent);
    if (truth.entitled && !at_its_edge) return truth.user + " has a booking that runs";
    if (truth.entitled) return "";
    const auto all = policies(view, truth.user);
    if (truth.calls > 0) return why_not_in_call(truth, flight, all);
    // The box learns Webex's time in whole seconds: a booking may begin a moment later here.
    const bool at_edge = !truth.covered && truth.running(sent + clocks_apart);
    const bool covered = truth.covered || at_edge;
    Millis grace = Millis::max(), after_call = Millis::max();
    for (const Policy& policy : all) {
        const Limit& limit = covered ? policy.sign_out_grace : policy.sign_in_grace;
        if (limit) grace = std::min(grace, *limit);
        if (at_edge && policy.sign_in_grace) grace = std::min(grace, *policy.sign_in_grace);
        after_call = std::min(after_call, policy.sign_out_grace.value_or(0ms));
    }
    if (grace == Millis::max()) return "the policy lets " + truth.user + " stay";
    // Where sign-ins are not pushed, nobody can know that another one has come.
    if (view.hears_since == WallTime::max()) return "";
    // Whoever sits at somebody else's booking is found out when Webex says who they are.
    WallTime until = (identity_ && covered ? truth.since : truth.unentitled_since) + grace;
    // The grace starts again with the end of a call that hotdeskd knew of.
    if (truth.call_version > 0 && truth.call_version <= flight.decided.told.calls)
        until = std::max(until, truth.call_ended + after_call);
    // The end of a booking is by the clock.
    const Millis off = covered ? clocks_apart : hair;
    return sent + off < until ? truth.user + " still has until " + clock_of(until) : "";
}

/// As a visit without a right may have looked: without the booking that was gone at once, or with one of which hotdeskd
/// has not been told that it is gone.
std::vector<Oracle::Truth> Oracle::seemings(const View& view, const Truth& truth, const Flight& flight) const {
    std::vector<Truth> out;
    if (truth.hardly_entitled) {
        out.push_back(truth);
        out.back().unentitled_since = truth.unentitled_before;
        out.back().covered = truth.covered_before;
    }
    for (const auto& [meeting, fact] : facts_) {
        if (fact.desk != static_cast<std::size_t>(&view - views_.data())) continue;
        for (const Version* const version : believable(fact, truth.since)) {
            if (version->slice.start > flight.sent || version->slice.end <= truth.since) continue;
            out.push_back(truth);
            out.back().covered = true;
            if (version->slice.end <= flight.sent)
                out.back().unentitled_since = std::max(truth.since, version->slice.end);
        }
    }
    return out;
}

void Oracle::judge_sign_out(const View& view, const Flight& flight) const {
    std::string why;
    for (const Truth* const truth : excuses(view, flight)) {
        why = why_not_sign_out(view, *truth, flight);
        if (!why.empty() && !truth->entitled)
            for (const Truth& seeming : seemings(view, *truth, flight))
                if (!why.empty()) why = why_not_sign_out(view, seeming, flight);
        if (why.empty()) break;
    }
    const std::string& there = view.desk->place().name;
    if (!why.empty()) wrong("signed out at " + there + " (" + flight.rule() + "): " + why);
    const std::string& user = view.truths.back().user;
    // Whose booking it is decides what is said there.
    bool tells = every(policies(view, user), &Policy::messages) && granted_since_ &&
                 *granted_since_ + grants_known_after < flight.sent;
    for (const Truth* const truth : excuses(view, flight))
        for (const Slice& slice : truth->bookings)
            tells = tells && every(policies(view, slice.organizer), &Policy::messages);
    for (const auto& [meeting, fact] : facts_)
        if (&views_[fact.desk] == &view && fact.slice.start < flight.sent && fact.slice.end > view.truths.back().since)
            tells = tells && every(policies(view, fact.slice.organizer), &Policy::messages);
    if (tells && !user.empty() && view.word + freshness_bound < flight.sent)
        wrong("signed out at " + there + " without a word");
}

/// Webex says who is signed in, and the policy wants to know.
bool Oracle::knows_who(const View& view, const std::string& user) const {
    const auto all = policies(view, user);
    return identity_ && std::all_of(all.begin(), all.end(), [](const Policy& policy) {
               return policy.verify_identity != VerifyIdentity::Off && policy.sign_out_grace;
           });
}

// --- bookings --------------------------------------------------------------------------------------------------------

/// The user has left, who was or may have been the one who booked.
std::string Oracle::why_not_release(const View& view, const Fact& fact, const Flight& flight) const {
    if (!fact.left && fact.touched && view.hears_since == WallTime::max()) return "";  // it does not tell who
    if (!fact.left) return "nobody who may have booked it has left it";
    std::string why = "it is not to be released";
    for (const Policy& policy : policies(view, fact.slice.organizer)) {
        if (!policy.release_on_sign_out) continue;
        const WallTime until = *fact.left + policy.sign_out_grace.value_or(1min);
        if (until <= flight.sent + hair) return "";
        why = "the desk has until " + clock_of(until) + " to delete it";
    }
    return why;
}

/// Nobody has come since the organizer's last chance, and the desk has said what will become of it.
std::string Oracle::why_not_no_show(const View& view, const Truth& truth, const Fact& fact,
                                    const Flight& flight) const {
    if (!truth.user.empty()) return truth.user + " is signed in";
    // Of whom the desk has not told nobody knows.
    const bool told = fact.came && *fact.came >= view.hears_since;
    if (told && *fact.came < flight.known_since) return "somebody came at " + clock_of(*fact.came);
    // As far as hotdeskd knew it may not have been moved yet.
    const Slice* const then = truth.find(fact.slice.meeting.value);
    const Slice& slice = then ? *then : fact.slice;
    const bool moved = slice.start != fact.slice.start;
    const auto& warned = moved ? fact.warned_before : fact.warned;
    WallTime from = std::max({slice.start, fact.made, moved ? WallTime{} : fact.start_changed});
    if (fact.chance && fact.chance_version <= flight.decided.told.pushed) from = std::max(from, *fact.chance);
    const bool tells = granted_since_ && *granted_since_ + grants_known_after < flight.sent;
    std::string why = "no policy wants that";
    for (const Policy& policy : policies(view, fact.slice.organizer)) {
        if (!policy.no_show_release) continue;
        if (policy.no_show_exempt_duration && slice.end - slice.start >= *policy.no_show_exempt_duration) continue;
        const WallTime until = from + *policy.no_show_release;
        const bool warns = tells && policy.no_show_warning && policy.messages;
        if (until > flight.sent + clocks_apart)
            why = "it is kept until " + clock_of(until);
        else if (warns && (!warned || *warned + clocks_apart < from))
            why = "the desk has not been told so since " + clock_of(from);
        else if (warns && *warned + *policy.no_show_warning > flight.sent)
            why = "the desk was told so at " + clock_of(*warned) + " only";
        else
            return "";
    }
    return why;
}

/// A move is reversed, and the booking not deleted, where it was lawful before and can be given its times back.
std::string Oracle::why_not_put_back(const View& view, const Fact& fact, const Slice& slice,
                                     const Flight& flight) const {
    const auto all = policies(view, slice.organizer);
    const bool counts_others = std::any_of(all.begin(), all.end(), [](const Policy& policy) {
        return policy.one_desk_at_a_time || policy.max_bookings_per_day > 0 || policy.max_advance;
    });
    if (counts_others || policy_since_ > fact.made || fact.versions.back().slice != slice || fact.at_desk) return "";
    const WallTime now = host_.world();
    const Version& last = fact.versions.back();
    if (fact.edited_version == last.from && fact.edits_of_version >= most_restores) return "";
    for (auto version = fact.versions.rbegin() + 1; version != fact.versions.rend(); ++version) {
        const Slice& back = version->slice;
        if (!version->told || !last.told || *version->told > *last.told || *version->told >= flight.decided.at)
            continue;
        const bool lawful = std::none_of(all.begin(), all.end(), [&](const Policy& policy) {
            return breaks_plainly(policy, fact, back) || !policy.allow_extension;
        });
        if (!lawful) return "";
        const Millis length = back.end - back.start;
        if (back.end <= now + 1min || length < 1min || length > 24h) return "";
        for (const Truth& truth : view.truths)
            for (const Slice& other : truth.bookings)
                if (other.meeting != slice.meeting && other.start < back.end && back.start < other.end) return "";
        return "it was lawful from " + clock_of(back.start) + " to " + clock_of(back.end) + " and can be again";
    }
    return "";
}

void Oracle::judge_delete(const View& view, const Flight& flight, const std::string& meeting) const {
    std::string why;
    const auto found = facts_.find(meeting);
    for (const Truth* const truth : excuses(view, flight)) {
        const Slice* const slice = truth->find(meeting);
        if (!slice) return;  // gone, or not there yet: the desk refuses
        const Fact& fact = found->second;
        if (flight.rule() == "release_on_sign_out")
            why = why_not_release(view, fact, flight);
        else if (flight.rule() == "no_show_release")
            why = why_not_no_show(view, *truth, fact, flight);
        else
            why = why_lawful(view, fact, *slice, flight.rule(), flight);
        if (!why.empty()) continue;
        if (flight.record.decision != "reject booking") return;
        demand_words(view, flight, fact);
        why = why_not_put_back(view, fact, *slice, flight);
        if (why.empty()) return;
    }
    const Fact& fact = found->second;
    wrong("the booking of " + fact.slice.organizer + " at " + view.desk->place().name + " is deleted (" +
          flight.rule() + "), and " + why);
}

/// Whoever sits there with the booking is told why it goes.
void Oracle::demand_words(const View& view, const Flight& flight, const Fact& fact) const {
    for (const Truth* const truth : excuses(view, flight)) {
        const Slice* const running = truth->running(flight.sent - clocks_apart);
        if (!truth->entitled || !running || running->meeting != fact.slice.meeting) return;
    }
    const bool tells = every(policies(view, fact.slice.organizer), &Policy::messages) && granted_since_ &&
                       *granted_since_ + grants_known_after < flight.sent;
    if (tells && view.word + freshness_bound < flight.sent)
        wrong("the booking of who sits at " + view.desk->place().name + " goes without a word");
}

void Oracle::judge_edit(const View& view, const Flight& flight, const std::string& meeting) {
    const auto found = facts_.find(meeting);
    if (found == facts_.end()) return;
    Fact& fact = found->second;
    std::string why;
    const Slice* moved = nullptr;
    for (const Truth* const truth : excuses(view, flight)) {
        moved = truth->find(meeting);
        if (!moved) return;
        why = why_lawful(view, fact, *moved, flight.rule(), flight);
        if (why.empty()) break;
    }
    const std::string whose = "the booking of " + fact.slice.organizer + " at " + view.desk->place().name;
    if (!why.empty()) wrong(whose + " is moved (" + flight.rule() + "), and " + why);
    demand_words(view, flight, fact);
    const auto [start, end] = times_of(flight.record);
    const auto was_there = [&, from = start, to = end](const Version& version) {
        return version.slice.start == from && to - version.slice.end >= 0min && to - version.slice.end < 1min;
    };
    if (std::none_of(fact.versions.begin(), fact.versions.end(), was_there))
        wrong(whose + " is moved to " + clock_of(start) + ", where it never was");
    count_reversal(fact, {fact.slice.meeting, fact.slice.organizer, start, end}, flight.decided.at);
    const auto in_the_hour = [&](const std::vector<WallTime>& times) {
        return std::count_if(times.begin(), times.end(), [&](WallTime at) { return at + 1h > host_.world(); });
    };
    if (in_the_hour(fact.edits) - in_the_hour(fact.sent_again) > 2 || in_the_hour(fact.edits) > 4)
        wrong("a third reversal within an hour at " + view.desk->place().name);
}

/// A reversal that is sent again is one, also where it arrives after the first one has taken effect, or where the
/// booking was moved once more before it has.
void Oracle::count_reversal(Fact& fact, const Slice& wanted, WallTime decided) {
    const Version& last = fact.versions.back();
    if (last.slice == wanted) return;
    if (fact.edited_version == last.from) {
        ++fact.edits_of_version;
        return;
    }
    fact.edited_version = last.from;
    fact.edits_of_version = 1;
    const auto has_effect = [&](const Version& version) {
        return version.from >= fact.edits.back() && version.slice == wanted;
    };
    const auto is_told = [&](const Version& version) {
        return has_effect(version) && version.told && *version.told < decided;
    };
    const bool again = !fact.edits.empty() && fact.edited_to == wanted;
    if (again && std::none_of(fact.versions.begin(), fact.versions.end(), has_effect)) return;
    // For all that hotdeskd knew.
    if (again && std::none_of(fact.versions.begin(), fact.versions.end(), is_told))
        fact.sent_again.push_back(host_.world());
    fact.edited_to = wanted;
    fact.edits.push_back(host_.world());
}

}  // namespace hotdesk::sim
