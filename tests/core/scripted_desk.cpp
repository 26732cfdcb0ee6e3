#include "scripted_desk.hpp"

#include <algorithm>

namespace hotdesk::test {

namespace {

Error refused(const std::string& message) {
    Error error{ErrorKind::Rejected, message};
    error.http_status = 400;
    return error;
}

std::string text_of(const Argument& argument) {
    if (const auto* text = std::get_if<std::string>(&argument)) return *text;
    return std::to_string(std::get<std::int64_t>(argument));
}

std::chrono::minutes minutes_between(WallTime start, WallTime end) {
    return std::chrono::ceil<std::chrono::minutes>(end - start);
}

}  // namespace

std::string argument_of(const Command& command, const std::string& name) {
    for (const auto& [argument, value] : command.arguments)
        if (argument == name) return text_of(value);
    return "";
}

std::string describe(const Command& command) {
    std::string out = command.name;
    for (const auto& [name, value] : command.arguments) out += " " + name + "=" + text_of(value);
    return out;
}

void ScriptedDesk::pose(const Pose& pose) {
    if (pose.signed_in) signed_in = *pose.signed_in;
    if (pose.obeys) obeys = *pose.obeys;
    if (pose.online) online = *pose.online;
    if (pose.tells) tells = *pose.tells;
    if (pose.calls) calls = *pose.calls;
    if (pose.presence) presence = *pose.presence;
    if (pose.fails) fails = *pose.fails;
    if (pose.who) who = *pose.who;
}

void ScriptedDesk::list(Booking booking) {
    unlist(booking.ref.meeting);
    // A list tells names, too: those that the simulated cloud makes of addresses.
    if (booking.organizer_name.empty()) {
        std::string name = lower_case(booking.organizer_email.substr(0, booking.organizer_email.find_first_of(".@")));
        if (!name.empty()) name[0] = static_cast<char>(name[0] - 'a' + 'A');
        booking.organizer_name = name;
    }
    bookings.push_back(std::move(booking));
}

void ScriptedDesk::unlist(const MeetingId& meeting) {
    std::erase_if(bookings, [&](const Booking& booking) { return booking.ref.meeting == meeting; });
}

Booking* ScriptedDesk::find(const MeetingId& meeting) {
    const auto at = std::find_if(bookings.begin(), bookings.end(),
                                 [&](const Booking& booking) { return booking.ref.meeting == meeting; });
    return at == bookings.end() ? nullptr : &*at;
}

StatusReport ScriptedDesk::report(bool with_presence) const {
    StatusReport report;
    report.personalized = std::optional{signed_in};
    if (calls) report.active_calls = std::optional{*calls};
    if (with_presence) report.presence = std::optional{presence};
    return report;
}

bool ScriptedDesk::taken(WallTime start, WallTime end, const MeetingId& except) const {
    return std::any_of(bookings.begin(), bookings.end(), [&](const Booking& booking) {
        return booking.ref.meeting != except && booking.start < end && start < booking.end;
    });
}

Result<std::vector<Said>> ScriptedDesk::carry_out(const Command& command, WallTime now) {
    std::vector<Said> said;
    if (command.name == "Webex.Registration.Logout") {
        if (!obeys || !signed_in) return said;
        signed_in = false;
        StatusReport report;
        report.personalized = std::optional{false};
        said.emplace_back(report);
    } else if (command.name == "Bookings.Delete") {
        const MeetingId meeting{argument_of(command, "MeetingId")};
        const Booking* const booking = find(meeting);
        if (!booking) return refused("there is no booking " + meeting.value);
        if (!obeys) return said;
        said.emplace_back(EventBody{BookingDeleted{booking->ref, "Deleted"}});
        unlist(meeting);
    } else if (command.name == "Bookings.Edit") {
        return edit(command);
    } else if (command.name == "Bookings.Book") {
        return book(command, now);
    }
    return said;
}

Result<std::vector<Said>> ScriptedDesk::edit(const Command& command) {
    std::vector<Said> said;
    const MeetingId meeting{argument_of(command, "MeetingId")};
    Booking* const booking = find(meeting);
    if (!booking) return refused("there is no booking " + meeting.value);
    const auto start = parse_time(argument_of(command, "StartTime"));
    const std::string minutes = argument_of(command, "Duration");
    const WallTime from = start.value_or(booking->start);
    const WallTime to =
        from + (minutes.empty() ? booking->end - booking->start : Millis{std::chrono::minutes{std::stoi(minutes)}});
    if (!obeys) return said;
    said.emplace_back(EventBody{EditRequested{meeting}});
    std::string cause = std::exchange(fails, {});
    if (cause.empty() && taken(from, to, meeting)) cause = "Decline";
    if (!cause.empty()) {
        said.emplace_back(EventBody{EditFailed{meeting, cause}});
        return said;
    }
    booking->start = from;
    booking->end = to;
    said.emplace_back(EventBody{BookingMoved{booking->ref, from, minutes_between(from, to)}});
    return said;
}

Result<std::vector<Said>> ScriptedDesk::book(const Command& command, WallTime now) {
    std::vector<Said> said;
    const RequestUuid uuid{argument_of(command, "BookingRequestUUID")};
    const WallTime start = parse_time(argument_of(command, "StartTime")).value_or(now);
    const std::string minutes = argument_of(command, "Duration");
    const WallTime end = start + std::chrono::minutes{minutes.empty() ? 30 : std::stoi(minutes)};
    if (end <= now) return refused("the booking would be over already");
    if (taken(start, end, {})) return refused("there is another booking at that time");
    if (!obeys) return said;
    said.emplace_back(EventBody{BookingRequested{uuid, start, minutes_between(start, end)}});
    if (const std::string cause = std::exchange(fails, {}); !cause.empty()) {
        said.emplace_back(EventBody{BookingFailed{uuid, cause}});
        return said;
    }
    // A local calendar: the request's UUID becomes the MeetingId.
    const Booking booking{{BookingId{"id-" + uuid.value}, MeetingId{uuid.value}},
                          start,
                          end,
                          argument_of(command, "OrganizerEmail"),
                          "",
                          ""};
    list(booking);
    said.emplace_back(EventBody{BookingCreated{booking, uuid}});
    return said;
}

}  // namespace hotdesk::test
