#include "daemon/activate.hpp"

#include "cli/code.hpp"
#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "codec/output.hpp"
#include "daemon/home.hpp"

namespace hotdesk::cli {

Exit activate(const Options& options) {
    const Config config = load_config(options.config);
    need_client(config);
    const Secret code = read_code(options.code, "activation code");
    const Activation activation = hotdesk::activate(config, code, options.replace, progress(options));
    if (options.json) {
        print(codec::activation_json(activation));
    } else {
        print("hotdeskd is activated for " + activation.org_name + " (region " + activation.region + ").");
        print("Next: start the worker: systemctl restart hotdeskd, or in the foreground hotdeskd run.");
    }
    return Exit::Done;
}

}  // namespace hotdesk::cli
