#include "core/fleet.hpp"

#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

/// Desks that are asked at the same time (two calls each), and commands under way at the same time. Small enough that
/// a campus coming back does not run into Webex's rate limits at once, large enough that it is done in minutes.
constexpr std::size_t most_asking = 8, most_sending = 32;
/// A command that could not go out within this is stale: the desk is asked again first. Longer than a call may take:
/// what is told first may hang, and the sign-out behind it must not suffer for that.
constexpr Millis errand_life = 45s;
/// The same for an administrator's command: less than the patience of the command line, so that who asked learns of
/// it, and nobody who sits down later is signed out by an old wish.
constexpr Millis request_life = 40s;

/// A command that went out and got no answer may have been carried out all the same.
std::string outcome_of(const Error* error, bool was_sent) {
    if (!error) return "done";
    return was_sent && error->kind == ErrorKind::Transient && error->http_status == 0 ? "unknown" : "refused";
}

bool is_urgent(const Desk& desk) { return desk.sign_in.has_value() || desk.left.has_value() || !desk.attempts.empty(); }

}  // namespace

Fleet::Fleet(PolicyBook policy, Seq next_seq) : policy_(std::move(policy)), next_seq_(next_seq) {}

Fleet::Entry* Fleet::find(const DeviceId& device) {
    const auto at = desks_.find(device);
    return at == desks_.end() ? nullptr : at->second.get();
}

const Policy& Fleet::policy_for(const Desk& desk, Now now) const {
    std::string_view organizer;
    if (desk.sign_in && desk.sign_in->cover)
        organizer = desk.sign_in->cover->organizer_email;
    else if (const Booking* booking = current_booking(desk, now.wall))
        organizer = booking->organizer_email;
    return policy_.policy_for({desk.workspace, desk.workspace_name, desk.location, organizer});
}

// --- at start --------------------------------------------------------------------------------------------------------

void Fleet::load(DeskState state, Now now) {
    auto entry = std::make_unique<Entry>();
    static_cast<DeskState&>(entry->desk) = std::move(state);
    Desk& desk = entry->desk;
    // Monotonic time does not outlive the process. Graces start again: late is better than wrong.
    const auto restart = [&](std::optional<Since>& since) {
        if (since) since->mono = now.mono;
    };
    if (desk.sign_in) {
        desk.sign_in->since.mono = now.mono;
        desk.sign_in->seen_at = now.mono;
        desk.sign_in->watched = false;
        restart(desk.sign_in->lapsed);
        restart(desk.sign_in->call_ended);
    }
    if (desk.left) desk.left->since.mono = now.mono;
    for (auto& request : desk.requested) request.since.mono = now.mono;
    for (auto& known : desk.bookings) known.learned_at = MonoTime::min();
    for (auto& deleted : desk.deleted) deleted.learned_at = now.mono;
    for (auto& attempt : desk.attempts) attempt.pending.reset(), attempt.not_before = attempt.answered_at = now.mono;
    Entry& placed = *entry;
    desks_[desk.id] = std::move(entry);
    act_on(placed, decide(desk, now, policy_for(desk, now)), now);
}

void Fleet::load_unanswered(const OutboxEntry& entry, Record record, Now now) {
    Entry* const at = find(record.device);
    if (at && !entry.request.empty() && now.wall - record.time < request_life) {
        Errand errand{std::move(record), entry.request, std::nullopt, {}, now.mono, false, true};
        at->errands.push_back(std::move(errand));
        with_errands_.insert(at);
        return;
    }
    record.result = "dropped: hotdeskd stopped before the answer came; the desk is asked again";
    if (!entry.request.empty())
        outcomes_.push_back({entry.request, "unknown", "hotdeskd stopped before the answer came", record.seq});
    outbox_done_.push_back(record.seq);
    finished_.push_back(std::move(record));
}

// --- what is heard ---------------------------------------------------------------------------------------------------

void Fleet::step(Entry& entry, const Input& heard, Now now) {
    const DeskState before = entry.desk;
    observe(entry.desk, heard, now);
    act_on(entry, decide(entry.desk, now, policy_for(entry.desk, now)), now);
    if (!(before == entry.desk)) dirty_.insert(&entry);
}

void Fleet::act_on(Entry& entry, Step step, Now now) {
    if (!step.decisions.empty()) {
        const Policy& policy = policy_for(entry.desk, now);
        for (Decision& decision : step.decisions) add_errand(entry, std::move(decision), policy, "", now);
        // What was just decided has a time of its own for the next look.
        step.wake_at = decide(entry.desk, now, policy).wake_at;
    }
    if (step.ask) queue_ask(entry);
    set_wake(entry, step.wake_at);
}

void Fleet::add_errand(Entry& entry, Decision decision, const Policy& policy, const std::string& request, Now now) {
    const Seq seq = next_seq_++;
    const Mode mode = request.empty() ? policy.mode : Mode::Enforce;  // an administrator's own command is always sent
    noted(entry.desk, decision, seq, mode, now);
    dirty_.insert(&entry);
    Record record{seq,
                  now.wall,
                  entry.desk.id,
                  std::string{name_of(decision.rule)},
                  std::move(decision.decision),
                  std::move(decision.reason),
                  std::move(decision.command),
                  std::string{mode == Mode::Observe ? result_observed : result_pending},
                  ""};
    if (mode == Mode::Observe) {
        news_.push_back({record, entry.desk.display_name});
        finished_.push_back(std::move(record));
        return;
    }
    entry.errands.push_back({std::move(record), request, decision.act, decision.ref, now.mono, false, false});
    with_errands_.insert(&entry);
}

void Fleet::set_wake(Entry& entry, std::optional<MonoTime> at) {
    if (entry.wake == at) return;
    if (entry.wake) timers_.erase({*entry.wake, &entry});
    entry.wake = at;
    if (at) timers_.insert({*at, &entry});
}

void Fleet::queue_ask(Entry& entry) {
    if (entry.ask_queued || entry.asking > 0) return;
    entry.ask_queued = true;
    if (is_urgent(entry.desk))
        asks_.push_front(&entry);
    else
        asks_.push_back(&entry);
}

void Fleet::set_policy(PolicyBook policy, Now now) {
    policy_ = std::move(policy);
    for (auto& [id, entry] : desks_) step(*entry, input::Woken{}, now);
}

bool Fleet::hear(const DeviceId& device, const Input& heard, Now now) {
    Entry* const entry = find(device);
    if (!entry) return false;
    step(*entry, heard, now);
    return true;
}

void Fleet::doubt_all(Now now) {
    for (auto& [id, entry] : desks_) step(*entry, input::Doubted{}, now);
}

void Fleet::wake(Now now) {
    while (!timers_.empty() && timers_.begin()->first <= now.mono) {
        Entry& entry = *timers_.begin()->second;
        set_wake(entry, std::nullopt);
        step(entry, input::Woken{}, now);
        // A rule that wants to be woken at once again would spin here: it waits for the next turn.
        if (entry.wake && *entry.wake <= now.mono) set_wake(entry, now.mono + 1ms);
    }
}

void Fleet::order(const SignOutRequest& request, Now now) {
    for (const auto& outcome : outcomes_)
        if (outcome.key == request.key) return;
    Entry* const entry = find(request.device);
    if (!entry) {
        outcomes_.push_back({request.key, "refused", "no such desk is known", 0});
        return;
    }
    for (const auto& errand : entry->errands)
        if (errand.request == request.key) return;  // rung for twice
    if (now.wall - request.asked_at > request_life) {
        outcomes_.push_back({request.key, "refused", "the worker was not running when this was asked for", 0});
        return;
    }
    const Policy& policy = policy_for(entry->desk, now);
    auto decisions = remote_sign_out(policy);
    for (std::size_t i = 0; i < decisions.size(); ++i) {
        const bool last = i + 1 == decisions.size();  // what is told before has no outcome of its own
        if (last)
            add_errand(*entry, std::move(decisions[i]), policy, request.key, now);
        else
            add_errand(*entry, std::move(decisions[i]), Policy{}, "", now);
    }
}

// --- inventory -------------------------------------------------------------------------------------------------------

void Fleet::upsert(const DeviceInfo& device, const WorkspaceInfo& workspace, Now now) {
    Entry* entry = find(device.id);
    const bool is_new = entry == nullptr;
    if (is_new) entry = desks_.emplace(device.id, std::make_unique<Entry>()).first->second.get();
    const DeskState before = entry->desk;
    Desk& desk = entry->desk;
    desk.id = device.id;
    desk.display_name = device.display_name;
    desk.workspace = workspace.id;
    desk.workspace_name = workspace.display_name;
    desk.location = device.location.empty() ? workspace.location : device.location;
    if (device.connected) desk.online = device.connected;
    if (is_new || !(before == entry->desk)) {
        dirty_.insert(entry);
        step(*entry, input::Woken{}, now);
    }
}

void Fleet::drop(Entry& entry, const std::string& why) {
    for (auto& errand : entry.errands) {
        errand.record.result = "dropped: " + why;
        if (!errand.request.empty()) outcomes_.push_back({errand.request, "refused", why, errand.record.seq});
        outbox_done_.push_back(errand.record.seq);
        if (errand.under_way) --sending_;
        news_.push_back({errand.record, entry.desk.display_name});
        finished_.push_back(std::move(errand.record));
    }
    set_wake(entry, std::nullopt);
    std::erase(asks_, &entry);
    if (entry.asking > 0) --asking_;
    with_errands_.erase(&entry);
    dirty_.erase(&entry);
    removed_.push_back(entry.desk.id);
}

void Fleet::take_inventory(const Inventory& inventory, Now now) {
    std::unordered_map<WorkspaceId, const WorkspaceInfo*> workspaces;
    for (const auto& workspace : inventory.workspaces) workspaces[workspace.id] = &workspace;
    std::unordered_set<DeviceId> seen;
    not_ours_.clear();
    for (const auto& device : inventory.devices) {
        const auto workspace = workspaces.find(device.workspace);
        // Source: REST description, /devices: type `roomdesk` is a RoomOS device; phones and accessories are not.
        const bool room_os = device.type.empty() || device.type == "roomdesk";
        if (room_os && workspace != workspaces.end() && workspace->second->hot_desking) {
            seen.insert(device.id);
            upsert(device, *workspace->second, now);
        } else {
            not_ours_.insert(device.id);
        }
    }
    for (auto at = desks_.begin(); at != desks_.end();) {
        if (seen.count(at->first) == 0) {
            drop(*at->second, "the device is no hot desk any more");
            at = desks_.erase(at);
        } else {
            ++at;
        }
    }
}

// --- what follows ----------------------------------------------------------------------------------------------------

FleetChanges Fleet::pending() const {
    FleetChanges changes;
    for (const Entry* entry : dirty_) changes.desks.push_back(&entry->desk);
    changes.removed = removed_;
    for (const Record& record : finished_) changes.records.push_back(&record);
    for (const Entry* entry : with_errands_)
        for (const Errand& errand : entry->errands) {
            if (errand.stored) continue;
            changes.records.push_back(&errand.record);
            changes.outbox.push_back({errand.record.seq, errand.request});
        }
    changes.outbox_done = outbox_done_;
    changes.outcomes = outcomes_;
    changes.next_seq = next_seq_;
    return changes;
}

void Fleet::committed() {
    dirty_.clear();
    removed_.clear();
    finished_.clear();
    outbox_done_.clear();
    outcomes_.clear();
    for (Entry* entry : with_errands_)
        for (Errand& errand : entry->errands) errand.stored = true;
}

bool Fleet::still_right(const Entry& entry, const Errand& errand, Now now) const {
    if (!errand.request.empty()) return errand.decided_at + request_life >= now.mono;
    if (errand.decided_at + errand_life < now.mono) return false;
    // What is told belongs to the act behind it, and to whoever that is about.
    if (!errand.act) return entry.errands.size() > 1 && still_right(entry, entry.errands[1], now);
    for (const Verdict& verdict : judge(entry.desk, now, policy_for(entry.desk, now)))
        if (verdict.act == errand.act && verdict.due && *verdict.due <= now.mono &&
            (verdict.ref.empty() || rules::same(verdict.ref, errand.ref)))
            return true;
    return false;
}

void Fleet::send_next(Entry& entry, std::vector<Call>& calls, Now now) {
    while (!entry.errands.empty() && sending_ < most_sending) {
        Errand& errand = entry.errands.front();
        if (errand.under_way || !errand.stored) return;
        if (!still_right(entry, errand, now)) {
            const Error stale{ErrorKind::Transient, "it could not be sent in time"};
            finish(entry, "dropped: no longer right when it could be sent", "", &stale, now);
            continue;
        }
        errand.under_way = true;
        ++sending_;
        calls.emplace_back(call::Send{errand.record.seq, entry.desk.id, errand.record.command});
        return;
    }
}

void Fleet::take_calls(std::vector<Call>& calls, Now now) {
    // send_next() may change the set.
    const std::vector<Entry*> waiting{with_errands_.begin(), with_errands_.end()};
    for (Entry* entry : waiting) send_next(*entry, calls, now);
    while (!asks_.empty() && asking_ < most_asking) {
        Entry& entry = *asks_.front();
        asks_.pop_front();
        entry.ask_queued = false;
        entry.asking = 2;
        ++asking_;
        calls.emplace_back(call::AskStatus{entry.desk.id});
        calls.emplace_back(call::AskBookings{entry.desk.id});
    }
}

void Fleet::finish(Entry& entry, std::string result, const std::string& tracking_id, const Error* error, Now now) {
    Errand errand = std::move(entry.errands.front());
    entry.errands.pop_front();
    if (entry.errands.empty()) with_errands_.erase(&entry);
    if (errand.under_way) --sending_;
    errand.record.result = std::move(result);
    errand.record.tracking_id = tracking_id;
    if (!errand.request.empty())
        outcomes_.push_back(
            {errand.request, outcome_of(error, errand.under_way), error ? error->message : "", errand.record.seq});
    outbox_done_.push_back(errand.record.seq);
    news_.push_back({errand.record, entry.desk.display_name});
    finished_.push_back(errand.record);
    if (errand.act) {
        std::optional<ErrorKind> failure;
        std::optional<Millis> retry_after;
        if (error) failure = error->kind;
        if (error && error->retry_after) retry_after = Millis{*error->retry_after};
        step(entry, input::Answered{errand.record.seq, failure, retry_after}, now);
    }
}

void Fleet::ask_answered(Entry& entry, const Call& call, Result<Reply>&& reply, MonoTime started, Now now,
                         bool about_us) {
    if (entry.asking == 0) return;  // asked before the desk went away and came back
    if (--entry.asking == 0) --asking_;
    if (reply.ok() && std::holds_alternative<call::AskBookings>(call) && std::get<BookingList>(*reply).skipped > 0) {
        // One that cannot be read may be the one that matters.
        reply = Error{ErrorKind::Corrupt, "a booking of the list cannot be read"};
    }
    if (!reply.ok()) {
        if (about_us) {
            if (entry.asking == 0) step(entry, input::Woken{}, now);
            return;
        }
        const Error& error = reply.error();
        std::optional<Millis> retry_after;
        if (error.retry_after) retry_after = Millis{*error.retry_after};
        const bool unreachable = error.kind == ErrorKind::Transient && error.http_status >= 400;
        step(entry, input::AskFailed{error.kind, retry_after, unreachable}, now);
    } else if (std::holds_alternative<call::AskStatus>(call)) {
        step(entry, input::StatusAnswered{std::get<StatusReport>(*reply), started}, now);
    } else {
        step(entry, input::BookingsAnswered{std::move(std::get<BookingList>(*reply).bookings), started}, now);
    }
}

void Fleet::send_answered(Entry& entry, Result<Reply>&& reply, Now now, bool about_us) {
    if (reply.ok()) {
        ++sent_;
        finish(entry, std::string{result_done}, std::get<CommandDone>(*reply).tracking_id, nullptr, now);
        return;
    }
    const Error error = reply.error();
    if (about_us) {
        entry.errands.front().under_way = false;
        --sending_;
        return;
    }
    ++sent_;
    ++failed_;
    finish(entry, "failed: " + error.message, error.tracking_id, &error, now);
}

void Fleet::answered(const Call& call, Result<Reply>&& reply, MonoTime started, Now now, bool about_us) {
    if (const auto* send = std::get_if<call::Send>(&call)) {
        Entry* const entry = find(send->device);
        if (entry && !entry->errands.empty() && entry->errands.front().record.seq == send->seq)
            send_answered(*entry, std::move(reply), now, about_us);
        return;
    }
    const auto* status = std::get_if<call::AskStatus>(&call);
    const auto* bookings = std::get_if<call::AskBookings>(&call);
    if (!status && !bookings) return;
    if (Entry* entry = find(status ? status->device : bookings->device))
        ask_answered(*entry, call, std::move(reply), started, now, about_us);
}

std::optional<MonoTime> Fleet::wake_at() const {
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->first;
}

FleetCounts Fleet::counts(WallTime now) const {
    FleetCounts counts;
    for (const auto& [id, entry] : desks_) {
        ++counts.total;
        if (entry->desk.personalized.value == true) ++counts.signed_in;
        if (current_booking(entry->desk, now)) ++counts.booked;
        counts.pending += entry->errands.size();
    }
    return counts;
}

std::string Fleet::name_of_desk(const Call& call) const {
    const auto name = [&](const DeviceId& device) {
        const auto at = desks_.find(device);
        return at == desks_.end() ? device.value : at->second->desk.display_name;
    };
    if (const auto* status = std::get_if<call::AskStatus>(&call)) return name(status->device);
    if (const auto* bookings = std::get_if<call::AskBookings>(&call)) return name(bookings->device);
    if (const auto* send = std::get_if<call::Send>(&call)) return name(send->device);
    return "";
}

std::vector<News> Fleet::take_news() { return std::exchange(news_, {}); }

}  // namespace hotdesk
