#include "cli/print.hpp"

#include "daemon/exit.hpp"
#include "io/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace hotdesk::cli {

namespace {

std::tm local(WallTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    return parts;
}

/// Characters, not bytes: names may hold any of UTF-8.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

void print(std::string_view line) {
    const std::string text = io::shown(line);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
    if (std::fflush(stdout) != 0) throw Failure(Exit::Failed, "standard output cannot be written");
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
        }
        print(line);
    }
}

std::string local_time(const std::optional<WallTime>& time) {
    if (!time) return "-";
    const std::tm t = local(*time);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                       t.tm_min, t.tm_sec);
}

std::string short_time(WallTime time, WallTime now) {
    const std::tm t = local(time), n = local(now);
    if (t.tm_year == n.tm_year && t.tm_yday == n.tm_yday) return fmt::format("{:02}:{:02}", t.tm_hour, t.tm_min);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min);
}

WallTime parse_moment(std::string_view text, WallTime now) {
    if (const auto time = parse_time(text)) return *time;
    if (const auto ago = parse_duration(text)) return now - *ago;
    if (text.size() > 1 && (text[0] == '+' || text[0] == '-'))
        if (const auto span = parse_duration(text.substr(1))) return text[0] == '+' ? now + *span : now - *span;
    const auto hour = detail::digits(text, 0, 2), minute = detail::digits(text, 3, 2);
    if (text.size() == 5 && text[2] == ':' && hour && minute && *hour < 24 && *minute < 60) {
        std::tm day = local(now);
        day.tm_hour = *hour;
        day.tm_min = *minute;
        day.tm_sec = 0;
        day.tm_isdst = -1;
        return std::chrono::floor<Millis>(std::chrono::system_clock::from_time_t(std::mktime(&day)));
    }
    throw Failure(Exit::Usage, fmt::format("`{}` is no time: write 2026-11-21T10:00:00Z, 10:00, +30m or -30m", text));
}

}  // namespace hotdesk::cli
