#include "core/grants.hpp"

#include "core/words.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using Bits = std::uint32_t;
template <class... Enums>
constexpr Bits bits(Enums... values) {
    return (Bits{0} | ... | (Bits{1} << static_cast<unsigned>(values)));
}

// --- rules and their acts --------------------------------------------------------------------------------------------

/// A booking that is moved, or prolonged, into breaking one of these is given its times back.
constexpr Bits rules_of_times = bits(Rule::AllowExtension, Rule::MaxDuration, Rule::MaxAdvance, Rule::BookingDays,
                                     Rule::BookingHours, Rule::OneDeskAtATime, Rule::MaxBookingsPerDay);
constexpr Bits rules_of_admission =
    rules_of_times | bits(Rule::AllowAdHoc, Rule::OrganizerDeny, Rule::OrganizerDomains);

Bits acts_of(Rule rule) {
    if (rules_of_times & bits(rule)) return bits(Act::Reject, Act::Restore);
    if (rules_of_admission & bits(rule)) return bits(Act::Reject);
    switch (rule) {
        case Rule::ReleaseOnSignOut: return bits(Act::Release);
        case Rule::NoShowRelease: return bits(Act::NoShow);
        case Rule::NoShowWarning: return bits(Act::WarnNoShow);
        case Rule::EndWarning: return bits(Act::WarnEnd);
        case Rule::Cli: return 0;
        default: return bits(Act::SignOut);
    }
}

// --- the table -------------------------------------------------------------------------------------------------------

/// Every act that takes something away: it needs fresh answers of its desk.
constexpr Bits hurting = bits(Act::SignOut, Act::Release, Act::NoShow, Act::Reject, Act::Restore);
/// A warning of a release makes no sense where there will be none.
constexpr Bits releasing = bits(Act::NoShow, Act::WarnNoShow);
constexpr Bits telling = bits(Act::WarnNoShow, Act::WarnEnd);
constexpr Bits every_rule = ~bits(Rule::Cli);

enum class Asked {
    Always,    ///< required, whatever the policy
    WhenUsed,  ///< required where a rule needs it, else optional
    Optional,
    ForWho,   ///< optional, and only where verify_identity is on
    ForTexts  ///< required, and only where somebody is told something
};

struct Row {
    GrantKind kind;
    std::string_view path, role;
    Asked asked;
    Bits acts;   ///< that cannot be without it
    Bits rules;  ///< that cannot be without it, beside those with such acts
    std::string_view besides = {};
};

constexpr std::string_view reader = "id_readonly_admin";
constexpr std::string_view commands_scope = "spark:xapi_commands";
constexpr std::string_view active_calls = "SystemUnit.State.NumberOfActiveCalls";

/// In the manifest's order; of an act's rows the first that was not granted is named.
/// **Source:** technical details, "Example Manifest" (scopes and roles for devices, workspaces, statuses, commands);
/// hot-desking guide, "xAPIs"; xAPI schema.
constexpr Row table[] = {
    {GrantKind::Scope, "spark-admin:devices_read", reader, Asked::Always, 0, every_rule, "no desk is known"},
    {GrantKind::Scope, "spark-admin:workspaces_read", reader, Asked::Always, 0, every_rule, "no desk is known"},
    {GrantKind::Scope, "spark:xapi_statuses", "", Asked::Always, hurting | releasing, 0},
    {GrantKind::Scope, commands_scope, "", Asked::Always, hurting | telling, 0,
     "what the command line asks of a desk is refused"},
    {GrantKind::Scope, identity_scope::sessions, reader, Asked::ForWho, 0, bits(Rule::VerifyIdentity)},
    {GrantKind::Scope, identity_scope::people, reader, Asked::ForWho, 0, bits(Rule::VerifyIdentity)},

    // Where nobody can say whether somebody sits there, nothing is done at all: an answer to the question is what every
    // act rests on.
    {GrantKind::Status, "Webex.DevicePersonalization.Personalized", "", Asked::Always, hurting | telling, 0},
    {GrantKind::Status, active_calls, "", Asked::Always, bits(Act::SignOut, Act::Release) | releasing, 0},
    // Shown by `devices`, and keeps a booking from being released as a no-show; not every desk has it.
    {GrantKind::Status, "RoomAnalytics.PeoplePresence", "", Asked::Optional, 0, 0,
     "who is only seen at a desk does not count as having come"},

    {GrantKind::Event, "Bookings.BookingRequested", "", Asked::Always, 0, bits(Rule::SignInGrace, Rule::AllowAdHoc)},
    {GrantKind::Event, "Bookings.BookingCreated", "", Asked::Always, 0, rules_of_admission},
    {GrantKind::Event, "Bookings.BookingFailed", "", Asked::Always, 0, bits(Rule::SignInGrace)},
    {GrantKind::Event, "Bookings.BookingMoved", "", Asked::Always, 0, rules_of_admission},
    {GrantKind::Event, "Bookings.Start", "", Asked::Always, 0, 0},
    {GrantKind::Event, "Bookings.End", "", Asked::Always, 0, bits(Rule::SignOutGrace)},
    {GrantKind::Event, "Bookings.Deleted", "", Asked::Always, 0, bits(Rule::SignOutGrace)},
    {GrantKind::Event, "Bookings.SyncRequired", "", Asked::Always, 0, 0},
    {GrantKind::Event, "Bookings.Updated", "", Asked::Always, 0, 0},
    {GrantKind::Event, "Bookings.EditRequested", "", Asked::WhenUsed, 0, rules_of_times},
    {GrantKind::Event, "Bookings.EditFailed", "", Asked::WhenUsed, 0, rules_of_times},
    {GrantKind::Event, "Bookings.ExtensionRequested", "", Asked::WhenUsed, 0, rules_of_times},
    {GrantKind::Event, "Bookings.ExtensionFailed", "", Asked::WhenUsed, 0, rules_of_times},
    {GrantKind::Event, "Bookings.CheckedIn", "", Asked::WhenUsed, 0, bits(Rule::NoShowRelease)},
    {GrantKind::Event, "BootEvent", "", Asked::Always, 0, 0},

    {GrantKind::Command, command_path::list, "", Asked::Always, hurting | releasing, 0},
    {GrantKind::Command, command_path::logout, "", Asked::Always, bits(Act::SignOut), 0,
     "hotdeskd sign-out is refused"},
    {GrantKind::Command, command_path::remove, "", Asked::WhenUsed, bits(Act::Release, Act::Reject) | releasing, 0,
     "hotdeskd delete is refused"},
    {GrantKind::Command, command_path::edit, "", Asked::WhenUsed, bits(Act::Restore), 0, "hotdeskd edit is refused"},
    {GrantKind::Command, command_path::book, "", Asked::Optional, 0, 0, "hotdeskd book is refused"},
    {GrantKind::Command, command_path::alert, "", Asked::ForTexts, telling, 0, "nobody at a desk is told anything"},
};

/// The rules of a policy, or of one of its overrides.
std::vector<Rule> rules_of(const PolicyBook& book) {
    std::vector<Rule> out;
    for (const Rule rule : all_rules)
        if (book.any([rule](const Policy& policy) { return uses(policy, rule); })) out.push_back(rule);
    return out;
}

std::vector<Rule> rules_needing(const Row& row, std::vector<Rule> rules) {
    std::erase_if(rules, [&](Rule rule) { return !(row.rules & bits(rule)) && !(row.acts & acts_of(rule)); });
    return rules;
}

// --- what is granted -------------------------------------------------------------------------------------------------

bool is_known(const XapiAccess& xapi) { return !(xapi == XapiAccess{}); }

/// Scopes of the same name give the same access, whoever's they are: `spark:devices_read`, `spark-admin:devices_read`.
std::string_view bare(std::string_view scope) { return scope.substr(scope.find(':') + 1); }

bool grants_scope(const std::string& granted, std::string_view scope) {
    if (scope == identity_scope::sessions) return reads_sessions(granted);
    if (scope == identity_scope::people) return reads_people(granted);
    return same_address(bare(granted), bare(scope));
}

std::string in_words(const std::vector<Rule>& rules) {
    std::string out;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (i > 0) out += i + 1 == rules.size() ? " and " : ", ";
        out += name_of(rules[i]);
    }
    return out;
}

std::string sentence_for(const Need& need) {
    std::string out{need.path};
    out += " (" + std::string{name_of(need.kind)} + ") was not granted";
    const bool event = need.kind == GrantKind::Event;
    const bool one = need.rules.size() == 1 && !need.all_rules;
    if (!need.rules.empty()) {
        const std::string who = need.all_rules && !event ? "every rule" : in_words(need.rules);
        out += ": " + who + (event ? one ? " acts late" : " act late" : one || need.all_rules ? " rests" : " rest");
    } else if (event) {
        out += ": hotdeskd learns of it only when it asks the desk";
    }
    if (!need.besides.empty()) out += (need.rules.empty() ? ": " : ", and ") + std::string{need.besides};
    return out;
}

/// What comes first: what costs rules, the more the sooner; events, which cost time; what can be done without.
bool weighs_more(const Need& a, const Need& b) {
    const auto tier = [](const Need& need) {
        if (!need.required && need.rules.empty()) return 2;
        return need.kind == GrantKind::Event ? 1 : 0;
    };
    return tier(a) != tier(b) ? tier(a) < tier(b) : a.rules.size() > b.rules.size();
}

}  // namespace

std::string_view name_of(GrantKind kind) {
    switch (kind) {
        case GrantKind::Scope: return "scope";
        case GrantKind::Status: return "status";
        case GrantKind::Command: return "command";
        case GrantKind::Event: return "event";
    }
    return "";
}

std::string not_granted(std::string_view path) { return words::sentence({path, " was not granted"}); }

bool uses(const Policy& policy, Rule rule) {
    const Policy lax;
    switch (rule) {
        case Rule::SignInGrace: return policy.sign_in_grace.has_value();
        case Rule::SignOutGrace: return policy.sign_out_grace.has_value();
        case Rule::MaxCallOverrun: return policy.max_call_overrun.has_value();
        case Rule::VerifyIdentity: return policy.verify_identity != VerifyIdentity::Off;
        case Rule::ReleaseOnSignOut: return policy.release_on_sign_out;
        case Rule::NoShowRelease: return policy.no_show_release.has_value();
        case Rule::NoShowWarning: return policy.no_show_release && policy.no_show_warning && policy.messages;
        case Rule::EndWarning: return policy.end_warning && policy.messages;
        case Rule::AllowAdHoc: return !policy.allow_ad_hoc;
        case Rule::AllowExtension: return !policy.allow_extension;
        case Rule::OrganizerDeny: return !policy.organizer_deny.empty();
        case Rule::OrganizerDomains: return !policy.organizer_domains.empty();
        case Rule::MaxDuration: return policy.max_duration.has_value();
        case Rule::MaxAdvance: return policy.max_advance.has_value();
        case Rule::BookingDays: return policy.booking_days != lax.booking_days;
        case Rule::BookingHours: return policy.booking_from != lax.booking_from || policy.booking_to != lax.booking_to;
        case Rule::OneDeskAtATime: return policy.one_desk_at_a_time;
        case Rule::MaxBookingsPerDay: return policy.max_bookings_per_day > 0;
        case Rule::Cli: return false;  // an administrator, not a rule
    }
    return false;
}

Grants::Grants(std::vector<std::string> scopes, XapiAccess xapi) : scopes_(std::move(scopes)), xapi_(std::move(xapi)) {
    for (const Row& row : table) {
        if (allows(row.kind, row.path)) continue;
        for (std::size_t act = 0; act < act_count; ++act)
            if (by_act_[act].empty() && (row.acts & bits(static_cast<Act>(act)))) by_act_[act] = row.path;
        if (row.rules == every_rule) may_list_ = false;
        // What every question to a desk needs is what every hurting act needs.
        if ((row.acts & hurting) == hurting) may_ask_ = false;
        if (row.path == active_calls) may_ask_calls_ = false;
    }
    may_tell_ = withheld(command_path::alert).empty();
}

bool Grants::allows(GrantKind kind, std::string_view path) const {
    if (kind == GrantKind::Scope)
        return scopes_.empty() || std::any_of(scopes_.begin(), scopes_.end(),
                                              [&](const std::string& granted) { return grants_scope(granted, path); });
    if (!is_known(xapi_) || (kind == GrantKind::Event && xapi_.events.empty())) return true;
    const auto& patterns = kind == GrantKind::Status    ? xapi_.statuses
                           : kind == GrantKind::Command ? xapi_.commands
                                                        : xapi_.events;
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches_glob(pattern, path); });
}

std::string_view Grants::withheld(std::string_view command) const {
    if (!allows(GrantKind::Scope, commands_scope)) return commands_scope;
    return allows(GrantKind::Command, command) ? std::string_view{} : command;
}

std::vector<Need> needs_for(const PolicyBook& policy) {
    const std::vector<Rule> all = rules_of(policy);
    const bool texts = policy.any([](const Policy& p) { return p.messages; });
    std::vector<Need> needs;
    for (const Row& row : table) {
        Need need{row.kind, row.path, row.role, true, rules_needing(row, all), false, row.besides};
        need.all_rules = !all.empty() && need.rules == all;
        switch (row.asked) {
            case Asked::Always: break;
            case Asked::WhenUsed: need.required = !need.rules.empty(); break;
            case Asked::Optional: need.required = false; break;
            case Asked::ForWho:
                if (need.rules.empty()) continue;
                need.required = false;
                break;
            case Asked::ForTexts:
                if (!texts) continue;
                break;
        }
        needs.push_back(std::move(need));
    }
    return needs;
}

std::vector<MissingGrant> missing_grants(const PolicyBook& policy, const std::vector<std::string>& scopes,
                                         const XapiAccess& xapi) {
    const Grants grants(scopes, xapi);
    std::vector<Need> missing = needs_for(policy);
    std::erase_if(missing, [&](const Need& need) { return grants.allows(need.kind, need.path); });
    std::stable_sort(missing.begin(), missing.end(), weighs_more);
    std::vector<MissingGrant> out;
    for (const Need& need : missing) {
        const bool alarming = need.required || !need.rules.empty();
        out.push_back({need.kind, std::string{need.path}, need.rules, sentence_for(need),
                       alarming ? "hotdeskd manifest --request-update asks for it, to be approved in Control Hub; or "
                                  "change the policy"
                                : "can be done without; hotdeskd manifest --request-update asks for it",
                       alarming});
    }
    return out;
}

}  // namespace hotdesk
