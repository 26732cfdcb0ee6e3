#include "daemon/rekey.hpp"

#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "daemon/home.hpp"
#include "io/harden.hpp"

#include <cstdio>

namespace hotdesk::cli {

Exit rekey(const Options& options) {
    const Config config = load_config(options.config);
    (void)io::harden_process();
    hotdesk::rekey(config, [](std::string_view what) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
    });
    print("The state has a new key, in " + config.key_file +
          ". Backups of the state that were made before need the old one.");
    print("Next: start the worker again.");
    return Exit::Done;
}

}  // namespace hotdesk::cli
