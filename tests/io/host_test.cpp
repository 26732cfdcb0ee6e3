#include "io/host.hpp"
#include "io/doorbell.hpp"
#include "io/harden.hpp"
#include "io/service.hpp"
#include "io/signals.hpp"
#include "support.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

using namespace hotdesk;
using namespace hotdesk::io;
using namespace hotdesk::test;

namespace {

bool readable(int fd) {
    pollfd entry{fd, POLLIN, 0};
    return ::poll(&entry, 1, 0) == 1;
}

}  // namespace

TEST_CASE("the host's monotonic clock does not go back and its wall clock is this century's") {
    const auto host = make_host();
    auto last = host->now();
    CHECK(last.wall > *parse_time("2024-01-01T00:00:00Z"));
    for (int i = 0; i < 1000; ++i) {
        const auto next = host->now();
        REQUIRE(next.mono >= last.mono);
        last = next;
    }
}

TEST_CASE("random bytes come in the length asked for and differ") {
    const auto host = make_host();
    CHECK(host->random(0).empty());
    CHECK(host->random(100000).size() == 100000);
    CHECK(host->random(16) != host->random(16));
}

TEST_CASE("a ring reaches the worker, and many rings count as one") {
    const TempDir dir;
    const auto run = dir / "run";
    CHECK_FALSE(ring_doorbell(run));
    const auto bell = hang_doorbell(run);
    REQUIRE(bell.ok());
    struct stat info {};
    REQUIRE(::stat(run.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == (0750 & ~static_cast<mode_t>(022)));
    REQUIRE(::stat((run + "/doorbell").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);

    CHECK_FALSE(readable((*bell)->descriptor()));
    CHECK_FALSE((*bell)->drain());
    for (int i = 0; i < 5000; ++i) REQUIRE(ring_doorbell(run));  // more than the socket holds: never blocks
    CHECK(readable((*bell)->descriptor()));
    CHECK((*bell)->drain());
    CHECK_FALSE((*bell)->drain());
    CHECK_FALSE(readable((*bell)->descriptor()));
}

TEST_CASE("the doorbell of a worker that died is replaced, that of a living one is not") {
    const TempDir dir;
    const pid_t dead = spawn([&]() -> int {
        const auto bell = hang_doorbell(dir.path());
        ::_exit(bell.ok() ? 0 : 1);  // without the destructor, like a kill
    });
    REQUIRE(wait_for(dead) == 0);
    REQUIRE(std::filesystem::exists(dir / "doorbell"));
    CHECK_FALSE(ring_doorbell(dir.path()));
    {
        const auto bell = hang_doorbell(dir.path());
        REQUIRE(bell.ok());
        CHECK(hang_doorbell(dir.path()).error().kind == ErrorKind::Rejected);
        CHECK(ring_doorbell(dir.path()));
        CHECK((*bell)->drain());
    }
    CHECK_FALSE(std::filesystem::exists(dir / "doorbell"));
}

TEST_CASE("a file that is no socket is never removed for a doorbell") {
    const TempDir dir;
    std::ofstream(dir / "doorbell") << "mine";
    CHECK_FALSE(hang_doorbell(dir.path()).ok());
    CHECK(std::filesystem::file_size(dir / "doorbell") == 4);
}

TEST_CASE("a path too long for a socket is Rejected") {
    const std::string directory = "/tmp/" + std::string(120, 'd');
    CHECK(hang_doorbell(directory).error().kind == ErrorKind::Rejected);
    CHECK_FALSE(ring_doorbell(directory));
    CHECK_FALSE(std::filesystem::exists(directory));
}

TEST_CASE("signals arrive as values, once each, and the old mask returns") {
    sigset_t mask;
    {
        const auto signals = watch_signals();
        REQUIRE(signals.ok());
        CHECK((*signals)->take().empty());
        for (const int number : {SIGTERM, SIGHUP, SIGHUP, SIGINT}) ::kill(::getpid(), number);
        CHECK(readable((*signals)->descriptor()));
        auto arrived = (*signals)->take();
        std::sort(arrived.begin(), arrived.end());
        CHECK((arrived == std::vector{Signal::Terminate, Signal::Interrupt, Signal::Reload}));
        CHECK((*signals)->take().empty());
        ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        CHECK(::sigismember(&mask, SIGTERM) == 1);
    }
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    CHECK(::sigismember(&mask, SIGTERM) == 0);
}

TEST_CASE("systemd is told what it expects to hear, and cannot be told more") {
    const TempDir dir;
    const auto path = dir / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const auto heard = [&] {
        char bytes[512];
        const ssize_t got = ::recv(socket, bytes, sizeof bytes, 0);
        return got < 0 ? std::string("nothing") : std::string(bytes, static_cast<std::size_t>(got));
    };
    const auto service = make_service();
    service->ready();
    CHECK(heard() == "nothing");
    CHECK_FALSE(service->watchdog_interval().has_value());

    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "60000000", 1);
    service->ready();
    CHECK(heard() == "READY=1");
    service->status("12 desks\nMAINPID=1");
    CHECK(heard() == "STATUS=12 desks MAINPID=1");
    service->status("impaired: nobody@example.com is unknown");  // any user may read it
    CHECK(heard() == "STATUS=impaired: n***@example.com is unknown");
    service->watchdog();
    CHECK(heard() == "WATCHDOG=1");
    service->reloading();
    CHECK(heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    service->stopping();
    CHECK(heard() == "STOPPING=1");
    CHECK(service->watchdog_interval() == std::chrono::seconds{30});
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(socket);
}

TEST_CASE("a hardened process leaves no core and cannot be traced") {
    const pid_t child = spawn([] {
        if (!harden_process().ok()) return 1;
        rlimit limit{1, 1};
        ::getrlimit(RLIMIT_CORE, &limit);
        return limit.rlim_cur == 0 && limit.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 2;
    });
    CHECK(wait_for(child) == 0);
}
