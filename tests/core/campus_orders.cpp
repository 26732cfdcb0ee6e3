// What an administrator asks for on the campus.

#include "campus.hpp"
#include "words.hpp"

namespace hotdesk::test {

using namespace std::chrono_literals;

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
