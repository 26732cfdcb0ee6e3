// The doctor's judgements, at their bounds.

#include "daemon/doctor.hpp"

#include <catch2/catch.hpp>

using namespace hotdesk;
using namespace std::chrono_literals;

namespace {

const WallTime now = *parse_time("2026-11-21T10:00:00Z");

CheckState state(const doctor::Finding& finding) {
    INFO(finding.line.found);
    CHECK(finding.line.remedy.empty() ==
          (finding.line.state == CheckState::Ok || finding.line.state == CheckState::Skip));
    return finding.line.state;
}

bool says(const doctor::Finding& finding, const char* words) {
    UNSCOPED_INFO(finding.line.found << " | " << finding.line.remedy);
    return (finding.line.found + finding.line.remedy).find(words) != std::string::npos;
}

Activation activation() {
    Activation made;
    made.access_token = Secret(std::string("secret-a"));
    made.access_expires = now + 1h;
    made.refresh_expires = now + std::chrono::days{30};
    return made;
}

io::Probe probe(io::ProbeStep step) {
    io::Probe made;
    made.place = "webexapis.com:443";
    made.host = "webexapis.com";
    made.failed_at = step;
    made.protocol = "TLSv1.3";
    made.valid_until = now + std::chrono::days{60};
    made.error = Error{ErrorKind::Transient, "it broke"};
    return made;
}

}  // namespace

TEST_CASE("the exit code is the one that all failures agree on") {
    const auto fails = [](Exit exit) { return doctor::fail("x", "", "f", "r", exit); };
    const std::vector<std::pair<std::vector<doctor::Finding>, Exit>> cases{
        {{}, Exit::Done},
        {{doctor::ok("x", "", "f"), doctor::warn("x", "", "f", "r"), doctor::skip("x", "", "f")}, Exit::Done},
        {{fails(Exit::Unreachable), fails(Exit::Unreachable)}, Exit::Unreachable},
        {{fails(Exit::Unreachable), fails(Exit::Credentials)}, Exit::Failed},
        {{fails(Exit::NotActivated)}, Exit::NotActivated},
        {{fails(Exit::Failed), fails(Exit::State)}, Exit::Failed},
        {{fails(Exit::State), fails(Exit::Usage)}, Exit::Usage}};
    for (const auto& [findings, exit] : cases) CHECK(doctor::exit_of(findings) == exit);
}

TEST_CASE("a clock is right, worth a warning, or wrong") {
    for (const Millis ahead : {0ms, 5000ms, -5000ms}) CHECK(state(doctor::clock("h", ahead)) == CheckState::Ok);
    for (const Millis ahead : {5001ms, -5001ms, 300'000ms, -300'000ms})
        CHECK(state(doctor::clock("h", ahead)) == CheckState::Warn);
    CHECK(state(doctor::clock("h", 300'001ms)) == CheckState::Fail);
    CHECK(says(doctor::clock("h", 301s), "301 s behind"));
    CHECK(says(doctor::clock("h", -301s), "301 s ahead"));
}

TEST_CASE("a certificate's end is near when two weeks are left") {
    io::Probe made = probe(io::ProbeStep::Done);
    CHECK(state(doctor::tls(made, now)) == CheckState::Ok);
    CHECK(says(doctor::tls(made, now), "TLSv1.3, trusted, certificate until 2027-01-20T10:00:00Z"));
    made.valid_until = now + std::chrono::days{14};
    CHECK(state(doctor::tls(made, now)) == CheckState::Ok);
    made.valid_until = now + std::chrono::days{14} - 1ms;
    CHECK(state(doctor::tls(made, now)) == CheckState::Warn);
    made.valid_until.reset();
    CHECK(state(doctor::tls(made, now)) == CheckState::Ok);
}

TEST_CASE("a connection fails in one line only") {
    using Step = io::ProbeStep;
    const std::vector<std::tuple<Step, CheckState, CheckState, CheckState>> cases{
        {Step::Name, CheckState::Fail, CheckState::Ok, CheckState::Skip},
        {Step::Proxy, CheckState::Skip, CheckState::Fail, CheckState::Skip},
        {Step::Connect, CheckState::Ok, CheckState::Ok, CheckState::Fail},
        {Step::Tls, CheckState::Ok, CheckState::Ok, CheckState::Fail}};
    for (const auto& [step, name, proxy, tls] : cases) {
        const io::Probe made = probe(step);
        CHECK(state(doctor::name_of_host(made)) == name);
        CHECK(state(doctor::proxy("http://proxy:3128", {&made, 1})) == proxy);
        CHECK(state(doctor::tls(made, now)) == tls);
    }
    CHECK(state(doctor::proxy("", {})) == CheckState::Skip);
}

TEST_CASE("the disk is full before it is full") {
    io::DiskSpace space{1ULL << 30, 10ULL << 30, 1000, 10000};
    CHECK(state(doctor::disk("/d", space)) == CheckState::Ok);
    space.free_bytes = (256ULL << 20) - 1;
    CHECK(state(doctor::disk("/d", space)) == CheckState::Warn);
    space.free_bytes = (16ULL << 20) - 1;
    CHECK(state(doctor::disk("/d", space)) == CheckState::Fail);
    space = {1ULL << 30, 10ULL << 30, 99, 10000};
    CHECK(says(doctor::disk("/d", space), "inodes"));
    space.total_files = 0;  // btrfs does not count them
    CHECK(state(doctor::disk("/d", space)) == CheckState::Ok);
}

TEST_CASE("tokens are judged by what Webex says, and else by their end") {
    const Activation made = activation();
    const Health health;
    const auto judged = [&](const Activation& a, const std::optional<Result<AppDetails>>& details,
                            bool running = true) { return doctor::token(a, health, running, details, now); };
    const auto refused = [](ErrorKind kind) { return Result<AppDetails>{Error{kind, "no"}}; };
    CHECK(state(judged(made, Result<AppDetails>{AppDetails{}})) == CheckState::Ok);
    CHECK(state(judged(made, refused(ErrorKind::AuthExpired))) == CheckState::Warn);
    CHECK(judged(made, refused(ErrorKind::Rejected)).exit == Exit::Credentials);
    CHECK(judged(made, refused(ErrorKind::Gone)).exit == Exit::Removed);
    CHECK(judged(made, refused(ErrorKind::Transient)).exit == Exit::Unreachable);
    CHECK(state(judged(made, std::nullopt)) == CheckState::Warn);
    CHECK(state(judged(made, std::nullopt, false)) == CheckState::Skip);

    Activation late = activation();
    late.refresh_expires = now + std::chrono::days{7} - 1ms;
    CHECK(state(judged(late, Result<AppDetails>{AppDetails{}})) == CheckState::Warn);
    late.refresh_expires = now;
    CHECK(judged(late, std::nullopt).exit == Exit::Credentials);
    Health invalid;
    invalid.tokens = Tokens::Invalid;
    CHECK(doctor::token(made, invalid, true, std::nullopt, now).exit == Exit::Credentials);
}

TEST_CASE("silence of the queue is trouble only while a worker runs") {
    Health health;
    CHECK(state(doctor::messages(health, false, now)) == CheckState::Skip);
    CHECK(state(doctor::messages(health, true, now)) == CheckState::Warn);
    health.last_poll = now - 1min;
    CHECK(state(doctor::messages(health, true, now)) == CheckState::Warn);
    health.last_message = now - 2h;
    CHECK(state(doctor::messages(health, true, now)) == CheckState::Ok);
    health.last_message = now - 3h;
    CHECK(state(doctor::messages(health, true, now)) == CheckState::Warn);
    health.last_poll = now - 8min;
    CHECK(state(doctor::messages(health, true, now)) == CheckState::Fail);
    CHECK(state(doctor::messages(health, false, now)) == CheckState::Ok);
}

TEST_CASE("a unit is compared with the state's owner") {
    using Properties = std::map<std::string, std::string>;
    const auto judged = [](Properties properties, const std::string& owner = "hotdeskd") {
        return doctor::unit(std::move(properties), owner);
    };
    const Properties active{{"LoadState", "loaded"}, {"ActiveState", "active"}, {"User", "hotdeskd"}};
    CHECK(state(judged(active)) == CheckState::Ok);
    CHECK(state(judged(active, "")) == CheckState::Ok);
    CHECK(state(judged(active, "root")) == CheckState::Fail);
    CHECK(state(judged({{"LoadState", "loaded"}, {"ActiveState", "active"}}, "root")) == CheckState::Ok);
    CHECK(state(judged({{"LoadState", "loaded"}, {"ActiveState", "inactive"}, {"User", "hotdeskd"}})) ==
          CheckState::Warn);
    CHECK(state(judged({{"LoadState", "loaded"}, {"ActiveState", "failed"}, {"User", "hotdeskd"}})) ==
          CheckState::Fail);
    CHECK(state(judged({{"LoadState", "not-found"}})) == CheckState::Skip);
    CHECK(state(doctor::unit(Error{ErrorKind::Fatal, "systemctl does not answer"}, "")) == CheckState::Warn);
}

TEST_CASE("an enabled queue, a disabled one and none") {
    AppDetails details;
    CHECK(state(doctor::queue(details)) == CheckState::Fail);
    details.poll_url = "https://api.wbx2.com/poll";
    CHECK(state(doctor::queue(details)) == CheckState::Ok);
    details.queue_state = "disabled";
    CHECK(state(doctor::queue(details)) == CheckState::Fail);
    details.queue_state = "enabled";
    CHECK(state(doctor::queue(details)) == CheckState::Ok);
}

TEST_CASE("state files belong to the directory's owner alone") {
    const auto judged = [](io::FileFacts facts) {
        return doctor::state_files("/d", {{"data.mdb", facts}}, "hotdeskd");
    };
    CHECK(state(judged({0600, 1, "hotdeskd", false})) == CheckState::Ok);
    CHECK(says(judged({0640, 1, "hotdeskd", false}), "chmod 0600 /d/data.mdb"));
    CHECK(says(judged({0600, 0, "root", false}), "chown -R hotdeskd: /d"));
}
