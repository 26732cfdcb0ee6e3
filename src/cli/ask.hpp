#pragma once
// Asking the worker for something: a request is left in the state, the worker is rung for, and its answer is waited
// for.

#include <hotdesk/ports.hpp>
#include <hotdesk/record.hpp>

#include "cli/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/exit.hpp"

#include <string>

namespace hotdesk::cli {

/// What the person at the terminal is told. Diagnostics go to stderr, and only without --json.
struct Asking {
    std::string what;      ///< "sign out Desk 1", behind "asking the worker to"
    std::string find_out;  ///< a sentence about where to look when no answer came in time
    Millis patience{};     ///< how long an answer is waited for
    bool booking = false;  ///< the desk must confirm it after its command was answered
};

/// Exit 1 unless a worker runs: a request would lie there and be refused later. To be called before ask_worker().
void need_worker(const Config& config);

/// Leaves `request` for the worker and waits for the outcome; says every few seconds how far it is. `unknown` after
/// `patience`. Key and time of the request are set here.
RequestOutcome ask_worker(const Config& config, Store& store, Request request, const Asking& asking, bool quiet);

/// Prints the outcome: JSON, or `done` (a sentence) where it is done. Throws Failure, exit 1, with the cause where it
/// is not.
Exit report(const Options& options, const RequestOutcome& outcome, const std::string& done);

}  // namespace hotdesk::cli
