#include <hotdesk/messages.hpp>
#include <hotdesk/policy.hpp>

#include <algorithm>

namespace hotdesk {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool applies(const PolicyOverride& entry, const PolicyQuestion& question) {
    const bool place = entry.workspace.empty() || entry.workspace == question.workspace.value ||
                       entry.workspace == question.location.value ||
                       matches_glob(entry.workspace, question.workspace_name);
    const bool person = entry.organizer.empty() ||
                        (!question.organizer_email.empty() && matches_glob(entry.organizer, question.organizer_email));
    return place && person;
}

}  // namespace

std::string_view name_of(Rule rule) {
    switch (rule) {
        case Rule::SignInGrace: return "sign_in_grace";
        case Rule::SignOutGrace: return "sign_out_grace";
        case Rule::MaxCallOverrun: return "max_call_overrun";
        case Rule::VerifyIdentity: return "verify_identity";
        case Rule::ReleaseOnSignOut: return "release_on_sign_out";
        case Rule::NoShowRelease: return "no_show_release";
        case Rule::NoShowWarning: return "no_show_warning";
        case Rule::EndWarning: return "end_warning";
        case Rule::AllowAdHoc: return "allow_ad_hoc";
        case Rule::AllowExtension: return "allow_extension";
        case Rule::OrganizerDeny: return "organizer_deny";
        case Rule::OrganizerDomains: return "organizer_domains";
        case Rule::MaxDuration: return "max_duration";
        case Rule::MaxAdvance: return "max_advance";
        case Rule::BookingDays: return "booking_days";
        case Rule::BookingHours: return "booking_hours";
        case Rule::OneDeskAtATime: return "one_desk_at_a_time";
        case Rule::MaxBookingsPerDay: return "max_bookings_per_day";
        case Rule::Cli: return "cli";
    }
    return "";
}

PolicyBook::PolicyBook() : PolicyBook(Policy{}, {}) {}

PolicyBook::PolicyBook(Policy base, std::vector<PolicyOverride> overrides)
    : PolicyBook(std::move(base), std::move(overrides), nullptr, Messages{}) {}

PolicyBook::PolicyBook(Policy base, std::vector<PolicyOverride> overrides, std::shared_ptr<const Zone> zone,
                       Messages messages)
    : base_(std::move(base)),
      overrides_(std::move(overrides)),
      zone_(std::move(zone)),
      messages_(std::make_shared<const Messages>(std::move(messages))) {}

const Policy& PolicyBook::policy_for(const PolicyQuestion& question) const {
    if (overrides_.empty()) return base_;
    std::vector<bool> which;
    for (const auto& entry : overrides_) which.push_back(applies(entry, question));
    if (const auto known = combinations_.find(which); known != combinations_.end()) return known->second;
    Policy policy = base_;
    for (std::size_t i = 0; i < overrides_.size(); ++i)
        if (which[i])
            for (const auto& set : overrides_[i].sets) set(policy);
    return combinations_.emplace(std::move(which), std::move(policy)).first->second;
}

bool PolicyBook::any(const std::function<bool(const Policy&)>& wanted) const {
    if (wanted(base_)) return true;
    for (const auto& entry : overrides_) {
        Policy policy = base_;
        for (const auto& set : entry.sets) set(policy);
        if (wanted(policy)) return true;
    }
    return false;
}

bool matches_glob(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0;
    std::optional<std::size_t> star;  // the last `*` seen, and where in the text it stops for now
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t]))) {
            ++p, ++t;
        } else if (star) {
            p = *star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

std::string lower_case(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

bool same_address(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace hotdesk
