#include "daemon/run.hpp"

#include "cli/commands.hpp"

namespace hotdesk::cli {

Exit run(const Options& options) { return run_worker(options.config, options.judge_existing); }

}  // namespace hotdesk::cli
