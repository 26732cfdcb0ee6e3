#include "io/lmdb.hpp"

#include "io/seal.hpp"
#include "support.hpp"

#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <csignal>
#include <map>

using namespace hotdesk;
using namespace hotdesk::io;
using namespace hotdesk::test;

namespace {

std::unique_ptr<Sealer> sealer_of(char fill) { return std::move(*make_sealer(Secret(std::string(key_bytes, fill)))); }

StoreOptions in(const std::string& directory, bool create = true) {
    StoreOptions options;
    options.directory = directory;
    options.create = create;
    return options;
}

std::unique_ptr<Store> open_in(const std::string& directory) {
    auto opened = open_store(in(directory), sealer_of('k'));
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
}

Result<void> put(Store& store, Table table, const std::string& key, const std::string& value) {
    const Change change{table, key, value};
    return store.commit({&change, 1});
}

std::map<std::string, std::string> all(Store& store, Table table, std::string_view from = {}) {
    std::map<std::string, std::string> found;
    const auto scanned = store.scan(table, from, [&](std::string_view key, std::string_view value) {
        found.emplace(key, value);
        return true;
    });
    REQUIRE(scanned.ok());
    return found;
}

/// A pipe between a test and its child.
struct Pipe {
    int fds[2];
    Pipe() { REQUIRE(::pipe(fds) == 0); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        ::close(fds[0]);
        ::close(fds[1]);
    }
    void say() const { (void)!::write(fds[1], "x", 1); }
    bool hear() const {
        char byte = 0;
        return ::read(fds[0], &byte, 1) == 1;
    }
};

}  // namespace

TEST_CASE("what was committed is read back, also after opening again") {
    const TempDir dir;
    const auto path = dir / "state";
    {
        const auto store = open_in(path);
        const std::vector<Change> changes{{Table::Desk, "d1", "one"},
                                          {Table::Desk, std::string("d\0z", 3), std::string("two\0", 4)},
                                          {Table::Meta, "d1", ""}};
        REQUIRE(store->commit(changes).ok());
        CHECK(*store->get(Table::Desk, "d1") == "one");
    }
    auto reopened = open_store(in(path, false), sealer_of('k'));
    REQUIRE(reopened.ok());
    Store& store = **reopened;
    CHECK(*store.get(Table::Desk, "d1") == "one");
    CHECK(*store.get(Table::Meta, "d1") == "");
    CHECK(*store.get(Table::Desk, std::string_view("d\0z", 3)) == std::string("two\0", 4));
    CHECK(*store.get(Table::Outbox, "d1") == std::nullopt);
    REQUIRE(store.commit(std::vector<Change>{{Table::Desk, "d1", std::nullopt}, {Table::Desk, "never", std::nullopt}})
                .ok());
    CHECK(*store.get(Table::Desk, "d1") == std::nullopt);

    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
    for (const char* const name : {"/data.mdb", "/lock.mdb"}) {
        REQUIRE(::stat((path + name).c_str(), &info) == 0);
        CHECK((info.st_mode & 0777) == 0600);
    }
}

TEST_CASE("a scan visits one table in unsigned key order from a given key, until it is told to stop") {
    const TempDir dir;
    const auto store = open_in(dir / "state");
    for (const char* const key : {"b", "a", "\xff", "ab", "\x01"}) REQUIRE(put(*store, Table::Record, key, key).ok());
    REQUIRE(put(*store, Table::Outbox, "aa", "other table").ok());
    std::string order;
    const auto note = [&](std::string_view key, std::string_view) {
        order += key;
        order += ' ';
        return key != "b";
    };
    REQUIRE(store->scan(Table::Record, "", note).ok());
    CHECK(order == "\x01 a ab b ");
    CHECK(all(*store, Table::Record, "aa").size() == 3);
    CHECK(all(*store, Table::Record, "\xff\xff").empty());
    CHECK(all(*store, Table::Desk).empty());
}

TEST_CASE("inside a scan get reads the same snapshot and commit is refused") {
    const TempDir dir;
    const auto store = open_in(dir / "state");
    REQUIRE(put(*store, Table::Desk, "d", "1").ok());
    int visits = 0;
    REQUIRE(store
                ->scan(Table::Desk, "",
                       [&](std::string_view key, std::string_view) {
                           CHECK(*store->get(Table::Desk, key) == "1");
                           CHECK(put(*store, Table::Desk, "e", "2").error().kind == ErrorKind::Rejected);
                           CHECK(all(*store, Table::Desk).size() == 1);
                           ++visits;
                           return true;
                       })
                .ok());
    CHECK(visits == 1);
    CHECK(put(*store, Table::Desk, "e", "2").ok());
}

TEST_CASE("keys that LMDB cannot hold are Rejected and nothing of the commit is kept") {
    const TempDir dir;
    const auto store = open_in(dir / "state");
    for (const std::string& key : {std::string(), std::string(512, 'k')}) {
        const std::vector<Change> changes{{Table::Desk, "good", "1"}, {Table::Desk, key, "2"}};
        CHECK(store->commit(changes).error().kind == ErrorKind::Rejected);
        CHECK(store->get(Table::Desk, key).error().kind == ErrorKind::Rejected);
    }
    CHECK(all(*store, Table::Desk).empty());
    REQUIRE(put(*store, Table::Desk, std::string(511, 'k'), "1").ok());
    CHECK(*store->get(Table::Desk, std::string(511, 'k')) == "1");
}

TEST_CASE("without a state and without the wish to make one it is Gone, and nothing is made") {
    const TempDir dir;
    const auto opened = open_store(in(dir / "state", false), sealer_of('k'));
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == ErrorKind::Gone);
    CHECK_FALSE(std::filesystem::exists(dir / "state"));
    CHECK(open_store(in(dir.path(), false), sealer_of('k')).error().kind == ErrorKind::Gone);
    CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("a record that does not open is Corrupt, names its table and shows no contents") {
    const TempDir dir;
    { REQUIRE(put(*open_in(dir / "state"), Table::Meta, "activation", "topsecret").ok()); }
    auto opened = open_store(in(dir / "state", false), sealer_of('j'));
    REQUIRE(opened.ok());
    for (const Error& error : {(*opened)->get(Table::Meta, "activation").error(),
                               (*opened)->scan(Table::Meta, "", [](auto, auto) { return true; }).error()}) {
        CHECK(error.kind == ErrorKind::Corrupt);
        CHECK(error.message.find("table meta") != std::string::npos);
        CHECK(error.message.find("another key") != std::string::npos);
        CHECK(error.message.find("topsecret") == std::string::npos);
    }
}

TEST_CASE("values are sealed: neither readable on the disk nor movable to another record") {
    // A sealer that lets a test carry a sealed value from one place to another.
    struct Thief final : Sealer {
        std::unique_ptr<Sealer> real = sealer_of('k');
        std::string loot;
        std::string seal(std::string_view context, std::string_view plain) override {
            if (plain.ends_with("swap")) return loot;
            return loot = real->seal(context, plain);
        }
        Result<std::string> open(std::string_view context, std::string_view sealed) override {
            return real->open(context, sealed);
        }
        std::string hide(std::string_view name) override { return real->hide(name); }
    };
    const TempDir dir;
    auto store = std::move(*open_store(in(dir / "state"), std::make_unique<Thief>()));
    REQUIRE(put(*store, Table::Desk, "d1", "someone@example.com").ok());
    REQUIRE(put(*store, Table::Desk, "d2", "swap").ok());
    CHECK(*store->get(Table::Desk, "d1") == "someone@example.com");
    CHECK(store->get(Table::Desk, "d2").error().kind == ErrorKind::Corrupt);
    REQUIRE(put(*store, Table::Record, "d1", "swap").ok());
    CHECK(store->get(Table::Record, "d1").error().kind == ErrorKind::Corrupt);
    CHECK(std::system(("grep -q someone " + (dir / "state/data.mdb")).c_str()) != 0);
}

TEST_CASE("a device's id and a used code's stand nowhere in the file, and come back from a scan as they were") {
    const TempDir dir;
    const std::string device = "Y2lzY29zcGFyazovL3VzL0RFVklDRS8x", jti = "jti-of-a-used-code";
    const auto found = [&](const std::string& text) {
        return std::system(("grep -q " + text + " " + (dir / "state/data.mdb")).c_str()) == 0;
    };
    {
        auto options = in(dir / "state");
        options.plain_keys = true;  // as it was: the search does find what is there
        const auto store = std::move(*open_store(options, sealer_of('k')));
        REQUIRE(put(*store, Table::Desk, device, "v").ok());
        CHECK(found(device));
    }
    std::filesystem::remove_all(dir / "state");
    const auto store = open_in(dir / "state");
    REQUIRE(put(*store, Table::Desk, device, "a value with " + device).ok());
    REQUIRE(put(*store, Table::Desk, device, "another").ok());
    REQUIRE(put(*store, Table::SpentCode, jti, "").ok());
    REQUIRE(put(*store, Table::Record, "r", device).ok());
    CHECK_FALSE(found(device));
    CHECK_FALSE(found(jti));
    CHECK(*store->get(Table::Desk, device) == "another");
    CHECK(*store->get(Table::SpentCode, jti) == "");
    CHECK(all(*store, Table::Desk) == std::map<std::string, std::string>{{device, "another"}});
    CHECK(all(*store, Table::SpentCode) == std::map<std::string, std::string>{{jti, ""}});
    const auto refused = store->scan(Table::Desk, "Y", [](auto, auto) { return true; });
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::Rejected);
    REQUIRE(store->commit(std::vector<Change>{{Table::Desk, device, std::nullopt}}).ok());
    CHECK(all(*store, Table::Desk).empty());
}

TEST_CASE("root hands over no file that the state's owner has linked into it") {
    // The owner of the state directory could have had any file of the system given to them by the next command of root.
    if (::geteuid() != 0) {
        WARN("skipped: needs root");
        return;
    }
    const TempDir dir;
    const auto path = dir / "state", mine = dir / "mine";
    { (void)!std::system(("echo private > " + mine).c_str()); }
    for (const char* const name : {"/data.mdb", "/lock.mdb"})
        for (const auto link : {&::symlink, &::link}) {
            INFO(name);
            std::filesystem::remove_all(path);
            REQUIRE(put(*open_in(path), Table::Meta, "a", "1").ok());
            REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
            REQUIRE(::unlink((path + name).c_str()) == 0);
            REQUIRE(link(mine.c_str(), (path + name).c_str()) == 0);
            (void)open_store(in(path), sealer_of('k')).ok();
            struct stat info {};
            REQUIRE(::stat(mine.c_str(), &info) == 0);
            CHECK(info.st_uid == 0);
        }
}

TEST_CASE("root writes to no file that the state's owner has linked into it, not even to read the state") {
    // LMDB fills its lock file whoever opens the state: `hotdeskd status` by root would have filled any file, or made
    // it.
    if (::geteuid() != 0) {
        WARN("skipped: needs root");
        return;
    }
    const TempDir dir;
    const auto path = dir / "state", mine = dir / "mine", made = dir / "made";
    { (void)!std::system(("echo private > " + mine).c_str()); }
    REQUIRE(put(*open_in(path), Table::Meta, "a", "1").ok());
    REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
    REQUIRE(put(*open_in(path), Table::Meta, "a", "2").ok());  // which gives the owner the files
    auto reading = in(path);
    reading.create = false;
    reading.read_only = true;
    CHECK(open_store(reading, sealer_of('k')).ok());
    for (const auto& target : {mine, made}) {
        REQUIRE(::unlink((path + "/lock.mdb").c_str()) == 0);
        REQUIRE(::symlink(target.c_str(), (path + "/lock.mdb").c_str()) == 0);
        CHECK_FALSE(open_store(reading, sealer_of('k')).ok());
    }
    CHECK(std::filesystem::file_size(mine) == 8);
    CHECK_FALSE(std::filesystem::exists(made));
    CHECK((::setfsuid(static_cast<uid_t>(-1)) == 0 && std::filesystem::current_path() != path));  // root again
}

TEST_CASE("a state outgrows its map, and other processes follow") {
    const TempDir dir;
    auto options = in(dir / "state");
    options.first_map_size = 256 * 1024;
    Pipe opened, grown;
    REQUIRE(open_store(options, sealer_of('k')).ok());
    const pid_t reader = spawn([&] {
        const auto store = open_in(dir / "state");
        if (!store->get(Table::Desk, "0").ok()) return 1;
        opened.say();
        if (!grown.hear()) return 2;
        const auto last = store->get(Table::Desk, "299");
        if (!last.ok() || !last->has_value()) return 3;
        return put(*store, Table::Request, "r", std::string(200000, 'r')).ok() ? 0 : 4;
    });
    REQUIRE(opened.hear());
    auto store = std::move(*open_store(options, sealer_of('k')));
    for (int i = 0; i < 300; ++i) REQUIRE(put(*store, Table::Desk, std::to_string(i), std::string(10000, 'v')).ok());
    grown.say();
    REQUIRE(wait_for(reader) == 0);
    CHECK(store->get(Table::Request, "r")->value().size() == 200000);
    CHECK(all(*store, Table::Desk).size() == 300);
    // One commit that is many times larger than what is left.
    REQUIRE(put(*store, Table::Meta, "big", std::string(20 << 20, 'b')).ok());
    CHECK(store->get(Table::Meta, "big")->value().size() == 20 << 20);
}

TEST_CASE("a state at its largest size refuses, says so, and keeps what it has") {
    const TempDir dir;
    auto options = in(dir / "state");
    options.first_map_size = options.max_map_size = 256 * 1024;
    auto store = std::move(*open_store(options, sealer_of('k')));
    REQUIRE(put(*store, Table::Desk, "d", "1").ok());
    const std::vector<Change> changes{{Table::Desk, "d", "2"}, {Table::Desk, "e", std::string(1 << 20, 'e')}};
    const auto refused = store->commit(changes);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::Fatal);
    CHECK(refused.error().message.find("largest size") != std::string::npos);
    CHECK(*store->get(Table::Desk, "d") == "1");
    CHECK(put(*store, Table::Desk, "d", "3").ok());
}

TEST_CASE("a reader in another process sees whole commits only, and writers take turns") {
    const TempDir dir;
    constexpr int rounds = 200;
    { REQUIRE(open_store(in(dir / "state"), sealer_of('k')).ok()); }
    const auto write_rounds = [&](const std::string& who) {
        const auto store = open_in(dir / "state");
        for (int i = 0; i < rounds; ++i) {
            const auto text = std::to_string(i);
            const std::vector<Change> both{{Table::Desk, who + "a", text}, {Table::Outbox, who + "b", text}};
            if (!store->commit(both).ok()) return 1;
        }
        return 0;
    };
    const pid_t one = spawn([&] { return write_rounds("one"); });
    const pid_t two = spawn([&] { return write_rounds("two"); });
    const auto store = open_in(dir / "state");
    bool torn = false, over = false;
    while (!over) {
        const bool read = store
                              ->scan(Table::Desk, "",
                                     [&](std::string_view key, std::string_view value) {
                                         std::string other(key);
                                         other.back() = 'b';
                                         torn = torn || *store->get(Table::Outbox, other) != std::string(value);
                                         return true;
                                     })
                              .ok();
        if (!read) torn = true;
        over = torn || (*store->get(Table::Desk, "onea") == "199" && *store->get(Table::Desk, "twoa") == "199");
    }
    CHECK_FALSE(torn);
    CHECK(wait_for(one) == 0);
    CHECK(wait_for(two) == 0);
}

TEST_CASE("a writer killed at any moment loses nothing that was acknowledged") {
    const TempDir dir;
    int before = -1;
    for (int kill_number = 0; kill_number < 20; ++kill_number) {
        Pipe acknowledged;
        const pid_t writer = spawn([&] {
            const auto store = open_in(dir / "state");
            for (int i = before + 1;; ++i) {
                const auto text = std::to_string(i);
                const std::vector<Change> both{{Table::Meta, "last", text},
                                               {Table::Record, text, std::string(300, 'r')}};
                if (!store->commit(both).ok()) return 1;
                if (::write(acknowledged.fds[1], &i, sizeof i) != sizeof i) return 2;
            }
        });
        int last = -1;
        for (int heard = 0; heard < 1 + kill_number % 7; ++heard)
            REQUIRE(::read(acknowledged.fds[0], &last, sizeof last) == sizeof last);
        ::kill(writer, SIGKILL);
        REQUIRE(wait_for(writer) == -SIGKILL);
        ::close(std::exchange(acknowledged.fds[1], -1));
        while (::read(acknowledged.fds[0], &last, sizeof last) == sizeof last) {
        }
        const auto store = open_in(dir / "state");
        const int kept = std::stoi(store->get(Table::Meta, "last")->value());
        REQUIRE(kept >= last);
        REQUIRE(kept <= last + 1);  // at most the one whose acknowledgement was cut off
        REQUIRE(all(*store, Table::Record).size() == static_cast<std::size_t>(kept) + 1);
        before = kept;
    }
}

TEST_CASE("a full disk refuses the commit with the remedy, changes nothing, and recovers when there is space") {
    const TempDir dir;
    if (::mount("none", dir.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
        WARN("skipped: mounting a small tmpfs is not permitted here");
        return;
    }
    const std::string filler = dir / "filler";
    {
        const auto store = open_in(dir / "state");
        REQUIRE(put(*store, Table::Desk, "d", "1").ok());
        (void)!std::system(("head -c 2000000 /dev/zero > " + filler + " 2>/dev/null").c_str());
        const auto refused = put(*store, Table::Desk, "d", std::string(100000, 'x'));
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().kind == ErrorKind::Fatal);
        CHECK(refused.error().message.find("disk is full") != std::string::npos);
        CHECK(refused.error().message.find(dir / "state") != std::string::npos);
        CHECK(*store->get(Table::Desk, "d") == "1");
        // Not even a new state can be made, and that ends in words, not in a signal.
        const pid_t other = spawn([&] {
            const auto opened = open_store(in(dir / "other"), sealer_of('k'));
            return !opened.ok() && opened.error().kind == ErrorKind::Fatal ? 0 : 1;
        });
        CHECK(wait_for(other) == 0);
        std::filesystem::remove(filler);
        CHECK(put(*store, Table::Desk, "d", std::string(100000, 'x')).ok());
    }
    CHECK(::umount(dir.path().c_str()) == 0);
}

TEST_CASE("a state on a read-only file system can be read and not written") {
    const TempDir dir;
    if (::mount("none", dir.path().c_str(), "tmpfs", 0, "size=4m") != 0) {
        WARN("skipped: mounting a tmpfs is not permitted here");
        return;
    }
    { REQUIRE(put(*open_in(dir / "state"), Table::Desk, "d", "1").ok()); }
    REQUIRE(::mount("none", dir.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
    {
        auto options = in(dir / "state", false);
        options.read_only = true;
        auto store = open_store(options, sealer_of('k'));
        REQUIRE(store.ok());
        CHECK(*(*store)->get(Table::Desk, "d") == "1");
        CHECK(put(**store, Table::Desk, "d", "2").error().kind == ErrorKind::Rejected);
    }
    const auto writable = open_store(in(dir / "state"), sealer_of('k'));
    REQUIRE_FALSE(writable.ok());
    CHECK(writable.error().kind == ErrorKind::Fatal);
    CHECK(writable.error().message.find("read-only") != std::string::npos);
    CHECK(::umount(dir.path().c_str()) == 0);
}
