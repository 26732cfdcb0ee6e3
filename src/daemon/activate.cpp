#include "daemon/activate.hpp"

#include "codec/jwt.hpp"
#include "core/provision.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"
#include "daemon/upgrade.hpp"
#include "io/doorbell.hpp"
#include "io/host.hpp"

#include <unistd.h>
#include <array>

namespace hotdesk {

namespace {

[[noreturn]] void refuse(std::string_view why) {
    throw Failure(Exit::Refused, "the activation code is refused: " + std::string{why});
}

template <class T>
T need(codec::JwtResult<T> result) {
    if (const auto* refusal = std::get_if<codec::JwtRefusal>(&result)) refuse(codec::words(*refusal));
    return std::move(std::get<T>(result));
}

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

/// The state that is there already, if there is one. Nothing is made before the code has proven itself.
std::unique_ptr<Store> standing_state(const Config& config) {
    try {
        return open_state(config, StateUse::Read);
    } catch (const Failure& failure) {
        if (failure.code != Exit::NotActivated) throw;
        return nullptr;
    }
}

Exit exit_of(ProvisionFailure failure) {
    switch (failure) {
        case ProvisionFailure::Credentials: return Exit::Credentials;
        case ProvisionFailure::Unreachable: return Exit::Unreachable;
        case ProvisionFailure::Other: return Exit::Failed;
    }
    return Exit::Failed;
}

/// Verified against the region's keys. Refused keys, broken key sets and a silent network end here.
ActivationClaims verify(const Config& config, const Secret& code,
                        const std::function<Result<Reply>(const Call&)>& ask_cloud) {
    const auto peek = need(codec::peek(code.reveal()));
    const std::string url = config.jwks_url.empty() ? std::string{jwks_url_of(peek.region)} : config.jwks_url;
    auto keys = ask_cloud(call::ReadKeys{url});
    if (!keys.ok())
        throw Failure(Exit::Unreachable, "the keys that prove the code cannot be had: " + keys.error().message);
    return need(codec::verify(code.reveal(), std::get<std::vector<Jwk>>(*keys)));
}

}  // namespace

Activation activate(const Config& config, const Secret& code, bool replace,
                    const std::function<void(std::string_view)>& say) {
    const Secret client_secret = load_client_secret(config);
    const auto host = io::make_host();
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
    Activation wire;  // what calls are encoded with; grows while provisioning goes on
    const auto ask_cloud = [&](const Call& call) { return ask(*http, call, wire, config, client_secret); };

    say("verifying the activation code");
    ActivationClaims claims = verify(config, code, ask_cloud);
    const WallTime now = host->now().wall;
    if (const auto refusal =
            judge_claims(claims, config.app_id, "provision", store && state::is_spent(*store, claims.jti, now), now))
        refuse(words(*refusal));

    store.reset();
    store = open_state(config, StateUse::Create);
    const auto current = state::current_activation(*store);
    if (!current.ok()) throw Failure(Exit::State, current.error().message);
    const std::string& old = *current;

    ProvisionSteps steps;
    steps.ask = [&](const Call& call) {
        if (std::holds_alternative<call::Refresh>(call)) say("getting tokens for " + claims.org_name);
        if (const auto* patch = std::get_if<call::PatchApp>(&call))
            say(patch->completed ? "telling Webex that the integration is set up"
                                 : "telling Webex that the activation failed");
        return ask_cloud(call);
    };
    steps.keep_aside = [&](const Activation& activation) {
        wire = activation;
        auto changes = state::spend(*store, claims.jti, now);
        changes.push_back(state::keep_activation(activation));
        return store->commit(changes);
    };
    steps.keep = [&](const Activation& activation) {
        std::vector<Change> changes{state::keep_activation(activation), state::point_to(activation)};
        if (!old.empty()) changes.push_back(state::drop_activation(old));
        return store->commit(changes);
    };
    steps.forget = [&] {
        const Change change = state::drop_activation(wire.id);
        if (!wire.id.empty()) (void)store->commit({&change, 1});
    };
    steps.pause = [&](Millis wait, std::string_view why) {
        say(std::string{why} + "; trying again in " + format_duration(wait));
        (void)http->wait(wait, {});
    };

    const std::string name = host_name();
    auto outcome = provision(claims, hex(host->random(8)), config.customer_id.empty() ? name : config.customer_id,
                             config.customer_name.empty() ? name : config.customer_name, now, steps);
    if (const auto* error = std::get_if<ProvisionError>(&outcome))
        throw Failure(exit_of(error->failure), error->message);
    store.reset();
    (void)io::ring_doorbell(config.runtime_directory);  // a running worker takes the new one up
    return std::get<Activation>(std::move(outcome));
}

}  // namespace hotdesk
