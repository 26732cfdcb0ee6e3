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

}  // namespace hotdesk::test
