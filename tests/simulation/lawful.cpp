// Which bookings may be made, in the oracle's own words.

#include "oracle.hpp"

#include "../core/lawful_hours.hpp"

#include "sandbox/person.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;
using sandbox::same_address;

std::string domain_of(const std::string& address) { return address.substr(address.find('@') + 1); }

std::chrono::sys_days day_of(WallTime at, const Zone* zone) {
    return std::chrono::floor<std::chrono::days>(at + (zone ? zone->offset_at(at) : 0s));
}

}  // namespace

bool Oracle::Order::wants(const Slice& slice) const {
    return request.start && request.duration && slice.start == *request.start &&
           slice.end == *request.start + *request.duration;
}

RequestUuid Oracle::request_of(const View& view, const Slice& slice) const {
    const sandbox::Booking* const booking = view.desk->find(slice.meeting);
    return booking ? booking->request : RequestUuid{};
}

/// An administrator's command for it has been there.
bool Oracle::is_ordered(const Slice& slice, const RequestUuid& request) const {
    return std::any_of(orders_.begin(), orders_.end(), [&](const Order& order) {
        if (!order.first_arrival || !order.wants(slice)) return false;
        if (order.request.kind == RequestKind::Edit) return order.request.meeting == slice.meeting;
        return order.request.kind == RequestKind::Book && order.request.uuid == request;
    });
}

bool Oracle::within_hours(const Policy& policy, const Slice& slice, bool every_day) const {
    Policy asked = policy;
    if (every_day) asked.booking_days.fill(true);
    return test::within_days_and_hours(asked, {slice.start, slice.end}, zone_.get());
}

/// By what can be seen of the booking alone.
bool Oracle::breaks_plainly(const Policy& policy, const Fact& fact, const Slice& slice) const {
    for (const char* const rule :
         {"organizer_deny", "organizer_domains", "max_duration", "booking_hours", "booking_days"})
        if (breaks(policy, fact, slice, rule, host_.world())) return true;
    return false;
}

bool Oracle::breaks(const Policy& policy, const Fact& fact, const Slice& slice, const std::string& rule,
                    WallTime decided) const {
    if (rule == "allow_ad_hoc") return !policy.allow_ad_hoc && fact.at_desk;
    if (rule == "allow_extension") return !policy.allow_extension && fact.extended;
    if (rule == "max_duration") return policy.max_duration && slice.end - slice.start > *policy.max_duration;
    if (rule == "booking_hours") return !within_hours(policy, slice, true);
    if (rule == "booking_days") return !within_hours(policy, slice, false);
    if (rule == "one_desk_at_a_time") return policy.one_desk_at_a_time && is_elsewhere(fact, slice, decided);
    if (rule == "max_bookings_per_day")
        return policy.max_bookings_per_day > 0 && others_that_day(fact, slice, decided) >= policy.max_bookings_per_day;
    if (rule == "organizer_deny")
        return std::any_of(policy.organizer_deny.begin(), policy.organizer_deny.end(),
                           [&](const std::string& pattern) { return matches_glob(pattern, slice.organizer); });
    if (rule == "organizer_domains")
        return !policy.organizer_domains.empty() &&
               std::none_of(policy.organizer_domains.begin(), policy.organizer_domains.end(),
                            [&](const std::string& d) { return same_address(d, domain_of(slice.organizer)); });
    if (rule == "max_advance" && policy.max_advance)
        for (const Version& version : fact.versions)
            if (version.slice == slice && slice.start - version.from > *policy.max_advance - hair) return true;
    return false;
}

/// What hotdeskd may have believed of a booking: the last times that it was told of by then, and those since.
std::vector<const Oracle::Version*> Oracle::believable(const Fact& fact, WallTime at) const {
    std::vector<const Version*> out;
    // One that is over counts for its day; one that was deleted, for nothing.
    const bool deleted = fact.gone && fact.slice.end > *fact.gone_at;
    if (deleted && fact.gone_told && *fact.gone_told < at) return out;
    for (const Version& version : fact.versions) {
        if (version.told && *version.told < at) out.clear();
        out.push_back(&version);
    }
    return out;
}

/// Of two bookings in conflict the one that was made or moved later goes. Where no event said when that was, hotdeskd
/// may take it for the later one.
bool Oracle::may_be_first(const Version& version, const Fact& fact) {
    return !fact.versions.back().by_event || version.from <= fact.versions.back().from;
}

bool Oracle::is_elsewhere(const Fact& fact, const Slice& slice, WallTime decided) const {
    for (const auto& [meeting, other] : facts_) {
        if (other.desk == fact.desk || !same_address(other.slice.organizer, slice.organizer)) continue;
        for (const Version* const version : believable(other, decided)) {
            const Millis both = std::min(version->slice.end, slice.end) - std::max(version->slice.start, slice.start);
            if (both >= 1min && may_be_first(*version, fact)) return true;
        }
    }
    return false;
}

int Oracle::others_that_day(const Fact& fact, const Slice& slice, WallTime decided) const {
    int out = 0;
    for (const auto& [meeting, other] : facts_) {
        if (&other == &fact || !same_address(other.slice.organizer, slice.organizer)) continue;
        for (const Version* const version : believable(other, decided)) {
            if (day_of(version->slice.start, zone_.get()) != day_of(slice.start, zone_.get())) continue;
            if (!may_be_first(*version, fact)) continue;
            ++out;
            break;
        }
    }
    return out;
}

/// Where it says why there is no doubt; empty: it breaks the rule, or may have seemed to.
std::string Oracle::why_lawful(const View& view, const Fact& fact, const Slice& slice, const std::string& rule,
                               const Flight& flight) const {
    if (is_ordered(slice, request_of(view, slice))) return "an administrator asked for it";
    for (const Policy& policy : policies(view, slice.organizer))
        if (breaks(policy, fact, slice, rule, flight.decided.at)) return "";
    return "it keeps that rule";
}

}  // namespace hotdesk::sim
