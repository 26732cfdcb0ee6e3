#pragma once
// Foreign text in our own sentences.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace hotdesk::codec {

inline bool is_control(char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }

/// Fit for one line of a message or log: at most `limit` bytes, control characters as spaces, not cut inside a UTF-8
/// character.
inline std::string one_line(std::string_view text, std::size_t limit) {
    const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U; };
    std::size_t length = std::min(limit, text.size());
    while (length < text.size() && length > 0 && continues(length)) --length;
    std::string line(text.substr(0, length));
    std::replace_if(line.begin(), line.end(), is_control, ' ');
    return line;
}

}  // namespace hotdesk::codec
