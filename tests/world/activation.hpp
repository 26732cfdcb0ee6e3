#pragma once
// The simulated cloud, activated.

#include <hotdesk/cloud.hpp>

#include "sandbox/world.hpp"

#include <string>

namespace hotdesk::test {

/// What `hotdeskd activate` does once the code is verified: a token, and the queue. `id`: its name in the store, where
/// it is for the caller to keep.
Activation activate(sandbox::World& world, const std::string& id, WallTime now);

}  // namespace hotdesk::test
