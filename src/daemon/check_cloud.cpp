#include "daemon/check.hpp"

#include "codec/call.hpp"
#include "core/provision.hpp"
#include "daemon/home.hpp"
#include "io/host.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using doctor::Finding;
using doctor::skip;
using Findings = std::vector<Finding>;

constexpr const char* unreachable = "no host can be reached";

std::string keys_url(const Config& config, const Standpoint& standpoint) {
    if (!config.jwks_url.empty()) return config.jwks_url;
    return std::string{jwks_url_of(standpoint.activation ? standpoint.activation->region : "")};
}

/// Every place that hotdeskd talks to, once each; before the activation what is known without it.
std::vector<std::string> places(const Config& config, const Standpoint& standpoint, const Http& http,
                                Findings& findings) {
    std::vector<std::string> urls{keys_url(config, standpoint)};
    if (const auto& a = standpoint.activation)
        urls.insert(urls.end(), {a->oauth_url, a->app_url, a->webexapis_base_url, a->poll_url});
    else if (config.jwks_url.empty())
        urls.emplace_back("https://webexapis.com");
    std::vector<std::string> known;
    const auto root_of = [](const std::string& url) { return url.substr(0, url.find('/', url.find("://") + 3)); };
    for (const std::string& url : urls) {
        if (const auto allowed = http.allows(url); !allowed)
            findings.push_back(doctor::fail("tls", root_of(url), "its URL " + allowed.error().message,
                                            "correct [http] jwks_url or extra_hosts, or activate anew"));
        else if (std::find(known.begin(), known.end(), root_of(url)) == known.end())
            known.push_back(root_of(url));
    }
    return known;
}

/// Fetches the key set; the one answer that needs no token tells Webex's time as well.
void check_keys(const Config& config, const Standpoint& standpoint, Http& http, Findings& findings) {
    const auto host = io::make_host();
    const call::ReadKeys read{keys_url(config, standpoint)};
    const Secret none;
    const OrgId nobody;
    const codec::Wire wire{config.app_id, nobody, read.url, config.client_id, none, none};
    http.start(0, codec::encode(read, wire));
    std::vector<HttpDone> done;
    while (done.empty()) done = http.wait(std::chrono::hours{1}, {});
    Result<HttpReply>& reply = done.front().reply;
    if (reply && reply->date)
        // The header has whole seconds: on the average it is half a second old.
        findings.push_back(doctor::clock(read.url, *reply->date + Millis{500} - host->now().wall));
    else
        findings.push_back(skip("clock", "the Date of " + read.url, "Webex's time is not known: no answer"));
    Result<Reply> keys = reply ? codec::decode(read, std::move(*reply), wire) : Result<Reply>{reply.error()};
    findings.push_back(doctor::key_set(read.url, keys ? Result<std::vector<Jwk>>{std::get<std::vector<Jwk>>(*keys)}
                                                      : Result<std::vector<Jwk>>{keys.error()}));
}

/// `http`: null where nobody can be reached.
void check_integration(const Config& config, const Standpoint& standpoint, Http* http, Findings& findings) {
    if (!standpoint.activation) {
        for (const char* const name : {"token", "grants", "queue", "messages"})
            findings.push_back(skip(name, "", standpoint.why_none));
        return;
    }
    const Activation& activation = *standpoint.activation;
    const WallTime now = io::make_host()->now().wall;
    std::optional<Result<AppDetails>> details;
    if (http != nullptr && !activation.access_token.empty() && activation.access_expires > now) {
        const auto reply = ask(*http, call::ReadApp{activation.app_url}, activation, config, {});
        details = reply ? Result<AppDetails>{std::get<AppDetails>(*reply)} : Result<AppDetails>{reply.error()};
    }
    findings.push_back(http != nullptr ? doctor::token(activation, standpoint.health, standpoint.running, details, now)
                                       : skip("token", "", unreachable));
    const bool told = details && *details;
    const XapiAccess nothing;
    // What the answer does not say is as it was.
    const auto& scopes = told && !(*details)->scopes.empty() ? (*details)->scopes : activation.scopes;
    const auto& xapi = told && !((*details)->xapi == nothing) ? (*details)->xapi : activation.xapi;
    for (Finding& finding : doctor::grants(config.policy_book(), scopes, xapi)) findings.push_back(std::move(finding));
    if (told)
        findings.push_back(doctor::queue(**details));
    else
        findings.push_back(skip("queue", "queue.state of appUrl", "the integration could not be read"));
    findings.push_back(doctor::messages(standpoint.health, standpoint.running, now));
}

}  // namespace

void check_cloud(const Config& config, const Standpoint& standpoint, Findings& findings) {
    const auto http = open_http(config);
    const io::HttpOptions options = http_options(config);
    Findings refused;
    const auto urls = places(config, standpoint, *http, refused);
    const auto probes = io::probe_hosts(options, urls);
    if (!probes) throw Failure(Exit::Usage, probes.error().message);
    findings.push_back(doctor::proxy(io::proxy_in_words(options), *probes));
    for (const io::Probe& probe : *probes) findings.push_back(doctor::name_of_host(probe));
    const WallTime now = io::make_host()->now().wall;
    for (const io::Probe& probe : *probes) findings.push_back(doctor::tls(probe, now));
    for (Finding& finding : refused) findings.push_back(std::move(finding));
    // Nobody waits for the same timeout twice.
    const bool reachable = std::any_of(probes->begin(), probes->end(),
                                       [](const io::Probe& probe) { return probe.failed_at == io::ProbeStep::Done; });
    if (reachable)
        check_keys(config, standpoint, *http, findings);
    else
        for (const char* const name : {"clock", "key set"}) findings.push_back(skip(name, "", unreachable));
    check_integration(config, standpoint, reachable ? http.get() : nullptr, findings);
}

}  // namespace hotdesk
