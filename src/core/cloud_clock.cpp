#include "core/cloud_clock.hpp"

#include <utility>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

/// Less than this is not a wrong clock: the header has whole seconds and answers take their time.
constexpr Millis tolerance = 5s;
/// A clock that was wrong is right again within this. Less than the tolerance, or one that is about so far off would be
/// found right and wrong in turns, and every desk be asked each time.
constexpr Millis right = 4s;
/// A long poll's header may be as old as the poll.
constexpr Millis slow = 3s;

Millis apart(Millis a, Millis b) { return a < b ? b - a : a - b; }

}  // namespace

std::optional<Millis> CloudClock::hear(WallTime date, WallTime now, Millis took) {
    if (took > slow) return std::nullopt;
    // It was said within the second, and before it was heard: the offset is in between. What may be so is no news, or a
    // slow line alone would make the clock right and wrong in turns.
    const Millis least = date - now, most = least + 1s + took, said = least + (most - least) / 2;
    const Millis off = least > offset_ ? least - offset_ : most < offset_ ? offset_ - most : 0ms;
    const bool is_right = -right <= least && most <= right;
    const bool as_before = off <= tolerance && (offset_ == 0ms || !is_right);
    // One answer may come from a cache or a proxy with a clock of its own; two that agree are believed.
    const bool said_twice = suspicion_ && apart(said, *suspicion_) <= tolerance;
    known_ = as_before || said_twice;
    suspicion_ = known_ ? std::nullopt : std::optional{said};
    if (as_before || !said_twice) return std::nullopt;
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
    if (apart(offset_, 0ms) <= tolerance)
        offset_ = 0ms;  // it was set right; the rest is what was wrong in the measuring
    suspicion_.reset();
    known_ = false;
    return set;
}

}  // namespace hotdesk
