#pragma once
// Signs codes for the tests as Webex does, with a key made on the spot. Written from RFC 7515 and RFC 7518 with OpenSSL
// alone, so that it shares no code with what it tests.

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <hotdesk/cloud.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hotdesk::test {

inline std::string base64url(std::string_view bytes) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8U | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k <= count; ++k) text += alphabet[group >> (18 - 6 * k) & 63U];
    }
    return text;
}

class Signer {
public:
    explicit Signer(std::string kid, const char* curve = "P-256")
        : kid_(std::move(kid)), key_(EVP_EC_gen(curve), EVP_PKEY_free) {
        if (!key_) throw std::runtime_error("no key");
    }
    /// With a private key that is there already.
    static Signer from_pem(std::string kid, const std::string& pem) {
        const std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                       BIO_free);
        return {std::move(kid), PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr)};
    }

    /// The public half, as the key set has it.
    [[nodiscard]] Jwk jwk() const {
        std::array<unsigned char, 256> point{};
        std::size_t size = 0;
        if (EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) !=
            1)
            throw std::runtime_error("no point");
        const std::string_view bytes(reinterpret_cast<const char*>(point.data()), size);
        const std::size_t half = (size - 1) / 2;
        return {kid_, base64url(bytes.substr(1, half)), base64url(bytes.substr(1 + half))};
    }

    [[nodiscard]] std::string public_pem() const {
        const std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new(BIO_s_mem()), BIO_free);
        PEM_write_bio_PUBKEY(text.get(), key_.get());
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(text.get(), &bytes);
        return {bytes, static_cast<std::size_t>(size)};
    }

    /// r and s, `half` bytes each: 32 for P-256.
    [[nodiscard]] std::string raw_signature(const std::string& text, int half = 32) const {
        const std::string der = der_signature(text);
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> pair(
            d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
        if (!pair) throw std::runtime_error("no signature");
        std::string raw(static_cast<std::size_t>(half) * 2, '\0');
        auto* const out = reinterpret_cast<unsigned char*>(raw.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, half);
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + half, half);
        return raw;
    }

    [[nodiscard]] std::string der_signature(const std::string& text) const {
        const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        std::string der(256, '\0');
        std::size_t size = der.size();
        if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
            EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                           reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1)
            throw std::runtime_error("not signed");
        der.resize(size);
        return der;
    }

    /// A code of the two JSON texts, properly signed whatever they say.
    [[nodiscard]] std::string sign(const std::string& header, const std::string& payload) const {
        const std::string text = base64url(header) + "." + base64url(payload);
        return text + "." + base64url(raw_signature(text));
    }
    [[nodiscard]] std::string sign(const std::string& payload) const { return sign(header(), payload); }
    [[nodiscard]] std::string header() const { return R"({"kid":")" + kid_ + R"(","typ":"JWT","alg":"ES256"})"; }

private:
    Signer(std::string kid, EVP_PKEY* key) : kid_(std::move(kid)), key_(key, EVP_PKEY_free) {
        if (!key_) throw std::runtime_error("no key");
    }

    std::string kid_;
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
};

}  // namespace hotdesk::test
