#pragma once
// The machine's clocks and chance.

#include <hotdesk/ports.hpp>

#include <memory>

namespace hotdesk::io {

/// Wall time from CLOCK_REALTIME; monotonic time from CLOCK_BOOTTIME, which also counts while the machine is suspended:
/// a grace period is over when the desk's minutes are over, and a suspended worker sees the gap. Random bytes from
/// getrandom(2), which waits until the kernel is seeded.
std::unique_ptr<Host> make_host();

}  // namespace hotdesk::io
