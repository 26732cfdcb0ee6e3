#pragma once
// What a process tells the system of its memory: that secrets stay out of core files and away from other processes of
// the same user, and that what is freed goes back.

#include <hotdesk/result.hpp>

namespace hotdesk::io {

/// No core dumps (RLIMIT_CORE 0) and not dumpable (PR_SET_DUMPABLE 0: no ptrace by the same user, /proc/PID belongs to
/// root). For the whole process, for good. Fatal: the system refuses, which Linux does not.
Result<void> harden_process();

/// Blocks of 128 KiB or more, such as the body of a large answer, go back to the system when they are freed. By itself
/// glibc keeps them for the next one once it has seen one: memory would stand at the largest answer ever read.
void give_large_blocks_back();

/// What was freed in the midst of what is in use goes back too. Takes about a millisecond.
void give_free_memory_back();

}  // namespace hotdesk::io
