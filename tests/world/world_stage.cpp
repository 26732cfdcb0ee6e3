#include "world_stage.hpp"

#include "../core/words.hpp"
#include "../daemon/doubles.hpp"
#include "activation.hpp"
#include "virtual_http.hpp"
#include "wire.hpp"

#include "codec/state.hpp"
#include "daemon/engine.hpp"
#include "daemon/state.hpp"

#include <algorithm>
#include <deque>

namespace hotdesk::test {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t seed = 1;

sandbox::WorldOptions options_of(const Opening& opening) {
    sandbox::WorldOptions options;
    options.identity = opening.identity;
    options.behaviour.puppet = true;
    options.seed = seed;
    for (const Place& place : opening.places) {
        sandbox::Desk::Place out;
        out.name = place.desk;
        out.device = DeviceId{place.desk};
        out.workspace = WorkspaceId{place.workspace};
        out.workspace_name = place.workspace_name;
        out.location = LocationId{place.location};
        out.organization_domain = options.org_domain;
        options.places.push_back(std::move(out));
    }
    return options;
}

class WorldStage : public Stage {
public:
    explicit WorldStage(const Opening& opening)
        : places_(opening.places),
          host_(opening.at, seed),
          world_(options_of(opening), std::move(sandbox::make_signer().value()), opening.at),
          http_(world_, host_, [this](const HttpRequest& request) { return intercept(request); }),
          sent_(opening.places.size()),
          asked_(opening.places.size()) {}

    // --- the world ---
    void pose(std::size_t desk, const Pose& pose) override {
        sandbox::Desk& puppet = this->puppet(desk);
        sandbox::Pose next = puppet.pose();
        if (pose.signed_in) next.personalized = *pose.signed_in;
        if (pose.obeys) next.obeys = *pose.obeys;
        if (pose.calls) next.calls = *pose.calls;
        if (pose.presence) next.presence = presence_word(*pose.presence);
        if (pose.who) next.user = *pose.who;
        if (pose.online) puppet.behaviour.offline = !*pose.online;
        if (pose.tells) puppet.behaviour.mute = !*pose.tells;
        if (pose.fails) puppet.behaviour.fail_next = *pose.fails;
        puppet.pose(std::move(next), wall());
        world_.settle(puppet);
    }
    void list(std::size_t desk, Booking booking) override { puppet(desk).list(to_sandbox(booking)); }
    void unlist(std::size_t desk, const MeetingId& meeting) override { puppet(desk).unlist(meeting); }
    std::vector<Booking> listed(std::size_t desk) override {
        std::vector<Booking> out;
        for (const sandbox::Booking& booking : puppet(desk).bookings()) out.push_back(from_sandbox(booking));
        return out;
    }
    void push(std::size_t desk, const StatusReport& report, WallTime as_of) override {
        world_.push_raw(status_message(sender(desk), report, false, as_of), wall());
        settle();
    }
    void full_sync(std::size_t desk) override {
        puppet(desk).full_sync(wall());
        world_.settle(puppet(desk));
        settle();
    }
    void happen(std::size_t desk, const Event& event) override {
        world_.push_raw(event_message(sender(desk), event), wall());
        settle();
    }
    void gap() override {
        // A batch that cannot be read: what was in it is lost. The next poll goes out after a pause.
        world_.push_body("{");
        settle();
    }
    void reply(const Canned& canned) override { canned_.push_back(canned); }
    void refuse_who(bool refused) override { who_refused_ = refused; }
    void withhold(const std::vector<std::string>& names) override {
        world_.set_withheld(names);
        if (engine_) set_policy(policy_);  // as after a reload: appUrl is read at once
    }
    void pass(Millis span) override {
        const WallTime until = wall() + span;
        for (int turns = 0; wall() < until; ++turns) {
            if (turns > 1000000) throw Broken("the worker never comes to rest");
            engine().turn(until - wall(), {});
        }
        settle();
    }
    void set_clock(Millis ahead) override {
        host_.set(ahead);
        if (engine_) settle();
    }

    // --- hotdeskd ---
    void begin(const PolicyBook& policy, bool judge_existing) override {
        policy_ = policy;
        const Activation activation = activate(world_, "a", wall());
        const std::vector<Change> changes{state::keep_activation(activation), state::point_to(activation)};
        (void)store_.commit(changes);
        start();
        if (judge_existing) engine_->worker().fleet().judge_existing();
        settle();
    }
    void set_policy(const PolicyBook& policy) override {
        policy_ = policy;
        engine().set_policy(policy);
        settle();
    }
    void crash() override {
        http_.hang_up();
        host_.reboot();
        start();
        engine_->look_at_requests();
        settle();
    }
    void order(const Request& request) override {
        if (!store_.records.count({Table::Request, request.key}))
            store_.records[{Table::Request, request.key}] = codec::write_request(request);
        engine().look_at_requests();
        settle();
    }

    // --- what is seen ---
    [[nodiscard]] WallTime wall() const override { return host_.world(); }
    /// The worker goes by the cloud's clock where its own is off.
    [[nodiscard]] WallTime box() const override { return wall(); }
    std::vector<Command>& sent(std::size_t desk) override { return sent_[desk]; }
    DeskState state(std::size_t desk) override {
        const auto bytes = store_.get(Table::Desk, places_[desk].desk);
        if (!*bytes) return {};
        return codec::read_desk(**bytes).value();
    }
    std::vector<Record> records() override {
        std::vector<Record> out;
        for (const auto& [key, bytes] : store_.records)
            if (key.first == Table::Record) out.push_back(codec::read_record(bytes).value());
        return out;
    }
    std::optional<RequestOutcome> outcome(const std::string& key) override {
        const auto bytes = store_.get(Table::Request, key);
        if (!*bytes || !codec::has_outcome(**bytes)) return std::nullopt;
        return codec::read_outcome(**bytes).value();
    }
    std::vector<Verdict> explain(std::size_t desk) override {
        return engine().worker().fleet().explain(DeviceId{places_[desk].desk}, host_.now());
    }
    int asked(std::size_t desk) override { return asked_[desk]; }

private:
    sandbox::Desk& puppet(std::size_t desk) { return *world_.desk(places_[desk].desk); }
    Sender sender(std::size_t desk) {
        return {world_.options().app, world_.org(), DeviceId{places_[desk].desk}, WorkspaceId{places_[desk].workspace}};
    }
    Engine& engine() {
        if (!engine_) throw Broken("before `at`");
        return *engine_;
    }

    Client client() const { return {world_.options().client_id, world_.options().client_secret}; }

    void start() {
        auto activation = state::load_activation(store_).value();
        auto worker = state::load_worker(store_, std::move(*activation), policy_, host_.now());
        if (!worker.ok()) throw Broken("the state cannot be loaded: " + worker.error().message);
        engine_.emplace(EngineParts{http_, store_, host_, &log_}, std::move(*worker), client());
    }

    /// Turns until nothing goes out or comes back and nothing is due.
    void settle() {
        for (int turns = 0;; ++turns) {
            if (turns > 10000) throw Broken("the worker never comes to rest");
            const std::uint64_t before = http_.traffic();
            engine().turn(0ms, {});
            const Now now = host_.now();
            const auto wake = engine().worker().wake_at(now);
            if (http_.traffic() == before && (!wake || *wake > now.mono)) break;
        }
        if (!world_.violations().empty()) throw Broken("the cloud objects: " + world_.violations().front().second);
    }

    std::optional<Result<HttpReply>> intercept(const HttpRequest& request) {
        const std::string& base = world_.options().base_url;
        const std::string path = request.url.substr(base.size());
        if (path.rfind("/v1/xapi/status", 0) == 0) {
            for (std::size_t desk = 0; desk < places_.size(); ++desk)
                if (path.find("deviceId=" + places_[desk].desk + "&") != std::string::npos) ++asked_[desk];
        }
        if (who_refused_ && (path.rfind("/v1/hotdesk/", 0) == 0 || path.rfind("/v1/people/", 0) == 0))
            return answer_with(403, 0ms);
        const auto told = command_in(request, path);
        if (!told || told->second.name == "Bookings.List" || told->second.name == "Bookings.Get") return std::nullopt;
        const auto& [device, command] = *told;
        check_stored(device, command);
        for (std::size_t desk = 0; desk < places_.size(); ++desk)
            if (places_[desk].desk == device) sent_[desk].push_back(command);
        if (canned_.empty()) return std::nullopt;
        const Canned canned = canned_.front();
        canned_.pop_front();
        if (canned.lost) {
            (void)http_.exchange(request);
            return Result<HttpReply>{Error{ErrorKind::Transient, "the connection was lost"}};
        }
        return canned.code == 200 ? std::nullopt : answer_with(canned.code, canned.retry_after);
    }

    static std::optional<Result<HttpReply>> answer_with(int code, Millis retry_after) {
        HttpReply reply;
        reply.status = code;
        reply.body = R"({"message":"answered by the scenario"})";
        if (retry_after > 0ms) reply.retry_after = std::chrono::duration_cast<std::chrono::seconds>(retry_after);
        return Result<HttpReply>{std::move(reply)};
    }

    /// Decide, store, send: what goes out stands in the store as something that goes out.
    void check_stored(const std::string& device, const Command& command) {
        for (const auto& [key, bytes] : store_.records) {
            if (key.first != Table::Outbox) continue;
            const auto record = codec::read_record(store_.records.at({Table::Record, key.second}));
            if (record.ok() && record->device.value == device && record->command == command) return;
        }
        throw Broken("sent before it was stored: " + command.name);
    }

    std::vector<Place> places_;
    VirtualHost host_;
    sandbox::World world_;
    VirtualHttp http_;
    MemoryStore store_;
    ListLog log_;
    PolicyBook policy_;
    std::optional<Engine> engine_;
    std::deque<Canned> canned_;
    bool who_refused_ = false;
    std::vector<std::vector<Command>> sent_;
    std::vector<int> asked_;
};

}  // namespace

std::unique_ptr<Stage> make_world_stage(const Opening& opening) { return std::make_unique<WorldStage>(opening); }

}  // namespace hotdesk::test
