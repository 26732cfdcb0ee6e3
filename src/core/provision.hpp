#pragma once
// From a verified activation code to a standing activation: what is judged, and in which order things happen.
//
// Source: technical details, "Activation Flow", steps 2 to 4, and "Security".

#include <hotdesk/cloud.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/time.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace hotdesk {

/// Why a code or an action is refused though its signature is good. The words are the contract's (exit code 4).
enum class Refusal { Malformed, Expired, TooOld, Replayed, WrongApp, WrongAction };
std::string_view words(Refusal refusal);

/// The key set of a region. A region that is not in the guide's table is us-east-2_a's. One that has `gov` in it, in
/// whatever spelling, is FedRAMP's and never a commercial one. Case and white space do not count. Source: technical
/// details, "Activation", table of regional JWKS URLs.
std::string_view jwks_url_of(std::string_view region);

/// The claim whose URL is not https, or has a user name in it; empty: none. Which hosts are allowed is judged where
/// they are asked.
std::string_view bad_url_claim(const ActivationClaims& claims);

/// The claims against what is expected. Replay is the caller's to look up, with is_spent. An `iat` more than a minute
/// ahead is Malformed: no code is older than its issue. Source: technical details, field table of the activation JWT,
/// "Validate the Activation JWT", "Security".
std::optional<Refusal> judge_claims(const ActivationClaims& claims, const AppId& app, std::string_view action,
                                    bool is_spent, WallTime now);

/// The refusal in words for one line of stderr that ends with the contract's; what is Malformed about claims that could
/// be read is said in front of it.
std::string why_refused(Refusal refusal, const ActivationClaims& claims, WallTime now);

/// Who could not be satisfied.
enum class ProvisionFailure {
    Credentials,  ///< Webex refused the client's or the code's
    Unreachable,  ///< the network, or Webex for now
    Other,
};

struct ProvisionError {
    ProvisionFailure failure{};
    std::string message;
};

/// What Webex is told about this side. Source: technical details, "Update the Integration Activation Status".
struct Customer {
    std::string id, name;
    std::string actions_url;  ///< where a site of one's own takes actions; empty: nowhere
};

/// What provisioning needs done; each is called at most once a step, in the order below.
struct ProvisionSteps {
    /// Asks the cloud and waits for the answer.
    std::function<Result<Reply>(const Call&)> ask;
    /// Stores the activation aside, with its new refresh token, and the code's jti as spent: one commit.
    std::function<Result<void>(const Activation&)> keep_aside;
    /// Makes it the standing one: one commit.
    std::function<Result<void>(const Activation&)> keep;
    /// Removes what was kept aside.
    std::function<void()> forget;
    /// Waits; says so.
    std::function<void(Millis, std::string_view why)> pause;
};

/// Exchanges the code's refresh token, commits the one that came back, reports `completed`, keeps the pollUrl. When
/// anything after the exchange fails, `error` is reported and nothing of it is kept: an older activation stands.
/// `id` names the activation in the store.
std::variant<Activation, ProvisionError> provision(const ActivationClaims& claims, const std::string& id,
                                                   const Customer& customer, WallTime now, const ProvisionSteps& steps);

/// The claims of an `update` made whole by what stands: it brings new URLs, a region and a refresh token, and with
/// these an integration is provisioned as by an activation code. Source: technical details, "Update".
ActivationClaims updated(const Activation& standing, ActivationClaims update);

}  // namespace hotdesk
