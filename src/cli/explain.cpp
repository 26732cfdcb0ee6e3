#include "core/fleet.hpp"

#include "cli/commands.hpp"
#include "cli/find.hpp"
#include "cli/print.hpp"
#include "cli/read.hpp"
#include "codec/output.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"

namespace hotdesk::cli {

namespace {

/// What an act is called in a sentence: "will ...".
std::string in_words(Act act) {
    switch (act) {
        case Act::SignOut: return "will sign out";
        case Act::Release:
        case Act::NoShow: return "will release the booking";
        case Act::Reject: return "will delete the booking";
        case Act::Restore: return "will put the booking back";
        case Act::LeaveBe: return "will let it be";
        case Act::WarnNoShow:
        case Act::WarnEnd: return "will tell";
    }
    return "";
}

std::string line_of(const Verdict& verdict, Now now) {
    std::string line = std::string{name_of(verdict.rule)} + ": " + verdict.says;
    if (!verdict.act || !verdict.due) return line;
    const WallTime due = codec::due_at(*verdict.due, now);
    return line + " (" + in_words(*verdict.act) + (due == now.wall ? " now" : " at " + local_time(due).substr(11)) +
           ")";
}

}  // namespace

Exit explain(const Options& options) {
    const Config config = load_config(options.config);
    const auto store = open_state(config, StateUse::Read);
    const Activation activation = need_activation(*store);
    const auto desks = must(state::load_desks(*store));
    const DeskState& desk = find_desk(desks, options.device);
    const Now now = cloud_now(*store);

    // Every desk, since some rules look at the organizer's bookings elsewhere.
    Fleet fleet(config.policy_book(), 1);
    fleet.set_grants(Grants(activation.scopes, activation.xapi), now);
    for (const DeskState& stored : desks) fleet.load(stored, now, Clocks::GoOn);
    fleet.set_may_ask_who(may_ask_who(activation.scopes));
    const auto verdicts = fleet.explain(desk.id, now);
    if (options.json) {
        print(codec::explain_json(desk, verdicts, now));
        return Exit::Done;
    }
    print(desk.display_name + (desk.workspace_name.empty() ? "" : " in " + desk.workspace_name) + " is " +
          std::string{state_of(desk, now.wall)} + ".");
    if (config.policy.mode == Mode::Observe) print("In observe mode nothing of this is sent.");
    for (const Verdict& verdict : verdicts) print(line_of(verdict, now));
    return Exit::Done;
}

}  // namespace hotdesk::cli
