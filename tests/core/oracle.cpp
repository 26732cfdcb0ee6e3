// Who has a right to what, said again in other words: what hotdeskd must never do on the campus.

#include "campus.hpp"
#include "lawful_hours.hpp"
#include "words.hpp"

#include <algorithm>

namespace hotdesk::test {

namespace {

using namespace std::chrono_literals;

bool overlap(const Booking& a, const Booking& b) { return a.start < b.end && b.start < a.end; }

}  // namespace

/// The keys of the overrides that are about this desk and this organizer, in their order.
Policy Campus::policy_of(std::size_t desk, const std::string& organizer) const {
    Policy policy = policy_;
    for (const Override& one : overrides_) {
        const bool here = one.workspace.empty() || one.workspace == rig_.desks[desk].place.workspace_name;
        const bool theirs = one.domain.empty() || organizer.find(one.domain) != std::string::npos;
        if (!here || !theirs) continue;
        for (const auto& [key, value] : one.keys) set_key(policy, key, value);
    }
    return policy;
}

/// Where it says yes there is no doubt; where it says no there may be.
bool Campus::keeps_every_rule(std::size_t desk, const Booking& booking) const {
    const Story& story = stories_.at(booking.ref.meeting.value);
    const Policy policy = policy_of(desk, booking.organizer_email);
    if (policy.max_duration && booking.end - booking.start > *policy.max_duration) return false;
    if (policy.max_advance && booking.start - story.made > *policy.max_advance) return false;
    if (!within_days_and_hours(policy, slot_of(booking), zone_.get())) return false;
    if (!policy.organizer_deny.empty() && booking.organizer_email == "eve@evil.example") return false;
    if (!policy.allow_ad_hoc && story.at_desk) return false;
    if (!policy.allow_extension && story.extended) return false;
    int others = 0;
    for (std::size_t there = 0; there < rig_.desks.size(); ++there)
        for (const Booking& other : rig_.desks[there].bookings) {
            if (other.ref == booking.ref || other.organizer_email != booking.organizer_email) continue;
            if (policy_.one_desk_at_a_time && there != desk && overlap(other, booking)) return false;
            ++others;
        }
    // Those that are over and gone from the list count for the day; how many is not told here.
    return policy_.max_bookings_per_day == 0 || (others == 0 && made_ <= policy_.max_bookings_per_day);
}

void Campus::judge_new(std::size_t desk, const Booking& booking) {
    Story& story = stories_.at(booking.ref.meeting.value);
    if (keeps_every_rule(desk, booking))
        story.lawful = slot_of(booking);
    else if (story.lawful == slot_of(booking))
        story.lawful.reset();
}

bool Campus::is_no_show(std::size_t desk, const Booking& booking) const {
    const Story& story = stories_.at(booking.ref.meeting.value);
    const Limit release = policy_of(desk, booking.organizer_email).no_show_release;
    return release && !story.came && booking.start + *release <= rig_.wall;
}

void Campus::on_send(std::size_t desk, const Command& command, int code) {
    commands_.push_back(rig_.desks[desk].place.desk + " " + describe(command));
    story_ += "# " + format_time(rig_.wall).substr(11, 8) + " sent to " + commands_.back() + "\n";
    const auto wrong = [&](const std::string& why) { throw Broken(why + ": " + commands_.back()); };
    if (is_ordered(desk, command)) return;
    if (chances_.mode == Mode::Observe) wrong("sent in observe mode");
    for (const std::string& name : withheld_)
        if (name == command.name || name == "spark:xapi_commands") wrong("sent without a grant");
    const Booking* const here = running(desk);
    if (command.name == "Webex.Registration.Logout") {
        if (rig_.desks[desk].signed_in && here && visitors_[desk]->who == here->organizer_email)
            wrong(visitors_[desk]->who + " has a booking that runs");
        return;
    }
    if (command.name != "Bookings.Delete" && command.name != "Bookings.Edit") return;
    const Booking* const booking = rig_.desks[desk].find(MeetingId{argument_of(command, "MeetingId")});
    if (!booking) return;  // gone a moment ago; the desk refuses
    Story& story = stories_.at(booking->ref.meeting.value);
    const bool lawful = story.lawful == slot_of(*booking);
    if (command.name == "Bookings.Edit") {
        if (lawful) wrong("the booking keeps every rule");
        std::erase_if(story.edits, [&](WallTime at) { return at + 1h <= rig_.wall; });
        if (code == 200) story.edits.push_back(rig_.wall);
        if (story.edits.size() > 2) wrong("a third change within an hour");
    } else {
        const bool released = policy_of(desk, booking->organizer_email).release_on_sign_out && story.left;
        if (lawful && !released && !is_no_show(desk, *booking)) wrong("the booking keeps every rule");
    }
}

}  // namespace hotdesk::test
