#pragma once
// How far this machine's clock is off, by the Date header of Webex's answers. Bookings are by the cloud's time: a box
// whose clock is an hour off would sign people out an hour early.

#include <hotdesk/time.hpp>

#include <optional>

namespace hotdesk {

class CloudClock {
public:
    /// An answer says that it is `date` (whole seconds, cut), heard at `now` by this machine, `took` after its
    /// question. Returns by how much the offset has changed; empty: not at all.
    std::optional<Millis> hear(WallTime date, WallTime now, Millis took);
    /// To be added to this machine's wall clock. Zero while the two agree well enough.
    [[nodiscard]] Millis offset() const { return offset_; }

private:
    Millis offset_{0};
    std::optional<Millis> suspicion_;  ///< what the last answer said that did not agree
};

}  // namespace hotdesk
