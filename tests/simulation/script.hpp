#pragma once
// What happens in a simulated week, written down: who comes, what breaks, and when. A seed makes a script, and a script
// is all that a run depends on; so a failing one can be shortened, line by line, and kept as a file.

#include <hotdesk/time.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace hotdesk::sim {

/// The world before anything happens.
struct Opening {
    std::uint64_t seed = 1;  ///< of what is not written down: ids, jitter, how long a packet takes
    WallTime start;
    int desks = 10;
    int hybrid = 0;         ///< of a hundred desks, how many have a calendar that takes its time
    bool identity = false;  ///< Webex says who is signed in
    bool summer = false;    ///< European clocks, which are set ahead or back now and then
    std::vector<std::pair<std::string, std::string>> policy;                  ///< key and value, as in a scenario
    std::vector<std::vector<std::pair<std::string, std::string>>> overrides;  ///< `workspace` or `organizer`, and keys
    Millis calm{};  ///< from here on nothing breaks and nobody comes
    Millis end{};
};

/// `what` in words; see happenings.cpp and network.cpp for those that there are.
struct Happening {
    Millis at{};
    std::string what;
};

struct Script {
    Opening opening;
    std::vector<Happening> happenings;  ///< by time
};

/// Throws test::Broken with the line.
Script read_script(const std::string& text);
std::string write_script(const Script& script);

/// `90061.250`: seconds since the start.
std::string seconds_of(Millis at);

}  // namespace hotdesk::sim
