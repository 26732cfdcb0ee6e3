#include "codec/xapi.hpp"

#include <hotdesk/grants.hpp>

#include "codec/fields.hpp"

#include <array>
#include <optional>
#include <span>
#include <utility>

namespace hotdesk::codec {

namespace {

/// What every desk is asked, and what it is asked where that was granted: a name that was not may cost the whole
/// answer.
constexpr std::array kAskedStatuses{status_path::personalized, status_path::active_calls};
constexpr std::array kAllStatuses{status_path::personalized, status_path::active_calls, status_path::presence};

std::span<const std::string_view> asked(bool presence) {
    if (presence) return kAllStatuses;
    return kAskedStatuses;
}

Error corrupt(std::string message) { return {ErrorKind::Corrupt, std::move(message)}; }

/// `webexapisBaseUrl` is foreign: with or without a slash at its end.
std::string under(std::string_view base, std::string_view path) {
    while (!base.empty() && base.back() == '/') base.remove_suffix(1);
    std::string url(base);
    url += path;
    return url;
}

/// The node that a dotted path names in a nested status tree.
json::View at_path(json::View tree, std::string_view path) {
    while (!path.empty()) {
        const auto dot = path.find('.');
        tree = tree[path.substr(0, dot)];
        path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    return tree;
}

/// Source: Bookings.List and Bookings.Get answers: Organizer.{Email, Id, Name} or {FirstName, LastName}.
void read_organizer(json::View organizer, Booking& booking) {
    booking.organizer_email = text_or_empty(organizer["Email"]);
    booking.organizer_id = text_or_empty(organizer["Id"]);
    booking.organizer_name = text_or_empty(organizer["Name"]);
    if (!booking.organizer_name.empty()) return;
    const std::string first = text_or_empty(organizer["FirstName"]), last = text_or_empty(organizer["LastName"]);
    booking.organizer_name = first;
    if (!first.empty() && !last.empty()) booking.organizer_name += ' ';
    booking.organizer_name += last;
}

/// Source: Time.{StartTime, EndTime, Duration (minutes)}; EndTime is believed before Duration.
std::optional<Booking> read_booking(json::View entry) {
    Booking booking;
    booking.ref = read_ref(entry);
    const json::View time = entry["Time"];
    const auto start = read_time(time["StartTime"]);
    const auto duration = read_minutes(time["Duration"]);
    auto end = read_time(time["EndTime"]);
    if (!end && start && duration && !time["EndTime"].exists()) end = *start + *duration;
    if (booking.ref.empty() || !start || !end || *end < *start) return std::nullopt;
    booking.start = *start;
    booking.end = *end;
    read_organizer(entry["Organizer"], booking);
    return booking;
}

DeviceInfo read_device(json::View item) {
    DeviceInfo device;
    device.id = id_or_empty<DeviceId>(item["id"]);
    device.display_name = text_or_empty(item["displayName"]);
    device.workspace = id_or_empty<WorkspaceId>(item["workspaceId"]);
    device.location = id_or_empty<LocationId>(item["locationId"]);
    device.type = text_or_empty(item["type"]);
    const std::string_view status = item["connectionStatus"].string().value_or(std::string_view{});
    // Values seen: connected, connected_with_issues, disconnected, offline_expired, offline_deep_sleep, ...
    if (status.rfind("connected", 0) == 0) {
        device.connected = true;
    } else if (status.rfind("disconnected", 0) == 0 || status.rfind("offline", 0) == 0) {
        device.connected = false;
    }
    return device;
}

WorkspaceInfo read_workspace(json::View item) {
    WorkspaceInfo workspace;
    workspace.id = id_or_empty<WorkspaceId>(item["id"]);
    workspace.display_name = text_or_empty(item["displayName"]);
    workspace.location = id_or_empty<LocationId>(item["locationId"]);
    workspace.hot_desking = item["hotdeskingStatus"].string() == std::string_view("on");
    workspace.calendar_type = text_or_empty(item["calendar"]["type"]);
    return workspace;
}

template <class Item>
Result<Page<Item>> decode_page(std::string body, std::string next_url, Item (*read)(json::View)) {
    const json::Document document(std::move(body));
    if (!document.ok()) return corrupt(document.problem());
    const json::View items = document.root()["items"];
    if (!items.is_array()) return corrupt("no items array");
    Page<Item> page;
    page.next_url = std::move(next_url);
    page.items.reserve(items.size());
    items.each([&](json::View entry) {
        Item item = read(entry);
        if (!item.id.empty()) page.items.push_back(std::move(item));
    });
    return page;
}

}  // namespace

std::string url_encode(std::string_view text) {
    constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char byte : text) {
        if (unreserved.find(byte) != std::string_view::npos) {
            encoded += byte;
            continue;
        }
        const auto value = static_cast<unsigned char>(byte);
        encoded += '%';
        encoded += hex[value >> 4U];
        encoded += hex[value & 0x0fU];
    }
    return encoded;
}

std::string status_url(std::string_view base, const DeviceId& device, bool presence, bool calls) {
    std::string url = under(base, "/xapi/status?deviceId=") + url_encode(device.value);
    for (const std::string_view path : asked(presence)) {
        if (path == status_path::active_calls && !calls) continue;
        url += "&name=";
        url += path;
    }
    return url;
}

std::string sessions_url(std::string_view base, const WorkspaceId& workspace) {
    return under(base, "/hotdesk/sessions?workspaceId=") + url_encode(workspace.value);
}

std::string person_url(std::string_view base, const PersonId& person) {
    return under(base, "/people/") + url_encode(person.value);
}

std::string command_url(std::string_view base, std::string_view name) {
    return under(base, "/xapi/command/") + url_encode(name);
}

std::string command_body(const DeviceId& device, const Command& command) {
    json::Writer writer;
    writer.open_object();
    writer.member("deviceId", device.value);
    writer.key("arguments");
    write_arguments(writer, command);
    writer.close_object();
    return writer.take();
}

Command list_bookings() { return {std::string{command_path::list}, {}}; }

Result<StatusReport> decode_status(std::string body, bool presence) {
    const json::Document document(std::move(body));
    if (!document.ok()) return corrupt(document.problem());
    const json::View tree = document.root()["result"];
    if (!tree.is_object()) return corrupt("no result object");
    StatusReport report;
    for (const std::string_view path : asked(presence)) {
        // A value that is not understood is as good as none: the desk was asked and has not said.
        (void)read_status(path, at_path(tree, path), report);
    }
    return report;
}

Result<BookingList> decode_bookings(std::string body) {
    const json::Document document(std::move(body));
    if (!document.ok()) return corrupt(document.problem());
    const json::View result = document.root()["result"];
    if (!result.is_object()) return corrupt("no result object");

    BookingList list;
    const auto take = [&](json::View entry) {
        if (auto booking = read_booking(entry)) {
            list.bookings.push_back(std::move(*booking));
        } else {
            ++list.skipped;
        }
    };
    const json::View entries = result["Booking"];
    if (entries.is_array()) {
        list.bookings.reserve(entries.size());
        entries.each(take);
    } else if (entries.is_object()) {
        take(entries);
    } else if (entries.exists()) {
        return corrupt("Booking is no list");
    }
    if (!entries.exists() && result["ResultInfo"]["TotalRows"].spelled_integer() != 0)
        return corrupt("neither a list nor TotalRows 0");
    return list;
}

Result<Page<DeviceInfo>> decode_devices(std::string body, std::string next_url) {
    return decode_page<DeviceInfo>(std::move(body), std::move(next_url), read_device);
}

Result<Page<WorkspaceInfo>> decode_workspaces(std::string body, std::string next_url) {
    return decode_page<WorkspaceInfo>(std::move(body), std::move(next_url), read_workspace);
}

Result<std::vector<HotdeskSession>> decode_sessions(std::string body) {
    const json::Document document(std::move(body));
    if (!document.ok()) return corrupt(document.problem());
    const json::View items = document.root()["items"];
    if (!items.is_array()) return corrupt("no items array");
    std::vector<HotdeskSession> sessions;
    bool whole = true;
    items.each([&](json::View item) {
        HotdeskSession session{id_or_empty<WorkspaceId>(item["workspaceId"]), id_or_empty<PersonId>(item["personId"])};
        whole = whole && !session.workspace.empty() && !session.person.empty();
        sessions.push_back(std::move(session));
    });
    if (!whole) return corrupt("a session without its workspace or person");
    return sessions;
}

Result<Person> decode_person(std::string body) {
    const json::Document document(std::move(body));
    if (!document.ok()) return corrupt(document.problem());
    const json::View root = document.root();
    Person person{id_or_empty<PersonId>(root["id"]), read_strings(root["emails"]), text_or_empty(root["displayName"])};
    if (person.id.empty()) return corrupt("a person without an id");
    return person;
}

}  // namespace hotdesk::codec
