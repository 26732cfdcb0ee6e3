#pragma once
// All desks: their states, their timers, what is being asked of them and what is being sent to them.
//
// What a desk's rules decide is held back until the caller has stored it (pending(), committed()); then take_calls()
// hands out the commands, one at a time a desk and in the order of their decisions. Desks with nothing due cost
// nothing.

#include <hotdesk/cloud.hpp>
#include <hotdesk/grants.hpp>
#include <hotdesk/policy.hpp>
#include <hotdesk/reconcile.hpp>
#include <hotdesk/record.hpp>
#include <hotdesk/result.hpp>

#include "core/session.hpp"

#include <deque>
#include <map>
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

/// What becomes of stored graces when a desk is loaded.
enum class Clocks {
    StartAgain,  ///< for the worker: late is better than wrong
    GoOn,        ///< for who only looks: by the wall time at which they began
};

class Fleet {
public:
    Fleet(PolicyBook policy, Seq next_seq);

    // --- at start ---
    void load(DeskState desk, Now now, Clocks clocks = Clocks::StartAgain);
    /// A command that was committed and never answered. A rule's command is given up: whether it is still right is for
    /// the rule to say, after the desk was asked. An administrator's waits for their request to be looked at again.
    void load_unanswered(const OutboxEntry& entry, Record record, Now now);
    /// Bookings that were there before hotdeskd are judged like new ones.
    void judge_existing();
    /// Webex may be asked who is signed in, and desks for presence: both are granted.
    void set_may_ask_who(bool granted) { may_ask_who_ = granted; }
    void set_may_ask_presence(bool granted) { may_ask_presence_ = granted; }

    // --- what is heard ---
    void set_policy(PolicyBook policy, Now now);
    /// What Webex has granted from now on. Rules that rested wake; nothing that was not granted goes out any more.
    void set_grants(Grants grants, Now now);
    /// False: no desk of that name is known.
    bool hear(const DeviceId& device, const Input& heard, Now now);
    void take_inventory(const Inventory& inventory, Now now);
    /// The wall clock was wrong until now: what was noted by it is put right.
    void clock_corrected(Now now);
    /// Every desk must be asked again.
    void doubt_all(Now now);
    /// What desks say may be missing from now on, or arrives again. Who is signed in may be somebody else by then, and
    /// who came may have gone unseen.
    void set_deaf(bool deaf, Now now);
    /// Looks at the desks and the orders whose time has come.
    void wake(Now now);
    /// An administrator's wish, from the command line. The same one may be handed over again and again.
    void order(const Request& request, Now now);
    /// The outcome of a request that is about no desk.
    void conclude(RequestOutcome outcome) { outcomes_.push_back(std::move(outcome)); }

    // --- what follows ---
    FleetChanges pending() const;
    void committed();
    /// Without `commands` only questions: what is to be done waits.
    void take_calls(std::vector<Call>& calls, Now now, bool commands = true);
    /// One of take_calls()'s calls was answered. `about_us`: its error is no fault of the desk (a token that ran out, a
    /// pause that was asked for); the same goes out again, if still right, when calls go out again.
    void answered(const Call& call, Result<Reply>&& reply, MonoTime started, Now now, bool about_us);
    std::optional<MonoTime> wake_at() const;

    FleetCounts counts(WallTime now) const;
    /// What every rule says about a desk now. Empty: no such desk.
    std::vector<Verdict> explain(const DeviceId& device, Now now) const;
    /// The display name of the desk that a call is about, for people.
    std::string name_of_desk(const Call& call) const;
    bool knows_as_no_hot_desk(const DeviceId& device) const { return not_ours_.count(device) > 0; }
    /// Records that got their result since the last call, for the log.
    std::vector<News> take_news();
    const PolicyBook& policy() const { return policy_; }
    std::uint64_t sent() const { return sent_; }
    std::uint64_t failed() const { return failed_; }
    /// Webex refused to say who is signed in, although the scopes seemed to be granted.
    bool who_refused() const { return who_refused_; }
    /// The refusal was perhaps somebody's on the way: appUrl says that the scopes are granted.
    void ask_who_again(Now now);

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
        std::uint64_t number = 0;  ///< in the order in which they were found: who goes first at the same moment
        Desk desk;
        std::optional<MonoTime> wake;
        bool ask_queued = false;
        int asking = 0;                              ///< questions without an answer
        std::optional<input::AskFailed> ask_failed;  ///< one of the questions under way: they fail together, once
        std::deque<Errand> errands;
        std::vector<std::string> organizers;  ///< of its bookings, in lower case, sorted: where organizers_ has it
        // Asking Webex who is signed in.
        bool asking_who = false;
        std::optional<MonoTime> who_started;  ///< when the first of the two questions went out
        PersonId who;                         ///< what it answered: the second question
    };
    /// An administrator's booking, edit or deletion: from the request to its confirmation.
    struct Order {
        Request request;
        Slot wanted;
        DeviceId device;
        Record record;                    ///< once it was sent
        MonoTime given_up_at{};           ///< no confirmation by then: the outcome is not known
        std::optional<MonoTime> sent_at;  ///< answered, well or not; empty: on its way
        MonoTime look_at{};               ///< ask the desk then
        MonoTime send_not_before{};       ///< Retry-After
        int looks = 0, sends = 0;
        std::optional<std::string> failed;  ///< why the desk could not do it
        bool maybe_lost = false;            ///< no answer came: it is sent again where the desk has not heard of it
        bool may_be_done = false;           ///< it was answered well once, or may have arrived
        std::string not_done;               ///< why not, while it may not
    };
    struct ByNumber {
        bool operator()(const Entry* a, const Entry* b) const { return a->number < b->number; }
    };
    struct Timer {
        MonoTime at;
        std::uint64_t number;
        Entry* entry;
        bool operator<(const Timer& o) const { return at != o.at ? at < o.at : number < o.number; }
    };
    class Around;

    // fleet.cpp
    Entry* find(const DeviceId& device);
    void step(Entry& entry, const Input& heard, Now now);
    void act_on(Entry& entry, Step step, Now now);
    void back_at_another(const Entry& entry);
    void look_beside(const DeviceId& device, const WorkspaceId& workspace, Now now);
    void reopen_later(Entry& entry, const std::vector<BookingRef>& lawful, Now now);
    void add_errand(Entry& entry, Decision decision, const std::string& request, Mode mode, Now now);
    void set_wake(Entry& entry, std::optional<MonoTime> at);
    void queue_ask(Entry& entry);
    void drop(Entry& entry, const std::string& why);
    void upsert(const DeviceInfo& device, const WorkspaceInfo& workspace, Now now);
    void index(Entry& entry);
    void unindex(Entry& entry);

    // fleet_calls.cpp
    void send_answered(Entry& entry, Result<Reply>&& reply, Now now, bool about_us);
    void finish(Entry& entry, std::string result, const std::string& tracking_id, const Error* error, Now now);
    bool still_right(const Entry& entry, const Errand& errand, Now now) const;
    void send_next(Entry& entry, std::vector<Call>& calls, Now now);
    void ask_answered(Entry& entry, const Call& call, Result<Reply>&& reply, MonoTime started, Now now, bool about_us);
    void queue_who(Entry& entry, Now now);
    bool who_is_held(Entry& entry, Now now);
    void who_answered(Entry& entry, const Call& call, Result<Reply>&& reply, Now now, bool about_us);
    [[nodiscard]] bool somebody_beside(const Entry& entry) const;
    void who_failed(Entry& entry, const Error& error, bool for_all, Now now);
    void who_is(Entry& entry, std::optional<Person> who, Now now);

    // fleet_orders.cpp
    void order_sign_out(Entry& entry, const Request& request, Now now);
    void order_booking(Entry& entry, const Request& request, Now now);
    void permit(const Permit& wish, const Entry& at);
    bool is_fulfilled(const Entry& entry, Order& order, Now now) const;
    void order_sent(Errand&& errand, const Error* error, Now now);
    void send_order(Entry& entry, Order& order, Now now);
    void confirm_orders(Entry& entry, Now now);
    void hear_of_orders(Entry& entry, const Input& heard);
    void forget_orphans();
    void look_at_orders(Now now);
    void conclude(const std::string& key, const std::string& outcome, const std::string& cause);
    void refuse(const Request& request, const std::string& cause, Seq seq = 0);

    PolicyBook policy_;
    Grants grants_;
    Seq next_seq_;
    bool may_ask_who_ = false, may_ask_presence_ = false, who_refused_ = false, judge_existing_ = false;
    bool deaf_ = false;             ///< what desks say may be missing just now
    bool looks_elsewhere_ = false;  ///< a rule looks at all desks
    std::unordered_map<DeviceId, std::unique_ptr<Entry>> desks_;
    std::unordered_set<DeviceId> not_ours_;
    std::unordered_map<WorkspaceId, std::vector<Entry*>> workspaces_;
    std::unordered_map<std::string, std::vector<Entry*>> organizers_;  ///< only where a rule looks at all desks
    std::uint64_t next_number_ = 0;
    std::set<Timer> timers_;
    std::deque<Entry*> asks_;  ///< desks to ask; those with somebody in a hurry in front
    std::size_t asking_ = 0, sending_ = 0;
    std::deque<Entry*> who_asks_;
    std::size_t asking_who_ = 0;
    MonoTime who_not_before_ = MonoTime::min();                         ///< Retry-After: nobody is asked about sooner
    std::unordered_map<PersonId, std::pair<Person, MonoTime>> people_;  ///< and when they were asked for
    std::set<Entry*, ByNumber> with_errands_;                           ///< committed errands may be waiting here
    std::map<std::string, Order> orders_;                               ///< by the request's key
    std::map<std::string, Record> orphans_;  ///< of an earlier process: sent, perhaps, for the request of this key
    std::optional<MonoTime> orphans_until_;

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
