#pragma once
// Keeps secrets in memory out of core files and away from other processes of the same user.

#include <hotdesk/result.hpp>

namespace hotdesk::io {

/// No core dumps (RLIMIT_CORE 0) and not dumpable (PR_SET_DUMPABLE 0: no ptrace by the same user, /proc/PID belongs to
/// root). For the whole process, for good. Fatal: the system refuses, which Linux does not.
Result<void> harden_process();

}  // namespace hotdesk::io
