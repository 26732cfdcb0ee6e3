#include "sandbox/activation.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "sandbox/json.hpp"
#include "sandbox/random.hpp"

namespace hotdesk::sandbox {

namespace {

constexpr std::array<std::string_view, 12> faults = {"expired",       "wrong-app", "wrong-action", "unknown-key",
                                                     "bad-signature", "alg-none",  "hs256",        "old-iat",
                                                     "altered-claim", "truncated", "foreign-host", "bad-refresh-token"};

/// Nine fraction digits, as the guide's sample has.
std::string nine_digits(WallTime time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    std::string out = format_time(second);
    out.pop_back();
    out += '.';
    hotdesk::detail::put_digits(out, static_cast<int>((time - second).count()), 3);
    return out + "114574Z";
}

Json access_json(const Access& access) {
    return {{"commands", access.commands}, {"statuses", access.statuses}, {"events", access.events}};
}

Json provision_claims(const CodeFacts& facts, WallTime now) {
    return {{"sub", facts.org.value},
            {"oauthUrl", facts.oauth_url},
            {"orgName", facts.org_name},
            {"appUrl", facts.app_url},
            {"userId", cloud_id("PEOPLE", Random(hash_of("administrator")).uuid())},
            {"manifestUrl", facts.manifest_url},
            {"appId", facts.app.value},
            // Source: technical details: "The expiry is 24 hours".
            {"expiryTime", nine_digits(now + std::chrono::hours{24})},
            {"action", "provision"},
            {"webexapisBaseUrl", facts.webexapis_base_url},
            {"scopes", facts.scopes},
            {"region", facts.region}};
}

Json action_claims(const CodeFacts& facts, const std::string& action) {
    Json claims = {{"sub", facts.org.value}, {"appId", facts.app.value}, {"action", action}};
    if (action == "update") {
        claims["appUrl"] = facts.app_url;
        claims["manifestUrl"] = facts.manifest_url;
        claims["region"] = facts.region;
        claims["refreshToken"] = facts.refresh_token;
    }
    if (action == "updateApproved") {
        claims["manifestVersion"] = facts.manifest_version;
        claims["scopes"] = facts.scopes;
    }
    if (action == "deprovision") claims["interactive"] = false;
    return claims;
}

Json claims_for(const CodeFacts& facts, const CodeWish& wish, WallTime now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    const bool provision = wish.action == "provision";
    Json claims = provision ? provision_claims(facts, now) : action_claims(facts, wish.action);
    claims["iat"] = seconds;
    claims["jti"] = wish.jti.empty() ? facts.jti : wish.jti;
    if (provision) claims["refreshToken"] = facts.refresh_token;
    if (provision || wish.action == "updateApproved") {
        // Source: technical details: a string in the activation code's sample, an object in updateApproved's.
        const Json access = access_json(facts.access);
        claims["xapiAccess"] = wish.access_as_object || !provision ? access : Json(to_text(access));
    }
    if (!wish.app_id.empty()) claims["appId"] = wish.app_id;
    if (!wish.region.empty()) claims["region"] = wish.region;
    if (wish.fault == "expired") {
        claims["expiryTime"] = nine_digits(now - std::chrono::minutes{1});
        claims["iat"] = seconds - 24 * 3600 - 60;
    }
    if (wish.fault == "old-iat") claims["iat"] = seconds - 301;
    if (wish.fault == "wrong-app") claims["appId"] = "00000000-0000-4000-8000-000000000000";
    if (wish.fault == "wrong-action") claims["action"] = "somethingElse";
    if (wish.fault == "foreign-host") claims["appUrl"] = "https://apps.example.net/xapi/api/organizations/x/apps/y";
    if (wish.fault == "bad-refresh-token") claims["refreshToken"] = "never-handed-out";
    for (const auto& [claim, value] : wish.replace) {
        const auto json = parse_json(value);
        claims[claim] = json ? *json : Json(value);
    }
    for (const std::string& claim : wish.remove) claims.erase(claim);
    return claims;
}

}  // namespace

std::vector<std::string> code_faults() { return {faults.begin(), faults.end()}; }

std::string mint(const Signer& signer, const CodeFacts& facts, const CodeWish& wish, WallTime now) {
    Json header = {{"kid", facts.key_id}, {"typ", "JWT"}, {"alg", "ES256"}};
    if (wish.fault == "unknown-key") header["kid"] = "gB1snwzlbpotn0WYNmD0SHeU";
    if (wish.fault == "alg-none") header["alg"] = "none";
    if (wish.fault == "hs256") header["alg"] = "HS256";
    Json claims = claims_for(facts, wish, now);
    const std::string signed_text = base64url(to_text(header)) + "." + base64url(to_text(claims));
    std::string signature;
    if (wish.fault == "hs256")
        // The classic: the public key taken for a shared secret.
        signature = hmac_sha256(key_set(signer, facts.key_id), signed_text);
    else if (wish.fault != "alg-none")
        signature = signer.sign(signed_text);
    if (wish.fault == "bad-signature") signature[10] = static_cast<char>(signature[10] ^ 1);
    std::string code = signed_text + "." + base64url(signature);
    if (wish.fault == "truncated") code.resize(code.size() / 2);
    if (wish.fault == "altered-claim") {
        claims["orgName"] = "Somebody else";
        code = base64url(to_text(header)) + "." + base64url(to_text(claims)) + "." + base64url(signature);
    }
    return code;
}

std::string key_set(const Signer& signer, const std::string& key_id) {
    const Json key = {{"kty", "EC"},           {"use", "sig"},    {"crv", "P-256"},  {"kid", key_id},
                      {"key_ops", {"verify"}}, {"x", signer.x()}, {"y", signer.y()}, {"alg", "ES256"}};
    return to_text(Json{{"keys", Json::array({key})}});
}

Result<CodeWish> parse_code_wish(const std::vector<std::string>& words) {
    CodeWish wish;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const std::string& name = words[i];
        if (i + 1 >= words.size()) return Error{ErrorKind::Rejected, name + " needs a value"};
        const std::string& value = words[i + 1];
        const auto equals = value.find('=');
        if (name == "--fault") {
            if (std::find(faults.begin(), faults.end(), value) == faults.end())
                return Error{ErrorKind::Rejected, "a code has no fault '" + value + "'; see help"};
            wish.fault = value;
        } else if (name == "--app-id") {
            wish.app_id = value;
        } else if (name == "--jti") {
            wish.jti = value;
        } else if (name == "--region") {
            wish.region = value;
        } else if (name == "--action") {
            wish.action = value;
        } else if (name == "--xapi-access") {
            wish.access_as_object = value == "object";
        } else if (name == "--drop") {
            wish.remove.push_back(value);
        } else if (name == "--set" && equals != std::string::npos) {
            wish.replace.emplace_back(value.substr(0, equals), value.substr(equals + 1));
        } else {
            return Error{ErrorKind::Rejected, "'" + name + "' is no option of a code; see help"};
        }
    }
    return wish;
}

}  // namespace hotdesk::sandbox
