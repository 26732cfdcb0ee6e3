#include "cli/commands.hpp"
#include "cli/find.hpp"
#include "cli/print.hpp"
#include "cli/read.hpp"
#include "codec/output.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"

#include <algorithm>
#include <tuple>

namespace hotdesk::cli {

namespace {

std::vector<std::string> row_of(const DeskState& desk, const KnownBooking& known, WallTime now) {
    const Booking& booking = known.booking;
    const auto broken = codec::broken_by(known);
    return {desk.workspace_name,
            desk.display_name,
            short_time(booking.start, now),
            short_time(booking.end, now),
            booking.organizer_email.empty() ? "?" : booking.organizer_email,
            booking.covers(now) ? "running" : "upcoming",
            broken ? std::string{name_of(*broken)} : "-",
            codec::meeting_of(booking.ref)};
}

}  // namespace

Exit bookings(const Options& options) {
    const Config config = load_config(options.config);
    const auto store = open_activated(config, StateUse::Read);
    auto desks = must(state::load_desks(*store));
    if (!options.device.empty()) {
        const DeviceId wanted = find_desk(desks, options.device).id;
        std::erase_if(desks, [&](const DeskState& desk) { return desk.id != wanted; });
    }
    std::sort(desks.begin(), desks.end(), [](const DeskState& a, const DeskState& b) {
        return std::tie(a.workspace_name, a.display_name, a.id) < std::tie(b.workspace_name, b.display_name, b.id);
    });
    const WallTime now = cloud_now(*store).wall;
    if (options.json) {
        print(codec::bookings_json(desks, now));
        return Exit::Done;
    }
    std::vector<std::vector<std::string>> rows{
        {"WORKSPACE", "DESK", "FROM", "TO", "ORGANIZER", "STATE", "BREAKS", "MEETING-ID"}};
    for (const DeskState& desk : desks)
        for (const KnownBooking& known : desk.bookings)
            if (!codec::is_over(known, now)) rows.push_back(row_of(desk, known, now));
    print_table(rows);
    if (rows.size() == 1) print("no booking is known that is running or upcoming");
    return Exit::Done;
}

}  // namespace hotdesk::cli
