#pragma once
// A worker with two desks, a clock, and a store that always works.

#include "core/worker.hpp"
#include "fleet_lab.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace hotdesk::test {

struct Works {
    explicit Works(const Policy& policy = {}, Activation with = standing_activation())
        : worker(std::move(with), {policy, {}}, Health{}, 1, now) {
        worker.fleet().take_inventory(campus(2), now);
        turn();
    }
    /// What has happened since the last turn is stored; what goes out now piles up in `out`.
    void turn() {
        worker.tick(now);
        (void)worker.pending();
        worker.committed();
        for (auto& call : worker.take_calls(now)) out.push_back(std::move(call));
        for (auto& line : worker.take_lines()) lines.push_back(std::move(line));
    }
    /// The queue is empty all the time.
    void pass(Millis time) {
        for (Millis left = time; left > Millis{0}; left -= 20s) {
            now.wall += std::min<Millis>(left, 20s);
            now.mono += std::min<Millis>(left, 20s);
            const auto poll = std::find_if(out.begin(), out.end(),
                                           [](const Call& call) { return std::holds_alternative<call::Poll>(call); });
            if (poll != out.end()) {
                const Call call = *poll;
                out.erase(poll);
                worker.answered(call, Reply{MessageBatch{}}, now.mono, now, 0.0);
            }
            turn();
        }
    }
    /// Answers the first call of a kind.
    template <class Kind>
    void answer(Result<Reply> reply) {
        const auto at =
            std::find_if(out.begin(), out.end(), [](const Call& call) { return std::holds_alternative<Kind>(call); });
        REQUIRE(at != out.end());
        const Call call = std::move(*at);
        out.erase(at);
        worker.answered(call, std::move(reply), now.mono, now, 0.0);
        turn();
    }
    void answer_all(const StatusReport& status) {
        for (bool more = true; more;) {
            more = false;
            for (const Call& call : std::exchange(out, {})) {
                if (std::holds_alternative<call::AskStatus>(call))
                    worker.answered(call, Reply{status}, now.mono, now, 0.0), more = true;
                else if (std::holds_alternative<call::AskBookings>(call))
                    worker.answered(call, Reply{BookingList{}}, now.mono, now, 0.0), more = true;
                else if (std::holds_alternative<call::Send>(call))
                    worker.answered(call, Reply{CommandDone{"t-1"}}, now.mono, now, 0.0), more = true;
                else
                    out.push_back(call);
            }
            turn();
        }
    }
    [[nodiscard]] bool said(const std::string& part) const {
        return std::any_of(lines.begin(), lines.end(),
                           [&](const Line& line) { return line.text.find(part) != std::string::npos; });
    }

    Now now{morning, MonoTime{} + 1000s};
    Worker worker;
    std::vector<Call> out;
    std::vector<Line> lines;
};

inline Message pushed(const std::string& device, const StatusReport& report, WallTime at) {
    Message message;
    message.device = DeviceId{device};
    message.timestamp = at;
    message.body = StatusMessage{report, false};
    return message;
}

}  // namespace hotdesk::test
