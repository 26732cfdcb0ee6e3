#pragma once
// Where control lines come from: standard input and a local stream socket; and the signals that end the program.

#include <functional>
#include <string>

#include "hotdesk/result.hpp"
#include "sandbox/runtime.hpp"

namespace hotdesk::sandbox {

struct ConsoleOptions {
    std::string socket_path;       ///< empty: none; a stale socket there is replaced
    bool exit_with_stdin = false;  ///< else the end of standard input changes nothing
    /// What `new-certificate` does; empty: there is nothing of the kind.
    std::function<Result<void>()> new_certificate = {};
};

/// SIGINT and SIGTERM must be blocked already, in every thread: they are read as a descriptor here.
void block_signals();

/// Answers lines until `quit`, SIGINT or SIGTERM. `ready` is called once the socket takes callers.
Result<void> run_console(Runtime& runtime, const ConsoleOptions& options, const std::function<void()>& ready);

}  // namespace hotdesk::sandbox
