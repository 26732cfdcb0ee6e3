// What breaks in a week, and when.

#include "generator.hpp"

namespace hotdesk::sim {

using namespace std::chrono_literals;

void Generator::faults() {
    if (draws_.one_in(12)) return;  // a week in which all goes well
    if (!draws_.one_in(4)) network_faults();
    if (draws_.one_in(2)) queue_faults();
    if (!draws_.one_in(3)) box_faults();
    if (draws_.one_in(3)) disk_faults();
    if (draws_.one_in(3)) token_faults();
    if (!draws_.one_in(3)) desk_faults();
}

void Generator::network_faults() {
    static const std::vector<std::string> endpoints{"all",    "poll",  "poll", "command", "command",
                                                    "status", "token", "app",  "devices", "sessions"};
    static const std::vector<std::string> fates{"refuse",
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
                                                "status status=429 after=300s",
                                                "status status=423 after=45s",
                                                "status status=401",
                                                "status status=403",
                                                "status status=404",
                                                "status status=410",
                                                "status status=423"};
    // A few kinds a week.
    std::vector<std::string> kinds;
    for (int i = 1 + draws_.pick(4); i > 0; --i) kinds.push_back(draws_.of(fates));
    for (int i = 5 + draws_.pick(60); i > 0; --i) {
        const std::string& fate = draws_.of(kinds);
        const std::string where = fate == "shuffle" ? "poll" : draws_.of(endpoints);
        const bool long_one = draws_.one_in(10);
        const Millis lasting = long_one ? draws_.minutes(5, 90) : Millis{1000 + draws_.pick(240) * 1000};
        const int percent = draws_.one_in(2) ? 100 : 5 + draws_.pick(60);
        add({any_time(), text({"net ", where, " ", fate, " p=", std::to_string(percent), " for=", span(lasting)})});
    }
}

/// Messages that are not for hotdeskd, cannot be read, or are actions.
void Generator::queue_faults() {
    static const std::vector<std::string> kinds{
        "garbage", "broken", "foreign", "strange", "action updateApproved", "action updateApproved bad-signature"};
    for (int i = 1 + draws_.pick(6); i > 0; --i) add({any_time(), text({"queue ", draws_.of(kinds)})});
}

void Generator::box_faults() {
    const int kinds = 1 + draws_.pick(31);
    const auto has = [&](int bit) { return (kinds >> bit & 1) != 0; };
    if (has(0))
        for (int i = draws_.pick(40); i > 0; --i) {
            const int most = draws_.one_in(3) ? 2000 : 40;
            add({any_time(), text({"box crash-in ", std::to_string(1 + draws_.pick(most))})});
        }
    if (has(1))
        for (int i = draws_.pick(6); i > 0; --i) {
            const std::string how = draws_.one_in(2) ? "box down " : "box reboot ";
            add({any_time(), text({how, span(draws_.one_in(3) ? draws_.minutes(20, 200) : draws_.minutes(0, 9))})});
        }
    if (has(2))
        for (int i = draws_.pick(6); i > 0; --i) {
            const Millis lasting = draws_.one_in(3) ? draws_.minutes(10, 60) : draws_.minutes(0, 5);
            add({any_time(), text({"box stall ", span(lasting)})});
        }
    if (has(3))
        for (int i = draws_.pick(4); i > 0; --i) {
            const std::string back = draws_.one_in(2) ? "-" : "";
            const Millis by = draws_.one_in(2) ? draws_.minutes(0, 2) : draws_.minutes(30, 3000);
            add({any_time(), text({"box clock ", back, span(by)})});
        }
    if (has(4))
        for (int i = 1 + draws_.pick(12); i > 0; --i) {
            const Millis away = draws_.one_in(4) ? draws_.minutes(1, 60) : Millis{1000 + draws_.pick(30) * 1000};
            add({any_time(), text({"box stop ", span(away)})});
        }
}

void Generator::disk_faults() {
    static const std::vector<std::string> kinds{"full", "slow", "broken"};
    for (int i = draws_.pick(3); i > 0; --i)
        add({any_time(), draws_.one_in(2) ? "disk fails kept=yes" : "disk fails kept=no"});
    for (int i = draws_.pick(5); i > 0; --i)
        add({any_time(), text({"disk ", draws_.of(kinds), " ", span(draws_.minutes(1, 40))})});
}

void Generator::token_faults() {
    for (int i = draws_.pick(8); i > 0; --i) add({any_time(), "tokens revoke-access"});
    if (draws_.one_in(4)) add({any_time(), "tokens revoke-refresh"});
    if (draws_.one_in(3)) add({any_time(), text({"tokens short ", span(draws_.minutes(1, 60))})});
    if (draws_.one_in(4)) add({any_time(), "tokens rotate no"});
    static const std::vector<std::string> names{"Webex.Registration.Logout",
                                                "Bookings.Delete",
                                                "Bookings.Edit",
                                                "Bookings.List",
                                                "spark:xapi_commands",
                                                "SystemUnit.State.NumberOfActiveCalls",
                                                "UserInterface.Message.Alert.Display"};
    if (!draws_.one_in(3)) return;
    const Millis at = any_time();
    add({at, text({"withhold ", draws_.of(names)})});
    add({at + draws_.minutes(10, 300), "grant"});
}

void Generator::desk_faults() {
    for (int i = draws_.pick(script_.opening.desks); i > 0; --i) {
        const std::string there = desk();
        desk_fault(there, any_time());
    }
    // Some are made so, from the first day on.
    const bool narrow = draws_.one_in(4), mute = draws_.one_in(8), slow = draws_.one_in(4);
    for (int number = 1; number <= script_.opening.desks; ++number) {
        const std::string there = "desk-" + std::to_string(number);
        if (narrow && draws_.one_in(8)) add({0ms, text({there, " narrow yes"})});
        if (mute && draws_.one_in(12)) add({0ms, text({there, " mute yes"})});
        if (slow && draws_.one_in(4)) add({0ms, text({there, " calendar-takes ", span(draws_.minutes(0, 8))})});
    }
}

void Generator::desk_fault(const std::string& desk, Millis at) {
    const auto over_a_while = [&](const std::string& what) {
        const Millis until = at + draws_.minutes(1, 200);
        add({at, text({desk, " ", what, " yes"})});
        add({until, text({desk, " ", what, " no"})});
    };
    switch (draws_.pick(11)) {
        case 0: return add({at, text({desk, " reboot"})});
        case 1: add({at, text({desk, " offline"})}); return add({at + draws_.minutes(1, 200), text({desk, " online"})});
        case 2: return add({at, text({desk, " sync-required"})});
        case 3: return add({at, text({desk, " keeps yes"})});
        case 4: return add({at, text({desk, " twice yes"})});
        case 5: return add({at, text({desk, " slow ", std::to_string(1 + draws_.pick(50)), "s"})});
        case 6: return over_a_while("ignores");
        case 7: return over_a_while("mute");
        case 8: return over_a_while("narrow");
        case 9: return add({at, text({desk, " calendar-takes ", span(draws_.minutes(0, 8))})});
        default: return add({at, text({desk, " stubborn yes"})});
    }
}

}  // namespace hotdesk::sim
