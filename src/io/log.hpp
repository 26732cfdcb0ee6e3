#pragma once
// The log: one line an event, to one descriptor, for people, for journald or for machines.
//
//   Text     2026-11-21T10:00:00Z info  signed out rule=sign_out_grace desk="Oslo 3"
//   Journal  <6>signed out rule=sign_out_grace desk="Oslo 3"        (journald adds the time, and reads the priority)
//   Json     {"time":"2026-11-21T10:00:00.250Z","level":"info","text":"signed out","fields":{"rule":"sign_out_grace"}}
//
// What comes from outside (a display name, say) can neither start a new line nor reach the terminal: control
// characters and bytes that are not UTF-8 are escaped. A line has at most 8 KiB; a longer one is cut at a character
// and marked, "[cut]" or "cut":true, and stays valid JSON.
//
// Where wanted, of an e-mail address only the first character and the domain are shown, in texts and in fields alike:
// a***@example.com. What is stored is not changed by that.

#include <hotdesk/ports.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hotdesk::io {

enum class LogFormat {
    Auto,     ///< Journal when the descriptor is journald's (JOURNAL_STREAM names it), else Text
    Text,     ///< for people
    Journal,  ///< Text with a priority instead of time and level
    Json,     ///< one object a line
};

inline constexpr std::size_t max_log_line_bytes = 8192;  ///< with the line break

struct LogOptions {
    Level level = Level::Info;  ///< lines below it are dropped
    LogFormat format = LogFormat::Auto;
    bool mask_addresses = false;        ///< shorten e-mail addresses
    int fd = 2;                         ///< borrowed; a line that cannot be written is lost
    std::function<WallTime()> clock{};  ///< empty: the system's
};

std::unique_ptr<Log> make_log(LogOptions options);

/// The text with its e-mail addresses shortened. In doubt more is hidden: whatever may stand before an @ by RFC 5322,
/// without quotes, counts as a name.
std::string mask_addresses(std::string_view text);

/// The text as a terminal may be shown it, which takes control characters for orders: names of desks and people come
/// from outside. They and what is not UTF-8 are escaped as JSON escapes them, and JSON stays the JSON it was. Line
/// breaks stay.
std::string shown(std::string_view text);

/// `error`, `warn`, `info`, `debug`, and back; empty for any other word.
std::string_view level_name(Level level);
std::optional<Level> parse_level(std::string_view name);
/// `auto`, `text`, `json`.
std::optional<LogFormat> parse_log_format(std::string_view name);

}  // namespace hotdesk::io
