#pragma once
// The administrator's rules, as values. The defaults here are the defaults of hotdeskd.toml(5).

#include <hotdesk/id.hpp>
#include <hotdesk/time.hpp>
#include <hotdesk/zone.hpp>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotdesk {

/// What decided. The names are the policy's keys; they stand in the decision record, so: add, never rename.
enum class Rule {
    SignInGrace,
    SignOutGrace,
    MaxCallOverrun,
    VerifyIdentity,
    ReleaseOnSignOut,
    NoShowRelease,
    NoShowWarning,
    EndWarning,
    // Admission: may this booking be?
    AllowAdHoc,
    AllowExtension,
    OrganizerDeny,
    OrganizerDomains,
    MaxDuration,
    MaxAdvance,
    BookingDays,
    BookingHours,
    OneDeskAtATime,
    MaxBookingsPerDay,
    Cli,
};
std::string_view name_of(Rule rule);
/// Every rule, in the order in which they are asked.
inline constexpr std::array all_rules{Rule::SignInGrace,
                                      Rule::SignOutGrace,
                                      Rule::MaxCallOverrun,
                                      Rule::VerifyIdentity,
                                      Rule::ReleaseOnSignOut,
                                      Rule::NoShowRelease,
                                      Rule::NoShowWarning,
                                      Rule::EndWarning,
                                      Rule::AllowAdHoc,
                                      Rule::AllowExtension,
                                      Rule::OrganizerDeny,
                                      Rule::OrganizerDomains,
                                      Rule::MaxDuration,
                                      Rule::MaxAdvance,
                                      Rule::BookingDays,
                                      Rule::BookingHours,
                                      Rule::OneDeskAtATime,
                                      Rule::MaxBookingsPerDay,
                                      Rule::Cli};

enum class Mode {
    Enforce,
    Observe,  ///< decide and record, send nothing that changes a desk
};
enum class VerifyIdentity { Auto, Off, On };

struct Messages;

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
    Limit no_show_exempt_duration = off;  ///< a booking this long or longer is never released as a no-show
    Limit end_warning = std::chrono::minutes{15};
    bool allow_ad_hoc = true;
    bool allow_extension = true;
    Limit max_duration = off;
    Limit max_advance = off;
    int max_bookings_per_day = 0;  ///< 0: no limit
    bool one_desk_at_a_time = false;
    std::array<bool, 7> booking_days{true, true, true, true, true, true, true};  ///< Monday first
    /// Of the day, in `time_zone`. Where `booking_to` is not after `booking_from`, it is of the next day.
    std::chrono::minutes booking_from{0}, booking_to{24 * 60};
    std::string time_zone;                       ///< IANA name; empty: the system's
    std::vector<std::string> organizer_domains;  ///< empty: any
    std::vector<std::string> organizer_deny;     ///< addresses or `*@domain`
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

/// The policy with its overrides. Later overrides win. One mode, one time zone and one set of texts for all.
class PolicyBook {
public:
    PolicyBook();
    PolicyBook(Policy base, std::vector<PolicyOverride> overrides);
    /// `zone`: of `base.time_zone`.
    PolicyBook(Policy base, std::vector<PolicyOverride> overrides, std::shared_ptr<const Zone> zone, Messages messages);

    /// The answer lives as long as the book.
    const Policy& policy_for(const PolicyQuestion& question) const;
    const Policy& base() const { return base_; }
    [[nodiscard]] Mode mode() const { return base_.mode; }
    [[nodiscard]] const Zone& zone() const { return zone_ ? *zone_ : utc_zone(); }
    [[nodiscard]] const Messages& messages() const { return *messages_; }
    /// Whether some desk or organizer may get a policy for which `wanted` is true.
    bool any(const std::function<bool(const Policy&)>& wanted) const;

private:
    Policy base_;
    std::vector<PolicyOverride> overrides_;
    std::shared_ptr<const Zone> zone_;
    std::shared_ptr<const Messages> messages_;
    // Desks by the thousand share a handful of combinations: each is worked out once.
    mutable std::map<std::vector<bool>, Policy> combinations_;
};

/// `*` stands for any run of characters, `?` for one; letters compare without case (ASCII).
bool matches_glob(std::string_view pattern, std::string_view text);

/// In lower case (ASCII).
std::string lower_case(std::string_view text);

/// Equal without case (ASCII), as addresses are compared.
bool same_address(std::string_view a, std::string_view b);

}  // namespace hotdesk
