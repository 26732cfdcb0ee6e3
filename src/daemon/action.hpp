#pragma once
// `hotdeskd action` and `hotdeskd deactivate`: management of the integration by hand.

#include <hotdesk/secret.hpp>

#include "daemon/config.hpp"
#include "daemon/standing.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace hotdesk {

/// What Webex would get from an endpoint of one's own, and what was done, for people. Source: technical details,
/// "Actions: Webex to Integration".
struct ActionAnswer {
    int status = 204;
    std::string body;  ///< JSON; empty with 204
    std::string done;  ///< a sentence
};

/// Verifies, judges and carries out. `say` is told what is being done. Throws Failure: 3, 4 in the contract's words, 5,
/// 6, 7, 9; a refused action changes nothing.
ActionAnswer act(const Config& config, const Secret& code, const Standing::AskWorker& ask_worker,
                 const std::function<void(std::string_view)>& say);

/// Removes the queue at Webex, then the local state. `force`: the state also where Webex cannot be told. Throws
/// Failure: 3, 5, 6, 7, 9.
void deactivate(const Config& config, bool force, const Standing::AskWorker& ask_worker,
                const std::function<void(std::string_view)>& say);

/// How a command ends that Webex did not let through.
[[noreturn]] void fail(const Error& error);

}  // namespace hotdesk
