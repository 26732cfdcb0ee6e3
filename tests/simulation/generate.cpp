#include "generator.hpp"

#include <algorithm>

namespace hotdesk::sim {

using namespace std::chrono_literals;

Script Generator::make() {
    opening();
    policy();
    overrides();
    people();
    orders();
    changes_of_mind();
    faults();
    std::stable_sort(script_.happenings.begin(), script_.happenings.end(),
                     [](const Happening& a, const Happening& b) { return a.at < b.at; });
    return std::move(script_);
}

void Generator::opening() {
    Opening& opening = script_.opening;
    opening.summer = draws_.one_in(3);
    if (opening.summer) {
        // The night in which the clocks change lies within.
        const WallTime sunday = *parse_time(draws_.one_in(2) ? "2026-03-29T05:00:00Z" : "2026-10-25T05:00:00Z");
        opening.start = sunday - std::chrono::days{1 + draws_.pick(std::max(1, size_.days - 1))};
    } else {
        opening.start = *parse_time("2026-03-02T05:00:00Z") + std::chrono::days{draws_.pick(7)};
    }
    const bool large = draws_.one_in(10);
    opening.desks = large ? 161 + draws_.pick(240) : 100 + draws_.pick(61);
    if (size_.desks > 0) opening.desks = size_.desks;
    if (draws_.one_in(2)) opening.hybrid = 10 + draws_.pick(91);
    opening.identity = draws_.one_in(2);
    opening.calm = (size_.days - 1) * 24h + 13h + draws_.minutes(0, 60);
    opening.end = opening.calm + 3h;
}

/// A few keys at a time, so that each one decides something.
void Generator::policy() {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> keys{
        {"sign_in_grace", {"5m", "1m", "15m", "off"}},
        {"sign_out_grace", {"60s", "0s", "5m"}},
        {"max_call_overrun", {"off", "10m", "0s"}},
        {"release_on_sign_out", {"yes", "no"}},
        {"no_show_release", {"off", "15m", "30m", "5m"}},
        {"no_show_warning", {"2m", "off", "5m"}},
        {"no_show_exempt_duration", {"off", "2h"}},
        {"end_warning", {"15m", "off"}},
        {"allow_ad_hoc", {"yes", "no"}},
        {"allow_extension", {"yes", "no"}},
        {"max_duration", {"off", "4h", "2h"}},
        {"max_advance", {"off", "12h", "3h"}},
        {"max_bookings_per_day", {"0", "2", "1"}},
        {"one_desk_at_a_time", {"no", "yes"}},
        {"booking_days", {"mon,tue,wed,thu,fri,sat,sun", "mon,tue,wed,thu,fri", "mon,wed,fri,sun"}},
        {"booking_hours", {"00:00-24:00", "08:00-18:00", "22:00-06:00", "07:30-17:15"}},
        {"organizer_deny", {"", "*@evil.example", "u1@example.com,eve*"}},
        {"organizer_domains", {"", "example.com", "example.com,partner.example"}},
        {"messages", {"yes", "no"}}};
    auto& out = script_.opening.policy;
    if (draws_.one_in(20)) out.emplace_back("mode", "observe");
    if (draws_.one_in(3)) out.emplace_back("verify_identity", draws_.one_in(2) ? "on" : "off");
    for (const auto& [key, values] : keys)
        if (draws_.one_in(3)) out.emplace_back(key, draws_.of(values));
}

void Generator::overrides() {
    auto& out = script_.opening.overrides;
    if (draws_.one_in(3)) out.push_back({{"workspace", "*1"}, {"sign_in_grace", "10m"}, {"max_duration", "1h"}});
    if (draws_.one_in(3))
        out.push_back({{"organizer", "*@partner.example"}, {"allow_ad_hoc", "no"}, {"no_show_release", "10m"}});
    if (draws_.one_in(6))
        out.push_back({{"workspace", "*2"}, {"organizer", "u1*"}, {"allow_extension", "no"}, {"messages", "no"}});
}

void Generator::orders() {
    if (draws_.one_in(2)) return;
    for (int number = draws_.pick(60); number > 0; --number) order(number);
}

void Generator::order(int number) {
    const Millis at = any_time(), length = std::chrono::minutes{15 + draws_.pick(106)};
    const std::string there = desk(), force = draws_.one_in(3) ? " force" : "";
    const std::string which = std::to_string(draws_.pick(4));
    const int kind = draws_.pick(5);
    const Millis in = kind == 1 ? draws_.minutes(5, 300) : draws_.minutes(0, 200);
    if (kind == 0)
        add({at, text({"order sign-out ", there, force})});
    else if (kind == 1)
        add({at, text({"order edit ", there, " ", which, when(in, length), force})});
    else if (kind == 2)
        add({at, text({"order delete ", there, " ", which, force})});
    else
        add({at,
             text({"order book ", there, " order", std::to_string(number), "@example.com", when(in, length), force})});
}

void Generator::changes_of_mind() {
    if (draws_.one_in(3)) add({any_time(), text({"policy sign_in_grace=", draws_.one_in(2) ? "2m" : "10m"})});
    if (draws_.one_in(3))
        add({any_time(), text({"policy max_duration=3h allow_ad_hoc=", draws_.one_in(2) ? "yes" : "no"})});
    if (draws_.one_in(8)) add({any_time(), text({"policy no_show_release=", draws_.one_in(2) ? "off" : "20m"})});
}

Script generate(std::uint64_t seed, Size size) { return Generator(seed, size).make(); }

}  // namespace hotdesk::sim
