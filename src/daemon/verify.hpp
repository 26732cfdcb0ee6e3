#pragma once
// Activation codes and actions: from what was handed over to claims that are proven and judged.

#include <hotdesk/cloud.hpp>
#include <hotdesk/ports.hpp>
#include <hotdesk/secret.hpp>

#include "codec/jwt.hpp"
#include "core/provision.hpp"
#include "daemon/config.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace hotdesk {

/// The key set for a code: the configured one, else the one of the region that the code names, else that of
/// `standing_region` (actions need not name one). Source: technical details, "Validate the Activation JWT".
std::string keys_url_of(const std::string& configured, const codec::JwtPeek& peek, std::string_view standing_region);

/// Fetches the keys and verifies the signature; nothing is judged yet. Throws Failure: 4 in the contract's words, or 6.
/// `what`: "activation code" or "action".
ActivationClaims verify_code(const Config& config, const Secret& code, std::string_view standing_region,
                             std::string_view what, const std::function<Result<Reply>(const Call&)>& ask);

/// Throws Failure, exit 4.
[[noreturn]] void refuse_code(std::string_view what, std::string_view why);

/// Whether a verified action is for the activation that stands: for our app and organization, fresh, and not seen
/// before. Empty: it is. Which action it is, is not judged.
std::optional<Refusal> judge_action(const ActivationClaims& claims, const Activation& standing, Store& store,
                                    WallTime now);

}  // namespace hotdesk
