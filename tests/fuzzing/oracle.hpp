#pragma once
// What the targets hold a result against. What does not hold ends the process with its name: libFuzzer keeps the input,
// and the replay test fails.

#include <hotdesk/result.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace hotdesk::fuzz {

inline void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

inline bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; });
}

/// One line of `most` bytes at the most, and not an empty one.
inline bool is_line(std::string_view text, std::size_t most) {
    return !text.empty() && text.size() <= most && !has_control(text);
}

constexpr std::size_t longest_id = 1024, longest_error = 640;

inline bool is_id(std::string_view text) { return is_line(text, longest_id); }
inline bool is_id_or_empty(std::string_view text) { return text.empty() || is_id(text); }

/// As result.hpp has it.
inline void must_be_lawful(const Error& error) {
    must(is_line(error.message, longest_error), "an error says something in one line");
    must(is_id_or_empty(error.tracking_id), "a tracking id is one");
    must(!error.retry_after || error.http_status != 0, "only an answer tells for how long to wait");
    must(!error.retry_after ||
             (*error.retry_after >= std::chrono::seconds{0} && *error.retry_after <= std::chrono::hours{24}),
         "nobody is told to wait for less than nothing or more than a day");
}

}  // namespace hotdesk::fuzz
