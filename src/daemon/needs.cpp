#include "daemon/needs.hpp"

#include "core/grants.hpp"

namespace hotdesk {

codec::ManifestNeeds needs_of(const PolicyBook& policy, const AppId& app) {
    codec::ManifestNeeds needs;
    needs.app = app;
    for (const Need& need : needs_for(policy)) {
        const std::string path{need.path};
        switch (need.kind) {
            case GrantKind::Scope: needs.scopes.push_back({path, std::string{need.role}, need.required}); break;
            case GrantKind::Status: needs.statuses.push_back({path, need.required}); break;
            case GrantKind::Command: needs.commands.push_back({path, need.required}); break;
            case GrantKind::Event: needs.events.push_back({path, need.required}); break;
        }
    }
    return needs;
}

}  // namespace hotdesk
