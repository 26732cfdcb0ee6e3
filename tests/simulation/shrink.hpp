#pragma once
// A failing script, made as short as it gets.

#include "script.hpp"

#include <iosfwd>
#include <string>

namespace hotdesk::sim {

/// Leaves out what it can while the script still fails in the same way. Says how far it is.
Script shrink(Script script, const std::string& failure, std::ostream& progress);

}  // namespace hotdesk::sim
