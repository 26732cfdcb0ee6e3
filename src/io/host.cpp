#include "io/host.hpp"

#include <sys/random.h>
#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace hotdesk::io {
namespace {

Millis read_clock(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);  // cannot fail for the two clocks that are asked for
    return Millis{static_cast<Millis::rep>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000};
}

class PosixHost final : public Host {
public:
    Now now() override { return {WallTime{read_clock(CLOCK_REALTIME)}, MonoTime{read_clock(CLOCK_BOOTTIME)}}; }

    std::string random(std::size_t bytes) override {
        std::string out(bytes, '\0');
        for (std::size_t at = 0; at < bytes;) {
            const ssize_t got = ::getrandom(out.data() + at, bytes - at, 0);
            if (got > 0) at += static_cast<std::size_t>(got);
            // Only a kernel without the call, or a filter that forbids it: no ids that can be guessed instead.
            if (got < 0 && errno != EINTR) std::abort();
        }
        return out;
    }
};

}  // namespace

std::unique_ptr<Host> make_host() { return std::make_unique<PosixHost>(); }

}  // namespace hotdesk::io
