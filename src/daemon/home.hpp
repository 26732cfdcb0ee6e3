#pragma once
// What the configuration points to, opened: secrets, the state, the way to the cloud. Throws Failure with the exit
// code.

#include <hotdesk/cloud.hpp>
#include <hotdesk/ports.hpp>

#include "daemon/config.hpp"
#include "daemon/exit.hpp"
#include "io/curl.hpp"
#include "io/lock.hpp"

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

/// The state as it lies there, open for reading, with the key that it is sealed under.
struct StandingState {
    int schema = 0;
    Secret key;
    std::unique_ptr<Store> store;
};
/// Where the state key is: the systemd credential `state-key`, else the file.
std::string key_path(const Config& config);
/// Also one of an older schema. `alone`: the caller holds the directory alone. Exit 3: there is none. Exit 9: it cannot
/// be read, or is of a newer schema.
StandingState find_state(const Config& config, bool alone = false);
/// The instance lock. Exit 7: somebody holds it. Exit 3: there is no state.
std::unique_ptr<io::InstanceLock> lock_state(const Config& config);

enum class StateUse {
    Read,    ///< another process may be writing
    Write,   ///< the worker, or a command that leaves a request
    Create,  ///< made where it is missing, with its key
};
/// Exit 3: there is none (not with Create). Exit 9: it cannot be read, or is of another schema (see upgrade.hpp). Exit
/// 1: it cannot be written.
std::unique_ptr<Store> open_state(const Config& config, StateUse use);

/// The state of a standing activation. Exit 3 also where the state is there and nothing stands.
std::unique_ptr<Store> open_activated(const Config& config, StateUse use);

/// The standing activation. Exit 3, 9.
Activation need_activation(Store& store);

/// How the cloud is reached, and which hosts may be: Webex's own and `http.extra_hosts`.
io::HttpOptions http_options(const Config& config);
/// The systemd credential `client-secret` or `state-key`, else the file that the configuration names.
std::string client_secret_path(const Config& config);
std::string key_path(const Config& config);

/// Exit 2: the proxy or the CA file cannot be used.
std::unique_ptr<Http> open_http(const Config& config);

/// Asks the cloud one thing and waits for the answer.
Result<Reply> ask(Http& http, const Call& call, const Activation& activation, const Config& config,
                  const Secret& client_secret);

}  // namespace hotdesk
