#pragma once
// Which records the state is made of: the worker's values through codec into the store, and back.
//
// The standing activation is the one that Meta's `current` names. A replacement is written under a name of its own and
// becomes the standing one by moving that pointer, so a worker that rotates the old one's tokens at the same time
// cannot write over it.

#include <hotdesk/cloud.hpp>
#include <hotdesk/ports.hpp>
#include <hotdesk/record.hpp>
#include <hotdesk/result.hpp>

#include "core/worker.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hotdesk::state {

/// The number of the state's schema, ours or an older one; 0: nothing was ever written. Corrupt: it cannot be read, or
/// is a newer one (the message says which version reads it).
Result<int> load_schema(Store& store);
/// Our schema's number, and the version of hotdeskd that brought it.
std::vector<Change> keep_schema();

Result<std::optional<Activation>> load_activation(Store& store);
/// The name of the standing activation; empty: none.
Result<std::string> current_activation(Store& store);
Change keep_activation(const Activation& activation);
Change point_to(const Activation& activation);
Change drop_activation(const std::string& id);
/// Activations that nothing points to any more.
Result<std::vector<Change>> orphans(Store& store);

/// Removes the activation and everything about desks and people, and with `record` the decision record too, in one
/// commit. What stays: the schema, the counter of decisions, and the codes that were used. Decisions that stay and
/// wait for their answer get their result: there will be none.
Result<void> forget(Store& store, bool record);
/// The same without the decision record, for the activation `id` that is gone. False: another one has been put in its
/// place meanwhile, and nothing is removed.
Result<bool> forget_gone(Store& store, const std::string& id);

Result<Health> load_health(Store& store);
Result<Seq> load_next_seq(Store& store);
Result<std::vector<DeskState>> load_desks(Store& store);

/// A worker with everything that is stored.
Result<Worker> load_worker(Store& store, Activation activation, PolicyBook policy, Now now);

std::vector<Change> to_changes(const WorkerChanges& changes);

/// Removes decisions that were made before `before`, at most `most` of them, oldest first. Never one that waits for its
/// answer. Looks at no more than the front of the record, so that it costs the same however long that is; what bears a
/// time of the future (the clock was wrong then) is passed over and goes when its time has come.
Result<std::vector<Change>> forget_records(Store& store, WallTime before, WallTime now, std::size_t most);

/// Requests of the command line that have no outcome yet; removes answered ones that nobody fetched for an hour.
Result<std::vector<Request>> open_requests(Store& store, WallTime now);

bool is_spent(Store& store, const std::string& jti, WallTime now);
/// Marks a code as used, and forgets those that are older than a day. Source: technical details, `jti`.
std::vector<Change> spend(Store& store, const std::string& jti, WallTime now);

}  // namespace hotdesk::state
