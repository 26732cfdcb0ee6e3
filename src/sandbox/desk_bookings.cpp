// The bookings of a desk: asked for, confirmed, moved, extended, begun, ended, deleted.
//
// **Source:** xAPI schema, the Bookings.* events: which fields each has; hot-desking guide: what follows for the user.

#include <algorithm>
#include <utility>

#include "sandbox/desk.hpp"
#include "sandbox/person.hpp"

namespace hotdesk::sandbox {

namespace {

Error refused(std::string message) { return {ErrorKind::Rejected, std::move(message)}; }

std::string clock_of(WallTime time) { return format_time(time).substr(11, 5); }

std::string span_of(WallTime start, WallTime end) { return clock_of(start) + "\xE2\x80\x93" + clock_of(end); }

}  // namespace

std::int64_t whole_minutes(Millis duration) {
    return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::minutes>(duration).count());
}

Booking* Desk::at(const MeetingId& meeting) {
    for (Booking& booking : bookings_)
        if (booking.meeting_id == meeting) return &booking;
    return nullptr;
}

const Booking* Desk::overlapping(WallTime start, WallTime end, const MeetingId& except) const {
    for (const Booking& booking : bookings_)
        if (booking.meeting_id != except && booking.start < end && start < booking.end) return &booking;
    return nullptr;
}

BookingId Desk::new_booking_id() { return BookingId(std::to_string(boots_ * 10000 + ++booking_count_)); }

void Desk::run_backend(WallTime now, std::function<void(WallTime)> work) {
    if (calendar_ == Calendar::Local) return work(now);
    later(now + behaviour.backend_delay, std::move(work));
}

Result<MeetingId> Desk::book(const BookingWish& wanted, By by, WallTime now) {
    advance(now);
    BookingWish wish = wanted;
    if (wish.end <= wish.start) return refused("a booking must end after it starts");
    if (wish.end <= now) return refused("the booking would be over already");
    const Booking* other = overlapping(wish.start, wish.end, MeetingId{});
    const std::string clash = other == nullptr ? "" : "there is a booking at " + span_of(other->start, other->end);
    if (other != nullptr && (calendar_ == Calendar::Local || by == By::Calendar)) return refused(clash);
    if (by == By::Desk && wish.request.empty()) wish.request = random_.uuid();
    if (behaviour.puppet && !pose_.obeys) return MeetingId{};
    if (find(MeetingId(wish.request)) != nullptr) return refused("a booking with this BookingRequestUUID exists");
    if (wish.title.empty()) wish.title = person_of(wish.organizer).first_name + "'s booking";

    // In a local calendar the MeetingId is the request's UUID.
    const MeetingId meeting(calendar_ == Calendar::Local && by == By::Desk ? wish.request : random_.uuid());
    if (by == By::Calendar) {
        confirm(wish, meeting, by, now);
        return meeting;
    }
    emit("Bookings.BookingRequested",
         {{"BookingRequestUUID", wish.request},
          {"StartTime", format_time(wish.start)},
          {"Duration", whole_minutes(wish.end - wish.start)},
          {"Title", wish.title}},
         now);
    std::string cause = std::exchange(behaviour.fail_next, {});
    if (cause.empty() && other != nullptr) cause = "Decline";
    run_backend(now, [this, wish, meeting, cause](WallTime then) {
        if (!cause.empty()) return booking_failed(wish, cause, then);
        if (overlapping(wish.start, wish.end, MeetingId{}) != nullptr) return booking_failed(wish, "Decline", then);
        confirm(wish, meeting, By::Desk, then);
    });
    return meeting;
}

void Desk::booking_failed(const BookingWish& wish, const std::string& cause, WallTime then) {
    tell("booking " + span_of(wish.start, wish.end) + " for " + wish.organizer + " failed: " + cause, then);
    emit("Bookings.BookingFailed", {{"BookingRequestUUID", wish.request}, {"FailureCause", cause}}, then);
    if (!user_ || !same_address(user_->email, wish.organizer)) return;
    // Whoever signed in to book this has nothing to stay for.
    ad_hoc_ = false;
    leave_if_not_entitled(then, "the booking failed");
}

void Desk::confirm(const BookingWish& wish, const MeetingId& meeting, By by, WallTime then) {
    Booking booking;
    booking.id = new_booking_id();
    booking.meeting_id = meeting;
    booking.request = RequestUuid(wish.request);
    booking.title = wish.title;
    booking.organizer = wish.organizer;
    booking.start = wish.start;
    booking.end = wish.end;
    const Person person = person_of(wish.organizer);
    Fields value{{"Id", booking.id.value}, {"MeetingId", meeting.value}};
    if (!wish.request.empty()) value.emplace_back("BookingRequestUUID", wish.request);
    value.emplace_back("StartTime", format_time(wish.start));
    value.emplace_back("Duration", whole_minutes(wish.end - wish.start));
    value.emplace_back("Title", wish.title);
    value.emplace_back("OrganizerEmail", wish.organizer);
    value.emplace_back("OrganizerId", person.id);
    value.emplace_back("OrganizerName", person.name());
    tell("booking " + span_of(wish.start, wish.end) + " for " + wish.organizer +
             (by == By::Calendar ? " came from the calendar" : " was made"),
         then);
    const auto place = std::find_if(bookings_.begin(), bookings_.end(),
                                    [&](const Booking& other) { return other.start > booking.start; });
    bookings_.insert(place, booking);
    emit("Bookings.BookingCreated", std::move(value), then);
    if (wish.start <= then) return begin(meeting, then);
    publish(then);
}

void Desk::begin(const MeetingId& meeting, WallTime then) {
    if (behaviour.puppet) return;
    Booking* booking = at(meeting);
    booking->started = true;
    tell("booking " + span_of(booking->start, booking->end) + " for " + booking->organizer + " started", then);
    emit("Bookings.Start", {{"Id", booking->id.value}, {"MeetingId", meeting.value}}, then);
    publish(then);
    const std::string domain = "@" + place_.organization_domain;
    const std::string& organizer = booking->organizer;
    const bool member = organizer.size() > domain.size() &&
                        same_address(std::string_view(organizer).substr(organizer.size() - domain.size()), domain);
    // Source: guide, "Booking Deleted When Organizer Not In Organization": the desk looks the organizer up.
    if (!member)
        later(then + behaviour.check_delay, [this, meeting](WallTime found) {
            if (at(meeting) != nullptr) drop(meeting, "HotdeskOrganizerNotFoundInOrg", found);
        });
    ad_hoc_ = false;
    leave_if_not_entitled(then, "the booking is somebody else's");
}

void Desk::finish(const MeetingId& meeting, WallTime then) {
    if (behaviour.puppet) return;
    const Booking ended = *at(meeting);
    std::erase_if(bookings_, [&](const Booking& booking) { return booking.meeting_id == meeting; });
    tell("booking " + span_of(ended.start, ended.end) + " for " + ended.organizer + " ended", then);
    emit("Bookings.End",
         {{"Id", ended.id.value},
          {"MeetingId", meeting.value},
          {"StartTime", format_time(ended.start)},
          {"EndTime", format_time(ended.end)},
          {"ScheduledDuration", whole_minutes(ended.end - ended.start)}},
         then);
    publish(then);
    leave_if_not_entitled(then, "the booking ended");
}

void Desk::drop(const MeetingId& meeting, const std::string& cause, WallTime then) {
    const Booking gone = *at(meeting);
    std::erase_if(bookings_, [&](const Booking& booking) { return booking.meeting_id == meeting; });
    tell("booking " + span_of(gone.start, gone.end) + " for " + gone.organizer + " was deleted (" + cause + ")", then);
    const Millis freed = std::max(Millis{0}, gone.end - std::max(then, gone.start));
    emit("Bookings.Deleted",
         {{"Id", gone.id.value},
          {"MeetingId", meeting.value},
          {"Cause", cause},
          {"StartTime", format_time(gone.start)},
          {"EndTime", format_time(gone.end)},
          {"ScheduledDuration", whole_minutes(gone.end - gone.start)},
          {"MinutesFreed", std::int64_t{std::chrono::floor<std::chrono::minutes>(freed).count()}},
          {"OrganizerId", person_of(gone.organizer).id},
          {"TimeStamp", format_time(then)}},
         then);
    // A sign-out removes its booking first and says both changes at once, when it is done.
    if (cause == "HotdeskSignout") return;
    publish(then);
    leave_if_not_entitled(then, "the booking was deleted");
}

Result<void> Desk::remove(const MeetingId& meeting, By by, WallTime now) {
    advance(now);
    if (at(meeting) == nullptr) return refused("there is no booking " + meeting.value);
    if (behaviour.puppet && !pose_.obeys) return {};
    const auto work = [this, meeting](WallTime then) {
        if (at(meeting) != nullptr) drop(meeting, "Deleted", then);
    };
    if (by == By::Calendar)
        work(now);
    else
        run_backend(now, work);
    return {};
}

Result<void> Desk::edit(const MeetingId& meeting, const Change& change, By by, WallTime now) {
    advance(now);
    const Booking* booking = at(meeting);
    if (booking == nullptr) return refused("there is no booking " + meeting.value);
    const WallTime start = change.start.value_or(booking->start);
    const WallTime end = start + change.duration.value_or(booking->end - booking->start);
    if (end <= start) return refused("a booking must end after it starts");
    if (behaviour.puppet && !pose_.obeys) return {};
    const bool clash = overlapping(start, end, meeting) != nullptr;
    if (by == By::Calendar) {
        if (clash) return refused("there is another booking at that time");
        apply_change(meeting, change, now);
        return {};
    }
    emit("Bookings.EditRequested", {{"MeetingId", meeting.value}}, now);
    std::string cause = std::exchange(behaviour.fail_next, {});
    if (cause.empty() && clash) cause = "Decline";
    run_backend(now, [this, meeting, change, cause](WallTime then) {
        if (cause.empty()) return apply_change(meeting, change, then);
        tell("the change of a booking failed: " + cause, then);
        emit("Bookings.EditFailed", {{"MeetingId", meeting.value}, {"FailureCause", cause}}, then);
    });
    return {};
}

Result<void> Desk::extend(const MeetingId& meeting, Millis by, WallTime now) {
    advance(now);
    const Booking* booking = at(meeting);
    if (booking == nullptr) return refused("there is no booking " + meeting.value);
    const WallTime old_end = booking->end;
    tell(
        "an extension of booking " + span_of(booking->start, old_end) + " by " + format_duration(by) + " was asked for",
        now);
    emit("Bookings.ExtensionRequested",
         {{"Id", booking->id.value},
          {"MeetingId", meeting.value},
          {"OriginalMeetingId", meeting.value},
          {"Duration", whole_minutes(by)},
          {"NewEndTime", format_time(old_end + by)}},
         now);
    std::string cause = std::exchange(behaviour.fail_next, {});
    if (cause.empty() && overlapping(booking->start, old_end + by, meeting) != nullptr) cause = "Decline";
    run_backend(now, [this, meeting, by, old_end, cause](WallTime then) {
        const Booking* current = at(meeting);
        if (current == nullptr) return;
        if (cause.empty()) {
            Change change;
            change.duration = current->end - current->start + by;
            return apply_change(meeting, change, then);
        }
        tell("the extension failed: " + cause, then);
        emit("Bookings.ExtensionFailed",
             {{"OriginalMeetingId", meeting.value}, {"ExtensionStart", format_time(old_end)}, {"FailureCause", cause}},
             then);
    });
    return {};
}

void Desk::apply_change(const MeetingId& meeting, const Change& change, WallTime then) {
    Booking* found = at(meeting);
    if (found == nullptr) return;
    const std::string before = span_of(found->start, found->end);
    const Millis duration = change.duration.value_or(found->end - found->start);
    found->start = change.start.value_or(found->start);
    found->end = found->start + duration;
    if (change.title) found->title = *change.title;
    const Booking moved = *found;
    std::stable_sort(bookings_.begin(), bookings_.end(),
                     [](const Booking& a, const Booking& b) { return a.start < b.start; });
    tell("booking " + before + " for " + moved.organizer + " was moved to " + span_of(moved.start, moved.end), then);
    emit("Bookings.BookingMoved",
         {{"Id", moved.id.value},
          {"MeetingId", meeting.value},
          {"StartTime", format_time(moved.start)},
          {"Duration", whole_minutes(duration)}},
         then);
    if (moved.active(then) && !moved.started) return begin(meeting, then);
    if (moved.end <= then) return finish(meeting, then);
    if (moved.start > then) at(meeting)->started = false;
    publish(then);
    // Source: guide, "Booking Moved While Signed In": the desk looks whether the booking is still active.
    leave_if_not_entitled(then, "the booking was moved");
}

}  // namespace hotdesk::sandbox
