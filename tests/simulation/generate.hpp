#pragma once
// From a seed to a script.

#include "script.hpp"

namespace hotdesk::sim {

/// The week of a campus. Which faults there are at all, how many people come and what the policy says is by chance too:
/// a run in which everything fails always shows less than one in which a few things fail often.
Script generate(std::uint64_t seed);

}  // namespace hotdesk::sim
