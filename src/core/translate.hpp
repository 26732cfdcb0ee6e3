#pragma once
// A decoded message to the inputs of the desk that it is about.

#include <hotdesk/message.hpp>
#include <hotdesk/reconcile.hpp>

#include <vector>

namespace hotdesk {

/// In the order in which they happened. Empty for messages that are about no desk.
std::vector<Input> translate(Message&& message);

}  // namespace hotdesk
