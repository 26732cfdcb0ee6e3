#include "io/harden.hpp"

#include "io/posix.hpp"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <cerrno>

namespace hotdesk::io {

Result<void> harden_process() {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return Error{ErrorKind::Fatal, "cannot switch core dumps off: " + os_message(errno)};
    return {};
}

void give_large_blocks_back() { (void)::mallopt(M_MMAP_THRESHOLD, 128 << 10); }

void give_free_memory_back() { (void)::malloc_trim(0); }

}  // namespace hotdesk::io
