#pragma once
// One simulated week: the worker as it is, the world around it, and a script of what happens. Everything follows from
// the script.

#include "box.hpp"
#include "network.hpp"
#include "oracle.hpp"
#include "script.hpp"

#include "daemon/engine.hpp"
#include "daemon/record_keeper.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace hotdesk::test {
struct Words;
}

namespace hotdesk::sim {

/// What a run was like.
struct Summary {
    std::uint64_t messages = 0, commands = 0, requests = 0, decisions = 0, deaths = 0;
    int busiest = 0;             ///< requests that one desk got within an hour, at most
    Millis longest_overstay{0};  ///< beyond what is allowed
    std::uint64_t digest = 0;    ///< of all that happened: two runs of a script have the same
};

class Run {
public:
    /// `tell`: the story, a line at a time; may be empty.
    Run(const Script& script, std::function<void(const std::string&)> tell);

    /// Throws test::Broken where something is so that must not be.
    Summary play();
    [[nodiscard]] WallTime now() const { return host_.world(); }

private:
    // run.cpp
    void go_to(WallTime when);
    void turn(WallTime until);
    void ring();
    void boot();
    void die(Millis away);
    void stop(Millis away);
    void removed();
    void note_reach();
    void story(const std::string& line);

    // happenings.cpp
    void activate();
    void happen(const std::string& what);
    void at_desk(sandbox::Desk& desk, const test::Words& words);
    void bookings(sandbox::Desk& desk, const std::string& verb, const test::Words& words);
    void network_trouble(const test::Words& words);
    void box(const test::Words& words);
    void disk(const test::Words& words);
    void queue(const test::Words& words);
    void tokens(const test::Words& words);
    void order(const test::Words& words);
    void policy(const test::Words& words);
    void calm();

    Opening opening_;
    std::vector<Happening> happenings_;
    std::function<void(const std::string&)> tell_;
    std::uint64_t digest_ = 14695981039346656037ULL;
    test::VirtualHost host_;
    sandbox::World world_;
    Fuse fuse_;
    Disk disk_;
    StoryLog log_;
    Oracle oracle_;
    Network network_;
    std::map<std::string, std::string> policy_keys_;
    PolicyBook policy_;
    std::optional<Engine> engine_;
    std::optional<RecordKeeper> keeper_;
    std::optional<WallTime> away_until_;     ///< the process does not run
    std::optional<WallTime> stalled_until_;  ///< it runs, and is not given any time
    std::optional<WallTime> disk_well_at_;
    std::optional<WallTime> expired_at_;  ///< the activation is of no use since
    bool withheld_ = false, revoked_ = false;
    int activations_ = 0, orders_ = 0;
    WallTime next_sweep_;
    Summary summary_;
};

struct Outcome {
    std::optional<std::string> failure;  ///< when, and what was wrong; empty: nothing
    Summary summary;                     ///< only where nothing was
};

Outcome play(const Script& script, std::function<void(const std::string&)> tell);

}  // namespace hotdesk::sim
