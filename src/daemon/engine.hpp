#pragma once
// The loop's turn: what came in, through codec and core, into the store, and out again. Knows no signals and no
// systemd, so that a simulated world can drive it as well as the real one.

#include <hotdesk/cloud.hpp>
#include <hotdesk/ports.hpp>

#include "core/cloud_clock.hpp"
#include "core/worker.hpp"
#include "daemon/actions.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

namespace hotdesk {

/// What the engine works with. Borrowed: outlives it.
struct EngineParts {
    Http& http;
    Store& store;
    Host& host;
    Log* log;
};

/// The OAuth client, beside the activation.
struct Client {
    std::string id;
    Secret secret;
};

class Engine {
public:
    /// `jwks_url`: see Actions.
    Engine(EngineParts parts, Worker worker, Client client, std::string jwks_url = {});

    Worker& worker() { return worker_; }
    /// The host's clocks, the wall clock as Webex has it, as far as that is known.
    Now now();
    /// The same; empty while no answer of Webex says that it is so. For what cannot be taken back.
    std::optional<Now> webex_now();
    void set_log(Log& log) { parts_.log = &log; }
    /// The configuration was read again.
    void set_policy(PolicyBook policy) { worker_.set_policy(std::move(policy), now()); }
    void set_client(Client client) { client_ = std::move(client); }

    /// Stores what is pending, sends what may be sent, waits until something happens (an answer, a `wake` descriptor,
    /// a timer, at most `limit`), and takes it in. What came in is stored before this returns.
    void turn(Millis limit, std::span<const int> wake);
    /// Looks at the command line's requests.
    void look_at_requests();
    /// Stores what is pending.
    void commit();
    /// For the end: starts nothing new, but waits for a token that is on its way, at most `limit`. The old one is spent
    /// by then, and without the new one the activation would be lost.
    void finish_refresh(Millis limit);

private:
    void start_calls();
    void start(std::vector<Call> calls);
    void take(HttpDone&& done);
    void write_lines();
    double chance();

    struct UnderWay {
        Call call;
        MonoTime started;
    };

    EngineParts parts_;
    Worker worker_;
    Client client_;
    CloudClock clock_;
    Actions actions_;
    std::unordered_map<CallId, UnderWay> under_way_;
    CallId next_id_ = 1;
};

}  // namespace hotdesk
