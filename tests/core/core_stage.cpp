#include "core_stage.hpp"

#include "fleet_rig.hpp"

namespace hotdesk::test {

namespace {

class CoreStage : public Stage {
public:
    explicit CoreStage(const Opening& opening) : rig_(opening) {}

    void pose(std::size_t desk, const Pose& pose) override { rig_.desks[desk].pose(pose); }
    void list(std::size_t desk, Booking booking) override { rig_.desks[desk].list(std::move(booking)); }
    void unlist(std::size_t desk, const MeetingId& meeting) override { rig_.desks[desk].unlist(meeting); }
    std::vector<Booking> listed(std::size_t desk) override { return rig_.desks[desk].bookings; }
    void push(std::size_t desk, const StatusReport& report, WallTime as_of) override {
        rig_.hear(desk, input::Pushed{report, as_of});
    }
    void full_sync(std::size_t desk) override {
        rig_.hear(desk, input::Pushed{rig_.desks[desk].report(true), rig_.wall, true});
    }
    void happen(std::size_t desk, const Event& event) override { rig_.hear(desk, input::Happened{event}); }
    void gap() override { rig_.doubt(); }
    void reply(const Canned& canned) override { rig_.canned.push_back(canned); }
    void refuse_who(bool refused) override { rig_.who_refused = refused; }
    void withhold(const std::vector<std::string>& names) override { rig_.withhold(names); }
    void pass(Millis span) override { rig_.pass(span); }
    void set_clock(Millis ahead) override {
        rig_.ahead += ahead;
        if (started_) rig_.doubt();  // the worker notices, and has every desk asked
    }

    void begin(const PolicyBook& policy, bool judge_existing) override {
        started_ = true;
        rig_.begin(policy, judge_existing);
    }
    void set_policy(const PolicyBook& policy) override { rig_.set_policy(policy); }
    void crash() override { rig_.crash(); }
    void order(const Request& request) override { rig_.order(request); }

    [[nodiscard]] WallTime wall() const override { return rig_.wall; }
    [[nodiscard]] WallTime box() const override { return rig_.now().wall; }
    std::vector<Command>& sent(std::size_t desk) override { return rig_.sent[desk]; }
    DeskState state(std::size_t desk) override { return rig_.stored[rig_.id(desk)]; }
    std::vector<Record> records() override {
        std::vector<Record> all;
        for (const auto& [seq, record] : rig_.records) all.push_back(record);
        return all;
    }
    std::optional<RequestOutcome> outcome(const std::string& key) override {
        const auto at = rig_.outcomes.find(key);
        return at == rig_.outcomes.end() ? std::nullopt : std::optional{at->second};
    }
    std::vector<Verdict> explain(std::size_t desk) override { return rig_.fleet().explain(rig_.id(desk), rig_.now()); }
    int asked(std::size_t desk) override { return rig_.asked[desk]; }

private:
    FleetRig rig_;
    bool started_ = false;
};

}  // namespace

std::unique_ptr<Stage> make_core_stage(const Opening& opening) { return std::make_unique<CoreStage>(opening); }

}  // namespace hotdesk::test
