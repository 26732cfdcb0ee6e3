#pragma once
// The language in which people and tests drive the world: one command a line, one line of answer.

#include <string>
#include <string_view>

#include "hotdesk/time.hpp"
#include "sandbox/world.hpp"

namespace hotdesk::sandbox {

/// `ok ...`, `error: ...`, or one line of JSON; never more than one line. `quit` is the caller's.
std::string control(World& world, std::string_view line, WallTime now);

/// What can be said, for people; many lines.
std::string control_help();

}  // namespace hotdesk::sandbox
