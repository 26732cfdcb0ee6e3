#include "daemon/trust.hpp"

#include "codec/call.hpp"
#include "daemon/verify.hpp"

#include <array>
#include <string>
#include <utility>

namespace hotdesk {

namespace {

/// What the answer names, and the name of that; empty: nothing, so that what is known stays.
std::pair<const char*, std::string> named_by(const Reply& reply) {
    if (const auto* app = std::get_if<AppDetails>(&reply)) return {"queue.pollUrl", app->poll_url};
    if (const auto* devices = std::get_if<Page<DeviceInfo>>(&reply)) return {"next page", devices->next_url};
    if (const auto* places = std::get_if<Page<WorkspaceInfo>>(&reply)) return {"next page", places->next_url};
    return {"", ""};
}

}  // namespace

Result<void> judge_urls(const Http& http, const ActivationClaims& claims) {
    const std::array<std::pair<const char*, const std::string*>, 4> named{
        {{"oauthUrl", &claims.oauth_url},
         {"appUrl", &claims.app_url},
         {"manifestUrl", &claims.manifest_url},
         {"webexapisBaseUrl", &claims.webexapis_base_url}}};
    for (const auto& [claim, url] : named) {
        // Nothing is asked at the manifestUrl, so it may be missing.
        if (url->empty() && url == &claims.manifest_url) continue;
        if (const auto allowed = http.allows(*url); !allowed)
            return Error{ErrorKind::Rejected, std::string("its ") + claim + " " + allowed.error().message};
    }
    return {};
}

void refuse_foreign_urls(const Http& http, const ActivationClaims& claims, std::string_view what) {
    if (const auto judged = judge_urls(http, claims); !judged)
        refuse_code(what, judged.error().message + ": " + std::string{words(Refusal::Malformed)});
}

Result<Reply> trusted(const Http& http, const Call& call, Result<Reply>&& reply) {
    if (!reply) return std::move(reply);
    const auto [name, url] = named_by(*reply);
    if (url.empty()) return std::move(reply);
    if (const auto allowed = http.allows(url); !allowed)
        return Error{ErrorKind::Corrupt,
                     codec::describe(call) + ": the answer is not used: its " + name + " " + allowed.error().message};
    return std::move(reply);
}

}  // namespace hotdesk
