// Bookings made, changed and deleted by an administrator. The worker judges, sends and waits for the desk to confirm.

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/find.hpp"
#include "cli/print.hpp"
#include "cli/read.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"
#include "io/host.hpp"
#include "io/uuid.hpp"

namespace hotdesk::cli {

namespace {

using namespace std::chrono_literals;

/// A hybrid calendar may take two minutes to confirm, and the worker waits as long.
constexpr Millis patience = 150s;
/// Source: xAPI schema, Bookings.Book and Edit: Duration 1..1440 minutes; Title, OrganizerEmail: MaxLength 128.
constexpr std::chrono::minutes shortest = 1min, longest = 1440min;
constexpr std::size_t longest_text = 128;
constexpr std::chrono::minutes default_duration = 60min;

std::chrono::minutes parse_length(const std::string& text) {
    const auto length = parse_duration(text);
    if (!length || *length % 1min != 0ms || *length < shortest || *length > longest)
        throw Failure(Exit::Usage, "`" + text + "` is no length of a booking: write whole minutes from 1m to 24h");
    return std::chrono::duration_cast<std::chrono::minutes>(*length);
}

/// Calendars know no seconds.
WallTime whole_minute(WallTime time) { return std::chrono::floor<std::chrono::minutes>(time); }

/// `--start`, where it is given.
WallTime start_of(const Options& options, WallTime now) { return whole_minute(parse_moment(options.start, now)); }

/// What does not depend on the state is checked first: it is wrong whatever the desks are doing.
Request read_wish(const Options& options, RequestKind kind) {
    Request wish;
    wish.kind = kind;
    wish.force = options.force;
    wish.title = options.title;
    wish.organizer_email = options.organizer;
    wish.meeting = MeetingId{options.meeting};
    if (!options.start.empty()) wish.start = start_of(options, io::make_host()->now().wall);
    if (!options.duration.empty()) wish.duration = parse_length(options.duration);
    return wish;
}

void check_book(const Request& wish) {
    const auto& who = wish.organizer_email;
    const auto at = who.find('@');
    if (at == 0 || at == std::string::npos || at + 1 == who.size() || who.find(' ') != std::string::npos ||
        who.size() > longest_text)
        throw Failure(Exit::Usage, "`" + who + "` is no address of an organizer: write --organizer ada@example.com");
    if (wish.title.size() > longest_text)
        throw Failure(Exit::Usage,
                      "--title is longer than the " + std::to_string(longest_text) + " bytes that a desk takes");
}

void check_times(Request& wish, WallTime now) {
    if (!wish.start) wish.start = whole_minute(now);
    if (!wish.duration) wish.duration = default_duration;
    if (*wish.start + *wish.duration <= now)
        throw Failure(Exit::Usage,
                      "the booking would be over already: it would end at " + local_time(*wish.start + *wish.duration));
}

struct Found {
    const DeskState* desk = nullptr;
    const KnownBooking* known = nullptr;
};

/// The desk that has a booking. Two devices of a workspace may both have it; the first by id is as good as the other.
Found find_booking(const std::vector<DeskState>& desks, const std::string& meeting) {
    Found found;
    for (const auto& desk : desks)
        for (const auto& known : desk.bookings)
            if (known.booking.ref.meeting.value == meeting && (!found.desk || desk.id < found.desk->id))
                found = {&desk, &known};
    if (!found.desk)
        throw Failure(Exit::Failed, "no desk is known to have the booking `" + meeting +
                                        "`; hotdeskd bookings lists those that are known, with their MEETING-IDs");
    return found;
}

std::string span(WallTime start, WallTime end, WallTime now) {
    return "from " + short_time(start, now) + " to " + short_time(end, now);
}

std::string where_to_look(const DeskState& desk) {
    return "hotdeskd bookings '" + desk.display_name + "' shows whether it came, and hotdeskd log why not";
}

Exit ask_for(const Options& options, const Config& config, Store& store, const DeskState& desk, Request wish,
             const std::string& what, const std::string& done) {
    need_worker(config);
    wish.device = desk.id;
    const RequestOutcome outcome =
        ask_worker(config, store, std::move(wish), {what, where_to_look(desk), patience, true}, options.json);
    const std::string meeting = outcome.meeting.empty() ? "" : " MEETING-ID " + outcome.meeting.value;
    return report(options, outcome, done + meeting);
}

}  // namespace

Exit book(const Options& options) {
    const Config config = load_config(options.config);
    Request wish = read_wish(options, RequestKind::Book);
    check_book(wish);
    wish.uuid = RequestUuid{io::new_uuid()};
    const auto store = open_activated(config, StateUse::Write);
    const WallTime now = cloud_now(*store).wall;
    if (wish.start) wish.start = start_of(options, now);
    check_times(wish, now);
    const auto desks = must(state::load_desks(*store));
    const DeskState& desk = find_desk(desks, options.device);
    const std::string times = span(*wish.start, *wish.start + *wish.duration, now);
    const std::string what = "book " + desk.display_name + " for " + wish.organizer_email + " " + times;
    const std::string done = desk.display_name + " is booked for " + wish.organizer_email + " " + times + ".";
    return ask_for(options, config, *store, desk, std::move(wish), what, done);
}

Exit edit(const Options& options) {
    const Config config = load_config(options.config);
    Request wish = read_wish(options, RequestKind::Edit);
    if (!wish.start && !wish.duration)
        throw Failure(Exit::Usage, "there is nothing to change: write --start, --duration or both");
    const auto store = open_activated(config, StateUse::Write);
    const auto desks = must(state::load_desks(*store));
    const WallTime now = cloud_now(*store).wall;
    if (wish.start) wish.start = start_of(options, now);
    const Found found = find_booking(desks, options.meeting);
    const Booking& booking = found.known->booking;
    const WallTime start = wish.start.value_or(booking.start);
    const WallTime end = start + (wish.duration ? Millis{*wish.duration} : booking.end - booking.start);
    const std::string times = span(start, end, now);
    return ask_for(options, config, *store, *found.desk, std::move(wish),
                   "move a booking of " + found.desk->display_name + " to " + times,
                   "The booking of " + found.desk->display_name + " is now " + times + ".");
}

Exit delete_booking(const Options& options) {
    const Config config = load_config(options.config);
    const Request wish = read_wish(options, RequestKind::Delete);
    const auto store = open_activated(config, StateUse::Write);
    const auto desks = must(state::load_desks(*store));
    const Found found = find_booking(desks, options.meeting);
    return ask_for(options, config, *store, *found.desk, wish, "delete a booking of " + found.desk->display_name,
                   "The booking of " + found.desk->display_name + " is deleted.");
}

}  // namespace hotdesk::cli
