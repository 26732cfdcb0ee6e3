#pragma once
// From a seed to a script.

#include "script.hpp"

namespace hotdesk::sim {

struct Size {
    int desks = 0;  ///< 0: by chance, a hundred and more
    int days = 7;
};

/// The week of a campus. Which faults there are at all, how many people come and what the policy says is by chance too:
/// a run in which everything fails always shows less than one in which a few things fail often.
Script generate(std::uint64_t seed, Size size = {});

}  // namespace hotdesk::sim
