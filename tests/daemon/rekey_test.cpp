// What happens to a whole state: an older schema, a newer one, another key, a kill at any moment.

#include "daemon/rekey.hpp"

#include "../io/old_seal.hpp"
#include "../io/support.hpp"
#include "codec/state.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"
#include "daemon/upgrade.hpp"
#include "doubles.hpp"
#include "io/file.hpp"
#include "io/lmdb.hpp"
#include "io/next.hpp"
#include "io/seal.hpp"
#include "records.hpp"

#include <sys/stat.h>
#include <chrono>
#include <csignal>
#include <map>
#include <random>
#include <thread>

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

CATCH_TRANSLATE_EXCEPTION(const Failure& failure) { return failure.message; }

namespace {

const std::string golden_device = "Y2lzY29zcGFyazovL3VzL0RFVklDRS8x", golden_jti = "jti-of-a-used-code";
const WallTime golden_time = *parse_time("2026-03-02T09:00:00Z");

/// A directory with a state, its key, and a configuration that names both.
struct Place {
    TempDir dir;
    Config config;
    std::vector<std::string> said;

    Place() {
        config.state_directory = dir / "state";
        config.key_file = dir / "state.key";
    }
    [[nodiscard]] std::string data() const { return config.state_directory + "/data.mdb"; }
    Say say() {
        return [this](std::string_view text) { said.emplace_back(text); };
    }
    [[nodiscard]] bool heard(const std::string& part) const {
        for (const std::string& text : said)
            if (text.find(part) != std::string::npos) return true;
        return false;
    }
};

std::string bytes_of(const std::string& path) { return *io::read_file(path, std::size_t{1} << 28); }
bool holds(const std::string& path, const std::string& text) { return bytes_of(path).find(text) != std::string::npos; }

/// Every file of the state and the key, but the locks.
std::map<std::string, std::string> files(const Place& place) {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place.dir.path()))
        if (entry.is_regular_file() && entry.path().filename().string().find("lock") == std::string::npos)
            found[entry.path().string()] = bytes_of(entry.path().string());
    return found;
}

void bring_golden(Place& place) {
    const std::string fixtures = std::string{FIXTURES} + "/state/";
    std::filesystem::create_directory(place.config.state_directory);
    std::filesystem::copy_file(fixtures + "schema-1.mdb", place.data());
    std::filesystem::copy_file(fixtures + "schema-1.key", place.config.key_file);
    for (const std::string& file : {place.data(), place.config.key_file}) REQUIRE(::chmod(file.c_str(), 0600) == 0);
}

/// Some thousand records of the size of real ones.
std::vector<Change> many(int count) {
    std::vector<Change> changes;
    for (int i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        changes.push_back({Table::Desk, "device-" + number, "desk " + number + std::string(500, 'd')});
        changes.push_back({Table::Record, codec::seq_key(static_cast<Seq>(i)), number + std::string(300, 'r')});
    }
    changes.push_back({Table::SpentCode, "jti-1", "now"});
    changes.push_back({Table::Meta, "current", "a"});
    return changes;
}

void make_state(Place& place, int count) {
    const auto store = open_state(place.config, StateUse::Create);
    REQUIRE(store->commit(many(count)).ok());
}

template <class Action>
Exit exit_of(Action&& action) {
    try {
        action();
    } catch (const Failure& failure) {
        CHECK_FALSE(failure.message.empty());
        return failure.code;
    }
    return Exit::Done;
}

/// Runs `body` in a child and kills it after a time that nobody chose, at most `longest`; true: it had ended before.
template <class Body>
bool killed_at_random(std::mt19937& chance, std::chrono::microseconds longest, Body&& body) {
    const pid_t child = spawn([&] {
        body();
        return 0;
    });
    std::this_thread::sleep_for(
        std::chrono::microseconds{std::uniform_int_distribution<long>{0, longest.count()}(chance)});
    ::kill(child, SIGKILL);
    const int ended = wait_for(child);
    REQUIRE((ended == 0 || ended == -SIGKILL));
    return ended == 0;
}

template <class Body>
std::chrono::microseconds time_of(Body&& body) {
    const auto began = std::chrono::steady_clock::now();
    body();
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
}

}  // namespace

TEST_CASE("the golden state of schema 1 loads, and is kept as the way back", "[upgrade]") {
    Place place;
    bring_golden(place);
    const std::string before = bytes_of(place.data());
    CHECK(holds(place.data(), golden_device));
    CHECK(holds(place.data(), golden_jti));
    CHECK(is_outdated(place.config));
    const std::string backup = place.config.state_directory + "/data.mdb.schema-1";
    REQUIRE(io::create_file(backup, "of another upgrade", 0644).ok());

    const auto records = all_of(*find_state(place.config).store);
    upgrade_state(place.config, place.say());

    CHECK_FALSE(is_outdated(place.config));
    const auto store = open_state(place.config, StateUse::Write);
    CHECK(all_of(*store) == records);
    CHECK(records.size() == 11);
    Activation activation = need_activation(*store);
    CHECK(activation.org_name == "Example");
    CHECK(state::is_spent(*store, golden_jti, golden_time + 1h));
    CHECK(state::load_health(*store)->messages == 7);
    CHECK(*state::load_next_seq(*store) == 44);
    CHECK(state::load_desks(*store)->size() == 2);
    CHECK(state::open_requests(*store, golden_time)->size() == 1);
    const auto worker =
        state::load_worker(*store, std::move(activation), place.config.policy_book(), {golden_time, {}});
    CHECK(worker.ok());

    CHECK_FALSE(holds(place.data(), golden_device));
    CHECK_FALSE(holds(place.data(), golden_jti));
    CHECK(bytes_of(backup) == before);
    struct stat info {};
    REQUIRE(::stat(backup.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    CHECK(place.heard(backup));
    CHECK(place.heard("to go back"));
    place.said.clear();
    upgrade_state(place.config, place.say());
    CHECK(place.said.empty());
}

TEST_CASE("an old state is opened by nobody but who brings it up to date", "[upgrade]") {
    Place place;
    bring_golden(place);
    const auto before = files(place);
    for (const StateUse use : {StateUse::Read, StateUse::Write, StateUse::Create}) {
        try {
            (void)open_state(place.config, use);
            FAIL("it was opened");
        } catch (const Failure& failure) {
            CHECK(failure.code == Exit::State);
            CHECK(failure.message.find("systemctl restart hotdeskd") != std::string::npos);
        }
    }
    CHECK(files(place) == before);
}

TEST_CASE("an upgrade that is killed at any moment leaves the old state or the new one, whole", "[upgrade]") {
    Place place;
    std::filesystem::create_directory(place.config.state_directory);
    const std::string key(io::key_bytes, 'k');
    REQUIRE(io::write_key_file(place.config.key_file, Secret{key}).ok());
    const auto make_old = [&] {
        std::filesystem::remove_all(place.config.state_directory);
        auto store = std::move(
            *io::open_store({place.config.state_directory, true, false, true}, std::make_unique<OldSealer>(key)));
        REQUIRE(store->commit(many(1000)).ok());
        const Change schema{Table::Meta, "schema", "1"};
        REQUIRE(store->commit({&schema, 1}).ok());
    };
    make_old();
    const Records records = all_of(*find_state(place.config).store);
    const auto whole = time_of([&] { upgrade_state(place.config, place.say()); });
    REQUIRE(all_of(*open_state(place.config, StateUse::Read)) == records);

    std::mt19937 chance(std::random_device{}());
    int old_ones = 0, rounds = 0;
    for (; rounds < 20; ++rounds) {
        make_old();
        killed_at_random(chance, whole + whole / 4, [&] { upgrade_state(place.config, place.say()); });
        StandingState found = find_state(place.config);
        REQUIRE((found.schema == 1 || found.schema == codec::state_schema));
        old_ones += found.schema == 1 ? 1 : 0;
        REQUIRE(all_of(*found.store) == records);
        found.store.reset();
        upgrade_state(place.config, place.say());
        REQUIRE(all_of(*open_state(place.config, StateUse::Read)) == records);
        REQUIRE_FALSE(std::filesystem::exists(place.config.state_directory + "/next"));
    }
    INFO(old_ones << " of " << rounds << " were killed before the end");
    CHECK(old_ones > 0);
}

TEST_CASE("a state of a newer schema is refused by all and stays as it is", "[upgrade]") {
    Place place;
    {
        const auto store = open_state(place.config, StateUse::Create);
        const std::vector<Change> newer{{Table::Meta, "schema", "9"}, {Table::Meta, "written-by", "7.5"}};
        REQUIRE(store->commit(newer).ok());
    }
    const auto before = files(place);
    for (const StateUse use : {StateUse::Read, StateUse::Write, StateUse::Create})
        CHECK(exit_of([&] { (void)open_state(place.config, use); }) == Exit::State);
    CHECK(exit_of([&] { upgrade_state(place.config, place.say()); }) == Exit::State);
    CHECK(exit_of([&] { rekey(place.config, place.say()); }) == Exit::State);
    CHECK(files(place) == before);
}

TEST_CASE("a rekey may end after any step: the state opens, is written to, and the next rekey goes on", "[rekey]") {
    for (int steps = 0; steps <= 4; ++steps) {
        INFO("after step " << steps);
        Place place;
        make_state(place, 10);
        const std::string old_line = bytes_of(place.config.key_file);
        const std::string old_head =
            std::move(*io::make_sealer(find_state(place.config).key))->seal("c", "").substr(0, 5);
        CHECK(holds(place.data(), old_head));
        const auto records = all_of(*open_state(place.config, StateUse::Read));
        {
            Rekey rekey(place.config, place.say());
            CHECK_FALSE(rekey.resumes());
            if (steps > 0) rekey.announce();
            if (steps > 1) rekey.write();
            if (steps > 2) rekey.put_in_place();
            if (steps > 3) rekey.finish();
        }
        const std::string between = bytes_of(place.config.key_file);
        CHECK(between.size() == (steps == 0 || steps == 4 ? 65 : 130));
        CHECK((between.find(old_line) != std::string::npos) == (steps < 4));
        CHECK(all_of(*open_state(place.config, StateUse::Read)) == records);
        const Change late{Table::Desk, "device-0", "written in between"};
        REQUIRE(open_state(place.config, StateUse::Write)->commit({&late, 1}).ok());
        auto expected = records;
        expected[{Table::Desk, "device-0"}] = *late.value;

        rekey(place.config, place.say());

        const std::string after = bytes_of(place.config.key_file);
        CHECK(after.size() == 65);
        if (steps > 0 && steps < 4) CHECK(after == between.substr(0, 65));  // the key that was announced
        CHECK(after.find(old_line) == std::string::npos);
        CHECK(all_of(*open_state(place.config, StateUse::Read)) == expected);
        CHECK_FALSE(holds(place.data(), old_head));
        CHECK_FALSE(holds(place.data(), "device-"));
        CHECK_FALSE(std::filesystem::exists(place.config.state_directory + "/next"));
        CHECK(place.heard("going on with a rekey that was cut short") == (steps > 0 && steps < 4));
        CHECK(io::replace_file(place.config.key_file, old_line, 0600).ok());
        CHECK(exit_of([&] { (void)open_state(place.config, StateUse::Read); }) == Exit::State);
    }
}

TEST_CASE("a rekey that is killed at any moment loses nothing, however often", "[rekey]") {
    Place place;
    make_state(place, 1000);
    const auto records = all_of(*open_state(place.config, StateUse::Read));
    const auto whole = time_of([&] { rekey(place.config, place.say()); });
    std::mt19937 chance(std::random_device{}());
    int cut = 0;
    for (int round = 0; round < 30; ++round) {
        cut += killed_at_random(chance, whole, [&] { rekey(place.config, place.say()); }) ? 0 : 1;
        REQUIRE(all_of(*open_state(place.config, StateUse::Read)) == records);
    }
    INFO(cut << " of 30 were killed before the end");
    CHECK(cut > 0);
    rekey(place.config, place.say());
    CHECK(bytes_of(place.config.key_file).size() == 65);
    CHECK(all_of(*open_state(place.config, StateUse::Read)) == records);
}

TEST_CASE("an old state is brought up to date and then rekeyed, and its backup goes with its key", "[rekey]") {
    Place place;
    bring_golden(place);
    const auto records = all_of(*find_state(place.config).store);
    rekey(place.config, place.say());
    CHECK(all_of(*open_state(place.config, StateUse::Read)) == records);
    CHECK_FALSE(std::filesystem::exists(place.config.state_directory + "/data.mdb.schema-1"));
    CHECK(place.heard("removed"));
}

TEST_CASE("a large state says how far it is", "[rekey]") {
    Place place;
    make_state(place, 0);
    MemoryStore large;
    for (Seq seq = 1; seq <= 100500; ++seq) large.records[{Table::Record, codec::seq_key(seq)}] = "r";
    const auto count = write_next(place.config.state_directory, large, io::make_key(), place.say());
    REQUIRE(count.ok());
    CHECK(*count == 100500);
    CHECK(place.said == std::vector<std::string>{"100000 records are written anew"});
    CHECK(write_next(place.config.state_directory + "/none", large, io::make_key(), place.say()).error().kind ==
          ErrorKind::Gone);
}

TEST_CASE("a rekey is refused without a state, its key or its peace, and touches nothing", "[rekey]") {
    Place place;
    const auto refused = [&] { return exit_of([&] { rekey(place.config, place.say()); }); };
    CHECK(refused() == Exit::NotActivated);
    make_state(place, 3);
    const auto before = files(place);
    {
        const auto worker = io::lock_instance(place.config.state_directory);
        CHECK(refused() == Exit::AlreadyRunning);
    }
    const std::string key = bytes_of(place.config.key_file);
    for (const std::string& wrong :
         {std::string(64, '0') + "\n", std::string(64, '0') + "\n" + std::string(64, '1') + "\n",
          std::string("no key\n")}) {
        REQUIRE(io::replace_file(place.config.key_file, wrong, 0600).ok());
        CHECK(refused() == Exit::State);
        CHECK(bytes_of(place.config.key_file) == wrong);
    }
    std::filesystem::remove(place.config.key_file);
    CHECK(refused() == Exit::State);
    CHECK_FALSE(std::filesystem::exists(place.config.key_file));
    REQUIRE(io::create_file(place.config.key_file, key, 0600).ok());
    {
        // A credential of systemd's stands before the file, and cannot be replaced.
        REQUIRE(io::create_file(place.dir / "state-key", key, 0600).ok());
        REQUIRE(::setenv("CREDENTIALS_DIRECTORY", place.dir.path().c_str(), 1) == 0);
        CHECK(refused() == Exit::Usage);
        ::unsetenv("CREDENTIALS_DIRECTORY");
        std::filesystem::remove(place.dir / "state-key");
    }
    CHECK(files(place) == before);
    rekey(place.config, place.say());
    CHECK(bytes_of(place.config.key_file) != key);
}
