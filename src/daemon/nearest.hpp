#pragma once
// A word that is not known, and the known one that was probably meant.

#include <string>
#include <string_view>
#include <vector>

namespace hotdesk {

/// `; the nearest known one is `NAME``, by the fewest letters changed, added or left out; empty: nothing is known.
std::string nearest(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace hotdesk
