#pragma once
// One simulated hot desk: a RoomOS device whose workspace has hot desking on, and the people who use it.
//
// It follows the flows of the hot-desking guide by itself: it books, checks who signed in, signs people out when their
// booking is over. What it tells the cloud piles up as emissions until take_emissions(). It reads no clock: every call
// says what time it is, and advance() must be called first so that what was due before has happened before.
// Deferred work holds a pointer to the desk, so it can be neither copied nor moved.
//
// **Source:** hot-desking guide, "Interaction Flows"; xAPI schema, Bookings.* events and the statuses named below.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hotdesk/id.hpp"
#include "hotdesk/result.hpp"
#include "hotdesk/time.hpp"
#include "sandbox/random.hpp"
#include "sandbox/value.hpp"

namespace hotdesk::sandbox {

enum class Calendar {
    Local,   ///< the desk keeps its bookings itself and confirms at once
    Hybrid,  ///< a backend confirms, after Behaviour::backend_delay
};

/// How values are written in pushed messages. Both spellings have been seen.
enum class Spelling { Typed, String, Mixed };

/// How this desk differs from a good one, and how fast it is. Every switch is off to begin with.
struct Behaviour {
    bool stubborn = false;        ///< does not sign its user out when it should
    bool keeps_booking = false;   ///< leaves the booking where it is when its user signs out early
    bool ignores_logout = false;  ///< accepts Webex.Registration.Logout and does nothing
    bool narrow = false;          ///< pushes only the keys that the technical details list
    bool duplicate = false;       ///< says everything twice
    bool offline = false;         ///< cannot be reached and pushes nothing
    Millis slow{0};               ///< answers xAPI that much later
    Spelling spelling = Spelling::Typed;
    Millis backend_delay{300};  ///< until a hybrid calendar has answered
    Millis check_delay{200};    ///< until the desk has found out who signed in, or who the organizer is
    Millis boot_time{2000};     ///< out of reach while it restarts
    Millis full_sync_every{std::chrono::hours{1}};
    std::string fail_next;  ///< FailureCause of the next booking, edit or extension; empty: it works
    bool puppet = false;    ///< does and says nothing by itself, and answers what pose(), list() and unlist() set
    bool mute = false;      ///< carries out what it is told and says nothing about it
};

struct Booking {
    BookingId id;
    MeetingId meeting_id;
    RequestUuid request;  ///< empty: made in the calendar, not asked for at the desk or over xAPI
    std::string title;
    std::string organizer;  ///< address
    WallTime start;
    WallTime end;
    bool started = false;

    [[nodiscard]] bool active(WallTime now) const { return start <= now && now < end; }
};

struct BookingWish {
    std::string organizer;
    WallTime start;
    WallTime end;
    std::string title;
    std::string request;  ///< BookingRequestUUID; empty: the desk makes one up
};

/// New times for a booking; what is absent stays as it is.
struct Change {
    std::optional<WallTime> start;
    std::optional<Millis> duration;
    std::optional<std::string> title;
};

struct DeskEvent {
    std::string key;
    Fields value;
    WallTime at;
};
struct DeskStatus {
    Fields updated;
    std::vector<std::string> removed;
    bool full_sync = false;
    WallTime at;
};
using Emission = std::variant<DeskEvent, DeskStatus>;

/// A sentence for people: what happened at the desk.
struct Told {
    WallTime at;
    std::string sentence;
};

/// An alert or a prompt that was shown. Source: xAPI schema, UserInterface.Message.Alert.Display.
struct Shown {
    WallTime at;
    std::optional<WallTime> until;  ///< absent: until it is cleared
    std::string title;
    std::string text;
    bool prompt = false;
    bool cleared = false;
};

struct SignedIn {
    std::string email;
    WallTime since;
    std::string session_id;
};

/// What a puppet answers, and how it takes commands.
struct Pose {
    bool personalized = false;
    std::string user;             ///< who Webex says is signed in; empty: nobody that it knows
    std::optional<int> calls{0};  ///< absent: the desk does not say
    std::string presence = "Unknown";
    bool obeys = true;  ///< no: takes every command and does nothing
};

class Desk {
public:
    struct Place {
        std::string name;  ///< `desk-1`: how it is called on the control lines, and its display name
        DeviceId device;
        WorkspaceId workspace;
        std::string workspace_name;
        LocationId location;
        std::string organization_domain;  ///< addresses below it belong to the organization
    };

    Desk(Place place, Calendar calendar, Behaviour behaviour, std::uint64_t seed, WallTime now);
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    // What people do. An error says why it cannot be done, and nothing has happened.
    Result<void> sign_in(std::string_view email, WallTime now);
    Result<void> fail_to_sign_in(std::string_view email, WallTime now);
    Result<void> sign_out(WallTime now);
    /// Declines to book after an ad hoc sign-in. Source: guide, "Ad hoc Sign In and Cancel".
    Result<void> cancel(WallTime now);
    Result<void> call(WallTime now);
    Result<void> hang_up(WallTime now);
    void set_presence(std::string presence, WallTime now);
    void reboot(WallTime now);
    void require_sync(WallTime now);
    void set_offline(bool offline, WallTime now);
    void full_sync(WallTime now);
    /// Says an event that nothing here leads to; for tests.
    void say(std::string key, Fields value, WallTime now);

    // Bookings. By: whether somebody at the desk or xAPI asked for it (the desk says so first), or the calendar.
    enum class By { Desk, Calendar };
    Result<MeetingId> book(const BookingWish& wish, By by, WallTime now);
    Result<void> edit(const MeetingId& meeting, const Change& change, By by, WallTime now);
    Result<void> extend(const MeetingId& meeting, Millis by, WallTime now);
    Result<void> remove(const MeetingId& meeting, By by, WallTime now);

    // Puppets (puppet.cpp): what is, without a word about it.
    [[nodiscard]] const Pose& pose() const { return pose_; }
    void pose(Pose pose, WallTime now);
    /// In the place of the one with the same MeetingId.
    void list(Booking booking);
    void unlist(const MeetingId& meeting);

    // What hotdeskd asks over xAPI besides.
    void log_out(WallTime now);
    /// Adds a sentence to the story.
    void note(std::string sentence, WallTime now) { tell(std::move(sentence), now); }
    void show(Shown shown, WallTime now);
    void clear_shown(bool prompts, WallTime now);

    /// Everything due up to and including `now`, each at its own time.
    void advance(WallTime now);
    /// WallTime::max() where nothing is.
    [[nodiscard]] WallTime next_due() const;

    [[nodiscard]] const Place& place() const { return place_; }
    [[nodiscard]] Calendar calendar() const { return calendar_; }
    void set_calendar(Calendar calendar) { calendar_ = calendar; }
    [[nodiscard]] const std::optional<SignedIn>& user() const { return user_; }
    [[nodiscard]] int calls() const { return calls_; }
    [[nodiscard]] const std::vector<Booking>& bookings() const { return bookings_; }
    [[nodiscard]] const std::vector<Shown>& shown() const { return shown_; }
    [[nodiscard]] const Booking* find(const MeetingId& meeting) const;
    [[nodiscard]] const Booking* find(const BookingId& id) const;
    [[nodiscard]] const Booking* active_booking(WallTime now) const;
    /// Dotted path to value. Source: xAPI schema, statuses.
    [[nodiscard]] Fields status(WallTime now) const;
    [[nodiscard]] bool reachable() const { return !behaviour.offline && !booting_; }

    std::vector<Emission> take_emissions() { return std::exchange(emissions_, {}); }
    std::vector<Told> take_story() { return std::exchange(story_, {}); }

    Behaviour behaviour;  ///< may be changed at any time; `offline` through set_offline

private:
    void emit(std::string key, Fields value, WallTime at);
    void tell(std::string sentence, WallTime at);
    void publish(WallTime at);
    void later(WallTime at, std::function<void(WallTime)> work);
    void run_due(WallTime at);

    // bookings (desk_bookings.cpp)
    Booking* at(const MeetingId& meeting);
    [[nodiscard]] const Booking* overlapping(WallTime start, WallTime end, const MeetingId& except) const;
    [[nodiscard]] BookingId new_booking_id();
    void confirm(const BookingWish& wish, const MeetingId& meeting, By by, WallTime at);
    void booking_failed(const BookingWish& wish, const std::string& cause, WallTime at);
    void apply_change(const MeetingId& meeting, const Change& change, WallTime at);
    void begin(const MeetingId& meeting, WallTime at);
    void finish(const MeetingId& meeting, WallTime at);
    void drop(const MeetingId& meeting, const std::string& cause, WallTime at);
    void run_backend(WallTime now, std::function<void(WallTime)> work);

    // puppets (puppet.cpp)
    [[nodiscard]] Fields puppet_status() const;
    void puppet_log_out(WallTime now);

    // who is signed in (desk.cpp)
    [[nodiscard]] bool entitled(WallTime now) const;
    void leave_if_not_entitled(WallTime at, const std::string& why);
    void end_session(const std::string& sentence, WallTime at);

    Place place_;
    Calendar calendar_;
    Random random_;
    std::optional<SignedIn> user_;
    bool ad_hoc_ = false;   ///< signed in without a booking, and has neither booked nor cancelled yet
    bool leaving_ = false;  ///< to be signed out when the call ends
    bool booting_ = false;
    int calls_ = 0;
    std::string presence_ = "No";
    Pose pose_;
    std::vector<Booking> bookings_;  ///< by start
    std::vector<Shown> shown_;
    std::multimap<WallTime, std::function<void(WallTime)>> deferred_;
    WallTime next_full_sync_;
    int boots_ = 0;
    int booking_count_ = 0;
    Fields published_;
    std::vector<Emission> emissions_;
    std::vector<Told> story_;
};

/// The wire's minutes: a booking of 10 s is said to last 1 minute. Source: xAPI schema, Duration: 1..1440 minutes.
std::int64_t whole_minutes(Millis duration);

}  // namespace hotdesk::sandbox
