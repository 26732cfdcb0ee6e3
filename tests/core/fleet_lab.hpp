#pragma once
// A fleet, a clock, and answers to questions.

#include "bare_activation.hpp"
#include "core/fleet.hpp"

#include <string>
#include <utility>
#include <vector>

namespace hotdesk::test {

using namespace std::chrono_literals;

inline const WallTime morning = *parse_time("2026-03-02T09:00:00Z");

inline Inventory campus(std::size_t desks) {
    Inventory inventory;
    for (std::size_t i = 1; i <= desks; ++i) {
        const std::string n = std::to_string(i);
        inventory.devices.push_back(
            {DeviceId{"d" + n}, "Desk " + n, WorkspaceId{"w" + n}, LocationId{}, "roomdesk", true});
        inventory.workspaces.push_back({WorkspaceId{"w" + n}, "Room " + n, LocationId{}, true, "none"});
    }
    return inventory;
}

inline StatusReport nobody() {
    StatusReport report;
    report.personalized = std::optional{false};
    report.active_calls = std::optional{0};
    return report;
}
inline StatusReport somebody() {
    StatusReport report = nobody();
    report.personalized = std::optional{true};
    return report;
}

/// A fleet, a clock, and answers to questions.
struct Lab {
    explicit Lab(std::size_t desks, const Policy& policy = {}) : fleet({policy, {}}, 1) {
        fleet.take_inventory(campus(desks), now);
    }

    std::vector<Call> calls() {
        std::vector<Call> out;
        fleet.take_calls(out, now);
        return out;
    }
    void pass(Millis time) {
        now.wall += time;
        now.mono += time;
        fleet.wake(now);
    }
    void answer(const Call& call, const StatusReport& says, std::vector<Booking> listed = {}) {
        if (std::holds_alternative<call::AskStatus>(call))
            fleet.answered(call, Reply{says}, now.mono, now, false);
        else if (std::holds_alternative<call::AskBookings>(call))
            fleet.answered(call, Reply{BookingList{std::move(listed), 0}}, now.mono, now, false);
    }
    /// Answers questions until none is left; returns how many desks were asked at the same time at the most.
    std::size_t answer_all(const StatusReport& says) {
        std::size_t most = 0;
        for (auto out = calls(); !out.empty(); out = calls()) {
            most = std::max(most, out.size() / 2);
            for (const Call& call : out) answer(call, says);
        }
        return most;
    }
    void commit() {
        (void)fleet.pending();
        fleet.committed();
    }
    /// One desk with somebody who has overstayed: the sign-out is decided and not yet stored.
    void overstay() {
        answer_all(somebody());
        commit();
        pass(5min);
        answer_all(somebody());
    }
    void hear(const std::string& desk, EventBody event, Millis late = Millis{0}) {
        (void)fleet.hear(DeviceId{desk}, input::Happened{{std::move(event), now.wall - late}}, now);
    }
    /// Stores, takes what is to be sent, and answers every question with the truth.
    std::vector<call::Send> sent() {
        std::vector<call::Send> out;
        for (int round = 0; round < 50; ++round) {
            commit();
            const auto next = calls();
            if (next.empty()) break;
            for (const Call& call : next) {
                if (const auto* send = std::get_if<call::Send>(&call))
                    out.push_back(*send);
                else
                    answer(call, status, bookings);
            }
        }
        return out;
    }
    void reply(const call::Send& send, Result<Reply> what = Reply{CommandDone{"t"}}) {
        fleet.answered(send, std::move(what), now.mono, now, false);
    }
    std::vector<RequestOutcome> outcomes() const { return fleet.pending().outcomes; }

    StatusReport status = nobody();  ///< what every desk answers
    std::vector<Booking> bookings;
    Now now{morning, MonoTime{} + 1000s};
    Fleet fleet;
};

inline Error failing(ErrorKind kind, int status) {
    Error error{kind, "failed"};
    error.http_status = status;
    return error;
}

inline Request sign_out(const std::string& key, const DeviceId& device, WallTime asked_at) {
    Request request;
    request.key = key;
    request.device = device;
    request.asked_at = asked_at;
    return request;
}

/// What stands after an activation, with an access token that lives for another `life`.
inline Activation standing_activation(Millis life = 12h) {
    Activation out = bare_activation();
    out.refresh_token = Secret{"refresh"};
    out.access_token = Secret{"access"};
    out.access_expires = morning + life;
    return out;
}

}  // namespace hotdesk::test
