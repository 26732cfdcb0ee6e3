#include <hotdesk/desk.hpp>

#include <algorithm>

namespace hotdesk {

std::string_view name_of(Act act) {
    switch (act) {
        case Act::SignOut: return "sign_out";
        case Act::Release: return "release";
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
