#pragma once
// Where tokens may go: a URL that somebody else names is looked at before it is kept, not when it is asked.

#include <hotdesk/cloud.hpp>
#include <hotdesk/ports.hpp>
#include <hotdesk/result.hpp>

#include <string_view>

namespace hotdesk {

/// Every URL that a code or an action names, before its refresh token goes anywhere. Rejected: one is not https or not
/// on a known host; the message names claim and host, e.g. `its appUrl names the host evil.example, which ...`.
/// Source: technical details, "Example Activation JWT": oauthUrl, appUrl, manifestUrl, webexapisBaseUrl.
Result<void> judge_urls(const Http& http, const ActivationClaims& claims);

/// The same, for a command: throws Failure, exit 4, `malformed`. `what`: "activation code" or "action".
void refuse_foreign_urls(const Http& http, const ActivationClaims& claims, std::string_view what);

/// An answer that names where to ask next (queue.pollUrl, a list's next page) and names a place where nothing may be
/// sent, is none: Corrupt, with claim and host, and whatever was known before stays. Every other answer passes through.
/// `call` is what was asked.
Result<Reply> trusted(const Http& http, const Call& call, Result<Reply>&& reply);

}  // namespace hotdesk
