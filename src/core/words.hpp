#pragma once
// Small pieces of sentences for reasons.

#include <hotdesk/time.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace hotdesk::words {

/// For a sentence: seconds are enough.
inline std::string said(WallTime time) { return format_time(std::chrono::floor<std::chrono::seconds>(time)); }

inline std::string sentence(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const auto part : parts) out += part;
    return out;
}

inline std::string organizer_of(const std::string& email) { return email.empty() ? "its organizer" : email; }

}  // namespace hotdesk::words
