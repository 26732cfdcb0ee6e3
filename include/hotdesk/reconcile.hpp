#pragma once
// The rules. What is known of a desk goes in, what to do about it and why comes out.
//
// Two functions. `observe` folds what was heard into the desk. `decide` looks at the desk, the policy and the time, and
// never at what was heard last: a message seen twice, late or not at all changes what is known and nothing else, and
// the next look decides right.
//
// An act that a person would feel (a sign-out, a released booking) needs two things besides its rule: its grace has
// passed, and the desk was ASKED (status and Bookings.List) after that moment, less than a minute ago, and still says
// so. Pushes can be late, lost or out of order; an answer is what is. Until the answer is there, `decide` says `ask`
// instead of acting.
//
//   what is                                        | then, after                      | rule                | act
//   -----------------------------------------------+----------------------------------+---------------------+---------
//   signed in, no booking has covered it           | sign_in_grace from the sign-in   | sign_in_grace       | sign out
//   signed in, its booking is over, moved, deleted | sign_out_grace                   | sign_out_grace      | sign out
//     or the time is another organizer's           |                                  |                     |
//   the same, in a call                            | nothing: a call keeps its user   | -                   | -
//   the same, the call ends                        | sign_out_grace from then         | as above            | sign out
//   the same, in a call, max_call_overrun set      | max_call_overrun                 | max_call_overrun    | sign out
//   the same, and a gap: it may be another's call  | not before sign_in_grace more     | max_call_overrun    | sign out
//   the same, and Webex says that the booking is   | nothing: Webex is asked before   | -                   | -
//     theirs that runs, or begins within the grace |   anybody goes for its organizer |                     |
//   signed in, a booking request is unanswered     | nothing, for 5 min at most       | -                   | -
//   signed in, a booking covers now                | nothing                          | -                   | -
//   signed in to a booking, and Webex says it is   | sign_out_grace from the sign-in, | verify_identity     | sign out
//     somebody else than its organizer             |   its start, or their call's end |                     |
//   who is signed in cannot be told                | nothing                          | -                   | -
//   signed out by themselves after a minute or     | sign_out_grace                   | release_on_sign_out | Delete
//     more, the desk kept the booking              |                                  |                     |
//   signed out after a shorter visit, or with the  | nothing: a wrong user or a       | -                   | -
//     end of a call that was on until a minute     | failed sign-in is no departure   |                     |
//     of the booking had passed                    |                                  |                     |
//   a booking runs and nobody has come             | no_show_release from its start,  | no_show_release     | Delete
//                                                  |   its making, its move, and when |                     |
//                                                  |   the desk was last free         |                     |
//   the same, no_show_warning before that          | at once                          | no_show_warning     | tell
//   somebody came: signed in for a minute, called, | nothing                          | -                   | -
//     was seen, checked in; or the desk has its    |                                  |                     |
//     own check-in                                 |                                  |                     |
//   a call is on or somebody is seen, but since    | nothing: the desk is not free;   | -                   | -
//     somebody else had the desk                   |   the time begins at its end     |                     |
//   signed out within a minute after messages      | nothing: how long they had been  | -                   | -
//     may have been missed                         |   there is not known             |                     |
//   signed in, the booking ends within end_warning | at once, once a booking          | end_warning         | tell
//   a new booking breaks a rule of admission       | at once                          | that rule           | Delete
//   a booking is moved and breaks one, the times   | at once                          | that rule           | Edit
//     that it had are lawful and not over          |                                  |                     |   back
//   the same, the times it had are no good         | at once                          | that rule           | Delete
//   the same, reversed twice within an hour        | nothing: recorded, `status`      | that rule           | -
//   a booking was there before hotdeskd, or an     | nothing, unless it is moved      | -                   | -
//     administrator made it                        |                                  |                     |
//   another device of the workspace has the same   | nothing: that one acts           | -                   | -
//     booking                                      |                                  |                     |
//   who is signed in or whether a call is on is    | nothing: asked for               | -                   | -
//     not known                                    |                                  |                     |
//   the time is another organizer's, and the desk  | nothing: it may be that          | -                   | -
//     does not push sign-ins, or not all of them   |   organizer by now               |                     |
//     were heard (a restart, a gap)                |                                  |                     |
//   what desks say does not arrive just now: polls | nothing: somebody else may come, | -                   | -
//     fail, or the answer to one was lost          |   and graces start again then    |                     |
//   what an act needs was not granted              | nothing: the rule rests          | -                   | -
//   a message was not granted                      | the act goes on, nobody is told  | as above            | as above
//   a move breaks a rule, Bookings.Edit was not    | nothing: it is not deleted in    | that rule           | -
//     granted, Bookings.Delete was                 |   its place                      |                     |

#include <hotdesk/cloud.hpp>
#include <hotdesk/desk.hpp>
#include <hotdesk/grants.hpp>
#include <hotdesk/message.hpp>
#include <hotdesk/messages.hpp>
#include <hotdesk/policy.hpp>

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hotdesk {

// --- inputs: what can be heard about one desk ---------------------------------------------------------------------

namespace input {
/// A desk pushed statuses.
struct Pushed {
    StatusReport report;
    WallTime as_of{};
    bool full_sync = false;  ///< the desk is asked too: what was lost in the hour before is found
};
/// A desk pushed an event.
struct Happened {
    Event event;
};
/// The desk answered AskStatus, asked at `asked_at`.
struct StatusAnswered {
    StatusReport report;
    MonoTime asked_at{};
};
/// The desk answered AskBookings, asked at `asked_at`.
struct BookingsAnswered {
    std::vector<Booking> bookings;
    MonoTime asked_at{};
};
/// Webex answered who is signed in, asked at `asked_at`.
struct Identified {
    std::optional<Person> who;  ///< empty: it knows of nobody there
    MonoTime asked_at{};
};
/// Webex could not be asked who is signed in.
struct WhoFailed {
    std::optional<Millis> retry_after;
    bool asked = true;  ///< false: it was not even tried
};
/// The desk could not be asked.
struct AskFailed {
    ErrorKind kind{};
    std::optional<Millis> retry_after;
    bool unreachable = false;  ///< the desk itself did not answer
};
/// A decision of this desk was answered, or given up.
struct Answered {
    Seq seq = 0;
    std::optional<ErrorKind> failure;  ///< empty: done
    std::optional<Millis> retry_after = std::nullopt;
    bool may_be_done = false;  ///< it failed, but it went out and may have been carried out
    bool by_desk = true;  ///< the desk's own refusal; no: it was not sent, or Webex refused it (403 is about hotdeskd)
};
/// Everything known may be out of date, and messages may be missing: a gap in the queue, a clock that jumped.
struct Doubted {
    bool ask = true;  ///< no: messages are missing just now, and it is time to ask when they arrive again
};
/// Nothing was heard; time has passed.
struct Woken {};
}  // namespace input

using Input =
    std::variant<input::Pushed, input::Happened, input::StatusAnswered, input::BookingsAnswered, input::AskFailed,
                 input::Identified, input::WhoFailed, input::Answered, input::Doubted, input::Woken>;

// --- what stands around a desk -------------------------------------------------------------------------------------

/// What the rules may look at beside the desk itself.
class Surroundings {
public:
    virtual ~Surroundings() = default;
    /// The policy of this desk for an organizer's booking; empty: nobody known.
    [[nodiscard]] virtual const Policy& policy_for(std::string_view organizer_email) const = 0;
    [[nodiscard]] virtual const Zone& zone() const = 0;
    [[nodiscard]] virtual const Messages& messages() const = 0;
    /// The organizer's bookings at other desks, until `visit` returns false. Those that this desk has too (a companion
    /// device of the same workspace) are left out.
    virtual void each_elsewhere(const Desk& desk, std::string_view organizer_email,
                                const std::function<bool(const DeskState&, const KnownBooking&)>& visit) const = 0;
    /// Whether `test` is true of another device of the same workspace that has this booking too.
    [[nodiscard]] virtual bool beside(
        const Desk& desk, const BookingRef& ref,
        const std::function<bool(const DeskState& other, const KnownBooking& its)>& test) const = 0;
    /// Another device of the same workspace goes before this one.
    [[nodiscard]] virtual bool led(const Desk& desk) const = 0;
    /// Webex may be asked who is signed in: the scopes are granted.
    [[nodiscard]] virtual bool may_ask_who() const = 0;
    /// What Webex has granted: a rule whose act was not rests.
    [[nodiscard]] virtual const Grants& grants() const = 0;
};

/// Of the devices of a workspace the first one acts, unless it cannot be reached.
inline bool goes_before(const DeskState& other, const DeskState& desk) {
    return other.id < desk.id && other.online != false;
}

// --- outputs ------------------------------------------------------------------------------------------------------

/// What a rule says about a desk now.
struct Verdict {
    Rule rule{};
    std::string says;             ///< a sentence for the person who asks why
    std::optional<Act> act;       ///< what it will do when due
    BookingRef ref;               ///< the booking the act is about
    std::optional<MonoTime> due;  ///< when; empty: not unless something changes
    Slot back_to;                 ///< Restore: the times
    Facts facts;                  ///< for the person at the desk
    bool tells = false;           ///< who may be told: `messages` is on
};

/// One thing to do, with its reason. Becomes a line of the decision record.
struct Decision {
    Rule rule{};
    std::string decision;  ///< `sign out`, `release booking`, `reject booking`, `reverse the move`, `tell`, `let it be`
    std::string reason;
    std::optional<Act> act;  ///< empty for what is only told before an act
    BookingRef ref;
    Command command;  ///< no name: there is nothing to send
};

struct Step {
    std::vector<Decision> decisions;
    bool ask = false;                                ///< the desk must be asked: status and Bookings.List
    bool ask_who = false;                            ///< Webex must be asked who is signed in
    std::optional<MonoTime> wake_at = std::nullopt;  ///< look again then; empty: only when something is heard
};

/// Folds one input into the desk.
void observe(Desk& desk, const Input& heard, Now now);

/// Holds the bookings that are new or were moved against the rules of admission, and writes down which are lawful and
/// what is wrong with the others. Returns those that have just been found lawful.
std::vector<BookingRef> admit(Desk& desk, Now now, const Surroundings& around);

/// What is wrong with a booking, or what would be: the rule, and a sentence. Empty: nothing.
struct Breach {
    Rule rule{};
    std::string says;
    Facts facts;
};
std::optional<Breach> breach_of(const Desk& desk, const KnownBooking& booking, Now now, const Surroundings& around);

/// What rules say. Without `all` only those that will act; with it also, in a sentence, why the others will not.
std::vector<Verdict> judge(const Desk& desk, Now now, const Surroundings& around, bool all);

/// What to do now. The caller commits the decisions and tells the desk with noted() before anything is sent.
Step decide(const Desk& desk, Now now, const Surroundings& around);

/// Writes down that `decision` was taken as `seq`, so that it is not taken again.
void noted(Desk& desk, const Decision& decision, Seq seq, Mode mode, Now now);

/// An administrator's sign-out, with nobody's rule but theirs. The user is told first where `messages` says so.
std::vector<Decision> remote_sign_out(const Desk& desk, const Surroundings& around);

}  // namespace hotdesk
