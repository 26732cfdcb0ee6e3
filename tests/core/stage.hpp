#pragma once
// What a scenario is played on: desks that answer what they are told to answer, hotdeskd in between, and a clock that
// nobody waits for. One stage has the bare rules (fleet_rig.hpp), another the whole worker with a simulated cloud.

#include <hotdesk/cloud.hpp>
#include <hotdesk/message.hpp>
#include <hotdesk/policy.hpp>
#include <hotdesk/reconcile.hpp>
#include <hotdesk/record.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hotdesk::test {

struct Place {
    std::string desk;  ///< its name and its deviceId
    std::string workspace, workspace_name, location;
};

/// What stands when the curtain rises.
struct Opening {
    WallTime at{};
    std::vector<Place> places;
    bool identity = false;  ///< hotdesk/sessions and people are granted
};

/// What a desk answers from now on, without saying so; what is empty stays as it is.
struct Pose {
    std::optional<bool> signed_in, obeys, online, tells;
    std::optional<std::optional<int>> calls;
    std::optional<Presence> presence;
    std::optional<std::string> fails;  ///< FailureCause of the next booking or edit
    std::optional<std::string> who;    ///< the address of who is signed in; empty: nobody that Webex knows of
};

/// What the next command gets.
struct Canned {
    int code = 200;        ///< 200: it is carried out
    bool lost = false;     ///< it is carried out, and the answer does not arrive
    Millis retry_after{};  ///< 0: not said
};

class Stage {
public:
    virtual ~Stage() = default;

    // --- the world ---
    virtual void pose(std::size_t desk, const Pose& pose) = 0;
    virtual void list(std::size_t desk, Booking booking) = 0;
    virtual void unlist(std::size_t desk, const MeetingId& meeting) = 0;
    virtual std::vector<Booking> listed(std::size_t desk) = 0;
    virtual void push(std::size_t desk, const StatusReport& report, WallTime as_of) = 0;
    virtual void full_sync(std::size_t desk) = 0;
    virtual void happen(std::size_t desk, const Event& event) = 0;
    /// Messages may have been lost.
    virtual void gap() = 0;
    virtual void reply(const Canned& canned) = 0;
    virtual void refuse_who(bool refused) = 0;
    /// All is granted but these scopes and paths; hotdeskd knows it from its start, and learns of a change at once.
    virtual void withhold(const std::vector<std::string>& names) = 0;
    /// Time passes; what is due happens when it is due.
    virtual void pass(Millis span) = 0;
    /// The clock of hotdeskd's machine is set; the world's is not.
    virtual void set_clock(Millis ahead) = 0;

    // --- hotdeskd ---
    /// It starts, knowing nothing.
    virtual void begin(const PolicyBook& policy, bool judge_existing) = 0;
    virtual void set_policy(const PolicyBook& policy) = 0;
    virtual void crash() = 0;
    virtual void order(const Request& request) = 0;

    // --- what is seen ---
    [[nodiscard]] virtual WallTime wall() const = 0;  ///< of the world
    [[nodiscard]] virtual WallTime box() const = 0;   ///< as hotdeskd takes it to be
    /// Commands in the order in which they were sent; what is expected is taken out.
    virtual std::vector<Command>& sent(std::size_t desk) = 0;
    virtual DeskState state(std::size_t desk) = 0;
    virtual std::vector<Record> records() = 0;
    virtual std::optional<RequestOutcome> outcome(const std::string& key) = 0;
    virtual std::vector<Verdict> explain(std::size_t desk) = 0;
    /// How often the desk was asked for its status.
    virtual int asked(std::size_t desk) = 0;
};

using StageMaker = std::function<std::unique_ptr<Stage>(const Opening& opening)>;
using ZoneMaker = std::function<std::shared_ptr<const Zone>(const std::string& name)>;

}  // namespace hotdesk::test
