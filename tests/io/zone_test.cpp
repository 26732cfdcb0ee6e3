#include "io/zone.hpp"
#include "io/uuid.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace hotdesk;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const Zone> zone(const std::string& name) {
    auto made = io::make_zone(name);
    if (!made.ok()) FAIL(made.error().message);
    return *made;
}

WallTime utc(const char* text) { return parse_time(text).value(); }

local_days date(int y, unsigned m, unsigned d) {
    return local_days{sys_days{year{y} / month{m} / std::chrono::day{d}}.time_since_epoch()};
}

}  // namespace

TEST_CASE("a zone knows its offset on both sides of a change of clocks") {
    const auto oslo = zone("Europe/Oslo");
    CHECK(oslo->offset_at(utc("2026-03-29T00:59:59Z")) == 1h);
    CHECK(oslo->offset_at(utc("2026-03-29T01:00:00Z")) == 2h);
    CHECK(oslo->offset_at(utc("2026-10-25T00:59:59.999Z")) == 2h);
    CHECK(oslo->offset_at(utc("2026-10-25T01:00:00Z")) == 1h);
    CHECK(zone("Asia/Kathmandu")->offset_at(utc("2026-01-01T00:00:00Z")) == 5h + 45min);
    CHECK(zone("Etc/UTC")->offset_at(utc("2026-07-01T00:00:00Z")) == 0s);
}

TEST_CASE("a local time becomes the instant at which clocks show it") {
    const auto oslo = zone("Europe/Oslo");
    CHECK(oslo->instant(date(2026, 1, 15), 8h, Twice::First) == utc("2026-01-15T07:00:00Z"));
    CHECK(oslo->instant(date(2026, 7, 15), 8h + 30min, Twice::Second) == utc("2026-07-15T06:30:00Z"));
    CHECK(zone("Asia/Kathmandu")->instant(date(2026, 3, 2), 0min, Twice::First) == utc("2026-03-01T18:15:00Z"));
    CHECK(zone("UTC")->instant(date(2026, 3, 2), 9h, Twice::First) == utc("2026-03-02T09:00:00Z"));
}

TEST_CASE("24 h and more of a day are times of the next days") {
    const auto oslo = zone("Europe/Oslo");
    CHECK(oslo->instant(date(2026, 1, 15), 24h, Twice::First) == utc("2026-01-15T23:00:00Z"));
    CHECK(oslo->instant(date(2026, 1, 15), 30h, Twice::First) == oslo->instant(date(2026, 1, 16), 6h, Twice::First));
    // As clocks show it, not as many hours after midnight: the night of the change has one hour less.
    CHECK(oslo->instant(date(2026, 3, 28), 30h, Twice::First) == utc("2026-03-29T04:00:00Z"));
}

TEST_CASE("a time that is skipped in spring is the instant of the change") {
    const auto oslo = zone("Europe/Oslo");
    const WallTime change = utc("2026-03-29T01:00:00Z");
    for (const auto of_day : {2h + 0min, 2h + 30min, 2h + 59min}) {
        CHECK(oslo->instant(date(2026, 3, 29), of_day, Twice::First) == change);
        CHECK(oslo->instant(date(2026, 3, 29), of_day, Twice::Second) == change);
    }
    CHECK(oslo->instant(date(2026, 3, 29), 1h + 59min, Twice::First) == change - 1min);
    CHECK(oslo->instant(date(2026, 3, 29), 3h, Twice::First) == change);
    CHECK(oslo->instant(date(2026, 3, 29), 3h + 1min, Twice::First) == change + 1min);
}

TEST_CASE("of a time that is shown twice in autumn the one is meant that is asked for") {
    const auto oslo = zone("Europe/Oslo");
    CHECK(oslo->instant(date(2026, 10, 25), 2h, Twice::First) == utc("2026-10-25T00:00:00Z"));
    CHECK(oslo->instant(date(2026, 10, 25), 2h, Twice::Second) == utc("2026-10-25T01:00:00Z"));
    CHECK(oslo->instant(date(2026, 10, 25), 2h + 30min, Twice::First) == utc("2026-10-25T00:30:00Z"));
    CHECK(oslo->instant(date(2026, 10, 25), 2h + 30min, Twice::Second) == utc("2026-10-25T01:30:00Z"));
    CHECK(oslo->instant(date(2026, 10, 25), 3h, Twice::First) == utc("2026-10-25T02:00:00Z"));
}

TEST_CASE("a day whose midnight is skipped or shown twice has a beginning all the same") {
    // Until 2019, Brazil changed its clocks at midnight.
    const auto brazil = zone("America/Sao_Paulo");
    CHECK(brazil->instant(date(2018, 11, 4), 0min, Twice::First) == utc("2018-11-04T03:00:00Z"));
    CHECK(brazil->instant(date(2018, 11, 3), 24h, Twice::Second) == utc("2018-11-04T03:00:00Z"));
    CHECK(brazil->instant(date(2018, 11, 4), 1h, Twice::First) == utc("2018-11-04T03:00:00Z"));
    CHECK(local_day(*brazil, utc("2018-11-04T03:00:00Z")) == date(2018, 11, 4));
    CHECK(brazil->instant(date(2018, 2, 17), 23h + 30min, Twice::First) == utc("2018-02-18T01:30:00Z"));
    CHECK(brazil->instant(date(2018, 2, 17), 23h + 30min, Twice::Second) == utc("2018-02-18T02:30:00Z"));
    CHECK(brazil->instant(date(2018, 2, 18), 0min, Twice::First) == utc("2018-02-18T03:00:00Z"));
}

TEST_CASE("without a name it is the system's zone") {
    const auto made = io::make_zone("");
    REQUIRE(made.ok());
    CHECK((*made)->offset_at(utc("2026-01-01T00:00:00Z")) > -24h);
}

TEST_CASE("a zone that nobody knows is refused with what to write instead") {
    for (const char* name : {"Europe/Olso", "oslo", "CET-1CEST", "../../../etc/passwd", "/etc/localtime", " ", "+01:00",
                             "Europe", "Europe/", "posixrules\n"}) {
        INFO(name);
        const auto made = io::make_zone(name);
        REQUIRE_FALSE(made.ok());
        CHECK(made.error().kind == ErrorKind::Rejected);
        CHECK(made.error().message.find("Europe/Oslo") != std::string::npos);
    }
}

TEST_CASE("a UUID is random, of version 4, and in lower case") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string id = io::new_uuid();
        REQUIRE(id.size() == 36);
        for (std::size_t at = 0; at < id.size(); ++at) {
            const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
            CHECK((dash ? id[at] == '-' : std::string{"0123456789abcdef"}.find(id[at]) != std::string::npos));
        }
        CHECK(id[14] == '4');
        CHECK(std::string{"89ab"}.find(id[19]) != std::string::npos);
        seen.insert(id);
    }
    CHECK(seen.size() == 100);
}
