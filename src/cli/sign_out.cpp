#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/find.hpp"
#include "cli/read.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"

namespace hotdesk::cli {

namespace {

/// The worker answers within its HTTP timeout; whoever waits longer learns where to look.
constexpr std::chrono::seconds patience{45};

}  // namespace

Exit sign_out(const Options& options) {
    const Config config = load_config(options.config);
    const auto store = open_activated(config, StateUse::Write);
    const auto desks = must(state::load_desks(*store));
    const DeskState& desk = find_desk(desks, options.device);
    need_worker(config);
    Request request;
    request.kind = RequestKind::SignOut;
    request.device = desk.id;
    const Asking asking{"sign out " + desk.display_name, "hotdeskd log shows what became of it", patience};
    const RequestOutcome outcome = ask_worker(config, *store, std::move(request), asking, options.json);
    return report(options, outcome, desk.display_name + " was told to sign its user out.");
}

}  // namespace hotdesk::cli
