// What the rules cost: one event at each of ten thousand desks. Prints; judges nothing. CPU time, and the best of
// several rounds, since other work on the machine disturbs.

#include "core/fleet.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>

using namespace hotdesk;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t desks = 10000;
const WallTime morning = *parse_time("2026-03-02T09:00:00Z");

class Campus {
public:
    explicit Campus(Policy policy) : fleet_({std::move(policy), {}}, 1) {
        Inventory inventory;
        for (std::size_t i = 0; i < desks; ++i) {
            const std::string n = std::to_string(i);
            inventory.devices.push_back(
                {DeviceId{"device-" + n}, "Desk " + n, WorkspaceId{"w" + n}, LocationId{}, "roomdesk", true});
            inventory.workspaces.push_back({WorkspaceId{"w" + n}, "Room " + n, LocationId{}, true, "none"});
        }
        fleet_.take_inventory(inventory, now_);
        for (std::vector<Call> calls; fleet_.take_calls(calls, now_), !calls.empty(); calls.clear())
            for (const Call& call : calls) answer(call);
        fleet_.committed();
    }

    /// Microseconds of CPU for one event a desk, everything that is decided included.
    template <class Event>
    double spent_us(Event&& event) {
        now_.wall += 1min;
        now_.mono += 1min;
        const std::clock_t start = std::clock();
        for (std::size_t i = 0; i < desks; ++i)
            (void)fleet_.hear(DeviceId{"device-" + std::to_string(i)}, event(i), now_);
        const double spent = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        fleet_.committed();
        return spent / static_cast<double>(desks);
    }

    [[nodiscard]] Now now() const { return now_; }

private:
    void answer(const Call& call) {
        StatusReport report;
        report.personalized = std::optional{false};
        report.active_calls = std::optional{0};
        if (std::holds_alternative<call::AskStatus>(call))
            fleet_.answered(call, Reply{report}, now_.mono, now_, false);
        else
            fleet_.answered(call, Reply{BookingList{}}, now_.mono, now_, false);
    }

    Fleet fleet_;
    Now now_{morning, MonoTime{} + 1000s};
};

Policy strict() {
    Policy policy;
    policy.no_show_release = 15min;
    policy.max_duration = 8h;
    policy.max_advance = 24h * 14;
    policy.booking_from = 7h;
    policy.booking_to = 20h;
    policy.organizer_domains = {"example.com"};
    policy.max_bookings_per_day = 3;
    policy.one_desk_at_a_time = true;
    return policy;
}

void measure(const char* what, const Policy& policy) {
    double booked = 1e9, signed_in = 1e9, said_again = 1e9;
    for (int round = 0; round < 3; ++round) {
        Campus campus(policy);
        const auto book = [&](std::size_t i) {
            BookingCreated created;
            const std::string n = std::to_string(i);
            created.booking = {{BookingId{n}, MeetingId{"meeting-" + n}},
                               morning,
                               morning + 2h,
                               "person" + n + "@example.com",
                               "",
                               ""};
            return Input{input::Happened{{created, campus.now().wall}}};
        };
        booked = std::min(booked, campus.spent_us(book));
        const auto sign_in = [&](std::size_t) {
            StatusReport report;
            report.personalized = std::optional{true};
            return Input{input::Pushed{report, campus.now().wall}};
        };
        signed_in = std::min(signed_in, campus.spent_us(sign_in));
        said_again = std::min(said_again, campus.spent_us(sign_in));
    }
    std::printf("%-12s a desk: booked %.2f us, signed in %.2f us, said again %.2f us; %zu desks at most %.0f ms\n",
                what, booked, signed_in, said_again, desks,
                std::max({booked, signed_in, said_again}) * static_cast<double>(desks) / 1000);
}

}  // namespace

int main() {
    measure("defaults", Policy{});
    measure("every rule", strict());
}
