#include "sandbox/desk.hpp"

#include <algorithm>
#include <utility>

#include "sandbox/person.hpp"

namespace hotdesk::sandbox {

namespace {

constexpr std::size_t shown_kept = 200;

const Value* value_in(const Fields& fields, const std::string& name) {
    for (const Field& field : fields)
        if (field.name == name) return &field.value;
    return nullptr;
}

Error refused(std::string message) { return {ErrorKind::Rejected, std::move(message)}; }

}  // namespace

Desk::Desk(Place place, Calendar calendar, Behaviour how, std::uint64_t seed, WallTime now)
    : behaviour(std::move(how)), place_(std::move(place)), calendar_(calendar), random_(seed) {
    published_ = status(now);
    // Desks do not send their full sync in step.
    const auto span = static_cast<std::uint64_t>(behaviour.full_sync_every.count());
    next_full_sync_ = now + Millis{static_cast<Millis::rep>(span / 2 + random_.below(span / 2 + 1))};
}

Result<void> Desk::sign_in(std::string_view email, WallTime now) {
    advance(now);
    if (user_) return refused(user_->email + " is signed in");
    if (booting_) return refused("the desk is starting");
    user_ = SignedIn{std::string(email), now, cloud_id("HOTDESK_SESSION", random_.uuid())};
    leaving_ = false;
    presence_ = "Yes";
    const Booking* booking = active_booking(now);
    ad_hoc_ = booking == nullptr;
    tell(user_->email + " signed in" + (ad_hoc_ ? " without a booking" : ""), now);
    publish(now);
    if (booking != nullptr && !same_address(booking->organizer, email)) {
        // Source: guide, "Wrong User Sign In": the desk compares after the sign-in, and leaves the booking alone.
        later(now + behaviour.check_delay, [this, session = user_->session_id](WallTime at) {
            if (user_ && user_->session_id == session) leave_if_not_entitled(at, "the booking is somebody else's");
        });
    }
    return {};
}

Result<void> Desk::fail_to_sign_in(std::string_view email, WallTime now) {
    advance(now);
    if (user_) return refused(user_->email + " is signed in");
    tell(std::string(email) + " tried to sign in, and it failed", now);
    return {};
}

Result<void> Desk::sign_out(WallTime now) {
    advance(now);
    if (!user_) return refused("nobody is signed in");
    const Booking* booking = active_booking(now);
    // Source: guide, "Local User Sign Out": the booking is removed as a part of the sign-out.
    if (booking != nullptr && same_address(booking->organizer, user_->email) && !behaviour.keeps_booking)
        drop(MeetingId(booking->meeting_id), "HotdeskSignout", now);
    end_session(user_->email + " signed out", now);
    return {};
}

Result<void> Desk::cancel(WallTime now) {
    advance(now);
    if (!user_ || !ad_hoc_) return refused("nobody is being asked to book");
    end_session(user_->email + " did not want to book and was signed out", now);
    return {};
}

Result<void> Desk::call(WallTime now) {
    advance(now);
    ++calls_;
    tell(user_ ? user_->email + " is in a call" : "a call began", now);
    emit("CallSuccessful",
         {{"CallId", std::int64_t{calls_}},
          {"Protocol", "Spark"},
          {"Direction", "outgoing"},
          {"CallRate", std::int64_t{20000}},
          {"RemoteURI", "spark:someone@example.com"},
          {"EncryptionIn", "Aes256Gcm"},
          {"EncryptionOut", "Aes256Gcm"}},
         now);
    publish(now);
    return {};
}

Result<void> Desk::hang_up(WallTime now) {
    advance(now);
    if (calls_ == 0) return refused("there is no call");
    calls_ = 0;
    tell("the call ended", now);
    publish(now);
    if (leaving_) leave_if_not_entitled(now, "the call has ended");
    return {};
}

void Desk::set_presence(std::string presence, WallTime now) {
    advance(now);
    presence_ = std::move(presence);
    publish(now);
}

void Desk::say(std::string key, Fields value, WallTime now) {
    advance(now);
    emit(std::move(key), std::move(value), now);
}

void Desk::require_sync(WallTime now) {
    advance(now);
    tell("asked to have its bookings read again", now);
    emit("Bookings.SyncRequired", {}, now);
}

void Desk::reboot(WallTime now) {
    advance(now);
    tell("restarted", now);
    // Source: xAPI schema, BootEvent: Action is Restart, Shutdown or Upgrade.
    emit("BootEvent", {{"Action", "Restart"}}, now);
    booting_ = true;
    calls_ = 0;
    ++boots_;
    // A booking's Id holds until a reboot; its MeetingId stays.
    for (Booking& booking : bookings_) booking.id = new_booking_id();
    later(now + behaviour.boot_time, [this](WallTime at) {
        booting_ = false;
        tell("is back", at);
        full_sync(at);
        emit("Bookings.SyncRequired", {}, at);
        if (leaving_) leave_if_not_entitled(at, "the call has ended");
    });
}

void Desk::set_offline(bool offline, WallTime now) {
    advance(now);
    if (behaviour.offline == offline) return;
    tell(offline ? "lost its network" : "has its network back", now);
    behaviour.offline = offline;
    if (offline) return;
    // What changed meanwhile was never said.
    full_sync(now);
    emit("Bookings.SyncRequired", {}, now);
}

void Desk::log_out(WallTime now) {
    advance(now);
    if (behaviour.puppet) return puppet_log_out(now);
    if (behaviour.ignores_logout) return tell("hotdeskd sent Webex.Registration.Logout; the desk ignored it", now);
    if (!user_) return tell("hotdeskd sent Webex.Registration.Logout; nobody was signed in", now);
    const Booking* booking = active_booking(now);
    if (booking != nullptr && same_address(booking->organizer, user_->email) && !behaviour.keeps_booking)
        drop(MeetingId(booking->meeting_id), "HotdeskSignout", now);
    // Source: guide, "Remote Sign Out": immediate, and ends calls.
    end_session("hotdeskd sent Webex.Registration.Logout; " + user_->email + " was signed out", now);
}

void Desk::show(Shown shown, WallTime now) {
    advance(now);
    tell("showed the message: " + (shown.title.empty() ? "" : shown.title + ": ") + shown.text, now);
    if (shown_.size() >= shown_kept) shown_.erase(shown_.begin());
    shown_.push_back(std::move(shown));
}

void Desk::clear_shown(bool prompts, WallTime now) {
    advance(now);
    for (Shown& shown : shown_)
        if (shown.prompt == prompts) shown.cleared = true;
}

bool Desk::entitled(WallTime now) const {
    const Booking* booking = active_booking(now);
    if (booking == nullptr) return ad_hoc_;
    return same_address(booking->organizer, user_->email);
}

void Desk::leave_if_not_entitled(WallTime at, const std::string& why) {
    if (!user_ || behaviour.puppet) return;
    if (entitled(at)) {
        leaving_ = false;
        return;
    }
    if (behaviour.stubborn) return tell(user_->email + " should have been signed out (" + why + ") and was not", at);
    if (calls_ > 0) {
        if (!leaving_) tell(user_->email + " may stay until the call ends", at);
        leaving_ = true;
        return;
    }
    end_session(user_->email + " was signed out: " + why, at);
}

void Desk::end_session(const std::string& sentence, WallTime at) {
    tell(sentence, at);
    user_.reset();
    ad_hoc_ = false;
    leaving_ = false;
    calls_ = 0;
    presence_ = "No";
    publish(at);
}

Fields Desk::status(WallTime now) const {
    if (behaviour.puppet) return puppet_status();
    const Booking* booking = active_booking(now);
    const Booking* next = nullptr;
    for (const Booking& other : bookings_)
        if (other.start > now && next == nullptr) next = &other;
    // Source: xAPI schema, Bookings.Availability.Status: Free, FreeUntil, BookedUntil.
    std::string availability = "Free";
    std::string until;
    if (booking != nullptr) {
        availability = "BookedUntil";
        until = format_time(booking->end);
    } else if (next != nullptr) {
        availability = "FreeUntil";
        until = format_time(next->start);
    }
    Fields out;
    out.emplace_back("Bookings.Availability.Status", availability);
    if (!until.empty()) out.emplace_back("Bookings.Availability.TimeStamp", until);
    if (booking != nullptr) out.emplace_back("Bookings.Current.Id", booking->id.value);
    out.emplace_back("RoomAnalytics.PeoplePresence", presence_);
    out.emplace_back("Standby.State", std::string(user_ ? "Off" : "Standby"));
    out.emplace_back("SystemUnit.State.NumberOfActiveCalls", std::int64_t{calls_});
    out.emplace_back("SystemUnit.State.System", std::string(calls_ > 0 ? "InCall" : "Initialized"));
    out.emplace_back("Webex.DevicePersonalization.Hotdesking.SessionStatus",
                     std::string(user_ || booking != nullptr ? "Reserved" : "Available"));
    out.emplace_back("Webex.DevicePersonalization.Personalized", user_.has_value());
    return out;
}

void Desk::publish(WallTime at) {
    if (behaviour.puppet) return;
    Fields current = status(at);
    DeskStatus message;
    message.at = at;
    for (const Field& field : current) {
        const Value* before = value_in(published_, field.name);
        if (before == nullptr || *before != field.value) message.updated.push_back(field);
    }
    for (const Field& field : published_)
        if (value_in(current, field.name) == nullptr) message.removed.push_back(field.name);
    published_ = std::move(current);
    if (!reachable() || (message.updated.empty() && message.removed.empty())) return;
    emissions_.emplace_back(std::move(message));
}

void Desk::full_sync(WallTime now) {
    published_ = status(now);
    next_full_sync_ = now + behaviour.full_sync_every;
    if (!reachable()) return;
    DeskStatus message;
    message.updated = published_;
    message.full_sync = true;
    message.at = now;
    emissions_.emplace_back(std::move(message));
}

void Desk::emit(std::string key, Fields value, WallTime at) {
    if (reachable() && !behaviour.mute) emissions_.emplace_back(DeskEvent{std::move(key), std::move(value), at});
}

void Desk::tell(std::string sentence, WallTime at) { story_.push_back({at, std::move(sentence)}); }

void Desk::later(WallTime at, std::function<void(WallTime)> work) { deferred_.emplace(at, std::move(work)); }

WallTime Desk::next_due() const {
    if (behaviour.puppet) return WallTime::max();
    WallTime due = next_full_sync_;
    if (!deferred_.empty()) due = std::min(due, deferred_.begin()->first);
    for (const Booking& booking : bookings_) due = std::min(due, booking.started ? booking.end : booking.start);
    return due;
}

void Desk::advance(WallTime now) {
    for (WallTime due = next_due(); due <= now; due = next_due()) run_due(due);
}

void Desk::run_due(WallTime at) {
    // An end before a start at the same moment: the desk is free when the next booking begins.
    for (const Booking& booking : bookings_)
        if (booking.started && booking.end <= at) return finish(MeetingId(booking.meeting_id), at);
    if (!deferred_.empty() && deferred_.begin()->first <= at) {
        const auto work = std::move(deferred_.begin()->second);
        deferred_.erase(deferred_.begin());
        return work(at);
    }
    for (const Booking& booking : bookings_)
        if (!booking.started && booking.start <= at) return begin(MeetingId(booking.meeting_id), at);
    if (next_full_sync_ <= at) full_sync(at);
}

const Booking* Desk::find(const MeetingId& meeting) const {
    for (const Booking& booking : bookings_)
        if (booking.meeting_id == meeting) return &booking;
    return nullptr;
}

const Booking* Desk::find(const BookingId& id) const {
    for (const Booking& booking : bookings_)
        if (booking.id == id) return &booking;
    return nullptr;
}

const Booking* Desk::active_booking(WallTime now) const {
    for (const Booking& booking : bookings_)
        if (booking.active(now)) return &booking;
    return nullptr;
}

}  // namespace hotdesk::sandbox
