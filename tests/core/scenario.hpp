#pragma once
// One scenario file on a stage; what its lines mean is told in scenario.cpp.

#include "stage.hpp"

#include <string>
#include <vector>

namespace hotdesk::test {

struct Played {
    std::string failure;  ///< the line and what was wrong with it; empty: everything was as expected
    std::string skipped;  ///< why it cannot be played on this stage; empty: it was played
};

/// `core`: the stage has the bare rules; stories marked `core only` are for it alone.
Played run_scenario(const std::string& path, const StageMaker& stage, const ZoneMaker& zone, bool core);

/// Files, or all of a folder, told as TAP. What main() returns.
int run_scenarios(const std::vector<std::string>& names, const StageMaker& stage, const ZoneMaker& zone, bool core);

}  // namespace hotdesk::test
