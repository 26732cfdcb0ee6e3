#include <hotdesk/reconcile.hpp>

#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

std::string organizer_of(const std::string& email) { return email.empty() ? "its organizer" : email; }

/// For a sentence: seconds are enough.
std::string said(WallTime time) { return format_time(std::chrono::floor<std::chrono::seconds>(time)); }

std::string sentence(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const auto part : parts) out += part;
    return out;
}

/// A desk with somebody signed in and no right to be there, as far as is known; else the sentence that says why not.
struct Overstay {
    const SignIn* visit = nullptr;
    bool in_call = false;
    std::string why_not;
};

Overstay overstay(const Desk& desk) {
    if (!desk.personalized.value) return {nullptr, false, "whether somebody is signed in is not known"};
    if (!desk.sign_in) return {nullptr, false, "nobody is signed in"};
    if (!desk.sign_in->lapsed) {
        if (!desk.requested.empty() && !desk.sign_in->cover)
            return {nullptr, false, "a booking was requested at the desk and is not answered yet"};
        return {nullptr, false, "somebody is signed in with a booking"};
    }
    // Without the number of calls a sign-out might end one.
    if (!desk.active_calls.value) return {nullptr, false, "whether a call is on is not known"};
    return {&*desk.sign_in, *desk.active_calls.value > 0, ""};
}

MonoTime later(MonoTime due, const std::optional<Since>& since, const Limit& grace) {
    return since && grace ? std::max(due, since->mono + *grace) : due;
}

Verdict sign_in_grace(const Desk& desk, Now, const Policy& policy) {
    Verdict verdict{Rule::SignInGrace, "", std::nullopt, {}, std::nullopt};
    const Overstay over = overstay(desk);
    if (!over.visit) {
        verdict.says = over.why_not;
    } else if (over.visit->cover) {
        verdict.says = "the sign-in had a booking: sign_out_grace decides";
    } else if (!policy.sign_in_grace) {
        verdict.says = "off";
    } else if (over.in_call) {
        verdict.says = "signed in without a booking, but in a call, which keeps its user";
    } else {
        // A request that failed or a call that ended gives the desk its own time to sign the user out.
        MonoTime due = over.visit->since.mono + *policy.sign_in_grace;
        if (over.visit->lapsed->mono > over.visit->since.mono)
            due = later(due, over.visit->lapsed, policy.sign_out_grace);
        verdict.due = later(due, over.visit->call_ended, policy.sign_out_grace);
        verdict.act = Act::SignOut;
        verdict.says = sentence({"somebody has been signed in since ", said(over.visit->since.wall),
                                 " and no booking covers it; allowed for ", format_duration(*policy.sign_in_grace)});
    }
    return verdict;
}

/// Why the booking of a sign-in does not cover it any more.
std::string lapse(const Desk& desk, const SignIn& visit, Now now) {
    const std::string whose = sentence({"the booking of ", organizer_of(visit.cover->organizer_email)});
    for (const auto& known : desk.bookings) {
        if (!rules::same(known.booking.ref, visit.cover->ref)) continue;
        if (known.booking.end <= now.wall) return sentence({whose, " ended at ", said(known.booking.end)});
        if (!known.booking.covers(now.wall)) return sentence({whose, " was moved to ", said(known.booking.start)});
        return sentence({whose, " does not cover this sign-in"});
    }
    if (visit.cover->end <= now.wall) return sentence({whose, " ended at ", said(visit.cover->end)});
    return sentence({whose, " was deleted"});
}

Verdict sign_out_grace(const Desk& desk, Now now, const Policy& policy) {
    Verdict verdict{Rule::SignOutGrace, "", std::nullopt, {}, std::nullopt};
    const Overstay over = overstay(desk);
    if (!over.visit) {
        verdict.says = over.why_not;
    } else if (!over.visit->cover) {
        verdict.says = "the sign-in never had a booking: sign_in_grace decides";
    } else if (!policy.sign_out_grace) {
        verdict.says = "off";
    } else if (over.in_call) {
        verdict.says = sentence({lapse(desk, *over.visit, now), "; a call is on, which keeps its user"});
    } else {
        verdict.due =
            later(over.visit->lapsed->mono + *policy.sign_out_grace, over.visit->call_ended, policy.sign_out_grace);
        verdict.act = Act::SignOut;
        verdict.says = sentence({lapse(desk, *over.visit, now), over.visit->call_ended ? " and the call is over" : "",
                                 "; the desk has ", format_duration(*policy.sign_out_grace), " to sign its user out"});
    }
    return verdict;
}

Verdict max_call_overrun(const Desk& desk, Now now, const Policy& policy) {
    Verdict verdict{Rule::MaxCallOverrun, "", std::nullopt, {}, std::nullopt};
    const Overstay over = overstay(desk);
    if (!policy.max_call_overrun) {
        verdict.says = "off";
    } else if (!over.visit) {
        verdict.says = over.why_not;
    } else if (!over.in_call) {
        verdict.says = "no call is on";
    } else if (over.visit->cover) {
        verdict.due = over.visit->lapsed->mono + *policy.max_call_overrun;
        verdict.act = Act::SignOut;
        verdict.says = sentence({lapse(desk, *over.visit, now), "; a call may keep its user for ",
                                 format_duration(*policy.max_call_overrun)});
    } else if (policy.sign_in_grace) {
        verdict.due = over.visit->since.mono + *policy.sign_in_grace + *policy.max_call_overrun;
        verdict.act = Act::SignOut;
        verdict.says = sentence({"signed in without a booking since ", said(over.visit->since.wall),
                                 "; a call may keep its user for ", format_duration(*policy.max_call_overrun),
                                 " beyond sign_in_grace"});
    } else {
        verdict.says = "signed in without a booking, and sign_in_grace is off";
    }
    return verdict;
}

Verdict release_on_sign_out(const Desk& desk, Now, const Policy& policy) {
    Verdict verdict{Rule::ReleaseOnSignOut, "", std::nullopt, {}, std::nullopt};
    if (!policy.release_on_sign_out) {
        verdict.says = "off";
    } else if (!desk.left || desk.personalized.value != false) {
        verdict.says = "nobody has left a booking early";
    } else {
        // The desk deletes the booking itself, and a hybrid calendar takes its time to confirm.
        verdict.due = desk.left->since.mono + policy.sign_out_grace.value_or(rules::settle_first);
        verdict.act = Act::Release;
        verdict.ref = desk.left->ref;
        verdict.says = sentence({"the user signed out at ", said(desk.left->since.wall),
                                 ", before the booking's end, and the desk still has the booking"});
    }
    return verdict;
}

}  // namespace

std::vector<Verdict> judge(const Desk& desk, Now now, const Policy& policy) {
    return {sign_in_grace(desk, now, policy), sign_out_grace(desk, now, policy), max_call_overrun(desk, now, policy),
            release_on_sign_out(desk, now, policy)};
}

}  // namespace hotdesk
