#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "cli/read.hpp"
#include "codec/output.hpp"
#include "core/grants.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"
#include "io/host.hpp"
#include "io/lock.hpp"

namespace hotdesk::cli {

namespace {

/// A poll takes 40 s at the most, a failed one waits up to five minutes and says so in the health.
constexpr std::chrono::minutes silence{3};
/// The worker exchanges a refresh token a week before its end; one that is nearer than that was not renewed.
constexpr std::chrono::hours token_warning{6 * 24};

std::size_t unanswered(Store& store) {
    std::size_t count = 0;
    must(store.scan(Table::Outbox, "", [&](std::string_view, std::string_view) {
        ++count;
        return true;
    }));
    return count;
}

codec::StatusView look(const Config& config, WallTime now) {
    codec::StatusView view;
    view.running = io::instance_running(config.state_directory);
    std::unique_ptr<Store> store;
    try {
        store = open_state(config, StateUse::Read);
    } catch (const Failure& failure) {
        if (failure.code != Exit::NotActivated) throw;
        return view;
    }
    const auto activation = must(state::load_activation(*store));
    if (!activation) return view;
    view.activated = true;
    view.org = activation->org;
    view.org_name = activation->org_name;
    view.region = activation->region;
    view.manifest_version = activation->manifest_version;
    view.update = activation->update;
    if (activation->refresh_expires && *activation->refresh_expires - now < token_warning)
        view.alerts.push_back("the refresh token ends at " + local_time(activation->refresh_expires) +
                              "; before that, generate a new activation code in Control Hub and run hotdeskd activate "
                              "--replace CODE");
    view.health = must(state::load_health(*store));
    // A worker that cannot write its state cannot write that down either; but it would have stored a poll by now.
    if (view.running && view.health.operational == Operational::Operational && view.health.last_poll &&
        now - *view.health.last_poll > silence) {
        view.health.operational = Operational::Impaired;
        view.health.last_error = "the worker has stored nothing for a while; its log says why";
        view.health.last_error_at = *view.health.last_poll;
    }
    view.pending = unanswered(*store);
    for (const DeskState& desk : must(state::load_desks(*store))) {
        ++view.desks;
        if (desk.personalized.value == true) ++view.signed_in;
        if (current_booking(desk, now)) ++view.booked;
        for (const std::string& alert : alerts_of(desk)) view.alerts.push_back(desk.display_name + ": " + alert);
    }
    for (const MissingGrant& need : missing_grants(config.policy_book(), activation->scopes, activation->xapi))
        if (need.alarming) view.alerts.push_back(need.sentence + "; " + need.remedy);
    return view;
}

std::string manifest_words(const codec::StatusView& view) {
    const auto version = [](std::int64_t number) { return number == 0 ? "unknown" : std::to_string(number); };
    std::string words = "version " + version(view.manifest_version);
    if (!view.update.state.empty())
        words += "; version " + version(view.update.manifest_version) + " is " + view.update.state +
                 ": approve it in Control Hub";
    return words;
}

}  // namespace

Exit status(const Options& options) {
    const Config config = load_config(options.config);
    const codec::StatusView view = look(config, io::make_host()->now().wall);
    if (options.json) {
        print(codec::status_json(view));
        return Exit::Done;
    }
    if (!view.activated) {
        print("not activated: run hotdeskd activate with the activation code from Control Hub");
        return Exit::Done;
    }
    const Health& health = view.health;
    print_table({
        {"organization", view.org_name + " (region " + view.region + ")"},
        {"manifest", manifest_words(view)},
        {"worker", view.running ? std::string{"running, "} + std::string{name_of(health.operational)} : "not running"},
        {"tokens", std::string{name_of(health.tokens)}},
        {"queue", "last poll " + local_time(health.last_poll) + ", last message " + local_time(health.last_message) +
                      ", " + std::to_string(health.messages) + " messages, " + std::to_string(health.skipped) +
                      " skipped"},
        {"desks", std::to_string(view.desks) + ", " + std::to_string(view.signed_in) + " signed in, " +
                      std::to_string(view.booked) + " booked"},
        {"commands", std::to_string(health.sent) + " sent, " + std::to_string(health.failed) + " failed, " +
                         std::to_string(view.pending) + " pending"},
        {"last error", health.last_error.empty() ? "none" : local_time(health.last_error_at) + " " + health.last_error},
    });
    for (const std::string& alert : view.alerts) print("alert: " + alert);
    return Exit::Done;
}

}  // namespace hotdesk::cli
