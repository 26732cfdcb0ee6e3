// At the end: what is known is what is, and everything has been said.

#include "oracle.hpp"

#include "codec/state.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;

/// Events tell a duration in whole minutes.
bool is_same(const Booking& known, const sandbox::Booking& there) {
    return known.ref.meeting == there.meeting_id && known.start == there.start && known.end >= there.end &&
           known.end < there.end + 1min && same_address(known.organizer_email, there.organizer);
}

std::string believed(const DeskState& desk, const MeetingId& meeting) {
    for (const KnownBooking& known : desk.bookings)
        if (known.booking.ref.meeting == meeting)
            return ", and not from " + clock_of(known.booking.start) + " to " + clock_of(known.booking.end) + " for " +
                   known.booking.organizer_email;
    return "";
}

/// What is known of a desk against what is there. Bookings that end just now are not asked for.
std::string difference(const DeskState& known, const sandbox::Desk& desk, WallTime now) {
    if (known.personalized.value != desk.user().has_value())
        return desk.user() ? desk.user()->email + " is signed in" : "nobody is signed in";
    if (known.active_calls.value != desk.calls()) return std::to_string(desk.calls()) + " calls are on";
    const auto& there = desk.bookings();
    for (const sandbox::Booking& booking : there) {
        const bool is_known = std::any_of(known.bookings.begin(), known.bookings.end(),
                                          [&](const KnownBooking& one) { return is_same(one.booking, booking); });
        if (!is_known && booking.end > now + 1min)
            return "there is the booking " + booking.meeting_id.value + " of " + booking.organizer + " from " +
                   clock_of(booking.start) + " to " + clock_of(booking.end) + believed(known, booking.meeting_id);
    }
    for (const KnownBooking& one : known.bookings) {
        const bool is_there = std::any_of(
            there.begin(), there.end(), [&](const sandbox::Booking& booking) { return is_same(one.booking, booking); });
        if (!is_there && one.booking.end > now + 1min)
            return "there is no booking " + one.booking.ref.meeting.value + " of " + one.booking.organizer_email +
                   " from " + clock_of(one.booking.start) + " to " + clock_of(one.booking.end);
    }
    return "";
}

}  // namespace

void Oracle::converged() {
    for (const View& view : views_) {
        const auto stored = disk_.records.find({Table::Desk, view.desk->place().device.value});
        if (stored == disk_.records.end()) wrong(view.desk->place().name + " is not known");
        const auto known = codec::read_desk(stored->second);
        if (!known.ok()) wrong("the record of " + view.desk->place().name + ": " + known.error().message);
        const std::string what = difference(*known, *view.desk, host_.world());
        if (!what.empty()) wrong("hotdeskd does not know that at " + view.desk->place().name + " " + what);
    }
    if (disk_.count(Table::Desk) != views_.size()) wrong("more desks are stored than there are");
}

void Oracle::close() {
    if (const auto left = disk_.count(Table::Outbox); left > 0)
        wrong(std::to_string(left) + " commands still wait for their answer");
    for (const auto& [key, bytes] : disk_.records) {
        if (key.first == Table::Request && !codec::has_outcome(bytes)) wrong(key.second + " never got its outcome");
        if (key.first == Table::Desk && bytes.size() > 200000)
            wrong("the record of a desk has grown beyond all bounds");
        if (key.first != Table::Record) continue;
        const std::string number = std::to_string(codec::read_seq_key(key.second).value_or(0));
        const auto record = codec::read_record(bytes);
        if (!record.ok() || record->rule.empty() || record->reason.empty() || record->decision.empty())
            wrong("decision " + number + " says neither why nor by which rule");
        if (record->result == result_pending) wrong("decision " + number + " never got its result");
    }
}

}  // namespace hotdesk::sim
