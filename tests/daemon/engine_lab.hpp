#pragma once
// An engine in the hands of a test: the ports in memory, answers as the test gives them.

#include "../codec/signer.hpp"
#include "../core/bare_activation.hpp"
#include "codec/state.hpp"
#include "daemon/engine.hpp"
#include "daemon/state.hpp"
#include "doubles.hpp"

#include <memory>
#include <optional>
#include <stdexcept>

namespace hotdesk::test {

using namespace std::chrono_literals;

inline const std::string devices =
    R"({"items":[{"id":"d1","displayName":"Desk 1","workspaceId":"w1","type":"roomdesk","connectionStatus":"connected"}]})";
inline const std::string workspaces = R"({"items":[{"id":"w1","displayName":"Oslo 1","hotdeskingStatus":"on"}]})";
inline const std::string app = R"({"id":"app","provisioningState":"completed"})";
inline const std::string no_messages = R"({"messages":[]})";

inline std::string status(bool signed_in) {
    return std::string{R"({"deviceId":"d1","result":{"Webex":{"DevicePersonalization":{"Personalized":")"} +
           (signed_in ? "True" : "False") + R"("}},"SystemUnit":{"State":{"NumberOfActiveCalls":0}}}})";
}
inline const std::string no_bookings = R"({"deviceId":"d1","result":{"ResultInfo":{"TotalRows":0}}})";

inline std::string pushed(const std::string& at, bool signed_in) {
    return R"({"messages":[{"appId":"app","orgId":"org","deviceId":"d1","workspaceId":"w1","timestamp":")" + at +
           R"(","type":"status","changes":{"updated":{"Webex.DevicePersonalization.Personalized":")" +
           (signed_in ? "True" : "False") + R"("},"removed":[]},"isFullSync":false}]})";
}

inline Activation activation() {
    Activation a = bare_activation();
    a.id = "a1";
    a.org_name = "Example";
    a.app = AppId{"app"};
    a.refresh_token = Secret{"refresh"};
    a.access_token = Secret{"access"};
    a.access_expires = *parse_time("2026-03-02T11:00:00Z");
    return a;
}

inline Policy quick() {
    Policy policy;
    policy.sign_in_grace = 10s;
    policy.messages = false;
    return policy;
}

struct Lab {
    Lab() { start(); }

    void start() {
        if (!store.count(Table::Meta)) {
            const std::vector<Change> first{state::keep_activation(activation()), state::point_to(activation())};
            (void)store.commit(first);
        }
        auto stored = state::load_activation(store);
        auto worker = state::load_worker(store, std::move(**stored), {quick(), {}}, host.now());
        if (!worker.ok()) throw std::runtime_error(worker.error().message);
        http = std::make_unique<ManualHttp>(host);
        engine.emplace(EngineParts{*http, store, host, &log}, std::move(*worker),
                       Client{"client", Secret{"client-secret"}});
    }
    void turn(Millis limit = 0ms) { engine->turn(limit, {}); }
    void answer(const std::string& part, const std::string& body, int status_code = 200) {
        if (!http->answer(part, status_code, body)) throw std::runtime_error("nobody asks for " + part);
        turn();
    }
    /// The desk is listed and asked; nobody has a booking.
    void begin(bool signed_in) {
        turn();
        answer("/devices", devices);
        answer("/workspaces", workspaces);
        answer("xapi/status", status(signed_in));
        answer("Bookings.List", no_bookings);
    }
    void overstay() {
        begin(true);
        host.pass(10s);
        turn();
        answer("xapi/status", status(true));
        if (!http->answer("Bookings.List", 200, no_bookings)) throw std::runtime_error("the list is not asked for");
    }

    MemoryStore store;
    ManualHost host;
    ListLog log;
    std::unique_ptr<ManualHttp> http;
    std::optional<Engine> engine;
};

}  // namespace hotdesk::test
