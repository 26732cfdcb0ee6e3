// A power cut while a whole state is made, gets another key or is brought up to date.

#include "../io/disk.hpp"
#include "../io/support.hpp"
#include "daemon/home.hpp"
#include "daemon/rekey.hpp"
#include "daemon/upgrade.hpp"
#include "io/file.hpp"
#include "records.hpp"

#include <sys/stat.h>
#include <optional>

using namespace hotdesk;
using namespace hotdesk::test;

CATCH_TRANSLATE_EXCEPTION(const Failure& failure) { return failure.message; }

namespace {

Config config_in(const std::string& directory) {
    Config config;
    config.state_directory = directory + "/state";
    config.key_file = directory + "/state.key";
    return config;
}

void say_nothing(std::string_view) {}

/// Empty: there is no state.
std::optional<Records> records_in(const Config& config) {
    StandingState standing;
    try {
        standing = find_state(config);
    } catch (const Failure& failure) {
        if (failure.code != Exit::NotActivated) throw;
        return std::nullopt;
    }
    return all_of(*standing.store);
}

/// A directory that a state is in, and what power cuts leave of it.
struct Place {
    explicit Place(unsigned seed) : chance(seed) { std::filesystem::create_directory(home); }

    /// Does it, and looks at what a power cut at any step would leave; `acknowledged`: it had been told as done.
    void each_cut(const std::function<void()>& act, const std::function<void(const Config&, bool acknowledged)>& look) {
        std::vector<std::string> cuts;
        Disk disk(home);
        const auto cut = [&] { disk.cut(chance, cuts.emplace_back(dir / std::to_string(cuts.size()))); };
        disk.at_step = [&] {
            for (int i = 0; i < 3; ++i) cut();
        };
        act();
        disk.at_step = nullptr;
        cut();
        for (const std::string& path : cuts) {
            INFO(path);
            look(config_in(path), &path == &cuts.back());
        }
    }

    Chance chance;
    TempDir dir{::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path()};
    std::string home = dir / "home";
    Config config = config_in(home);
};

}  // namespace

TEST_CASE("a power cut while the first activation makes the state and its key costs nothing but that attempt") {
    const std::vector<Change> changes{{Table::Meta, "current", "a"}, {Table::Meta, "activation:a", "tokens"}};
    for (unsigned seed = 1; seed <= 10; ++seed) {
        INFO("seed " << seed);
        Place place(seed);
        const auto activate = [&](const Config& config) {
            REQUIRE(open_state(config, StateUse::Create)->commit(changes).ok());
        };
        place.each_cut([&] { activate(place.config); },
                       [&](const Config& config, bool acknowledged) {
                           const auto found = records_in(config);
                           if (acknowledged) REQUIRE(found);
                           if (found) CHECK((found->size() == 2 || (found->empty() && !acknowledged)));
                           activate(config);
                           CHECK(records_in(config)->size() == 2);
                       });
    }
}

TEST_CASE("a power cut while a state gets another key leaves one that can be read, and the next rekey goes on") {
    for (unsigned seed = 1; seed <= 4; ++seed) {
        INFO("seed " << seed);
        Place place(seed);
        std::vector<Change> changes;
        for (int i = 0; i < 60; ++i) changes.push_back({Table::Desk, std::to_string(i), std::string(500, 'd')});
        REQUIRE(open_state(place.config, StateUse::Create)->commit(changes).ok());
        REQUIRE(io::create_file(place.config.state_directory + "/" + backup_name(1), "under the old key", 0600).ok());
        const auto before = records_in(place.config);
        place.each_cut([&] { rekey(place.config, say_nothing); },
                       [&](const Config& config, bool acknowledged) {
                           REQUIRE(records_in(config) == before);
                           const bool backup = std::filesystem::exists(config.state_directory + "/" + backup_name(1));
                           CHECK_FALSE((backup && acknowledged));
                           rekey(config, say_nothing);
                           REQUIRE(records_in(config) == before);
                       });
    }
}

TEST_CASE("a power cut while a state is brought up to date leaves the old one or the new one, and the way back") {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        INFO("seed " << seed);
        Place place(seed);
        const std::string fixtures = std::string{FIXTURES} + "/state/",
                          data = place.config.state_directory + "/data.mdb";
        std::filesystem::create_directory(place.config.state_directory);
        std::filesystem::copy_file(fixtures + "schema-1.mdb", data);
        std::filesystem::copy_file(fixtures + "schema-1.key", place.config.key_file);
        for (const std::string& file : {data, place.config.key_file}) REQUIRE(::chmod(file.c_str(), 0600) == 0);
        const auto before = records_in(place.config);
        const auto old = io::read_file(data, std::size_t{1} << 28);
        place.each_cut([&] { upgrade_state(place.config, say_nothing); },
                       [&](const Config& config, bool acknowledged) {
                           REQUIRE(records_in(config) == before);
                           CHECK((!acknowledged || !is_outdated(config)));
                           upgrade_state(config, say_nothing);
                           REQUIRE(records_in(config) == before);
                           const auto backup =
                               io::read_file(config.state_directory + "/" + backup_name(1), std::size_t{1} << 28);
                           REQUIRE(backup.ok());
                           CHECK(*backup == *old);
                       });
    }
}
