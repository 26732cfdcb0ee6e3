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
    bool operator==(const Known& other) const { return value == other.value && as_of == other.as_of; }
};

struct KnownBooking {
    Booking booking;
    WallTime as_of{};       ///< of the newest push about it; the epoch when only a list told of it
    MonoTime learned_at{};  ///< when hotdeskd last heard of it; not stored
    bool operator==(const KnownBooking& other) const { return booking == other.booking && as_of == other.as_of; }
};

/// A booking that was deleted, remembered a while so that a late message does not bring it back.
struct DeletedBooking {
    BookingRef ref;
    WallTime as_of{};
    MonoTime learned_at{};
    bool operator==(const DeletedBooking& other) const { return ref == other.ref && as_of == other.as_of; }
};

/// BookingRequested without an answer yet. Counts as a booking for a bounded time: hybrid calendars confirm late.
struct RequestedBooking {
    RequestUuid uuid;
    WallTime start{}, end{};
    Since since;
    bool operator==(const RequestedBooking&) const = default;
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
    std::optional<Since> call_ended;  ///< when the last call after `lapsed` ended
    MonoTime seen_at{};               ///< when it was last told that somebody is signed in; not stored
    /// Not a moment was missed since the sign-in. After a restart or a gap it may be somebody else by now; not stored.
    bool watched = true;
    bool operator==(const SignIn&) const = default;
};

/// The user of a booking signed out early and the desk still has the booking.
struct Left {
    BookingRef ref;
    Since since;
    bool operator==(const Left&) const = default;
};

/// What can be done to a desk by a rule. Stored by name: add, never rename.
enum class Act { SignOut, Release };
std::string_view name_of(Act act);

/// A thing that was decided, so that it is not decided again while it is under way or was just tried.
struct Attempt {
    Act act{};
    BookingRef ref;              ///< the booking it is about; empty for SignOut
    int count = 0;               ///< how often it was sent
    std::optional<Seq> pending;  ///< the decision that waits for its answer
    bool observed = false;       ///< decided in observe mode: recorded once, never sent
    MonoTime not_before{};       ///< the next try; not stored
    MonoTime answered_at{};      ///< the last answer; what was asked before it is stale. Not stored
    bool operator==(const Attempt& o) const {
        return act == o.act && ref == o.ref && count == o.count && pending == o.pending && observed == o.observed;
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

    /// When both questions of the last complete round went out; empty: never, or not since it went stale.
    [[nodiscard]] std::optional<MonoTime> asked_at() const;
};

/// Bounds. Of bookings the furthest ahead, of the others the oldest do not fit; they are asked for when it matters.
inline constexpr std::size_t max_bookings_a_desk = 512;
inline constexpr std::size_t max_deleted_a_desk = 64;
inline constexpr std::size_t max_requested_a_desk = 16;

/// The word for a desk in `hotdeskd devices`: unknown, free, reserved, in_use, ad_hoc, ending.
std::string_view state_of(const DeskState& desk, WallTime now);

/// The booking that covers `now`, and the first one that starts after it; null where there is none.
const Booking* current_booking(const DeskState& desk, WallTime now);
const Booking* next_booking(const DeskState& desk, WallTime now);

}  // namespace hotdesk
