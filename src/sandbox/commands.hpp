#pragma once
// Carries out an xAPI command at a desk.

#include <string>
#include <string_view>

#include "hotdesk/result.hpp"
#include "hotdesk/time.hpp"
#include "sandbox/desk.hpp"

namespace hotdesk::sandbox {

/// `arguments` must have passed find_fault(). The value is the command's `result`, a JSON object's text; an error is
/// the desk's refusal.
Result<std::string> run_command(Desk& desk, std::string_view name, const std::string& arguments, WallTime now);

}  // namespace hotdesk::sandbox
