#include "fleet_rig.hpp"

#include "words.hpp"

#include "core/grants.hpp"

#include <algorithm>

namespace hotdesk::test {

namespace {

using namespace std::chrono_literals;

Error failed_with(int code, Millis retry_after) {
    Error error{code == 404 || code >= 500   ? ErrorKind::Transient
                : code == 429 || code == 423 ? ErrorKind::RateLimited
                : code == 410                ? ErrorKind::Gone
                                             : ErrorKind::Rejected,
                "answered " + std::to_string(code)};
    error.http_status = code;
    if (retry_after > Millis{0}) error.retry_after = std::chrono::duration_cast<std::chrono::seconds>(retry_after);
    return error;
}

}  // namespace

FleetRig::FleetRig(const Opening& opening) : wall(opening.at), identity(opening.identity) {
    for (const Place& place : opening.places) {
        desks.emplace_back(place);
        ids_.emplace_back(place.desk);
    }
    sent.resize(desks.size());
    asked.resize(desks.size());
}

Fleet& FleetRig::fleet() {
    if (!fleet_) throw Broken("before `at`");
    return *fleet_;
}

std::size_t FleetRig::index_of(const DeviceId& device) const {
    return static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), device) - ids_.begin());
}

void FleetRig::start(Seq next_seq) {
    fleet_.emplace(policy_, next_seq);
    fleet_->set_may_ask_who(identity);
    fleet_->set_may_ask_presence(true);
    fleet_->set_grants(grants_, now());
}

void FleetRig::begin(const PolicyBook& policy, bool judge_existing) {
    policy_ = policy;
    start(1);
    if (judge_existing) fleet_->judge_existing();
    Inventory inventory;
    for (const ScriptedDesk& desk : desks) {
        const WorkspaceId workspace{desk.place.workspace};
        const LocationId location{desk.place.location};
        inventory.devices.push_back(
            {DeviceId{desk.place.desk}, desk.place.desk, workspace, location, "roomdesk", true});
        inventory.workspaces.push_back({workspace, desk.place.workspace_name, location, true, "none"});
    }
    fleet_->take_inventory(inventory, now());
    settle();
}

void FleetRig::set_policy(const PolicyBook& policy) {
    policy_ = policy;
    fleet().set_policy(policy, now());
    settle();
}

void FleetRig::withhold(const std::vector<std::string>& names) {
    std::vector<std::string> scopes;
    XapiAccess xapi;
    for (const Need& need : needs_for(PolicyBook{})) {
        if (std::find(names.begin(), names.end(), need.path) != names.end()) continue;
        auto& list = need.kind == GrantKind::Scope     ? scopes
                     : need.kind == GrantKind::Status  ? xapi.statuses
                     : need.kind == GrantKind::Command ? xapi.commands
                                                       : xapi.events;
        list.emplace_back(need.path);
    }
    grants_ = Grants(std::move(scopes), std::move(xapi));
    if (!fleet_) return;
    fleet_->set_grants(grants_, now());
    settle();
}

void FleetRig::crash() {
    start(next_seq_);
    mono = MonoTime{} + 1s;  // another boot: monotonic time starts anew
    for (const auto& [id, desk] : stored) fleet_->load(desk, now(), Clocks::StartAgain);
    for (const auto& [seq, entry] : std::map<Seq, OutboxEntry>(outbox))
        fleet_->load_unanswered(entry, records.at(seq), now());
    for (const auto& [key, request] : requests_)
        if (!outcomes.count(key)) fleet_->order(request, now());
    settle();
}

void FleetRig::doubt() {
    fleet().doubt_all(now());
    settle();
}

void FleetRig::order(const Request& request) {
    requests_[request.key] = request;
    fleet().order(request, now());
    settle();
}

void FleetRig::hear(std::size_t desk, const Input& input) {
    if (!fleet().hear(ids_[desk], input, now())) throw Broken("the desk is not known");
    settle();
}

void FleetRig::pass(Millis span) {
    const MonoTime until = mono + span;
    for (int turns = 0;; ++turns) {
        if (turns > 100000) throw Broken("the fleet never comes to rest");
        MonoTime next = until;
        if (const auto wake = fleet().wake_at()) next = std::min(next, *wake);
        if (next > mono) {
            wall += next - mono;
            mono = next;
        }
        fleet().wake(now());
        settle();
        if (mono == until && (!fleet().wake_at() || *fleet().wake_at() > until)) return;
    }
}

void FleetRig::settle() {
    for (int rounds = 0;; ++rounds) {
        if (rounds > 1000) throw Broken("the fleet never comes to rest");
        store();
        std::vector<Call> calls;
        fleet().take_calls(calls, now());
        if (calls.empty()) return;
        for (const Call& call : calls) answer(call);
    }
}

void FleetRig::store() {
    const FleetChanges changes = fleet().pending();
    for (const DeskState* desk : changes.desks) stored[desk->id] = *desk;
    for (const Record* record : changes.records) records[record->seq] = *record;
    for (const OutboxEntry& entry : changes.outbox) outbox[entry.seq] = entry;
    for (const Seq seq : changes.outbox_done) outbox.erase(seq);
    for (const RequestOutcome& outcome : changes.outcomes) outcomes[outcome.key] = outcome;
    next_seq_ = changes.next_seq;
    fleet().committed();
}

void FleetRig::answer(const Call& call) {
    const auto unreachable = [] { return failed_with(404, 0ms); };
    if (const auto* status = std::get_if<call::AskStatus>(&call)) {
        const std::size_t desk = index_of(status->device);
        ++asked[desk];
        if (!desks[desk].online) return reply(call, unreachable());
        reply(call, Reply{desks[desk].report(status->presence)});
    } else if (const auto* bookings = std::get_if<call::AskBookings>(&call)) {
        const ScriptedDesk& desk = desks[index_of(bookings->device)];
        if (!desk.online) return reply(call, unreachable());
        reply(call, Reply{BookingList{desk.bookings, 0}});
    } else if (const auto* sessions = std::get_if<call::AskSessions>(&call)) {
        if (who_refused) return reply(call, failed_with(403, 0ms));
        std::vector<HotdeskSession> found;
        for (const ScriptedDesk& desk : desks)
            if (desk.place.workspace == sessions->workspace.value && desk.signed_in && !desk.who.empty())
                found.push_back({sessions->workspace, PersonId{"person-" + desk.who}});
        reply(call, Reply{std::move(found)});
    } else if (const auto* person = std::get_if<call::AskPerson>(&call)) {
        if (who_refused) return reply(call, failed_with(403, 0ms));
        reply(call, Reply{Person{person->person, {person->person.value.substr(7)}, ""}});
    } else {
        carry_out(call, std::get<call::Send>(call));
    }
}

void FleetRig::reply(const Call& call, Result<Reply> what) {
    const bool about_us =
        !what.ok() && (what.error().kind == ErrorKind::AuthExpired || what.error().http_status == 429);
    fleet().answered(call, std::move(what), mono, now(), about_us);
}

void FleetRig::carry_out(const Call& call, const call::Send& send) {
    if (!records.count(send.seq) || !outbox.count(send.seq))
        throw Broken("sent before it was stored: " + send.command.name);
    const std::size_t told = index_of(send.device);
    sent[told].push_back(send.command);
    Canned next;
    if (!canned.empty()) {
        next = canned.front();
        canned.pop_front();
    }
    if (watcher) watcher(told, send.command, desks[told].online ? next.code : 404);
    if (next.code != 200) return reply(call, failed_with(next.code, next.retry_after));
    if (!desks[told].online) return reply(call, failed_with(404, 0ms));
    auto said = desks[told].carry_out(send.command, wall);
    if (!said.ok()) return reply(call, said.error());
    std::vector<std::pair<std::size_t, Said>> heard;
    const auto take = [&](std::size_t desk, std::vector<Said>& what) {
        for (Said& one : what)
            if (desks[desk].tells && desks[desk].online) heard.emplace_back(desk, std::move(one));
    };
    take(told, *said);
    // The devices of a workspace have its bookings in common.
    if (send.command.name.rfind("Bookings.", 0) == 0)
        for (std::size_t other = 0; other < desks.size(); ++other)
            if (other != told && desks[other].place.workspace == desks[told].place.workspace)
                if (auto too = desks[other].carry_out(send.command, wall); too.ok()) take(other, *too);
    if (next.lost)
        reply(call, Error{ErrorKind::Transient, "the connection was lost"});
    else
        reply(call, Reply{CommandDone{"T-1"}});
    // A moment after whatever else was said at this time.
    const WallTime as_of = wall + 1ms;
    for (auto& [desk, what] : heard) {
        if (const auto* report = std::get_if<StatusReport>(&what))
            (void)fleet().hear(ids_[desk], input::Pushed{*report, as_of}, now());
        else
            (void)fleet().hear(ids_[desk], input::Happened{{std::get<EventBody>(what), as_of}}, now());
    }
}

}  // namespace hotdesk::test
