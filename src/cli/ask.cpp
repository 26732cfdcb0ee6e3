#include "cli/ask.hpp"

#include "cli/print.hpp"
#include "cli/read.hpp"
#include "codec/output.hpp"
#include "codec/state.hpp"
#include "io/doorbell.hpp"
#include "io/host.hpp"
#include "io/lock.hpp"

#include <cstdio>
#include <thread>

namespace hotdesk::cli {

namespace {

using namespace std::chrono_literals;

constexpr Millis look_interval = 20ms, say_interval = 5s;

void say(const std::string& text) { std::fprintf(stderr, "%s ...\n", text.c_str()); }

/// The key begins with the time of the request, so that requests sort by age.
std::string key_for(Host& host, WallTime now) {
    std::string key = format_time(now) + "/";
    for (const char byte : host.random(8)) key += std::to_string(static_cast<unsigned char>(byte)) + ".";
    return key;
}

/// The worker's decision for a request that is under way: committed, and without an answer yet.
std::optional<Seq> under_way(Store& store, const std::string& key) {
    std::optional<Seq> found;
    must(store.scan(Table::Outbox, "", [&](std::string_view, std::string_view value) {
        if (const auto entry = codec::read_outbox(value); entry.ok() && entry->request == key) found = entry->seq;
        return !found;
    }));
    return found;
}

std::string how_far(const Config& config, Store& store, const std::string& key, const Asking& asking) {
    if (!io::instance_running(config.state_directory))
        return "the worker has ended; waiting for it to be started again";
    if (!under_way(store, key)) return "the worker has not taken it up yet";
    return asking.booking ? "it is with the desk; waiting for the desk to answer and to confirm it"
                          : "it is on its way; waiting for the desk to answer";
}

}  // namespace

void need_worker(const Config& config) {
    if (!io::instance_running(config.state_directory))
        throw Failure(Exit::Failed, "the worker is not running, so nothing can be sent: systemctl start hotdeskd");
}

RequestOutcome ask_worker(const Config& config, Store& store, Request request, const Asking& asking, bool quiet) {
    const auto host = io::make_host();
    const Now began = host->now();
    request.key = key_for(*host, began.wall);
    request.asked_at = began.wall;
    const Change left{Table::Request, request.key, codec::write_request(request)};
    must(store.commit({&left, 1}));
    if (!quiet) say("asking the worker to " + asking.what);
    if (!io::ring_doorbell(config.runtime_directory) && !quiet)
        say("the worker cannot be rung for; it looks by itself within 20 s");

    MonoTime say_at = began.mono + say_interval;
    for (Now now = began; now.mono < began.mono + asking.patience; now = host->now()) {
        const auto bytes = must(store.get(Table::Request, request.key));
        if (bytes && codec::has_outcome(*bytes)) {
            const Change done{Table::Request, request.key, std::nullopt};
            must(store.commit({&done, 1}));
            return must(codec::read_outcome(*bytes));
        }
        if (!quiet && now.mono >= say_at) {
            say_at = now.mono + say_interval;
            say(how_far(config, store, request.key, asking));
        }
        std::this_thread::sleep_for(look_interval);
    }
    return {request.key, "unknown",
            "the worker has not answered within " + std::to_string(asking.patience / 1s) + " s; " + asking.find_out, 0,
            request.meeting};
}

Exit report(const Options& options, const RequestOutcome& outcome, const std::string& done) {
    const bool good = outcome.outcome == "done";
    if (options.json)
        print(codec::outcome_json(outcome));
    else if (good)
        print(done);
    if (!good) throw Failure(Exit::Failed, outcome.outcome + ": " + outcome.cause);
    return Exit::Done;
}

}  // namespace hotdesk::cli
