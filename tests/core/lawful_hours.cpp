#include "lawful_hours.hpp"

#include <algorithm>

namespace hotdesk::test {

/// Looked at again and again, as clocks on the wall show it. Hours across midnight are those of the day before.
bool within_days_and_hours(const Policy& policy, const Slot& slot, const Zone* zone) {
    using namespace std::chrono;
    const bool crosses = policy.booking_to <= policy.booking_from;
    for (WallTime at = slot.start; at < slot.end;
         at = at + 1ms == slot.end ? slot.end : std::min(at + 10min, slot.end - 1ms)) {
        const auto local = at + (zone ? zone->offset_at(at) : seconds{0});
        auto day = floor<days>(local);
        const auto of_day = local - day;
        if (crosses ? of_day >= policy.booking_to && of_day < policy.booking_from
                    : of_day < policy.booking_from || of_day >= policy.booking_to)
            return false;
        if (crosses && of_day < policy.booking_to) day -= days{1};
        if (!policy.booking_days[weekday{day}.iso_encoding() - 1]) return false;
    }
    return true;
}

}  // namespace hotdesk::test
