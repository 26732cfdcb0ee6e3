#include "codec/integration.hpp"

#include "codec/base64url.hpp"
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

/// Source: RFC 7518, 6.2.1.2, for P-256.
bool is_coordinate(std::string_view text) {
    const auto bytes = base64url_decode(text);
    return bytes && bytes->size() == 32;
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

namespace {

void write_queue(json::Writer& writer, std::string_view state) {
    writer.key("queue");
    writer.open_object();
    writer.member("state", state);
    writer.close_object();
}

void write_completed(json::Writer& writer, const call::PatchApp& patch) {
    writer.member("provisioningState", std::string_view("completed"));
    if (!patch.actions_url.empty()) writer.member("actionsUrl", patch.actions_url);
    write_queue(writer, "enabled");
    if (patch.customer_id.empty()) return;  // `id` is required within `customer`
    writer.key("customer");
    writer.open_object();
    writer.member("id", patch.customer_id);
    if (!patch.customer_name.empty()) writer.member("name", patch.customer_name);
    writer.close_object();
}

}  // namespace

std::string patch_body(const call::PatchApp& patch) {
    json::Writer writer;
    writer.open_object();
    switch (patch.change) {
        case call::PatchApp::Change::Completed: write_completed(writer, patch); break;
        case call::PatchApp::Change::Failed: writer.member("provisioningState", std::string_view("error")); break;
        case call::PatchApp::Change::RemoveQueue: write_queue(writer, "remove"); break;
        case call::PatchApp::Change::RequestUpdate:
            writer.key("updateRequest");
            writer.open_object();
            writer.key("newManifest");
            writer.raw_object(patch.manifest);
            writer.close_object();
            break;
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
    details.actions_url = text_or_empty(root["actionsUrl"]);
    details.manifest_version = std::max<std::int64_t>(root["manifestVersion"].spelled_integer().value_or(0), 0);
    if (const json::View update = root["updateRequest"]; update.is_object()) {
        details.update.state = text_or_empty(update["state"]);
        if (details.update.state.empty()) details.update.state = "pending";  // it is there, whatever it is called
        details.update.manifest_version =
            std::max<std::int64_t>(update["newManifest"]["manifestVersion"].spelled_integer().value_or(0), 0);
    }
    details.scopes = read_strings(root["scopes"]);
    details.xapi = read_access(root["xapiAccessKeys"]);
    return details;
}

std::string health_check_body(Operational operational, Tokens tokens) {
    json::Writer writer;
    writer.open_object();
    writer.member("operationalState", name_of(operational));
    writer.member("tokensState", name_of(tokens));
    writer.close_object();
    return writer.take();
}

Secret decode_handed_over(std::string text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string::npos) {
        Secret::wipe(text);
        return {};
    }
    Secret trimmed(text.substr(first, text.find_last_not_of(blanks) + 1 - first));
    Secret::wipe(text);
    if (trimmed.reveal().front() != '{') return trimmed;
    const json::Document document(std::string(trimmed.reveal()), json::Wipe::Yes);
    const auto jwt = document.root()["jwt"].string();
    return jwt ? Secret(std::string(*jwt)) : trimmed;
}

Result<std::vector<Jwk>> decode_keys(std::string body) {
    const json::Document document(std::move(body));
    if (!document.ok()) return corrupt(document.problem());
    const json::View keys = document.root()["keys"];
    if (!keys.is_array()) return corrupt("no keys array");
    std::vector<Jwk> usable;
    keys.each([&](json::View key) {
        if (usable.size() == kMaxKeys) return;
        Jwk jwk{read_id(key["kid"]).value_or(""), text_or_empty(key["x"]), text_or_empty(key["y"])};
        if (key["kty"].string() != std::string_view("EC") || key["crv"].string() != std::string_view("P-256")) return;
        if (!absent_or(key["use"], "sig") || !absent_or(key["alg"], "ES256")) return;
        if (!jwk.kid.empty() && is_coordinate(jwk.x) && is_coordinate(jwk.y)) usable.push_back(std::move(jwk));
    });
    return usable;
}

}  // namespace hotdesk::codec
