// The fuzz targets as an ordinary test: every fixture, whole, cut short and with single bytes changed, into every
// target.

#include "targets.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace {

std::vector<std::string> seeds() {
    std::vector<std::string> out{"", std::string(1, '\0'), std::string(5000, '['), "\xff\xfe", "{\"a\":"};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(FIXTURES)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        std::stringstream text;
        text << in.rdbuf();
        out.push_back(text.str());
    }
    return out;
}

}  // namespace

TEST_CASE("every reader of foreign bytes gives a value or an error for every fixture, cut and bent", "[fuzz]") {
    const auto all = seeds();
    REQUIRE(all.size() > 20);
    for (const auto& target : hotdesk::fuzz::targets) {
        for (const std::string& seed : all) {
            target.run(seed);
            const std::size_t step = seed.size() / 40 + 1;
            for (std::size_t at = 0; at < seed.size(); at += step) {
                target.run(std::string_view{seed}.substr(0, at));
                std::string bent = seed;
                bent[at] = static_cast<char>(bent[at] ^ 0x20);
                target.run(bent);
                bent[at] = static_cast<char>(0xff);
                target.run(bent);
            }
        }
        SUCCEED(target.name);
    }
}
