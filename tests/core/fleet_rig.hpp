#pragma once
// The real fleet among scripted desks, with a clock that is moved by hand and a disk that outlives it.

#include "scripted_desk.hpp"

#include "core/fleet.hpp"

#include <deque>
#include <map>

namespace hotdesk::test {

class FleetRig {
public:
    explicit FleetRig(const Opening& opening);

    void begin(const PolicyBook& policy, bool judge_existing);
    void set_policy(const PolicyBook& policy);
    /// Everything is granted but these.
    void withhold(const std::vector<std::string>& names);
    /// The process ends and starts again with what was stored.
    void crash();
    /// Every desk may have said what was not heard.
    void doubt();
    void order(const Request& request);
    void hear(std::size_t desk, const Input& input);
    void pass(Millis span);
    /// Stores, sends and answers until nothing is left to do.
    void settle();

    [[nodiscard]] Now now() const { return {wall + ahead, mono}; }
    [[nodiscard]] const DeviceId& id(std::size_t desk) const { return ids_[desk]; }
    Fleet& fleet();

    std::vector<ScriptedDesk> desks;
    WallTime wall;    ///< of the world
    Millis ahead{0};  ///< the clock of hotdeskd's machine
    MonoTime mono = MonoTime{} + std::chrono::seconds{1000};
    bool identity = false, who_refused = false;
    std::deque<Canned> canned;

    // What is on disk.
    std::map<DeviceId, DeskState> stored;
    std::map<Seq, Record> records;
    std::map<Seq, OutboxEntry> outbox;
    std::map<std::string, RequestOutcome> outcomes;

    // What went out. The watcher is told before a desk carries a command out; it may throw.
    std::function<void(std::size_t desk, const Command& command, int code)> watcher;
    std::vector<std::vector<Command>> sent;
    std::vector<int> asked;

private:
    void start(Seq next_seq);
    void store();
    void answer(const Call& call);
    void carry_out(const Call& call, const call::Send& send);
    void reply(const Call& call, Result<Reply> what);
    [[nodiscard]] std::size_t index_of(const DeviceId& device) const;

    std::vector<DeviceId> ids_;
    std::optional<Fleet> fleet_;
    PolicyBook policy_;
    Grants grants_;
    Seq next_seq_ = 1;
    std::map<std::string, Request> requests_;  ///< as the command line left them
};

}  // namespace hotdesk::test
