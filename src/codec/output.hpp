#pragma once
// What the command line prints with --json. Source of every name: contract, "JSON that tests read".

#include <hotdesk/check.hpp>
#include <hotdesk/cloud.hpp>
#include <hotdesk/desk.hpp>
#include <hotdesk/reconcile.hpp>
#include <hotdesk/record.hpp>

#include <optional>
#include <string>
#include <vector>

namespace hotdesk::codec {

struct StatusView {
    bool activated = false;
    bool running = false;
    OrgId org;
    std::string org_name;
    std::string region;
    std::int64_t manifest_version = 0;  ///< 0: not known
    UpdateRequest update;               ///< waits for approval
    Health health;
    std::size_t desks = 0, signed_in = 0, booked = 0;
    std::size_t pending = 0;          ///< commands without an answer
    std::vector<std::string> alerts;  ///< what an administrator should know, in sentences
};

/// When a rule will act, by the clock on the wall; one that is overdue acts now.
WallTime due_at(MonoTime due, Now now);
/// The name by which a booking is edited and deleted: its MeetingId, else its Id.
const std::string& meeting_of(const BookingRef& ref);
/// The rule that a booking breaks; empty: none. One that was reversed often enough stands, and breaks it all the same.
std::optional<Rule> broken_by(const KnownBooking& known);
/// Whether a booking is still of interest: running or upcoming.
inline bool is_over(const KnownBooking& known, WallTime now) { return known.booking.end <= now; }

// Each is one line without a line break.
std::string status_json(const StatusView& status);
std::string devices_json(const std::vector<DeskState>& desks, WallTime now);
/// The bookings of these desks that are not over, as they stand in their desks.
std::string bookings_json(const std::vector<DeskState>& desks, WallTime now);
std::string explain_json(const DeskState& desk, const std::vector<Verdict>& verdicts, Now now);
std::string record_json(const Record& record);
std::string outcome_json(const RequestOutcome& outcome);
std::string activation_json(const Activation& activation);
/// `{"status": 200, "body": {...}}`; the body is null where there is none.
std::string action_answer_json(int status, const std::string& body);
/// `{"ok": true, "checks": [{"name","state","tried","found","remedy"}]}`; the remedy is null where nothing is to be
/// done.
std::string check_json(const std::vector<CheckLine>& lines, bool ok);
/// `{"deactivated": true}`
std::string deactivated_json();

}  // namespace hotdesk::codec
