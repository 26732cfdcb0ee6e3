// The judgements about Webex and the way there.

#include "daemon/doctor.hpp"

#include "core/grants.hpp"

#include <algorithm>

namespace hotdesk::doctor {

namespace {

using namespace std::chrono_literals;

std::string in_days(Millis span) {
    return std::to_string(std::chrono::floor<std::chrono::days>(span).count()) + " days";
}

std::string day_of(WallTime time) { return format_time(std::chrono::floor<std::chrono::seconds>(time)); }

/// Somebody must act on it, or it may pass.
Exit exit_for(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Transient:
        case ErrorKind::RateLimited: return Exit::Unreachable;
        case ErrorKind::AuthExpired:
        case ErrorKind::Rejected: return Exit::Credentials;
        case ErrorKind::Gone: return Exit::Removed;
        case ErrorKind::Corrupt:
        case ErrorKind::Fatal: return Exit::Failed;
    }
    return Exit::Failed;
}

}  // namespace

Finding clock(const std::string& host, Millis cloud_ahead) {
    // Source: technical details, "Security": actions that are older than 5 minutes are refused.
    constexpr Millis tolerance = 5s, most = 5min;
    const char* const name = "clock";
    const std::string tried = "the Date of " + host;
    const auto seconds = std::chrono::round<std::chrono::seconds>(cloud_ahead).count();
    const std::string apart = std::to_string(seconds < 0 ? -seconds : seconds) + " s";
    const std::string found = "this machine's clock is " + apart + (seconds < 0 ? " ahead" : " behind");
    const char* const remedy = "set the clock right, and keep it so: timedatectl set-ntp true";
    if (cloud_ahead > most || cloud_ahead < -most) return fail(name, tried, found, remedy);
    if (cloud_ahead > tolerance || cloud_ahead < -tolerance) return warn(name, tried, found, remedy);
    return ok(name, tried, "agrees with this machine's clock within 5 s");
}

Finding proxy(const std::string& proxy, std::span<const io::Probe> probes) {
    const char* const name = "proxy";
    if (proxy.empty()) return skip(name, "[http] proxy, https_proxy", "none is configured");
    bool used = false;
    for (const io::Probe& probe : probes) {
        if (probe.failed_at == io::ProbeStep::Proxy)
            return fail(name, proxy + ", CONNECT " + probe.place, probe.error.message,
                        "check the proxy, its address and the user name and password", Exit::Unreachable);
        used = used || probe.through_proxy;
    }
    if (!used) return ok(name, proxy, "not used: no_proxy takes every host out, or nothing got that far");
    return ok(name, proxy, "reachable, and connects to every host");
}

Finding name_of_host(const io::Probe& probe) {
    const char* const name = "dns";
    if (probe.failed_at == io::ProbeStep::Name)
        return fail(name, probe.host, probe.error.message, "check /etc/resolv.conf and the network", Exit::Unreachable);
    if (probe.through_proxy || probe.failed_at == io::ProbeStep::Proxy)
        return skip(name, probe.host, "the proxy looks it up");
    return ok(name, probe.host, probe.address.empty() ? "found" : "found: " + probe.address);
}

Finding tls(const io::Probe& probe, WallTime now) {
    const char* const name = "tls";
    switch (probe.failed_at) {
        case io::ProbeStep::Name: return skip(name, probe.place, "its name was not found");
        case io::ProbeStep::Proxy: return skip(name, probe.place, "the proxy does not connect");
        case io::ProbeStep::Connect:
            return fail(name, probe.place, probe.error.message, "let HTTPS out to this host, or set [http] proxy",
                        Exit::Unreachable);
        case io::ProbeStep::Tls:
            return fail(name, probe.place, probe.error.message,
                        "nothing is sent there until its certificate is good: see what stands in between",
                        Exit::Unreachable);
        case io::ProbeStep::Done: break;
    }
    std::string found = probe.protocol.empty() ? "TLS" : probe.protocol;
    if (!probe.valid_until) return ok(name, probe.place, found + ", trusted");
    found += ", trusted, certificate until " + day_of(*probe.valid_until);
    const Millis left = *probe.valid_until - now;
    if (left < std::chrono::days{14})
        return warn(name, probe.place, found + ", " + in_days(left) + " from now",
                    "it must be renewed by whoever runs the host or the TLS-inspecting proxy");
    return ok(name, probe.place, found);
}

Finding key_set(const std::string& url, const Result<std::vector<Jwk>>& keys) {
    const char* const name = "key set";
    if (!keys)
        return fail(name, url, keys.error().message, "codes cannot be verified without it", exit_for(keys.error()));
    if (keys->empty()) return fail(name, url, "it holds no P-256 key", "no code can be verified; tell Webex support");
    return ok(name, url, std::to_string(keys->size()) + (keys->size() == 1 ? " P-256 key" : " P-256 keys"));
}

Finding token(const Activation& activation, const Health& health, bool running,
              const std::optional<Result<AppDetails>>& details, WallTime now) {
    const char* const name = "token";
    const char* const anew = "generate a new activation code in Control Hub: hotdeskd activate --replace CODE";
    const std::string tried = details ? "GET appUrl with the stored access token" : "the stored tokens";
    if (health.tokens == Tokens::Invalid)
        return fail(name, tried, "the worker was refused a new access token", anew, Exit::Credentials);
    if (activation.refresh_expires && *activation.refresh_expires <= now)
        return fail(name, tried, "the refresh token ended at " + day_of(*activation.refresh_expires), anew,
                    Exit::Credentials);
    const char* const leave_it = running ? "the worker gets a new one by itself; see hotdeskd status"
                                         : "the worker gets a new one by itself: systemctl start hotdeskd";
    if (!details) {
        const std::string found = "the access token ended at " + day_of(activation.access_expires);
        if (running) return warn(name, tried, found, leave_it);
        return skip(name, tried, found + "; check gets no new one, the worker does when it runs");
    }
    if (!*details) {
        const Error& error = details->error();
        if (error.kind == ErrorKind::AuthExpired)
            return warn(name, tried, "not accepted any more (" + error.message + ")", leave_it);
        return fail(name, tried, error.message,
                    error.kind == ErrorKind::Gone || error.kind == ErrorKind::Rejected
                        ? anew
                        : "see the lines above; else wait, and run check again",
                    exit_for(error));
    }
    std::string found = "accepted; ends at " + day_of(activation.access_expires);
    if (!activation.refresh_expires) return ok(name, tried, found);
    found += ", the refresh token at " + day_of(*activation.refresh_expires);
    if (*activation.refresh_expires - now < std::chrono::days{7})
        return warn(name, tried, found, "keep the worker running, so that it gets a new one in time");
    return ok(name, tried, found);
}

std::vector<Finding> grants(const PolicyBook& policy, const std::vector<std::string>& scopes, const XapiAccess& xapi) {
    const char* const name = "grants";
    std::vector<Finding> findings;
    for (const MissingGrant& missing : missing_grants(policy, scopes, xapi)) {
        const std::string tried = std::string{hotdesk::name_of(missing.kind)} + " " + missing.path;
        findings.push_back(missing.alarming ? fail(name, tried, missing.sentence, missing.remedy)
                                            : warn(name, tried, missing.sentence, missing.remedy));
    }
    if (findings.empty()) findings.push_back(ok(name, "scopes and xAPI access", "everything the policy needs"));
    return findings;
}

Finding queue(const AppDetails& details) {
    const char* const name = "queue";
    const char* const tried = "queue.state of appUrl";
    const char* const remedy = "hotdeskd activate --replace CODE with a new code enables it";
    if (details.poll_url.empty()) return fail(name, tried, "there is no queue: no message arrives", remedy);
    if (!details.queue_state.empty() && details.queue_state != "enabled")
        return fail(name, tried, details.queue_state + ": no message arrives", remedy);
    return ok(name, tried, details.queue_state.empty() ? "there is one" : details.queue_state);
}

Finding messages(const Health& health, bool running, WallTime now) {
    // A poll takes 40 s at the most, a failed one is tried again within five minutes and a bit.
    constexpr Millis silence = 7min, quiet = 2h;
    const char* const name = "messages";
    const char* const tried = "the worker's last poll and last message";
    if (!health.last_poll) {
        if (!running) return skip(name, tried, "no poll was answered yet: the worker has not run");
        return warn(name, tried, "no poll was answered yet", "wait a minute; else see hotdeskd status and the log");
    }
    const std::string found = "last poll " + day_of(*health.last_poll) + ", last message " +
                              (health.last_message ? day_of(*health.last_message) : std::string{"never"});
    if (running && now - *health.last_poll > silence)
        return fail(name, tried, found, "the worker does not get through: see the lines above and its log");
    // Source: technical details, "Queue Polling": a full sync comes about hourly.
    if (running && (!health.last_message || now - *health.last_message > quiet))
        return warn(name, tried, found,
                    "desks say something hourly, beginning some ten minutes after the activation: are there hot desks, "
                    "and are they online?");
    return ok(name, tried, found);
}

}  // namespace hotdesk::doctor
