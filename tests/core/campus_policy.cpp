// The policies of a campus, by chance.

#include "campus.hpp"
#include "words.hpp"

#include <utility>

namespace hotdesk::test {

/// A few keys at a time, so that each one decides something.
void Campus::random_policy() {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> keys{
        {"sign_in_grace", {"5m", "1m", "0s", "off"}},
        {"sign_out_grace", {"60s", "0s", "5m"}},
        {"max_call_overrun", {"off", "10m"}},
        {"release_on_sign_out", {"yes", "no"}},
        {"no_show_release", {"off", "15m", "30m"}},
        {"no_show_warning", {"2m", "off"}},
        {"end_warning", {"15m", "off"}},
        {"allow_ad_hoc", {"yes", "no"}},
        {"allow_extension", {"yes", "no"}},
        {"max_duration", {"off", "2h", "1h"}},
        {"max_advance", {"off", "3h"}},
        {"max_bookings_per_day", {"0", "2", "1"}},
        {"one_desk_at_a_time", {"no", "yes"}},
        {"booking_days", {"mon,tue,wed,thu,fri,sat,sun", "mon", "sat", "sun"}},
        {"booking_hours", {"00:00-24:00", "08:00-18:00", "22:00-06:00", "00:00-05:00"}},
        {"organizer_deny", {"", "*@evil.example"}},
        {"messages", {"yes", "no"}}};
    std::string line = "policy mode=" + std::string{chances_.mode == Mode::Observe ? "observe" : "enforce"};
    policy_.mode = chances_.mode;
    if (chances_.summer) line += " time_zone=Europe/Oslo";
    for (const auto& [key, values] : keys) {
        const std::string& value = one_in(3) ? values[pick(values.size())] : values[0];
        set_key(policy_, key, value);
        line += " " + key + "=" + value;
    }
    story_ += line + "\n";
}

/// Of three that may be about the same desk and organizer; later ones win.
void Campus::random_overrides() {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> keys{
        {"allow_ad_hoc", {"yes", "no"}},
        {"allow_extension", {"yes", "no"}},
        {"max_duration", {"off", "1h", "3h"}},
        {"no_show_release", {"off", "15m", "30m"}},
        {"booking_hours", {"00:00-24:00", "22:00-06:00"}},
        {"messages", {"yes", "no"}},
        {"release_on_sign_out", {"yes", "no"}},
        {"sign_out_grace", {"60s", "5m"}}};
    for (int i = 0; i < 3; ++i) {
        Override next;
        if (one_in(2))
            next.workspace = rig_.desks[pick(rig_.desks.size())].place.workspace_name;
        else
            next.domain = one_in(2) ? "@example.com" : "@other.example";
        std::string line = next.domain.empty() ? "workspace=" + next.workspace : "organizer=*" + next.domain;
        for (int k = 0; k < 3; ++k) {
            const auto& [key, values] = keys[pick(keys.size())];
            next.keys.emplace_back(key, values[pick(values.size())]);
            line += " " + key + "=" + next.keys.back().second;
        }
        overrides_.push_back(std::move(next));
        story_ += "override " + line + "\n";
    }
}

PolicyBook Campus::policy_book() const {
    std::vector<PolicyOverride> overrides;
    for (const Override& one : overrides_) {
        PolicyOverride next{one.workspace, one.domain.empty() ? "" : "*" + one.domain, {}};
        for (const auto& [key, value] : one.keys)
            next.sets.emplace_back([key = key, value = value](Policy& policy) { set_key(policy, key, value); });
        overrides.push_back(std::move(next));
    }
    return {policy_, std::move(overrides), zone_, Messages{}};
}

}  // namespace hotdesk::test
