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

/// Source: xAPI schema, Bookings.Delete: MeetingId or Id.
Command delete_booking(const BookingRef& ref) {
    if (!ref.meeting.empty()) return {"Bookings.Delete", {{"MeetingId", ref.meeting.value}}};
    return {"Bookings.Delete", {{"Id", ref.id.value}}};
}

/// Source: xAPI schema, UserInterface.Message.Alert.Display: Text up to 255 characters, Duration 0..3600 s.
Decision tell(Rule rule, const std::string& reason, const std::string& text) {
    return {rule,
            "tell",
            reason,
            std::nullopt,
            {},
            {"UserInterface.Message.Alert.Display",
             {{"Title", std::string{"Hot desk"}}, {"Text", text}, {"Duration", std::int64_t{rules::message_seconds}}}}};
}

std::string text_for(Rule rule) {
    switch (rule) {
        case Rule::SignInGrace: return "You are being signed out: this desk has no booking for you. Book it to use it.";
        case Rule::SignOutGrace: return "You are being signed out: your booking is over.";
        case Rule::MaxCallOverrun:
            return "You are being signed out: your booking is over and the call has gone on too long.";
        case Rule::ReleaseOnSignOut: return "";  // nobody is there to read it
        case Rule::Cli: return "You are being signed out by your administrator.";
    }
    return "";
}

/// Source: xAPI schema, Webex.Registration.Logout: no parameters.
const Command logout{"Webex.Registration.Logout", {}};

void take(const Verdict& verdict, const Policy& policy, std::vector<Decision>& out) {
    switch (*verdict.act) {
        case Act::SignOut:
            if (policy.messages) out.push_back(tell(verdict.rule, verdict.says, text_for(verdict.rule)));
            out.push_back({verdict.rule, "sign out", verdict.says, Act::SignOut, {}, logout});
            return;
        case Act::Release:
            out.push_back({verdict.rule, "release booking", verdict.says, Act::Release, verdict.ref,
                           delete_booking(verdict.ref)});
            return;
    }
}

void earliest(std::optional<MonoTime>& at, MonoTime candidate) {
    if (!at || candidate < *at) at = candidate;
}

/// Where time alone changes what is known: the edges of bookings and the end of patience with a request.
void wake_for_edges(const Desk& desk, Now now, Step& step) {
    if (!desk.sign_in && !desk.left) return;
    for (const auto& known : desk.bookings)
        for (const WallTime edge : {known.booking.start, known.booking.end})
            if (edge > now.wall) earliest(step.wake_at, now.mono + (edge - now.wall));
    for (const auto& request : desk.requested) {
        earliest(step.wake_at, request.since.mono + rules::request_wait);
        for (const WallTime edge : {request.start, request.end})
            if (edge > now.wall) earliest(step.wake_at, now.mono + (edge - now.wall));
    }
}

/// The answers that are there are of questions asked at `moment` or later.
bool asked_since(const Desk& desk, MonoTime moment) {
    const auto asked = desk.asked_at();
    return asked && *asked >= moment && *asked >= desk.stale_since;
}

}  // namespace

Step decide(const Desk& desk, Now now, const Policy& policy) {
    Step step;
    bool ask = !asked_since(desk, MonoTime::min());
    if (desk.ask_at) {
        if (*desk.ask_at > now.mono)
            earliest(step.wake_at, *desk.ask_at);
        else if (!asked_since(desk, *desk.ask_at))
            ask = true;
    }
    for (const Verdict& verdict : judge(desk, now, policy)) {
        if (!verdict.act) continue;
        const Attempt* const tried = find_attempt(desk, *verdict.act, verdict.ref);
        if (tried && (tried->pending || (tried->observed && policy.mode == Mode::Observe))) continue;
        const MonoTime due = tried ? std::max(*verdict.due, tried->not_before) : *verdict.due;
        if (due > now.mono) {
            earliest(step.wake_at, due);
        } else if (!asked_since(desk, due)) {
            ask = true;
        } else {
            take(verdict, policy, step.decisions);
        }
    }
    wake_for_edges(desk, now, step);
    if (ask && desk.ask_not_before > now.mono) {
        earliest(step.wake_at, desk.ask_not_before);
        ask = false;
    }
    step.ask = ask;
    return step;
}

void noted(Desk& desk, const Decision& decision, Seq seq, Mode mode, Now now) {
    if (!decision.act) return;
    std::erase_if(desk.attempts,
                  [&](const Attempt& a) { return a.act == *decision.act && !a.pending && a.ref != decision.ref; });
    auto at = std::find_if(desk.attempts.begin(), desk.attempts.end(),
                           [&](const Attempt& a) { return a.act == *decision.act && a.ref == decision.ref; });
    if (at == desk.attempts.end()) {
        at = desk.attempts.insert(at, Attempt{});
        at->act = *decision.act;
        at->ref = decision.ref;
    }
    at->observed = mode == Mode::Observe;
    at->not_before = now.mono;
    if (at->observed) return;
    ++at->count;
    at->pending = seq;
}

Step reconcile(Desk& desk, const Input& heard, Now now, const Policy& policy) {
    observe(desk, heard, now);
    return decide(desk, now, policy);
}

std::vector<Decision> remote_sign_out(const Policy& policy) {
    const std::string reason = "an administrator asked for it with hotdeskd sign-out";
    std::vector<Decision> out;
    if (policy.messages) out.push_back(tell(Rule::Cli, reason, text_for(Rule::Cli)));
    out.push_back({Rule::Cli, "sign out", reason, std::nullopt, {}, logout});
    return out;
}

}  // namespace hotdesk
