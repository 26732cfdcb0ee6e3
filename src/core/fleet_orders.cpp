// What an administrator asks for: sign-outs, and bookings made, edited and deleted from the command line.
//
// A booking's way: the policy judges it, the command goes out, and then the desk must confirm it, at once on a local
// calendar, later on a hybrid one. Confirmed is what the desk's bookings show: an event, or a list that was asked for
// where no event came. Where no answer came to the command, it is sent again only when a list does not show it; the
// BookingRequestUUID is the same, so that the desk knows it for the same request.

#include "core/around.hpp"
#include "core/fleet.hpp"
#include "core/rules.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;
using words::sentence;

/// When the desk is asked whether an order has become true, from the answer to its command; then no more.
constexpr std::array<Millis, 4> looks{5s, 15s, 45s, 90s};
/// How often a command is sent that gets no answer.
constexpr int most_sends = 3;

/// Source: xAPI schema, BookingFailed, EditFailed: FailureCause.
std::string in_words(const std::string& cause) {
    if (cause == "Decline") return "Decline: the calendar refused it; the desk may be booked at that time";
    if (cause == "Timeout") return "Timeout: the calendar did not answer the desk in time";
    if (cause == "ConfigError") return "ConfigError: the desk's calendar is not set up for this";
    if (cause == "HttpError") return "HttpError: the desk could not reach its calendar";
    if (cause == "KmsError") return "KmsError: the desk could not encrypt the booking";
    return cause.empty() ? "the desk gave no cause" : cause;
}

std::string verb_of(RequestKind kind) { return std::string{name_of(kind)}; }

std::string_view command_of(RequestKind kind) {
    switch (kind) {
        case RequestKind::SignOut: return command_path::logout;
        case RequestKind::Book: return command_path::book;
        case RequestKind::Edit: return command_path::edit;
        case RequestKind::Delete: return command_path::remove;
        case RequestKind::Renew: break;  // about no desk
    }
    return {};
}

Command command_for(const Request& request, const Slot& slot) {
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(slot.end - slot.start).count();
    // Source: xAPI schema, Bookings.Book, Edit, Delete.
    if (request.kind == RequestKind::Delete)
        return {std::string{command_of(request.kind)}, {{"MeetingId", request.meeting.value}}};
    if (request.kind == RequestKind::Edit)
        return {std::string{command_of(request.kind)},
                {{"MeetingId", request.meeting.value},
                 {"StartTime", format_time(slot.start)},
                 {"Duration", std::int64_t{minutes}}}};
    Command book{std::string{command_of(request.kind)},
                 {{"BookingRequestUUID", request.uuid.value},
                  {"OrganizerEmail", request.organizer_email},
                  {"StartTime", format_time(slot.start)},
                  {"Duration", std::int64_t{minutes}}}};
    if (!request.title.empty()) book.arguments.emplace_back("Title", request.title);
    return book;
}

/// The times that a command of ours asks for.
Slot slot_of(const Command& command) {
    Slot slot;
    Millis length{0};
    for (const auto& [name, value] : command.arguments) {
        if (const auto* text = std::get_if<std::string>(&value); text && name == "StartTime")
            slot.start = parse_time(*text).value_or(WallTime{});
        if (const auto* number = std::get_if<std::int64_t>(&value); number && name == "Duration")
            length = std::chrono::minutes{*number};
    }
    slot.end = slot.start + length;
    return slot;
}

/// Asked for just now. What seems to come from the future was asked for before the clock was set back.
bool is_fresh(WallTime asked_at, Now now) {
    const Millis age = now.wall - asked_at;
    return age <= rules::request_life && age >= -rules::request_life;
}

}  // namespace

std::string_view name_of(RequestKind kind) {
    switch (kind) {
        case RequestKind::SignOut: return "sign-out";
        case RequestKind::Book: return "book";
        case RequestKind::Edit: return "edit";
        case RequestKind::Delete: return "delete";
        case RequestKind::Renew: return "renew";
    }
    return "";
}

void Fleet::refuse(const Request& request, const std::string& cause, Seq seq) {
    outcomes_.push_back({request.key, "refused", cause, seq, request.meeting});
}

void Fleet::order(const Request& request, Now now) {
    if (orders_.count(request.key) > 0) return;
    for (const auto& outcome : outcomes_)
        if (outcome.key == request.key) return;
    Entry* const entry = find(request.device);
    if (!entry) return refuse(request, "no such desk is known");
    for (const auto& errand : entry->errands)
        if (errand.request == request.key) return;  // rung for twice
    const bool sent_before = orphans_.count(request.key) > 0;
    if (!sent_before && !is_fresh(request.asked_at, now))
        return refuse(request, "the worker was not running when this was asked for");
    if (const auto missing = grants_.withheld(command_of(request.kind)); !missing.empty() && !sent_before)
        return refuse(request, not_granted(missing) +
                                   "; hotdeskd manifest --request-update asks for it, to be approved in Control Hub");
    if (request.kind == RequestKind::SignOut)
        order_sign_out(*entry, request, now);
    else
        order_booking(*entry, request, now);
}

void Fleet::order_sign_out(Entry& entry, const Request& request, Now now) {
    if (const auto orphan = orphans_.find(request.key); orphan != orphans_.end()) {
        // Sent, perhaps, before a restart. It names nobody: after a while it would hit whoever sits there by then.
        Record record = std::move(orphan->second);
        orphans_.erase(orphan);
        if (is_fresh(record.time, now)) {
            entry.errands.push_back({std::move(record), request.key, std::nullopt, {}, now.mono, false, true});
            with_errands_.insert(&entry);
            return;
        }
        record.result = "dropped: hotdeskd stopped before the answer came";
        outcomes_.push_back({request.key, "unknown", "hotdeskd stopped before the answer came", record.seq, {}});
        outbox_done_.push_back(record.seq);
        finished_.push_back(std::move(record));
        return;
    }
    auto decisions = remote_sign_out(entry.desk, Around(*this, entry.desk));
    // What is told before has no outcome of its own.
    for (std::size_t i = 0; i < decisions.size(); ++i)
        add_errand(entry, std::move(decisions[i]), i + 1 == decisions.size() ? request.key : "", Mode::Enforce, now);
}

void Fleet::order_booking(Entry& entry, const Request& request, Now now) {
    const Desk& desk = entry.desk;
    const auto known = std::find_if(desk.bookings.begin(), desk.bookings.end(), [&](const KnownBooking& k) {
        return !request.meeting.empty() && k.booking.ref.meeting == request.meeting;
    });
    const bool edits = request.kind != RequestKind::Book;
    Order order;
    order.request = request;
    order.device = desk.id;
    order.given_up_at = now.mono + rules::confirm_within;
    if (edits && known == desk.bookings.end() && orphans_.count(request.key) == 0)
        return refuse(request, "the desk has no such booking any more");
    KnownBooking candidate;
    if (edits && known != desk.bookings.end()) candidate = *known;
    const WallTime start = request.start.value_or(candidate.booking.start);
    const Millis length =
        request.duration ? Millis{*request.duration} : candidate.booking.end - candidate.booking.start;
    order.wanted = {start, start + length};

    if (const auto orphan = orphans_.find(request.key); orphan != orphans_.end()) {
        // It may have arrived before hotdeskd was started again: the desk is asked.
        order.record = std::move(orphan->second);
        orphans_.erase(orphan);
        order.wanted = slot_of(order.record.command);
        order.sent_at = order.look_at = now.mono;
        order.maybe_lost = order.may_be_done = true;
        // Whoever asked has been told that the outcome is not known: it is looked for, and not sent again.
        order.sends = now.wall - request.asked_at > rules::confirm_within ? most_sends : 1;
        orders_.emplace(request.key, std::move(order));
        return;
    }
    if (is_fulfilled(entry, order, now)) {
        outcomes_.push_back({request.key, "done", "", 0, order.request.meeting});
        return;
    }
    candidate.booking.start = order.wanted.start;
    candidate.booking.end = order.wanted.end;
    candidate.as_of = candidate.made_at = now.wall;
    if (!edits) candidate.booking.organizer_email = request.organizer_email;
    std::string reason = "an administrator asked for it with hotdeskd " + verb_of(request.kind);
    if (request.kind != RequestKind::Delete) {
        if (const auto breach = breach_of(desk, candidate, now, Around(*this, desk))) {
            const std::string why = sentence({name_of(breach->rule), ": ", breach->says});
            if (!request.force) {
                Record record{next_seq_++,
                              now.wall,
                              desk.id,
                              std::string{name_of(breach->rule)},
                              "refuse " + verb_of(request.kind),
                              reason + "; " + breach->says,
                              {},
                              "refused",
                              ""};
                refuse(request, why + "; --force overrides the policy", record.seq);
                news_.push_back({record, desk.display_name});
                finished_.push_back(std::move(record));
                return;
            }
            reason += " --force, against " + why;
        }
        permit({request.uuid, request.meeting, order.wanted, {now.wall, now.mono}, request.organizer_email}, entry);
    }
    const Command command = command_for(request, order.wanted);
    orders_.emplace(request.key, std::move(order));
    add_errand(entry, {Rule::Cli, verb_of(request.kind), reason, std::nullopt, {}, command}, request.key, Mode::Enforce,
               now);
}

/// The devices of a workspace have its bookings in common: what an administrator wants of one is judged at none.
void Fleet::permit(const Permit& wish, const Entry& at) {
    for (Entry* const entry : workspaces_[at.desk.workspace]) {
        auto& permits = entry->desk.permits;
        if (permits.size() >= max_permits_a_desk) permits.erase(permits.begin());
        permits.push_back(wish);
        dirty_.insert(entry);
    }
}

/// The desk's bookings show it. A new booking gets its MeetingId here.
bool Fleet::is_fulfilled(const Entry& entry, Order& order, Now now) const {
    const Request& request = order.request;
    for (const auto& known : entry.desk.bookings) {
        const Booking& booking = known.booking;
        if (booking.end <= now.wall) continue;
        if (request.kind == RequestKind::Book) {
            const bool named = known.request == request.uuid || booking.ref.meeting.value == request.uuid.value;
            // The desk keeps one booking at a time: this is it, however it came to be.
            const bool alike =
                slot_of(booking) == order.wanted && same_address(booking.organizer_email, request.organizer_email);
            if (!named && !alike) continue;
            order.request.meeting = booking.ref.meeting;
            return true;
        }
        if (booking.ref.meeting == request.meeting)
            return request.kind == RequestKind::Edit && slot_of(booking) == order.wanted;
    }
    return request.kind == RequestKind::Delete;
}

/// Its command was answered, well or not, or could not go out.
void Fleet::order_sent(Errand&& errand, const Error* error, Now now) {
    Order& order = orders_.at(errand.request);
    order.record = std::move(errand.record);
    ++order.sends;
    order.sent_at = now.mono;
    if (order.failed) return conclude(errand.request, "refused", std::string{*order.failed});
    if (error && !errand.under_way)
        return conclude(errand.request, order.may_be_done ? "unknown" : "refused", error->message);
    order.may_be_done = order.may_be_done || !error || rules::may_be_done(*error);
    if (error) order.not_done = error->message;
    const bool passing = error && (error->kind == ErrorKind::Transient || error->kind == ErrorKind::RateLimited ||
                                   rules::may_be_done(*error));
    // A booking is refused, too, where an earlier command has arrived and takes its place: what comes is that one.
    const bool may_come = order.may_be_done && (passing || order.request.kind == RequestKind::Book);
    if (error && !may_come && (!passing || order.sends >= most_sends))
        return conclude(errand.request, "refused", error->message);
    order.record.result = result_pending;
    order.maybe_lost = passing;
    order.looks = 0;
    order.send_not_before = now.mono + (error && error->retry_after ? Millis{*error->retry_after} : Millis{0});
    order.look_at = std::max(now.mono + looks[0], order.send_not_before);
}

void Fleet::send_order(Entry& entry, Order& order, Now now) {
    order.sent_at.reset();
    entry.errands.push_back({order.record, order.request.key, std::nullopt, {}, now.mono, false, true});
    with_errands_.insert(&entry);
}

/// After each look at a desk.
void Fleet::confirm_orders(Entry& entry, Now now) {
    std::vector<std::string> done;
    for (auto& [key, order] : orders_) {
        if (order.device != entry.desk.id || !order.sent_at) continue;
        if (is_fulfilled(entry, order, now)) {
            done.push_back(key);
            continue;
        }
        // The desk has taken it up, or a list that was asked for later does not have it.
        const auto& requested = entry.desk.requested;
        if (std::any_of(requested.begin(), requested.end(), [&, uuid = order.request.uuid](const RequestedBooking& r) {
                return !uuid.empty() && r.uuid == uuid;
            }))
            order.maybe_lost = false;
        const auto asked = entry.desk.asked_at();
        if (order.maybe_lost && order.sends < most_sends && asked && *asked > *order.sent_at &&
            now.mono >= order.send_not_before)
            send_order(entry, order, now);
    }
    for (const auto& key : done) conclude(key, "done", "");
}

/// A desk says that it could not be done.
void Fleet::hear_of_orders(Entry& entry, const Input& heard) {
    const auto* happened = std::get_if<input::Happened>(&heard);
    if (!happened) return;
    const auto* failed = std::get_if<BookingFailed>(&happened->event.body);
    const auto* edit_failed = std::get_if<EditFailed>(&happened->event.body);
    if (!failed && !edit_failed) return;
    std::vector<std::string> refused;
    for (auto& [key, order] : orders_) {
        if (order.device != entry.desk.id) continue;
        if (failed && order.request.kind == RequestKind::Book && failed->uuid == order.request.uuid)
            order.failed = in_words(failed->cause);
        else if (edit_failed && order.request.kind == RequestKind::Edit &&
                 edit_failed->meeting == order.request.meeting)
            order.failed = in_words(edit_failed->cause);
        // The event may be faster than the answer to the command, which is waited for.
        if (order.failed && order.sent_at) refused.push_back(key);
    }
    for (const auto& key : refused) conclude(key, "refused", std::string{*orders_.at(key).failed});
}

void Fleet::look_at_orders(Now now) {
    std::vector<std::string> given_up;
    std::vector<Entry*> to_ask;
    for (auto& [key, order] : orders_) {
        if (!order.sent_at) continue;  // on its way, which has an end of its own
        if (now.mono >= order.given_up_at) {
            given_up.push_back(key);
        } else if (now.mono >= order.look_at) {
            const auto next = static_cast<std::size_t>(++order.looks);
            order.look_at =
                next < looks.size() ? std::max(*order.sent_at + looks[next], now.mono + looks[0]) : order.given_up_at;
            to_ask.push_back(find(order.device));
        }
    }
    for (const auto& key : given_up) {
        const Order& order = orders_.at(key);
        if (order.may_be_done)
            conclude(key, "unknown",
                     "the desk did not confirm it within " + format_duration(rules::confirm_within) +
                         "; hotdeskd bookings shows whether it came");
        else
            conclude(key, "refused", std::string{order.not_done});
    }
    for (Entry* const entry : to_ask) {
        entry->desk.ask_at = now.mono;
        step(*entry, input::Woken{}, now);
    }
}

/// Commands of an earlier process that nobody asks about any more.
void Fleet::forget_orphans() {
    for (auto& [key, record] : orphans_) {
        record.result = "dropped: hotdeskd stopped before the answer came";
        outbox_done_.push_back(record.seq);
        finished_.push_back(std::move(record));
    }
    orphans_.clear();
}

void Fleet::conclude(const std::string& key, const std::string& outcome, const std::string& cause) {
    const auto at = orders_.find(key);
    Order order = std::move(at->second);
    orders_.erase(at);
    const Entry& entry = *find(order.device);  // a desk that goes concludes its orders first
    if (outcome == "refused")
        for (Entry* const there : workspaces_[entry.desk.workspace]) {
            const auto taken_back = std::erase_if(there->desk.permits, [&](const Permit& permit) {
                return permit.slot == order.wanted && permit.uuid == order.request.uuid &&
                       permit.meeting == order.request.meeting;
            });
            if (taken_back > 0) dirty_.insert(there);
        }
    outcomes_.push_back({key, outcome, cause, order.record.seq, order.request.meeting});
    order.record.result = outcome == "done" ? std::string{result_done} : outcome + ": " + cause;
    outbox_done_.push_back(order.record.seq);
    news_.push_back({order.record, entry.desk.display_name});
    finished_.push_back(std::move(order.record));
}

}  // namespace hotdesk
