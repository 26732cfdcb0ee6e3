#include "codec/jwt.hpp"

#include "codec/base64url.hpp"
#include "codec/fields.hpp"

#include <jwt/jwt.hpp>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

// Of cpp-jwt only the signature check is used. Its decoder reads header and payload before the signature is checked,
// and then aborts on a byte >= 0x80, overflows the stack on deep nesting, and judges `exp` by a clock of its own; so
// both are read here, and it gets to see nothing but bytes of the base64url alphabet and a key that was made here.

namespace hotdesk::codec {

namespace {

constexpr std::size_t kMaxCodeBytes = std::size_t{16} * 1024;
constexpr int kMaxCodeDepth = 16;             ///< a code with `xapiAccess` as an object has 3
constexpr std::size_t kSignatureBytes = 64;   ///< r and s. Source: RFC 7518, 3.4
constexpr std::size_t kCoordinateBytes = 32;  ///< Source: RFC 7518, 6.2.1.2, for P-256

// --- shape -----------------------------------------------------------------------------------------------------------

struct Parts {
    std::string_view header, payload, signature;
    std::string_view signed_text;  ///< header, dot and payload as they stand in the code
};

std::optional<Parts> split(std::string_view code) {
    if (code.size() > kMaxCodeBytes) return std::nullopt;
    const auto outside = [](char byte) { return byte != '.' && sextet(byte) < 0; };
    if (std::any_of(code.begin(), code.end(), outside) || std::count(code.begin(), code.end(), '.') != 2)
        return std::nullopt;
    const auto first = code.find('.'), second = code.rfind('.');
    if (first == 0 || second == first + 1) return std::nullopt;
    return Parts{code.substr(0, first), code.substr(first + 1, second - first - 1), code.substr(second + 1),
                 code.substr(0, second)};
}

/// Whether an object in `value`, at whatever depth, has a key twice: readers differ in which of the two they take. The
/// depth is bounded by the parse.
// NOLINTNEXTLINE(misc-no-recursion)
bool says_twice(json::View value) {
    std::vector<std::string_view> names;
    bool twice = false;
    value.each([&](json::View element) { twice = twice || says_twice(element); });
    value.each_member([&](std::string_view name, json::View member) {
        names.push_back(name);
        twice = twice || says_twice(member);
    });
    std::sort(names.begin(), names.end());
    return twice || std::adjacent_find(names.begin(), names.end()) != names.end();
}

/// One of the two JSON parts: an object. The document is wiped: it may hold a token.
std::unique_ptr<json::Document> read_part(std::string_view part) {
    auto text = base64url_decode(part);
    if (!text) return nullptr;
    auto document = std::make_unique<json::Document>(std::move(*text), json::Wipe::Yes, kMaxCodeDepth);
    if (!document->root().is_object() || says_twice(document->root())) return nullptr;
    return document;
}

/// The `kid` of a header that hotdeskd accepts.
JwtResult<std::string> read_header(std::string_view part) {
    const auto document = read_part(part);
    if (!document) return JwtRefusal::Malformed;
    const json::View header = document->root();
    // A key, or a place to get one from, that the code itself brings; and extensions that must be understood.
    for (const std::string_view refused : {"crit", "jwk", "jku", "x5u", "x5c"})
        if (header[refused].exists()) return JwtRefusal::Malformed;
    const auto algorithm = header["alg"].string();
    if (!algorithm) return JwtRefusal::Malformed;
    if (*algorithm != "ES256") return JwtRefusal::UnsupportedAlgorithm;
    if (header["typ"].exists() && header["typ"].string() != std::string_view("JWT")) return JwtRefusal::Malformed;
    auto kid = header["kid"].string() ? read_id(header["kid"]) : std::nullopt;
    if (!kid) return JwtRefusal::Malformed;
    return std::move(*kid);
}

// --- signature -------------------------------------------------------------------------------------------------------

template <auto Free>
struct Releaser {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Releaser<Free>>;

/// Empty: x or y is not 32 bytes, or no point of P-256.
Owned<EVP_PKEY, EVP_PKEY_free> public_key(const Jwk& jwk) {
    const auto x = base64url_decode(jwk.x), y = base64url_decode(jwk.y);
    if (!x || !y || x->size() != kCoordinateBytes || y->size() != kCoordinateBytes) return nullptr;
    std::string point = '\x04' + *x + *y;  // uncompressed. Source: SEC 1, 2.3.3
    std::string group = "P-256";
    std::array<OSSL_PARAM, 3> params{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end(),
    };
    const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.data()) != 1)
        return nullptr;
    Owned<EVP_PKEY, EVP_PKEY_free> owned(key);
    const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    if (!check || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
    return owned;
}

/// The key as cpp-jwt takes it. Empty: see public_key().
std::string public_key_pem(const Jwk& jwk) {
    const auto key = public_key(jwk);
    const Owned<BIO, BIO_free> memory(BIO_new(BIO_s_mem()));
    if (!key || !memory || PEM_write_bio_PUBKEY(memory.get(), key.get()) != 1) return {};
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

bool signature_holds(const Parts& parts, const std::string& key_pem) {
    const jwt::jwt_header header{jwt::algorithm::ES256};
    const jwt::verify_result_t result = jwt::jwt_signature{key_pem}.verify(header, parts.signed_text, parts.signature);
    return result.first && !result.second;
}

std::optional<JwtRefusal> check_signature(const Parts& parts, const std::string& kid, std::span<const Jwk> keys) {
    const auto jwk = std::find_if(keys.begin(), keys.end(), [&](const Jwk& key) { return key.kid == kid; });
    if (jwk == keys.end()) return JwtRefusal::UnknownKey;
    const std::string pem = public_key_pem(*jwk);
    if (pem.empty()) return JwtRefusal::UnknownKey;
    const auto signature = base64url_decode(parts.signature);
    if (!signature) return JwtRefusal::Malformed;
    if (signature->size() != kSignatureBytes || !signature_holds(parts, pem)) return JwtRefusal::BadSignature;
    return std::nullopt;
}

// --- claims ----------------------------------------------------------------------------------------------------------

/// Reads claims and remembers whether one was not as it must be.
class ClaimReader {
public:
    explicit ClaimReader(json::View claims) : claims_(claims) {}

    std::string text(std::string_view name, bool needed) {
        const json::View claim = claims_[name];
        if (!claim.exists() && !needed) return {};
        const auto value = claim.string();
        if (!value || value->empty() || has_control(*value)) {
            good_ = false;
            return {};
        }
        return std::string(*value);
    }

    /// Comma separated, or an array of strings.
    std::vector<std::string> scopes(bool needed) {
        if (claims_["scopes"].is_array()) return clean(read_strings(claims_["scopes"]));
        std::vector<std::string> scopes;
        std::string list = text("scopes", needed);
        list.erase(std::remove(list.begin(), list.end(), ' '), list.end());
        for (std::size_t at = 0; at < list.size();) {
            const std::size_t comma = std::min(list.find(',', at), list.size());
            if (comma > at) scopes.push_back(list.substr(at, comma - at));
            at = comma + 1;
        }
        return scopes;
    }

    /// An object, or a string that holds one as JSON.
    XapiAccess access(bool needed) {
        const json::View claim = claims_["xapiAccess"];
        if (claim.is_object()) return clean(read_access(claim));
        const json::Document inner(text("xapiAccess", needed), json::Wipe::No, kMaxCodeDepth);
        if (inner.root().is_object() && !says_twice(inner.root())) return clean(read_access(inner.root()));
        if (claim.exists()) good_ = false;
        return {};
    }

    /// From 1 on, as a number or in a string. Source: technical details: an integer in the manifest, a string in the
    /// sample of `updateApproved`.
    std::int64_t version(std::string_view name, bool needed) {
        if (!claims_[name].exists() && !needed) return 0;
        const auto number = claims_[name].spelled_integer();
        if (!number || *number < 1) good_ = false;
        return number.value_or(0);
    }

    /// False where it is missing.
    bool flag(std::string_view name) {
        if (claims_[name].exists() && !claims_[name].boolean()) good_ = false;
        return claims_[name].boolean().value_or(false);
    }

    [[nodiscard]] bool good() const { return good_; }

private:
    static bool has_control(std::string_view text) {
        return std::any_of(text.begin(), text.end(),
                           [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; });
    }
    std::vector<std::string> clean(std::vector<std::string> names) {
        if (std::any_of(names.begin(), names.end(), has_control)) good_ = false;
        return names;
    }
    XapiAccess clean(XapiAccess access) {
        for (auto* names : {&access.commands, &access.statuses, &access.events}) *names = clean(std::move(*names));
        return access;
    }

    json::View claims_;
    bool good_ = true;
};

/// Source: RFC 7519, NumericDate: seconds, perhaps with a fraction.
std::optional<WallTime> read_numeric_date(json::View value) {
    constexpr double year_10000_s = 253402300800.0;
    const auto seconds = value.number();
    if (!seconds || !(*seconds >= 0 && *seconds < year_10000_s)) return std::nullopt;
    return WallTime{Millis{static_cast<std::int64_t>(*seconds * 1000.0)}};
}

JwtResult<ActivationClaims> read_claims(json::View payload) {
    ClaimReader reader(payload);
    ActivationClaims claims;
    claims.action = reader.text("action", true);
    claims.org = OrgId(reader.text("sub", true));
    claims.app = AppId(reader.text("appId", true));
    claims.jti = reader.text("jti", true);
    const bool provision = claims.action == "provision", update = claims.action == "update",
               approved = claims.action == "updateApproved";
    claims.org_name = reader.text("orgName", provision);
    claims.oauth_url = reader.text("oauthUrl", provision);
    claims.webexapis_base_url = reader.text("webexapisBaseUrl", provision);
    claims.app_url = reader.text("appUrl", provision || update);
    claims.manifest_url = reader.text("manifestUrl", provision || update);
    claims.region = reader.text("region", provision || update);
    // Source: technical details, "Update": a new refresh token comes "if needed".
    claims.refresh_token = Secret(reader.text("refreshToken", provision));
    claims.scopes = reader.scopes(provision || approved);
    claims.xapi = reader.access(provision || approved);
    claims.manifest_version = reader.version("manifestVersion", approved);
    claims.interactive = reader.flag("interactive");
    claims.expiry_time = read_time(payload["expiryTime"]);
    claims.issued_at = read_numeric_date(payload["iat"]);
    if (!reader.good()) return JwtRefusal::Malformed;
    return claims;
}

JwtResult<ActivationClaims> verify_unguarded(std::string_view code, std::span<const Jwk> keys) {
    const auto parts = split(code);
    if (!parts) return JwtRefusal::Malformed;
    const auto kid = read_header(parts->header);
    if (const auto* refusal = std::get_if<JwtRefusal>(&kid)) return *refusal;
    const auto payload = read_part(parts->payload);
    if (!payload) return JwtRefusal::Malformed;
    if (const auto refusal = check_signature(*parts, std::get<std::string>(kid), keys)) return *refusal;
    return read_claims(payload->root());
}

}  // namespace

std::string_view words(JwtRefusal refusal) {
    switch (refusal) {
        case JwtRefusal::Malformed: return "malformed";
        case JwtRefusal::UnsupportedAlgorithm: return "unsupported algorithm";
        case JwtRefusal::UnknownKey: return "unknown key";
        case JwtRefusal::BadSignature: return "bad signature";
    }
    return "malformed";
}

JwtResult<JwtPeek> peek(std::string_view code) {
    const auto parts = split(code);
    if (!parts) return JwtRefusal::Malformed;
    auto kid = read_header(parts->header);
    if (const auto* refusal = std::get_if<JwtRefusal>(&kid)) return *refusal;
    const auto payload = read_part(parts->payload);
    if (!payload) return JwtRefusal::Malformed;
    ClaimReader reader(payload->root());
    JwtPeek seen{std::get<std::string>(std::move(kid)), reader.text("region", false)};
    if (!reader.good()) return JwtRefusal::Malformed;
    return seen;
}

JwtResult<ActivationClaims> verify(std::string_view code, std::span<const Jwk> keys) {
    JwtResult<ActivationClaims> result = JwtRefusal::BadSignature;
    try {
        result = verify_unguarded(code, keys);
    } catch (...) {
        // cpp-jwt throws where OpenSSL fails it: then the signature was not proven, whatever the cause.
        result = JwtRefusal::BadSignature;
    }
    ERR_clear_error();
    return result;
}

}  // namespace hotdesk::codec
