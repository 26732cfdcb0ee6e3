#pragma once
// Activation codes and management actions: JSON Web Tokens signed with ES256 by Webex.
//
// Foreign bytes with a signature in them. The order is fixed: shape and header first, by our own code with tight
// bounds; then the signature; only then is a claim believed. The one exception is `region`, which must be read before
// it can be verified because it chooses the key set (Source: technical details, "Validate the Activation JWT").

#include <hotdesk/cloud.hpp>
#include <hotdesk/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace hotdesk::codec {

/// Why a code was refused before its claims were judged. The words are the contract's (exit code 4).
enum class JwtRefusal { Malformed, UnsupportedAlgorithm, UnknownKey, BadSignature };
std::string_view words(JwtRefusal refusal);

/// What can be read of a code without believing it.
struct JwtPeek {
    std::string kid;
    std::string region;  ///< UNVERIFIED: good for choosing a key set from a fixed table, for nothing else
};

template <class T>
using JwtResult = std::variant<T, JwtRefusal>;

/// At most 16 KiB, exactly two dots, base64url in its one spelling (no padding, no white space around it). Header:
/// `alg` exactly ES256, a `kid`, `typ` JWT if there is one, and none of `crit`, `jwk`, `jku`, `x5u`, `x5c`. Header and
/// payload are JSON objects at most 16 levels deep, and no object in them has a key twice.
JwtResult<JwtPeek> peek(std::string_view code);

/// Verifies the signature with the key that `kid` names (P-256 only, point on the curve) and reads the claims.
/// Time, app, action and replay are NOT judged here: that is core's, which knows what time it is.
///
/// `sub`, `appId`, `action` and `jti` are always needed, and by the action
///   provision       `orgName`, `oauthUrl`, `appUrl`, `manifestUrl`, `webexapisBaseUrl`, `region`, `refreshToken`,
///                   `scopes`, `xapiAccess`
///   update          `appUrl`, `manifestUrl`, `region`, `refreshToken`
///   updateApproved  `manifestVersion` (a whole number, or one in a string), `scopes`, `xapiAccess`
///   healthCheck     nothing more
///   deprovision     nothing more; `interactive` is a boolean
/// (Source: technical details, field table of the activation JWT; "Actions: Webex to Integration".) A claim that is
/// needed and missing, or there with the wrong type, is Malformed, except `expiryTime` and `iat`: left empty.
/// A key of the right name that is no point of P-256 is UnknownKey. A signature that is not 64 bytes is BadSignature.
/// Throws nothing. Measured: 1 ms on 2 shared vCPUs.
JwtResult<ActivationClaims> verify(std::string_view code, std::span<const Jwk> keys);

}  // namespace hotdesk::codec
