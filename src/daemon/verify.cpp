#include "daemon/verify.hpp"

#include "codec/organization.hpp"
#include "daemon/exit.hpp"
#include "daemon/state.hpp"

#include <utility>

namespace hotdesk {

namespace {

template <class T>
T need(codec::JwtResult<T> result, std::string_view what) {
    if (const auto* refusal = std::get_if<codec::JwtRefusal>(&result)) refuse_code(what, codec::words(*refusal));
    return std::move(std::get<T>(result));
}

}  // namespace

void refuse_code(std::string_view what, std::string_view why) {
    throw Failure(Exit::Refused, "the " + std::string{what} + " is refused: " + std::string{why});
}

std::string keys_url_of(const std::string& configured, const codec::JwtPeek& peek, std::string_view standing_region) {
    if (!configured.empty()) return configured;
    return std::string{jwks_url_of(peek.region.empty() ? standing_region : std::string_view{peek.region})};
}

ActivationClaims verify_code(const Config& config, const Secret& code, std::string_view standing_region,
                             std::string_view what, const std::function<Result<Reply>(const Call&)>& ask) {
    const auto peek = need(codec::peek(code.reveal()), what);
    auto keys = ask(call::ReadKeys{keys_url_of(config.jwks_url, peek, standing_region)});
    if (!keys.ok())
        throw Failure(Exit::Unreachable,
                      "the keys that prove the " + std::string{what} + " cannot be had: " + keys.error().message);
    return need(codec::verify(code.reveal(), std::get<std::vector<Jwk>>(*keys)), what);
}

std::optional<Refusal> judge_action(const ActivationClaims& claims, const Activation& standing, Store& store,
                                    WallTime now) {
    if (claims.action == "provision") return Refusal::WrongAction;
    if (const auto refusal =
            judge_claims(claims, standing.app, claims.action, state::is_spent(store, claims.jti, now), now))
        return refusal;
    // An action for another organization that runs the same app is signed just as well.
    if (!codec::same_organization(claims.org, standing.org)) return Refusal::WrongApp;
    return std::nullopt;
}

}  // namespace hotdesk
