#pragma once
// Locks of a state directory: one for the worker, and one for whoever has the state open.
//
// One worker a state directory: a lock on DIR/lock, held for as long as the process lives.
// An open-file-description lock (fcntl), not flock(): it can be asked about without being taken, so that `status`,
// looking at the wrong moment, never makes a starting worker believe that another one runs. The kernel releases it
// however the process ends; the file stays and means nothing by itself.
//
// Everybody who has the state open shares a lock on the directory itself (flock: it needs no file, so it works where
// nothing can be written, and leaves nothing that somebody would own). Whoever puts another data.mdb in its place must
// hold it alone: LMDB would join readers of the old file and writers of the new one in one lock.mdb.

#include <hotdesk/result.hpp>
#include <hotdesk/time.hpp>

#include <memory>
#include <string>

namespace hotdesk::io {

/// Holds the lock while it lives. The descriptor is closed on exec.
class InstanceLock {
public:
    virtual ~InstanceLock() = default;
};

/// Rejected: another process (or another lock of this one) holds it. Gone: there is no such directory; it is not made.
/// Fatal: not permitted, read-only.
Result<std::unique_ptr<InstanceLock>> lock_instance(const std::string& directory);

/// Whether somebody holds the lock now. Takes nothing; false also where nothing can be seen.
bool instance_running(const std::string& directory);

/// Shares the directory `directory` for as long as the state is open; waits while somebody holds it alone (that is the
/// seconds of a rewriting). Null where it cannot be locked (no such directory, or its file system has no locks): then
/// nobody can hold it alone either.
std::unique_ptr<InstanceLock> share_state(const std::string& directory);

/// Holds it alone. Rejected: somebody has the state open; tried for `patience`, for most have it open for milliseconds.
/// Gone: no such directory. Fatal: not permitted, or no such locks there.
Result<std::unique_ptr<InstanceLock>> hold_state_alone(const std::string& directory, Millis patience);

}  // namespace hotdesk::io
