#include "cli/commands.hpp"
#include "cli/find.hpp"
#include "cli/print.hpp"
#include "cli/read.hpp"
#include "codec/output.hpp"
#include "codec/state.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"
#include "io/doorbell.hpp"
#include "io/host.hpp"
#include "io/lock.hpp"

#include <cstdio>
#include <thread>

namespace hotdesk::cli {

namespace {

using namespace std::chrono_literals;

/// The worker answers within its HTTP timeout; whoever waits longer learns where to look.
constexpr Millis patience = 45s, look_interval = 20ms;

std::string key_for(Host& host, WallTime now) {
    std::string key = format_time(now) + "/";
    for (const char byte : host.random(8)) key += std::to_string(static_cast<unsigned char>(byte)) + ".";
    return key;
}

RequestOutcome wait_for_outcome(Store& store, Host& host, const std::string& key) {
    const MonoTime until = host.now().mono + patience;
    while (host.now().mono < until) {
        const auto bytes = must(store.get(Table::Request, key));
        if (bytes && codec::has_outcome(*bytes)) {
            const Change done{Table::Request, key, std::nullopt};
            must(store.commit({&done, 1}));
            return must(codec::read_outcome(*bytes));
        }
        std::this_thread::sleep_for(look_interval);
    }
    return {
        key, "unknown",
        "the worker has not answered within " + format_duration(patience) + "; hotdeskd log shows what became of it",
        0};
}

}  // namespace

Exit sign_out(const Options& options) {
    const Config config = load_config(options.config);
    const auto store = open_state(config, StateUse::Write);
    (void)need_activation(*store);
    const auto desks = must(state::load_desks(*store));
    const DeskState& desk = find_desk(desks, options.device);
    if (!io::instance_running(config.state_directory))
        throw Failure(Exit::Failed, "the worker is not running, so nothing can be sent: systemctl start hotdeskd");

    const auto host = io::make_host();
    const WallTime now = host->now().wall;
    const std::string key = key_for(*host, now);
    const Change request{Table::Request, key, codec::write_request({key, desk.id, now})};
    must(store->commit({&request, 1}));
    if (!options.json) std::fprintf(stderr, "asking the worker to sign out %s ...\n", desk.display_name.c_str());
    if (!io::ring_doorbell(config.runtime_directory) && !options.json)
        std::fprintf(stderr, "the worker cannot be rung for; it looks by itself within 20 s ...\n");

    const RequestOutcome outcome = wait_for_outcome(*store, *host, key);
    if (options.json)
        print(codec::outcome_json(outcome));
    else if (outcome.outcome == "done")
        print(desk.display_name + " was told to sign its user out.");
    if (outcome.outcome == "done") return Exit::Done;
    throw Failure(Exit::Failed, outcome.outcome + ": " + outcome.cause);
}

}  // namespace hotdesk::cli
