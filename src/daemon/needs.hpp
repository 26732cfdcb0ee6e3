#pragma once
// What hotdeskd must be granted for a policy: the least that makes it work.

#include <hotdesk/policy.hpp>

#include "codec/manifest.hpp"

namespace hotdesk {

codec::ManifestNeeds needs_of(const PolicyBook& policy, const AppId& app);

}  // namespace hotdesk
