#include "io/seal.hpp"

#include "io/file.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <climits>
#include <stdexcept>

namespace hotdesk::io {
namespace {

constexpr unsigned char format_version = 1;
constexpr std::size_t key_id_bytes = 4, nonce_bytes = 12, tag_bytes = 16;
constexpr std::size_t head_bytes = 1 + key_id_bytes;
constexpr std::size_t overhead_bytes = head_bytes + nonce_bytes + tag_bytes;

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

class GcmSealer final : public Sealer {
public:
    GcmSealer(Cipher sealing, Cipher opening, std::string head)
        : sealing_(std::move(sealing)), opening_(std::move(opening)), head_(std::move(head)) {}

    std::string seal(std::string_view context, std::string_view plain) override {
        if (plain.size() > INT_MAX || context.size() > INT_MAX) return {};
        std::string out = head_;
        out.resize(overhead_bytes + plain.size());
        unsigned char* const nonce = bytes_of(out) + head_bytes;
        unsigned char* const cipher = nonce + nonce_bytes;
        unsigned char* const tag = cipher + plain.size();
        EVP_CIPHER_CTX* const c = sealing_.get();
        int length = 0;
        // The key stays in the context; only the nonce is new.
        const bool done = RAND_bytes(nonce, nonce_bytes) == 1 &&
                          EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, nonce) == 1 &&
                          EVP_EncryptUpdate(c, nullptr, &length, bytes_of(context), to_int(context)) == 1 &&
                          EVP_EncryptUpdate(c, cipher, &length, bytes_of(plain), to_int(plain)) == 1 &&
                          EVP_EncryptFinal_ex(c, tag, &length) == 1 &&
                          EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag) == 1;
        return done ? out : std::string{};
    }

    Result<std::string> open(std::string_view context, std::string_view sealed) override {
        if (sealed.size() < overhead_bytes || sealed.size() > INT_MAX || context.size() > INT_MAX)
            return Error{ErrorKind::Corrupt, "a sealed value is too short or too long to be one"};
        if (static_cast<unsigned char>(sealed[0]) != format_version)
            return Error{ErrorKind::Corrupt,
                         "a sealed value has an unknown format; it is damaged or from a newer version"};
        if (sealed.substr(0, head_bytes) != head_)
            return Error{ErrorKind::Corrupt, "a value was sealed with another key"};
        const std::string_view nonce = sealed.substr(head_bytes, nonce_bytes);
        const std::string_view cipher = sealed.substr(head_bytes + nonce_bytes, sealed.size() - overhead_bytes);
        std::array<unsigned char, tag_bytes> tag{};
        for (std::size_t i = 0; i < tag_bytes; ++i)
            tag[i] = static_cast<unsigned char>(sealed[sealed.size() - tag_bytes + i]);

        std::string plain(cipher.size(), '\0');
        EVP_CIPHER_CTX* const c = opening_.get();
        int length = 0;
        const bool done = EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, bytes_of(nonce)) == 1 &&
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

private:
    static int to_int(std::string_view text) { return static_cast<int>(text.size()); }

    Cipher sealing_, opening_;
    std::string head_;  // version and key id: how every value of this sealer begins
};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

Result<std::unique_ptr<Sealer>> make_sealer(Secret key) {
    if (key.reveal().size() != key_bytes)
        return Error{ErrorKind::Rejected, "a state key has " + std::to_string(key_bytes) + " bytes, this one has " +
                                              std::to_string(key.reveal().size())};
    const unsigned char* const raw = bytes_of(key.reveal());
    std::array<unsigned char, 32> digest{};
    Cipher sealing(EVP_CIPHER_CTX_new()), opening(EVP_CIPHER_CTX_new());
    const bool ready = sealing && opening &&
                       EVP_Digest(raw, key_bytes, digest.data(), nullptr, EVP_sha256(), nullptr) == 1 &&
                       EVP_EncryptInit_ex(sealing.get(), EVP_aes_256_gcm(), nullptr, raw, nullptr) == 1 &&
                       EVP_DecryptInit_ex(opening.get(), EVP_aes_256_gcm(), nullptr, raw, nullptr) == 1;
    if (!ready) return Error{ErrorKind::Fatal, "OpenSSL does not offer AES-256-GCM; check its configuration"};
    std::string head(1, static_cast<char>(format_version));
    head.append(reinterpret_cast<const char*>(digest.data()), key_id_bytes);
    return std::unique_ptr<Sealer>(
        std::make_unique<GcmSealer>(std::move(sealing), std::move(opening), std::move(head)));
}

Secret make_key() {
    std::string key(key_bytes, '\0');
    if (RAND_priv_bytes(bytes_of(key), key_bytes) != 1) throw std::runtime_error("no entropy for a key");
    return Secret(std::move(key));
}

Result<Secret> read_key_file(const std::string& path) {
    const auto exposed = readable_by_others(path);
    if (!exposed) return exposed.error();
    if (*exposed)
        return Error{ErrorKind::Rejected, "the state key " + path + " can be read by other users; run: chmod 600 " +
                                              path + " (and think of the key as known to them)"};
    const auto text = read_secret_file(path);
    if (!text) return text.error();
    const std::string_view hex = text->reveal();
    std::string key;
    key.reserve(key_bytes);
    for (std::size_t i = 0; i + 1 < hex.size() && key.size() < key_bytes; i += 2) {
        const int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
        if (high < 0 || low < 0) break;
        key.push_back(static_cast<char>(high * 16 + low));
    }
    if (hex.size() != 2 * key_bytes || key.size() != key_bytes) {
        Secret::wipe(key);
        return Error{ErrorKind::Rejected, path +
                                              " does not hold a state key (64 hexadecimal digits); restore it from a "
                                              "backup: the state cannot be read without it"};
    }
    return Secret(std::move(key));
}

Result<void> write_key_file(const std::string& path, const Secret& key) {
    if (key.reveal().size() != key_bytes) return Error{ErrorKind::Rejected, "a state key has 32 bytes"};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * key_bytes + 1);
    for (const char c : key.reveal()) {
        const auto byte = static_cast<unsigned char>(c);
        hex.push_back(digits[byte >> 4]);
        hex.push_back(digits[byte & 15]);
    }
    hex.push_back('\n');
    auto written = create_file(path, hex, 0600);
    Secret::wipe(hex);
    return written;
}

}  // namespace hotdesk::io
