#pragma once
// The manifest that an administrator uploads in Control Hub.
//
// **Source:** technical details, "The Integration Manifest" (example and "Manifest Details").

#include <hotdesk/id.hpp>

#include <string>
#include <vector>

namespace hotdesk::codec {

/// A Webex API scope. `role`: `id_full_admin`, `id_readonly_admin` or `id_device_admin`; empty: none is needed.
struct ScopeNeed {
    std::string scope;
    std::string role = {};
    bool required = true;  ///< false: the administrator may opt out of it
};

/// An xAPI status, command or event path; `.*` at its end means all below.
struct PathNeed {
    std::string path;
    bool required = true;  ///< false: the administrator may opt out of it
};

struct ManifestNeeds {
    AppId app;
    int version = 1;  ///< `manifestVersion`: must grow with every change of the manifest
    std::vector<ScopeNeed> scopes;
    std::vector<PathNeed> commands, statuses, events;
};

/// The manifest as indented JSON with a newline at its end. Always `org_private` (the one kind that can be uploaded by
/// hand) with `manual` provisioning (hotdeskd has no inbound port). Entries stand in the order they are given.
std::string manifest(const ManifestNeeds& needs);

}  // namespace hotdesk::codec
