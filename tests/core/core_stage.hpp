#pragma once
// The stage with the bare rules: the real fleet, and no bytes.

#include "stage.hpp"

namespace hotdesk::test {

std::unique_ptr<Stage> make_core_stage(const Opening& opening);

}  // namespace hotdesk::test
