#include "io/lock.hpp"

#include "support.hpp"

#include <sys/stat.h>

using namespace hotdesk;
using namespace hotdesk::io;
using namespace hotdesk::test;

TEST_CASE("root hands over no file that is linked in the lock's place") {
    if (::geteuid() != 0) {
        WARN("skipped: needs root");
        return;
    }
    const TempDir dir;
    std::filesystem::create_directory(dir / "state");
    REQUIRE(::chown((dir / "state").c_str(), 12345, 12345) == 0);
    const auto mine = dir / "mine", lock = dir / "state/lock";
    { (void)!std::system(("echo private > " + mine).c_str()); }
    for (const auto link : {&::symlink, &::link}) {
        REQUIRE(link(mine.c_str(), lock.c_str()) == 0);
        (void)lock_instance(dir / "state").ok();
        struct stat info {};
        REQUIRE(::stat(mine.c_str(), &info) == 0);
        CHECK(info.st_uid == 0);
        REQUIRE(::unlink(lock.c_str()) == 0);
    }
}

TEST_CASE("a second holder of the state directory is refused until the first is gone") {
    const TempDir dir;
    CHECK_FALSE(instance_running(dir.path()));
    auto first = lock_instance(dir.path());
    REQUIRE(first.ok());
    CHECK(instance_running(dir.path()));

    const auto second = lock_instance(dir.path());
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().kind == ErrorKind::Rejected);
    CHECK(second.error().message.find(dir.path()) != std::string::npos);
    CHECK(instance_running(dir.path()));

    first->reset();
    CHECK_FALSE(instance_running(dir.path()));
    CHECK(lock_instance(dir.path()).ok());
}

TEST_CASE("looking for a running instance never gets in the way of one that starts") {
    const TempDir dir;
    { const auto made = lock_instance(dir.path()); }
    const pid_t looker = spawn([&] {
        for (int i = 0; i < 5000; ++i) (void)instance_running(dir.path());
        return 0;
    });
    bool refused = false;
    for (int i = 0; i < 2000; ++i) refused = refused || !lock_instance(dir.path()).ok();
    CHECK_FALSE(refused);
    CHECK(wait_for(looker) == 0);
}

TEST_CASE("a killed holder leaves no lock behind") {
    const TempDir dir;
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t holder = spawn([&] {
        const auto lock = lock_instance(dir.path());
        if (::write(ready[1], "x", 1) != 1) return 1;
        ::pause();
        return lock.ok() ? 0 : 1;
    });
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    CHECK(lock_instance(dir.path()).error().kind == ErrorKind::Rejected);
    ::kill(holder, SIGKILL);
    CHECK(wait_for(holder) == -SIGKILL);
    CHECK(lock_instance(dir.path()).ok());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("a state directory that does not exist is Gone and is not made") {
    const TempDir dir;
    CHECK(lock_instance(dir / "none").error().kind == ErrorKind::Gone);
    CHECK_FALSE(instance_running(dir / "none"));
    CHECK_FALSE(std::filesystem::exists(dir / "none"));
}
