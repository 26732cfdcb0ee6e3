#pragma once
// `hotdeskd check`: the doctor. Looks at everything that must be right, changes nothing, and never renews a token: that
// is the worker's alone. Works without an activation, without a network, with a broken configuration, and beside a
// running worker.

#include <hotdesk/check.hpp>

#include "daemon/config.hpp"
#include "daemon/doctor.hpp"
#include "daemon/exit.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hotdesk {

/// How the doctor ends: 0 when nothing failed. 2 when the configuration cannot be used, whatever else is wrong (and
/// then nothing else is looked at). Where everything that failed means the same: 3 (not activated), 5 (Webex refuses
/// the credentials), 6 (network, proxy, TLS), 8 (removed on the Webex side), 9 (the state cannot be read). Else 1.
struct CheckReport {
    std::vector<CheckLine> lines;
    Exit exit = Exit::Done;
    [[nodiscard]] bool ok() const { return exit == Exit::Done; }
};

CheckReport check(const std::string& config_file);

/// What was found on this machine, for whoever looks at the cloud. `activation` is empty where there is none, or none
/// that can be read.
struct Standpoint {
    std::optional<Activation> activation;
    std::string why_none;  ///< no activation, in words
    Health health;
    bool running = false;  ///< a worker holds the state directory
};

/// Configuration file, secrets, state directory, state, disk, unit.
Standpoint check_machine(const std::string& config_file, const Config& config, std::vector<doctor::Finding>& findings);
/// Proxy, names, TLS, clock, key set, tokens, grants, queue.
void check_cloud(const Config& config, const Standpoint& standpoint, std::vector<doctor::Finding>& findings);

}  // namespace hotdesk
