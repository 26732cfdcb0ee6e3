#pragma once
// Between the words of a scenario and the wire: messages as the cloud's queue holds them, commands as they are posted.

#include <hotdesk/cloud.hpp>
#include <hotdesk/message.hpp>
#include <hotdesk/ports.hpp>

#include "sandbox/desk.hpp"

#include <optional>
#include <string>
#include <utility>

namespace hotdesk::test {

/// Who a message is from.
struct Sender {
    AppId app;
    OrgId org;
    DeviceId device;
    WorkspaceId workspace;
};

/// As the queue holds it. Source: technical details, "Queue Polling".
std::string status_message(const Sender& sender, const StatusReport& report, bool full_sync, WallTime at);
std::string event_message(const Sender& sender, const Event& event);

/// The deviceId and the command that a request posts; empty: it posts none.
std::optional<std::pair<std::string, Command>> command_in(const HttpRequest& request, const std::string& path);

std::string presence_word(Presence presence);
sandbox::Booking to_sandbox(const Booking& booking);
Booking from_sandbox(const sandbox::Booking& booking);

}  // namespace hotdesk::test
