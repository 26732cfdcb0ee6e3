#pragma once
// What hotdeskd knows of one desk.
//
// `DeskState` is what is stored; `Desk` adds what only means something while the process runs. Rules look at nothing
// else, so a desk that was told something twice, late or never is decided right at the next look.

#include <hotdesk/booking.hpp>
#include <hotdesk/cloud.hpp>
#include <hotdesk/message.hpp>
#include <hotdesk/policy.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotdesk {

/// An instant in both clocks. After a restart `mono` is set to the time of loading: a grace period starts again rather
/// than ends early because the box's clock was wrong for a while.
struct Since {
    WallTime wall{};
    MonoTime mono{};
    bool operator==(const Since&) const = default;
};

/// A value and the time at which the desk said it was true (the cloud's clock). Older pushes do not replace it.
template <class T>
struct Known {
    std::optional<T> value;
    WallTime as_of{};
    MonoTime pushed_at = MonoTime::min();  ///< when hotdeskd heard the newest push; not stored
    WallTime held_from{};                  ///< of what was heard of this value, the oldest `as_of`; not stored
    bool operator==(const Known& other) const { return value == other.value && as_of == other.as_of; }
};

/// From when to when; `end` is exclusive.
struct Slot {
    WallTime start{}, end{};
    bool operator==(const Slot&) const = default;
};
inline Slot slot_of(const Booking& booking) { return {booking.start, booking.end}; }

/// The times and the organizer with which a booking was found lawful, or was there before anybody judged.
struct Admitted {
    Slot slot;
    std::string organizer_email;  ///< as known then
    /// Nobody judged it: it was there before hotdeskd, or an administrator asked for it.
    bool exempt = false;
    bool operator==(const Admitted&) const = default;
};

/// A booking breaks a rule with the times that it has now.
struct Objection {
    Rule rule{};
    Slot slot;  ///< the times that are objected to
    Since since;
    bool operator==(const Objection&) const = default;
};

struct KnownBooking {
    Booking booking;
    WallTime as_of{};       ///< of the newest push about it; the epoch when only a list told of it
    MonoTime learned_at{};  ///< when hotdeskd last heard of it; not stored

    RequestUuid request = {};  ///< BookingRequestUUID, where an event told it
    WallTime made_at{};   ///< when it was made; where only a list told of it, or of its times, when that was first seen
    WallTime moved_at{};  ///< of the newest push with other times or another organizer; the epoch: none
    std::optional<MonoTime> found_at{};  ///< where only a list told of it: `made_at` by the other clock; not stored
    bool at_desk = false;                ///< made at the desk by whoever was signed in there
    WallTime asked_at{};     ///< when they asked for it, if that was heard: a calendar may take long to confirm
    MeetingId extends = {};  ///< it prolongs this booking

    // Admission.
    std::optional<Admitted> admitted = {};  ///< empty: not judged yet, or never lawful
    std::optional<Objection> objection = {};
    std::vector<WallTime> reversals = {};      ///< when a move was reversed, in the last hour
    std::optional<Objection> left_alone = {};  ///< reversed often enough: it stands, the administrator is told

    // No-show.
    bool arrived = false;              ///< somebody came: signed in, in a call, seen, or checked in
    std::optional<Since> chance = {};  ///< moved, or the desk is free again: the clock starts from here

    bool operator==(const KnownBooking& o) const {
        return booking == o.booking && as_of == o.as_of && request == o.request && made_at == o.made_at &&
               moved_at == o.moved_at && at_desk == o.at_desk && asked_at == o.asked_at && extends == o.extends &&
               admitted == o.admitted && objection == o.objection && reversals == o.reversals &&
               left_alone == o.left_alone && arrived == o.arrived && chance == o.chance;
    }
};

/// A booking that was deleted, remembered a while so that a late message does not bring it back.
struct DeletedBooking {
    BookingRef ref;
    WallTime as_of{};
    MonoTime learned_at{};
    bool operator==(const DeletedBooking& other) const { return ref == other.ref && as_of == other.as_of; }
};

/// BookingRequested without an answer yet. Counts as a booking for a bounded time: hybrid calendars confirm late. It is
/// remembered for longer: an answer belongs to whoever asked, and not to who is signed in when it comes.
struct RequestedBooking {
    RequestUuid uuid;
    WallTime start{}, end{};
    Since since;
    bool at_desk = false;    ///< by whoever was signed in there
    MeetingId extends = {};  ///< an extension of this booking, asked for as a booking of its own
    WallTime asked_at{};     ///< as the desk says
    bool operator==(const RequestedBooking&) const = default;
};

/// What an administrator asked for with `hotdeskd book` or `edit`: such a booking is not judged.
struct Permit {
    RequestUuid uuid;   ///< of a booking that was asked for
    MeetingId meeting;  ///< of a booking that was edited
    Slot slot;
    Since since;
    std::string organizer_email = {};  ///< for whom; empty: not known
    bool operator==(const Permit&) const = default;
};

/// The booking that gave the signed-in user a right to be there.
struct Cover {
    BookingRef ref;
    std::string organizer_email;
    std::string organizer_id;
    WallTime end{};  ///< as last known: a desk forgets a booking that is over
    bool operator==(const Cover&) const = default;
};

/// Somebody is signed in. RoomOS does not say who.
struct SignIn {
    Since since;                      ///< when hotdeskd learned of it
    std::optional<WallTime> said_at;  ///< when it happened, if a push said so
    std::optional<Cover> cover;       ///< the last booking that covered this sign-in
    std::optional<Since> lapsed;      ///< since when none does; empty while one does
    std::optional<Since> call_ended;  ///< when the last call ended
    MonoTime seen_at{};               ///< when it was last told that somebody is signed in; not stored
    /// Not a moment was missed since the sign-in. After a restart or a gap it may be somebody else by now; not stored.
    bool watched = true;
    bool let_stay = false;  ///< stayed with the booking for a minute while no call was on
    /// Since when the cover is one: from the sign-in, or later, where the booking began, was made or was moved over
    /// somebody who already sat there; not stored.
    WallTime covered_from{};
    bool was_without = false;                   ///< sat there before any booking covered it; not stored
    WallTime cover_began{};                     ///< start of the cover, where it is the first one; not stored
    std::optional<Person> who = {};             ///< as Webex says; empty: not asked, or not known
    std::optional<MonoTime> who_asked_at = {};  ///< when the question went out; not stored
    MonoTime who_not_before = MonoTime::min();  ///< after a question that failed; not stored
    int who_failures = 0;                       ///< not stored
    bool operator==(const SignIn& o) const {
        return since == o.since && said_at == o.said_at && cover == o.cover && lapsed == o.lapsed &&
               call_ended == o.call_ended && seen_at == o.seen_at && watched == o.watched && let_stay == o.let_stay &&
               who == o.who;
    }
};

/// The user of a booking signed out early and the desk still has the booking.
struct Left {
    BookingRef ref;
    Since since;
    bool operator==(const Left&) const = default;
};

/// What can be done to a desk by a rule. Stored by name: add, never rename.
enum class Act {
    SignOut,
    Release,     ///< delete a booking whose user has left
    NoShow,      ///< delete a booking to which nobody came
    Reject,      ///< delete a booking that breaks a rule
    Restore,     ///< give a booking the times back that it had
    LeaveBe,     ///< reversed often enough: say so and let it stand
    WarnNoShow,  ///< tell that the booking will be released
    WarnEnd,     ///< tell that the booking will end
};
inline constexpr std::size_t act_count = static_cast<std::size_t>(Act::WarnEnd) + 1;
std::string_view name_of(Act act);

/// A thing that was decided, so that it is not decided again while it is under way or was just tried.
struct Attempt {
    Act act{};
    BookingRef ref;    ///< the booking it is about; empty for SignOut
    int count = 0;     ///< how often the desk was told, or is being told; what did not reach it is not counted
    int failures = 0;  ///< how often in a row it failed
    std::optional<Seq> pending;  ///< the decision that waits for its answer
    bool observed = false;       ///< decided in observe mode: recorded once, never sent
    bool over = false;           ///< a reversal that has had its effect, and whose answer is still to come; not stored
    bool in_vain = false;        ///< as far as is known nothing of this reversal reached the desk; not stored
    MonoTime not_before{};       ///< the next try; not stored
    MonoTime answered_at{};      ///< the last answer; what was asked before it is stale. Not stored
    bool operator==(const Attempt& o) const {
        return act == o.act && ref == o.ref && count == o.count && failures == o.failures && pending == o.pending &&
               observed == o.observed;
    }
};

struct DeskState {
    DeviceId id;
    std::string display_name;
    WorkspaceId workspace;
    std::string workspace_name;
    LocationId location;
    std::optional<bool> online;

    Known<bool> personalized;
    Known<int> active_calls;
    Known<Presence> presence;
    bool pushes_personalized = false;  ///< seen to push it: no need to ask after each booking event

    std::vector<KnownBooking> bookings;  ///< by start
    bool bookings_asked = false;         ///< a list was asked for at least once; without it nobody is signed out
    std::vector<DeletedBooking> deleted;
    std::vector<RequestedBooking> requested;
    std::vector<Permit> permits;
    WallTime checks_in{};  ///< when the desk's own check-in feature was last seen at work; the epoch: never

    std::optional<SignIn> sign_in;
    std::optional<Left> left;
    std::vector<Attempt> attempts;

    bool operator==(const DeskState&) const = default;
};

struct Desk : DeskState {
    // What was asked of the desk. Times are those at which the questions went out.
    std::optional<MonoTime> status_asked_at, bookings_asked_at;
    MonoTime stale_since = MonoTime::min();  ///< answers to questions asked before this are not enough
    std::optional<MonoTime> ask_at;          ///< ask again then
    int ask_failures = 0;
    MonoTime ask_not_before = MonoTime::min();
    bool judge_existing = false;  ///< bookings of the first list are judged like new ones
    /// Nothing was missed since: the start of the process, or the last gap. Who came before may not have been seen.
    /// max(): what desks say may be missing just now.
    MonoTime watched_since = MonoTime::min();
    /// When it was last asked for a doubt, or will be: of several in a row only the first one has it asked at once.
    MonoTime doubted_at = MonoTime::min();
    MonoTime not_before = MonoTime::min();  ///< it wants to be left alone until then

    // Whose call it is, and who is seen. Empty where nobody is, or where it is not known since when.
    std::optional<WallTime> call_from, seen_from;
    bool calls_go_unheard = false;  ///< a call began or ended, and only an answer told of it
    /// When somebody signed out who is not known to have been the organizer of the booking that ran.
    std::optional<WallTime> stranger_left;
    /// When somebody signed out of whose coming nothing was heard: it may have been whoever had booked.
    std::optional<WallTime> unseen_left;

    /// When both questions of the last complete round went out; empty: never, or not since it went stale.
    [[nodiscard]] std::optional<MonoTime> asked_at() const;
};

/// Bounds. Of bookings the furthest ahead, of the others the oldest do not fit; they are asked for when it matters.
inline constexpr std::size_t max_bookings_a_desk = 512;
inline constexpr std::size_t max_deleted_a_desk = 64;
inline constexpr std::size_t max_requested_a_desk = 16;
inline constexpr std::size_t max_permits_a_desk = 16;

/// What an administrator should know of a desk, in sentences: commands that keep failing, a booking that was reversed
/// often enough. Empty: nothing.
std::vector<std::string> alerts_of(const DeskState& desk);

/// The word for a desk in `hotdeskd devices`: unknown, free, reserved, in_use, ad_hoc, ending.
std::string_view state_of(const DeskState& desk, WallTime now);

/// The booking that covers `now`, and the first one that starts after it; null where there is none.
const Booking* current_booking(const DeskState& desk, WallTime now);
const Booking* next_booking(const DeskState& desk, WallTime now);

}  // namespace hotdesk
