#include "core/cloud_clock.hpp"

#include <catch2/catch.hpp>

using namespace hotdesk;
using namespace std::chrono_literals;

namespace {

const WallTime noon = *parse_time("2026-03-02T12:00:00Z");

}  // namespace

TEST_CASE("a clock that agrees is left alone", "[clock]") {
    CloudClock clock;
    for (int i = 0; i < 5; ++i) CHECK_FALSE(clock.hear(noon, noon + 900ms, 100ms));
    CHECK(clock.offset() == 0ms);
}

TEST_CASE("two answers that agree with each other and not with the clock are believed", "[clock]") {
    CloudClock clock;
    CHECK_FALSE(clock.hear(noon, noon + 1h, 100ms));
    CHECK(clock.offset() == 0ms);
    const auto by = clock.hear(noon + 1s, noon + 1h + 1s, 100ms);
    REQUIRE(by);
    CHECK(*by == -1h + 500ms);
    CHECK(clock.offset() == *by);
    CHECK_FALSE(clock.hear(noon + 2s, noon + 1h + 2s, 100ms));
}

TEST_CASE("the clock was set right", "[clock]") {
    CloudClock clock;
    (void)clock.hear(noon, noon + 1h, 100ms);
    (void)clock.hear(noon, noon + 1h, 100ms);
    CHECK_FALSE(clock.hear(noon + 10s, noon + 10s, 100ms));
    CHECK(clock.hear(noon + 11s, noon + 11s, 100ms) == 1h - 500ms);
    CHECK(clock.offset() == 0ms);
}

TEST_CASE("one odd answer and slow ones change nothing", "[clock]") {
    CloudClock clock;
    CHECK_FALSE(clock.hear(noon - 24h, noon, 100ms));
    CHECK_FALSE(clock.hear(noon + 1s, noon + 1s, 100ms));
    CHECK_FALSE(clock.hear(noon - 24h, noon, 100ms));
    for (int i = 0; i < 3; ++i) CHECK_FALSE(clock.hear(noon - 20s, noon, 20s));
    CHECK(clock.offset() == 0ms);
}

TEST_CASE("two odd answers that do not agree with each other change nothing", "[clock]") {
    CloudClock clock;
    CHECK_FALSE(clock.hear(noon - 24h, noon, 100ms));
    CHECK_FALSE(clock.hear(noon - 12h, noon, 100ms));
    CHECK(clock.offset() == 0ms);
    CHECK(clock.hear(noon - 12h, noon, 100ms));  // the second one again: that is believed
}

TEST_CASE("what is gone by goes on as it did when the clock is set", "[clock]") {
    CloudClock clock;
    Now host{noon, MonoTime{} + 1000s};
    CHECK_FALSE(clock.read(host));
    host = {noon + 60s, host.mono + 60s};
    CHECK_FALSE(clock.read(host));
    host = {noon + 36h, host.mono + 1s};
    const auto set = clock.read(host);
    REQUIRE(set);
    CHECK(*set == 36h - 61s);
    CHECK(host.wall + clock.offset() == noon + 61s);
    // It was set right: two answers say so.
    CHECK_FALSE(clock.hear(host.wall, host.wall + 500ms, 10ms));
    CHECK(clock.hear(host.wall, host.wall + 500ms, 10ms));
    CHECK(clock.offset() == 0ms);
    // Back again.
    host = {noon, host.mono};
    REQUIRE(clock.read(host));
    CHECK(host.wall + clock.offset() == noon + 36h);
}
