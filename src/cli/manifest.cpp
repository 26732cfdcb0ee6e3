#include "codec/manifest.hpp"

#include "cli/code.hpp"
#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "core/grants.hpp"
#include "daemon/action.hpp"
#include "daemon/home.hpp"
#include "daemon/needs.hpp"

#include <algorithm>

namespace hotdesk::cli {

namespace {

/// Asks Webex to let an administrator approve the manifest that the policy needs. Source: technical details, "Update
/// the integration": an update request starts a flow in which the administrator approves the new manifest.
Exit request_update(const Options& options, const Config& config) {
    need_client(config);
    const auto say = progress(options);
    Standing standing(config, by_worker(config, options));
    say("reading what is granted");
    const auto granted = standing.app(call::ReadApp{standing.activation().app_url});
    if (!granted.ok()) fail(granted.error());
    const auto missing = missing_grants(config.policy_book(), granted->scopes, granted->xapi);
    if (missing.empty()) {
        print("Nothing is missing: the policy needs no more than was granted.");
        return Exit::Done;
    }
    auto needs = needs_of(config.policy_book(), config.app_id);
    // Source: technical details, `manifestVersion`: must be incremented when the manifest changes.
    needs.version = static_cast<int>(std::max(granted->manifest_version, granted->update.manifest_version) + 1);
    say("asking for manifest version " + std::to_string(needs.version));
    const auto asked = standing.app(call::PatchApp{standing.activation().app_url, call::PatchApp::Change::RequestUpdate,
                                                   "", "", "", codec::manifest(needs)});
    if (!asked.ok()) fail(asked.error());
    print("Asked for manifest version " + std::to_string(needs.version) + ", for:");
    for (const MissingGrant& grant : missing) print("  " + grant.path);
    print("Approve it in Control Hub; the worker takes it up by itself.");
    return Exit::Done;
}

}  // namespace

Exit manifest(const Options& options) {
    const Config config = load_config(options.config);
    need_app_id(config);
    if (options.request_update) return request_update(options, config);
    std::string text = codec::manifest(needs_of(config.policy_book(), config.app_id));
    if (!text.empty() && text.back() == '\n') text.pop_back();
    print(text);
    return Exit::Done;
}

}  // namespace hotdesk::cli
