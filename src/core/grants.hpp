#pragma once
// What a policy needs to be granted, in one table: the manifest asks for it, and what of it is missing is said before
// anything is tried.

#include <hotdesk/grants.hpp>
#include <hotdesk/policy.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hotdesk {

/// Whether a policy has a rule at all.
bool uses(const Policy& policy, Rule rule);

/// One thing to be granted for a policy.
struct Need {
    GrantKind kind{};
    std::string_view path;     ///< or the scope
    std::string_view role;     ///< of a scope; empty: none is needed
    bool required = true;      ///< false: the administrator may opt out of it
    std::vector<Rule> rules;   ///< of this policy: those that rest without it; for an event: those that act late
    bool all_rules = false;    ///< those are all that the policy has
    std::string_view besides;  ///< what else is lost, to stand behind the rules in a sentence; may be empty
};
/// In the manifest's order.
std::vector<Need> needs_for(const PolicyBook& policy);

struct MissingGrant {
    GrantKind kind{};
    std::string path;
    std::vector<Rule> rules;  ///< those that rest; for an event: those that act late
    std::string sentence;     ///< what was not granted, and what that costs
    std::string remedy;
    /// Something that the policy asks for does not happen. False: only what the administrator may opt out of is
    /// missing.
    bool alarming = true;
};
/// What a policy needs and was not granted, the weightiest first: what stops rules, the most of them before others;
/// events, of which hotdeskd hears late then; what may be done without. What is not known is not missing.
std::vector<MissingGrant> missing_grants(const PolicyBook& policy, const std::vector<std::string>& scopes,
                                         const XapiAccess& xapi);

}  // namespace hotdesk
