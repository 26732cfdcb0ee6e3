#include <catch2/catch.hpp>

#include <algorithm>
#include <hotdesk/policy.hpp>
#include <hotdesk/secret.hpp>
#include <hotdesk/time.hpp>

#include <type_traits>

using namespace hotdesk;
using namespace std::chrono_literals;

TEST_CASE("times are read with Z, offsets and up to nine fraction digits", "[time]") {
    const WallTime noon = *parse_time("2026-03-02T12:00:00Z");
    CHECK(format_time(noon) == "2026-03-02T12:00:00Z");
    CHECK(parse_time("2026-03-02T13:30:00+01:30") == noon);
    CHECK(parse_time("2026-03-02T10:00:00-02:00") == noon);
    CHECK(parse_time("2026-03-02t12:00:00z") == noon);
    CHECK(parse_time("2023-08-10T08:02:33.816114574Z") == *parse_time("2023-08-10T08:02:33Z") + 816ms);
    CHECK(parse_time("2026-03-02T12:00:00.5Z") == noon + 500ms);
    CHECK(format_time(noon + 7ms) == "2026-03-02T12:00:00.007Z");
    CHECK(parse_time("2024-02-29T00:00:00Z").has_value());
    CHECK(parse_time("2016-12-31T23:59:60Z") == parse_time("2017-01-01T00:00:00Z"));
}

TEST_CASE("what is no time is refused", "[time]") {
    for (const char* text : {"",
                             "2026",
                             "2026-03-02",
                             "2026-03-02T12:00:00",
                             "2026-03-02 12:00:00Z",
                             "2026-13-02T12:00:00Z",
                             "2026-02-30T12:00:00Z",
                             "2026-03-02T24:00:00Z",
                             "2026-03-02T12:60:00Z",
                             "2026-03-02T12:00:61Z",
                             "2026-03-02T12:00:00.Z",
                             "2026-03-02T12:00:00.1234567890Z",
                             "2026-03-02T12:00:00Zx",
                             "2026-03-02T12:00:00+1:00",
                             "2026-03-02T12:00:00+24:00",
                             "+026-03-02T12:00:00Z",
                             "2026-03-02T12:00:0 Z",
                             "0000-01-01T00:00:00+00:01",
                             "9999-12-31T23:59:59-00:01",
                             "9999-12-31T23:59:60Z"})
        CHECK_FALSE(parse_time(text).has_value());
}

TEST_CASE("a time that cannot be written is written as the nearest that can", "[time]") {
    const WallTime first = *parse_time("0000-01-01T00:00:00Z"), last = *parse_time("9999-12-31T23:59:59.999Z");
    CHECK(format_time(first - 1ms) == "0000-01-01T00:00:00Z");
    CHECK(format_time(last + 24h * 366) == "9999-12-31T23:59:59.999Z");
    CHECK(format_time(last) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("durations are a whole number and a unit", "[time]") {
    CHECK(parse_duration("90s") == 90s);
    CHECK(parse_duration("15m") == 15min);
    CHECK(parse_duration("8h") == 8h);
    CHECK(parse_duration("1d") == 24h);
    CHECK(parse_duration("0s") == 0s);
    for (const char* text : {"", "s", "5", "-5m", "+5m", "5 m", "5M", "1.5h", "99999d", "9223372036854775807d", "off"})
        CHECK_FALSE(parse_duration(text).has_value());
    for (const char* text : {"90s", "15m", "8h", "1d", "0s"}) CHECK(format_duration(*parse_duration(text)) == text);
}

TEST_CASE("a secret cannot be compared, printed or turned into a string", "[secret]") {
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string_view>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<std::string, Secret>);
    Secret secret{"long enough not to be kept inside the string object itself"};
    const Secret moved = std::move(secret);
    CHECK(secret.empty());  // NOLINT(bugprone-use-after-move): emptiness after a move is what is promised
    CHECK(moved.reveal().substr(0, 4) == "long");
}

TEST_CASE("globs match without case", "[policy]") {
    CHECK(matches_glob("Oslo 3*", "oslo 3.14"));
    CHECK(matches_glob("*@example.com", "Alice@Example.com"));
    CHECK(matches_glob("*", ""));
    CHECK(matches_glob("a*b*c", "a--b--b--c"));
    CHECK(matches_glob("desk-?", "desk-7"));
    CHECK_FALSE(matches_glob("desk-?", "desk-77"));
    CHECK_FALSE(matches_glob("Oslo 3", "Oslo 33"));
    CHECK_FALSE(matches_glob("", "a"));
    CHECK_FALSE(matches_glob("*@example.com", "alice@example.com.evil"));
}

TEST_CASE("later overrides win, by workspace name, id, location and organizer", "[policy]") {
    Policy base;
    const auto grace = [](Millis value) { return [value](Policy& p) { p.sign_in_grace = value; }; };
    const PolicyBook book{base,
                          {{"Oslo*", "", {grace(1min)}},
                           {"w-2", "", {grace(2min)}},
                           {"loc-1", "", {grace(3min)}},
                           {"", "*@partner.example", {grace(4min)}},
                           {"Oslo*", "*@partner.example", {grace(5min)}}}};
    const auto ask = [&](const std::string& id, const std::string& name, const std::string& location,
                         std::string_view who) {
        const WorkspaceId workspace{id};
        const LocationId place{location};
        return book.policy_for({workspace, name, place, who}).sign_in_grace;
    };
    CHECK(ask("w-9", "Bergen", "", "") == base.sign_in_grace);
    CHECK(ask("w-1", "Oslo 1", "", "") == Limit{1min});
    CHECK(ask("w-2", "Oslo 2", "", "") == Limit{2min});
    CHECK(ask("w-2", "Oslo 2", "loc-1", "") == Limit{3min});
    CHECK(ask("w-9", "Bergen", "", "bob@partner.example") == Limit{4min});
    CHECK(ask("w-1", "Oslo 1", "", "bob@PARTNER.example") == Limit{5min});
    CHECK(book.any([&](const Policy& p) { return p.sign_in_grace == base.sign_in_grace; }));
    CHECK(book.any([](const Policy& p) { return p.sign_in_grace == Limit{3min}; }));  // an override alone
    CHECK_FALSE(book.any([](const Policy& p) { return p.mode == Mode::Observe; }));
}

TEST_CASE("a plain string that held a secret is wiped in all of its memory", "[secret]") {
    std::string text = "short-secret";  // within the string itself
    const char* const bytes = text.data();
    const Secret taken{std::move(text)};
    CHECK(taken.reveal() == "short-secret");
    Secret::wipe(text);  // NOLINT(bugprone-use-after-move): what is left of it is the point
    CHECK(std::string_view(bytes, 12) == std::string(12, '\0'));

    std::string cut(100, 's');
    cut.resize(50);
    const char* const all = cut.data();
    const std::size_t capacity = cut.capacity();
    Secret::wipe(cut);
    CHECK(cut.empty());
    REQUIRE(cut.capacity() == capacity);
    CHECK(std::all_of(all, all + 100, [](char c) { return c == '\0'; }));
}

TEST_CASE("appending to what may be a secret keeps what was there", "[secret]") {
    std::string text, expected;
    for (int i = 0; i < 200; ++i) {
        const std::string part(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
        Secret::append(text, part);
        expected += part;
        REQUIRE(text == expected);
    }
    Secret::append(text, std::string(100'000, 'x'));
    CHECK(text == expected + std::string(100'000, 'x'));
}
