#include "sandbox/random.hpp"

namespace hotdesk::sandbox {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::uint64_t Random::next() {
    // splitmix64: every seed, also 0, starts a good sequence.
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

std::string Random::uuid() {
    static constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
        std::uint64_t digit = below(16);
        if (i == 12) digit = 4;
        if (i == 16) digit = 8 + digit % 4;
        out += hex[digit];
    }
    return out;
}

std::string Random::token(std::size_t length) {
    std::string out;
    while (out.size() < length) out += alphabet[below(64)];
    return out;
}

std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return hash;
}

std::string base64url(std::string_view bytes) {
    std::string out;
    std::uint32_t bits = 0;
    unsigned have = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (have += 8; have >= 6; have -= 6) out += alphabet[(bits >> (have - 6)) & 63U];
    }
    if (have > 0) out += alphabet[(bits << (6 - have)) & 63U];
    return out;
}

std::string cloud_id(std::string_view kind, std::string_view uuid) {
    return base64url("ciscospark://us/" + std::string(kind) + "/" + std::string(uuid));
}

}  // namespace hotdesk::sandbox
