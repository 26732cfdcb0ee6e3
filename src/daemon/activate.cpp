#include "daemon/activate.hpp"

#include "core/provision.hpp"
#include "daemon/action.hpp"
#include "daemon/home.hpp"
#include "daemon/standing.hpp"
#include "daemon/state.hpp"
#include "daemon/trust.hpp"
#include "daemon/upgrade.hpp"
#include "daemon/verify.hpp"
#include "io/doorbell.hpp"
#include "io/host.hpp"

#include <unistd.h>
#include <array>

namespace hotdesk {

namespace {

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) {
        constexpr char digits[] = "0123456789abcdef";
        out += digits[static_cast<unsigned char>(byte) >> 4];
        out += digits[static_cast<unsigned char>(byte) & 15];
    }
    return out;
}

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()} : "hotdeskd";
}

Customer customer_of(const Config& config) {
    const std::string name = host_name();
    return {config.customer_id.empty() ? name : config.customer_id,
            config.customer_name.empty() ? name : config.customer_name, config.actions_url};
}

/// The state that is there already, if there is one. Nothing is made before the code has proven itself.
std::unique_ptr<Store> standing_state(const Config& config) {
    try {
        return open_state(config, StateUse::Read);
    } catch (const Failure& failure) {
        if (failure.code != Exit::NotActivated) throw;
        return nullptr;
    }
}

/// The changes hold tokens in the clear.
Result<void> commit_and_wipe(Store& store, std::vector<Change> changes) {
    auto done = store.commit(changes);
    for (Change& change : changes)
        if (change.value) Secret::wipe(*change.value);
    return done;
}

Exit exit_of(ProvisionFailure failure) {
    switch (failure) {
        case ProvisionFailure::Credentials: return Exit::Credentials;
        case ProvisionFailure::Unreachable: return Exit::Unreachable;
        case ProvisionFailure::Other: return Exit::Failed;
    }
    return Exit::Failed;
}

/// What happens once the claims are judged: provisioned aside, then moved into place. The state is opened by the
/// caller.
Activation set_up(const Config& config, const ActivationClaims& claims, Store& store, Http& http, WallTime now,
                  const Secret& client_secret, const std::function<void(std::string_view)>& say) {
    const auto current = state::current_activation(store);
    if (!current.ok()) throw Failure(Exit::State, current.error().message);
    const std::string& old = *current;

    Activation wire;  // what calls are encoded with; grows while provisioning goes on
    ProvisionSteps steps;
    steps.ask = [&](const Call& call) {
        if (std::holds_alternative<call::Refresh>(call)) say("getting tokens for " + claims.org_name);
        if (const auto* patch = std::get_if<call::PatchApp>(&call))
            say(patch->change == call::PatchApp::Change::Completed ? "telling Webex that the integration is set up"
                                                                   : "telling Webex that the activation failed");
        return ask(http, call, wire, config, client_secret);
    };
    steps.keep_aside = [&](const Activation& activation) {
        wire = activation;
        auto changes = state::spend(store, claims.jti, now);
        changes.push_back(state::keep_activation(activation));
        return commit_and_wipe(store, std::move(changes));
    };
    steps.keep = [&](const Activation& activation) {
        std::vector<Change> changes{state::keep_activation(activation), state::point_to(activation)};
        if (!old.empty()) changes.push_back(state::drop_activation(old));
        return commit_and_wipe(store, std::move(changes));
    };
    steps.forget = [&] {
        const Change change = state::drop_activation(wire.id);
        if (!wire.id.empty()) (void)store.commit({&change, 1});
    };
    steps.pause = [&](Millis wait, std::string_view why) {
        say(std::string{why} + "; trying again in " + format_duration(wait));
        (void)http.wait(wait, {});
    };

    auto outcome = provision(claims, hex(io::make_host()->random(8)), customer_of(config), now, steps);
    if (const auto* error = std::get_if<ProvisionError>(&outcome))
        throw Failure(exit_of(error->failure), error->message);
    return std::get<Activation>(std::move(outcome));
}

}  // namespace

Activation activate(const Config& config, const Secret& code, bool replace,
                    const std::function<void(std::string_view)>& say) {
    const Secret client_secret = load_client_secret(config);
    // A worker of an earlier version that still runs must be restarted first; open_state() says so.
    if (is_outdated(config) && !io::instance_running(config.state_directory)) {
        const auto lock = lock_state(config);
        upgrade_state(config, say);
    }
    auto store = standing_state(config);
    if (store && !replace) {
        const auto current = state::current_activation(*store);
        if (!current.ok()) throw Failure(Exit::State, current.error().message);
        if (!current->empty())
            throw Failure(
                Exit::Failed,
                "hotdeskd is activated already; --replace puts a new activation in its place. The code was not used");
    }
    const auto http = open_http(config);
    say("verifying the activation code");
    const ActivationClaims claims = verify_code(config, code, "", "activation code", [&](const Call& call) {
        return ask(*http, call, {}, config, client_secret);
    });
    const WallTime now = io::make_host()->now().wall;
    if (const auto refusal =
            judge_claims(claims, config.app_id, "provision", store && state::is_spent(*store, claims.jti, now), now))
        refuse_code("activation code", why_refused(*refusal, claims, now));
    refuse_foreign_urls(*http, claims, "activation code");

    store.reset();
    store = open_state(config, StateUse::Create);
    Activation activation = set_up(config, claims, *store, *http, now, client_secret, say);
    store.reset();
    (void)io::ring_doorbell(config.runtime_directory);  // a running worker takes the new one up
    return activation;
}

namespace {

/// An update that brings no refresh token: the tokens of now go on at the new URLs. They are renewed first, so that a
/// running worker does not change them again before it takes up what stands then.
Activation move_to(const Config& config, const ActivationClaims& claims, Standing& standing, WallTime now,
                   const std::function<void(std::string_view)>& say) {
    say("getting a new access token");
    if (const auto renewed = standing.renew(); !renewed.ok()) fail(renewed.error());
    Activation next = standing.activation();
    const std::string old = next.id;
    next.id = hex(io::make_host()->random(8));
    next.oauth_url = claims.oauth_url;
    next.webexapis_base_url = claims.webexapis_base_url;
    next.app_url = claims.app_url;
    next.manifest_url = claims.manifest_url;
    next.region = claims.region;
    const Customer customer = customer_of(config);
    say("telling Webex that the integration is set up");
    auto told = standing.ask(call::PatchApp{next.app_url, call::PatchApp::Change::Completed, customer.id, customer.name,
                                            customer.actions_url, ""});
    if (!told.ok()) fail(told.error());
    next.poll_url = std::get<AppDetails>(*told).poll_url;
    if (next.poll_url.empty()) fail({ErrorKind::Corrupt, "Webex named no queue to poll (queue.pollUrl)"});
    auto changes = state::spend(standing.store(), claims.jti, now);
    for (Change& change : std::array{state::keep_activation(next), state::point_to(next), state::drop_activation(old)})
        changes.push_back(std::move(change));
    if (const auto kept = commit_and_wipe(standing.store(), std::move(changes)); !kept.ok()) fail(kept.error());
    return next;
}

}  // namespace

Activation update(const Config& config, const ActivationClaims& claims, Standing& standing, WallTime now,
                  const std::function<void(std::string_view)>& say) {
    const ActivationClaims whole = updated(standing.activation(), claims);
    refuse_foreign_urls(standing.http(), whole, "action");
    Activation activation = claims.refresh_token.empty() ? move_to(config, whole, standing, now, say)
                                                         : set_up(config, whole, standing.store(), standing.http(), now,
                                                                  standing.client_secret(), say);
    (void)io::ring_doorbell(config.runtime_directory);
    return activation;
}

}  // namespace hotdesk
