#pragma once
// `hotdeskd run`: the worker in the foreground until a signal, a removal on the Webex side, or a reason not to start.

#include "daemon/config.hpp"
#include "daemon/exit.hpp"

#include <string>

namespace hotdesk {

/// Returns when asked to stop (Done) or when the integration was removed (Removed). Throws Failure where it cannot
/// start. `config_file` is read again on SIGHUP. `judge_existing`: bookings that were there before hotdeskd first saw
/// their desk are judged like new ones.
Exit run_worker(const std::string& config_file, bool judge_existing);

}  // namespace hotdesk
