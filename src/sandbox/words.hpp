#pragma once
// The words of a control line: quoted text, `name=value`, spans and moments of time.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hotdesk/time.hpp"

namespace hotdesk::sandbox {

/// Splits at spaces; `"..."` keeps them, also within a word as in `title="My desk"`.
std::vector<std::string> words_of(std::string_view line);
/// One or more of `500ms`, `5s`, `3m`, `2h`, `1d` after another, e.g. `59m55s`.
std::optional<Millis> parse_span(std::string_view text);
/// `now`, `+5m`, `-59m55s`, `HH:MM` (today, UTC), or RFC 3339.
std::optional<WallTime> parse_moment(std::string_view text, WallTime now);

}  // namespace hotdesk::sandbox
