#pragma once
// hotdeskd.toml: every key, its default, and what is wrong with a file that cannot be used.
//
// Source: contract, "Configuration (TOML)". The keys are fixed; hotdeskd.toml(5) says what each means.

#include <hotdesk/id.hpp>
#include <hotdesk/messages.hpp>
#include <hotdesk/policy.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/zone.hpp>

#include "io/log.hpp"

#include <memory>
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
    std::string actions_url;
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
    std::shared_ptr<const Zone> zone;  ///< of policy.time_zone; null: UTC
    // [messages]
    Messages messages;
    // [log]
    Level log_level = Level::Info;
    io::LogFormat log_format = io::LogFormat::Auto;
    bool mask_addresses = false;  ///< log.privacy
    // [record]
    Limit record_keep = std::chrono::days{90};  ///< decisions older than this are removed
    // [metrics]
    std::string metrics_textfile;

    /// What should be known and stops nothing, in words for the log: keys that are set and that this version does not
    /// act on, a system whose time zone cannot be told.
    std::vector<std::string> warnings;

    PolicyBook policy_book() const { return {policy, overrides, zone, messages}; }
};

/// Rejected: not TOML, an unknown key (the nearest known one is named), a value of the wrong type or out of range, a
/// time zone that the system does not know. Reads the system's time-zone database and nothing else.
/// The message is `FILE:LINE: KEY: what is wrong`, one line whatever the file holds.
Result<Config> read_config(std::string_view text, const std::string& file);

/// `section.key` of every key, in the order of the file; for the test that holds the man page equal.
std::vector<std::string> config_keys();

}  // namespace hotdesk
