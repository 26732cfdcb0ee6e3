#pragma once
// `hotdeskd activate`: from the code to a standing activation, with the store and the network in its hands.

#include <hotdesk/cloud.hpp>
#include <hotdesk/secret.hpp>

#include "daemon/config.hpp"

#include <functional>
#include <string_view>

namespace hotdesk {

/// `say` is told what is being done, a line a step. Throws Failure: 1 (an activation stands and `replace` is not set,
/// or something else failed), 4 (refused, in the contract's words), 5, 6, 9. Returns what now stands.
Activation activate(const Config& config, const Secret& code, bool replace,
                    const std::function<void(std::string_view)>& say);

class Standing;

/// The action `update`, verified and judged: provisions anew with its URLs, region and refresh token, as `activate`
/// does with a code; where it brings no token, the standing one goes on at the new URLs. `now` is the time that it was
/// judged by. A running worker takes it up. Throws Failure like activate(); what stood goes on standing then.
Activation update(const Config& config, const ActivationClaims& claims, Standing& standing, WallTime now,
                  const std::function<void(std::string_view)>& say);

}  // namespace hotdesk
