// The configuration files that are shipped, read by the program that they are for.

#include <catch2/catch.hpp>

#include "daemon/config.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

using namespace hotdesk;

namespace {

std::string text_of(const std::string& file) {
    const std::string path = std::string{SOURCE_ROOT} + "/" + file;
    std::ifstream in(path, std::ios::binary);
    INFO(path);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

Config config_of(const std::string& text) {
    auto config = read_config(text, "the file");
    INFO((config.ok() ? "" : config.error().message));
    REQUIRE(config.ok());
    return std::move(*config);
}

std::vector<std::string> sorted(std::vector<std::string> list) {
    std::sort(list.begin(), list.end());
    return list;
}

/// `section.key` of each line that `key` matches below a heading that `heading` matches, each with its name in group 1.
/// What overrides show as an example is no key of its own.
std::vector<std::string> keys_in(const std::string& text, const std::regex& heading, const std::regex& key) {
    std::vector<std::string> keys;
    std::string section;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_search(line, match, heading))
            section = match[1];
        else if (section != "policy.override" && std::regex_search(line, match, key))
            keys.push_back(section + "." + match[1].str());
    }
    return keys;
}

/// The shipped configuration with every key in force. An override stands for an example, and is not a default.
std::string in_force(const std::string& conffile) {
    std::string out;
    bool in_override = false;
    std::istringstream lines(conffile);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("#[[")) in_override = true;
        if (line.empty()) in_override = false;
        // A comment has a blank behind its sign, a key has none.
        if (line.size() > 1 && line[0] == '#' && line[1] != ' ' && !in_override) line.erase(0, 1);
        out += line + "\n";
    }
    return out;
}

const char* const conffile = "packaging/hotdeskd.toml";

}  // namespace

TEST_CASE("the shipped configuration names every key, and no other") {
    const std::regex heading(R"(^#?\[+([a-z.]+)\]+$)"), key(R"(^#([a-z_]+) = )");
    CHECK(sorted(keys_in(text_of(conffile), heading, key)) == sorted(config_keys()));
}

TEST_CASE("hotdeskd.toml(5) names every key, and no other") {
    const std::regex heading(R"(^# \[+([a-z.]+)\]+$)"), key(R"(^\*([a-z_]+)\* = )");
    CHECK(sorted(keys_in(text_of("packaging/man/hotdeskd.toml.5.scd"), heading, key)) == sorted(config_keys()));
}

TEST_CASE("the shipped configuration sets nothing") {
    std::istringstream lines(text_of(conffile));
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK((line.empty() || line[0] == '#' || line[0] == '['));
    }
    CHECK(config_of(text_of(conffile)).policy == Policy{});
}

TEST_CASE("what the shipped configuration shows are the defaults") {
    const Config shown = config_of(in_force(text_of(conffile)));
    const Config defaults;
    CHECK(shown.policy == defaults.policy);
    CHECK(shown.overrides.empty());
    CHECK(shown.app_id == defaults.app_id);
    CHECK(shown.client_id == defaults.client_id);
    CHECK(shown.client_secret_file == defaults.client_secret_file);
    CHECK(shown.customer_id == defaults.customer_id);
    CHECK(shown.customer_name == defaults.customer_name);
    CHECK(shown.actions_url == defaults.actions_url);
    CHECK(shown.state_directory == defaults.state_directory);
    CHECK(shown.key_file == defaults.key_file);
    CHECK(shown.runtime_directory == defaults.runtime_directory);
    CHECK(shown.proxy == defaults.proxy);
    CHECK(shown.ca_file == defaults.ca_file);
    CHECK(shown.jwks_url == defaults.jwks_url);
    CHECK(shown.extra_hosts == defaults.extra_hosts);
    CHECK(shown.log_level == defaults.log_level);
    CHECK(shown.log_format == defaults.log_format);
    CHECK(shown.mask_addresses == defaults.mask_addresses);
    CHECK(shown.record_keep == defaults.record_keep);
    CHECK(shown.metrics_textfile == defaults.metrics_textfile);
    CHECK(shown.messages.title == defaults.messages.title);
    for (const auto& [rule, text] : shown.messages.texts) {
        INFO(name_of(rule));
        CHECK(text == default_text(rule));
    }
}

TEST_CASE("an example of an override can be used as it stands") {
    std::string text = text_of(conffile);
    const auto at = text.find("#[[policy.override]]");
    REQUIRE(at != std::string::npos);
    std::string example = text.substr(at, text.find("\n\n", at) - at);
    example.erase(std::remove(example.begin(), example.end(), '#'), example.end());
    CHECK(config_of(example).overrides.size() == 1);
}

TEST_CASE("the shipped examples can be used as they stand") {
    for (const char* const name : {"small-office.toml", "large-campus.toml", "observe-only.toml", "organization.toml",
                                   "container/hotdeskd.toml"}) {
        INFO(name);
        const Config config = config_of(text_of(std::string{"packaging/examples/"} + name));
        CHECK(config.warnings.empty());
        CHECK(!config.app_id.empty());
        CHECK(!config.client_id.empty());
    }
}

TEST_CASE("the trial sends nothing, and the campus has its overrides") {
    CHECK(config_of(text_of("packaging/examples/observe-only.toml")).policy.mode == Mode::Observe);
    CHECK(config_of(text_of("packaging/examples/large-campus.toml")).overrides.size() == 4);
}

TEST_CASE("a further organization shares no path with the first one") {
    const Config other = config_of(text_of("packaging/examples/organization.toml"));
    const Config first;
    CHECK(other.client_secret_file != first.client_secret_file);
    CHECK(other.state_directory != first.state_directory);
    CHECK(other.key_file != first.key_file);
    CHECK(other.runtime_directory != first.runtime_directory);
}

TEST_CASE("the example in hotdeskd.toml(5) can be used as it stands") {
    const std::string page = text_of("packaging/man/hotdeskd.toml.5.scd");
    const auto begin = page.find("```\n") + 4;
    const Config config = config_of(page.substr(begin, page.find("```", begin) - begin));
    CHECK(config.overrides.size() == 2);
}
