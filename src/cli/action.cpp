#include "daemon/action.hpp"

#include "cli/code.hpp"
#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "codec/output.hpp"
#include "daemon/home.hpp"

#include <cstdio>

namespace hotdesk::cli {

Exit action(const Options& options) {
    const Config config = load_config(options.config);
    need_client(config);
    const Secret code = read_code(options.code, "action");
    const ActionAnswer answer = act(config, code, by_worker(config, options), progress(options));
    // What Webex would get goes to stdout as it is, so that an endpoint can hand it on.
    if (options.json)
        print(codec::action_answer_json(answer.status, answer.body));
    else if (!answer.body.empty())
        print(answer.body);
    if (!options.json) std::fprintf(stderr, "%s\n", answer.done.c_str());
    return Exit::Done;
}

Exit deactivate(const Options& options) {
    const Config config = load_config(options.config);
    need_client(config);
    hotdesk::deactivate(config, options.force, by_worker(config, options), progress(options));
    if (options.json)
        print(codec::deactivated_json());
    else
        print("hotdeskd is deactivated. Remove the integration in Control Hub if it is not to be activated again.");
    return Exit::Done;
}

}  // namespace hotdesk::cli
