#pragma once
// The stage with everything but sockets and the disk: engine, worker, codec and stored records on hotdeskd's side, and
// on the other the simulated cloud with desks that are puppets.

#include "../core/stage.hpp"

namespace hotdesk::test {

std::unique_ptr<Stage> make_world_stage(const Opening& opening);

}  // namespace hotdesk::test
