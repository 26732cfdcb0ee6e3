#pragma once
// All desks: their states, their timers, what is being asked of them and what is being sent to them.
//
// What a desk's rules decide is held back until the caller has stored it (pending(), committed()); then take_calls()
// hands out the commands, one at a time a desk and in the order of their decisions. Desks with nothing due cost
// nothing.

#include <hotdesk/cloud.hpp>
#include <hotdesk/policy.hpp>
#include <hotdesk/reconcile.hpp>
#include <hotdesk/record.hpp>
#include <hotdesk/result.hpp>

#include "core/session.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace hotdesk {

/// What must be stored together. Borrows from the fleet until committed().
struct FleetChanges {
    std::vector<const DeskState*> desks;
    std::vector<DeviceId> removed;
    std::vector<const Record*> records;    ///< new or with a new result
    std::vector<OutboxEntry> outbox;       ///< decided, to be sent
    std::vector<Seq> outbox_done;          ///< answered or given up
    std::vector<RequestOutcome> outcomes;  ///< for the command line
    Seq next_seq = 0;

    [[nodiscard]] bool empty() const {
        return desks.empty() && removed.empty() && records.empty() && outbox.empty() && outbox_done.empty() &&
               outcomes.empty();
    }
};

/// A decision that has its result, and the display name of its desk.
struct News {
    Record record;
    std::string desk;
};

struct FleetCounts {
    std::size_t total = 0, signed_in = 0, booked = 0, pending = 0;
};

class Fleet {
public:
    Fleet(PolicyBook policy, Seq next_seq);

    // --- at start ---
    void load(DeskState desk, Now now);
    /// A command that was committed and never answered. A rule's command is given up: whether it is still right is for
    /// the rule to say, after the desk was asked. An administrator's is sent again if it is recent.
    void load_unanswered(const OutboxEntry& entry, Record record, Now now);

    // --- what is heard ---
    void set_policy(PolicyBook policy, Now now);
    /// False: no desk of that name is known.
    bool hear(const DeviceId& device, const Input& heard, Now now);
    void take_inventory(const Inventory& inventory, Now now);
    /// Every desk must be asked again.
    void doubt_all(Now now);
    /// Looks at the desks whose time has come.
    void wake(Now now);
    void order(const SignOutRequest& request, Now now);

    // --- what follows ---
    FleetChanges pending() const;
    void committed();
    void take_calls(std::vector<Call>& calls, Now now);
    /// One of take_calls()'s calls was answered. `about_us`: its error is no fault of the desk (a token that ran out, a
    /// pause that was asked for); the same goes out again, if still right, when calls go out again.
    void answered(const Call& call, Result<Reply>&& reply, MonoTime started, Now now, bool about_us);
    std::optional<MonoTime> wake_at() const;

    FleetCounts counts(WallTime now) const;
    /// The display name of the desk that a call is about, for people.
    std::string name_of_desk(const Call& call) const;
    bool knows_as_no_hot_desk(const DeviceId& device) const { return not_ours_.count(device) > 0; }
    /// Records that got their result since the last call, for the log.
    std::vector<News> take_news();
    const PolicyBook& policy() const { return policy_; }
    std::uint64_t sent() const { return sent_; }
    std::uint64_t failed() const { return failed_; }

private:
    /// A decision on its way: from being decided to being answered.
    struct Errand {
        Record record;
        std::string request;  ///< the command line's request behind it
        std::optional<Act> act;
        BookingRef ref;
        MonoTime decided_at{};
        bool under_way = false;
        bool stored = false;  ///< committed at least once
    };
    struct Entry {
        Desk desk;
        std::optional<MonoTime> wake;
        bool ask_queued = false;
        int asking = 0;  ///< questions without an answer
        std::deque<Errand> errands;
    };

    Entry* find(const DeviceId& device);
    const Policy& policy_for(const Desk& desk, Now now) const;
    void step(Entry& entry, const Input& heard, Now now);
    void act_on(Entry& entry, Step step, Now now);
    void add_errand(Entry& entry, Decision decision, const Policy& policy, const std::string& request, Now now);
    void set_wake(Entry& entry, std::optional<MonoTime> at);
    void queue_ask(Entry& entry);
    void send_answered(Entry& entry, Result<Reply>&& reply, Now now, bool about_us);
    void finish(Entry& entry, std::string result, const std::string& tracking_id, const Error* error, Now now);
    bool still_right(const Entry& entry, const Errand& errand, Now now) const;
    void send_next(Entry& entry, std::vector<Call>& calls, Now now);
    void ask_answered(Entry& entry, const Call& call, Result<Reply>&& reply, MonoTime started, Now now, bool about_us);
    void drop(Entry& entry, const std::string& why);
    void upsert(const DeviceInfo& device, const WorkspaceInfo& workspace, Now now);

    PolicyBook policy_;
    Seq next_seq_;
    std::unordered_map<DeviceId, std::unique_ptr<Entry>> desks_;
    std::unordered_set<DeviceId> not_ours_;
    std::set<std::pair<MonoTime, Entry*>> timers_;
    std::deque<Entry*> asks_;  ///< desks to ask; those with somebody in a hurry in front
    std::size_t asking_ = 0, sending_ = 0;
    std::unordered_set<Entry*> with_errands_;  ///< committed errands may be waiting here

    // Not stored yet.
    std::unordered_set<Entry*> dirty_;
    std::vector<DeviceId> removed_;
    std::vector<Record> finished_;  ///< with their results
    std::vector<Seq> outbox_done_;
    std::vector<RequestOutcome> outcomes_;
    std::vector<News> news_;
    std::uint64_t sent_ = 0, failed_ = 0;
};

}  // namespace hotdesk
