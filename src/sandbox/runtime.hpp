#pragma once
// The world in real time: one lock around it, a thread that lets the desks act when they are due, and long polls that
// wake the moment there is something for them.
//
// Safe for any number of threads.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "hotdesk/time.hpp"
#include "sandbox/http.hpp"
#include "sandbox/world.hpp"

namespace hotdesk::sandbox {

class Runtime {
public:
    struct Options {
        std::string story_file;  ///< appended to; empty: none
        bool verbose = false;    ///< everything asked and answered goes to stderr
        /// A line a request: when it came, when its answer was ready (both in us of one steady clock), method, path.
        /// Complete when the program has ended. Empty: none.
        std::string timing_file;
        /// A line for every secret there is, before whoever gets it can use it. Appended to. Empty: none.
        std::string secrets_file;
    };

    Runtime(std::unique_ptr<World> world, const Options& options);
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;
    ~Runtime();

    /// Says whether the other side is still there; called with the lock held, so it must be quick.
    using Alive = std::function<bool()>;
    /// Blocks as long as the answer takes; a long poll up to its end, or until stop() or until nobody is there any
    /// more.
    Reply answer(const Request& request, const Alive& alive);

    /// One control line, one line of answer.
    std::string command(std::string_view line);
    /// A control line to be carried out later.
    void schedule(WallTime at, std::string line);
    /// Answers everything that is held, and ends the thread. To be called once the listener takes nothing new.
    void stop();

private:
    WallTime now();
    void changed();
    void run();
    Reply wait_for_poll(const Held& held, const Alive& alive, std::unique_lock<std::mutex>& lock);
    void hang(const Alive& alive);
    void log(const Request& request, const Reply& reply);
    void time(const Request& request, std::chrono::steady_clock::time_point came);

    std::mutex mutex_;
    std::condition_variable poll_;  ///< something may be there for a held poll
    std::condition_variable tick_;  ///< the next due time may have changed
    std::unique_ptr<World> world_;
    std::map<std::uint64_t, Alive> held_;
    std::multimap<WallTime, std::string> scheduled_;
    std::ofstream story_;
    std::ofstream timing_;
    std::ofstream secrets_;
    std::set<std::string> secrets_told_;
    WallTime latest_{};
    bool verbose_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace hotdesk::sandbox
