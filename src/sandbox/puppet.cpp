// A desk that does nothing by itself: a driver says what it answers, and it carries out what it is told.
//
// For stories in which every push and every answer is written down. Bookings that are told to it go the way of every
// other desk's, but for what a real one would do next.

#include <algorithm>
#include <utility>

#include "sandbox/desk.hpp"

namespace hotdesk::sandbox {

void Desk::pose(Pose pose, WallTime now) {
    pose_ = std::move(pose);
    if (!pose_.personalized || pose_.user.empty())
        user_.reset();
    else if (!user_ || user_->email != pose_.user)
        user_ = SignedIn{pose_.user, now, cloud_id("HOTDESK_SESSION", random_.uuid())};
}

void Desk::list(Booking booking) {
    unlist(booking.meeting_id);
    const auto place = std::find_if(bookings_.begin(), bookings_.end(),
                                    [&](const Booking& other) { return other.start > booking.start; });
    bookings_.insert(place, std::move(booking));
}

void Desk::unlist(const MeetingId& meeting) {
    std::erase_if(bookings_, [&](const Booking& booking) { return booking.meeting_id == meeting; });
}

Fields Desk::puppet_status() const {
    Fields out;
    out.emplace_back("RoomAnalytics.PeoplePresence", pose_.presence);
    if (pose_.calls) out.emplace_back("SystemUnit.State.NumberOfActiveCalls", std::int64_t{*pose_.calls});
    out.emplace_back("Webex.DevicePersonalization.Personalized", pose_.personalized);
    return out;
}

void Desk::puppet_log_out(WallTime now) {
    if (!pose_.obeys || !pose_.personalized) return;
    Pose next = pose_;
    next.personalized = false;
    pose(std::move(next), now);
    if (!reachable() || behaviour.mute) return;
    DeskStatus message;
    message.at = now;
    message.updated.emplace_back("Webex.DevicePersonalization.Personalized", false);
    emissions_.emplace_back(std::move(message));
}

}  // namespace hotdesk::sandbox
