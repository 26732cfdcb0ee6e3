#pragma once
// Sealing of the state: AES-256-GCM by OpenSSL, and the file that holds the key.
//
// A sealed value is, in this order: version (1 byte, 2), key id (4 bytes, the first of SHA-256 of the state key), salt
// (16 random bytes, of the sealer that sealed), counter (8 bytes, most significant first), ciphertext (as long as the
// plaintext), tag (16 bytes). The context is authenticated, not stored. The value's own key is HKDF-SHA256 of the state
// key with the salt; its nonce is the counter. So no nonce is used twice: within a sealer the counter only grows, and
// every sealer has a key of its own.
//
// Version 1, sealed until schema 2, is still opened: version, key id, nonce (12 random bytes), ciphertext, tag, under
// the state key itself. The layouts are part of the format on disk.
//
// A value of 500 B takes about 1 us either way; a salt that was not met before costs some more.

#include <hotdesk/ports.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/secret.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hotdesk::io {

/// Bytes of a key.
inline constexpr std::size_t key_bytes = 32;

/// A sealer for `key`, of exactly 32 bytes (else Rejected). OpenSSL keeps copies of the key, and wipes them with the
/// sealer. Not for several threads at once, and never on both sides of a fork(): both would count on from the same
/// nonce.
Result<std::unique_ptr<Sealer>> make_sealer(Secret key);

/// 32 bytes from OpenSSL's generator. Throws std::runtime_error when there is no entropy: no key is better than that.
Secret make_key();

/// Reads a key file: 64 hexadecimal digits and a line break; a second such line while the state goes from that key to
/// the one before it (see daemon/rekey.hpp). One or two keys, the newer one first. Gone: no such file. Rejected: not a
/// key, or readable by the group or others (the message says how to change that).
Result<std::vector<Secret>> read_key_file(const std::string& path);

/// Writes a key file with mode 0600, durable on return. Rejected: the file exists; it is never overwritten, since what
/// its key sealed would be lost.
Result<void> write_key_file(const std::string& path, const Secret& key);

/// Puts one or two keys, the newer one first, in the place of those in an existing key file: whole, durable on return,
/// with mode 0600 and the owner that it had. Where `path` is a symbolic link, the file that it names is replaced.
Result<void> replace_key_file(const std::string& path, std::span<const Secret> keys);

}  // namespace hotdesk::io
