#pragma once
// What the integration may use: everything that a desk here knows, less what the administrator has held back.
//
// **Source:** technical details, "Manifest Details": scopes, and patterns of status, command and event paths.

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/activation.hpp"

namespace hotdesk::sandbox {

struct Granted {
    std::vector<std::string> scopes;
    Access access;
};

/// `identity`: hotdesk/sessions and people too. A path of `withheld` that a pattern covers takes the pattern apart. A
/// name that is neither a scope (they have a colon) nor a path known here changes nothing.
Granted grant_all_but(const std::vector<std::string>& withheld, bool identity);

/// Whether one of the patterns covers a path; the same for scopes.
bool is_granted(const std::vector<std::string>& patterns, std::string_view path);

/// Whether there is anything of that name to hold back.
bool can_be_granted(std::string_view name);

}  // namespace hotdesk::sandbox
