#include "sandbox/queue.hpp"

#include <utility>

namespace hotdesk::sandbox {

void Queue::expire(WallTime now) {
    while (!waiting_.empty() && now - waiting_.front().at >= retention_) {
        waiting_.pop_front();
        ++expired_;
    }
}

std::vector<std::string> Queue::take(WallTime now) {
    expire(now);
    std::vector<std::string> out;
    while (!waiting_.empty() && out.size() < batch_max) {
        out.push_back(std::move(waiting_.front().message));
        waiting_.pop_front();
    }
    return out;
}

}  // namespace hotdesk::sandbox
