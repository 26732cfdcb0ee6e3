#pragma once
// hotdeskd.toml: every key, its default, and what is wrong with a file that cannot be used.
//
// Source: contract, "Configuration (TOML)". The keys are fixed; hotdeskd.toml(5) says what each means.

#include <hotdesk/id.hpp>
#include <hotdesk/policy.hpp>
#include <hotdesk/result.hpp>

#include "io/log.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hotdesk {

struct Config {
    // [integration]
    AppId app_id;
    std::string client_id;
    std::string client_secret_file = "/etc/hotdeskd/client-secret";
    std::string customer_id, customer_name;
    // [state]
    std::string state_directory = "/var/lib/hotdeskd";
    std::string key_file = "/etc/hotdeskd/state.key";
    std::string runtime_directory = "/run/hotdeskd";
    // [http]
    std::string proxy, ca_file, jwks_url;
    std::vector<std::string> extra_hosts;
    // [policy] and [[policy.override]]
    Policy policy;
    std::vector<PolicyOverride> overrides;
    // [log]
    Level log_level = Level::Info;
    io::LogFormat log_format = io::LogFormat::Auto;
    // [metrics]
    std::string metrics_textfile;

    /// Keys that are set and that this version does not act on, in words for the log.
    std::vector<std::string> warnings;

    PolicyBook policy_book() const { return {policy, overrides}; }
};

/// Rejected: not TOML, an unknown key (the nearest known one is named), a value of the wrong type or out of range.
/// The message is `FILE:LINE: KEY: what is wrong`.
Result<Config> read_config(std::string_view text, const std::string& file);

/// `section.key` of every key, in the order of the file; for the test that holds the man page equal.
std::vector<std::string> config_keys();

}  // namespace hotdesk
