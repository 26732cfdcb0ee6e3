#pragma once
// What both oracles hold a booking's times against.

#include <hotdesk/desk.hpp>
#include <hotdesk/policy.hpp>
#include <hotdesk/zone.hpp>

namespace hotdesk::test {

/// Whether all of it lies within `booking_days` and `booking_hours`, found out in another way than the rules do.
/// `zone`: null is UTC.
bool within_days_and_hours(const Policy& policy, const Slot& slot, const Zone* zone);

}  // namespace hotdesk::test
