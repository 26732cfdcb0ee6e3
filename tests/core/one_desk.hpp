#pragma once
// One desk that hears things, and a clock.

#include "fleet_lab.hpp"

#include <hotdesk/reconcile.hpp>

#include <catch2/catch.hpp>

namespace hotdesk::test {

inline const std::string anna = "anna@example.com";

/// One desk, without rules.
struct One {
    void happens(EventBody body, Millis late = Millis{0}) { hear(input::Happened{{std::move(body), now.wall - late}}); }
    void hear(const Input& input) { observe(desk, input, now); }
    void lists(std::vector<Booking> bookings) { hear(input::BookingsAnswered{std::move(bookings), now.mono}); }
    void pass(Millis time) {
        now.wall += time;
        now.mono += time;
    }
    void signs_in(bool in = true) {
        StatusReport report;
        report.personalized = std::optional{in};
        hear(input::Pushed{report, now.wall});
    }
    [[nodiscard]] const KnownBooking& only() const {
        REQUIRE(desk.bookings.size() == 1);
        return desk.bookings.front();
    }
    Desk desk;
    Now now{morning, MonoTime{} + 1000s};
};

inline BookingRef ref(const std::string& id, const std::string& meeting) { return {BookingId{id}, MeetingId{meeting}}; }

inline Booking booking(const std::string& id, const std::string& meeting, Millis from = 0h, Millis to = 1h) {
    return {ref(id, meeting), morning + from, morning + to, anna, "person", "Anna"};
}

}  // namespace hotdesk::test
