#pragma once
// Activation codes and management actions: JWTs as Control Hub hands them out, and every way to get one wrong.
//
// **Source:** technical details, "Example Activation JWT" (claims and their order), "Actions: Webex to Integration".

#include <string>
#include <utility>
#include <vector>

#include "hotdesk/id.hpp"
#include "hotdesk/result.hpp"
#include "hotdesk/time.hpp"
#include "sandbox/crypto.hpp"

namespace hotdesk::sandbox {

/// What a granted integration may do. Source: technical details, `xapiAccess`: commands, statuses, events.
struct Access {
    std::vector<std::string> commands;
    std::vector<std::string> statuses;
    std::vector<std::string> events;
};

/// Where things are, as a code says it.
struct CodeFacts {
    OrgId org;
    std::string org_name;
    AppId app;
    std::string region;
    std::string oauth_url;
    std::string app_url;
    std::string manifest_url;
    std::string webexapis_base_url;
    std::string refresh_token;
    std::string scopes;  ///< comma separated
    Access access;
    std::string manifest_version;
    std::string key_id;
    std::string jti;
};

/// Which code is wanted; all empty gives a good activation code.
struct CodeWish {
    std::string action = "provision";  ///< or healthCheck, update, updateApproved, deprovision
    std::string fault;                 ///< one of code_faults()
    std::string app_id;
    std::string jti;
    std::string region;
    bool access_as_object = false;                             ///< else a string that holds JSON
    std::vector<std::pair<std::string, std::string>> replace;  ///< claim, and its new value as JSON or else as text
    std::vector<std::string> remove;                           ///< claims to leave out
};

/// Reads `--fault F`, `--app-id ID`, `--jti X`, `--region R`, `--action A`, `--xapi-access object|string`,
/// `--set CLAIM=VALUE`, `--drop CLAIM`.
Result<CodeWish> parse_code_wish(const std::vector<std::string>& words);

/// The faults that a code can have.
std::vector<std::string> code_faults();

/// The JWT in its compact form.
std::string mint(const Signer& signer, const CodeFacts& facts, const CodeWish& wish, WallTime now);

/// The key set that the code's signature is verified with. Source: technical details, example JWKS.
std::string key_set(const Signer& signer, const std::string& key_id);

}  // namespace hotdesk::sandbox
