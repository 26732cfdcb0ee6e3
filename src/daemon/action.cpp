#include "daemon/action.hpp"

#include "codec/integration.hpp"
#include "daemon/activate.hpp"
#include "daemon/exit.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"
#include "daemon/upgrade.hpp"
#include "daemon/verify.hpp"
#include "io/doorbell.hpp"
#include "io/host.hpp"
#include "io/lock.hpp"

namespace hotdesk {

namespace {

using Say = std::function<void(std::string_view)>;

call::PatchApp remove_queue(const Activation& activation) {
    return {activation.app_url, call::PatchApp::Change::RemoveQueue, "", "", "", ""};
}

/// Webex refuses who asks: no new token helps.
bool about_credentials(const Error& error) {
    return error.kind == ErrorKind::AuthExpired || error.kind == ErrorKind::Rejected;
}

/// Source: technical details, "Health Check": what each state means.
ActionAnswer health_check(const Config& config, Standing& standing, const Say& say) {
    say("reading the integration's details");
    const auto details = standing.app(call::ReadApp{standing.activation().app_url});
    Health health;
    if (auto stored = state::load_health(standing.store()); stored.ok()) health = std::move(*stored);
    health.tokens = details.ok()                         ? Tokens::Valid
                    : about_credentials(details.error()) ? Tokens::Invalid
                                                         : Tokens::Unknown;
    // Without a worker, or without tokens, no desk is watched.
    if (!io::instance_running(config.state_directory) || health.tokens == Tokens::Invalid)
        health.operational = Operational::Outage;
    std::string said =
        "tokens " + std::string{name_of(health.tokens)} + ", " + std::string{name_of(health.operational)};
    if (!details.ok()) said += ": " + details.error().message;
    return {200, codec::health_check_body(health.operational, health.tokens), said};
}

void forget(const Config& config, Store& store, bool record) {
    if (const auto gone = state::forget(store, record); !gone.ok()) throw Failure(Exit::Failed, gone.error().message);
    if (record) remove_backups(config, [](std::string_view) {});
    (void)io::ring_doorbell(config.runtime_directory);  // a running worker ends
}

ActionAnswer deprovision(const Config& config, Standing& standing, const Say& say) {
    say("removing the queue");
    // Webex removes the integration whatever becomes of this; its tokens may be dead already.
    const auto removed = standing.app(remove_queue(standing.activation()));
    forget(config, standing.store(), true);
    return {204, "",
            "the integration is removed, and the state with it" +
                (removed.ok() ? std::string{} : "; the queue was not: " + removed.error().message)};
}

void spend(Standing& standing, const ActivationClaims& claims, WallTime now) {
    const auto kept = standing.store().commit(state::spend(standing.store(), claims.jti, now));
    if (!kept.ok()) throw Failure(Exit::Failed, kept.error().message);
}

}  // namespace

void fail(const Error& error) {
    const Exit code = error.kind == ErrorKind::Gone                                                ? Exit::Removed
                      : about_credentials(error)                                                   ? Exit::Credentials
                      : error.kind == ErrorKind::Transient || error.kind == ErrorKind::RateLimited ? Exit::Unreachable
                                                                                                   : Exit::Failed;
    throw Failure(code, error.message);
}

ActionAnswer act(const Config& config, const Secret& code, const Standing::AskWorker& ask_worker, const Say& say) {
    say("verifying the action");
    ActivationClaims claims;
    WallTime now = io::make_host()->now().wall;
    {
        // Nothing is opened for writing before the action has proven itself.
        const auto store = open_state(config, StateUse::Read);
        const Activation activation = need_activation(*store);
        const auto http = open_http(config);
        claims = verify_code(config, code, activation.region, "action",
                             [&](const Call& call) { return ask(*http, call, {}, config, {}); });
        // By Webex's clock, where the worker has found this machine's to be wrong. What is used is remembered by the
        // same: a day's difference would forget it at once.
        if (const auto health = state::load_health(*store); health.ok()) now += health->clock_offset;
        if (const auto refusal = judge_action(claims, activation, *store, now))
            refuse_code("action", why_refused(*refusal, claims, now));
    }
    if (claims.action != "healthCheck" && claims.action != "update" && claims.action != "updateApproved" &&
        claims.action != "deprovision")
        refuse_code("action", words(Refusal::WrongAction));

    Standing standing(config, ask_worker);
    if (claims.action == "update") {
        const Activation activation = update(config, claims, standing, now, say);
        return {204, "", "the integration is updated (region " + activation.region + ")"};
    }
    spend(standing, claims, now);
    if (claims.action == "healthCheck") return health_check(config, standing, say);
    if (claims.action == "deprovision") return deprovision(config, standing, say);
    say("getting a token for what was approved");
    const auto details = standing.renew();
    if (!details.ok()) fail(details.error());
    return {204, "", "the approved manifest is in use"};
}

void deactivate(const Config& config, bool force, const Standing::AskWorker& ask_worker, const Say& say) {
    {
        // What an integration that was removed on the Webex side has left behind: the decision record.
        const auto store = open_state(config, StateUse::Write);
        const auto activation = state::load_activation(*store);
        if (!activation.ok()) throw Failure(Exit::State, activation.error().message);
        if (!*activation) return forget(config, *store, true);
    }
    Standing standing(config, ask_worker);
    say("removing the queue at Webex");
    const auto removed = standing.app(remove_queue(standing.activation()));
    // An integration that is gone has no queue.
    if (!removed.ok() && removed.error().kind != ErrorKind::Gone) {
        if (!force)
            fail({removed.error().kind, removed.error().message +
                                            "; nothing was removed. hotdeskd deactivate --force removes the local "
                                            "state all the same"});
        say("Webex could not be told: " + removed.error().message);
    }
    say("removing the local state");
    forget(config, standing.store(), true);
}

}  // namespace hotdesk
