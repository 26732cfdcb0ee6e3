#pragma once
// The integration's message queue, as the technical details describe it under "Queue Polling".

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "hotdesk/time.hpp"

namespace hotdesk::sandbox {

class Queue {
public:
    /// Source: technical details, Queue Polling: "from 0 to a maximum of 10 messages".
    static constexpr std::size_t batch_max = 10;

    /// `retention`: what is not fetched within it is gone. Source: ditto, 10 minutes.
    explicit Queue(Millis retention) : retention_(retention) {}

    /// `message` is one JSON value, not looked at.
    void put(std::string message, WallTime now) { waiting_.push_back({now, std::move(message)}); }
    /// Oldest first; what was handed out is gone.
    std::vector<std::string> take(WallTime now);
    [[nodiscard]] bool empty(WallTime now) {
        expire(now);
        return waiting_.empty();
    }
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }
    [[nodiscard]] std::size_t expired() const { return expired_; }
    void clear() { waiting_.clear(); }

private:
    struct Entry {
        WallTime at;
        std::string message;
    };
    void expire(WallTime now);

    Millis retention_;
    std::deque<Entry> waiting_;
    std::size_t expired_ = 0;
};

}  // namespace hotdesk::sandbox
