// An administrator on the campus: their overrides, and what they ask for.

#include "campus.hpp"
#include "words.hpp"

namespace hotdesk::test {

using namespace std::chrono_literals;

/// Of three that may be about the same desk and organizer; later ones win.
void Campus::random_overrides() {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> keys{
        {"allow_ad_hoc", {"yes", "no"}},
        {"allow_extension", {"yes", "no"}},
        {"max_duration", {"off", "1h", "3h"}},
        {"no_show_release", {"off", "15m", "30m"}},
        {"booking_hours", {"00:00-24:00", "22:00-06:00"}},
        {"messages", {"yes", "no"}},
        {"release_on_sign_out", {"yes", "no"}},
        {"sign_out_grace", {"60s", "5m"}}};
    for (int i = 0; i < 3; ++i) {
        Override next;
        if (one_in(2))
            next.workspace = rig_.desks[pick(rig_.desks.size())].place.workspace_name;
        else
            next.domain = one_in(2) ? "@example.com" : "@other.example";
        std::string line = next.domain.empty() ? "workspace=" + next.workspace : "organizer=*" + next.domain;
        for (int k = 0; k < 3; ++k) {
            const auto& [key, values] = keys[pick(keys.size())];
            next.keys.emplace_back(key, values[pick(values.size())]);
            line += " " + key + "=" + next.keys.back().second;
        }
        overrides_.push_back(std::move(next));
        story_ += "override " + line + "\n";
    }
}

PolicyBook Campus::policy_book() const {
    std::vector<PolicyOverride> overrides;
    for (const Override& one : overrides_) {
        PolicyOverride next{one.workspace, one.domain.empty() ? "" : "*" + one.domain, {}};
        for (const auto& [key, value] : one.keys)
            next.sets.emplace_back([key = key, value = value](Policy& policy) { set_key(policy, key, value); });
        overrides.push_back(std::move(next));
    }
    return {policy_, std::move(overrides), zone_, Messages{}};
}

/// A booking, other times for one, its end, or the end of a visit.
void Campus::order(std::size_t desk) {
    if (!chances_.orders) return;
    const auto& bookings = rig_.desks[desk].bookings;
    const WallTime from = std::chrono::floor<std::chrono::minutes>(rig_.wall) + 15min * (1 + pick(20));
    const auto length = std::chrono::minutes{15 * (1 + static_cast<int>(pick(16)))};
    const auto clock = [](WallTime time) { return format_time(time).substr(0, 19); };
    const std::string times = " start=" + clock(from) + " end=" + clock(from + length);
    Request request;
    request.force = one_in(2);
    const std::string force = request.force ? " force=yes" : "";
    const std::size_t kind = pick(5);
    if (kind == 0) {
        if (!rig_.desks[desk].signed_in) return;
        tell(desk, "order sign_out");
    } else if (kind < 3) {
        request.kind = RequestKind::Book;
        request.uuid = RequestUuid{"order-" + std::to_string(orders_ + 1)};
        request.organizer_email = one_in(2) ? "alice@example.com" : "carl@other.example";
        tell(desk, "order book organizer=" + request.organizer_email + times + force);
    } else if (bookings.empty()) {
        return;
    } else {
        request.kind = kind == 3 ? RequestKind::Edit : RequestKind::Delete;
        request.meeting = bookings[pick(bookings.size())].ref.meeting;
        tell(desk, (kind == 3 ? "order edit meeting=" : "order delete meeting=") + request.meeting.value +
                       (kind == 3 ? times + force : ""));
    }
    if (request.kind == RequestKind::Book || request.kind == RequestKind::Edit) {
        request.start = from;
        request.duration = length;
    }
    hand_over(desk, std::move(request));
}

/// The command line leaves it in the store, and the worker may find it there more than once.
void Campus::hand_over(std::size_t desk, Request request) {
    request.device = rig_.id(desk);
    request.asked_at = rig_.wall;
    request.key = "order/" + std::to_string(++orders_);
    ordered_ = request;
    if (chances_.twice) rig_.fleet().order(request, rig_.now());
    rig_.order(request);
    if (rig_.outcomes.count(request.key) == 0) throw Broken("the order has no outcome: " + request.key);
    ordered_.reset();
    for (const std::size_t at : beside(desk)) look(at);
}

/// What was asked for a moment ago may be sent, once; and what it makes is nobody's to judge.
bool Campus::is_ordered(std::size_t desk, const Command& command) {
    if (!ordered_ || ordered_->device != rig_.id(desk)) return false;
    const Request& wish = *ordered_;
    if (command.name == "UserInterface.Message.Alert.Display") return wish.kind == RequestKind::SignOut;
    const WallTime from = wish.start.value_or(WallTime{});
    const Slot slot{from, from + wish.duration.value_or(0min)};
    const bool its_booking = argument_of(command, "MeetingId") == wish.meeting.value;
    if (command.name == "Webex.Registration.Logout" && wish.kind == RequestKind::SignOut) {
        leaves(desk);
    } else if (command.name == "Bookings.Book" && argument_of(command, "BookingRequestUUID") == wish.uuid.value) {
        stories_[wish.uuid.value] = {rig_.wall, rig_.wall, false, false, false, false, slot, {}};
    } else if (command.name == "Bookings.Edit" && wish.kind == RequestKind::Edit && its_booking &&
               argument_of(command, "StartTime") == format_time(slot.start)) {
        Story& story = stories_.at(wish.meeting.value);
        if (!rig_.desks[desk].taken(slot.start, slot.end, wish.meeting)) {
            story.moved = rig_.wall;
            story.lawful = slot;
            story.came = story.left = false;
        }
    } else if (command.name != "Bookings.Delete" || wish.kind != RequestKind::Delete || !its_booking) {
        return false;
    }
    if (std::exchange(sent_order_, wish.key) == wish.key) throw Broken("sent twice: " + commands_.back());
    return true;
}

}  // namespace hotdesk::test
