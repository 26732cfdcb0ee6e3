#include "core/admission.hpp"

#include "core/observe.hpp"
#include "core/rules.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <set>

namespace hotdesk {

namespace {

using namespace std::chrono;
using words::sentence;

/// A booking longer than this is not compared day by day: it breaks any rule of days and hours.
constexpr days longest_booking{400};

std::string_view domain_of(std::string_view address) {
    const auto at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

constexpr std::array<std::string_view, 7> day_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/// 0 is Monday.
std::size_t weekday_of(local_days day) { return weekday{day}.iso_encoding() - 1; }

std::string names_of(const std::array<bool, 7>& allowed) {
    std::string out;
    for (std::size_t i = 0; i < 7; ++i)
        if (allowed[i]) out += (out.empty() ? "" : ", ") + std::string{day_names[i]};
    return out.empty() ? "no day" : out;
}

std::string hours_of(const Policy& policy) {
    const auto clock = [](minutes of_day) {
        std::string out;
        detail::put_digits(out, static_cast<int>(of_day.count() / 60), 2);
        out += ':';
        detail::put_digits(out, static_cast<int>(of_day.count() % 60), 2);
        return out;
    };
    return clock(policy.booking_from) + "-" + clock(policy.booking_to);
}

/// Whether the hours of the allowed days hold all of `slot`. Hours that cross midnight belong to the day on which they
/// begin.
bool within_hours(const Slot& slot, const Policy& policy, const std::array<bool, 7>& allowed, const Zone& zone) {
    if (slot.end - slot.start > longest_booking) return false;
    const minutes to = policy.booking_to > policy.booking_from ? policy.booking_to : policy.booking_to + days{1};
    WallTime covered = slot.start;
    for (local_days day = local_day(zone, slot.start) - days{1}; day <= local_day(zone, slot.end); day += days{1}) {
        if (!allowed[weekday_of(day)]) continue;
        if (zone.instant(day, policy.booking_from, Twice::First) <= covered)
            covered = std::max(covered, zone.instant(day, to, Twice::Second));
        if (covered >= slot.end) return true;
    }
    return false;
}

constexpr std::array<bool, 7> every_day{true, true, true, true, true, true, true};

/// One booking and the rules it is held against. Each rule says what is wrong, or nothing.
struct Candidate {
    const Desk& desk;
    const KnownBooking& known;
    const Surroundings& around;
    const Policy& policy;

    [[nodiscard]] const Booking& booking() const { return known.booking; }
    [[nodiscard]] const std::string& organizer() const { return known.booking.organizer_email; }
    /// Two bookings cannot each be later than the other.
    [[nodiscard]] bool later_than(const DeskState& where, const KnownBooking& other) const {
        return std::tuple{rules::changed_at(other), other.booking.ref.meeting, where.id} <
               std::tuple{rules::changed_at(known), booking().ref.meeting, desk.id};
    }

    /// What breaks a rule itself will be deleted or put back, also where that takes its time: meanwhile it counts for
    /// nothing against its organizer.
    [[nodiscard]] static bool counts(const KnownBooking& other) { return !other.objection; }

    std::optional<Breach> breach(Rule rule, std::string says, std::string limit) const {
        return Breach{rule, std::move(says), admission::facts_of(desk, booking(), around.zone(), std::move(limit))};
    }

    std::optional<Breach> made_how() const {
        if (!policy.allow_ad_hoc && known.at_desk && !known.admitted && known.extends.empty())
            return breach(Rule::AllowAdHoc, "the booking was made at the desk, which is not allowed", "");
        if (policy.allow_extension) return std::nullopt;
        const bool prolonged = known.admitted && known.admitted->slot.start == booking().start &&
                               known.admitted->slot.end < booking().end && rules::changed_at(known) >= booking().start;
        if (prolonged || (!known.extends.empty() && !known.admitted))
            return breach(Rule::AllowExtension, "the running booking was extended, which is not allowed", "");
        return std::nullopt;
    }

    std::optional<Breach> made_by() const {
        if (organizer().empty()) return std::nullopt;  // judged when it is known
        for (const auto& denied : policy.organizer_deny)
            if (matches_glob(denied, organizer()))
                return breach(Rule::OrganizerDeny, sentence({organizer(), " is denied by `", denied, "`"}), "");
        const auto& domains = policy.organizer_domains;
        const bool known_domain = std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) {
            return same_address(domain, domain_of(organizer()));
        });
        if (!domains.empty() && !known_domain)
            return breach(Rule::OrganizerDomains, sentence({organizer(), " is of none of the domains that may book"}),
                          "");
        return std::nullopt;
    }

    /// An extension that is a booking of its own counts from the start of what it extends.
    [[nodiscard]] WallTime whole_start() const {
        if (!known.extends.empty())
            for (const auto& other : desk.bookings)
                if (other.booking.ref.meeting == known.extends) return std::min(other.booking.start, booking().start);
        return booking().start;
    }

    std::optional<Breach> made_when() const {
        if (policy.max_duration && booking().end - whole_start() > *policy.max_duration) {
            const std::string limit = format_duration(*policy.max_duration);
            return breach(Rule::MaxDuration,
                          sentence({"the booking lasts ", format_duration(booking().end - whole_start()),
                                    "; allowed are ", limit}),
                          limit);
        }
        if (policy.max_advance && booking().start - rules::changed_at(known) > *policy.max_advance) {
            const std::string limit = format_duration(*policy.max_advance);
            return breach(
                Rule::MaxAdvance,
                sentence({"the booking begins at ", words::said(booking().start), ", further ahead than ", limit}),
                limit);
        }
        const bool any_hour = policy.booking_from == minutes{0} && policy.booking_to == hours{24};
        if (!any_hour && !within_hours(slot_of(booking()), policy, every_day, around.zone()))
            return breach(Rule::BookingHours,
                          sentence({"the booking from ", words::said(booking().start), " to ",
                                    words::said(booking().end), " is not within ", hours_of(policy)}),
                          hours_of(policy));
        if (policy.booking_days != every_day &&
            !within_hours(slot_of(booking()), policy, policy.booking_days, around.zone()))
            return breach(Rule::BookingDays,
                          sentence({"the booking from ", words::said(booking().start), " to ",
                                    words::said(booking().end), " is not within ", names_of(policy.booking_days)}),
                          names_of(policy.booking_days));
        return std::nullopt;
    }

    /// By a minute or more: events tell a duration in whole minutes, so an end may seem to be later than it is.
    static bool overlaps(const Slot& a, const Slot& b) {
        return std::min(a.end, b.end) - std::max(a.start, b.start) >= minutes{1};
    }

    std::optional<Breach> made_beside() const {
        if (organizer().empty()) return std::nullopt;
        std::optional<Breach> found;
        if (policy.one_desk_at_a_time)
            around.each_elsewhere(desk, organizer(), [&](const DeskState& where, const KnownBooking& other) {
                const Slot slot = slot_of(other.booking);
                if (!counts(other) || !overlaps(slot, slot_of(booking())) || !later_than(where, other)) return true;
                found = breach(Rule::OneDeskAtATime,
                               sentence({organizer(), " has booked ", where.display_name, " from ",
                                         words::said(slot.start), " to ", words::said(slot.end), " already"}),
                               "1");
                return false;
            });
        if (found || policy.max_bookings_per_day <= 0 || !known.extends.empty()) return found;
        const local_days day = local_day(around.zone(), booking().start);
        int before = 0;
        const auto count = [&](const DeskState& where, const KnownBooking& other) {
            const bool same_day = local_day(around.zone(), other.booking.start) == day;
            if (same_day && counts(other) && other.extends.empty() && later_than(where, other)) ++before;
            return true;
        };
        for (const auto& other : desk.bookings)
            if (!rules::same(other.booking.ref, booking().ref) &&
                same_address(other.booking.organizer_email, organizer()))
                (void)count(desk, other);
        around.each_elsewhere(desk, organizer(), count);
        if (before < policy.max_bookings_per_day) return std::nullopt;
        const std::string limit = std::to_string(policy.max_bookings_per_day);
        return breach(Rule::MaxBookingsPerDay,
                      sentence({organizer(), " has ", std::to_string(before),
                                " bookings on that day already; allowed are ", limit}),
                      limit);
    }
};

/// With other times, as if it had always had them.
KnownBooking at_times(const KnownBooking& known, const Slot& slot) {
    KnownBooking out = known;
    out.booking.start = slot.start;
    out.booking.end = slot.end;
    return out;
}

/// The times that a moved booking had can be given back to it.
bool can_restore(const Desk& desk, const KnownBooking& known, Now now, const Surroundings& around) {
    const Slot back = known.admitted->slot;
    // Source: xAPI schema, Bookings.Edit: Duration 1..1440 minutes.
    const auto length = back.end - back.start;
    if (back.end <= now.wall || length < minutes{1} || length > days{1}) return false;
    for (const auto& other : desk.bookings)
        if (!rules::same(other.booking.ref, known.booking.ref) && rules::overlap(slot_of(other.booking), back))
            return false;
    return known.admitted->exempt || !breach_of(desk, at_times(known, back), now, around);
}

bool is_permitted(const Desk& desk, const KnownBooking& known) {
    return std::any_of(desk.permits.begin(), desk.permits.end(), [&](const Permit& permit) {
        if (permit.slot != slot_of(known.booking)) return false;
        if (!permit.meeting.empty()) return permit.meeting == known.booking.ref.meeting;
        // Where only a list told of it, its times and its organizer tell: a desk has one booking at a time.
        const std::string& organizer = known.booking.organizer_email;
        const bool theirs = permit.organizer_email.empty() || same_address(permit.organizer_email, organizer);
        return (known.request.empty() && theirs) || permit.uuid == known.request ||
               permit.uuid.value == known.booking.ref.meeting.value;
    });
}

/// The times that an Edit gives back: it takes whole minutes. Source: xAPI schema, Bookings.Edit.
Slot as_edited(const Slot& slot) { return {slot.start, slot.start + ceil<minutes>(slot.end - slot.start)}; }

/// Found lawful with these times and this organizer, or not to be judged with these times.
bool is_settled(const KnownBooking& known) {
    const Slot slot = slot_of(known.booking);
    if (known.left_alone && known.left_alone->slot == slot) return true;
    if (!known.admitted || (known.admitted->slot != slot && as_edited(known.admitted->slot) != slot)) return false;
    return known.admitted->exempt || same_address(known.admitted->organizer_email, known.booking.organizer_email);
}

/// Who sits at the desk is told of their own bookings. Where nobody does, whoever stands there may read it.
bool concerns_who_is_there(const Desk& desk, const KnownBooking& known, Now now) {
    if (!desk.sign_in) return true;
    const SignIn& visit = *desk.sign_in;
    const Booking& booking = known.booking;
    if (rules::is_visitors(known, visit) || booking.covers(now.wall)) return true;
    if (visit.who || !visit.cover) return false;
    if (rules::same(visit.cover->ref, booking.ref)) return true;
    return !booking.organizer_email.empty() && same_address(visit.cover->organizer_email, booking.organizer_email);
}

}  // namespace

std::optional<Breach> breach_of(const Desk& desk, const KnownBooking& known, Now, const Surroundings& around) {
    const Candidate candidate{desk, known, around, around.policy_for(known.booking.organizer_email)};
    for (const auto& rule : {&Candidate::made_how, &Candidate::made_by, &Candidate::made_when, &Candidate::made_beside})
        if (auto breach = (candidate.*rule)()) return breach;
    return std::nullopt;
}

std::vector<BookingRef> admit(Desk& desk, Now now, const Surroundings& around) {
    std::vector<BookingRef> lawful;
    for (auto& known : desk.bookings) {
        if (known.booking.end <= now.wall) continue;
        const Slot slot = slot_of(known.booking);
        if (is_permitted(desk, known)) known.admitted = Admitted{slot, known.booking.organizer_email, true};
        if (is_settled(known)) {
            known.objection.reset();
            continue;
        }
        const auto breach = breach_of(desk, known, now, around);
        if (!breach) {
            known.admitted = Admitted{slot, known.booking.organizer_email, false};
            known.objection.reset();
            lawful.push_back(known.booking.ref);
        } else if (!known.objection || known.objection->rule != breach->rule || known.objection->slot != slot) {
            known.objection = Objection{breach->rule, slot, {now.wall, now.mono}};
            observing::ask_again(desk, now);
        }
    }
    return lawful;
}

namespace admission {

Facts facts_of(const Desk& desk, const Booking& booking, const Zone& zone, std::string limit) {
    return {booking.organizer_name.empty() ? booking.organizer_email : booking.organizer_name,
            local_clock(zone, booking.start), local_clock(zone, booking.end), std::move(limit), desk.display_name};
}

std::optional<Verdict> verdict_on(const Desk& desk, const KnownBooking& known, Now now, const Surroundings& around) {
    auto breach = breach_of(desk, known, now, around);
    if (!breach) return std::nullopt;
    Verdict verdict{
        breach->rule,
        std::move(breach->says),
        Act::Reject,
        known.booking.ref,
        known.objection->since.mono,
        {},
        std::move(breach->facts),
        around.policy_for(known.booking.organizer_email).messages && concerns_who_is_there(desk, known, now)};
    // The other device may not know of the booking what is wrong with it here: that it was made at this desk, say.
    std::size_t reversals = known.reversals.size();
    bool first_acts = false, first_knows = false;
    (void)around.beside(desk, known.booking.ref, [&](const DeskState& other, const KnownBooking& its) {
        reversals += its.reversals.size();
        first_knows = first_knows || goes_before(other, desk);
        first_acts = first_acts || (goes_before(other, desk) && (its.objection || its.left_alone));
        return false;
    });
    if (first_acts) {
        verdict.act.reset();
        verdict.due.reset();
        verdict.says += "; the other device of this workspace acts";
        return verdict;
    }
    if (first_knows) *verdict.due += rules::companion_wait;  // it may not have heard yet
    if (!known.admitted) return verdict;
    const auto tried = std::find_if(desk.attempts.begin(), desk.attempts.end(), [&](const Attempt& attempt) {
        return attempt.act == Act::Restore && rules::same(attempt.ref, known.booking.ref);
    });
    if (tried == desk.attempts.end() && reversals >= rules::most_reversals) {
        verdict.act = Act::LeaveBe;
        verdict.says += "; the booking was put back twice within an hour and was moved again";
    } else if (!can_restore(desk, known, now, around)) {
        return verdict;
    } else if (tried == desk.attempts.end() || tried->pending || tried->count < rules::most_restores) {
        verdict.act = Act::Restore;
        verdict.back_to = known.admitted->slot;
    } else {
        // The desk was told and has not done it; the last time may still take effect.
        verdict.due = std::max(*verdict.due, tried->not_before);
    }
    return verdict;
}

}  // namespace admission

}  // namespace hotdesk
