// A token's life with a process that dies: before and after each of our own steps, against a cloud whose refresh tokens
// are good for one use.

#include <catch2/catch.hpp>

#include "../core/bare_activation.hpp"
#include "daemon/engine.hpp"
#include "daemon/state.hpp"
#include "doubles.hpp"

#include <set>

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

namespace {

struct Crash {};

/// Dies at the step that was chosen.
struct Steps {
    int left = -1;  ///< steps until the crash; below 0: none
    int taken = 0;
    void step() {
        ++taken;
        if (left >= 0 && left-- == 0) throw Crash{};
    }
};

/// What outlives the process: the cloud and the disk.
struct World {
    std::string refresh = "refresh-0";
    std::set<std::string> access;
    int grants = 0, refused = 0, polls = 0;
    bool spent_unheard = false;  ///< a token was spent and its answer never reached the disk
    MemoryStore disk;
    ManualHost host;
    ListLog log;
};

class DyingStore : public Store {
public:
    DyingStore(World& world, Steps& steps) : world_(world), steps_(steps) {}
    Result<void> commit(std::span<const Change> changes) override {
        steps_.step();
        auto done = world_.disk.commit(changes);
        const auto kept = state::load_activation(world_.disk);
        if (kept.ok() && *kept) world_.spent_unheard = (*kept)->refresh_token.reveal() != world_.refresh;
        steps_.step();
        return done;
    }
    Result<std::optional<std::string>> get(Table table, std::string_view key) override {
        return world_.disk.get(table, key);
    }
    Result<void> scan(Table table, std::string_view from,
                      const std::function<bool(std::string_view, std::string_view)>& visit) override {
        return world_.disk.scan(table, from, visit);
    }

private:
    World& world_;
    Steps& steps_;
};

class CloudHttp : public Http {
public:
    CloudHttp(World& world, Steps& steps) : world_(world), steps_(steps) {}

    [[nodiscard]] Result<void> allows(const std::string&) const override { return {}; }
    void start(CallId id, HttpRequest request) override {
        HttpReply reply;
        reply.status = 200;
        const auto asks = [&](const char* part) { return request.url.find(part) != std::string::npos; };
        if (asks("access_token")) {
            steps_.step();  // on the way to the cloud
            exchange(request.body, reply);
            steps_.step();  // on the way back
        } else if (!world_.access.count(std::string{request.bearer.reveal()})) {
            reply.status = 401;
        } else if (asks("/poll")) {
            ++world_.polls;
            reply.body = R"({"messages":[]})";
        } else {
            reply.body = R"({"items":[]})";
        }
        done_.push_back({id, std::move(reply)});
    }
    void cancel(CallId) override {}
    std::vector<HttpDone> wait(Millis, std::span<const int>) override {
        world_.host.pass(1s);
        return std::exchange(done_, {});
    }

private:
    void exchange(const std::string& body, HttpReply& reply) {
        if (body.find("\"" + world_.refresh + "\"") == std::string::npos) {
            ++world_.refused;
            reply.status = 400;
            reply.body = R"({"message":"The refresh token is not valid."})";
            return;
        }
        const std::string number = std::to_string(++world_.grants);
        world_.refresh = "refresh-" + number;
        world_.spent_unheard = true;
        world_.access = {"access-" + number};
        reply.body = R"({"access_token":"access-)" + number + R"(","expires_in":600,"refresh_token":")" +
                     world_.refresh + R"("})";
    }

    World& world_;
    Steps& steps_;
    std::vector<HttpDone> done_;
};

Activation first_activation() {
    Activation a = bare_activation();
    a.id = "a1";
    a.app = AppId{"app"};
    a.refresh_token = Secret{"refresh-0"};
    return a;
}

/// One process from its start to its end, or to its death.
void live(World& world, Steps& steps, int turns) {
    DyingStore store(world, steps);
    CloudHttp http(world, steps);
    auto stored = state::load_activation(world.disk);
    auto worker = state::load_worker(store, std::move(**stored), {Policy{}, {}}, world.host.now());
    Engine engine({http, store, world.host, &world.log}, std::move(*worker), Client{"client", Secret{"secret"}});
    for (int i = 0; i < turns; ++i) engine.turn(1s, {});
}

World new_world() {
    World world;
    const std::vector<Change> first{state::keep_activation(first_activation()), state::point_to(first_activation())};
    (void)world.disk.commit(first);
    return world;
}

}  // namespace

TEST_CASE("a process that dies at any step leaves a token that works, or says that its successor was lost", "[token]") {
    constexpr int turns = 1300;  // of a second each: three tokens, one after the other
    Steps all;
    World whole = new_world();
    live(whole, all, turns);
    REQUIRE(whole.grants >= 3);
    REQUIRE(whole.refused == 0);

    int lost = 0;
    // The steps of the first two tokens; what comes after them is the same again.
    for (int at = 0; at < all.taken && at < 40; ++at) {
        INFO("dies at step " << at);
        World world = new_world();
        Steps until_death{at};
        try {
            live(world, until_death, turns);
        } catch (const Crash&) {
        }
        const bool unheard = world.spent_unheard;
        const int refused = world.refused, polls = world.polls;
        Steps none;
        live(world, none, 100);
        if (unheard) {
            ++lost;
            CHECK(world.log.has("lost on the way"));
            CHECK(world.log.has("hotdeskd activate --replace"));
            CHECK(world.refused == refused + 1);  // asked once, and not again
        } else {
            CHECK(world.polls > polls);
            CHECK(world.refused == 0);
            CHECK_FALSE(world.log.has("lost on the way"));
        }
    }
    // The answer on its way, the answer there and not stored: for each token.
    CHECK(lost > 0);
    CHECK(lost <= 6);
}
