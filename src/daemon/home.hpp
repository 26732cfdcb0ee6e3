#pragma once
// What the configuration points to, opened: secrets, the state, the way to the cloud. Throws Failure with the exit
// code.

#include <hotdesk/cloud.hpp>
#include <hotdesk/ports.hpp>

#include "daemon/config.hpp"
#include "daemon/exit.hpp"

#include <memory>
#include <string>

namespace hotdesk {

/// Reads and checks the file. Exit 2.
Config load_config(const std::string& file);
/// What to say where there is no activation, exit 3: two lines, as systemctl status shows them.
std::string not_activated();
/// Exit 2 unless the keys that name the integration are set.
void need_app_id(const Config& config);
void need_client(const Config& config);

/// The systemd credential `client-secret`, else the file. Exit 2.
Secret load_client_secret(const Config& config);

enum class StateUse {
    Read,    ///< another process may be writing
    Write,   ///< the worker, or a command that leaves a request
    Create,  ///< made where it is missing, with its key
};
/// Exit 3: there is none (not with Create). Exit 9: it cannot be read. Exit 1: it cannot be written.
std::unique_ptr<Store> open_state(const Config& config, StateUse use);

/// The standing activation. Exit 3, 9.
Activation need_activation(Store& store);

/// Exit 2: the proxy or the CA file cannot be used.
std::unique_ptr<Http> open_http(const Config& config);

/// Asks the cloud one thing and waits for the answer.
Result<Reply> ask(Http& http, const Call& call, const Activation& activation, const Config& config,
                  const Secret& client_secret);

}  // namespace hotdesk
