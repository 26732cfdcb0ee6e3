#include "core/fleet.hpp"

#include "core/around.hpp"
#include "core/observe.hpp"
#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

/// Requests of the command line are looked at again within this after a start; who asked has gone by then.
constexpr Millis request_memory = 1h, orphan_life = 1min;

bool is_urgent(const Desk& desk) {
    return desk.sign_in.has_value() || desk.left.has_value() || !desk.attempts.empty() ||
           std::any_of(desk.bookings.begin(), desk.bookings.end(),
                       [](const KnownBooking& known) { return known.objection.has_value(); });
}

/// Rules that count an organizer's bookings over all desks.
bool is_about_others(Rule rule) { return rule == Rule::OneDeskAtATime || rule == Rule::MaxBookingsPerDay; }
bool looks_elsewhere(const Policy& policy) { return policy.one_desk_at_a_time || policy.max_bookings_per_day > 0; }

}  // namespace

Fleet::Fleet(PolicyBook policy, Seq next_seq)
    : policy_(std::move(policy)), next_seq_(next_seq), looks_elsewhere_(policy_.any(looks_elsewhere)) {}

Fleet::Entry* Fleet::find(const DeviceId& device) {
    const auto at = desks_.find(device);
    return at == desks_.end() ? nullptr : at->second.get();
}

// --- at start --------------------------------------------------------------------------------------------------------

void Fleet::load(DeskState state, Now now, Clocks clocks) {
    auto entry = std::make_unique<Entry>();
    entry->number = next_number_++;
    static_cast<DeskState&>(entry->desk) = std::move(state);
    Desk& desk = entry->desk;
    const bool again = clocks == Clocks::StartAgain;
    // Monotonic time does not outlive the process. Graces start again: late is better than wrong.
    const auto restart = [&](Since& since) { since.mono = again ? now.mono : now.mono - (now.wall - since.wall); };
    const auto restart_if = [&](std::optional<Since>& since) {
        if (since) restart(*since);
    };
    desk.personalized.held_from = desk.personalized.as_of;
    desk.personalized.pushed_at = desk.active_calls.pushed_at = desk.presence.pushed_at = MonoTime::min();
    if (desk.sign_in) {
        restart(desk.sign_in->since);
        desk.sign_in->seen_at = now.mono;
        if (again) {
            // It may be somebody else by now, and for how long is not known.
            desk.sign_in->watched = desk.sign_in->let_stay = false;
            desk.sign_in->said_at.reset();
            desk.sign_in->who.reset();
            desk.sign_in->covered_from = now.wall;
        }
        desk.sign_in->who_asked_at.reset();
        desk.sign_in->who_not_before = MonoTime::min();
        restart_if(desk.sign_in->lapsed);
        restart_if(desk.sign_in->call_ended);
    }
    if (desk.left) restart(desk.left->since);
    // What was asked for at the desk is not waited for anew: the desk is asked, and tells whether it came.
    for (auto& request : desk.requested)
        request.since.mono = now.mono - std::max<Millis>(now.wall - request.since.wall, 0ms);
    for (auto& permit : desk.permits) restart(permit.since);
    for (auto& known : desk.bookings) {
        known.learned_at = MonoTime::min();
        // Of a version that judged no bookings: it was there before.
        if (known.made_at == WallTime{} && !known.admitted)
            known.admitted = Admitted{slot_of(known.booking), known.booking.organizer_email, true};
        if (known.objection) restart(known.objection->since);
        if (known.left_alone) restart(known.left_alone->since);
        restart_if(known.chance);
    }
    for (auto& deleted : desk.deleted) deleted.learned_at = now.mono;
    // Whether a message that was under way was shown is not known: it is shown again, if it is still right.
    std::erase_if(desk.attempts, [&](const Attempt& attempt) {
        return again && attempt.pending && (attempt.act == Act::WarnNoShow || attempt.act == Act::WarnEnd);
    });
    for (auto& attempt : desk.attempts) attempt.pending.reset(), attempt.not_before = attempt.answered_at = now.mono;
    desk.watched_since = again ? now.mono : MonoTime::min();
    Entry& placed = *entry;
    desks_[desk.id] = std::move(entry);
    workspaces_[desk.workspace].push_back(&placed);
    index(placed);
    if (again) act_on(placed, decide(desk, now, Around(*this, desk)), now);
}

void Fleet::load_unanswered(const OutboxEntry& entry, Record record, Now now) {
    if (find(record.device) && !entry.request.empty() && now.wall - record.time < request_memory) {
        orphans_.emplace(entry.request, std::move(record));
        orphans_until_ = now.mono + orphan_life;
        return;
    }
    record.result = "dropped: hotdeskd stopped before the answer came; the desk is asked again";
    if (!entry.request.empty())
        outcomes_.push_back({entry.request, "unknown", "hotdeskd stopped before the answer came", record.seq, {}});
    outbox_done_.push_back(record.seq);
    finished_.push_back(std::move(record));
}

void Fleet::judge_existing() {
    judge_existing_ = true;
    for (auto& [id, entry] : desks_) {
        entry->desk.judge_existing = true;
        for (auto& known : entry->desk.bookings)
            if (known.admitted && known.admitted->exempt) known.admitted.reset();
    }
}

// --- what is heard ---------------------------------------------------------------------------------------------------

void Fleet::step(Entry& entry, const Input& heard, Now now) {
    const DeskState before = entry.desk;
    observe(entry.desk, heard, now);
    if (looks_elsewhere_ && before.bookings != entry.desk.bookings) index(entry);
    if (!before.sign_in && entry.desk.sign_in) back_at_another(entry);
    const Around around(*this, entry.desk);
    const auto lawful = admit(entry.desk, now, around);
    act_on(entry, decide(entry.desk, now, around), now);
    if (!(before == entry.desk)) dirty_.insert(&entry);
    if (!orders_.empty()) confirm_orders(entry, now);
    if (looks_elsewhere_) reopen_later(entry, lawful, now);
    const bool shares = workspaces_[entry.desk.workspace].size() > 1;
    if (shares && (before.sign_in.has_value() != entry.desk.sign_in.has_value() || before.online != entry.desk.online ||
                   before.bookings != entry.desk.bookings))
        look_beside(entry.desk.id, entry.desk.workspace, now);
}

/// Messages may come in any order. Bookings that the same organizer made later than those that have just been found
/// lawful are held against them. What was moved against a rule and is being put back is not: it is, when it is back.
void Fleet::reopen_later(Entry& entry, const std::vector<BookingRef>& lawful, Now now) {
    for (const BookingRef& ref : lawful) {
        const KnownBooking* const known = rules::find(entry.desk, ref);
        if (!known || known->booking.organizer_email.empty()) continue;
        const WallTime changed = rules::changed_at(*known);
        const std::string organizer = lower_case(known->booking.organizer_email);
        // A copy: looking at another desk may change the index.
        for (Entry* const other : std::vector<Entry*>(organizers_.at(organizer))) {
            bool reopened = false;
            for (auto& later : other->desk.bookings) {
                const bool theirs = same_address(later.booking.organizer_email, organizer);
                if (!theirs || !later.admitted || later.admitted->exempt || later.booking.end <= now.wall ||
                    later.admitted->slot != slot_of(later.booking) || rules::changed_at(later) <= changed)
                    continue;
                // Every other rule has had its say, perhaps under the policy of then.
                const auto breach = breach_of(other->desk, later, now, Around(*this, other->desk));
                if (!breach || !is_about_others(breach->rule)) continue;
                later.admitted.reset();
                reopened = true;
            }
            if (reopened) step(*other, input::Woken{}, now);
        }
    }
}

void Fleet::act_on(Entry& entry, Step step, Now now) {
    if (!step.decisions.empty()) {
        for (Decision& decision : step.decisions) add_errand(entry, std::move(decision), "", policy_.mode(), now);
        // What was just decided has a time of its own for the next look.
        step.wake_at = decide(entry.desk, now, Around(*this, entry.desk)).wake_at;
    }
    if (step.ask) queue_ask(entry);
    set_wake(entry, step.wake_at);
    if (step.ask_who) queue_who(entry, now);
}

void Fleet::add_errand(Entry& entry, Decision decision, const std::string& request, Mode mode, Now now) {
    const Seq seq = next_seq_++;
    noted(entry.desk, decision, seq, mode, now);
    dirty_.insert(&entry);
    const bool nothing_to_send = decision.command.name.empty();
    const auto result = mode == Mode::Observe ? result_observed : nothing_to_send ? result_done : result_pending;
    Record record{seq,
                  now.wall,
                  entry.desk.id,
                  std::string{name_of(decision.rule)},
                  std::move(decision.decision),
                  std::move(decision.reason),
                  std::move(decision.command),
                  std::string{result},
                  ""};
    if (result != result_pending) {
        news_.push_back({record, entry.desk.display_name});
        finished_.push_back(std::move(record));
        return;
    }
    entry.errands.push_back({std::move(record), request, decision.act, decision.ref, now.mono, false, false});
    with_errands_.insert(&entry);
}

void Fleet::set_wake(Entry& entry, std::optional<MonoTime> at) {
    if (entry.wake == at) return;
    if (entry.wake) timers_.erase({*entry.wake, entry.number, &entry});
    entry.wake = at;
    if (at) timers_.insert({*at, entry.number, &entry});
}

void Fleet::queue_ask(Entry& entry) {
    if (entry.ask_queued || entry.asking > 0 || !grants_.may_ask()) return;
    entry.ask_queued = true;
    if (is_urgent(entry.desk))
        asks_.push_front(&entry);
    else
        asks_.push_back(&entry);
}

void Fleet::set_policy(PolicyBook policy, Now now) {
    policy_ = std::move(policy);
    looks_elsewhere_ = policy_.any(looks_elsewhere);
    for (auto& [id, entry] : desks_) index(*entry);
    for (auto& [id, entry] : desks_) step(*entry, input::Woken{}, now);
}

void Fleet::set_grants(Grants grants, Now now) {
    if (grants == grants_) return;
    const bool tells_more =
        grants.may_ask() && (!grants_.may_ask() || (grants.may_ask_calls() && !grants_.may_ask_calls()));
    grants_ = std::move(grants);
    who_refused_ = false;  // by what was granted before
    if (!grants_.may_ask())
        for (Entry* const entry : std::exchange(asks_, {})) entry->ask_queued = false;
    for (auto& [id, entry] : desks_) {
        // What is being asked just now lacks what is granted.
        if (tells_more) observing::ask_again(entry->desk, now);
        step(*entry, input::Woken{}, now);
    }
}

bool Fleet::hear(const DeviceId& device, const Input& heard, Now now) {
    Entry* const entry = find(device);
    if (!entry) return false;
    if (!orders_.empty()) hear_of_orders(*entry, heard);
    step(*entry, heard, now);
    return true;
}

void Fleet::clock_corrected(Now now) {
    for (auto& [id, entry] : desks_) {
        for (auto& known : entry->desk.bookings) {
            if (!known.found_at) continue;
            known.made_at = now.wall - (now.mono - *known.found_at);
            dirty_.insert(entry.get());
        }
        if (entry->desk.stranger_left > now.wall) entry->desk.stranger_left.reset();
    }
}

void Fleet::doubt_all(Now now) {
    for (auto& [id, entry] : desks_) step(*entry, input::Doubted{}, now);
}

void Fleet::set_deaf(bool deaf, Now now) {
    deaf_ = deaf;
    for (auto& [id, entry] : desks_) {
        entry->desk.watched_since = deaf ? MonoTime::max() : now.mono;
        if (entry->desk.sign_in)
            step(*entry, input::Doubted{false}, now);
        else if (!deaf)
            step(*entry, input::Woken{}, now);
    }
}

void Fleet::wake(Now now) {
    while (!timers_.empty() && timers_.begin()->at <= now.mono) {
        Entry& entry = *timers_.begin()->entry;
        set_wake(entry, std::nullopt);
        step(entry, input::Woken{}, now);
        // A rule that wants to be woken at once again would spin here: it waits for the next turn.
        if (entry.wake && *entry.wake <= now.mono) set_wake(entry, now.mono + 1ms);
    }
    if (!orders_.empty()) look_at_orders(now);
    if (orphans_until_ && now.mono >= *orphans_until_) {
        orphans_until_.reset();
        forget_orphans();
    }
}

// --- inventory -------------------------------------------------------------------------------------------------------

void Fleet::upsert(const DeviceInfo& device, const WorkspaceInfo& workspace, Now now) {
    Entry* entry = find(device.id);
    const bool is_new = entry == nullptr;
    if (is_new) {
        entry = desks_.emplace(device.id, std::make_unique<Entry>()).first->second.get();
        entry->number = next_number_++;
        entry->desk.judge_existing = judge_existing_;
        entry->desk.watched_since = deaf_ ? MonoTime::max() : now.mono;
    } else if (entry->desk.workspace != workspace.id) {
        std::erase(workspaces_[entry->desk.workspace], entry);
    }
    const DeskState before = entry->desk;
    Desk& desk = entry->desk;
    desk.id = device.id;
    desk.display_name = device.display_name;
    desk.workspace = workspace.id;
    desk.workspace_name = workspace.display_name;
    desk.location = device.location.empty() ? workspace.location : device.location;
    if (device.connected) desk.online = device.connected;
    if (is_new || before.workspace != workspace.id) workspaces_[workspace.id].push_back(entry);
    const bool back = !is_new && before.online == false && desk.online == true;
    if (!is_new && before.workspace != workspace.id) {
        // Another calendar: its bookings were there before, and who came to which is not known.
        desk.bookings_asked = false;
        desk.left.reset();
        dirty_.insert(entry);
        step(*entry, input::Doubted{}, now);
        look_beside(desk.id, before.workspace, now);
    } else if (back) {
        // What it said while it could not be reached went unheard.
        dirty_.insert(entry);
        step(*entry, input::Doubted{}, now);
        look_beside(desk.id, workspace.id, now);
    } else if (is_new || !(before == entry->desk)) {
        dirty_.insert(entry);
        step(*entry, input::Woken{}, now);
        if (before.online != desk.online) look_beside(desk.id, workspace.id, now);
    }
}

void Fleet::drop(Entry& entry, const std::string& why) {
    for (auto& errand : entry.errands) {
        errand.record.result = "dropped: " + why;
        if (!errand.request.empty()) outcomes_.push_back({errand.request, "refused", why, errand.record.seq, {}});
        orders_.erase(errand.request);
        outbox_done_.push_back(errand.record.seq);
        if (errand.under_way) --sending_;
        news_.push_back({errand.record, entry.desk.display_name});
        finished_.push_back(std::move(errand.record));
    }
    std::vector<std::string> waiting;
    for (const auto& [key, order] : orders_)
        if (order.device == entry.desk.id) waiting.push_back(key);
    for (const auto& key : waiting) conclude(key, "unknown", why);
    set_wake(entry, std::nullopt);
    std::erase(asks_, &entry);
    if (entry.asking > 0) --asking_;
    const bool waits = std::erase(who_asks_, &entry) > 0;
    if (entry.asking_who && !waits) --asking_who_;
    with_errands_.erase(&entry);
    dirty_.erase(&entry);
    unindex(entry);
    std::erase(workspaces_[entry.desk.workspace], &entry);
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
    std::vector<WorkspaceId> left_alone;
    for (auto at = desks_.begin(); at != desks_.end();) {
        if (seen.count(at->first) == 0) {
            drop(*at->second, "the device is no hot desk any more");
            left_alone.push_back(at->second->desk.workspace);
            at = desks_.erase(at);
        } else {
            ++at;
        }
    }
    for (const WorkspaceId& workspace : left_alone) look_beside({}, workspace, now);
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

std::optional<MonoTime> Fleet::wake_at() const {
    std::optional<MonoTime> at;
    if (!timers_.empty()) at = timers_.begin()->at;
    const auto consider = [&](MonoTime when) { at = std::min(at.value_or(MonoTime::max()), when); };
    for (const auto& [key, order] : orders_)
        if (order.sent_at) consider(std::min(order.look_at, order.given_up_at));
    if (orphans_until_) consider(*orphans_until_);
    return at;
}

FleetCounts Fleet::counts(WallTime now) const {
    FleetCounts counts;
    for (const auto& [id, entry] : desks_) {
        ++counts.total;
        if (entry->desk.personalized.value == true) ++counts.signed_in;
        if (current_booking(entry->desk, now)) ++counts.booked;
        counts.pending += entry->errands.size();
    }
    counts.pending += static_cast<std::size_t>(std::count_if(
        orders_.begin(), orders_.end(), [](const auto& order) { return order.second.sent_at.has_value(); }));
    return counts;
}

std::vector<News> Fleet::take_news() { return std::exchange(news_, {}); }

}  // namespace hotdesk
