#pragma once
// European local time without a time-zone database, for the tests of the core: summer time from the last Sunday of
// March to the last Sunday of October, 01:00 UTC.

#include <hotdesk/zone.hpp>

#include <memory>

namespace hotdesk::test {

class SummerZone : public Zone {
public:
    explicit SummerZone(std::chrono::hours standard) : standard_(standard) {}

    [[nodiscard]] std::chrono::seconds offset_at(WallTime at) const override {
        using namespace std::chrono;
        const year_month_day date{floor<days>(at)};
        const auto change = [&](month month) {
            return WallTime{sys_days{date.year() / month / Sunday[last]}} + hours{1};
        };
        const bool summer = change(March) <= at && at < change(October);
        return standard_ + hours{summer ? 1 : 0};
    }

    [[nodiscard]] WallTime instant(std::chrono::local_days day, std::chrono::minutes of_day,
                                   Twice twice) const override {
        using namespace std::chrono;
        const WallTime local{(day + of_day).time_since_epoch()};
        const WallTime early = local - standard_ - hours{1}, late = local - standard_;
        const bool early_is = offset_at(early) == standard_ + hours{1}, late_is = offset_at(late) == standard_;
        if (early_is && late_is) return twice == Twice::First ? early : late;
        if (early_is) return early;
        if (late_is) return late;
        return ceil<hours>(early);  // skipped: the instant of the change, which is on the hour
    }

private:
    std::chrono::hours standard_;
};

}  // namespace hotdesk::test
