#pragma once
// The parts of observe(): statuses and answers in observe.cpp, bookings in observe_bookings.cpp, what follows from them
// in observe_settle.cpp.

#include "core/rules.hpp"

#include <hotdesk/reconcile.hpp>

namespace hotdesk::observing {

using rules::find;

void sort_bookings(Desk& desk);

/// The clock of no-shows starts again for a booking to which nobody has come.
void start_again(Desk& desk, KnownBooking& known, Now now);

/// What was answered so far is not enough any more.
void ask_again(Desk& desk, Now now);
/// Whoever is signed in may be somebody else by now.
void visit_in_doubt(Desk& desk, Now now);
/// The same, and nobody knows who came and went: messages of the desk may have been missed.
void missed_something(Desk& desk, Now now);
/// The desk has said something; what it said while it could not be reached went unheard.
void heard_from(Desk& desk, Now now);
/// A round of two questions went well; one good answer beside a failed one is no success.
void answered_both(Desk& desk, MonoTime asked_at);

void hear(Desk& desk, const input::Happened& happened, Now now);
/// The list replaces what was known, except what was learned after the question went out and what is over.
void hear(Desk& desk, const input::BookingsAnswered& answer, Now now);

/// Who has come, by what has been so until now.
void settle_arrivals(Desk& desk, Now now);
/// What follows from what is known, arrivals included.
void settle(Desk& desk, Now now);

}  // namespace hotdesk::observing
