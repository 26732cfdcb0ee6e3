#include "daemon/actions.hpp"

#include "codec/jwt.hpp"
#include "daemon/state.hpp"
#include "daemon/verify.hpp"

#include <utility>

namespace hotdesk {

namespace {

/// Source: technical details, "Security": an action older than this is rejected.
constexpr Millis action_life = std::chrono::minutes{5};
/// While the keys that prove them cannot be had; more do not come in five minutes.
constexpr std::size_t most_waiting = 64;

}  // namespace

std::vector<Call> Actions::step(Worker& worker, Store& store, Now now) {
    for (Secret& jwt : worker.take_actions()) {
        if (waiting_.size() < most_waiting)
            waiting_.push_back({std::move(jwt), now.mono});
        else
            worker.passed_over("too many wait for the keys that prove them");
    }
    std::vector<Call> asks;
    for (auto action = waiting_.begin(); action != waiting_.end();)
        action = settle(*action, worker, store, now, asks) ? waiting_.erase(action) : action + 1;
    return asks;
}

void Actions::answered(const call::ReadKeys& call, Result<Reply>&& reply, Now now) {
    std::optional<std::vector<Jwk>> keys;
    if (reply.ok()) keys = std::move(std::get<std::vector<Jwk>>(*reply));
    no_keys_ = reply.ok() ? "" : reply.error().message;
    ring_.answered(call.url, std::move(keys), now.mono);
}

bool Actions::settle(const Waiting& action, Worker& worker, Store& store, Now now, std::vector<Call>& asks) {
    const auto refuse = [&](std::string_view why) {
        worker.passed_over(std::string{why});
        return true;
    };
    const auto peek = codec::peek(action.jwt.reveal());
    if (const auto* refusal = std::get_if<codec::JwtRefusal>(&peek)) return refuse(codec::words(*refusal));
    const auto& seen = std::get<codec::JwtPeek>(peek);
    const std::string url = keys_url_of(jwks_url_, seen, worker.activation().region);
    switch (ring_.look(url, seen.kid, now.mono)) {
        case KeyRing::Look::Known: break;
        case KeyRing::Look::Unknown: return refuse(codec::words(codec::JwtRefusal::UnknownKey));
        case KeyRing::Look::Ask:
            ring_.asked(url, now.mono);
            asks.emplace_back(call::ReadKeys{url});
            return false;
        case KeyRing::Look::Waiting:
            return now.mono - action.heard_at > action_life &&
                   refuse("the keys that prove it could not be had in time" +
                          (no_keys_.empty() ? no_keys_ : ": " + no_keys_));
    }
    auto verified = codec::verify(action.jwt.reveal(), ring_.keys(url));
    if (const auto* refusal = std::get_if<codec::JwtRefusal>(&verified)) return refuse(codec::words(*refusal));
    const auto& claims = std::get<ActivationClaims>(verified);
    if (const auto refusal = judge_action(claims, worker.activation(), store, now.wall)) return refuse(words(*refusal));
    carry_out(claims, worker, store, now);
    return true;
}

/// Source: technical details, "Actions: Webex to Integration", and "Queues": updateApproved comes this way.
void Actions::carry_out(const ActivationClaims& claims, Worker& worker, Store& store, Now now) {
    if (const auto kept = store.commit(state::spend(store, claims.jti, now.wall)); !kept.ok())
        return worker.passed_over(kept.error().message);
    if (claims.action == "updateApproved") return worker.approved(now);
    if (claims.action == "deprovision") return worker.deprovisioned();
    if (claims.action == "healthCheck") return;  // nobody waits for an answer on this way; polling is the proof
    if (claims.action == "update")
        return worker.passed_over(
            "update does not come through the queue; generate it anew in Control Hub and run "
            "hotdeskd action JWT");
    worker.passed_over(std::string{words(Refusal::WrongAction)});
}

}  // namespace hotdesk
