#pragma once
// A desk that does nothing by itself: it answers what it is told to answer, and carries out commands.

#include "stage.hpp"

#include <hotdesk/result.hpp>

#include <variant>

namespace hotdesk::test {

/// What a desk pushes.
using Said = std::variant<StatusReport, EventBody>;

class ScriptedDesk {
public:
    explicit ScriptedDesk(Place where) : place(std::move(where)) {}

    Place place;
    bool signed_in = false, obeys = true, online = true, tells = true;
    std::optional<int> calls = 0;
    Presence presence = Presence::Unknown;
    std::string fails, who;
    std::vector<Booking> bookings;

    void pose(const Pose& pose);
    /// In the place of the one with the same MeetingId.
    void list(Booking booking);
    void unlist(const MeetingId& meeting);
    Booking* find(const MeetingId& meeting);
    [[nodiscard]] StatusReport report(bool with_presence) const;

    /// What it pushes then; an error says why it refuses, and nothing has happened.
    Result<std::vector<Said>> carry_out(const Command& command, WallTime now);
    /// Another booking has some of that time.
    [[nodiscard]] bool taken(WallTime start, WallTime end, const MeetingId& except) const;

private:
    Result<std::vector<Said>> edit(const Command& command);
    Result<std::vector<Said>> book(const Command& command, WallTime now);
};

/// The text of an argument; empty: it is not there.
std::string argument_of(const Command& command, const std::string& name);
/// Name and arguments, for people.
std::string describe(const Command& command);

}  // namespace hotdesk::test
