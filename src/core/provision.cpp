#include "core/provision.hpp"

#include <hotdesk/policy.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

/// Source: technical details, "Security": any action but provision with an iat older than 5 minutes is rejected.
constexpr Millis action_life = 5min;
/// By how much an `iat` may be ahead of this clock. Clocks kept by NTP differ by less than a second; the rest is for
/// one that was set by hand. No more, since by as much an action lives longer than its 5 minutes.
constexpr Millis clock_skew = 1min;
/// Three tries at the PATCH: the code is spent by then, and a new one costs the administrator a visit to Control Hub.
constexpr std::array<Millis, 2> patch_pauses{2s, 5s};

constexpr std::string_view https = "https://";

ProvisionFailure failure_of(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Transient:
        case ErrorKind::RateLimited: return ProvisionFailure::Unreachable;
        case ErrorKind::AuthExpired: return ProvisionFailure::Credentials;
        case ErrorKind::Rejected:
            return error.http_status == 400 || error.http_status == 401 || error.http_status == 403
                       ? ProvisionFailure::Credentials
                       : ProvisionFailure::Other;
        case ErrorKind::Gone:
        case ErrorKind::Corrupt:
        case ErrorKind::Fatal: return ProvisionFailure::Other;
    }
    return ProvisionFailure::Other;
}

Activation from(const ActivationClaims& claims, const TokenGrant& grant, WallTime now) {
    Activation activation;
    activation.org = claims.org;
    activation.org_name = claims.org_name;
    activation.app = claims.app;
    activation.oauth_url = claims.oauth_url;
    activation.app_url = claims.app_url;
    activation.manifest_url = claims.manifest_url;
    activation.webexapis_base_url = claims.webexapis_base_url;
    activation.region = claims.region;
    activation.scopes = claims.scopes;
    activation.xapi = claims.xapi;
    activation.refresh_token = grant.refresh_token.empty() ? claims.refresh_token : grant.refresh_token;
    if (grant.refresh_expires_in) activation.refresh_expires = now + *grant.refresh_expires_in;
    activation.access_token = grant.access_token;
    activation.access_expires = now + grant.expires_in;
    activation.activated_at = now;
    return activation;
}

Result<AppDetails> report_completed(const Activation& activation, const Customer& customer,
                                    const ProvisionSteps& steps) {
    for (std::size_t tries = 0;; ++tries) {
        auto reply = steps.ask(call::PatchApp{activation.app_url, call::PatchApp::Change::Completed, customer.id,
                                              customer.name, customer.actions_url, ""});
        if (reply.ok()) {
            auto details = std::move(std::get<AppDetails>(*reply));
            if (details.poll_url.empty())
                return Error{ErrorKind::Corrupt,
                             "Webex took the activation but named no queue to poll (queue.pollUrl)"};
            return details;
        }
        const bool may_pass =
            reply.error().kind == ErrorKind::Transient || reply.error().kind == ErrorKind::RateLimited;
        if (!may_pass || tries == patch_pauses.size()) return reply.error();
        steps.pause(patch_pauses[tries], reply.error().message);
    }
}

}  // namespace

std::string_view words(Refusal refusal) {
    switch (refusal) {
        case Refusal::Malformed: return "malformed";
        case Refusal::Expired: return "expired";
        case Refusal::TooOld: return "too old";
        case Refusal::Replayed: return "replayed";
        case Refusal::WrongApp: return "wrong app";
        case Refusal::WrongAction: return "wrong action";
    }
    return "";
}

std::string_view jwks_url_of(std::string_view region) {
    std::string plain;
    for (const char c : region)
        if (c > ' ') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (plain.find("gov") != std::string::npos) return "https://xapi.gov.ciscospark.com/jwks";
    if (plain == "us-west-2_r") return "https://xapi-r.wbx2.com/jwks";
    if (plain == "eu-central-1_k") return "https://xapi-k.wbx2.com/jwks";
    return "https://xapi-a.wbx2.com/jwks";
}

std::string_view bad_url_claim(const ActivationClaims& claims) {
    const std::pair<std::string_view, const std::string&> urls[] = {{"oauthUrl", claims.oauth_url},
                                                                    {"appUrl", claims.app_url},
                                                                    {"manifestUrl", claims.manifest_url},
                                                                    {"webexapisBaseUrl", claims.webexapis_base_url}};
    for (const auto& [name, url] : urls) {
        const std::string_view rest = std::string_view{url}.substr(std::min(https.size(), url.size()));
        const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
        const bool good = same_address(std::string_view{url}.substr(0, https.size()), https) && !host.empty() &&
                          host.find_first_of("@\\ ") == std::string_view::npos;
        if (!url.empty() && !good) return name;
    }
    return {};
}

std::optional<Refusal> judge_claims(const ActivationClaims& claims, const AppId& app, std::string_view action,
                                    bool is_spent, WallTime now) {
    if (!bad_url_claim(claims).empty() || !claims.issued_at) return Refusal::Malformed;
    if (*claims.issued_at > now + clock_skew) return Refusal::Malformed;
    const bool provision = claims.action == "provision";
    if (provision && !claims.expiry_time) return Refusal::Malformed;
    if (claims.expiry_time && *claims.expiry_time < now) return Refusal::Expired;
    if (!provision && *claims.issued_at + action_life < now) return Refusal::TooOld;
    if (!same_address(claims.app.value, app.value)) return Refusal::WrongApp;  // a UUID, in either case
    if (is_spent) return Refusal::Replayed;
    if (claims.action != action) return Refusal::WrongAction;
    return std::nullopt;
}

ActivationClaims updated(const Activation& standing, ActivationClaims update) {
    update.org_name = standing.org_name;
    // Not in the documented example; where a move changes them as well, nothing may be asked at the old ones any more.
    if (update.oauth_url.empty()) update.oauth_url = standing.oauth_url;
    if (update.webexapis_base_url.empty()) update.webexapis_base_url = standing.webexapis_base_url;
    update.scopes = standing.scopes;
    update.xapi = standing.xapi;
    return update;
}

std::string why_refused(Refusal refusal, const ActivationClaims& claims, WallTime now) {
    std::string why;
    if (refusal == Refusal::Malformed) {
        if (const auto claim = bad_url_claim(claims); !claim.empty())
            why = "its " + std::string{claim} + " is no https URL: ";
        else if (!claims.issued_at)
            why = "its iat is missing or no time: ";
        else if (*claims.issued_at > now + clock_skew)
            why = "its iat lies in the future (check this machine's clock): ";
        else
            why = "its expiryTime is missing or no time: ";
    }
    return why += words(refusal);
}

std::variant<Activation, ProvisionError> provision(const ActivationClaims& claims, const std::string& id,
                                                   const Customer& customer, WallTime now,
                                                   const ProvisionSteps& steps) {
    auto granted = steps.ask(call::Refresh{claims.oauth_url, claims.refresh_token});
    if (!granted.ok()) return ProvisionError{failure_of(granted.error()), granted.error().message};
    Activation activation = from(claims, std::get<TokenGrant>(*granted), now);
    activation.id = id;

    Result<void> kept = steps.keep_aside(activation);
    Result<AppDetails> details =
        kept.ok() ? report_completed(activation, customer, steps) : Result<AppDetails>{kept.error()};
    if (details.ok()) {
        activation.poll_url = details->poll_url;
        activation.manifest_version = details->manifest_version;
        kept = steps.keep(activation);
        if (kept.ok()) return activation;
    }
    const Error error = details.ok() ? kept.error() : details.error();
    // Best effort: whatever the answer, the activation has failed, and Control Hub should show it.
    (void)steps.ask(call::PatchApp{activation.app_url, call::PatchApp::Change::Failed, "", "", "", ""});
    steps.forget();
    return ProvisionError{failure_of(error),
                          error.message +
                              "; the activation was not kept and the code is used up: generate a new one in "
                              "Control Hub and try again"};
}

}  // namespace hotdesk
