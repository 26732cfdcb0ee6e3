#pragma once
// DEVICE on the command line: which desk is meant.

#include <hotdesk/desk.hpp>

#include <string>
#include <vector>

namespace hotdesk::cli {

/// A deviceId, a workspace's name, or a part of a display name that only one desk has; names without case. Throws
/// Failure, exit 1, with the desks that were meant when there are several, or none.
const DeskState& find_desk(const std::vector<DeskState>& desks, const std::string& wanted);

}  // namespace hotdesk::cli
