// Runs a scenario file against the rules: the real fleet, a virtual clock, and one desk that answers what it is asked.
//
// A scenario is a story in lines. `#` begins a comment; the first ones tell the story. Times are of one day, UTC.
//
//   policy KEY=VALUE ...            sign_in_grace, sign_out_grace, max_call_overrun (durations or off),
//                                   release_on_sign_out, messages (yes, no), mode (enforce, observe)
//   at 09:00[:00]                   the time at which the desk becomes known; the first line that moves the clock
//   desk KEY=VALUE ...              what the desk answers when it is asked, from now on, without pushing it:
//                                   signed_in (yes, no), calls (N, unknown), obeys (yes, no), online (yes, no)
//   listed ID ORGANIZER FROM TO     the desk's list has this booking; `unlisted ID` takes it away
//   status KEY=VALUE ... [late=D]   the desk pushes signed_in or calls, and answers so too; `late`: as of D ago
//   event NAME KEY=VALUE ...        the desk pushes an event; Created, Moved, Deleted change its list as well;
//                                   `gap` is no event of a desk: messages may have been lost
//   pass D                          time passes; every timer fires when it is due
//   reply CODE [after=D]            the next command is answered so instead of being carried out
//   crash                           the worker stops and starts again with what was stored
//   expect sent NAME [KEY=VALUE]    the next command, in order; a prefix of the value is enough
//   expect nothing                  no command was sent that was not expected
//   expect rule NAME                the last decision came from this rule
//   expect state WORD               as in `hotdeskd devices`
//   expect result TEXT              the last decision that has a result has this one; a prefix is enough
//
// At the end nothing may be left over.

#include "core/fleet.hpp"

#include "scenario.hpp"

#include <deque>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace {

using namespace hotdesk;
using namespace std::chrono_literals;

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Words = std::map<std::string, std::string>;

const std::string day = "2026-03-02T";  // a Monday

WallTime clock_time(const std::string& text) {
    const auto time = parse_time(day + (text.size() == 5 ? text + ":00Z" : text + "Z"));
    if (!time) throw Broken("no time: " + text);
    return *time;
}

Millis span(const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) throw Broken("no duration: " + text);
    return *duration;
}

Limit limit(const std::string& text) { return text == "off" ? off : Limit{span(text)}; }

bool yes(const std::string& text) {
    if (text != "yes" && text != "no") throw Broken("yes or no, not " + text);
    return text == "yes";
}

class Scenario {
public:
    void line(const std::string& text) {
        std::istringstream in(text.substr(0, text.find('#')));
        std::string word;
        if (!(in >> word)) return;
        std::vector<std::string> plain;
        Words named;
        for (std::string rest; in >> rest;) {
            if (const auto equals = rest.find('='); equals != std::string::npos)
                named[rest.substr(0, equals)] = rest.substr(equals + 1);
            else
                plain.push_back(rest);
        }
        const auto at = [&](std::size_t i) {
            if (i >= plain.size()) throw Broken("too few words");
            return plain[i];
        };
        if (word == "policy") return set_policy(named);
        if (word == "at") return begin(clock_time(at(0)));
        if (word == "desk") return set_desk(named);
        if (word == "listed")
            return list({{BookingId{at(0)}, MeetingId{at(0)}}, clock_time(at(2)), clock_time(at(3)), at(1), "", ""});
        if (word == "unlisted") return unlist(at(0));
        if (word == "status") return push(named);
        if (word == "event") return event(at(0), named);
        if (word == "pass") return pass(span(at(0)));
        if (word == "reply")
            return replies_.push_back({std::stoi(at(0)), named.count("after") ? span(named["after"]) : Millis{0}});
        if (word == "crash") return crash();
        if (word == "expect") return expect(at(0), plain, named);
        throw Broken("unknown line: " + word);
    }

    void end() {
        if (!started_) throw Broken("nothing happened: no `at`");
        if (!sent_.empty()) throw Broken("sent and not expected: " + describe(sent_.front()));
    }

private:
    struct CannedReply {
        int code;
        Millis after;
    };

    Now now() const { return {wall_, mono_}; }
    const DeviceId id_{"desk-1"};

    void begin(WallTime at) {
        if (started_) throw Broken("`at` a second time");
        started_ = true;
        wall_ = at;
        fleet_.emplace(PolicyBook{policy_, {}}, Seq{1});
        take_inventory();
        settle();
    }

    void take_inventory() {
        Inventory inventory;
        inventory.devices.push_back({id_, "Desk 1", WorkspaceId{"w1"}, LocationId{}, "roomdesk", true});
        inventory.workspaces.push_back({WorkspaceId{"w1"}, "Oslo 1", LocationId{}, true, "none"});
        fleet_->take_inventory(inventory, now());
    }

    void set_policy(const Words& words) {
        for (const auto& [key, value] : words) {
            if (key == "sign_in_grace")
                policy_.sign_in_grace = limit(value);
            else if (key == "sign_out_grace")
                policy_.sign_out_grace = limit(value);
            else if (key == "max_call_overrun")
                policy_.max_call_overrun = limit(value);
            else if (key == "release_on_sign_out")
                policy_.release_on_sign_out = yes(value);
            else if (key == "messages")
                policy_.messages = yes(value);
            else if (key == "mode")
                policy_.mode = value == "observe" ? Mode::Observe : Mode::Enforce;
            else
                throw Broken("unknown policy key: " + key);
        }
        if (fleet_) fleet_->set_policy({policy_, {}}, now()), settle();
    }

    void set_desk(const Words& words) {
        for (const auto& [key, value] : words) {
            if (key == "signed_in")
                signed_in_ = yes(value);
            else if (key == "calls")
                calls_ = value == "unknown" ? std::nullopt : std::optional{std::stoi(value)};
            else if (key == "obeys")
                obeys_ = yes(value);
            else if (key == "online")
                online_ = yes(value);
            else
                throw Broken("unknown: " + key);
        }
    }

    void list(Booking booking) {
        unlist(booking.ref.meeting.value);
        bookings_.push_back(std::move(booking));
    }
    void unlist(const std::string& meeting) {
        std::erase_if(bookings_, [&](const Booking& b) { return b.ref.meeting.value == meeting; });
    }

    void push(Words words) {
        StatusReport report;
        Millis late{0};
        for (const auto& [key, value] : words) {
            if (key == "late") late = span(value);
        }
        const bool current = late == Millis{0};
        for (const auto& [key, value] : words) {
            if (key == "signed_in") {
                report.personalized = std::optional{yes(value)};
                if (current) signed_in_ = yes(value);
            } else if (key == "calls") {
                report.active_calls = std::optional{std::stoi(value)};
                if (current) calls_ = std::stoi(value);
            } else if (key != "late") {
                throw Broken("unknown: " + key);
            }
        }
        hear(input::Pushed{report, wall_ - late});
    }

    Booking booking_of(const Words& words) const {
        const auto get = [&](const std::string& key) { return words.count(key) ? words.at(key) : std::string{}; };
        Booking booking{{BookingId{get("id")}, MeetingId{get("meeting")}}, wall_, wall_, get("organizer"), "", ""};
        if (words.count("start")) booking.start = clock_time(get("start"));
        booking.end = words.count("end") ? clock_time(get("end")) : booking.start;
        return booking;
    }

    void event(const std::string& name, const Words& words) {
        const Booking booking = booking_of(words);
        const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(booking.end - booking.start);
        const Millis late = words.count("late") ? span(words.at("late")) : Millis{0};
        const RequestUuid uuid{words.count("uuid") ? words.at("uuid") : ""};
        const std::string cause = words.count("cause") ? words.at("cause") : "Deleted";
        const bool silent = words.count("silent") > 0;
        EventBody body;
        if (name == "BookingRequested") {
            body = BookingRequested{uuid, booking.start, minutes};
        } else if (name == "BookingCreated") {
            if (!silent) list(booking);
            body = BookingCreated{booking, uuid};
        } else if (name == "BookingFailed") {
            body = BookingFailed{uuid, cause};
        } else if (name == "BookingMoved") {
            for (auto& known : bookings_)
                if (known.ref.meeting == booking.ref.meeting) known.start = booking.start, known.end = booking.end;
            body = BookingMoved{booking.ref, booking.start, minutes};
        } else if (name == "Start") {
            body = BookingStarted{booking.ref};
        } else if (name == "End") {
            body = BookingEnded{booking.ref, booking.start, words.count("end") ? booking.end : wall_};
        } else if (name == "Deleted") {
            if (!silent) unlist(booking.ref.meeting.value);
            body = BookingDeleted{booking.ref, cause};
        } else if (name == "SyncRequired") {
            body = BookingsChanged{};
        } else if (name == "gap") {
            return doubt();
        } else if (name == "BootEvent") {
            body = Booted{"Restart"};
        } else {
            throw Broken("unknown event: " + name);
        }
        hear(input::Happened{{body, wall_ - late}});
    }

    void doubt() {
        fleet_->doubt_all(now());
        settle();
    }

    void hear(const Input& input) {
        if (!fleet_) throw Broken("before `at`");
        if (!fleet_->hear(id_, input, now())) throw Broken("the desk is not known");
        settle();
    }

    void pass(Millis duration) {
        const MonoTime until = mono_ + duration;
        for (int turns = 0;; ++turns) {
            if (turns > 100000) throw Broken("the fleet never comes to rest");
            MonoTime next = until;
            if (const auto wake = fleet_->wake_at()) next = std::min(next, *wake);
            if (next > mono_) {
                wall_ += next - mono_;
                mono_ = next;
            }
            fleet_->wake(now());
            settle();
            if (mono_ == until && (!fleet_->wake_at() || *fleet_->wake_at() > until)) return;
        }
    }

    /// Stores, sends and answers until nothing is left to do.
    void settle() {
        for (int rounds = 0;; ++rounds) {
            if (rounds > 1000) throw Broken("the fleet never comes to rest");
            store();
            std::vector<Call> calls;
            fleet_->take_calls(calls, now());
            if (calls.empty()) return;
            for (const Call& call : calls) answer(call);
        }
    }

    void store() {
        const FleetChanges changes = fleet_->pending();
        for (const DeskState* desk : changes.desks) desk_ = *desk;
        for (const Record* record : changes.records) records_[record->seq] = *record;
        for (const OutboxEntry& entry : changes.outbox) outbox_[entry.seq] = entry;
        for (const Seq seq : changes.outbox_done) outbox_.erase(seq);
        next_seq_ = changes.next_seq;
        fleet_->committed();
    }

    void answer(const Call& call) {
        if (std::holds_alternative<call::AskStatus>(call)) {
            StatusReport report;
            report.personalized = std::optional{signed_in_};
            if (calls_) report.active_calls = std::optional{*calls_};
            reply(call, online_ ? Result<Reply>{Reply{report}} : unreachable());
        } else if (std::holds_alternative<call::AskBookings>(call)) {
            reply(call, online_ ? Result<Reply>{Reply{BookingList{bookings_, 0}}} : unreachable());
        } else {
            carry_out(call, std::get<call::Send>(call));
        }
    }

    static Error unreachable() {
        Error error{ErrorKind::Transient, "the desk cannot be reached (404)"};
        error.http_status = 404;
        return error;
    }

    void reply(const Call& call, Result<Reply> what) {
        const bool about_us =
            !what.ok() && (what.error().kind == ErrorKind::AuthExpired || what.error().http_status == 429);
        fleet_->answered(call, std::move(what), mono_, now(), about_us);
    }

    void carry_out(const Call& call, const call::Send& send) {
        if (!records_.count(send.seq) || !outbox_.count(send.seq))
            throw Broken("sent before it was stored: " + send.command.name);
        sent_.push_back(send.command);
        if (!replies_.empty()) {
            const CannedReply canned = replies_.front();
            replies_.pop_front();
            if (canned.code != 200) {
                Error error{canned.code == 404 || canned.code >= 500   ? ErrorKind::Transient
                            : canned.code == 429 || canned.code == 423 ? ErrorKind::RateLimited
                                                                       : ErrorKind::Rejected,
                            "answered " + std::to_string(canned.code)};
                error.http_status = canned.code;
                if (canned.after > Millis{0})
                    error.retry_after = std::chrono::duration_cast<std::chrono::seconds>(canned.after);
                return reply(call, error);
            }
        }
        if (!online_) return reply(call, unreachable());
        const bool signs_out = send.command.name == "Webex.Registration.Logout" && obeys_ && signed_in_;
        if (send.command.name == "Bookings.Delete" && obeys_) {
            const std::string meeting = std::get<std::string>(send.command.arguments.front().second);
            unlist(meeting);
            reply(call, Reply{CommandDone{"T-1"}});
            (void)fleet_->hear(
                id_, input::Happened{{BookingDeleted{{BookingId{}, MeetingId{meeting}}, "Deleted"}, wall_}}, now());
            return;
        }
        if (signs_out) signed_in_ = false;
        reply(call, Reply{CommandDone{"T-1"}});
        if (signs_out) {
            StatusReport report;
            report.personalized = std::optional{false};
            (void)fleet_->hear(id_, input::Pushed{report, wall_}, now());
        }
    }

    void crash() {
        fleet_.emplace(PolicyBook{policy_, {}}, next_seq_);
        mono_ = MonoTime{} + 1s;  // another boot: monotonic time starts anew
        fleet_->load(desk_, now());
        for (const auto& [seq, entry] : std::map<Seq, OutboxEntry>(outbox_))
            fleet_->load_unanswered(entry, records_.at(seq), now());
        settle();
    }

    static std::string text_of(const Argument& argument) {
        if (const auto* text = std::get_if<std::string>(&argument)) return *text;
        return std::to_string(std::get<std::int64_t>(argument));
    }

    static std::string describe(const Command& command) {
        std::string out = command.name;
        for (const auto& [name, value] : command.arguments) out += " " + name + "=" + text_of(value);
        return out;
    }

    void expect(const std::string& what, const std::vector<std::string>& plain, const Words& named) {
        const std::string value = plain.size() > 1 ? plain[1] : "";
        if (what == "nothing") {
            if (!sent_.empty()) throw Broken("expected nothing, sent " + describe(sent_.front()));
        } else if (what == "sent") {
            if (sent_.empty()) throw Broken("expected " + value + ", nothing was sent");
            const Command command = sent_.front();
            sent_.pop_front();
            if (command.name != value) throw Broken("expected " + value + ", sent " + describe(command));
            for (const auto& [name, wanted] : named) {
                bool found = false;
                for (const auto& [argument, text] : command.arguments)
                    found = found || (argument == name && text_of(text).substr(0, wanted.size()) == wanted);
                if (!found) throw Broken("expected " + name + "=" + wanted + ", sent " + describe(command));
            }
        } else if (what == "rule") {
            if (records_.empty() || records_.rbegin()->second.rule != value)
                throw Broken("expected a decision of " + value + ", got " +
                             (records_.empty() ? "none" : records_.rbegin()->second.rule));
            if (records_.rbegin()->second.reason.empty()) throw Broken("the decision has no reason");
        } else if (what == "result") {
            const std::string got = records_.empty() ? "none" : records_.rbegin()->second.result;
            if (got.substr(0, value.size()) != value) throw Broken("expected the result " + value + ", got " + got);
        } else if (what == "state") {
            if (state_of(desk_, wall_) != value)
                throw Broken("expected state " + value + ", got " + std::string{state_of(desk_, wall_)});
        } else {
            throw Broken("unknown expectation: " + what);
        }
    }

    Policy policy_;
    std::optional<Fleet> fleet_;
    bool started_ = false;
    WallTime wall_{};
    MonoTime mono_ = MonoTime{} + 1000s;

    // What the desk is.
    bool signed_in_ = false, obeys_ = true, online_ = true;
    std::optional<int> calls_ = 0;
    std::vector<Booking> bookings_;

    // What is on disk.
    DeskState desk_;
    std::map<Seq, Record> records_;
    std::map<Seq, OutboxEntry> outbox_;
    Seq next_seq_ = 1;

    std::deque<Command> sent_;
    std::deque<CannedReply> replies_;
};

}  // namespace

std::string run_scenario(const std::string& path) {
    std::ifstream in(path);
    if (!in) return "cannot be read";
    Scenario scenario;
    int number = 0;
    try {
        for (std::string text; std::getline(in, text);) {
            ++number;
            scenario.line(text);
        }
        scenario.end();
    } catch (const std::exception& failure) {
        return "line " + std::to_string(number) + ": " + failure.what();
    }
    return "";
}
