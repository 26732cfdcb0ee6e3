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
    /// This machine's clocks were read. Where the wall clock was set, what is gone by goes on as it did: whether that
    /// is right the next answers will tell. Returns by how much it was set; empty: it was not.
    std::optional<Millis> read(Now now);
    /// To be added to this machine's wall clock. Zero while the two agree well enough.
    [[nodiscard]] Millis offset() const { return offset_; }
    /// The last answers said that it is so. Not before the first one, and not while they say that it is otherwise.
    [[nodiscard]] bool known() const { return known_; }
    /// The last answer said that it is otherwise; the next one will tell.
    [[nodiscard]] bool doubted() const { return suspicion_.has_value(); }

private:
    Millis offset_{0};
    std::optional<Now> read_;          ///< the last reading
    std::optional<Millis> suspicion_;  ///< what the last answer said that did not agree
    bool known_ = false;
};

}  // namespace hotdesk
