#pragma once
// One worker a state directory: a lock on DIR/lock, held for as long as the process lives.
//
// An open-file-description lock (fcntl), not flock(): it can be asked about without being taken, so that `status`,
// looking at the wrong moment, never makes a starting worker believe that another one runs. The kernel releases it
// however the process ends; the file stays and means nothing by itself.

#include <hotdesk/result.hpp>

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

}  // namespace hotdesk::io
