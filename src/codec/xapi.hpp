#pragma once
// xAPI over REST, devices, workspaces, hot-desk sessions and people: URLs and bodies to values. The call layer
// (call.hpp) adds method, bearer and the HTTP status.
//
// **Source:** REST description, /xapi/status, /xapi/command/{commandName}, /devices, /workspaces, /hotdesk/sessions,
// /people/{personId}; xAPI schema for the statuses, commands and the ranges of their arguments.
//
// Every decoder takes the body over, because it is parsed in place. Corrupt: the body is not what it should be; the
// message says how in a few words, without contents.

#include <hotdesk/cloud.hpp>
#include <hotdesk/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hotdesk::codec {

/// Everything but A-Z a-z 0-9 - . _ ~ as %XX. Source: RFC 3986, section 2.3.
std::string url_encode(std::string_view text);

/// GET: `{base}/xapi/status?deviceId=..&name=..`, `name` once for each status asked:
/// DevicePersonalization.Personalized, with `calls` also NumberOfActiveCalls, and with `presence` PeoplePresence: only
/// where they were granted, since a name that was not may cost the whole answer. Source: REST description: 10 names at
/// the most.
std::string status_url(std::string_view base, const DeviceId& device, bool presence, bool calls = true);

/// GET: `{base}/hotdesk/sessions?workspaceId=..` and `{base}/people/{personId}`.
std::string sessions_url(std::string_view base, const WorkspaceId& workspace);
std::string person_url(std::string_view base, const PersonId& person);

/// POST: `{base}/xapi/command/{name}`.
std::string command_url(std::string_view base, std::string_view name);

/// `{"deviceId", "arguments": {..}}`; both are there also when no argument is.
std::string command_body(const DeviceId& device, const Command& command);

/// `Bookings.List` as it is asked: without arguments, that is all bookings the desk has stored.
///
/// Source: xAPI schema, Bookings.List (`Days`, `DayOffset`, `Limit` optional); Cisco API reference guides: without
/// parameters, past, present and future bookings are all listed. A window of days was rejected: it begins at the desk's
/// midnight, so it could leave out the booking that began before and is still running, and somebody would be signed
/// out for that; and as the answer replaces what is known, bookings after the window would be forgotten. What bounds
/// the answer is the 8 MiB limit of a body, some 10,000 bookings.
Command list_bookings();

/// `{"result": {nested status tree}}`. Statuses that are not in the tree, or have a value that they cannot have, are
/// not mentioned, and so is presence unless it was asked for. Corrupt: no `result` object.
Result<StatusReport> decode_status(std::string body, bool presence);

/// `{"result": {"Booking": [..]}}`. No `Booking` means no bookings only where `ResultInfo.TotalRows` is 0, else
/// Corrupt: on the strength of an empty list somebody may be signed out. One Booking may stand without its array. An
/// entry needs `Id` or `MeetingId`, `Time.StartTime`, and `Time.EndTime` or `Time.Duration` (minutes).
Result<BookingList> decode_bookings(std::string body);

/// `{"items": [..]}`; items without an `id` are passed over. `next_url` is passed through.
Result<Page<DeviceInfo>> decode_devices(std::string body, std::string next_url);
Result<Page<WorkspaceInfo>> decode_workspaces(std::string body, std::string next_url);

/// `{"items": [..]}`, one for each workspace that somebody is signed in to. Corrupt also: a session without a
/// `workspaceId` or `personId`; passed over, it would say that nobody is there.
Result<std::vector<HotdeskSession>> decode_sessions(std::string body);
/// `id` must be there, `emails` and `displayName` may be missing.
Result<Person> decode_person(std::string body);

}  // namespace hotdesk::codec
