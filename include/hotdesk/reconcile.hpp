#pragma once
// The rules. What is known of a desk goes in, what to do about it and why comes out.
//
// Two functions. `observe` folds what was heard into the desk. `decide` looks at the desk, the policy and the time, and
// never at what was heard last: a message seen twice, late or not at all changes what is known and nothing else, and
// the next look decides right.
//
// An act that a person would feel (a sign-out, a released booking) needs two things besides its rule: its grace has
// passed, and the desk was ASKED (status and Bookings.List) after that moment and still says so. Pushes can be late,
// lost or out of order; an answer is what is. Until the answer is there, `decide` says `ask` instead of acting.
//
//   what is                                        | then, after                      | rule                | act
//   -----------------------------------------------+----------------------------------+---------------------+---------
//   signed in, no booking has covered it           | sign_in_grace from the sign-in   | sign_in_grace       | sign out
//   signed in, its booking is over, moved, deleted | sign_out_grace                   | sign_out_grace      | sign out
//     or the time is another organizer's           |                                  |                     |
//   the same, in a call                            | nothing: a call keeps its user   | -                   | -
//   the same, the call ends                        | sign_out_grace from then         | as above            | sign out
//   the same, in a call, max_call_overrun set      | max_call_overrun                 | max_call_overrun    | sign out
//   signed in, a booking request is unanswered     | nothing, for 5 min at most       | -                   | -
//   signed in, a booking covers now                | nothing                          | -                   | -
//   signed out by themselves after a minute or     | sign_out_grace                   | release_on_sign_out | Delete
//     more, the desk kept the booking              |                                  |                     |
//   signed out after a shorter visit               | nothing: a wrong user or a       | -                   | -
//                                                  | failed sign-in is no departure   |                     |
//   who is signed in or whether a call is on is    | nothing: asked for               | -                   | -
//     not known                                    |                                  |                     |
//   the time is another organizer's, and the desk  | nothing: it may be that          | -                   | -
//     does not push sign-ins, or not all of them   |   organizer by now               |                     |
//     were heard (a restart, a gap)                |                                  |                     |

#include <hotdesk/cloud.hpp>
#include <hotdesk/desk.hpp>
#include <hotdesk/message.hpp>
#include <hotdesk/policy.hpp>

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
};
/// Everything known may be out of date, and messages may be missing: a gap in the queue, a clock that jumped.
struct Doubted {};
/// Nothing was heard; time has passed.
struct Woken {};
}  // namespace input

using Input = std::variant<input::Pushed, input::Happened, input::StatusAnswered, input::BookingsAnswered,
                           input::AskFailed, input::Answered, input::Doubted, input::Woken>;

// --- outputs ------------------------------------------------------------------------------------------------------

/// What a rule says about a desk now.
struct Verdict {
    Rule rule{};
    std::string says;             ///< a sentence for the person who asks why
    std::optional<Act> act;       ///< what it will do when due
    BookingRef ref;               ///< the booking the act is about
    std::optional<MonoTime> due;  ///< when; empty: not unless something changes
};

/// One thing to do, with its reason. Becomes a line of the decision record.
struct Decision {
    Rule rule{};
    std::string decision;  ///< `sign out`, `release booking`, `tell`
    std::string reason;
    std::optional<Act> act;  ///< empty for what is only told
    BookingRef ref;
    Command command;
};

struct Step {
    std::vector<Decision> decisions;
    bool ask = false;                                ///< the desk must be asked: status and Bookings.List
    std::optional<MonoTime> wake_at = std::nullopt;  ///< look again then; empty: only when something is heard
};

/// Folds one input into the desk.
void observe(Desk& desk, const Input& heard, Now now);

/// What each rule says; the order is the order in which they act.
std::vector<Verdict> judge(const Desk& desk, Now now, const Policy& policy);

/// What to do now. The caller commits the decisions and tells the desk with noted() before anything is sent.
Step decide(const Desk& desk, Now now, const Policy& policy);

/// Writes down that `decision` was taken as `seq`, so that it is not taken again.
void noted(Desk& desk, const Decision& decision, Seq seq, Mode mode, Now now);

/// observe() and decide() in one: the whole of the core for one input.
Step reconcile(Desk& desk, const Input& heard, Now now, const Policy& policy);

/// An administrator's sign-out, with nobody's rule but theirs. The user is told first where `messages` says so.
std::vector<Decision> remote_sign_out(const Policy& policy);

}  // namespace hotdesk
