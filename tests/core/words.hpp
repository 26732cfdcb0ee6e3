#pragma once
// The words of a scenario's line.

#include <hotdesk/policy.hpp>
#include <hotdesk/time.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace hotdesk::test {

/// The scenario itself is wrong, or what it expects is not so.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Words {
    std::string first;
    std::vector<std::string> plain;                            ///< without `=`
    std::vector<std::pair<std::string, std::string>> ordered;  ///< KEY=VALUE
    std::map<std::string, std::string> named;                  ///< the same
    std::string rest;                                          ///< everything behind the first word

    [[nodiscard]] const std::string& at(std::size_t i) const {
        if (i >= plain.size()) throw Broken("too few words");
        return plain[i];
    }
    [[nodiscard]] bool has(const std::string& key) const { return named.count(key) > 0; }
    [[nodiscard]] std::string get(const std::string& key) const { return has(key) ? named.at(key) : std::string{}; }
};

/// Without the comment; a line without words has no first one.
Words words_of(const std::string& line);

Millis span_of(const std::string& text);
bool yes(const std::string& text);

/// Takes the keys of `policy` and `override` lines.
void set_key(Policy& policy, const std::string& key, const std::string& value);
Rule rule_named(const std::string& name);

}  // namespace hotdesk::test
