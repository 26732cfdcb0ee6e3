#pragma once
// base64url, strictly. Private to src/codec.

#include <hotdesk/secret.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hotdesk::codec {

/// The value of a character; -1: not of the alphabet. Source: RFC 4648, section 5.
inline int sextet(char byte) {
    if (byte >= 'A' && byte <= 'Z') return byte - 'A';
    if (byte >= 'a' && byte <= 'z') return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9') return byte - '0' + 52;
    if (byte == '-') return 62;
    return byte == '_' ? 63 : -1;
}

/// Without padding, and in the one spelling that an encoder writes: left-over bits are zero.
inline std::optional<std::string> base64url_decode(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    bool clean = true;
    for (const char byte : text) {
        const int value = sextet(byte);
        clean = value >= 0;
        if (!clean) break;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> count) & 0xffU);
        bits &= (1U << count) - 1U;
    }
    if (clean && count != 6 && bits == 0) return bytes;
    Secret::wipe(bytes);  // it may be most of a good code
    return std::nullopt;
}

}  // namespace hotdesk::codec
