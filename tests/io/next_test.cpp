#include "io/next.hpp"

#include "io/lmdb.hpp"
#include "io/lock.hpp"
#include "io/seal.hpp"
#include "support.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <chrono>
#include <csignal>
#include <fstream>

using namespace hotdesk;
using namespace hotdesk::io;
using namespace hotdesk::test;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<Store> open_in(const std::string& directory, bool create = true) {
    auto opened = open_store({directory, create}, std::move(*make_sealer(Secret(std::string(key_bytes, 'k')))));
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
}

void put(Store& store, const std::string& key, const std::string& value) {
    const Change change{Table::Record, key, value};
    REQUIRE(store.commit({&change, 1}).ok());
}

std::string value_in(const std::string& directory) {
    return open_in(directory, false)->get(Table::Record, "r")->value_or("none");
}

}  // namespace

TEST_CASE("the new state takes the old one's place, and the old one stays under its other name") {
    const TempDir dir;
    const auto path = dir / "state";
    put(*open_in(path), "r", "old");
    if (::geteuid() == 0) REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
    for (const std::string text : {"new", "newer"}) {
        const auto next = make_next(path);
        REQUIRE(next.ok());
        put(*open_in(*next), "r", text);
        REQUIRE(put_next_in_place(path, "data.mdb.before").ok());
        CHECK(value_in(path) == text);
        CHECK_FALSE(std::filesystem::exists(*next));
    }
    std::filesystem::create_directory(dir / "back");
    std::filesystem::copy_file(path + "/data.mdb.before", dir / "back/data.mdb");
    CHECK(value_in(dir / "back") == "new");
    struct stat info {};
    for (const char* const name : {"/data.mdb", "/data.mdb.before", "/lock.mdb"}) {
        REQUIRE(::stat((path + name).c_str(), &info) == 0);
        CHECK((info.st_mode & 07777) == 0600);
        if (::geteuid() == 0) CHECK(info.st_uid == 12345);
    }
}

TEST_CASE("what was left of a new state that was never finished is in nobody's way") {
    const TempDir dir;
    const auto path = dir / "state";
    put(*open_in(path), "r", "old");
    {
        const auto next = make_next(path);
        put(*open_in(*next), "half", "new");
    }
    CHECK(value_in(path) == "old");
    const auto next = make_next(path);
    REQUIRE(next.ok());
    CHECK(std::filesystem::is_empty(*next));
    discard_next(path);
    CHECK_FALSE(std::filesystem::exists(*next));
    CHECK_FALSE(put_next_in_place(path, "").ok());
    CHECK(value_in(path) == "old");
}

TEST_CASE("a directory that is linked in the new state's place is left alone") {
    // The state's owner could have had root clear out, or carry off, the state of another organization.
    const TempDir dir;
    const auto path = dir / "state", other = dir / "other";
    put(*open_in(path), "r", "ours");
    put(*open_in(other), "r", "theirs");
    std::filesystem::create_directory_symlink(other, path + "/next");
    discard_next(path);
    CHECK_FALSE(make_next(path).ok());
    CHECK_FALSE(put_next_in_place(path, "").ok());
    CHECK(value_in(path) == "ours");
    CHECK(value_in(other) == "theirs");
}

TEST_CASE("nobody holds a state alone that another process has open, and nobody opens it meanwhile") {
    const TempDir dir;
    const auto path = dir / "state";
    put(*open_in(path), "r", "old");
    int opened[2], go[2];
    REQUIRE(::pipe(opened) == 0);
    REQUIRE(::pipe(go) == 0);
    char byte = 'x';
    const pid_t reader = spawn([&] {
        auto store = open_store({path, false, true}, nullptr);
        if (!store.ok() || ::write(opened[1], &byte, 1) != 1 || ::read(go[0], &byte, 1) != 1) return 1;
        return 0;
    });
    REQUIRE(::read(opened[0], &byte, 1) == 1);
    const auto refused = hold_state_alone(path, 0ms);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::Rejected);
    CHECK(refused.error().message.find("log --follow") != std::string::npos);
    REQUIRE(::write(go[1], &byte, 1) == 1);
    REQUIRE(wait_for(reader) == 0);

    // It must be seen to wait, and then to meet the new state. (Forked before the lock is taken: it would inherit it.)
    const pid_t late = spawn([&] {
        if (::read(go[0], &byte, 1) != 1) return 1;
        const std::string value = value_in(path);
        return ::write(opened[1], &byte, 1) == 1 && value == "new" ? 0 : 2;
    });
    auto alone = hold_state_alone(path, 10s);
    REQUIRE(alone.ok());
    CHECK_FALSE(hold_state_alone(path, 0ms).ok());
    REQUIRE(::write(go[1], &byte, 1) == 1);
    {
        const auto next = make_next(path);
        put(*open_in(*next), "r", "new");
        REQUIRE(put_next_in_place(path, "").ok());
    }
    REQUIRE(::fcntl(opened[0], F_SETFL, O_NONBLOCK) == 0);
    CHECK(::read(opened[0], &byte, 1) == -1);
    alone->reset();
    CHECK(wait_for(late) == 0);
    CHECK(hold_state_alone(dir / "none", 0ms).error().kind == ErrorKind::Gone);
}

TEST_CASE("a reader that knows no such lock keeps the old state, and the new one is written to beside it") {
    // A process of an earlier version. LMDB would join both in one lock file, with the old file's numbers.
    const TempDir dir;
    const auto path = dir / "state";
    {
        const auto store = open_in(path);
        for (int i = 0; i < 50; ++i) put(*store, "r", "old");
    }
    int ready[2], go[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(go) == 0);
    char byte = 'x';
    const pid_t reader = spawn([&] {
        auto store =
            open_store({path, false, true, false, true}, std::move(*make_sealer(Secret(std::string(key_bytes, 'k')))));
        if (!store.ok() || ::write(ready[1], &byte, 1) != 1 || ::read(go[0], &byte, 1) != 1) return 1;
        return *(*store)->get(Table::Record, "r") == "old" ? 0 : 2;
    });
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    {
        const auto next = make_next(path);
        put(*open_in(*next), "r", "new");
        REQUIRE(put_next_in_place(path, "").ok());
    }
    for (int i = 0; i < 50; ++i) put(*open_in(path), "r", "newer");
    CHECK(value_in(path) == "newer");
    REQUIRE(::write(go[1], &byte, 1) == 1);
    CHECK(wait_for(reader) == 0);
}
