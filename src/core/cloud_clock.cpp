#include "core/cloud_clock.hpp"

#include <utility>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

/// Less than this is not a wrong clock: the header has whole seconds and answers take their time.
constexpr Millis tolerance = 5s;
/// A long poll's header may be as old as the poll.
constexpr Millis slow = 3s;

Millis apart(Millis a, Millis b) { return a < b ? b - a : a - b; }

}  // namespace

std::optional<Millis> CloudClock::hear(WallTime date, WallTime now, Millis took) {
    if (took > slow) return std::nullopt;
    const Millis said = date + 500ms - now;
    if (apart(said, offset_) <= tolerance) {
        suspicion_.reset();
        return std::nullopt;
    }
    // One answer may come from a cache or a proxy with a clock of its own; two that agree are believed.
    if (!suspicion_ || apart(said, *suspicion_) > tolerance) {
        suspicion_ = said;
        return std::nullopt;
    }
    suspicion_.reset();
    const Millis before = offset_;
    offset_ = apart(said, 0ms) <= tolerance ? 0ms : said;
    return offset_ - before;
}

std::optional<Millis> CloudClock::read(Now now) {
    const std::optional<Now> before = std::exchange(read_, now);
    if (!before) return std::nullopt;
    const Millis set = (now.wall - before->wall) - (now.mono - before->mono);
    if (apart(set, 0ms) <= tolerance) return std::nullopt;
    offset_ -= set;
    suspicion_.reset();
    return set;
}

}  // namespace hotdesk
