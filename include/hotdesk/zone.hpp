#pragma once
// Local time as the rules need it: a port, so that the rules read no time-zone database themselves.

#include <hotdesk/time.hpp>

#include <chrono>
#include <string>

namespace hotdesk {

/// Which of the two instants is meant when clocks show a time twice, in autumn.
enum class Twice { First, Second };

/// One time zone. The same answers for as long as the process runs.
class Zone {
public:
    virtual ~Zone() = default;
    /// What local clocks are ahead of UTC.
    [[nodiscard]] virtual std::chrono::seconds offset_at(WallTime at) const = 0;
    /// When local clocks show `of_day` (0 and up; 24 h is the next day's midnight) on `day`. A time that is skipped in
    /// spring is the instant of the change.
    [[nodiscard]] virtual WallTime instant(std::chrono::local_days day, std::chrono::minutes of_day,
                                           Twice twice) const = 0;
};

/// UTC, for what is given no zone.
const Zone& utc_zone();

/// The local day that `at` falls on.
inline std::chrono::local_days local_day(const Zone& zone, WallTime at) {
    return std::chrono::local_days{std::chrono::floor<std::chrono::days>(at + zone.offset_at(at)).time_since_epoch()};
}

/// `HH:MM` as local clocks show it.
inline std::string local_clock(const Zone& zone, WallTime at) {
    return format_time(std::chrono::time_point_cast<Millis>(at + zone.offset_at(at))).substr(11, 5);
}

}  // namespace hotdesk
