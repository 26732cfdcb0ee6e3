#pragma once
// The network between hotdeskd and the cloud. It takes its time, and while a fault is on it loses, delays, cuts,
// doubles and shuffles what goes over it, or answers in the cloud's place.

#include "../world/virtual_http.hpp"
#include "box.hpp"
#include "draws.hpp"

#include "sandbox/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hotdesk::sim {

enum class Fate {
    Well,
    Refuse,    ///< no connection: nothing was carried out, and that is known at once
    Hang,      ///< nothing was carried out, and no answer comes
    Lose,      ///< carried out, and the connection breaks before the answer
    Silence,   ///< carried out, and no answer comes
    Truncate,  ///< carried out, and the answer breaks off in the middle
    Late,      ///< the request takes seconds to get there, or the answer to come back
    Twice,     ///< carried out twice, as by a proxy that tries again; never a token request
    Shuffle,   ///< a poll's messages come in another order, twice, or with a later batch
    Status,    ///< answered in the cloud's place
    Html,      ///< 200 and a page
    Garbage    ///< 200 and no JSON; what was asked was done
};

/// A fault over a time.
struct Trouble {
    std::optional<sandbox::Endpoint> where;  ///< empty: everywhere
    Fate fate = Fate::Well;
    int status = 503;
    std::optional<std::chrono::seconds> retry_after;
    int percent = 100;
    WallTime until;
};

/// A request on its way.
struct Exchange {
    std::uint64_t number = 0;  ///< no other one has it, whatever process sent it
    sandbox::Endpoint endpoint{};
    std::string desk;  ///< the deviceId that it is about; empty: none
    HttpRequest request;
    Trouble fate;
};

/// Who is told what goes by.
class Watcher {
public:
    virtual ~Watcher() = default;
    virtual void sent(const Exchange& exchange) = 0;
    virtual void arrives(const Exchange& exchange) = 0;
    virtual void carried_out(const Exchange& exchange, const sandbox::Reply& reply) = 0;
    virtual void answered(const Exchange& exchange, const Result<HttpReply>& reply) = 0;
    /// The process that waited for the answer is gone.
    virtual void given_up(const Exchange& exchange) = 0;
    virtual void something_happened() = 0;
};

class Network : public Http {
public:
    Network(sandbox::World& world, test::VirtualHost& host, Fuse& fuse, Watcher& watcher, std::uint64_t seed)
        : world_(world), host_(host), fuse_(fuse), watcher_(watcher), random_(seed) {}

    [[nodiscard]] Result<void> allows(const std::string&) const override { return {}; }
    void start(CallId id, HttpRequest request) override;
    void cancel(CallId id) override;
    std::vector<HttpDone> wait(Millis limit, std::span<const int> wake) override;

    /// The world goes on, and nobody waits for answers.
    void pass(WallTime until);
    /// The worker's process is gone, and its connections with it. What is on its way arrives.
    void hang_up();
    void trouble(Trouble trouble) { troubles_.push_back(trouble); }
    /// No fault from now on. What is on its way keeps its fate.
    void calm();
    [[nodiscard]] bool is_well() const { return troubles_.empty(); }
    [[nodiscard]] std::size_t under_way() const { return waiting_.size(); }

private:
    using Shared = std::shared_ptr<const Exchange>;
    struct Waiting {
        Shared exchange;
        std::optional<std::uint64_t> ticket;  ///< of a held poll
        WallTime held_until;
    };

    Trouble draw(sandbox::Endpoint endpoint);
    Millis latency();
    void at(WallTime when, std::function<void()> what) { agenda_.emplace(when, std::move(what)); }
    void arrive(const Shared& exchange, CallId id);
    void reply(const Shared& exchange, CallId id, const sandbox::Reply& said);
    void end(CallId id, std::uint64_t number, Result<HttpReply> reply);
    void forget(std::map<CallId, Waiting>::iterator waiting);
    void collect();
    void shuffle(sandbox::Reply& reply);
    [[nodiscard]] WallTime next_before(WallTime until) const;
    void step_to(WallTime when);
    void settle_troubles();

    sandbox::World& world_;
    test::VirtualHost& host_;
    Fuse& fuse_;
    Watcher& watcher_;
    Draws random_;
    std::vector<Trouble> troubles_;
    std::multimap<WallTime, std::function<void()>> agenda_;  ///< what is on its way
    std::map<CallId, Waiting> waiting_;
    std::optional<CallId> poll_;     ///< the one that the cloud holds
    std::vector<std::string> kept_;  ///< messages that come with a later batch
    std::vector<HttpDone> done_;
    std::uint64_t last_number_ = 0;
};

/// Where a request goes, and the deviceId that it is about.
std::pair<sandbox::Endpoint, std::string> target_of(const HttpRequest& request, const std::string& base);

}  // namespace hotdesk::sim
