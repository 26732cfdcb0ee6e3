#include "script.hpp"

#include "../core/words.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace hotdesk::sim {

namespace {

Millis read_seconds(const std::string& text) { return Millis{std::llround(std::stod(text) * 1000)}; }

void read_line(const test::Words& words, Script& script) {
    Opening& opening = script.opening;
    if (words.first[0] == '+') {
        script.happenings.push_back({read_seconds(words.first.substr(1)), words.rest});
    } else if (words.first == "seed") {
        opening.seed = std::stoull(words.at(0));
    } else if (words.first == "start") {
        const auto start = parse_time(words.at(0));
        if (!start) throw test::Broken("no time: " + words.at(0));
        opening.start = *start;
    } else if (words.first == "desks") {
        opening.desks = std::stoi(words.at(0));
    } else if (words.first == "hybrid") {
        opening.hybrid = std::stoi(words.at(0));
    } else if (words.first == "identity") {
        opening.identity = test::yes(words.at(0));
    } else if (words.first == "summer") {
        opening.summer = test::yes(words.at(0));
    } else if (words.first == "policy") {
        opening.policy.insert(opening.policy.end(), words.ordered.begin(), words.ordered.end());
    } else if (words.first == "override") {
        opening.overrides.push_back(words.ordered);
    } else if (words.first == "calm") {
        opening.calm = read_seconds(words.at(0));
    } else if (words.first == "end") {
        opening.end = read_seconds(words.at(0));
    } else {
        throw test::Broken("a script has no such word");
    }
}

std::string pairs(const std::vector<std::pair<std::string, std::string>>& all) {
    std::string out;
    for (const auto& [key, value] : all) out += " " + key + "=" + value;
    return out;
}

}  // namespace

std::string seconds_of(Millis at) {
    std::string millis = std::to_string(at.count() % 1000);
    millis.insert(0, 3 - millis.size(), '0');
    return std::to_string(at.count() / 1000) + "." + millis;
}

Script read_script(const std::string& text) {
    Script script;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        const test::Words words = test::words_of(line);
        if (words.first.empty()) continue;
        try {
            read_line(words, script);
        } catch (const std::exception& error) {
            throw test::Broken("'" + line + "': " + error.what());
        }
    }
    std::stable_sort(script.happenings.begin(), script.happenings.end(),
                     [](const Happening& a, const Happening& b) { return a.at < b.at; });
    return script;
}

std::string write_script(const Script& script) {
    const Opening& opening = script.opening;
    std::string out = "seed " + std::to_string(opening.seed) + "\nstart " + format_time(opening.start) + "\ndesks " +
                      std::to_string(opening.desks) + "\nhybrid " + std::to_string(opening.hybrid) + "\nidentity " +
                      (opening.identity ? "yes" : "no") + "\nsummer " + (opening.summer ? "yes" : "no") + "\n";
    if (!opening.policy.empty()) out += "policy" + pairs(opening.policy) + "\n";
    for (const auto& one : opening.overrides) out += "override" + pairs(one) + "\n";
    out += "calm " + seconds_of(opening.calm) + "\nend " + seconds_of(opening.end) + "\n";
    for (const Happening& happening : script.happenings)
        out += "+" + seconds_of(happening.at) + " " + happening.what + "\n";
    return out;
}

}  // namespace hotdesk::sim
