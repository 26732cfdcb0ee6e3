#include "io/seal.hpp"

#include "io/file.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <climits>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>

namespace hotdesk::io {
namespace {

// The two layouts, as seal.hpp has them.
constexpr char version_of_random_nonces = 1, version_of_counters = 2;
constexpr std::size_t key_id_bytes = 4, salt_bytes = 16, counter_bytes = 8, nonce_bytes = 12, tag_bytes = 16;
constexpr std::size_t head_bytes = 1 + key_id_bytes;
constexpr std::size_t hidden_bytes = 16;

// What the derived keys are for. Part of the format on disk.
constexpr std::string_view info_of_values = "hotdeskd state value", info_of_names = "hotdeskd state name";

/// Salts whose keys are kept ready. A worker's life has one, so this is months; beyond it, it begins anew.
constexpr std::size_t max_ready = 64;

struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Free>;
using Derivation = std::unique_ptr<EVP_KDF_CTX, Free>;
using Mac = std::unique_ptr<EVP_MAC_CTX, Free>;
using Nonce = std::array<unsigned char, nonce_bytes>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int to_int(std::string_view text) { return static_cast<int>(text.size()); }

OSSL_PARAM octets(const char* name, std::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}
OSSL_PARAM sha256() {
    static char name[] = "SHA256";
    return OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0);
}

/// HKDF-SHA256 of `key`, ready for any salt and purpose. Empty: OpenSSL does not offer it.
Derivation make_derivation(std::string_view key) {
    const std::unique_ptr<EVP_KDF, Free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    Derivation made(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    const std::array params{sha256(), octets(OSSL_KDF_PARAM_KEY, key), OSSL_PARAM_construct_end()};
    if (!made || EVP_KDF_CTX_set_params(made.get(), params.data()) != 1) return nullptr;
    return made;
}

/// Empty: it failed.
Secret derive(EVP_KDF_CTX* from, std::string_view salt, std::string_view info) {
    std::string key(key_bytes, '\0');
    const std::array params{octets(OSSL_KDF_PARAM_SALT, salt), octets(OSSL_KDF_PARAM_INFO, info),
                            OSSL_PARAM_construct_end()};
    if (EVP_KDF_derive(from, bytes_of(key), key_bytes, params.data()) != 1) Secret::wipe(key);
    return Secret(std::move(key));
}

Mac make_mac(const Secret& key) {
    const std::unique_ptr<EVP_MAC, Free> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    Mac made(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
    const std::array params{sha256(), OSSL_PARAM_construct_end()};
    if (!made || key.reveal().size() != key_bytes ||
        EVP_MAC_init(made.get(), bytes_of(key.reveal()), key_bytes, params.data()) != 1)
        return nullptr;
    return made;
}

Cipher make_cipher(std::string_view key, bool sealing) {
    Cipher made(key.size() == key_bytes ? EVP_CIPHER_CTX_new() : nullptr);
    const int enc = sealing ? 1 : 0;
    if (!made || EVP_CipherInit_ex(made.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), nullptr, enc) != 1)
        return nullptr;
    return made;
}

/// 4 bytes of zero, and the counter.
Nonce nonce_of(std::string_view counter) {
    Nonce nonce{};
    for (std::size_t i = 0; i < counter_bytes; ++i)
        nonce[nonce_bytes - counter_bytes + i] = static_cast<unsigned char>(counter[i]);
    return nonce;
}

class GcmSealer final : public Sealer {
public:
    /// What it takes to be one; `head` is version and key id, as every value of this sealer begins.
    struct Parts {
        std::string head, salt;
        Derivation derivation;
        Cipher sealing, opening_old;
        Mac names;
    };
    explicit GcmSealer(Parts parts) : parts_(std::move(parts)) {}

    std::string seal(std::string_view context, std::string_view plain) override {
        if (plain.size() > INT_MAX || context.size() > INT_MAX) return {};
        std::string out;
        out.reserve(head_bytes + salt_bytes + counter_bytes + plain.size() + tag_bytes);
        out += parts_.head;
        out += parts_.salt;
        ++counter_;  // whatever comes of it: this one is used
        for (std::size_t i = 0; i < counter_bytes; ++i)
            out.push_back(static_cast<char>(counter_ >> (8 * (counter_bytes - 1 - i))));
        const Nonce nonce = nonce_of(std::string_view(out).substr(head_bytes + salt_bytes));
        const std::size_t cipher_at = out.size();
        out.resize(cipher_at + plain.size() + tag_bytes);
        unsigned char* const cipher = bytes_of(out) + cipher_at;
        unsigned char* const tag = cipher + plain.size();
        EVP_CIPHER_CTX* const c = parts_.sealing.get();
        int length = 0;
        // The key stays in the context; only the nonce is new.
        const bool done = EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
                          EVP_EncryptUpdate(c, nullptr, &length, bytes_of(context), to_int(context)) == 1 &&
                          EVP_EncryptUpdate(c, cipher, &length, bytes_of(plain), to_int(plain)) == 1 &&
                          EVP_EncryptFinal_ex(c, tag, &length) == 1 &&
                          EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag) == 1;
        return done ? out : std::string{};
    }

    Result<std::string> open(std::string_view context, std::string_view sealed) override {
        if (sealed.size() < head_bytes || sealed.size() > INT_MAX || context.size() > INT_MAX) return wrong_size();
        if (sealed[0] != version_of_random_nonces && sealed[0] != version_of_counters)
            return Error{ErrorKind::Corrupt,
                         "a sealed value has an unknown format; it is damaged or from a newer version"};
        if (sealed.substr(1, key_id_bytes) != std::string_view(parts_.head).substr(1))
            return Error{ErrorKind::Corrupt, "a value was sealed with another key"};
        const std::string_view rest = sealed.substr(head_bytes);
        if (sealed[0] == version_of_random_nonces) {
            if (rest.size() < nonce_bytes + tag_bytes) return wrong_size();
            return decrypt(parts_.opening_old.get(), bytes_of(rest), context, rest.substr(nonce_bytes));
        }
        if (rest.size() < salt_bytes + counter_bytes + tag_bytes) return wrong_size();
        EVP_CIPHER_CTX* const cipher = cipher_for(rest.substr(0, salt_bytes));
        if (cipher == nullptr) return Error{ErrorKind::Fatal, "OpenSSL cannot derive a key; is there no memory?"};
        const Nonce nonce = nonce_of(rest.substr(salt_bytes, counter_bytes));
        return decrypt(cipher, nonce.data(), context, rest.substr(salt_bytes + counter_bytes));
    }

    std::string hide(std::string_view name) override {
        std::string out(key_bytes, '\0');
        std::size_t length = 0;
        EVP_MAC_CTX* const mac = parts_.names.get();
        const bool done = EVP_MAC_init(mac, nullptr, 0, nullptr) == 1 &&  // the key stays
                          EVP_MAC_update(mac, bytes_of(name), name.size()) == 1 &&
                          EVP_MAC_final(mac, bytes_of(out), &length, out.size()) == 1;
        out.resize(done ? hidden_bytes : 0);
        return out;
    }

private:
    static Error wrong_size() { return {ErrorKind::Corrupt, "a sealed value is too short or too long to be one"}; }

    /// Null: OpenSSL failed.
    EVP_CIPHER_CTX* cipher_for(std::string_view salt) {
        const auto found = ready_.find(salt);
        if (found != ready_.end()) return found->second.get();
        auto made = make_cipher(derive(parts_.derivation.get(), salt, info_of_values).reveal(), false);
        if (!made) return nullptr;
        if (ready_.size() == max_ready) ready_.clear();
        return ready_.emplace(salt, std::move(made)).first->second.get();
    }

    /// `sealed`: the ciphertext and its tag.
    static Result<std::string> decrypt(EVP_CIPHER_CTX* c, const unsigned char* nonce, std::string_view context,
                                       std::string_view sealed) {
        const std::string_view cipher = sealed.substr(0, sealed.size() - tag_bytes);
        std::array<unsigned char, tag_bytes> tag{};
        for (std::size_t i = 0; i < tag_bytes; ++i) tag[i] = static_cast<unsigned char>(sealed[cipher.size() + i]);
        std::string plain(cipher.size(), '\0');
        int length = 0;
        const bool done = EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, nonce) == 1 &&
                          EVP_DecryptUpdate(c, nullptr, &length, bytes_of(context), to_int(context)) == 1 &&
                          EVP_DecryptUpdate(c, bytes_of(plain), &length, bytes_of(cipher), to_int(cipher)) == 1 &&
                          EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
                          EVP_DecryptFinal_ex(c, tag.data(), &length) == 1;
        if (!done) {
            Secret::wipe(plain);  // unauthenticated, and still perhaps most of the truth
            return Error{ErrorKind::Corrupt, "a sealed value is damaged, or was moved from another place"};
        }
        return plain;
    }

    Parts parts_;
    std::uint64_t counter_ = 0;
    std::map<std::string, Cipher, std::less<>> ready_;  // by salt
};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Empty: these are not 64 hexadecimal digits.
Secret key_of(std::string_view hex) {
    std::string key;
    key.reserve(key_bytes);
    for (std::size_t i = 0; i + 1 < hex.size() && key.size() < key_bytes; i += 2) {
        const int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
        if (high < 0 || low < 0) break;
        key.push_back(static_cast<char>(high * 16 + low));
    }
    if (hex.size() != 2 * key_bytes || key.size() != key_bytes) Secret::wipe(key);
    return Secret(std::move(key));
}

/// A line a key.
std::string hex_lines(std::span<const Secret> keys) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(keys.size() * (2 * key_bytes + 1));
    for (const Secret& key : keys) {
        for (const char c : key.reveal()) {
            const auto byte = static_cast<unsigned char>(c);
            hex.push_back(digits[byte >> 4]);
            hex.push_back(digits[byte & 15]);
        }
        hex.push_back('\n');
    }
    return hex;
}

}  // namespace

Result<std::unique_ptr<Sealer>> make_sealer(Secret key) {
    const std::string_view raw = key.reveal();
    if (raw.size() != key_bytes)
        return Error{ErrorKind::Rejected, "a state key has " + std::to_string(key_bytes) + " bytes, this one has " +
                                              std::to_string(raw.size())};
    GcmSealer::Parts parts;
    std::array<unsigned char, 32> digest{};
    parts.salt.resize(salt_bytes);
    parts.derivation = make_derivation(raw);
    if (parts.derivation && RAND_bytes(bytes_of(parts.salt), salt_bytes) == 1 &&
        EVP_Digest(raw.data(), raw.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1) {
        parts.sealing = make_cipher(derive(parts.derivation.get(), parts.salt, info_of_values).reveal(), true);
        parts.opening_old = make_cipher(raw, false);
        // No salt, as RFC 5869 has it; an empty one would leave OpenSSL's context with the salt before.
        parts.names = make_mac(derive(parts.derivation.get(), std::string(key_bytes, '\0'), info_of_names));
    }
    if (!parts.sealing || !parts.opening_old || !parts.names)
        return Error{ErrorKind::Fatal,
                     "OpenSSL does not offer AES-256-GCM, HKDF or HMAC with SHA-256; check its configuration"};
    parts.head.push_back(version_of_counters);
    parts.head.append(reinterpret_cast<const char*>(digest.data()), key_id_bytes);
    return std::unique_ptr<Sealer>(std::make_unique<GcmSealer>(std::move(parts)));
}

Secret make_key() {
    std::string key(key_bytes, '\0');
    if (RAND_priv_bytes(bytes_of(key), key_bytes) != 1) throw std::runtime_error("no entropy for a key");
    return Secret(std::move(key));
}

Result<std::vector<Secret>> read_key_file(const std::string& path) {
    const auto exposed = readable_by_others(path);
    if (!exposed) return exposed.error();
    if (*exposed)
        return Error{ErrorKind::Rejected, "the state key " + path + " can be read by other users; run: chmod 600 " +
                                              path + " (and think of the key as known to them)"};
    const auto text = read_secret_file(path);
    if (!text) return text.error();
    const std::string_view all = text->reveal();
    const auto line_end = all.find('\n');
    std::vector<Secret> keys;
    keys.push_back(key_of(all.substr(0, line_end)));
    if (line_end != std::string_view::npos) keys.push_back(key_of(all.substr(line_end + 1)));
    for (const Secret& key : keys)
        if (key.empty())
            return Error{ErrorKind::Rejected,
                         path +
                             " does not hold a state key (64 hexadecimal digits); restore it from a backup: the state "
                             "cannot be read without it"};
    return keys;
}

Result<void> write_key_file(const std::string& path, const Secret& key) {
    if (key.reveal().size() != key_bytes) return Error{ErrorKind::Rejected, "a state key has 32 bytes"};
    std::string hex = hex_lines({&key, 1});
    auto written = create_file(path, hex, 0600);
    Secret::wipe(hex);
    return written;
}

Result<void> replace_key_file(const std::string& path, std::span<const Secret> keys) {
    std::error_code unresolved;
    const std::string file = std::filesystem::canonical(path, unresolved).string();
    std::string hex = hex_lines(keys);
    auto written = replace_file(unresolved ? path : file, hex, 0600);
    Secret::wipe(hex);
    return written;
}

}  // namespace hotdesk::io
