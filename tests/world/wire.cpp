#include "wire.hpp"

#include "sandbox/json.hpp"

namespace hotdesk::test {

namespace {

using sandbox::Json;

Json head(const Sender& sender, WallTime at) {
    return {{"appId", sender.app.value},
            {"deviceId", sender.device.value},
            {"workspaceId", sender.workspace.value},
            {"orgId", sender.org.value},
            {"timestamp", format_time(at)}};
}

/// Fields that are not known are left out, as desks do.
void put(Json& value, const char* name, const std::string& text) {
    if (!text.empty()) value[name] = text;
}
void put(Json& value, const char* name, WallTime time) { value[name] = format_time(time); }
void put(Json& value, const char* name, std::chrono::minutes duration) { value[name] = duration.count(); }
void put(Json& value, const BookingRef& ref) {
    put(value, "Id", ref.id.value);
    put(value, "MeetingId", ref.meeting.value);
}

/// Source: xAPI schema, the events of the same names.
struct Spell {
    Json value = Json::object();

    std::string operator()(const BookingRequested& event) {
        put(value, "BookingRequestUUID", event.uuid.value);
        put(value, "StartTime", event.start);
        put(value, "Duration", event.duration);
        put(value, "Title", "Booking");
        return "Bookings.BookingRequested";
    }
    std::string operator()(const BookingCreated& event) {
        put(value, event.booking.ref);
        put(value, "BookingRequestUUID", event.uuid.value);
        put(value, "StartTime", event.booking.start);
        put(value, "Duration", std::chrono::ceil<std::chrono::minutes>(event.booking.end - event.booking.start));
        put(value, "Title", "Booking");
        put(value, "OrganizerEmail", event.booking.organizer_email);
        return "Bookings.BookingCreated";
    }
    std::string operator()(const BookingFailed& event) {
        put(value, "BookingRequestUUID", event.uuid.value);
        put(value, "FailureCause", event.cause);
        return "Bookings.BookingFailed";
    }
    std::string operator()(const BookingMoved& event) {
        put(value, event.ref);
        put(value, "StartTime", event.start);
        put(value, "Duration", event.duration);
        return "Bookings.BookingMoved";
    }
    std::string operator()(const EditRequested& event) {
        put(value, "MeetingId", event.meeting.value);
        return "Bookings.EditRequested";
    }
    std::string operator()(const EditFailed& event) {
        put(value, "MeetingId", event.meeting.value);
        put(value, "FailureCause", event.cause);
        return "Bookings.EditFailed";
    }
    std::string operator()(const ExtensionRequested& event) {
        put(value, event.ref);
        put(value, "OriginalMeetingId", event.original.value);
        put(value, "NewEndTime", event.new_end);
        put(value, "Duration", event.duration);
        return "Bookings.ExtensionRequested";
    }
    std::string operator()(const ExtensionFailed& event) {
        put(value, "OriginalMeetingId", event.original.value);
        put(value, "FailureCause", event.cause);
        return "Bookings.ExtensionFailed";
    }
    std::string operator()(const BookingStarted& event) {
        put(value, event.ref);
        return "Bookings.Start";
    }
    std::string operator()(const BookingEnded& event) {
        put(value, event.ref);
        put(value, "StartTime", event.start);
        put(value, "EndTime", event.end);
        return "Bookings.End";
    }
    std::string operator()(const BookingDeleted& event) {
        put(value, event.ref);
        put(value, "Cause", event.cause);
        return "Bookings.Deleted";
    }
    std::string operator()(const CheckedIn& event) {
        put(value, event.ref);
        return "Bookings.CheckedIn";
    }
    std::string operator()(const BookingsChanged& event) {
        return event.is_void ? "Bookings.SyncRequired" : "Bookings.Updated";
    }
    std::string operator()(const Booted& event) {
        put(value, "Action", event.action);
        return "BootEvent";
    }
};

}  // namespace

std::string presence_word(Presence presence) {
    return presence == Presence::Yes ? "Yes" : presence == Presence::No ? "No" : "Unknown";
}

std::string status_message(const Sender& sender, const StatusReport& report, bool full_sync, WallTime at) {
    Json message = head(sender, at), updated = Json::object(), removed = Json::array();
    // Mentioned without a value: it is gone.
    const auto mention = [&](const char* name, const auto& mentioned, const auto& spelled) {
        if (!mentioned) return;
        if (*mentioned)
            updated[name] = spelled(**mentioned);
        else
            removed.push_back(name);
    };
    mention("Webex.DevicePersonalization.Personalized", report.personalized, [](bool yes) { return Json(yes); });
    mention("SystemUnit.State.NumberOfActiveCalls", report.active_calls, [](int calls) { return Json(calls); });
    mention("RoomAnalytics.PeoplePresence", report.presence, [](Presence is) { return Json(presence_word(is)); });
    message["type"] = "status";
    message["changes"] = {{"updated", std::move(updated)}, {"removed", std::move(removed)}};
    message["isFullSync"] = full_sync;
    return sandbox::to_text(message);
}

std::string event_message(const Sender& sender, const Event& event) {
    Spell spell;
    const std::string key = std::visit(spell, event.body);
    Json message = head(sender, event.at);
    message["type"] = "events";
    message["events"] =
        Json::array({{{"key", key}, {"value", std::move(spell.value)}, {"timestamp", format_time(event.at)}}});
    return sandbox::to_text(message);
}

std::optional<std::pair<std::string, Command>> command_in(const HttpRequest& request, const std::string& path) {
    static const std::string prefix = "/v1/xapi/command/";
    if (path.rfind(prefix, 0) != 0) return std::nullopt;
    const auto body = sandbox::parse_json(request.body);
    if (!body || !body->contains("arguments")) return std::nullopt;
    Command command{path.substr(prefix.size()), {}};
    for (const auto& [name, value] : (*body)["arguments"].items()) {
        if (value.is_number_integer())
            command.arguments.emplace_back(name, value.template get<std::int64_t>());
        else
            command.arguments.emplace_back(name, value.template get<std::string>());
    }
    return std::pair{sandbox::string_of(*body, "deviceId"), std::move(command)};
}

sandbox::Booking to_sandbox(const Booking& booking) {
    sandbox::Booking out;
    out.id = booking.ref.id;
    out.meeting_id = booking.ref.meeting;
    out.title = "Booking";
    out.organizer = booking.organizer_email;
    out.start = booking.start;
    out.end = booking.end;
    return out;
}

Booking from_sandbox(const sandbox::Booking& booking) {
    return {{booking.id, booking.meeting_id}, booking.start, booking.end, booking.organizer, "", ""};
}

}  // namespace hotdesk::test
