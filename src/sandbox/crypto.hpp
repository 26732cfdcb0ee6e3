#pragma once
// Keys: the ES256 key that signs codes and actions, and the certificates of the loopback listener.

#include <memory>
#include <string>
#include <string_view>

#include "hotdesk/result.hpp"
#include "hotdesk/time.hpp"

namespace hotdesk::sandbox {

/// A P-256 key pair. Source: technical details, Activation: "The JWT uses the ES256 algorithm".
class Signer {
public:
    Signer() = default;
    Signer(const Signer&) = delete;
    Signer& operator=(const Signer&) = delete;
    virtual ~Signer() = default;

    /// The public point's coordinates, base64url of 32 bytes each. Source: technical details, example JWKS: x, y.
    [[nodiscard]] virtual std::string x() const = 0;
    [[nodiscard]] virtual std::string y() const = 0;
    /// r and s, 32 bytes each, as RFC 7518 section 3.4 wants them; raw bytes.
    [[nodiscard]] virtual std::string sign(std::string_view text) const = 0;
    /// The private key, PEM: for tests that sign what no cloud would.
    [[nodiscard]] virtual std::string pem() const = 0;
};

Result<std::unique_ptr<Signer>> make_signer();

/// Raw bytes. Only for codes that lie about their algorithm.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// All PEM. The certificate is valid for localhost and 127.0.0.1, from a day before `now` to a year after.
struct TlsIdentity {
    std::string ca;
    std::string certificate;
    std::string key;
};
Result<TlsIdentity> make_tls_identity(WallTime now);

}  // namespace hotdesk::sandbox
