#include "sandbox/commands.hpp"

#include <algorithm>
#include <optional>

#include "sandbox/json.hpp"
#include "sandbox/person.hpp"

namespace hotdesk::sandbox {

namespace {

/// How a desk answers a command that has nothing to tell.
const char* const nothing = "{}";

Error refused(std::string message) { return {ErrorKind::Rejected, std::move(message)}; }

std::optional<std::int64_t> number_of(const Json& arguments, const char* key) {
    const auto found = arguments.find(key);
    if (found == arguments.end()) return std::nullopt;
    return found->get<std::int64_t>();
}

/// Source: xAPI schema: Edit, Extend, Delete and Get take `MeetingId` or `Id`.
Result<MeetingId> meeting_in(const Desk& desk, const Json& arguments) {
    const std::string meeting = string_of(arguments, "MeetingId");
    const std::string id = string_of(arguments, "Id");
    if (meeting.empty() && id.empty()) return refused("either MeetingId or Id must be given");
    const Booking* booking = meeting.empty() ? desk.find(BookingId(id)) : desk.find(MeetingId(meeting));
    if (booking == nullptr) return refused("No booking with id " + (meeting.empty() ? id : meeting));
    return MeetingId(booking->meeting_id);
}

/// The shape in which RoomOS answers Bookings.List and Bookings.Get.
Json booking_json(const Booking& booking) {
    const Person person = person_of(booking.organizer);
    return {{"Id", booking.id.value},
            {"MeetingId", booking.meeting_id.value},
            {"Title", booking.title},
            {"Organizer",
             {{"FirstName", person.first_name},
              {"LastName", person.last_name},
              {"Name", person.name()},
              {"Email", booking.organizer},
              {"Id", person.id}}},
            {"Time",
             {{"StartTime", format_time(booking.start)},
              {"EndTime", format_time(booking.end)},
              {"Duration", whole_minutes(booking.end - booking.start)}}}};
}

Result<std::string> list(const Desk& desk, const Json& arguments, WallTime now) {
    using namespace std::chrono;
    const auto today = floor<days>(now);
    const WallTime from = today + days{number_of(arguments, "DayOffset").value_or(0)};
    const auto span = number_of(arguments, "Days");
    const std::string type = string_of(arguments, "ScheduleType");
    Json found = Json::array();
    for (const Booking& booking : desk.bookings()) {
        if (booking.end <= from || (span && booking.start >= from + days{*span})) continue;
        if (type == "Current" && !booking.active(now)) continue;
        if (type == "Upcoming" && booking.start <= now) continue;
        found.push_back(booking_json(booking));
    }
    const auto first = static_cast<std::size_t>(number_of(arguments, "Offset").value_or(0));
    const auto most = static_cast<std::size_t>(number_of(arguments, "Limit").value_or(65534));
    Json result = {{"ResultInfo", {{"TotalRows", found.size()}}}};
    Json rows = Json::array();
    for (std::size_t i = first; i < found.size() && rows.size() < most; ++i) rows.push_back(found[i]);
    // With no bookings the member is absent, not empty.
    if (!rows.empty()) result["Booking"] = std::move(rows);
    return to_text(result);
}

Result<std::string> book(Desk& desk, const Json& arguments, WallTime now) {
    BookingWish wish;
    wish.organizer = string_of(arguments, "OrganizerEmail");
    wish.title = string_of(arguments, "Title");
    wish.request = string_of(arguments, "BookingRequestUUID");
    wish.start = std::chrono::floor<std::chrono::seconds>(now);
    if (const std::string start = string_of(arguments, "StartTime"); !start.empty()) {
        const auto time = parse_time(start);
        if (!time) return refused("StartTime is no time: " + start);
        wish.start = *time;
    }
    // Source: xAPI schema, Bookings.Book: Duration's default is 30.
    wish.end = wish.start + std::chrono::minutes{number_of(arguments, "Duration").value_or(30)};
    const auto booked = desk.book(wish, Desk::By::Desk, now);
    if (!booked) return booked.error();
    return std::string(nothing);
}

Result<std::string> edit(Desk& desk, const Json& arguments, WallTime now) {
    const auto meeting = meeting_in(desk, arguments);
    if (!meeting) return meeting.error();
    Change change;
    if (const std::string start = string_of(arguments, "StartTime"); !start.empty()) {
        change.start = parse_time(start);
        if (!change.start) return refused("StartTime is no time: " + start);
    }
    if (const auto minutes = number_of(arguments, "Duration")) change.duration = std::chrono::minutes{*minutes};
    if (arguments.contains("Title")) change.title = string_of(arguments, "Title");
    const auto done = desk.edit(*meeting, change, Desk::By::Desk, now);
    if (!done) return done.error();
    return std::string(nothing);
}

Result<std::string> display(Desk& desk, const Json& arguments, bool prompt, WallTime now) {
    Shown shown;
    shown.at = now;
    shown.title = string_of(arguments, "Title");
    shown.text = string_of(arguments, "Text");
    shown.prompt = prompt;
    // Source: xAPI schema, Message.Alert.Display: Duration in seconds, 0: until cleared.
    const auto seconds = number_of(arguments, "Duration").value_or(0);
    if (seconds > 0) shown.until = now + std::chrono::seconds{seconds};
    desk.show(std::move(shown), now);
    return std::string(nothing);
}

Result<std::string> on_booking(Desk& desk, std::string_view name, const Json& arguments, WallTime now) {
    const auto meeting = meeting_in(desk, arguments);
    if (!meeting) return meeting.error();
    if (name == "Bookings.Get") return to_text(Json{{"Booking", booking_json(*desk.find(*meeting))}});
    if (name == "Bookings.Respond" && string_of(arguments, "Type") == "Accept") return std::string(nothing);
    const auto done = name == "Bookings.Extend"
                          ? desk.extend(*meeting, std::chrono::minutes{*number_of(arguments, "Duration")}, now)
                          : desk.remove(*meeting, Desk::By::Desk, now);
    if (!done) return done.error();
    return std::string(nothing);
}

}  // namespace

Result<std::string> run_command(Desk& desk, std::string_view name, const std::string& text, WallTime now) {
    const auto arguments = parse_json(text);
    if (!arguments || !arguments->is_object()) return refused("arguments must be an object");
    for (const char* telling : {"Bookings.Book", "Bookings.Edit", "Bookings.Extend", "Bookings.Delete"})
        if (name == telling) desk.note("hotdeskd sent " + std::string(name), now);
    if (name == "Bookings.List") return list(desk, *arguments, now);
    if (name == "Bookings.Book") return book(desk, *arguments, now);
    if (name == "Bookings.Edit") return edit(desk, *arguments, now);
    if (name == "UserInterface.Message.Alert.Display") return display(desk, *arguments, false, now);
    if (name == "UserInterface.Message.Prompt.Display") return display(desk, *arguments, true, now);
    if (name == "Webex.Registration.Logout") {
        desk.log_out(now);
        return std::string(nothing);
    }
    if (name == "UserInterface.Message.Alert.Clear" || name == "UserInterface.Message.Prompt.Clear") {
        desk.clear_shown(name == "UserInterface.Message.Prompt.Clear", now);
        return std::string(nothing);
    }
    return on_booking(desk, name, *arguments, now);
}

}  // namespace hotdesk::sandbox
