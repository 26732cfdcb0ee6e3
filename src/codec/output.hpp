#pragma once
// What the command line prints with --json. Source of every name: contract, "JSON that tests read".

#include <hotdesk/cloud.hpp>
#include <hotdesk/desk.hpp>
#include <hotdesk/record.hpp>

#include <string>
#include <vector>

namespace hotdesk::codec {

struct StatusView {
    bool activated = false;
    bool running = false;
    OrgId org;
    std::string org_name;
    std::string region;
    Health health;
    std::size_t desks = 0, signed_in = 0, booked = 0;
    std::size_t pending = 0;  ///< commands without an answer
};

// Each is one line without a line break.
std::string status_json(const StatusView& status);
std::string devices_json(const std::vector<DeskState>& desks, WallTime now);
std::string record_json(const Record& record);
std::string outcome_json(const RequestOutcome& outcome);
std::string activation_json(const Activation& activation);

}  // namespace hotdesk::codec
