#include "core/around.hpp"
#include "core/fleet.hpp"
#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

/// Desks that are asked at the same time (two calls each), and commands under way at the same time. Small enough that
/// a campus coming back does not run into Webex's rate limits at once, large enough that it is done in minutes.
constexpr std::size_t most_asking = 8, most_sending = 32, most_asking_who = 4;
/// A command that could not go out within this is stale: the desk is asked again first. Longer than a call may take:
/// what is told first may hang, and the sign-out behind it must not suffer for that.
constexpr Millis errand_life = 45s;
/// What a person's addresses are believed for, and how many people are remembered.
constexpr Millis person_life = 1h;
constexpr std::size_t most_people = 10000;

/// For whoever asked for a sign-out.
RequestOutcome outcome_of(const std::string& key, Seq seq, const Error* error, bool was_sent) {
    if (!error) return {key, "done", "", seq, {}};
    if (!was_sent || !rules::may_be_done(*error)) return {key, "refused", error->message, seq, {}};
    return {key,
            "unknown",
            error->message + "; the desk may have done it all the same: hotdeskd devices shows it",
            seq,
            {}};
}

/// What is asked of a desk at the same time fails as one: counted by the question, its desk would wait twice as long.
void add_failure(std::optional<input::AskFailed>& all, const Error& error) {
    const bool unreachable = error.kind == ErrorKind::Transient && error.http_status >= 400;
    const std::optional<Millis> retry_after = error.retry_after;
    if (!all) all = input::AskFailed{error.kind, std::nullopt, false};
    if (error.kind == ErrorKind::RateLimited) all->kind = error.kind;
    all->retry_after = std::max(all->retry_after, retry_after);  // none is less than any
    all->unreachable = all->unreachable || unreachable;
}

}  // namespace

bool Fleet::still_right(const Entry& entry, const Errand& errand, Now now) const {
    if (!errand.request.empty()) return errand.decided_at + rules::request_life >= now.mono;
    if (errand.decided_at + errand_life < now.mono || now.mono < entry.desk.not_before) return false;
    // The administrator may have changed their mind since it was decided.
    if (policy_.mode() == Mode::Observe && name_of(Rule::Cli) != errand.record.rule) return false;
    // What is told belongs to the act behind it, and to whoever that is about.
    if (!errand.act) return entry.errands.size() > 1 && still_right(entry, entry.errands[1], now);
    for (const Verdict& verdict : judge(entry.desk, now, Around(*this, entry.desk), false))
        if (verdict.act == errand.act && *verdict.due <= now.mono &&
            (verdict.ref.empty() || rules::same(verdict.ref, errand.ref)))
            return true;
    return false;
}

void Fleet::send_next(Entry& entry, std::vector<Call>& calls, Now now) {
    while (!entry.errands.empty() && sending_ < most_sending) {
        Errand& errand = entry.errands.front();
        if (errand.under_way || !errand.stored) return;
        if (!still_right(entry, errand, now)) {
            const Error stale{ErrorKind::Transient, "it could not be sent in time"};
            const bool held = now.mono < entry.desk.not_before;
            finish(entry,
                   held ? "dropped: the desk wants to be left alone" : "dropped: no longer right when it could be sent",
                   "", &stale, now);
            continue;
        }
        // Decided, or ordered, before Webex took it back.
        if (const auto missing = grants_.withheld(errand.record.command.name); !missing.empty()) {
            const Error error{ErrorKind::Rejected, not_granted(missing)};
            finish(entry, "dropped: " + error.message, "", &error, now);
            continue;
        }
        errand.under_way = true;
        ++sending_;
        calls.emplace_back(call::Send{errand.record.seq, entry.desk.id, errand.record.command});
        return;
    }
}

void Fleet::take_calls(std::vector<Call>& calls, Now now, bool commands) {
    if (commands) {
        // send_next() may change the set.
        const std::vector<Entry*> waiting{with_errands_.begin(), with_errands_.end()};
        for (Entry* entry : waiting) send_next(*entry, calls, now);
    }
    while (!who_asks_.empty() && asking_who_ < most_asking_who) {
        Entry& entry = *who_asks_.front();
        who_asks_.pop_front();
        ++asking_who_;
        if (!entry.who_started) entry.who_started = now.mono;
        if (entry.who.empty())
            calls.emplace_back(call::AskSessions{entry.desk.id, entry.desk.workspace});
        else
            calls.emplace_back(call::AskPerson{entry.desk.id, entry.who});
    }
    while (!asks_.empty() && asking_ < most_asking) {
        Entry& entry = *asks_.front();
        asks_.pop_front();
        entry.ask_queued = false;
        entry.asking = 2;
        ++asking_;
        calls.emplace_back(call::AskStatus{entry.desk.id, may_ask_presence_, grants_.may_ask_calls()});
        calls.emplace_back(call::AskBookings{entry.desk.id});
    }
}

void Fleet::finish(Entry& entry, std::string result, const std::string& tracking_id, const Error* error, Now now) {
    Errand errand = std::move(entry.errands.front());
    entry.errands.pop_front();
    if (entry.errands.empty()) with_errands_.erase(&entry);
    if (errand.under_way) --sending_;
    errand.record.result = std::move(result);
    errand.record.tracking_id = tracking_id;
    if (orders_.count(errand.request) > 0) {
        order_sent(std::move(errand), error, now);
        return confirm_orders(entry, now);
    }
    if (!errand.request.empty())
        outcomes_.push_back(outcome_of(errand.request, errand.record.seq, error, errand.under_way));
    outbox_done_.push_back(errand.record.seq);
    news_.push_back({errand.record, entry.desk.display_name});
    finished_.push_back(errand.record);
    // A desk that wants to be left alone means all that is to be done to it.
    if (error && error->retry_after)
        entry.desk.not_before =
            std::max(entry.desk.not_before, now.mono + std::min<Millis>(*error->retry_after, rules::longest_hold));
    if (errand.act) {
        input::Answered answered{errand.record.seq, std::nullopt};
        if (error)
            answered = {answered.seq, error->kind, error->retry_after, errand.under_way && rules::may_be_done(*error),
                        errand.under_way && error->http_status != 403};
        step(entry, answered, now);
    }
}

// --- who is signed in ------------------------------------------------------------------------------------------------

void Fleet::queue_who(Entry& entry, Now now) {
    if (entry.asking_who) return;
    if (who_is_held(entry, now)) return;
    entry.asking_who = true;
    entry.who_started.reset();
    entry.who = PersonId{};
    who_asks_.push_back(&entry);
}

/// While Webex does not want to hear such questions, none is asked for any desk, and nobody waits for the answer.
bool Fleet::who_is_held(Entry& entry, Now now) {
    if (now.mono >= who_not_before_) return false;
    entry.asking_who = false;
    step(entry, input::WhoFailed{who_not_before_ - now.mono, false}, now);
    return true;
}

void Fleet::ask_who_again(Now now) {
    if (!std::exchange(who_refused_, false)) return;
    for (auto& [id, entry] : desks_)
        if (entry->desk.sign_in) step(*entry, input::Woken{}, now);
}

void Fleet::who_is(Entry& entry, std::optional<Person> who, Now now) {
    entry.asking_who = false;
    step(entry, input::Identified{std::move(who), *entry.who_started}, now);
}

/// Where nobody's session can be asked for, or Webex wants a pause, whoever waits with such a question need not find
/// out the same, few at a time: sign-outs may hang on it.
void Fleet::who_failed(Entry& entry, const Error& error, bool for_all, Now now) {
    const input::WhoFailed failed{error.retry_after};
    if (failed.retry_after) who_not_before_ = std::max(who_not_before_, now.mono + *failed.retry_after);
    const std::deque<Entry*> waiting =
        for_all || failed.retry_after ? std::exchange(who_asks_, {}) : std::deque<Entry*>{};
    for (Entry* const other : waiting) other->asking_who = false;
    step(entry, failed, now);
    for (Entry* const other : waiting) step(*other, input::WhoFailed{failed.retry_after, !failed.retry_after}, now);
}

/// A session names its workspace, and not the device.
bool Fleet::somebody_beside(const Entry& entry) const {
    const auto& there = workspaces_.at(entry.desk.workspace);
    return std::any_of(there.begin(), there.end(),
                       [&](const Entry* other) { return other != &entry && other->desk.sign_in.has_value(); });
}

void Fleet::who_answered(Entry& entry, const Call& call, Result<Reply>&& reply, Now now, bool about_us) {
    if (!entry.asking_who || !entry.who_started) return;  // asked before the desk went away and came back
    --asking_who_;
    if (!reply.ok()) {
        // A limit is of this question alone, as far as is known: to ask again and again would hold up everything else.
        if (about_us && reply.error().kind != ErrorKind::RateLimited) {
            who_asks_.push_front(&entry);
            return;
        }
        entry.asking_who = false;
        // Not granted after all: the rule rests. Source: protocol: 403 is about us.
        who_refused_ = who_refused_ || reply.error().http_status == 403;
        return who_failed(entry, reply.error(), std::holds_alternative<call::AskSessions>(call), now);
    }
    if (std::holds_alternative<call::AskPerson>(call)) {
        Person person = std::get<Person>(std::move(*reply));
        if (people_.size() >= most_people) people_.clear();
        people_[person.id] = {person, now.mono};
        return who_is(entry, std::move(person), now);
    }
    std::set<PersonId> there;
    for (const auto& session : std::get<std::vector<HotdeskSession>>(*reply))
        if (session.workspace == entry.desk.workspace && !session.person.empty()) there.insert(session.person);
    // Nobody, or more than one, or somebody else at the other device: then it is not known who sits here.
    if (there.size() != 1 || somebody_beside(entry)) return who_is(entry, std::nullopt, now);
    const auto known = people_.find(*there.begin());
    if (known != people_.end() && now.mono - known->second.second < person_life)
        return who_is(entry, known->second.first, now);
    entry.who = *there.begin();
    if (!who_is_held(entry, now)) who_asks_.push_front(&entry);
}

// --- answers ---------------------------------------------------------------------------------------------------------

void Fleet::ask_answered(Entry& entry, const Call& call, Result<Reply>&& reply, MonoTime started, Now now,
                         bool about_us) {
    if (entry.asking == 0) return;  // asked before the desk went away and came back
    if (--entry.asking == 0) --asking_;
    if (reply.ok() && std::holds_alternative<call::AskBookings>(call) && std::get<BookingList>(*reply).skipped > 0) {
        // One that cannot be read may be the one that matters.
        reply = Error{ErrorKind::Corrupt, "a booking of the list cannot be read"};
    }
    // Asking the same desk again as soon as that is allowed would be refused again, and again.
    const bool failed = !reply.ok() && (!about_us || reply.error().kind == ErrorKind::RateLimited);
    if (failed) add_failure(entry.ask_failed, reply.error());
    if (entry.asking == 0)
        if (const auto whole = std::exchange(entry.ask_failed, std::nullopt)) step(entry, *whole, now);
    if (!reply.ok()) {
        if (!failed && entry.asking == 0) step(entry, input::Woken{}, now);
    } else if (std::holds_alternative<call::AskStatus>(call)) {
        step(entry, input::StatusAnswered{std::get<StatusReport>(*reply), started}, now);
    } else {
        step(entry, input::BookingsAnswered{std::move(std::get<BookingList>(*reply).bookings), started}, now);
    }
}

void Fleet::send_answered(Entry& entry, Result<Reply>&& reply, Now now, bool about_us) {
    if (reply.ok()) {
        ++sent_;
        finish(entry, std::string{result_done}, std::get<CommandDone>(*reply).tracking_id, nullptr, now);
        return;
    }
    Error error = reply.error();
    if (about_us) {
        entry.errands.front().under_way = false;
        --sending_;
        return;
    }
    if (error.unsent)
        error.message = "it was not sent: " + error.message;
    else
        ++sent_;
    ++failed_;
    finish(entry, "failed: " + error.message, error.tracking_id, &error, now);
}

void Fleet::answered(const Call& call, Result<Reply>&& reply, MonoTime started, Now now, bool about_us) {
    if (const auto* send = std::get_if<call::Send>(&call)) {
        Entry* const entry = find(send->device);
        if (entry && !entry->errands.empty() && entry->errands.front().record.seq == send->seq)
            send_answered(*entry, std::move(reply), now, about_us);
        return;
    }
    const auto* sessions = std::get_if<call::AskSessions>(&call);
    const auto* person = std::get_if<call::AskPerson>(&call);
    if (sessions || person) {
        Entry* const entry = find(sessions ? sessions->device : person->device);
        if (entry) who_answered(*entry, call, std::move(reply), now, about_us);
        return;
    }
    const auto* status = std::get_if<call::AskStatus>(&call);
    const auto* bookings = std::get_if<call::AskBookings>(&call);
    if (!status && !bookings) return;
    if (Entry* entry = find(status ? status->device : bookings->device))
        ask_answered(*entry, call, std::move(reply), started, now, about_us);
}

std::string Fleet::name_of_desk(const Call& call) const {
    const auto name = [&](const DeviceId& device) {
        const auto at = desks_.find(device);
        return at == desks_.end() ? device.value : at->second->desk.display_name;
    };
    if (const auto* status = std::get_if<call::AskStatus>(&call)) return name(status->device);
    if (const auto* bookings = std::get_if<call::AskBookings>(&call)) return name(bookings->device);
    if (const auto* sessions = std::get_if<call::AskSessions>(&call)) return name(sessions->device);
    if (const auto* person = std::get_if<call::AskPerson>(&call)) return name(person->device);
    if (const auto* send = std::get_if<call::Send>(&call)) return name(send->device);
    return "";
}

}  // namespace hotdesk
