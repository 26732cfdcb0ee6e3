#include "sandbox/crypto.hpp"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "sandbox/random.hpp"

namespace hotdesk::sandbox {

namespace {

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

std::string coordinate(EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
    const Number number(raw);
    std::string bytes(32, '\0');
    BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), 32);
    return base64url(bytes);
}

class EcSigner final : public Signer {
public:
    explicit EcSigner(Key key)
        : key_(std::move(key)),
          x_(coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X)),
          y_(coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y)) {}

    [[nodiscard]] std::string x() const override { return x_; }
    [[nodiscard]] std::string y() const override { return y_; }

    [[nodiscard]] std::string sign(std::string_view text) const override {
        const DigestContext context(EVP_MD_CTX_new());
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        std::size_t size = 0;
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
        EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
        std::string der(size, '\0');
        if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, bytes, text.size()) != 1)
            return {};
        // OpenSSL writes ASN.1; a JWT wants the two numbers side by side.
        const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
        const Signature pair(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(size)));
        if (!pair) return {};
        std::string raw(64, '\0');
        auto* out = reinterpret_cast<unsigned char*>(raw.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + 32, 32);
        return raw;
    }

    [[nodiscard]] std::string pem() const override {
        const Bio bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        char* data = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &data);
        return {data, static_cast<std::size_t>(size)};
    }

private:
    Key key_;
    std::string x_;
    std::string y_;
};

void add_extension(X509* certificate, X509* issuer, int id, const char* text) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, text));
    if (extension) X509_add_ext(certificate, extension.get(), -1);
}

Certificate blank_certificate(EVP_PKEY* key, const char* name, WallTime now) {
    Certificate certificate(X509_new());
    if (!certificate) return certificate;
    X509_set_version(certificate.get(), 2);
    std::array<unsigned char, 16> serial{};
    RAND_bytes(serial.data(), static_cast<int>(serial.size()));
    serial[0] &= 0x7FU;  // a serial number is positive
    const Number number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds - 86400);
    ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds + 365LL * 86400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_pubkey(certificate.get(), key);
    return certificate;
}

std::string pem_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string certificate_pem(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate);
    return pem_of(bio.get());
}

}  // namespace

Result<std::unique_ptr<Signer>> make_signer() {
    Key key(EVP_EC_gen("P-256"));
    if (!key) return Error{ErrorKind::Fatal, "OpenSSL could not make a P-256 key"};
    return std::unique_ptr<Signer>(std::make_unique<EcSigner>(std::move(key)));
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    std::array<unsigned char, 32> out{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
         text.size(), out.data(), &size);
    return {reinterpret_cast<const char*>(out.data()), size};
}

Result<TlsIdentity> make_tls_identity(WallTime now) {
    const Error failure{ErrorKind::Fatal, "OpenSSL could not make the sandbox's certificates"};
    const Key ca_key(EVP_EC_gen("P-256"));
    const Key server_key(EVP_EC_gen("P-256"));
    if (!ca_key || !server_key) return failure;

    const Certificate ca = blank_certificate(ca_key.get(), "hotdeskd-sandbox CA", now);
    const Certificate server = blank_certificate(server_key.get(), "localhost", now);
    if (!ca || !server) return failure;
    X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
    add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
    X509_set_issuer_name(server.get(), X509_get_subject_name(ca.get()));
    add_extension(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(server.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth");
    add_extension(server.get(), ca.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    add_extension(server.get(), ca.get(), NID_authority_key_identifier, "keyid");
    if (X509_sign(ca.get(), ca_key.get(), EVP_sha256()) == 0) return failure;
    if (X509_sign(server.get(), ca_key.get(), EVP_sha256()) == 0) return failure;

    const Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(bio.get(), server_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return TlsIdentity{certificate_pem(ca.get()), certificate_pem(server.get()), pem_of(bio.get())};
}

}  // namespace hotdesk::sandbox
