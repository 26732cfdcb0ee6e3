#pragma once
// Whether two organization ids name the same organization.
//
// Ids are opaque and compared as they are, with this one exception: an organization's id holds the cluster that wrote
// it, so the same organization is spelled differently before and after a move to another region, and by parts of Webex
// that run elsewhere. Source: technical details, `sub` of "Update" and of "Update Approved": base64 of
// `ciscospark://us/ORGANIZATION/UUID` and of `ciscospark://urn:TEAM:us-east-1_int13/ORGANIZATION/UUID`.

#include <hotdesk/id.hpp>

namespace hotdesk::codec {

/// The same id, or ids that both end in `/ORGANIZATION/` and the same name.
bool same_organization(const OrgId& a, const OrgId& b);

}  // namespace hotdesk::codec
