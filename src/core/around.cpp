#include "core/around.hpp"

#include "core/rules.hpp"

#include <algorithm>
#include <set>

namespace hotdesk {

namespace {

/// Found by the MeetingId alone: an Id means something only on its own device.
const KnownBooking* same_booking(const DeskState& desk, const BookingRef& ref) {
    if (ref.meeting.empty()) return nullptr;
    for (const auto& known : desk.bookings)
        if (known.booking.ref.meeting == ref.meeting) return &known;
    return nullptr;
}

}  // namespace

template <class Test>
bool Fleet::Around::any_beside(const DeskState& desk, Test&& test) const {
    const auto beside = fleet_.workspaces_.find(desk.workspace);
    if (beside == fleet_.workspaces_.end() || beside->second.size() < 2) return false;
    return std::any_of(beside->second.begin(), beside->second.end(),
                       [&](const Entry* other) { return other->desk.id != desk.id && test(other->desk); });
}

const Policy& Fleet::Around::policy_for(std::string_view organizer_email) const {
    return fleet_.policy_.policy_for({desk_.workspace, desk_.workspace_name, desk_.location, organizer_email});
}

void Fleet::Around::each_elsewhere(const Desk& desk, std::string_view organizer_email,
                                   const std::function<bool(const DeskState&, const KnownBooking&)>& visit) const {
    const auto there = fleet_.organizers_.find(lower_case(organizer_email));
    if (there == fleet_.organizers_.end()) return;
    for (const Entry* const entry : there->second) {
        const Desk& other = entry->desk;
        if (other.id == desk.id) continue;
        for (const auto& known : other.bookings) {
            const BookingRef& ref = known.booking.ref;
            if (!same_address(known.booking.organizer_email, organizer_email)) continue;
            // A booking of two devices is one booking.
            if (other.workspace == desk.workspace && same_booking(desk, ref)) continue;
            if (beside(other, ref,
                       [&](const DeskState& twin, const KnownBooking&) { return goes_before(twin, other); }))
                continue;
            if (!visit(other, known)) return;
        }
    }
}

bool Fleet::Around::beside(const Desk& desk, const BookingRef& ref,
                           const std::function<bool(const DeskState&, const KnownBooking&)>& test) const {
    return any_beside(desk, [&](const Desk& other) {
        const KnownBooking* const known = same_booking(other, ref);
        return known && test(other, *known);
    });
}

bool Fleet::Around::led(const Desk& desk) const {
    return any_beside(desk, [&](const Desk& other) { return goes_before(other, desk); });
}

/// What rests because of who sits at the other device of a workspace, or because that one acts, has no time of its own.
void Fleet::look_beside(const DeviceId& device, const WorkspaceId& workspace, Now now) {
    for (Entry* const other : workspaces_[workspace])
        if (other->desk.id != device) step(*other, input::Woken{}, now);
}

/// Whoever left one device of a workspace and sits down at the other has not left.
void Fleet::back_at_another(const Entry& entry) {
    for (Entry* const other : workspaces_[entry.desk.workspace]) {
        if (other == &entry || !other->desk.left) continue;
        other->desk.left.reset();
        dirty_.insert(other);
    }
}

void Fleet::unindex(Entry& entry) {
    for (const auto& organizer : entry.organizers) {
        std::vector<Entry*>& there = organizers_.at(organizer);
        std::erase(there, &entry);
        if (there.empty()) organizers_.erase(organizer);
    }
    entry.organizers.clear();
}

void Fleet::index(Entry& entry) {
    unindex(entry);
    if (!looks_elsewhere_) return;
    std::set<std::string> all;
    for (const auto& known : entry.desk.bookings)
        if (!known.booking.organizer_email.empty()) all.insert(lower_case(known.booking.organizer_email));
    entry.organizers.assign(all.begin(), all.end());
    for (const auto& organizer : entry.organizers) organizers_[organizer].push_back(&entry);
}

std::vector<Verdict> Fleet::explain(const DeviceId& device, Now now) const {
    const auto at = desks_.find(device);
    if (at == desks_.end()) return {};
    return judge(at->second->desk, now, Around(*this, at->second->desk), true);
}

}  // namespace hotdesk
