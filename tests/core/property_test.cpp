// What must be so whatever happens: sequences by chance, each from a seed of its own. A failure prints the seed and the
// story as a scenario.

#include "campus.hpp"

#include "words.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

namespace {

constexpr int steps = 40;

/// One campus in three has a night in which the clocks change, two in three have overrides, and in two of five an
/// administrator has wishes of their own.
Chances varied(std::uint64_t seed, Chances chances = {}) {
    chances.summer = seed % 3 == 0;
    chances.overrides = seed % 3 != 1;
    chances.orders = seed % 5 < 2 && !chances.faults && !chances.crashes && !chances.grants;
    return chances;
}

/// Plays one campus to its end; fails with its story. Returns how often access was taken back.
int play(std::uint64_t seed, const Chances& chances) {
    Campus campus(seed, chances);
    try {
        campus.play(steps);
        campus.calm_down();
        SUCCEED();
    } catch (const Broken& broken) {
        FAIL_CHECK("seed " << seed << ": " << broken.what() << "\n" << campus.story());
    }
    return campus.withheld_times();
}

std::string live_bookings(const DeskState& desk, WallTime now) {
    std::vector<std::string> live;
    for (const auto& known : desk.bookings)
        if (known.booking.end > now)
            live.push_back(known.booking.ref.meeting.value + " " + format_time(known.booking.start) + " " +
                           format_time(known.booking.end) + " " + known.booking.organizer_email);
    std::sort(live.begin(), live.end());
    std::string out;
    for (const std::string& line : live) out += line + "; ";
    return out;
}

/// What one desk says of its bookings in an hour or so, and what is true in the end.
struct Hour {
    std::vector<Event> said;
    std::vector<Booking> truth;
};

Hour random_hour(std::mt19937_64& random, WallTime from) {
    Hour hour;
    int made = 0;
    WallTime at = from;
    for (int i = 0; i < 12; ++i) {
        at += std::chrono::seconds{1 + random() % 300};
        const auto slot = from + std::chrono::minutes{60 + 30 * (random() % 20)};
        const std::size_t which = hour.truth.empty() ? 0 : random() % hour.truth.size();
        if (hour.truth.empty() || random() % 3 == 0) {
            const std::string number = std::to_string(++made);
            const Booking booking{
                {BookingId{number}, MeetingId{"m" + number}}, slot, slot + 30min, "alice@example.com", "", ""};
            hour.truth.push_back(booking);
            hour.said.push_back({BookingCreated{booking, {}}, at});
        } else if (random() % 3 == 0) {
            hour.said.push_back({BookingDeleted{hour.truth[which].ref, "Deleted"}, at});
            hour.truth.erase(hour.truth.begin() + static_cast<std::ptrdiff_t>(which));
        } else {
            Booking& booking = hour.truth[which];
            booking.start = slot;
            booking.end = slot + 45min;
            hour.said.push_back({BookingMoved{booking.ref, booking.start, 45min}, at});
        }
    }
    return hour;
}

}  // namespace

TEST_CASE("nobody loses what is rightfully theirs, and whoever has no right leaves", "[property]") {
    for (std::uint64_t seed = 1; seed <= 450; ++seed) play(seed, varied(seed));
}

TEST_CASE("the same when commands fail and hotdeskd dies", "[property]") {
    Chances chances;
    chances.faults = chances.crashes = true;
    for (std::uint64_t seed = 1001; seed <= 1450; ++seed) play(seed, varied(seed, chances));
}

TEST_CASE("the same when Webex says who is signed in", "[property]") {
    Chances chances;
    chances.identity = true;
    for (std::uint64_t seed = 6001; seed <= 6250; ++seed) play(seed, varied(seed, chances));
}

TEST_CASE("asking every desk again changes nothing that is known and sends nothing", "[property]") {
    Chances chances;
    chances.resyncs = true;
    for (std::uint64_t seed = 2001; seed <= 2300; ++seed) play(seed, varied(seed, chances));
}

TEST_CASE("observe mode sends nothing at all", "[property]") {
    Chances chances;
    chances.mode = Mode::Observe;
    chances.crashes = true;
    for (std::uint64_t seed = 3001; seed <= 3200; ++seed) play(seed, varied(seed, chances));
}

TEST_CASE("nothing is sent that is not granted, and what rested is done once it is", "[property]") {
    Chances chances;
    chances.grants = chances.crashes = true;
    int withheld = 0;
    for (std::uint64_t seed = 7001; seed <= 7300; ++seed) withheld += play(seed, varied(seed, chances));
    CHECK(withheld > 300);
}

TEST_CASE("what is heard twice is done once", "[property]") {
    for (std::uint64_t seed = 4001; seed <= 4300; ++seed) {
        Chances twice = varied(seed);
        twice.twice = true;
        Campus once(seed, varied(seed)), again(seed, twice);
        try {
            for (Campus* campus : {&once, &again}) {
                campus->play(steps);
                campus->calm_down();
            }
        } catch (const Broken& broken) {
            FAIL_CHECK("seed " << seed << ": " << broken.what() << "\n"
                               << once.story() << "heard twice\n"
                               << again.story());
            continue;
        }
        if (once.commands() != again.commands() || once.known() != again.known())
            FAIL_CHECK("seed " << seed << ": heard twice\n" << again.story() << "heard once\n" << once.story());
    }
}

TEST_CASE("messages of a desk in any order lead to the same bookings", "[property]") {
    for (std::uint64_t seed = 5001; seed <= 5500; ++seed) {
        std::mt19937_64 random(seed);
        Opening opening;
        opening.at = *parse_time("2026-03-02T08:00:00Z");
        opening.places = {{"desk-1", "w1", "Oslo_1", ""}};
        const Hour hour = random_hour(random, opening.at);
        std::vector<Event> said = hour.said;
        std::shuffle(said.begin(), said.end(), random);
        FleetRig rig(opening);
        rig.begin(PolicyBook{}, false);
        rig.pass(1h);
        // Late, each with the time at which it happened; meanwhile the desk may be asked at any moment.
        rig.desks[0].bookings = hour.truth;
        std::string order;
        for (const Event& event : said) {
            order += format_time(event.at) + " ";
            rig.hear(0, input::Happened{event});
            rig.pass(Millis{static_cast<Millis::rep>(random() % 2000)});
        }
        rig.pass(1s);
        rig.doubt();
        DeskState truth;
        for (const Booking& booking : hour.truth) truth.bookings.push_back({booking});
        const std::string got = live_bookings(rig.stored[rig.id(0)], rig.wall), wanted = live_bookings(truth, rig.wall);
        if (got != wanted) FAIL_CHECK("seed " << seed << "\nknown: " << got << "\ntruth: " << wanted << "\n" << order);
    }
}
