#pragma once
// The integration's own documents: tokens, its details at the appUrl, the key set. The call layer (call.hpp) adds
// method, bearer and the HTTP status.
//
// Every decoder takes the body over, because it is parsed in place, and bodies with tokens are wiped afterwards.
// Corrupt: the body is not what it should be; the message says how in a few words, without contents.

#include <hotdesk/cloud.hpp>
#include <hotdesk/record.hpp>
#include <hotdesk/result.hpp>

#include <string>
#include <vector>

namespace hotdesk::codec {

/// `grant_type`, `client_id`, `client_secret`, `refresh_token`. Source: technical details, "Verify and Store the
/// Activation Payload". Holds secrets.
std::string refresh_body(const std::string& client_id, const Secret& client_secret, const Secret& refresh_token);

/// `access_token` and `expires_in` (s) must be there; `refresh_token` and `refresh_token_expires_in` (s) may be
/// missing; a `token_type` other than Bearer is Corrupt. Source: as above.
Result<TokenGrant> decode_grant(std::string body);

/// What the change asks for; with `completed` also `queue.state` = `enabled`, and `customer` and `actionsUrl` where
/// they are known. Source: technical details, "Update the Integration Activation Status", "Update the integration".
std::string patch_body(const call::PatchApp& patch);

/// Everything may be missing but the object itself. Source: technical details, "Read the current integration state"
/// (`scopes`, `xapiAccessKeys`, `provisioningState`, `manifestVersion`, `updateRequest`, `actionsUrl`), and "Update the
/// Integration Activation Status" (`queue.pollUrl`, `queue.state`).
Result<AppDetails> decode_app(std::string body);

/// The answer to the action healthCheck. Source: technical details, "Health Check".
std::string health_check_body(Operational operational, Tokens tokens);

/// A code or an action as it was handed over: the JWT alone, or the JSON object `{"jwt": ...}` that Webex posts to an
/// integration's own endpoint; white space around either counts for nothing. What is neither is returned as it is: it
/// will be refused. Source: technical details, "Provide Activation Code JWT (HTTPS)", "Actions: Webex to Integration".
Secret decode_handed_over(std::string text);

/// More keys than any set has; what follows is passed over. A set is kept for an hour.
constexpr std::size_t kMaxKeys = 256;

/// The keys that can have signed a code: `kty` EC, `crv` P-256, with a `kid` that a code can have, `x` and `y` of 32
/// bytes in base64url, and neither a `use` but `sig` nor an `alg` but ES256. Others are passed over. Whether x and y
/// are a point of the curve is found when the key is used. Source: technical details, "Example JSON Web Key Set".
Result<std::vector<Jwk>> decode_keys(std::string body);

}  // namespace hotdesk::codec
