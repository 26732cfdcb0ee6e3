#pragma once
// Time as the core knows it: two clocks, read by nobody in here, passed in by the caller.
//
// Bookings compare wall time. Grace periods and timeouts compare monotonic time, which a corrected box clock cannot
// move. Only wall time is ever stored; a monotonic instant means nothing after a restart.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hotdesk {

using Millis = std::chrono::milliseconds;
/// UTC, resolution 1 ms.
using WallTime = std::chrono::sys_time<Millis>;

/// The tag of monotonic instants. It has no now(): the host adapter alone reads clocks.
struct MonoClock {
    using duration = Millis;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonoClock>;
    static constexpr bool is_steady = true;
};
using MonoTime = MonoClock::time_point;

/// One reading of both clocks.
struct Now {
    WallTime wall;
    MonoTime mono;
};

namespace detail {
/// Reads exactly `width` decimal digits at `at`; nothing else, no sign, no space.
inline std::optional<int> digits(std::string_view text, std::size_t at, std::size_t width) {
    if (at + width > text.size()) return std::nullopt;
    int value = 0;
    for (std::size_t i = at; i < at + width; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}
inline void put_digits(std::string& out, int value, int width) {
    std::string reversed;
    for (int i = 0; i < width; ++i, value /= 10) reversed.push_back(static_cast<char>('0' + value % 10));
    out.append(reversed.rbegin(), reversed.rend());
}
}  // namespace detail

/// What RFC 3339 can write: the years 0000 to 9999, in UTC.
inline constexpr WallTime first_time = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
inline constexpr WallTime last_time = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - Millis{1};

/// RFC 3339 with `Z` or a numeric offset and 0 to 9 fraction digits (cut to ms); nothing before or after. An offset
/// that leads out of the years 0000 to 9999 makes no time.
/// Source: technical details, activation JWT: `expiryTime` has nine fraction digits, message timestamps none.
inline std::optional<WallTime> parse_time(std::string_view text) {
    using namespace std::chrono;
    const auto year = detail::digits(text, 0, 4), month = detail::digits(text, 5, 2), day = detail::digits(text, 8, 2);
    const auto hour = detail::digits(text, 11, 2), minute = detail::digits(text, 14, 2),
               second = detail::digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                              std::chrono::day{static_cast<unsigned>(*day)}};
    // 60: a leap second counts as the first second of the next minute.
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;

    std::size_t at = 19;
    int millis = 0;
    if (at < text.size() && text[at] == '.') {
        std::size_t count = 0;
        for (int scale = 100; ++at < text.size() && text[at] >= '0' && text[at] <= '9'; scale /= 10, ++count)
            millis += scale * (text[at] - '0');
        if (count == 0 || count > 9) return std::nullopt;
    }
    if (at >= text.size()) return std::nullopt;
    minutes offset{0};
    if (text[at] == 'Z' || text[at] == 'z') {
        ++at;
    } else if (text[at] == '+' || text[at] == '-') {
        const auto h = detail::digits(text, at + 1, 2), m = detail::digits(text, at + 4, 2);
        if (!h || !m || text[at + 3] != ':' || *h > 23 || *m > 59) return std::nullopt;
        offset = hours{*h} + minutes{*m};
        if (text[at] == '-') offset = -offset;
        at += 6;
    }
    if (at != text.size()) return std::nullopt;
    const WallTime time{sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second} + Millis{millis} - offset};
    if (time < first_time || time > last_time) return std::nullopt;
    return time;
}

/// RFC 3339 in UTC; with milliseconds only where there are any. A time beyond the years 0000 to 9999, as the end of a
/// booking may be, is written as the first or the last.
inline std::string format_time(WallTime time) {
    using namespace std::chrono;
    time = std::clamp(time, first_time, last_time);
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::string out;
    detail::put_digits(out, static_cast<int>(date.year()), 4);
    out += '-';
    detail::put_digits(out, static_cast<int>(static_cast<unsigned>(date.month())), 2);
    out += '-';
    detail::put_digits(out, static_cast<int>(static_cast<unsigned>(date.day())), 2);
    out += 'T';
    detail::put_digits(out, static_cast<int>(clock.hours().count()), 2);
    out += ':';
    detail::put_digits(out, static_cast<int>(clock.minutes().count()), 2);
    out += ':';
    detail::put_digits(out, static_cast<int>(clock.seconds().count()), 2);
    if (const auto ms = static_cast<int>(clock.subseconds().count()); ms != 0) {
        out += '.';
        detail::put_digits(out, ms, 3);
    }
    out += 'Z';
    return out;
}

/// `90s`, `15m`, `8h`, `1d`: a whole number and a unit, 0 to 10 years. (`off` is the caller's to accept.)
inline std::optional<Millis> parse_duration(std::string_view text) {
    using namespace std::chrono;
    if (text.size() < 2) return std::nullopt;
    long long count = 0;
    const char* const end = text.data() + text.size() - 1;
    const auto [stop, failure] = std::from_chars(text.data(), end, count);
    if (failure != std::errc{} || stop != end || count < 0 || text[0] == '-') return std::nullopt;
    long long unit_s = 0;
    switch (text.back()) {
        case 's': unit_s = 1; break;
        case 'm': unit_s = 60; break;
        case 'h': unit_s = 3600; break;
        case 'd': unit_s = 86400; break;
        default: return std::nullopt;
    }
    constexpr long long limit_s = 10LL * 366 * 86400;
    if (count > limit_s / unit_s) return std::nullopt;
    return Millis{seconds{count * unit_s}};
}

/// The shortest exact spelling that parse_duration() reads back; a rest below a second is cut.
inline std::string format_duration(Millis duration) {
    const long long total_s = std::chrono::floor<std::chrono::seconds>(duration).count();
    if (total_s == 0) return "0s";
    if (total_s % 86400 == 0) return std::to_string(total_s / 86400) + "d";
    if (total_s % 3600 == 0) return std::to_string(total_s / 3600) + "h";
    if (total_s % 60 == 0) return std::to_string(total_s / 60) + "m";
    return std::to_string(total_s) + "s";
}

}  // namespace hotdesk
