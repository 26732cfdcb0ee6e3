#pragma once
// A state of an earlier schema, brought up to date: by the worker when it starts, or by `activate`.
//
// The new state is made whole beside the old one and takes its place by one rename(), so a process that is killed
// leaves the one or the other. The old one stays as DIR/data.mdb.schema-N, the way back.

#include "daemon/config.hpp"
#include "daemon/rewrite.hpp"

#include <string>

namespace hotdesk {

/// The file that a state of schema `schema` is kept in.
std::string backup_name(int schema);

/// Removes what upgrades have kept, for its time or its key is over; says which.
void remove_backups(const Config& config, const Say& say);

/// Whether the state that stands is of an earlier schema. Throws Failure, exit 9, where it cannot be read.
bool is_outdated(const Config& config);

/// Brings it up to date, and says so with the way back. The caller holds the instance lock. Does nothing where there is
/// no state or one of today, but for removing what a rewriting that was cut short left. Throws Failure: exit 9 where it
/// cannot be read, 7 where another process has it open, 1 where it cannot be written; the old state stands then.
void upgrade_state(const Config& config, const Say& say);

}  // namespace hotdesk
