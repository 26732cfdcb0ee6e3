#pragma once
// The parameters of the xAPI commands that a desk of the sandbox knows.
//
// **Source:** RoomOS 26.4 public xAPI schema, entries of type Command.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotdesk::sandbox {

/// The command's parameters are judged as the REST API does: an unknown one, a wrong JSON type, a value out of range
/// and a missing required one are refused. `arguments` is a JSON object. Nothing means all is well.
std::optional<std::string> find_fault(std::string_view command, const std::string& arguments);

[[nodiscard]] bool knows_command(std::string_view command);

/// Every command here, e.g. for the access that an activation code grants.
std::vector<std::string> known_commands();

}  // namespace hotdesk::sandbox
