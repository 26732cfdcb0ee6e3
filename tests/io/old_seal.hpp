#pragma once
// How values were sealed until schema 2: the state key itself, and a random nonce. For tests that need an old state of
// any size, and for the comparison of what sealing costs.

#include <hotdesk/ports.hpp>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <array>
#include <memory>
#include <string>

namespace hotdesk::test {

class OldSealer final : public Sealer {
public:
    explicit OldSealer(std::string key) : key_(std::move(key)) {
        std::array<unsigned char, 32> digest{};
        EVP_Digest(key_.data(), key_.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
        head_ = '\x01' + std::string(reinterpret_cast<const char*>(digest.data()), 4);
        EVP_EncryptInit_ex(sealing_.get(), EVP_aes_256_gcm(), nullptr, bytes(key_), nullptr);
        EVP_DecryptInit_ex(opening_.get(), EVP_aes_256_gcm(), nullptr, bytes(key_), nullptr);
    }

    std::string seal(std::string_view context, std::string_view plain) override {
        std::string out = head_;
        out.resize(33 + plain.size());
        auto* const nonce = reinterpret_cast<unsigned char*>(out.data()) + 5;
        auto* const cipher = nonce + 12;
        int n = 0;
        EVP_CIPHER_CTX* const c = sealing_.get();
        RAND_bytes(nonce, 12);
        EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, nonce);
        EVP_EncryptUpdate(c, nullptr, &n, bytes(context), static_cast<int>(context.size()));
        EVP_EncryptUpdate(c, cipher, &n, bytes(plain), static_cast<int>(plain.size()));
        EVP_EncryptFinal_ex(c, cipher + plain.size(), &n);
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, cipher + plain.size());
        return out;
    }

    Result<std::string> open(std::string_view context, std::string_view sealed) override {
        if (sealed.size() < 33 || sealed.substr(0, 5) != head_) return Error{ErrorKind::Corrupt, "not an old value"};
        std::string plain(sealed.size() - 33, '\0'), tag(sealed.substr(sealed.size() - 16));
        int n = 0;
        EVP_CIPHER_CTX* const c = opening_.get();
        EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, bytes(sealed.substr(5)));
        EVP_DecryptUpdate(c, nullptr, &n, bytes(context), static_cast<int>(context.size()));
        EVP_DecryptUpdate(c, reinterpret_cast<unsigned char*>(plain.data()), &n, bytes(sealed.substr(17)),
                          static_cast<int>(plain.size()));
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, tag.data());
        if (EVP_DecryptFinal_ex(c, nullptr, &n) != 1) return Error{ErrorKind::Corrupt, "an old value is damaged"};
        return plain;
    }

    std::string hide(std::string_view) override { return {}; }  // nothing was hidden

private:
    struct Free {
        void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    };
    static const unsigned char* bytes(std::string_view text) {
        return reinterpret_cast<const unsigned char*>(text.data());
    }

    std::string key_, head_;
    std::unique_ptr<EVP_CIPHER_CTX, Free> sealing_{EVP_CIPHER_CTX_new()}, opening_{EVP_CIPHER_CTX_new()};
};

/// An old sealer whose key is 32 times `fill`.
inline std::unique_ptr<Sealer> old_sealer(char fill) { return std::make_unique<OldSealer>(std::string(32, fill)); }

}  // namespace hotdesk::test
