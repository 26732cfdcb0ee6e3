#include "shrink.hpp"

#include "run.hpp"

#include <algorithm>
#include <ostream>
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

}  // namespace

Script shrink(Script script, const std::string& failure, std::ostream& progress) {
    const std::string kind = kind_of(failure);
    const auto still_fails = [&](const Script& candidate) {
        const Outcome outcome = play(candidate, {});
        return outcome.failure && kind_of(*outcome.failure) == kind;
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
    return script;
}

}  // namespace hotdesk::sim
