#include <hotdesk/reconcile.hpp>

#include "core/admission.hpp"
#include "core/grants.hpp"
#include "core/rules.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using words::organizer_of;
using words::said;
using words::sentence;

/// A desk with somebody signed in and no right to be there, as far as is known; else the sentence that says why not.
struct Overstay {
    const SignIn* visit = nullptr;
    bool in_call = false;
    std::string_view why_not;
};

/// While messages are missing somebody else may come at any moment, and nobody hears of it.
constexpr std::string_view missing = "what desks say does not arrive just now";
bool is_deaf(const Desk& desk) { return desk.watched_since == MonoTime::max(); }

Overstay overstay(const Desk& desk) {
    if (!desk.personalized.value) return {nullptr, false, "whether somebody is signed in is not known"};
    if (!desk.sign_in) return {nullptr, false, "nobody is signed in"};
    if (!desk.sign_in->lapsed) {
        if (!desk.requested.empty() && !desk.sign_in->cover)
            return {nullptr, false, "a booking was requested at the desk and is not answered yet"};
        return {nullptr, false, "somebody is signed in with a booking"};
    }
    if (is_deaf(desk)) return {nullptr, false, missing};
    // Without the number of calls a sign-out might end one.
    if (!desk.active_calls.value) return {nullptr, false, "whether a call is on is not known"};
    return {&*desk.sign_in, *desk.active_calls.value > 0, ""};
}

MonoTime later(MonoTime due, const std::optional<Since>& since, const Limit& grace) {
    return since && grace ? std::max(due, since->mono + *grace) : due;
}

/// Why the booking of a sign-in does not cover it any more.
std::string lapse(const Desk& desk, const SignIn& visit, Now now) {
    const std::string whose = sentence({"the booking of ", organizer_of(visit.cover->organizer_email)});
    if (const KnownBooking* const known = rules::find(desk, visit.cover->ref)) {
        const Booking& booking = known->booking;
        if (booking.end <= now.wall) return sentence({whose, " ended at ", said(booking.end)});
        if (!booking.covers(now.wall)) return sentence({whose, " was moved to ", said(booking.start)});
        return sentence({whose, " does not cover this sign-in"});
    }
    if (visit.cover->end <= now.wall) return sentence({whose, " ended at ", said(visit.cover->end)});
    return sentence({whose, " was deleted"});
}

/// Goes through the rules. What a rule that will not act has to say is made only for those who ask.
class Judge {
public:
    Judge(const Desk& desk, Now now, const Surroundings& around, bool all)
        : desk_(desk),
          now_(now),
          around_(around),
          all_(all),
          user_policy_(around.policy_for(desk.sign_in && desk.sign_in->cover
                                             ? std::string_view{desk.sign_in->cover->organizer_email}
                                             : std::string_view{})),
          over_(overstay(desk)) {}

    std::vector<Verdict> verdicts() && {
        sign_in_grace();
        sign_out_grace();
        max_call_overrun();
        verify_identity();
        release_on_sign_out();
        bool somebody_expected = false;
        for (const auto& known : desk_.bookings) {
            if (known.booking.start > now_.wall) break;  // they are sorted
            if (!known.booking.covers(now_.wall)) continue;
            somebody_expected = true;
            no_show(known);
        }
        if (!somebody_expected && !no_show_withheld(around_.policy_for({}))) {
            rests(Rule::NoShowRelease, "no booking runs");
            rests(Rule::NoShowWarning, "no booking runs");
        }
        end_warning();
        admission();
        return std::move(out_);
    }

private:
    void rests(Rule rule, std::string_view why) {
        if (all_) out_.push_back({rule, std::string{why}, std::nullopt, {}, std::nullopt, {}, {}, false});
    }
    /// What a rule needs was not granted. Said before anything else: nothing else matters then.
    bool withheld(Rule rule, Act act, const Policy& policy) {
        const std::string_view path = around_.grants().withheld(act);
        if (path.empty() || !uses(policy, rule)) return false;
        if (all_) rests(rule, "rests: " + not_granted(path));
        return true;
    }
    /// Without the release there is nothing to warn of.
    bool no_show_withheld(const Policy& policy) {
        if (!withheld(Rule::NoShowRelease, Act::NoShow, policy)) return false;
        if (!withheld(Rule::NoShowWarning, Act::WarnNoShow, policy)) rests(Rule::NoShowWarning, "off");
        return true;
    }
    void acts(Rule rule, Act act, MonoTime due, std::string says, const BookingRef& ref = {}, Facts facts = {}) {
        // Where two devices share a workspace, what the first one does may be done for both.
        if ((act == Act::SignOut || act == Act::Release) && around_.led(desk_)) due += rules::companion_wait;
        const bool tells = user_policy_.messages && around_.grants().may_tell();
        out_.push_back({rule, std::move(says), act, ref, due, {}, std::move(facts), tells});
    }
    /// For whoever is signed in.
    [[nodiscard]] Facts facts(std::string limit) const {
        Facts out;
        out.desk = desk_.display_name;
        out.limit = std::move(limit);
        if (!desk_.sign_in->cover) return out;
        out.organizer = desk_.sign_in->cover->organizer_email;
        out.end = local_clock(around_.zone(), desk_.sign_in->cover->end);
        return out;
    }
    /// Webex says that the user has a booking of their own that begins within the grace: they have come early.
    bool came_early(Rule rule, const Limit& grace) {
        const auto& who = desk_.sign_in->who;
        for (const auto& known : desk_.bookings) {
            const Booking& booking = known.booking;
            if (!who || booking.covers(now_.wall) || !rules::is_next(booking, grace.value_or(Millis{0}), now_) ||
                !rules::is_organizer(*who, booking.organizer_email, booking.organizer_id))
                continue;
            if (all_) rests(rule, "the user's own booking begins at " + said(booking.start));
            return true;
        }
        return false;
    }
    [[nodiscard]] const Attempt* tried(Act act, const BookingRef& ref) const {
        for (const auto& attempt : desk_.attempts)
            if (attempt.act == act && rules::same(attempt.ref, ref)) return &attempt;
        return nullptr;
    }

    void sign_in_grace() {
        if (withheld(Rule::SignInGrace, Act::SignOut, user_policy_)) return;
        if (!over_.visit) return rests(Rule::SignInGrace, over_.why_not);
        const SignIn& visit = *over_.visit;
        if (visit.cover) return rests(Rule::SignInGrace, "the sign-in had a booking: sign_out_grace decides");
        const Policy& policy = user_policy_;
        if (!policy.sign_in_grace) return rests(Rule::SignInGrace, "off");
        if (over_.in_call)
            return rests(Rule::SignInGrace, "signed in without a booking, but in a call, which keeps its user");
        if (came_early(Rule::SignInGrace, policy.sign_in_grace)) return;
        // A request that failed or a call that ended gives the desk its own time to sign the user out.
        MonoTime due = visit.since.mono + *policy.sign_in_grace;
        if (visit.lapsed->mono > visit.since.mono) due = later(due, visit.lapsed, policy.sign_out_grace);
        acts(Rule::SignInGrace, Act::SignOut, later(due, visit.call_ended, policy.sign_out_grace),
             sentence({"somebody has been signed in since ", said(visit.since.wall),
                       " and no booking covers it; allowed for ", format_duration(*policy.sign_in_grace)}),
             {}, facts(format_duration(*policy.sign_in_grace)));
    }

    void sign_out_grace() {
        if (withheld(Rule::SignOutGrace, Act::SignOut, user_policy_)) return;
        if (!over_.visit) return rests(Rule::SignOutGrace, over_.why_not);
        const SignIn& visit = *over_.visit;
        if (!visit.cover) return rests(Rule::SignOutGrace, "the sign-in never had a booking: sign_in_grace decides");
        const Limit& grace = user_policy_.sign_out_grace;
        if (!grace) return rests(Rule::SignOutGrace, "off");
        if (over_.in_call) {
            if (all_) rests(Rule::SignOutGrace, lapse(desk_, visit, now_) + "; a call is on, which keeps its user");
            return;
        }
        if (came_early(Rule::SignOutGrace, grace)) return;
        const bool after_call = visit.call_ended && visit.call_ended->mono >= visit.lapsed->mono;
        // Where not all was heard it may be somebody else by now, who has sign_in_grace.
        const Limit& other_grace = visit.watched ? grace : user_policy_.sign_in_grace;
        if (!other_grace) return rests(Rule::SignOutGrace, "it may be somebody else by now, and sign_in_grace is off");
        const MonoTime due = std::max(visit.lapsed->mono + *grace, visit.since.mono + *other_grace);
        acts(Rule::SignOutGrace, Act::SignOut, later(due, visit.call_ended, grace),
             sentence({lapse(desk_, visit, now_), after_call ? " and the call is over" : "", "; the desk has ",
                       format_duration(*grace), " to sign its user out"}),
             {}, facts(format_duration(*grace)));
    }

    void max_call_overrun() {
        const Policy& policy = user_policy_;
        if (withheld(Rule::MaxCallOverrun, Act::SignOut, policy)) return;
        if (!policy.max_call_overrun) return rests(Rule::MaxCallOverrun, "off");
        if (!over_.visit) return rests(Rule::MaxCallOverrun, over_.why_not);
        if (!over_.in_call) return rests(Rule::MaxCallOverrun, "no call is on");
        const SignIn& visit = *over_.visit;
        const std::string limit = format_duration(*policy.max_call_overrun);
        if (came_early(Rule::MaxCallOverrun, visit.cover ? policy.sign_out_grace : policy.sign_in_grace)) return;
        // Where not all was heard it may be somebody else's call by now, who has what is theirs without a booking.
        const bool is_known = visit.cover && visit.watched;
        if (!is_known && !policy.sign_in_grace)
            return rests(Rule::MaxCallOverrun, visit.cover ? "it may be somebody else by now, and sign_in_grace is off"
                                                           : "signed in without a booking, and sign_in_grace is off");
        MonoTime from = visit.cover ? visit.lapsed->mono : MonoTime::min();
        if (!is_known) from = std::max(from, visit.since.mono + *policy.sign_in_grace);
        const std::string why =
            visit.cover
                ? lapse(desk_, visit, now_)
                : sentence({"signed in without a booking since ", said(visit.since.wall), ", beyond sign_in_grace"});
        acts(Rule::MaxCallOverrun, Act::SignOut, from + *policy.max_call_overrun,
             sentence({why, "; a call may keep its user for ", limit}), {}, facts(limit));
    }

    void verify_identity() {
        const Policy& policy = user_policy_;
        if (policy.verify_identity == VerifyIdentity::Off) return rests(Rule::VerifyIdentity, "off");
        if (withheld(Rule::VerifyIdentity, Act::SignOut, policy)) return;
        if (!around_.may_ask_who())
            return rests(Rule::VerifyIdentity, "Webex may not be asked who is signed in: the scopes are not granted");
        if (!desk_.sign_in) return rests(Rule::VerifyIdentity, "nobody is signed in");
        const SignIn& visit = *desk_.sign_in;
        if (!rules::is_covered(desk_, visit, now_)) return rests(Rule::VerifyIdentity, "no booking covers the sign-in");
        if (!policy.sign_out_grace) return rests(Rule::VerifyIdentity, "sign_out_grace is off");
        if (is_deaf(desk_)) return rests(Rule::VerifyIdentity, missing);
        if (!visit.who) return rests(Rule::VerifyIdentity, "Webex has not said who is signed in");
        // Addresses can be compared; a calendar's id of a person need not be Webex's.
        if (visit.who->emails.empty())
            return rests(Rule::VerifyIdentity, "Webex has not said which addresses the user has");
        const auto has_booking = [&](const KnownBooking& known) {
            return known.booking.covers(now_.wall) &&
                   (rules::is_organizer(*visit.who, known.booking.organizer_email, known.booking.organizer_id) ||
                    known.booking.organizer_email.empty());
        };
        if (std::any_of(desk_.bookings.begin(), desk_.bookings.end(), has_booking))
            return rests(Rule::VerifyIdentity, "the user is the organizer of a booking that runs");
        if (came_early(Rule::VerifyIdentity, policy.sign_out_grace)) return;
        if (desk_.active_calls.value != 0)
            return rests(Rule::VerifyIdentity,
                         desk_.active_calls.value ? "the user is not the organizer, but in a call, which keeps its user"
                                                  : "whether a call is on is not known");
        acts(Rule::VerifyIdentity, Act::SignOut,
             later(rules::at_booking_since(desk_, visit, now_) + *policy.sign_out_grace, visit.call_ended,
                   policy.sign_out_grace),
             sentence({visit.who->emails.empty() ? visit.who->id.value : visit.who->emails.front(),
                       " is signed in, and the desk is booked by ", organizer_of(visit.cover->organizer_email),
                       "; the desk has ", format_duration(*policy.sign_out_grace), " to sign its user out"}),
             {}, facts(format_duration(*policy.sign_out_grace)));
    }

    void release_on_sign_out() {
        const KnownBooking* const known = desk_.left ? rules::find(desk_, desk_.left->ref) : nullptr;
        const Policy& policy = around_.policy_for(known ? known->booking.organizer_email : std::string{});
        if (withheld(Rule::ReleaseOnSignOut, Act::Release, policy)) return;
        // Who leaves with the end of a call may be somebody whom the desk could not sign out sooner.
        if (!desk_.left && !desk_.active_calls.value)
            return rests(Rule::ReleaseOnSignOut, "whether a call is on is not known");
        if (!desk_.left || desk_.personalized.value != false)
            return rests(Rule::ReleaseOnSignOut, "nobody has left a booking early");
        if (!policy.release_on_sign_out) return rests(Rule::ReleaseOnSignOut, "off");
        if (is_deaf(desk_)) return rests(Rule::ReleaseOnSignOut, missing);
        if (around_.beside(desk_, desk_.left->ref,
                           [](const DeskState& other, const KnownBooking&) { return other.sign_in.has_value(); }))
            return rests(Rule::ReleaseOnSignOut, "somebody is signed in at the other device of this workspace");
        // The desk deletes the booking itself, and a hybrid calendar takes its time to confirm.
        acts(Rule::ReleaseOnSignOut, Act::Release,
             desk_.left->since.mono + policy.sign_out_grace.value_or(rules::settle_first),
             sentence({"the user signed out at ", said(desk_.left->since.wall),
                       ", before the booking's end, and the desk still has the booking"}),
             desk_.left->ref);
    }

    /// Why a booking that runs is no no-show, whatever the time.
    [[nodiscard]] std::string_view why_no_no_show(const KnownBooking& known, const Policy& policy) const {
        if (known.arrived) return "somebody has come to the booking";
        if (!desk_.personalized.value) return "whether somebody is signed in is not known";
        if (desk_.sign_in) return "somebody is signed in";
        if (around_.beside(desk_, known.booking.ref, [](const DeskState& other, const KnownBooking& its) {
                return its.arrived || other.sign_in;
            }))
            return "somebody is at the other device of this workspace";
        if (!desk_.active_calls.value) return "whether a call is on is not known";
        if (*desk_.active_calls.value > 0) return "a call is on";
        if (desk_.presence.value == Presence::Yes) return "somebody is seen at the desk";
        if (is_deaf(desk_)) return missing;
        if (desk_.checks_in != WallTime{} && now_.wall - desk_.checks_in < rules::check_in_memory)
            return "the desk's own check-in feature is on and decides";
        if (policy.no_show_exempt_duration &&
            known.booking.end - known.booking.start >= *policy.no_show_exempt_duration)
            return "the booking is as long as no_show_exempt_duration or longer";
        if (around_.beside(desk_, known.booking.ref,
                           [&](const DeskState& other, const KnownBooking&) { return goes_before(other, desk_); }))
            return "the other device of this workspace acts";
        return {};
    }

    void no_show(const KnownBooking& known) {
        const Booking& booking = known.booking;
        const Policy& policy = around_.policy_for(booking.organizer_email);
        const auto both_rest = [&](std::string_view why) {
            rests(Rule::NoShowRelease, why);
            rests(Rule::NoShowWarning, why);
        };
        if (!policy.no_show_release) return both_rest("no_show_release is off");
        if (no_show_withheld(policy)) return;
        if (const auto why = why_no_no_show(known, policy); !why.empty()) return both_rest(why);
        // Whoever came before hotdeskd was there, or while messages were lost, was not seen: the clock starts again.
        MonoTime from =
            std::max({rules::mono_of(booking.start, now_), rules::mono_of(known.made_at, now_), desk_.watched_since});
        if (known.chance) from = std::max(from, known.chance->mono);
        MonoTime due = from + *policy.no_show_release;

        if (withheld(Rule::NoShowWarning, Act::WarnNoShow, policy)) {
            // The release goes on.
        } else if (policy.no_show_warning && policy.messages) {
            const Attempt* const warned = tried(Act::WarnNoShow, booking.ref);
            const MonoTime warn = std::max(from, due - *policy.no_show_warning);
            const bool was_told = warned && !warned->pending && warned->count > 0;
            const MonoTime told = was_told ? warned->answered_at : std::max(warn, now_.mono);
            due = std::max(due, told + *policy.no_show_warning);
            const WallTime until = now_.wall + (due - now_.mono);
            const std::string limit = local_clock(around_.zone(), until);
            acts(Rule::NoShowWarning, Act::WarnNoShow, warn,
                 sentence({"nobody has come to the booking of ", organizer_of(booking.organizer_email), " since ",
                           said(booking.start), "; it will be released at ", said(until)}),
                 booking.ref, admission::facts_of(desk_, booking, around_.zone(), limit));
        } else {
            rests(Rule::NoShowWarning, "off");
        }
        acts(Rule::NoShowRelease, Act::NoShow, due,
             sentence({"nobody has come to the booking of ", organizer_of(booking.organizer_email), " since ",
                       said(now_.wall - (now_.mono - from)), "; kept for ", format_duration(*policy.no_show_release)}),
             booking.ref,
             admission::facts_of(desk_, booking, around_.zone(), format_duration(*policy.no_show_release)));
    }

    void end_warning() {
        if (withheld(Rule::EndWarning, Act::WarnEnd, user_policy_)) return;
        if (!desk_.sign_in || !desk_.sign_in->cover || desk_.sign_in->lapsed)
            return rests(Rule::EndWarning, "nobody is signed in with a booking");
        const Policy& policy = user_policy_;
        if (!policy.end_warning || !policy.messages) return rests(Rule::EndWarning, "off");
        const KnownBooking* const known = rules::find(desk_, desk_.sign_in->cover->ref);
        if (!known || !known->booking.covers(now_.wall)) return rests(Rule::EndWarning, "no booking runs");
        const Booking& booking = known->booking;
        if (booking.end - booking.start <= *policy.end_warning)
            return rests(Rule::EndWarning, "the booking is no longer than the warning's time");
        const auto goes_on = [&](const KnownBooking& next) {
            return next.booking.start <= booking.end && next.booking.end > booking.end &&
                   !rules::different_organizers(*desk_.sign_in->cover, next.booking);
        };
        if (std::any_of(desk_.bookings.begin(), desk_.bookings.end(), goes_on))
            return rests(Rule::EndWarning, "the next booking is the same organizer's");
        if (const auto* told = tried(Act::WarnEnd, booking.ref);
            told && told->count > 0 && !told->pending && told->failures == 0)
            return rests(Rule::EndWarning, "the user was told");
        acts(Rule::EndWarning, Act::WarnEnd, rules::mono_of(booking.end - *policy.end_warning, now_),
             sentence({"the booking of ", organizer_of(booking.organizer_email), " ends at ", said(booking.end)}),
             booking.ref, admission::facts_of(desk_, booking, around_.zone(), format_duration(*policy.end_warning)));
    }

    void admission() {
        std::vector<Rule> broken;
        for (const auto& known : desk_.bookings) {
            if (known.left_alone && known.left_alone->slot == slot_of(known.booking)) {
                broken.push_back(known.left_alone->rule);
                rests(known.left_alone->rule, "a booking was put back twice and moved again: it is let be");
                continue;
            }
            if (!known.objection || known.booking.end <= now_.wall) continue;
            if (auto verdict = admission::verdict_on(desk_, known, now_, around_)) {
                broken.push_back(verdict->rule);
                if (verdict->act) rest_where_withheld(*verdict);
                out_.push_back(std::move(*verdict));
            }
        }
        if (!all_) return;
        for (const Rule rule : all_rules)
            if (rule >= Rule::AllowAdHoc && rule != Rule::Cli &&
                std::find(broken.begin(), broken.end(), rule) == broken.end() &&
                !withheld(rule, Act::Reject, user_policy_))
                rests(rule, "no booking breaks it");
    }

    /// A move that cannot be reversed is not answered with a deletion: that the booking could not have its times back
    /// is no fault of it.
    void rest_where_withheld(Verdict& verdict) const {
        verdict.tells = verdict.tells && around_.grants().may_tell();
        const std::string_view path = around_.grants().withheld(*verdict.act);
        if (path.empty()) return;
        verdict.act.reset();
        verdict.due.reset();
        verdict.says = sentence({"rests: ", not_granted(path), "; ", verdict.says});
    }

    const Desk& desk_;
    const Now now_;
    const Surroundings& around_;
    const bool all_;
    const Policy& user_policy_;  ///< of who is signed in, as far as a booking tells
    const Overstay over_;
    std::vector<Verdict> out_;
};

}  // namespace

std::vector<Verdict> judge(const Desk& desk, Now now, const Surroundings& around, bool all) {
    return Judge(desk, now, around, all).verdicts();
}

}  // namespace hotdesk
