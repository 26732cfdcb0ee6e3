#pragma once
// What the commands that take a code, or speak with Webex by themselves, have in common.

#include <hotdesk/secret.hpp>

#include "cli/commands.hpp"
#include "daemon/standing.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace hotdesk::cli {

/// The code itself, `-` (standard input) or `@FILE`; the last two keep it out of the process list, and may also hold
/// the request that Webex posts to an endpoint of one's own. Throws Failure: 1 (cannot be read), 4 (longer than any
/// code). `what`: "activation code" or "action".
Secret read_code(const std::string& argument, const std::string& what);

/// Says on stderr what is being done; nothing with --json.
std::function<void(std::string_view)> progress(const Options& options);

/// Asks the running worker for a new access token. Borrows both arguments.
Standing::AskWorker by_worker(const Config& config, const Options& options);

}  // namespace hotdesk::cli
