#include "activation.hpp"

#include "virtual_http.hpp"

#include "codec/call.hpp"

namespace hotdesk::test {

Activation activate(sandbox::World& world, const std::string& id, WallTime now) {
    const sandbox::WorldOptions& options = world.options();
    const std::string& base = options.base_url;
    Activation activation;
    activation.id = id;
    activation.org = world.org();
    activation.app = options.app;
    activation.oauth_url = base + "/v1/access_token";
    activation.app_url = base + "/xapi/api/organizations/sandbox/apps/" + activation.app.value;
    activation.webexapis_base_url = base + "/v1";
    activation.region = options.region;
    activation.scopes = world.integration().scopes;
    const sandbox::Access& access = world.integration().access;
    activation.xapi = {access.commands, access.statuses, access.events};
    activation.refresh_token = Secret{world.tokens().new_refresh(now)};
    activation.activated_at = now;
    const auto ask = [&](const Call& call) {
        const codec::Wire wire{activation.app,    activation.org,        activation.webexapis_base_url,
                               options.client_id, options.client_secret, activation.access_token};
        const auto handled = world.handle(to_world(codec::encode(call, wire), base), now);
        auto reply = from_world(std::get<sandbox::Reply>(handled), now);
        return codec::decode(call, std::move(*reply), wire).value();
    };
    auto grant = std::get<TokenGrant>(ask(call::Refresh{activation.oauth_url, activation.refresh_token}));
    activation.access_token = std::move(grant.access_token);
    activation.access_expires = now + grant.expires_in;
    activation.refresh_token = std::move(grant.refresh_token);
    activation.poll_url =
        std::get<AppDetails>(ask(call::PatchApp{activation.app_url, {}, "box", "box", "", ""})).poll_url;
    return activation;
}

}  // namespace hotdesk::test
