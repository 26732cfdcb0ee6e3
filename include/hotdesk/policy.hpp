#pragma once
// The administrator's rules, as values. The defaults here are the defaults of hotdeskd.toml(5).

#include <hotdesk/id.hpp>
#include <hotdesk/time.hpp>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotdesk {

/// What decided. The names are the policy's keys; they stand in the decision record, so: add, never rename.
enum class Rule { SignInGrace, SignOutGrace, MaxCallOverrun, ReleaseOnSignOut, Cli };
std::string_view name_of(Rule rule);

enum class Mode {
    Enforce,
    Observe,  ///< decide and record, send nothing that changes a desk
};
enum class VerifyIdentity { Auto, Off, On };

/// A length of time that may be `off`.
using Limit = std::optional<Millis>;
inline constexpr Limit off = std::nullopt;

struct Policy {
    Mode mode = Mode::Enforce;
    Limit sign_in_grace = std::chrono::minutes{5};
    Limit sign_out_grace = std::chrono::seconds{60};
    Limit max_call_overrun = off;
    bool release_on_sign_out = true;
    Limit no_show_release = off;
    Limit no_show_warning = std::chrono::minutes{2};
    Limit end_warning = std::chrono::minutes{15};
    bool allow_ad_hoc = true;
    bool allow_extension = true;
    Limit max_duration = off;
    Limit max_advance = off;
    int max_bookings_per_day = 0;  ///< 0: no limit
    bool one_desk_at_a_time = false;
    std::array<bool, 7> booking_days{true, true, true, true, true, true, true};  ///< Monday first
    std::chrono::minutes booking_from{0}, booking_to{24 * 60};                   ///< of the day, in `time_zone`
    std::string time_zone;                                                       ///< IANA name; empty: the system's
    std::vector<std::string> organizer_domains;                                  ///< empty: any
    std::vector<std::string> organizer_deny;                                     ///< addresses or `*@domain`
    VerifyIdentity verify_identity = VerifyIdentity::Auto;
    bool messages = true;

    bool operator==(const Policy&) const = default;
};

/// One `[[policy.override]]`. A key that is left empty matches everything; at least one is set.
struct PolicyOverride {
    std::string workspace;  ///< glob on the workspace's name, or a workspace or location id
    std::string organizer;  ///< glob on the organizer's address, without case
    std::vector<std::function<void(Policy&)>> sets;
};

/// Which desk and which organizer a policy is wanted for.
struct PolicyQuestion {
    const WorkspaceId& workspace;
    const std::string& workspace_name;
    const LocationId& location;
    std::string_view organizer_email;  ///< empty: nobody known
};

/// The policy with its overrides. Later overrides win.
class PolicyBook {
public:
    PolicyBook() = default;
    PolicyBook(Policy base, std::vector<PolicyOverride> overrides)
        : base_(std::move(base)), overrides_(std::move(overrides)) {}

    /// The answer lives as long as the book.
    const Policy& policy_for(const PolicyQuestion& question) const;
    const Policy& base() const { return base_; }
    /// Whether some desk or organizer may get a policy for which `wanted` is true.
    bool any(const std::function<bool(const Policy&)>& wanted) const;

private:
    Policy base_;
    std::vector<PolicyOverride> overrides_;
    // Desks by the thousand share a handful of combinations: each is worked out once.
    mutable std::map<std::vector<bool>, Policy> combinations_;
};

/// `*` stands for any run of characters, `?` for one; letters compare without case (ASCII).
bool matches_glob(std::string_view pattern, std::string_view text);

/// Equal without case (ASCII), as addresses are compared.
bool same_address(std::string_view a, std::string_view b);

}  // namespace hotdesk
