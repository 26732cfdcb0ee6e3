#pragma once
// How the program ends. Source: contract, exit codes.

#include <string>
#include <utility>

namespace hotdesk {

enum class Exit : int {
    Done = 0,
    Failed = 1,
    Usage = 2,  ///< usage or configuration
    NotActivated = 3,
    Refused = 4,      ///< the activation code or action
    Credentials = 5,  ///< Webex refused the credentials
    Unreachable = 6,  ///< the network or Webex
    AlreadyRunning = 7,
    Removed = 8,  ///< on the Webex side
    State = 9,    ///< the state cannot be read; nothing was changed
};

/// Thrown where a command cannot go on; main() says `message` on stderr and exits with `code`. The worker's loop, once
/// it runs, throws none: there, errors are values.
struct Failure {
    Exit code;
    std::string message;

    Failure(Exit exit_code, std::string text) : code(exit_code), message(std::move(text)) {}
};

}  // namespace hotdesk
