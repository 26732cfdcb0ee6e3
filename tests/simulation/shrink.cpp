#include "shrink.hpp"

#include "run.hpp"

#include "../core/words.hpp"

#include <algorithm>
#include <iostream>
#include <sstream>

namespace hotdesk::sim {

namespace {

/// What is wrong without the names, numbers and times in it: another desk may show the same.
std::string kind_of(const std::string& failure) {
    std::string out;
    std::istringstream in(failure);
    for (std::string word; in >> word;)
        if (word.find_first_of("0123456789@-") == std::string::npos) out += word + " ";
    return out;
}

std::string hex(std::uint64_t number) {
    std::ostringstream out;
    out << std::hex << number;
    return out.str();
}

}  // namespace

std::optional<std::string> failure_of(const Script& script, const std::function<void(const std::string&)>& tell) {
    Run run(script, tell);
    try {
        const Summary summary = run.play();
        if (tell || script.opening.seed != 0)
            std::cout << "ok, " << script.opening.desks << " desks, " << summary.messages << " messages, "
                      << summary.decisions << " decisions, " << summary.commands << " commands, " << summary.requests
                      << " requests, at most " << summary.busiest << " of a desk an hour, " << summary.deaths
                      << " deaths, longest overstay " << summary.longest_overstay.count() / 1000 << " s, "
                      << hex(summary.digest) << std::endl;
        return std::nullopt;
    } catch (const std::exception& error) {
        return format_time(run.now()) + ": " + error.what();
    }
}

Script shrink(Script script, const std::string& failure, std::ostream& progress) {
    const std::string kind = kind_of(failure);
    std::ostringstream quiet;
    std::streambuf* const out = std::cout.rdbuf(quiet.rdbuf());
    const auto still_fails = [&](const Script& candidate) {
        const auto why = failure_of(candidate, {});
        return why && kind_of(*why) == kind;
    };
    for (std::size_t chunk = script.happenings.size() / 2; chunk > 0; chunk /= 2) {
        for (std::size_t at = 0; at < script.happenings.size();) {
            Script candidate = script;
            const auto from = candidate.happenings.begin() + static_cast<std::ptrdiff_t>(at);
            const auto left = static_cast<std::size_t>(candidate.happenings.end() - from);
            candidate.happenings.erase(from, from + static_cast<std::ptrdiff_t>(std::min(chunk, left)));
            if (still_fails(candidate))
                script = std::move(candidate);
            else
                at += chunk;
        }
        progress << "shrinking: " << script.happenings.size() << " lines left\n";
    }
    std::cout.rdbuf(out);
    return script;
}

}  // namespace hotdesk::sim
