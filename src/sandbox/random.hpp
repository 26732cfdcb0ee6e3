#pragma once
// Randomness that comes from a seed, so that a run can be had again: ids, request UUIDs, tokens.
//
// Not fit for real secrets, and the sandbox has none: its tokens open nothing but the sandbox.

#include <cstdint>
#include <string>
#include <string_view>

namespace hotdesk::sandbox {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next();
    /// 0 <= result < limit; limit must not be 0.
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    /// RFC 4122 version 4 in lower case.
    std::string uuid();
    /// `length` characters of the base64url alphabet.
    std::string token(std::size_t length);

private:
    std::uint64_t state_;
};

/// The same for the same text on every machine.
std::uint64_t hash_of(std::string_view text);
/// Without padding. Source: RFC 4648, section 5.
std::string base64url(std::string_view bytes);
/// An id as the cloud writes them. Source: REST description, /devices and /workspaces: base64 of `ciscospark://...`.
std::string cloud_id(std::string_view kind, std::string_view uuid);

}  // namespace hotdesk::sandbox
