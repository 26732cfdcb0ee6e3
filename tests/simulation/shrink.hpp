#pragma once
// A failing script, made as short as it gets.

#include "script.hpp"

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

namespace hotdesk::sim {

/// Plays it. What was wrong, and when; empty: nothing. What a run was like is printed where nothing was.
std::optional<std::string> failure_of(const Script& script, const std::function<void(const std::string&)>& tell);

/// Leaves out what it can while the script still fails in the same way. Says how far it is.
Script shrink(Script script, const std::string& failure, std::ostream& progress);

}  // namespace hotdesk::sim
