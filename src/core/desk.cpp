#include <hotdesk/desk.hpp>

#include <algorithm>

namespace hotdesk {

namespace {

/// A command that failed this often in a row is no passing trouble.
constexpr int alarming_failures = 3;

}  // namespace

std::string_view name_of(Act act) {
    switch (act) {
        case Act::SignOut: return "sign_out";
        case Act::Release: return "release";
        case Act::NoShow: return "no_show";
        case Act::Reject: return "reject";
        case Act::Restore: return "restore";
        case Act::LeaveBe: return "leave_be";
        case Act::WarnNoShow: return "warn_no_show";
        case Act::WarnEnd: return "warn_end";
    }
    return "";
}

std::optional<MonoTime> Desk::asked_at() const {
    if (!status_asked_at || !bookings_asked_at) return std::nullopt;
    return std::min(*status_asked_at, *bookings_asked_at);
}

const Booking* current_booking(const DeskState& desk, WallTime now) {
    for (const auto& known : desk.bookings)
        if (known.booking.covers(now)) return &known.booking;
    return nullptr;
}

const Booking* next_booking(const DeskState& desk, WallTime now) {
    for (const auto& known : desk.bookings)
        if (known.booking.start > now) return &known.booking;
    return nullptr;
}

std::vector<std::string> alerts_of(const DeskState& desk) {
    std::vector<std::string> out;
    for (const Attempt& attempt : desk.attempts)
        if (attempt.failures >= alarming_failures)
            out.push_back("a command (" + std::string{name_of(attempt.act)} + ") failed " +
                          std::to_string(attempt.failures) + " times in a row; hotdeskd log shows why");
    for (const auto& known : desk.bookings)
        if (known.left_alone && known.left_alone->slot == slot_of(known.booking))
            out.push_back("the booking " + known.booking.ref.meeting.value + " breaks " +
                          std::string{name_of(known.left_alone->rule)} +
                          "; it was put back twice within an hour, was moved again, and is let be");
    return out;
}

std::string_view state_of(const DeskState& desk, WallTime now) {
    if (!desk.personalized.value || !desk.bookings_asked) return "unknown";
    if (!*desk.personalized.value) return current_booking(desk, now) ? "reserved" : "free";
    const bool leaving = std::any_of(desk.attempts.begin(), desk.attempts.end(),
                                     [](const Attempt& a) { return a.act == Act::SignOut && !a.observed; });
    if (leaving) return "ending";
    if (!desk.sign_in || !desk.sign_in->lapsed) return "in_use";
    return desk.sign_in->cover ? "ending" : "ad_hoc";
}

}  // namespace hotdesk
