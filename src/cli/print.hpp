#pragma once
// What people read: tables, local times, spans. The one place where fmt is used.

#include <hotdesk/time.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotdesk::cli {

/// Lines on stdout, flushed. A reader that has gone away (`| head`) ends the program quietly.
void print(std::string_view line);

/// Columns as wide as their widest cell (in characters), two spaces between; the first row is the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);

/// `2026-11-21 10:00:00` in the system's time zone; `-` when there is none.
std::string local_time(const std::optional<WallTime>& time);

/// `10:00` when the day is the same as `now`'s, else with the date.
std::string short_time(WallTime time, WallTime now);

/// RFC 3339, `HH:MM` (today, in the system's time zone), `+30m` from now, or `-30m` and `30m` ago. Throws Failure,
/// exit 2.
WallTime parse_moment(std::string_view text, WallTime now);

}  // namespace hotdesk::cli
