#pragma once
// What the tests' activations have in common.

#include <hotdesk/cloud.hpp>

namespace hotdesk::test {

/// Of the organization `org`, with where everything is, and no token.
inline Activation bare_activation() {
    Activation out;
    out.org = OrgId{"org"};
    out.oauth_url = "https://webexapis.com/v1/access_token";
    out.app_url = "https://xapi-a.wbx2.com/app";
    out.poll_url = "https://xapi-a.wbx2.com/poll";
    out.webexapis_base_url = "https://webexapis.com/v1";
    return out;
}

}  // namespace hotdesk::test
