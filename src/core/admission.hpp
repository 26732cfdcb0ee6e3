#pragma once
// The rules of admission beyond reconcile.hpp: what becomes of a booking that breaks one.

#include <hotdesk/reconcile.hpp>

namespace hotdesk::admission {

/// What to do about a booking with an objection; empty: the booking keeps every rule by now.
std::optional<Verdict> verdict_on(const Desk& desk, const KnownBooking& known, Now now, const Surroundings& around);

/// For the person at the desk.
Facts facts_of(const Desk& desk, const Booking& booking, const Zone& zone, std::string limit);

}  // namespace hotdesk::admission
