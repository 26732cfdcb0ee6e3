#include <hotdesk/reconcile.hpp>

#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

const Attempt* find_attempt(const Desk& desk, Act act, const BookingRef& ref) {
    for (const auto& attempt : desk.attempts)
        if (attempt.act == act && (ref.empty() || rules::same(attempt.ref, ref))) return &attempt;
    return nullptr;
}

/// Source: xAPI schema, Bookings.Delete and Edit: MeetingId or Id.
std::pair<std::string, Argument> name_of_booking(const BookingRef& ref) {
    if (!ref.meeting.empty()) return {"MeetingId", ref.meeting.value};
    return {"Id", ref.id.value};
}

/// Source: xAPI schema, Bookings.Edit: StartTime as text, Duration 1..1440 minutes.
Command edit_booking(const BookingRef& ref, const Slot& slot) {
    const auto length = std::chrono::ceil<std::chrono::minutes>(slot.end - slot.start);
    return {std::string{command_path::edit},
            {name_of_booking(ref),
             {"StartTime", format_time(slot.start)},
             {"Duration", static_cast<std::int64_t>(length.count())}}};
}

/// Source: xAPI schema, UserInterface.Message.Alert.Display: Title and Text up to 255 characters, Duration 0..3600 s.
Command alert(const Messages& messages, const std::string& text) {
    return {std::string{command_path::alert},
            {{"Title", messages.title}, {"Text", text}, {"Duration", std::int64_t{rules::message_seconds}}}};
}

/// Source: xAPI schema, Webex.Registration.Logout: no parameters.
const Command logout{std::string{command_path::logout}, {}};

std::string name_of_decision(Act act) {
    switch (act) {
        case Act::SignOut: return "sign out";
        case Act::Release:
        case Act::NoShow: return "release booking";
        case Act::Reject: return "reject booking";
        case Act::Restore: return "reverse the move";
        case Act::LeaveBe: return "let it be";
        case Act::WarnNoShow:
        case Act::WarnEnd: return "tell";
    }
    return "";
}

Command command_for(const Verdict& verdict, const Messages& messages) {
    switch (*verdict.act) {
        case Act::SignOut: return logout;
        case Act::Release:
        case Act::NoShow:
        case Act::Reject: return {std::string{command_path::remove}, {name_of_booking(verdict.ref)}};
        case Act::Restore: return edit_booking(verdict.ref, verdict.back_to);
        case Act::LeaveBe: return {};
        case Act::WarnNoShow:
        case Act::WarnEnd: return alert(messages, messages.text(verdict.rule, verdict.facts));
    }
    return {};
}

void take(const Verdict& verdict, const Messages& messages, std::vector<Decision>& out) {
    const Act act = *verdict.act;
    const std::string text = verdict.tells && !rules::only_tells(act) && act != Act::LeaveBe
                                 ? messages.text(verdict.rule, verdict.facts)
                                 : "";
    if (!text.empty()) out.push_back({verdict.rule, "tell", verdict.says, std::nullopt, {}, alert(messages, text)});
    out.push_back(
        {verdict.rule, name_of_decision(act), verdict.says, act, verdict.ref, command_for(verdict, messages)});
}

void earliest(std::optional<MonoTime>& at, MonoTime candidate) {
    if (!at || candidate < *at) at = candidate;
}

/// Where time alone changes what is known: the edges of bookings and the end of patience with a request.
void wake_for_edges(const Desk& desk, Now now, const Surroundings& around, Step& step) {
    const bool somebody = desk.sign_in || desk.left;
    const auto at_edge = [&](WallTime edge) {
        if (edge > now.wall) earliest(step.wake_at, rules::mono_of(edge, now));
    };
    for (const auto& known : desk.bookings) {
        const bool awaited = !known.arrived && around.policy_for(known.booking.organizer_email).no_show_release;
        if (somebody || awaited) at_edge(known.booking.start);
        if (somebody) at_edge(known.booking.end);
        if (known.booking.start > now.wall && (somebody || awaited)) break;  // the others are later
    }
    if (!somebody) return;
    for (const auto& request : desk.requested) {
        if (!rules::is_awaited(request, now)) continue;
        earliest(step.wake_at, request.since.mono + rules::request_wait);
        at_edge(request.start);
        at_edge(request.end);
    }
}

/// The answers that are there are of questions asked at `moment` or later.
bool asked_since(const Desk& desk, MonoTime moment) {
    const auto asked = desk.asked_at();
    return asked && *asked >= moment && *asked >= desk.stale_since;
}

void ask_who(const SignIn& visit, MonoTime due, Now now, Step& step) {
    due = std::max(due, visit.who_not_before);
    if (due > now.mono)
        earliest(step.wake_at, due);
    else
        step.ask_who = true;
}

/// Who is signed in is asked for once a sign-in, when the desk has had its own chance to find out; and again where
/// somebody else may have taken the place unheard.
void want_who(const Desk& desk, Now now, const Surroundings& around, Step& step) {
    if (!desk.sign_in || !rules::is_covered(desk, *desk.sign_in, now) || !around.may_ask_who()) return;
    if (!around.grants().withheld(Act::SignOut).empty()) return;  // the answer would be of no use
    const SignIn& visit = *desk.sign_in;
    if (visit.cover->organizer_email.empty()) return;
    const Policy& policy = around.policy_for(visit.cover->organizer_email);
    if (policy.verify_identity == VerifyIdentity::Off || !policy.sign_out_grace) return;
    MonoTime due = rules::at_booking_since(desk, visit, now) + *policy.sign_out_grace;
    if (visit.call_ended) due = std::max(due, visit.call_ended->mono + *policy.sign_out_grace);
    const bool organizer_seen =
        visit.who && rules::is_organizer(*visit.who, visit.cover->organizer_email, visit.cover->organizer_id);
    if (visit.who_asked_at && (*visit.who_asked_at >= due || organizer_seen)) return;
    ask_who(visit, due, now, step);
}

/// Somebody's booking runs or begins soon, and it may be its organizer who is about to be signed out for it: Webex is
/// asked first. Where it does not answer, what needs no identity goes on.
bool may_be_expected(const Desk& desk, const Verdict& verdict, MonoTime due, Now now, const Surroundings& around) {
    if (verdict.act != Act::SignOut || verdict.rule == Rule::VerifyIdentity || !around.may_ask_who()) return false;
    const SignIn& visit = *desk.sign_in;
    if (visit.who_asked_at && *visit.who_asked_at >= due) return false;
    if (visit.who_not_before > now.mono) return false;  // it did not answer a moment ago
    const Policy& policy = around.policy_for(visit.cover ? visit.cover->organizer_email : std::string{});
    if (policy.verify_identity == VerifyIdentity::Off) return false;
    const Limit& grace = visit.cover ? policy.sign_out_grace : policy.sign_in_grace;
    return std::any_of(desk.bookings.begin(), desk.bookings.end(), [&](const KnownBooking& known) {
        return rules::is_next(known.booking, grace.value_or(Millis{0}), now);
    });
}

}  // namespace

Step decide(const Desk& desk, Now now, const Surroundings& around) {
    Step step;
    bool ask = !asked_since(desk, MonoTime::min());
    if (desk.ask_at) {
        if (*desk.ask_at > now.mono)
            earliest(step.wake_at, *desk.ask_at);
        else if (!asked_since(desk, *desk.ask_at))
            ask = true;
    }
    const bool observes = around.policy_for("").mode == Mode::Observe;
    for (const Verdict& verdict : judge(desk, now, around, false)) {
        if (!verdict.act) continue;
        const Attempt* const tried = find_attempt(desk, *verdict.act, verdict.ref);
        if (tried && (tried->pending || (tried->observed && observes))) continue;
        if (tried && rules::only_tells(*verdict.act) && tried->count > 0 && tried->failures == 0) continue;
        // What was asked before the last try says nothing of what it has done.
        const MonoTime due = std::max({*verdict.due, desk.not_before, tried ? tried->not_before : MonoTime::min()});
        if (due > now.mono) {
            earliest(step.wake_at, due);
            continue;
        }
        // A message hurts nobody; everything else rests on answers that are fresh.
        const bool hurts = !rules::only_tells(*verdict.act) && verdict.act != Act::LeaveBe;
        const bool who_is_old =
            verdict.rule == Rule::VerifyIdentity && desk.sign_in->who_asked_at.value_or(MonoTime::min()) < due;
        if (hurts && (who_is_old || may_be_expected(desk, verdict, due, now, around))) {
            ask_who(*desk.sign_in, due, now, step);
        } else if (hurts && !asked_since(desk, std::max(due, now.mono - rules::fresh))) {
            ask = true;
        } else {
            take(verdict, around.messages(), step.decisions);
        }
    }
    // A call keeps them longer than their booking may last: by the end of the call nobody could tell that they had one.
    if (desk.sign_in && desk.sign_in->lapsed && !desk.sign_in->cover && rules::in_call(desk) &&
        !asked_since(desk, desk.sign_in->since.mono))
        ask = true;
    want_who(desk, now, around, step);
    wake_for_edges(desk, now, around, step);
    const MonoTime not_before = std::max(desk.ask_not_before, desk.doubted_at);
    if (ask && not_before > now.mono) {
        earliest(step.wake_at, not_before);
        ask = false;
    }
    step.ask = ask;
    return step;
}

void noted(Desk& desk, const Decision& decision, Seq seq, Mode mode, Now now) {
    if (!decision.act) return;
    const Act act = *decision.act;
    KnownBooking* const known = rules::find(desk, decision.ref);
    if (act == Act::LeaveBe) {
        // What stands is not judged again until it is moved.
        if (known && known->objection) known->left_alone = std::exchange(known->objection, {});
        return;
    }
    // A booking may have got another Id since.
    const auto same_ref = [&](const Attempt& a) { return a.ref == decision.ref || rules::same(a.ref, decision.ref); };
    std::erase_if(desk.attempts, [&](const Attempt& a) {
        return a.act == act && !a.pending && !same_ref(a) && (act == Act::SignOut || act == Act::Release);
    });
    auto at = std::find_if(desk.attempts.begin(), desk.attempts.end(),
                           [&](const Attempt& a) { return a.act == act && same_ref(a); });
    const bool is_new = at == desk.attempts.end();
    if (is_new) {
        at = desk.attempts.insert(at, Attempt{});
        at->act = act;
    }
    const bool again = !is_new && !at->observed;
    at->ref = decision.ref;
    at->observed = mode == Mode::Observe;
    at->not_before = now.mono;
    if (at->observed) {
        at->answered_at = now.mono;
        return;
    }
    // The same reversal sent again is one reversal, of the last time.
    if (act == Act::Restore && known) {
        if (!again)
            at->in_vain = true;
        else if (!known->reversals.empty())
            known->reversals.pop_back();
        known->reversals.push_back(now.wall);
    }
    ++at->count;
    at->pending = seq;
}

std::vector<Decision> remote_sign_out(const Desk& desk, const Surroundings& around) {
    const std::string reason = "an administrator asked for it with hotdeskd sign-out";
    Facts facts;
    facts.desk = desk.display_name;
    const std::string text = around.messages().text(Rule::Cli, facts);
    std::vector<Decision> out;
    if (around.policy_for("").messages && around.grants().may_tell() && !text.empty())
        out.push_back({Rule::Cli, "tell", reason, std::nullopt, {}, alert(around.messages(), text)});
    out.push_back({Rule::Cli, "sign out", reason, std::nullopt, {}, logout});
    return out;
}

}  // namespace hotdesk
