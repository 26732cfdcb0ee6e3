// The fuzz targets as an ordinary test: every fixture and every seed, whole, cut short and with single bytes changed,
// into every target; and every input that once failed into its own.

#include "oracle.hpp"
#include "targets.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

namespace {

namespace fs = std::filesystem;
using hotdesk::fuzz::Target;

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The files below `directory`, in the same order everywhere; none where it is not.
std::vector<fs::path> files(const fs::path& directory) {
    std::vector<fs::path> out;
    if (!fs::exists(directory)) return out;
    for (const auto& entry : fs::recursive_directory_iterator(directory))
        if (entry.is_regular_file()) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

/// Whole, cut short, and with single bytes changed, at `places` places.
void bend(const Target& target, const std::string& seed, std::size_t places) {
    target.run(seed);
    const std::size_t step = seed.size() / places + 1;
    for (std::size_t at = 0; at < seed.size(); at += step) {
        target.run(std::string_view{seed}.substr(0, at));
        std::string bent = seed;
        bent[at] = static_cast<char>(bent[at] ^ 0x20);
        target.run(bent);
        bent[at] = static_cast<char>(0xff);
        target.run(bent);
    }
}

const fs::path inputs = INPUTS;

}  // namespace

TEST_CASE("every reader of foreign bytes gives a value or an error for every fixture, cut and bent", "[fuzz]") {
    auto fixtures = files(FIXTURES);
    REQUIRE(fixtures.size() > 20);
    for (const fs::path& example : files(EXAMPLES)) fixtures.push_back(example);
    for (const Target& target : hotdesk::fuzz::targets) {
        for (const std::string& seed : {std::string{}, std::string(1, '\0'), std::string(5000, '['),
                                        std::string{"\xff\xfe"}, std::string{"{\"a\":"}})
            bend(target, seed, 40);
        for (const fs::path& path : fixtures) bend(target, read(path), 40);
        SUCCEED(target.name);
    }
}

TEST_CASE("every target has seeds of its own, and stands them cut and bent anywhere", "[fuzz]") {
    for (const Target& target : hotdesk::fuzz::targets) {
        INFO(target.name);
        const auto seeds = files(inputs / "corpus" / target.name);
        CHECK_FALSE(seeds.empty());
        for (const fs::path& path : seeds) bend(target, read(path), 400);
    }
}

TEST_CASE("an input that once failed fails no more", "[fuzz]") {
    for (const Target& target : hotdesk::fuzz::targets)
        for (const fs::path& path : files(inputs / "found" / target.name)) {
            INFO(path);
            bend(target, read(path), 40);
            SUCCEED();
        }
}

TEST_CASE("each folder of inputs and each dictionary belongs to a target", "[fuzz]") {
    std::set<std::string> names;
    for (const Target& target : hotdesk::fuzz::targets) {
        names.emplace(target.name);
        CHECK(fs::exists(inputs / "dictionaries" / (std::string{target.name} + ".dict")));
    }
    for (const char* const folder : {"corpus", "found", "dictionaries"})
        for (const auto& entry : fs::directory_iterator(inputs / folder)) {
            INFO(entry.path());
            CHECK((names.contains(entry.path().stem()) || entry.path().filename() == "README.md"));
        }
}
