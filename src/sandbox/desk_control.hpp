#pragma once
// The control commands that are about one desk.

#include <string>
#include <vector>

#include "hotdesk/time.hpp"
#include "sandbox/world.hpp"

namespace hotdesk::sandbox {

/// `words`: what follows the desk's name, at least one. The answer is as control() gives it.
std::string control_desk(World& world, Desk& desk, const std::vector<std::string>& words, WallTime now);

/// The desk as one line of JSON.
std::string describe(const Desk& desk, WallTime now);

}  // namespace hotdesk::sandbox
