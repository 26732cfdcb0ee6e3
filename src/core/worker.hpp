#pragma once
// The worker without its hands: session and fleet together. Values in, values out; no clock, no chance, no bytes.
//
// One turn, driven by the loop:
//   answered(), order(), tick()   what happened since the last turn
//   pending() ... committed()     what must be stored, and that it is
//   take_calls()                  what goes out now; commands only after their decision was committed
//   wake_at()                     when the next turn is due if nothing happens

#include <hotdesk/cloud.hpp>
#include <hotdesk/policy.hpp>
#include <hotdesk/ports.hpp>
#include <hotdesk/record.hpp>

#include "core/fleet.hpp"
#include "core/session.hpp"

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace hotdesk {

/// A line for the log; fields are name and value.
struct Line {
    Level level = Level::Info;
    std::string text;
    std::vector<std::pair<std::string, std::string>> fields;
};

struct WorkerChanges {
    FleetChanges fleet;
    const Activation* activation = nullptr;  ///< null: as stored
    const Health* health = nullptr;          ///< null: as stored

    [[nodiscard]] bool empty() const { return fleet.empty() && !activation && !health; }
};

class Worker {
public:
    /// `health` is the stored one: its counters go on.
    Worker(Activation activation, PolicyBook policy, Health health, Seq next_seq, Now now);

    /// For loading, before the first turn.
    Fleet& fleet() { return fleet_; }
    const Fleet& fleet() const { return fleet_; }

    void answered(const Call& call, Result<Reply>&& reply, MonoTime started, Now now, double chance);
    void order(const Request& request, Now now);
    /// Management actions that came through the queue, to be verified: whoever can do so says approved() or
    /// deprovisioned(), or passed_over() where they are refused or ask for nothing.
    std::vector<Secret> take_actions() { return std::exchange(actions_, {}); }
    void approved(Now now);
    void deprovisioned();
    void passed_over(const std::string& why);
    /// This machine's wall clock was set by so much; `offset`: what is added to it for Webex's time from now on. The
    /// machine may have slept: messages may be missing.
    void clock_set(Millis by, Millis offset, Now now);
    /// The wall clock of later calls is another one: this machine's was found to be wrong by `offset`. What was noted
    /// by the clock of before is put right.
    void clock_corrected(Millis offset, Now now);
    /// One answer says that the wall clock is wrong, or the next one that it is not. In doubt no command goes out, for
    /// 10 s at most: bookings are judged by that clock.
    void doubt_clock(bool doubted, Now now);
    void set_policy(PolicyBook policy, Now now);
    void tick(Now now);

    WorkerChanges pending() const;
    void committed();
    /// Nothing was stored; the same is pending again. Said once until it works.
    void commit_failed(const Error& error, Now now);

    /// Questions to desks and commands that are stored already: they need not wait for the next commit.
    std::vector<Call> take_desk_calls(Now now);
    /// Everything that may go out, once what was pending is stored.
    std::vector<Call> take_calls(Now now);
    std::optional<MonoTime> wake_at(Now now) const;

    /// A poll is out or was answered: the worker does its job.
    bool ready() const { return session_.polled_once(); }
    /// The integration was removed on the Webex side: stop and do not come back.
    bool removed() const { return removed_; }
    const Activation& activation() const { return session_.activation(); }
    const Health& health() const { return health_; }
    std::vector<Line> take_lines();
    /// One sentence on how it goes, for `systemctl status`.
    std::string sentence(Now now) const;

private:
    void take_batch(MessageBatch&& batch, Now now);
    /// What Webex lets hotdeskd ask for.
    void look_at_grants(Now now);
    void say_missing();
    void note_deafness(Now now);
    void goes_by(Millis offset, Now now);
    bool in_doubt(Now now) const { return in_doubt_until_ && now.mono < *in_doubt_until_; }
    void look_at_renewals(const Call& call, const Error* error, MonoTime started);
    void note_once(const std::string& note, Level level);
    void trouble(const std::string& what, const std::string& tracking_id, Now now);
    void update_health(Now now);
    void say(Level level, std::string text, std::vector<std::pair<std::string, std::string>> fields = {});
    void say_news();

    Session session_;
    Fleet fleet_;
    Health health_;
    bool health_dirty_ = false;
    bool removed_ = false;
    bool wants_who_ = false;  ///< verify_identity is `on` somewhere
    bool commit_failing_ = false;
    bool deaf_ = false;  ///< as the fleet was told
    std::optional<MonoTime> commit_again_at_;
    std::optional<MonoTime> in_doubt_until_;    ///< whether the wall clock is right
    std::map<std::string, GrantKind> missing_;  ///< paths that were not granted, as far as it was said
    std::unordered_set<std::string> noted_;
    std::unordered_map<std::string, MonoTime> troubles_;  ///< when each was last said
    std::vector<Line> lines_;
    std::vector<Secret> actions_;
    std::vector<std::string> renewals_;  ///< keys of requests that wait for a new token
    Tokens tokens_said_ = Tokens::Unknown;
    std::uint64_t sent_before_ = 0, failed_before_ = 0;  ///< of earlier runs
};

}  // namespace hotdesk
