// Plays seeds, ranges of seeds, and scripts. See --help.

#include "generate.hpp"
#include "run.hpp"
#include "shrink.hpp"

#include "../core/words.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace {

using namespace hotdesk;
using namespace hotdesk::sim;

constexpr const char* help =
    "usage: simulate [OPTIONS] [--shrink FILE] SEED | FROM..TO | FILE | FOLDER ...\n"
    "  Plays the week of a campus that follows from each seed, or the script in a file (or each *.sim of a folder).\n"
    "  --trace   tells the story\n"
    "  --brief   says nothing of what went well\n"
    "  --script  writes the script of a seed instead of playing it\n"
    "  --short   two days of 20 desks for each seed\n"
    "  --twice   plays each one twice; both must be the same to the last byte\n"
    "  --shrink  makes the first failing script as short as it gets, and keeps it in FILE\n"
    "Ends with `N passed, N failed`.\n";

struct Options {
    bool trace = false, script = false, brief = false, twice = false;
    Size size;
    std::string shrink_to;
};

std::string read(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw test::Broken("cannot read " + path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The file itself, or the scripts in a folder.
std::vector<std::string> scripts_of(const std::string& path) {
    if (!std::filesystem::is_directory(path)) return {path};
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(path))
        if (entry.path().extension() == ".sim") out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

std::string words_for(const Script& script, const Summary& summary) {
    std::ostringstream out;
    out << script.opening.desks << " desks, " << summary.messages << " messages, " << summary.decisions
        << " decisions, " << summary.commands << " commands, " << summary.requests << " requests, at most "
        << summary.busiest << " of a desk an hour, " << summary.deaths << " deaths, longest overstay "
        << summary.longest_overstay.count() / 1000 << " s, " << std::hex << summary.digest;
    return out.str();
}

/// False: it failed. A line at a time, so that several processes can share a terminal.
bool play_one(const std::string& name, const Script& script, const Options& options) {
    std::function<void(const std::string&)> tell;
    if (options.trace) {
        tell = [](const std::string& line) { std::cout << line << "\n"; };
        std::cout << name << "\n";
    }
    Outcome outcome = play(script, tell);
    if (!outcome.failure && options.twice && play(script, {}).summary.digest != outcome.summary.digest)
        outcome.failure = "the end: played again it is another week";
    if (!outcome.failure) {
        if (!options.brief) std::cout << name + ": ok, " + words_for(script, outcome.summary) + "\n" << std::flush;
        return true;
    }
    std::cout << name + ": FAILED at " + *outcome.failure + "\n" << std::flush;
    if (options.shrink_to.empty()) return false;
    const Script shortest = shrink(script, *outcome.failure, std::cerr);
    std::ofstream(options.shrink_to) << "# " << *outcome.failure << "\n" << write_script(shortest);
    std::cout << "the shortest script that fails so: " + options.shrink_to + "\n" << std::flush;
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    std::vector<std::pair<std::string, std::function<Script()>>> all;
    try {
        for (int i = 1; i < argc; ++i) {
            const std::string word = argv[i];
            const auto dots = word.find("..");
            if (word == "--help") {
                std::cout << help;
                return 0;
            }
            if (word == "--trace") {
                options.trace = true;
            } else if (word == "--brief") {
                options.brief = true;
            } else if (word == "--script") {
                options.script = true;
            } else if (word == "--short") {
                options.size = {20, 2};
            } else if (word == "--twice") {
                options.twice = true;
            } else if (word == "--shrink" && i + 1 < argc) {
                options.shrink_to = argv[++i];
            } else if (!word.empty() && word.find_first_not_of("0123456789.") == std::string::npos) {
                const std::uint64_t from = std::stoull(word);
                const std::uint64_t to = dots == std::string::npos ? from : std::stoull(word.substr(dots + 2));
                for (std::uint64_t seed = from; seed <= to; ++seed)
                    all.emplace_back("seed " + std::to_string(seed),
                                     [seed, size = options.size] { return generate(seed, size); });
            } else {
                for (const std::string& path : scripts_of(word))
                    all.emplace_back(path, [path] { return read_script(read(path)); });
            }
        }
        int passed = 0, failed = 0;
        for (const auto& [name, make] : all) {
            const Script script = make();
            if (options.script)
                std::cout << write_script(script);
            else
                ++(play_one(name, script, options) ? passed : failed);
        }
        if (options.script) return 0;
        std::cout << passed << " passed, " << failed << " failed" << std::endl;
        return failed == 0 && passed > 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "simulate: " << error.what() << "\n" << help;
        return 2;
    }
}
