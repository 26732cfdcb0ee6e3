#pragma once
// A network that ends in the simulated cloud, and the clock that everybody there and here goes by. Nobody waits: time
// moves on when there is nothing else to do.

#include <hotdesk/ports.hpp>

#include "sandbox/world.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace hotdesk::test {

/// hotdeskd's machine: its own idea of the time, and chance from a seed.
class VirtualHost : public Host {
public:
    VirtualHost(WallTime world, std::uint64_t seed) : world_(world), chance_(seed) {}

    [[nodiscard]] WallTime world() const { return world_; }
    Now now() override { return {world_ + ahead_, mono_}; }
    std::string random(std::size_t bytes) override {
        std::string out(bytes, '\0');
        for (char& byte : out) byte = static_cast<char>(chance_());
        return out;
    }
    void pass(Millis span) {
        world_ += span;
        mono_ += span;
    }
    /// Its clock is set; the world's is not.
    void set(Millis ahead) { ahead_ += ahead; }
    /// Monotonic time starts anew.
    void reboot() { mono_ = MonoTime{} + std::chrono::seconds{1}; }

private:
    WallTime world_;
    Millis ahead_{0};
    MonoTime mono_ = MonoTime{} + std::chrono::seconds{1000};
    std::mt19937_64 chance_;
};

/// A request as the cloud sees it, and its answer as a client does. `base`: what the URL begins with.
sandbox::Request to_world(const HttpRequest& request, const std::string& base);
Result<HttpReply> from_world(const sandbox::Reply& reply, WallTime now);

/// Says what a request gets instead of going to the cloud; empty: it goes there.
using Intercept = std::function<std::optional<Result<HttpReply>>(const HttpRequest& request)>;

class VirtualHttp : public Http {
public:
    VirtualHttp(sandbox::World& world, VirtualHost& host, Intercept intercept)
        : world_(world), host_(host), intercept_(std::move(intercept)) {}

    [[nodiscard]] Result<void> allows(const std::string&) const override { return {}; }
    void start(CallId id, HttpRequest request) override;
    void cancel(CallId id) override;
    std::vector<HttpDone> wait(Millis limit, std::span<const int> wake) override;

    /// The process is gone, and with it what was under way.
    void hang_up();
    /// Counts up with everything that goes out and comes back: as long as it stands, nothing happens.
    [[nodiscard]] std::uint64_t traffic() const { return traffic_; }
    /// One exchange that nobody waits for.
    Result<HttpReply> exchange(const HttpRequest& request);

private:
    struct HeldPoll {
        CallId id;
        std::uint64_t ticket;
        WallTime until;
    };
    void collect();

    sandbox::World& world_;
    VirtualHost& host_;
    Intercept intercept_;
    std::optional<HeldPoll> held_;
    std::vector<HttpDone> done_;
    std::uint64_t traffic_ = 0;
};

}  // namespace hotdesk::test
