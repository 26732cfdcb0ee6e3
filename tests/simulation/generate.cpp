#include "generate.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;

using Key = std::pair<std::string, std::string>;

class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) { script_.opening.seed = seed; }

    Script make() {
        Opening& opening = script_.opening;
        opening.summer = one_in(4);
        // A Monday; or the Friday before the night in which clocks change.
        opening.start = *parse_time(!opening.summer ? "2026-03-02T05:00:00Z"
                                    : one_in(2)     ? "2026-03-27T05:00:00Z"
                                                    : "2026-10-23T05:00:00Z");
        opening.desks = one_in(8) ? 100 + pick(300) : 100 + pick(60);
        opening.hybrid = one_in(2) ? 0 : 10 + pick(90);
        opening.identity = one_in(2);
        opening.calm = 4 * 24h + 13h + minutes(0, 60);
        opening.end = opening.calm + 3h;
        policy();
        people();
        faults();
        std::stable_sort(script_.happenings.begin(), script_.happenings.end(),
                         [](const Happening& a, const Happening& b) { return a.at < b.at; });
        return std::move(script_);
    }

private:
    int pick(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
    bool one_in(int n) { return pick(n) == 0; }
    bool percent(int p) { return pick(100) < p; }
    Millis minutes(int from, int to) { return Millis{(from * 60 + pick((to - from) * 60 + 1)) * 1000 + pick(1000)}; }
    Millis any_time() {
        return Millis{static_cast<Millis::rep>(random_() % static_cast<std::uint64_t>(script_.opening.calm.count()))};
    }
    void add(Millis at, std::string what) { script_.happenings.push_back({at, std::move(what)}); }
    static std::string span(Millis span) { return std::to_string(span.count() / 1000) + "s"; }
    std::string desk() { return "desk-" + std::to_string(1 + pick(script_.opening.desks)); }

    void policy();
    void people();
    void visit(const std::string& desk, Millis start);
    void booked_visit(const std::string& desk, Millis start, Millis length, const std::string& who);
    void ad_hoc_visit(const std::string& desk, Millis start, Millis length, const std::string& who);
    void while_there(const std::string& desk, Millis from, Millis to);
    void orders();
    void faults();
    void network_faults();
    void box_faults();
    void desk_faults();
    std::string somebody();

    std::mt19937_64 random_;
    Script script_;
};

/// A few keys at a time, so that each one decides something.
void Generator::policy() {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> keys{
        {"sign_in_grace", {"5m", "1m", "15m", "off"}},
        {"sign_out_grace", {"60s", "0s", "5m"}},
        {"max_call_overrun", {"off", "10m"}},
        {"release_on_sign_out", {"yes", "no"}},
        {"no_show_release", {"off", "15m", "30m"}},
        {"no_show_warning", {"2m", "off"}},
        {"end_warning", {"15m", "off"}},
        {"allow_ad_hoc", {"yes", "no"}},
        {"allow_extension", {"yes", "no"}},
        {"max_duration", {"off", "4h", "2h"}},
        {"max_advance", {"off", "12h", "3h"}},
        {"max_bookings_per_day", {"0", "2", "1"}},
        {"one_desk_at_a_time", {"no", "yes"}},
        {"booking_days", {"mon,tue,wed,thu,fri,sat,sun", "mon,tue,wed,thu,fri"}},
        {"booking_hours", {"00:00-24:00", "08:00-18:00", "22:00-06:00"}},
        {"organizer_deny", {"", "*@evil.example"}},
        {"messages", {"yes", "no"}}};
    std::vector<Key>& out = script_.opening.policy;
    if (one_in(20)) out.emplace_back("mode", "observe");
    if (one_in(3)) out.emplace_back("verify_identity", one_in(2) ? "on" : "off");
    for (const auto& [key, values] : keys)
        if (one_in(3)) out.emplace_back(key, values[static_cast<std::size_t>(pick(static_cast<int>(values.size())))]);
    if (one_in(3))
        script_.opening.overrides.push_back({{"workspace", "*1"}, {"sign_in_grace", "10m"}, {"max_duration", "1h"}});
    if (one_in(3))
        script_.opening.overrides.push_back(
            {{"organizer", "*@partner.example"}, {"allow_ad_hoc", "no"}, {"no_show_release", "10m"}});
}

// --- people ----------------------------------------------------------------------------------------------------------

std::string Generator::somebody() {
    if (percent(4)) return "eve@evil.example";
    if (percent(6)) return "p" + std::to_string(pick(5)) + "@partner.example";
    return "u" + std::to_string(pick(script_.opening.desks)) + "@example.com";
}

/// Most desks are used once or twice on a working day, and most of a night nothing happens.
void Generator::people() {
    const int busy = 20 + pick(60);
    for (int day = 0; day * 24h < script_.opening.calm; ++day) {
        const bool weekend = day % 7 >= 5;
        for (int number = 1; number <= script_.opening.desks; ++number) {
            const std::string desk = "desk-" + std::to_string(number);
            Millis at = day * 24h + minutes(60, 300);
            while (at < day * 24h + 14h && percent(weekend ? 5 : busy)) {
                visit(desk, at);
                at += minutes(90, 400);
            }
        }
    }
    orders();
}

void Generator::visit(const std::string& desk, Millis start) {
    if (start >= script_.opening.calm) return;
    const std::string who = somebody();
    const Millis length = std::chrono::minutes{15 + pick(226)};
    if (percent(25))
        ad_hoc_visit(desk, start, length, who);
    else
        booked_visit(desk, start, length, who);
}

void Generator::booked_visit(const std::string& desk, Millis start, Millis length, const std::string& who) {
    const Millis ahead = std::min(start, one_in(3) ? minutes(600, 1200) : minutes(10, 120));
    const std::string lasting = " for=" + span(length);
    add(start - ahead, desk + " book " + who + " in=" + span(ahead) + lasting + (one_in(2) ? " calendar" : ""));
    if (percent(8))
        add(start - ahead / 2,
            desk + " move 0 in=" + span(ahead / 2 + minutes(0, 60)) + lasting + (one_in(2) ? " calendar" : ""));
    if (percent(5)) add(start - ahead / 3, desk + " remove 0" + (one_in(2) ? " calendar" : ""));
    if (percent(10)) return;  // nobody comes
    const Millis comes = start + minutes(0, 12) - 4min;
    add(comes, desk + " sign-in " + (percent(5) ? somebody() : who));
    while_there(desk, comes, start + length);
    if (percent(8)) add(start + length - minutes(1, 10), desk + " extend 1800s");
    // Most leave a little early; the others are signed out by the desk when the time is over.
    if (percent(50)) add(start + length - std::min(length / 2, minutes(1, 30)), desk + " sign-out");
}

void Generator::ad_hoc_visit(const std::string& desk, Millis start, Millis length, const std::string& who) {
    add(start, desk + (percent(5) ? " fail-sign-in " : " sign-in ") + who);
    const Millis thinks = Millis{20000 + pick(100) * 1000};
    if (percent(15)) {
        if (one_in(2)) add(start + thinks, desk + " cancel");
        return;  // or sits there
    }
    if (percent(5)) add(start + thinks, desk + " fail-next Decline");
    add(start + thinks, desk + " book " + who + " for=" + span(length));
    while_there(desk, start + thinks, start + length);
    if (percent(60)) add(start + length - std::min(length / 2, minutes(1, 30)), desk + " sign-out");
}

void Generator::while_there(const std::string& desk, Millis from, Millis to) {
    if (percent(20)) {
        const Millis call = from + minutes(1, 30);
        add(call, desk + " call");
        add(std::max(call + 1min, percent(25) ? to + minutes(1, 40) : to - minutes(1, 30)), desk + " hang-up");
    }
    if (percent(10)) add(from + minutes(1, 20), desk + " presence " + (one_in(2) ? "Yes" : "No"));
}

void Generator::orders() {
    if (one_in(2)) return;
    for (int i = pick(60); i > 0; --i) {
        const Millis at = any_time();
        const std::string who = "order" + std::to_string(i) + "@example.com";
        const std::string lasting = " for=" + span(std::chrono::minutes{15 + pick(106)}),
                          force = one_in(3) ? " force" : "";
        switch (pick(5)) {
            case 0: add(at, "order sign-out " + desk() + force); break;
            case 1:
                add(at, "order edit " + desk() + " " + std::to_string(pick(4)) + " in=" + span(minutes(5, 300)) +
                            lasting + force);
                break;
            case 2: add(at, "order delete " + desk() + " " + std::to_string(pick(4)) + force); break;
            default: add(at, "order book " + desk() + " " + who + " in=" + span(minutes(0, 200)) + lasting + force);
        }
    }
    if (one_in(3)) add(any_time(), "policy sign_in_grace=" + std::string{one_in(2) ? "2m" : "10m"});
    if (one_in(3)) add(any_time(), "policy max_duration=3h allow_ad_hoc=" + std::string{one_in(2) ? "yes" : "no"});
}

// --- what breaks -----------------------------------------------------------------------------------------------------

void Generator::faults() {
    if (one_in(12)) return;  // a week in which all goes well
    if (!one_in(4)) network_faults();
    if (!one_in(3)) box_faults();
    if (!one_in(3)) desk_faults();
}

void Generator::network_faults() {
    static const std::array<std::string, 9> endpoints{"all",    "poll",  "poll", "command", "command",
                                                      "status", "token", "app",  "devices"};
    static const std::array<std::string, 19> fates{"refuse",
                                                   "hang",
                                                   "lose",
                                                   "silence",
                                                   "truncate",
                                                   "late",
                                                   "twice",
                                                   "shuffle",
                                                   "shuffle",
                                                   "html",
                                                   "garbage",
                                                   "status status=503",
                                                   "status status=502",
                                                   "status status=429 after=20s",
                                                   "status status=401",
                                                   "status status=403",
                                                   "status status=404",
                                                   "status status=410",
                                                   "status status=423"};
    // A few kinds a week.
    std::vector<std::string> kinds;
    for (int i = 1 + pick(4); i > 0; --i)
        kinds.push_back(fates[static_cast<std::size_t>(pick(static_cast<int>(fates.size())))]);
    for (int i = 5 + pick(60); i > 0; --i) {
        const std::string& fate = kinds[static_cast<std::size_t>(pick(static_cast<int>(kinds.size())))];
        const std::string where = fate == "shuffle" ? "poll" : endpoints[static_cast<std::size_t>(pick(9))];
        const Millis lasting = one_in(10) ? minutes(5, 90) : Millis{1000 + pick(240) * 1000};
        add(any_time(), "net " + where + " " + fate + (one_in(2) ? " p=100" : " p=" + std::to_string(5 + pick(60))) +
                            " for=" + span(lasting));
    }
    if (one_in(3))
        for (int i = 1 + pick(4); i > 0; --i) add(any_time(), "queue garbage");
}

void Generator::box_faults() {
    const int kinds = 1 + pick(63);
    const auto has = [&](int bit) { return (kinds >> bit & 1) != 0; };
    if (has(0))
        for (int i = pick(40); i > 0; --i)
            add(any_time(), "box crash-in " + std::to_string(1 + pick(one_in(3) ? 2000 : 40)));
    if (has(1))
        for (int i = pick(6); i > 0; --i)
            add(any_time(),
                (one_in(2) ? "box down " : "box reboot ") + span(one_in(3) ? minutes(20, 200) : minutes(0, 9)));
    if (has(2))
        for (int i = pick(6); i > 0; --i)
            add(any_time(), "box stall " + span(one_in(3) ? minutes(10, 60) : minutes(0, 5)));
    if (has(3))
        for (int i = pick(4); i > 0; --i)
            add(any_time(),
                "box clock " + std::string{one_in(2) ? "-" : ""} + span(one_in(2) ? minutes(0, 2) : minutes(30, 3000)));
    if (has(4))
        for (int i = pick(5); i > 0; --i)
            add(any_time(), one_in(3) ? std::string{"disk fails kept="} + (one_in(2) ? "yes" : "no")
                                      : std::string{"disk "} + (one_in(2) ? "full " : "slow ") + span(minutes(1, 40)));
    if (has(5)) {
        for (int i = pick(8); i > 0; --i) add(any_time(), "tokens revoke-access");
        if (one_in(4)) add(any_time(), "tokens revoke-refresh");
        if (one_in(3)) add(any_time(), "tokens short " + span(minutes(1, 60)));
        if (one_in(4)) add(any_time(), "tokens rotate no");
        static const std::array<std::string, 6> names{"Webex.Registration.Logout",
                                                      "Bookings.Delete",
                                                      "Bookings.Edit",
                                                      "Bookings.List",
                                                      "spark:xapi_commands",
                                                      "SystemUnit.State.NumberOfActiveCalls"};
        if (one_in(3)) {
            const Millis at = any_time();
            add(at, "withhold " + names[static_cast<std::size_t>(pick(6))]);
            add(at + minutes(10, 300), "grant");
        }
    }
}

void Generator::desk_faults() {
    for (int i = pick(script_.opening.desks); i > 0; --i) {
        const std::string here = desk();
        const Millis at = any_time();
        switch (pick(8)) {
            case 0: add(at, here + " reboot"); break;
            case 1:
                add(at, here + " offline");
                add(at + minutes(1, 200), here + " online");
                break;
            case 2: add(at, here + " sync-required"); break;
            case 3: add(at, here + " keeps yes"); break;
            case 4: add(at, here + " twice yes"); break;
            case 5: add(at, here + " slow " + std::to_string(1 + pick(50)) + "s"); break;
            case 6:
                add(at, here + " ignores yes");
                add(at + minutes(1, 200), here + " ignores no");
                break;
            default: add(at, here + " stubborn yes");
        }
    }
}

}  // namespace

Script generate(std::uint64_t seed) { return Generator(seed).make(); }

}  // namespace hotdesk::sim
