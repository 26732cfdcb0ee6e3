#include "codec/integration.hpp"

#include "codec/fields.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace hotdesk::codec {

namespace {

Error corrupt(std::string message) { return {ErrorKind::Corrupt, std::move(message)}; }

/// Seconds from 0 to ten years, in either spelling.
std::optional<std::chrono::seconds> read_seconds(json::View value) {
    constexpr std::int64_t limit_s = std::int64_t{10} * 366 * 86400;
    const auto count = value.spelled_integer();
    if (!count || *count < 0) return std::nullopt;
    return std::chrono::seconds{std::min(*count, limit_s)};
}

bool is_bearer(std::string_view type) {
    constexpr std::string_view bearer = "bearer";
    return std::equal(type.begin(), type.end(), bearer.begin(), bearer.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

/// A member that is missing or says `expected`.
bool absent_or(json::View value, std::string_view expected) { return !value.exists() || value.string() == expected; }

}  // namespace

std::string refresh_body(const std::string& client_id, const Secret& client_secret, const Secret& refresh_token) {
    // Escapes make a text at most six times as long; with that set aside the secrets are not copied on the way.
    json::Writer writer(128 + 6 * (client_id.size() + client_secret.reveal().size() + refresh_token.reveal().size()));
    writer.open_object();
    writer.member("grant_type", std::string_view("refresh_token"));
    writer.member("client_id", client_id);
    writer.member("client_secret", client_secret.reveal());
    writer.member("refresh_token", refresh_token.reveal());
    writer.close_object();
    return writer.take();
}

Result<TokenGrant> decode_grant(std::string body) {
    const json::Document document(std::move(body), json::Wipe::Yes);
    if (!document.ok()) return corrupt(document.problem());
    const json::View root = document.root();
    const auto access = root["access_token"].string();
    if (!access || access->empty()) return corrupt("no access_token");
    const auto expires = read_seconds(root["expires_in"]);
    if (!expires) return corrupt("no expires_in");
    if (root["token_type"].exists() && !is_bearer(root["token_type"].string().value_or(std::string_view{})))
        return corrupt("token_type is not Bearer");

    TokenGrant grant;
    grant.access_token = Secret(std::string(*access));
    grant.expires_in = *expires;
    grant.refresh_token = Secret(text_or_empty(root["refresh_token"]));
    grant.refresh_expires_in = read_seconds(root["refresh_token_expires_in"]);
    return grant;
}

std::string patch_body(const call::PatchApp& patch) {
    json::Writer writer;
    writer.open_object();
    writer.member("provisioningState", std::string_view(patch.completed ? "completed" : "error"));
    if (patch.completed) {
        writer.key("queue");
        writer.open_object();
        writer.member("state", std::string_view("enabled"));
        writer.close_object();
        if (!patch.customer_id.empty()) {  // `id` is required within `customer`
            writer.key("customer");
            writer.open_object();
            writer.member("id", patch.customer_id);
            if (!patch.customer_name.empty()) writer.member("name", patch.customer_name);
            writer.close_object();
        }
    }
    writer.close_object();
    return writer.take();
}

Result<AppDetails> decode_app(std::string body) {
    const json::Document document(std::move(body));
    if (!document.ok()) return corrupt(document.problem());
    const json::View root = document.root();
    if (!root.is_object()) return corrupt("no object");
    AppDetails details;
    details.provisioning_state = text_or_empty(root["provisioningState"]);
    details.poll_url = text_or_empty(root["queue"]["pollUrl"]);
    details.queue_state = text_or_empty(root["queue"]["state"]);
    details.scopes = read_strings(root["scopes"]);
    details.xapi = read_access(root["xapiAccessKeys"]);
    return details;
}

Result<std::vector<Jwk>> decode_keys(std::string body) {
    const json::Document document(std::move(body));
    if (!document.ok()) return corrupt(document.problem());
    const json::View keys = document.root()["keys"];
    if (!keys.is_array()) return corrupt("no keys array");
    std::vector<Jwk> usable;
    keys.each([&](json::View key) {
        Jwk jwk{text_or_empty(key["kid"]), text_or_empty(key["x"]), text_or_empty(key["y"])};
        if (key["kty"].string() != std::string_view("EC") || key["crv"].string() != std::string_view("P-256")) return;
        if (!absent_or(key["use"], "sig") || !absent_or(key["alg"], "ES256")) return;
        if (!jwk.kid.empty() && !jwk.x.empty() && !jwk.y.empty()) usable.push_back(std::move(jwk));
    });
    return usable;
}

}  // namespace hotdesk::codec
