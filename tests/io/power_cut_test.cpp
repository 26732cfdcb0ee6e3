// What the store and the files beside it promise about a power cut: what was acknowledged is there, whole; what was not
// is there whole or not at all.

#include "disk.hpp"
#include "io/file.hpp"
#include "io/lmdb.hpp"
#include "io/next.hpp"
#include "io/seal.hpp"
#include "support.hpp"

#include <array>
#include <utility>

using namespace hotdesk;
using namespace hotdesk::io;
using namespace hotdesk::test;

namespace {

using Records = std::map<std::pair<Table, std::string>, std::string>;

constexpr std::array all_tables{Table::Meta,   Table::Desk,    Table::Outbox,
                                Table::Record, Table::Request, Table::SpentCode};

Result<std::unique_ptr<Store>> open_in(const std::string& directory, bool create = true) {
    StoreOptions options{directory, create};
    options.first_map_size = 256 * 1024;  // it is to grow in the test
    return open_store(options, std::move(*make_sealer(Secret(std::string(key_bytes, 'k')))));
}

std::unique_ptr<Store> need(Result<std::unique_ptr<Store>> opened) {
    if (!opened.ok()) FAIL(opened.error().message);
    return std::move(*opened);
}

/// Where a write through O_DSYNC costs nothing, if there is such a place.
std::filesystem::path in_memory() {
    return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
}

Records all_of(Store& store) {
    Records found;
    for (const Table table : all_tables) {
        const auto scanned = store.scan(table, "", [&](std::string_view key, std::string_view value) {
            found[{table, std::string{key}}] = value;
            return true;
        });
        if (!scanned.ok()) FAIL(scanned.error().message);
    }
    return found;
}

Records with(Records records, const std::vector<Change>& changes) {
    for (const auto& [table, key, value] : changes)
        if (value)
            records[{table, key}] = *value;
        else
            records.erase({table, key});
    return records;
}

/// A commit as the worker makes them: ten records of 500 bytes more or less, now and then one of many pages, what is
/// answered leaves the outbox, and sometimes much of the old record goes at once.
std::vector<Change> next_changes(Chance& chance, const Records& records) {
    std::vector<Change> changes;
    const auto number = [&](std::size_t below) { return std::to_string(chance() % below); };
    const auto text = [&](std::size_t most) {
        return std::string(1 + chance() % most, static_cast<char>('a' + chance() % 26));
    };
    for (std::size_t i = chance() % 4 + 3; i > 0; --i)
        changes.push_back({Table::Desk, "desk-" + number(40), text(1000)});
    for (std::size_t i = chance() % 4; i > 0; --i) {
        const std::string seq = std::to_string(1000000 + records.size()) + number(1000);
        changes.push_back({Table::Record, seq, text(900)});
        changes.push_back({Table::Outbox, seq, text(500)});
        changes.push_back({Table::Meta, "next-seq", seq});
    }
    if (chance() % 4 == 0) changes.push_back({Table::Meta, "large-" + number(3), text(60000)});
    const auto dropped_of_ten = chance() % 8 == 0 ? 9U : 1U;
    for (const auto& [key, value] : records)
        if (key.first != Table::Desk && chance() % 10 < dropped_of_ten)
            changes.push_back({key.first, key.second, std::nullopt});
    return changes;
}

/// Every directory that a cut has left, with whether the commit under way was acknowledged by then.
struct Cuts {
    explicit Cuts(std::string where) : directory(std::move(where)) {}
    std::string directory;
    std::vector<std::pair<std::string, bool>> all;

    void take(const Disk& disk, Chance& chance, bool acknowledged) {
        const std::string copy = directory + "/" + std::to_string(count++);
        disk.cut(chance, copy);
        all.emplace_back(copy, acknowledged);
    }
    void clear() {
        for (const auto& [path, acknowledged] : all) std::filesystem::remove_all(path);
        all.clear();
    }

private:
    int count = 0;
};

}  // namespace

TEST_CASE("after a power cut every acknowledged commit is there, and the one under way whole or not at all") {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Chance chance(seed);
        const TempDir dir(in_memory());
        Cuts cuts(dir.path());
        std::string home = dir / "home";
        std::filesystem::create_directory(home);
        Records records;
        std::size_t without = 0, with_it = 0, steps = 0;
        for (int generation = 0; generation < 4; ++generation) {
            Disk disk(home);
            auto store = need(open_in(home + "/state"));
            REQUIRE(all_of(*store) == records);
            std::string left;
            Records in_left;
            for (int i = 0; i < 12; ++i) {
                INFO("seed " << seed << ", generation " << generation << ", commit " << i);
                const auto changes = next_changes(chance, records);
                const Records after = with(records, changes);
                disk.at_step = [&] {
                    if (chance() % 6 == 0) cuts.take(disk, chance, false);
                };
                REQUIRE(store->commit(changes).ok());
                disk.at_step = nullptr;
                cuts.take(disk, chance, true);
                for (const auto& [path, acknowledged] : cuts.all) {
                    const Records found = all_of(*need(open_in(path + "/state")));
                    const bool whole = found == after, none = found == records;
                    REQUIRE((whole || (none && !acknowledged)));
                    if (!acknowledged) ++(whole ? with_it : without);
                }
                if (const auto& cut = cuts.all[chance() % cuts.all.size()]; i > 6 || left.empty()) {
                    std::filesystem::remove_all(left);
                    left = home + "-then";
                    std::filesystem::rename(cut.first, left);
                    in_left = all_of(*need(open_in(left + "/state")));
                }
                cuts.clear();
                records = after;
            }
            steps += disk.steps();
            store.reset();
            home = left;  // the power is back
            records = in_left;
            std::filesystem::rename(home, dir / ("home-" + std::to_string(generation)));
            home = dir / ("home-" + std::to_string(generation));
        }
        CHECK(steps > 300);  // else LMDB goes past what the test stands before
        CHECK(without > 10);
    }
}

namespace {

/// A state with one commit, and the next one.
struct OneCommit {
    OneCommit() {
        std::filesystem::create_directory(home);
        disk.emplace(home);
        store = need(open_in(home + "/state"));
        REQUIRE(store->commit(first).ok());
    }
    const TempDir dir{in_memory()};
    const std::string home = dir / "home";
    std::optional<Disk> disk;
    const std::vector<Change> first{{Table::Outbox, "1", "sign out"}}, second{{Table::Outbox, "2", "sign out"}};
    std::unique_ptr<Store> store;
};

}  // namespace

TEST_CASE_METHOD(OneCommit, "a commit that the disk refuses is as good as never made, and can be made again") {
    disk->fails_to_sync = true;
    for (int tries = 0; tries < 3; ++tries) {
        const auto failed = store->commit(second);
        REQUIRE_FALSE(failed.ok());
        CHECK(failed.error().message.find("Input/output error") != std::string::npos);
        CHECK_FALSE(store->broken());
        CHECK(all_of(*store) == with({}, first));
    }
    disk->fails_to_sync = false;
    REQUIRE(store->commit(second).ok());
    Chance chance(1);
    disk->cut(chance, dir / "cut");
    CHECK(all_of(*need(open_in(dir / "cut" + "/state"))) == with(with({}, first), second));
}

TEST_CASE_METHOD(OneCommit,
                 "a commit that fails in its last write leaves a store of no more use, and a state that is whole") {
    disk->fails_to_write_synced = true;
    CHECK_FALSE(store->commit(second).ok());
    disk->fails_to_write_synced = false;
    const auto again = store->commit(second);  // LMDB refuses for good
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().message.find("start the process again") != std::string::npos);
    CHECK(store->broken());
    CHECK_FALSE(store->get(Table::Outbox, "1").ok());
    store.reset();
    store = need(open_in(home + "/state"));
    CHECK_FALSE(store->broken());
    CHECK(all_of(*store) == with({}, first));
    CHECK(store->commit(second).ok());
}

TEST_CASE("a power cut while the state is made for the first time leaves a place where it can be made") {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        Chance chance(seed);
        const TempDir dir(in_memory());
        Cuts cuts(dir.path());
        const std::string home = dir / "home";
        std::filesystem::create_directory(home);
        const std::vector<Change> changes{{Table::Meta, "schema", "2"}, {Table::Meta, "current", "an activation"}};
        {
            Disk disk(home);
            disk.at_step = [&] { cuts.take(disk, chance, false); };
            auto store = need(open_in(home + "/state"));
            REQUIRE(store->commit(changes).ok());
            disk.at_step = nullptr;
            cuts.take(disk, chance, true);
        }
        for (const auto& [path, acknowledged] : cuts.all) {
            INFO(path);
            if (auto there = open_in(path + "/state", false); there.ok()) {
                const Records found = all_of(**there);
                CHECK((found == with({}, changes) || (found.empty() && !acknowledged)));
            } else {
                CHECK(there.error().kind == ErrorKind::Gone);
                CHECK_FALSE(acknowledged);
            }
            const auto store = need(open_in(path + "/state"));
            REQUIRE(store->commit(changes).ok());
            CHECK(all_of(*store) == with({}, changes));
        }
    }
}

TEST_CASE("what is read when the state is opened stays, though the process before was killed before it was synced") {
    // The worker sends what it finds in the outbox. A commit that it saw only in the kernel's memory was gone with the
    // power, and with it the word of what had been sent.
    Chance chance(1);
    const TempDir dir(in_memory());
    const std::string home = dir / "home";
    std::filesystem::create_directory(home);
    Disk disk(home);
    const std::vector<Change> changes{{Table::Outbox, "1", "sign out"}};
    {
        auto store = need(open_in(home + "/state"));
        disk.kills_in_synced_writes = true;
        REQUIRE(store->commit(changes).ok());  // which nobody got to hear
        disk.kills_in_synced_writes = false;
    }
    const auto store = need(open_in(home + "/state"));
    REQUIRE(all_of(*store) == with({}, changes));
    for (int i = 0; i < 20; ++i) {
        const std::string copy = dir / std::to_string(i);
        disk.cut(chance, copy);
        CHECK(all_of(*need(open_in(copy + "/state"))) == with({}, changes));
    }
}

TEST_CASE("a power cut while a file is made leaves it whole or not there at all") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        Chance chance(seed);
        const TempDir dir(in_memory());
        Cuts cuts(dir.path());
        const std::string home = dir / "home", text(3000, 'x');
        std::filesystem::create_directory(home);
        Disk disk(home);
        disk.at_step = [&] { cuts.take(disk, chance, false); };
        REQUIRE(create_file(home + "/file", text, 0600).ok());
        disk.at_step = nullptr;
        cuts.take(disk, chance, true);
        for (const auto& [path, acknowledged] : cuts.all) {
            const auto found = read_file(path + "/file", 100000);
            CHECK((found.ok() ? *found == text : found.error().kind == ErrorKind::Gone && !acknowledged));
            if (!found.ok()) CHECK(create_file(path + "/file", text, 0600).ok());
        }
    }
}

TEST_CASE("a power cut while a file is replaced leaves the old one or the new one") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        Chance chance(seed);
        const TempDir dir(in_memory());
        Cuts cuts(dir.path());
        const std::string home = dir / "home", old(700, 'o'), young(3000, 'y');
        std::filesystem::create_directory(home);
        REQUIRE(create_file(home + "/file", old, 0600).ok());
        Disk disk(home);
        disk.at_step = [&] { cuts.take(disk, chance, false); };
        REQUIRE(replace_file(home + "/file", young, 0600).ok());
        disk.at_step = nullptr;
        cuts.take(disk, chance, true);
        for (const auto& [path, acknowledged] : cuts.all) {
            const auto found = read_file(path + "/file", 100000);
            CHECK((found.ok() && (*found == young || (*found == old && !acknowledged))));
        }
    }
}

TEST_CASE("a power cut while a new state takes the old one's place leaves one of them, and the old one as its backup") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        Chance chance(seed);
        const TempDir dir(in_memory());
        Cuts cuts(dir.path());
        const std::string home = dir / "home", state = home + "/state";
        std::filesystem::create_directory(home);
        const std::vector<Change> old{{Table::Record, "r", "old"}}, young{{Table::Record, "r", "young"}};
        REQUIRE(need(open_in(state))->commit(old).ok());
        Disk disk(home);
        disk.at_step = [&] { cuts.take(disk, chance, false); };
        const auto next = make_next(state);
        REQUIRE(next.ok());
        REQUIRE(need(open_in(*next))->commit(young).ok());
        REQUIRE(put_next_in_place(state, "data.mdb.before").ok());
        disk.at_step = nullptr;
        cuts.take(disk, chance, true);
        for (const auto& [path, acknowledged] : cuts.all) {
            discard_next(path + "/state");  // as the worker begins
            const Records found = all_of(*need(open_in(path + "/state", false)));
            REQUIRE((found == with({}, young) || (found == with({}, old) && !acknowledged)));
            if (found == with({}, old)) continue;
            std::filesystem::create_directory(path + "/back");
            REQUIRE(std::filesystem::exists(path + "/state/data.mdb.before"));
            std::filesystem::rename(path + "/state/data.mdb.before", path + "/back/data.mdb");
            CHECK(all_of(*need(open_in(path + "/back", false))) == with({}, old));
        }
    }
}
