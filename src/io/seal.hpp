#pragma once
// Sealing of the state: AES-256-GCM by OpenSSL, and the file that holds the key.
//
// A sealed value is, in this order: version (1 byte, 1), key id (4 bytes, the first of SHA-256 of the key), nonce
// (12 random bytes), ciphertext (as long as the plaintext), tag (16 bytes). The context is authenticated, not stored.
// The layout is part of the format on disk. Random nonces bear about 2^32 values a key: at ten a second, 13 years.
// One value of 500 B takes about 1 us.

#include <hotdesk/ports.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/secret.hpp>

#include <memory>
#include <string>

namespace hotdesk::io {

/// Bytes of a key.
inline constexpr std::size_t key_bytes = 32;

/// A sealer for `key`, of exactly 32 bytes (else Rejected). The key is wiped when this returns; the sealer keeps only
/// OpenSSL's key schedule, which OpenSSL wipes. Not for several threads at once.
///
/// seal() returns an empty string in the one case that OpenSSL fails (no entropy, no memory). A sealed value is never
/// empty, so whoever stores it can tell; plain bytes are never returned.
Result<std::unique_ptr<Sealer>> make_sealer(Secret key);

/// 32 bytes from OpenSSL's generator. Throws std::runtime_error when there is no entropy: no key is better than that.
Secret make_key();

/// Reads a key file: 64 hexadecimal digits and a line break. Gone: no such file. Rejected: not a key, or readable by
/// the group or others (the message says how to change that).
Result<Secret> read_key_file(const std::string& path);

/// Writes a key file with mode 0600, durable on return. Rejected: the file exists; it is never overwritten, since what
/// its key sealed would be lost.
Result<void> write_key_file(const std::string& path, const Secret& key);

}  // namespace hotdesk::io
