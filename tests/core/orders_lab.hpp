#pragma once
// Bookings that an administrator makes, edits and deletes, and what becomes of them in a Lab.

#include "fleet_lab.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace hotdesk::test {

inline const DeviceId desk{"d1"};

inline Request book(const std::string& key = "key") {
    Request request;
    request.key = key;
    request.kind = RequestKind::Book;
    request.device = desk;
    request.asked_at = morning;
    request.uuid = RequestUuid{"uuid-" + key};
    request.organizer_email = "anna@example.com";
    request.title = "A desk";
    request.start = morning + 1h;
    request.duration = 60min;
    return request;
}

inline Request edit(const std::string& meeting, std::optional<WallTime> start,
                    std::optional<std::chrono::minutes> duration) {
    Request request = book();
    request.kind = RequestKind::Edit;
    request.uuid = RequestUuid{};
    request.meeting = MeetingId{meeting};
    request.start = start;
    request.duration = duration;
    return request;
}

inline Request deletion(const std::string& meeting) {
    Request request = edit(meeting, std::nullopt, std::nullopt);
    request.kind = RequestKind::Delete;
    return request;
}

inline Booking booking(const std::string& meeting, WallTime start, Millis length = 60min) {
    return {{BookingId{"id-" + meeting}, MeetingId{meeting}}, start, start + length, "anna@example.com", "", ""};
}

inline BookingCreated created(const std::string& meeting, const std::string& uuid) {
    return {booking(meeting, morning + 1h), RequestUuid{uuid}};
}

inline std::map<std::string, std::string> words(const Command& command) {
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : command.arguments)
        out[name] = std::holds_alternative<std::string>(value) ? std::get<std::string>(value)
                                                               : std::to_string(std::get<std::int64_t>(value));
    return out;
}

inline Error lost() { return failing(ErrorKind::Transient, 0); }

/// Lets time pass until something is sent; how long that took.
inline std::vector<call::Send> sent_within(Lab& lab, Millis limit) {
    for (Millis passed{0}; passed < limit; passed += 1s) {
        lab.pass(1s);
        if (auto sends = lab.sent(); !sends.empty()) return sends;
    }
    return {};
}

inline void expect(Lab& lab, const std::string& outcome, const std::string& part = "") {
    const auto outcomes = lab.outcomes();
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].outcome == outcome);
    CHECK(outcomes[0].cause.find(part) != std::string::npos);
    lab.commit();
}

}  // namespace hotdesk::test
