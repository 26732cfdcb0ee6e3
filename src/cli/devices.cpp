#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "cli/read.hpp"
#include "codec/output.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"

#include <algorithm>

namespace hotdesk::cli {

namespace {

std::string in_words(const Booking* booking, WallTime now) {
    if (!booking) return "-";
    const std::string who = booking->organizer_email.empty() ? "somebody" : booking->organizer_email;
    return who + " " + short_time(booking->start, now) + "-" + short_time(booking->end, now);
}

std::string yes_no(std::optional<bool> value) { return value ? (*value ? "yes" : "no") : "?"; }

}  // namespace

Exit devices(const Options& options) {
    const Config config = load_config(options.config);
    const auto store = open_activated(config, StateUse::Read);
    auto desks = must(state::load_desks(*store));
    std::sort(desks.begin(), desks.end(), [](const DeskState& a, const DeskState& b) {
        return std::tie(a.workspace_name, a.display_name, a.id) < std::tie(b.workspace_name, b.display_name, b.id);
    });
    const WallTime now = cloud_now(*store).wall;
    if (options.json) {
        print(codec::devices_json(desks, now));
        return Exit::Done;
    }
    std::vector<std::vector<std::string>> rows{
        {"WORKSPACE", "DESK", "STATE", "ONLINE", "SIGNED IN", "CALLS", "BOOKING", "NEXT"}};
    for (const DeskState& desk : desks)
        rows.push_back({desk.workspace_name, desk.display_name, std::string{state_of(desk, now)}, yes_no(desk.online),
                        yes_no(desk.personalized.value),
                        desk.active_calls.value ? std::to_string(*desk.active_calls.value) : "?",
                        in_words(current_booking(desk, now), now), in_words(next_booking(desk, now), now)});
    print_table(rows);
    if (desks.empty()) print("no desk is known yet: the worker lists them when it starts");
    return Exit::Done;
}

}  // namespace hotdesk::cli
