#include "daemon/run.hpp"

#include "cli/commands.hpp"

namespace hotdesk::cli {

Exit run(const Options& options) { return run_worker(options.config); }

}  // namespace hotdesk::cli
