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
    CHECK(*by == -1h + 550ms);
    CHECK(clock.offset() == *by);
    CHECK_FALSE(clock.hear(noon + 2s, noon + 1h + 2s, 100ms));
}

TEST_CASE("the clock was set right", "[clock]") {
    CloudClock clock;
    (void)clock.hear(noon, noon + 1h, 100ms);
    (void)clock.hear(noon, noon + 1h, 100ms);
    CHECK_FALSE(clock.hear(noon + 10s, noon + 10s, 100ms));
    CHECK(clock.hear(noon + 11s, noon + 11s, 100ms) == 1h - 550ms);
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

TEST_CASE("a clock that was set right leaves no rest behind", "[clock]") {
    // The header has whole seconds and the answer took its time: what was measured was some seconds off itself.
    CloudClock clock;
    Now host{noon, MonoTime{} + 1000s};
    (void)clock.read(host);
    (void)clock.hear(noon - 1h + 3s, host.wall, 100ms);
    (void)clock.hear(noon - 1h + 3s, host.wall, 100ms);
    REQUIRE(clock.offset() == -1h + 3550ms);
    host.wall -= 1h;
    CHECK(clock.read(host) == -1h);
    CHECK(clock.offset() == 0ms);
}

TEST_CASE("a clock that creeps back leaves no rest behind, and two answers are needed for both ways", "[clock]") {
    CloudClock clock;
    CHECK_FALSE(clock.hear(noon + 6s, noon, 100ms));
    CHECK(clock.hear(noon + 6s, noon, 100ms) == 6550ms);
    // The offset is no more than a few seconds from what is true, and not zero for all that.
    CHECK_FALSE(clock.hear(noon + 2s, noon, 100ms));
    CHECK(clock.offset() == 6550ms);
    CHECK(clock.hear(noon + 2s, noon, 100ms) == -6550ms);
    CHECK(clock.offset() == 0ms);
    // One answer in between that says otherwise, and it begins again.
    (void)clock.hear(noon + 6s, noon, 100ms);
    (void)clock.hear(noon + 6s, noon, 100ms);
    CHECK_FALSE(clock.hear(noon + 2s, noon, 100ms));
    CHECK_FALSE(clock.hear(noon + 6s, noon, 100ms));
    CHECK_FALSE(clock.hear(noon + 2s, noon, 100ms));
    CHECK(clock.offset() == 6550ms);
}

TEST_CASE("a slow line does not make a clock that is some seconds off right and wrong in turns", "[clock]") {
    // Some seconds ahead, and then more; some answers take almost three seconds on their way back.
    CloudClock clock;
    const auto hear = [&](Millis ahead, Millis back) {
        return clock.hear(noon, noon + 999ms + ahead + back, back + 10ms).has_value();
    };
    for (int i = 0; i < 4; ++i) CHECK_FALSE(hear(4500ms, i % 2 == 0 ? 10ms : 2900ms));
    for (int i = 0; i < 4; ++i) CHECK_FALSE(hear(4500ms, i < 2 ? 10ms : 2900ms));
    CHECK(clock.offset() == 0ms);
    CHECK_FALSE(hear(6500ms, 10ms));
    CHECK(hear(6500ms, 10ms));
    const Millis found = clock.offset();
    CHECK(found < -5s);
    for (int i = 0; i < 8; ++i) CHECK_FALSE(hear(4500ms, i % 4 < 2 ? 10ms : 2900ms));
    CHECK(clock.offset() == found);
}

TEST_CASE("whether Webex's time is known", "[clock]") {
    CloudClock clock;
    Now host{noon, MonoTime{} + 1000s};
    (void)clock.read(host);
    CHECK_FALSE(clock.known());
    SECTION("the first answer agrees") {
        (void)clock.hear(noon, noon, 100ms);
        CHECK(clock.known());
        SECTION("one that does not agree casts doubt") {
            (void)clock.hear(noon + 1h, noon, 100ms);
            CHECK_FALSE(clock.known());
            (void)clock.hear(noon, noon, 100ms);
            CHECK(clock.known());
        }
        SECTION("a clock that was set is to be heard of again") {
            host.wall += 24h;
            (void)clock.read(host);
            CHECK_FALSE(clock.known());
        }
    }
    SECTION("two answers agree that it is another one") {
        (void)clock.hear(noon + 1h, noon, 100ms);
        CHECK_FALSE(clock.known());
        (void)clock.hear(noon + 1h, noon, 100ms);
        CHECK(clock.known());
    }
    SECTION("an answer that took long says nothing") {
        (void)clock.hear(noon, noon, 20s);
        CHECK_FALSE(clock.known());
    }
}

TEST_CASE("the clock is doubted until the next answer", "[clock]") {
    CloudClock clock;
    CHECK_FALSE(clock.doubted());
    (void)clock.hear(noon + 1s, noon + 1s, 100ms);
    CHECK_FALSE(clock.doubted());
    (void)clock.hear(noon + 1h, noon + 2s, 100ms);
    CHECK(clock.doubted());
    SECTION("it says the same") {
        (void)clock.hear(noon + 1h, noon + 2s, 100ms);
        CHECK_FALSE(clock.doubted());
        CHECK(clock.offset() != 0ms);
    }
    SECTION("it agrees") {
        (void)clock.hear(noon + 3s, noon + 3s, 100ms);
        CHECK_FALSE(clock.doubted());
        CHECK(clock.offset() == 0ms);
    }
    SECTION("it says something else") {
        (void)clock.hear(noon + 2h, noon + 3s, 100ms);
        CHECK(clock.doubted());
    }
}
