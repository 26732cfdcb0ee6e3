// Who comes to a desk, and what they do there.

#include "generator.hpp"

#include <algorithm>

namespace hotdesk::sim {

using namespace std::chrono_literals;

bool Generator::is_weekend(int day) const {
    const auto date = std::chrono::floor<std::chrono::days>(script_.opening.start) + std::chrono::days{day};
    return std::chrono::weekday{date}.iso_encoding() >= 6;
}

std::string Generator::somebody() {
    if (draws_.percent(4)) return "eve@evil.example";
    if (draws_.percent(6)) return "p" + std::to_string(draws_.pick(5)) + "@partner.example";
    return "u" + std::to_string(draws_.pick(script_.opening.desks)) + "@example.com";
}

/// Most desks are used once or twice on a working day, and most of a night nothing happens.
void Generator::people() {
    const int busy = 15 + draws_.pick(45);
    for (int day = 0; day < size_.days; ++day) {
        const int likely = is_weekend(day) ? 4 : busy;
        for (int number = 1; number <= script_.opening.desks; ++number) {
            const std::string there = "desk-" + std::to_string(number);
            Millis at = day * 24h + draws_.minutes(60, 300);
            while (at < day * 24h + 14h && draws_.percent(likely)) {
                visit(there, at);
                at += draws_.minutes(90, 400);
            }
        }
    }
}

void Generator::visit(const std::string& desk, Millis start) {
    if (start >= script_.opening.calm) return;
    const Millis length = std::chrono::minutes{15 + draws_.pick(226)};
    if (draws_.percent(25))
        ad_hoc_visit(desk, start, length);
    else
        booked_visit(desk, start, length);
}

void Generator::booked_visit(const std::string& desk, Millis start, Millis length) {
    const std::string who = somebody();
    const bool early = draws_.one_in(3);
    const Millis ahead = std::min(start, early ? draws_.minutes(600, 1200) : draws_.minutes(10, 120));
    add({start - ahead, text({desk, " book ", who, when(ahead, length), by_calendar()})});
    changes_before(desk, start, ahead, length);
    if (draws_.percent(10)) return;  // nobody comes
    const Millis comes = start + draws_.minutes(0, 12) - 4min;
    const std::string comer = draws_.percent(5) ? somebody() : who;
    add({comes, text({desk, " sign-in ", comer})});
    while_there(desk, comes, start + length);
    if (draws_.percent(8)) add({start + length - draws_.minutes(1, 10), text({desk, " extend 1800s"})});
    if (draws_.percent(3))
        add({comes + draws_.minutes(5, 15),
             text({desk, " move 0", when(draws_.minutes(10, 90), length), by_calendar()})});
    departure(desk, comes, start + length);
}

/// Some move their booking, once or again and again; and some calendars do not let an edit stand.
void Generator::changes_before(const std::string& desk, Millis start, Millis ahead, Millis length) {
    if (draws_.percent(8))
        add({start - ahead / 2,
             text({desk, " move 0", when(ahead / 2 + draws_.minutes(0, 60), length), by_calendar()})});
    if (draws_.percent(3)) {
        Millis at = start - std::min<Millis>(ahead, 80min);
        for (int moves = 3 + draws_.pick(4); moves > 0; --moves) {
            at += draws_.minutes(1, 20);
            const Millis to = std::max<Millis>(start - at, 1min) + draws_.minutes(0, 600);
            const Millis lasting = length * (1 + draws_.pick(3));
            add({at, text({desk, " move 0", when(to, lasting), by_calendar()})});
        }
    }
    if (draws_.percent(2)) {
        const Millis there = start + draws_.minutes(0, 900), lasting = length * (1 + draws_.pick(3));
        Millis at = start - std::min<Millis>(ahead, 60min);
        for (int times = 3 + draws_.pick(6); times > 0 && at < there; --times) {
            add({at, text({desk, " move 0", when(there - at, lasting), " calendar"})});
            at += draws_.minutes(1, 10);
        }
    }
    if (draws_.percent(5)) add({start - ahead / 3, text({desk, " remove 0", by_calendar()})});
}

void Generator::ad_hoc_visit(const std::string& desk, Millis start, Millis length) {
    const std::string who = somebody();
    add({start, text({desk, draws_.percent(5) ? " fail-sign-in " : " sign-in ", who})});
    const Millis thinks = Millis{20000 + draws_.pick(100) * 1000};
    if (draws_.percent(15)) {
        if (draws_.one_in(2)) add({start + thinks, text({desk, " cancel"})});
        return;  // or sits there
    }
    if (draws_.percent(5)) add({start + thinks, text({desk, " fail-next Decline"})});
    add({start + thinks, text({desk, " book ", who, " for=", span(length)})});
    while_there(desk, start + thinks, start + length);
    if (draws_.percent(60)) departure(desk, start + thinks, start + length);
}

void Generator::while_there(const std::string& desk, Millis from, Millis to) {
    if (draws_.percent(20)) {
        const Millis call = from + draws_.minutes(1, 30);
        const Millis ends = draws_.percent(25) ? to + draws_.minutes(1, 40) : to - draws_.minutes(1, 30);
        add({call, text({desk, " call"})});
        add({std::max<Millis>(call + 1min, ends), text({desk, " hang-up"})});
    }
    if (draws_.percent(10))
        add({from + draws_.minutes(1, 20), text({desk, " presence ", draws_.one_in(2) ? "Yes" : "No"})});
}

/// Most leave a little early; the others are signed out by the desk when the time is over, or late.
void Generator::departure(const std::string& desk, Millis from, Millis end) {
    const Millis early = std::min<Millis>((end - from) / 2, draws_.minutes(1, 30));
    if (draws_.percent(50)) return add({end - early, text({desk, " sign-out"})});
    if (!draws_.percent(8)) return;
    const Millis late = end + draws_.minutes(1, 40);
    add({end - early, text({desk, " stubborn yes"})});
    add({late, text({desk, " sign-out"})});
    add({late + 1s, text({desk, " stubborn no"})});
}

}  // namespace hotdesk::sim
