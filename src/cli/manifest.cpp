#include "codec/manifest.hpp"

#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "daemon/home.hpp"
#include "daemon/needs.hpp"

namespace hotdesk::cli {

Exit manifest(const Options& options) {
    const Config config = load_config(options.config);
    need_app_id(config);
    std::string text = codec::manifest(needs_of(config.policy_book(), config.app_id));
    if (!text.empty() && text.back() == '\n') text.pop_back();
    print(text);
    return Exit::Done;
}

}  // namespace hotdesk::cli
