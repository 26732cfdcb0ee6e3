#include "campus.hpp"

#include "summer_zone.hpp"
#include "words.hpp"

#include <algorithm>

namespace hotdesk::test {

namespace {

using namespace std::chrono_literals;

/// A Monday; and the nights in which European clocks are set ahead and back, at 01:00 UTC.
WallTime opening_time(std::uint64_t seed, const Chances& chances) {
    if (!chances.summer) return *parse_time("2026-03-02T07:00:00Z");
    return *parse_time(seed % 2 == 0 ? "2026-03-28T20:00:00Z" : "2026-10-24T20:00:00Z");
}
const std::array<std::string, 4> people{"alice@example.com", "bob@example.com", "eve@evil.example",
                                        "carl@other.example"};

Opening opening_for(std::uint64_t seed, const Chances& chances) {
    Opening opening;
    opening.identity = chances.identity;
    opening.at = opening_time(seed, chances);
    opening.places = {{"desk-1", "w1", "Oslo_1", ""}, {"desk-2", "w2", "Oslo_2", ""}};
    // Now and then the first two are devices of one workspace.
    if (seed % 4 == 0) opening.places[1].workspace = "w1", opening.places[1].workspace_name = "Oslo_1";
    if (seed % 3 == 0) opening.places.push_back({"desk-3", "w3", "Oslo_3", ""});
    return opening;
}

std::string clock_of(WallTime time) {
    return format_time(std::chrono::floor<std::chrono::seconds>(time)).substr(0, 19);
}

}  // namespace

Campus::Campus(std::uint64_t seed, const Chances& chances)
    : random_(seed),
      chances_(chances),
      rig_(opening_for(seed, chances)),
      visitors_(rig_.desks.size()),
      sights_(rig_.desks.size()) {
    for (std::size_t desk = 0; desk < rig_.desks.size(); ++desk)
        story_ += "place " + rig_.desks[desk].place.desk + " workspace=" + rig_.desks[desk].place.workspace +
                  " name=" + rig_.desks[desk].place.workspace_name + "\n";
    story_ += "day " + clock_of(rig_.wall).substr(0, 10) + "\n";
    if (chances_.summer) zone_ = std::make_shared<SummerZone>(std::chrono::hours{1});
    random_policy();
    if (chances_.overrides) random_overrides();
    rig_.watcher = [this](std::size_t desk, const Command& command, int code) { on_send(desk, command, code); };
    story_ += "at " + clock_of(rig_.wall).substr(11, 5) + "\n";
    rig_.begin(policy_book(), false);
}

void Campus::tell(std::size_t desk, const std::string& line) {
    if (std::exchange(told_, desk) != desk) story_ += "on " + rig_.desks[desk].place.desk + "\n";
    story_ +=
        (chances_.twice && (line.rfind("event", 0) == 0 || line.rfind("status", 0) == 0) ? "twice " : "") + line + "\n";
}

/// Nothing follows from another thing in no time.
void Campus::tick() {
    tell(told_, "pass 1s");
    rig_.pass(1s);
    hear_again();
}

void Campus::play(int steps) {
    for (int i = 0; i < steps; ++i) step();
}

void Campus::step() {
    tick();
    tidy();
    const std::size_t desk = pick(rig_.desks.size());
    switch (pick(22)) {
        case 0: return book(desk, false);
        case 1: return book(desk, false);
        case 2: return book(desk, true);
        case 3: return book(desk, true);
        case 4: return move(desk, false);
        case 5: return move(desk, true);
        case 6: return one_in(3) ? remove(desk) : move(desk, false);
        case 7: return sign_in(desk);
        case 8: return sign_in(desk);
        case 9: return sign_in(desk);
        case 10: return sign_out(desk);
        case 11: return call(desk);
        case 12: return presence(desk);
        case 13: return fault();
        case 14: return resync();
        case 15: return order(desk);
        case 16: return order(desk);
        default: {
            static constexpr std::array<Millis, 8> spans{1s, 30s, 59s, 61s, 5min, 15min, 31min, 1h};
            return pass(spans[pick(spans.size())]);
        }
    }
}

/// Twice: at once, before anything has followed from it, and once more later.
void Campus::hear(std::size_t desk, const Input& input) {
    if (chances_.twice) {
        (void)rig_.fleet().hear(rig_.id(desk), input, rig_.now());
        heard_.emplace_back(desk, input);
    }
    rig_.hear(desk, input);
}

void Campus::hear_again() {
    for (const auto& [desk, input] : std::exchange(heard_, {})) rig_.hear(desk, input);
}

void Campus::say(std::size_t desk, const EventBody& body) { hear(desk, input::Happened{{body, rig_.wall}}); }

void Campus::push(std::size_t desk, const StatusReport& report) { hear(desk, input::Pushed{report, rig_.wall}); }

const Booking* Campus::running(std::size_t desk) const {
    for (const Booking& booking : rig_.desks[desk].bookings)
        if (booking.covers(rig_.wall)) return &booking;
    return nullptr;
}

/// The desk forgets bookings that are over.
void Campus::tidy() {
    for (std::size_t desk = 0; desk < rig_.desks.size(); ++desk) {
        const std::vector<Booking> all = rig_.desks[desk].bookings;
        for (const Booking& booking : all) {
            if (booking.end > rig_.wall) continue;
            rig_.desks[desk].unlist(booking.ref.meeting);
            const std::string& meeting = booking.ref.meeting.value;
            tell(desk, "unlisted " + meeting);
            if (one_in(3)) continue;
            tell(desk, "event End id=" + booking.ref.id.value + " meeting=" + meeting +
                           " start=" + clock_of(booking.start) + " end=" + clock_of(booking.end));
            say(desk, BookingEnded{booking.ref, booking.start, booking.end});
        }
    }
}

void Campus::pass(Millis span) {
    const WallTime until = rig_.wall + span;
    while (rig_.wall < until) {
        // Where a booking begins the desk looks who is there.
        WallTime next = until;
        for (const ScriptedDesk& desk : rig_.desks)
            for (const Booking& booking : desk.bookings)
                if (booking.start > rig_.wall) next = std::min(next, booking.start);
        tell(told_, "pass " + std::to_string((next - rig_.wall).count() / 1000) + "s");
        rig_.pass(next - rig_.wall);
        for (std::size_t desk = 0; desk < rig_.desks.size(); ++desk) look(desk);
    }
}

/// What the desk does by itself: whoever signs in to another's booking is signed out. Whoever overstays is not.
void Campus::look(std::size_t desk) {
    mark_arrivals(desk);
    const Booking* const booking = running(desk);
    auto& visitor = visitors_[desk];
    if (!booking || !visitor || !rig_.desks[desk].signed_in) return;
    if (visitor->who == booking->organizer_email) visitor->own = true;
    if (visitor->own || chances_.identity) return;
    tick();
    if (rig_.desks[desk].calls.value_or(0) > 0) call(desk);
    if (rig_.desks[desk].signed_in) sign_out(desk);
}

/// Who is there, or has been there for a minute, has come; but nobody for somebody else. What began before the booking,
/// or before somebody signed out, may be theirs.
void Campus::mark_arrivals(std::size_t desk) {
    const Booking* const booking = running(desk);
    const ScriptedDesk& now = rig_.desks[desk];
    if (!booking) return;
    Story& story = stories_[booking->ref.meeting.value];
    if (now.signed_in) story.left = false;
    const auto& visitor = visitors_[desk];
    if (now.signed_in && visitor->who != booking->organizer_email) return;
    const WallTime from = story.from(*booking);
    const Sight& sight = sights_[desk];
    const auto counts = [&](WallTime since) {
        return now.signed_in ? visitor->since >= from : since >= from && since > sight.free;
    };
    const bool calls = now.calls.value_or(0) > 0 && counts(sight.call);
    // Who is signed in is judged when they leave.
    const bool seen = now.presence == Presence::Yes && !now.signed_in && counts(sight.seen);
    if (calls || seen) story.came = true;
}

/// The desk and its companions: they have their bookings in common.
std::vector<std::size_t> Campus::beside(std::size_t desk) const {
    std::vector<std::size_t> out;
    for (std::size_t other = 0; other < rig_.desks.size(); ++other)
        if (rig_.desks[other].place.workspace == rig_.desks[desk].place.workspace) out.push_back(other);
    return out;
}

void Campus::book(std::size_t desk, bool at_desk) {
    const auto& visitor = visitors_[desk];
    if (at_desk && (!visitor || !rig_.desks[desk].signed_in)) return;
    const WallTime start = at_desk ? rig_.wall : std::chrono::floor<std::chrono::minutes>(rig_.wall) + 15min * pick(20);
    const WallTime end = start + 15min * (1 + static_cast<int>(pick(16)));
    for (const Booking& other : rig_.desks[desk].bookings)
        if (other.start < end && start < other.end) return;
    const std::string number = std::to_string(++made_), meeting = "m" + number;
    const Booking booking{{BookingId{number}, MeetingId{meeting}},
                          start,
                          end,
                          at_desk ? visitor->who : people[pick(people.size())],
                          "",
                          ""};
    const RequestUuid uuid{at_desk ? "u" + number : ""};
    stories_[meeting] = {rig_.wall, rig_.wall, at_desk, false, false, false, std::nullopt, {}};
    const std::string times = " start=" + clock_of(start) + " end=" + clock_of(end);
    judge_new(desk, booking);
    if (at_desk) {
        tell(desk, "event BookingRequested uuid=" + uuid.value + times);
        say(desk, BookingRequested{uuid, start, std::chrono::duration_cast<std::chrono::minutes>(end - start)});
    }
    // What hotdeskd does may change the desk while it is told: first the list, then the news.
    for (const std::size_t at : beside(desk)) rig_.desks[at].list(booking);
    for (const std::size_t at : beside(desk)) {
        tell(at, "event BookingCreated " + (at_desk && at == desk ? "uuid=" + uuid.value + " " : std::string{}) +
                     "id=" + number + " meeting=" + meeting + " organizer=" + booking.organizer_email + times);
        say(at, BookingCreated{booking, at == desk ? uuid : RequestUuid{}});
    }
    for (const std::size_t at : beside(desk)) look(at);
}

void Campus::move(std::size_t desk, bool extend) {
    auto& bookings = rig_.desks[desk].bookings;
    if (bookings.empty()) return;
    Booking moved = bookings[pick(bookings.size())];
    if (extend != moved.covers(rig_.wall)) return;
    if (!extend) {
        moved.start = std::chrono::floor<std::chrono::minutes>(rig_.wall) + 15min * (1 + pick(20));
        moved.end = moved.start + 15min * (1 + static_cast<int>(pick(16)));
    } else {
        moved.end += 30min;
    }
    for (const Booking& other : bookings)
        if (other.ref != moved.ref && other.start < moved.end && moved.start < other.end) return;
    Story& story = stories_[moved.ref.meeting.value];
    story.moved = rig_.wall;
    story.extended = extend;
    if (!extend) story.came = story.left = false;  // they have to come anew
    judge_new(desk, moved);
    for (const std::size_t at : beside(desk)) rig_.desks[at].list(moved);
    for (const std::size_t at : beside(desk)) {
        tell(at, "event BookingMoved id=" + moved.ref.id.value + " meeting=" + moved.ref.meeting.value +
                     " start=" + clock_of(moved.start) + " end=" + clock_of(moved.end));
        say(at, BookingMoved{moved.ref, moved.start,
                             std::chrono::duration_cast<std::chrono::minutes>(moved.end - moved.start)});
    }
    for (const std::size_t at : beside(desk)) look(at);
}

void Campus::remove(std::size_t desk) {
    const auto& bookings = rig_.desks[desk].bookings;
    if (bookings.empty()) return;
    const Booking gone = bookings[pick(bookings.size())];
    for (const std::size_t at : beside(desk)) rig_.desks[at].unlist(gone.ref.meeting);
    for (const std::size_t at : beside(desk)) {
        tell(at, "event Deleted id=" + gone.ref.id.value + " meeting=" + gone.ref.meeting.value);
        say(at, BookingDeleted{gone.ref, "Deleted"});
    }
}

void Campus::sign_in(std::size_t desk) {
    ScriptedDesk& there = rig_.desks[desk];
    if (there.signed_in) return;
    const Booking* const booking = running(desk);
    const std::string& who = booking && !one_in(4) ? booking->organizer_email : people[pick(people.size())];
    visitors_[desk] = Visitor{who, rig_.wall, false};
    there.signed_in = true;
    there.who = who;
    tell(desk, "status signed_in=yes  # " + who);
    StatusReport report;
    report.personalized = std::optional{true};
    push(desk, report);
    look(desk);
}

void Campus::sign_out(std::size_t desk) {
    ScriptedDesk& there = rig_.desks[desk];
    if (!there.signed_in) return;
    leaves(desk);
    there.signed_in = false;
    sights_[desk].free = rig_.wall;
    tell(desk, "status signed_in=no");
    StatusReport report;
    report.personalized = std::optional{false};
    push(desk, report);
}

/// Whoever has stayed for a while, or is known, has come and gone.
void Campus::leaves(std::size_t desk) {
    const Booking* const booking = running(desk);
    if (!booking) return;
    Story& story = stories_[booking->ref.meeting.value];
    const bool stayed = rig_.wall - std::max(visitors_[desk]->since, booking->start) >= 1min;
    const bool known = chances_.identity && visitors_[desk]->who == booking->organizer_email;
    if (stayed || known) story.left = true;
    const bool own = visitors_[desk]->who == booking->organizer_email;
    const bool in_time = visitors_[desk]->since >= story.from(*booking);
    const bool seen = own && rig_.desks[desk].presence == Presence::Yes;
    if (known || (in_time && (stayed || seen))) story.came = true;
}

void Campus::call(std::size_t desk) {
    ScriptedDesk& there = rig_.desks[desk];
    there.calls = there.calls.value_or(0) > 0 ? 0 : 1;
    sights_[desk].call = rig_.wall;
    tell(desk, "status calls=" + std::to_string(*there.calls));
    StatusReport report;
    report.active_calls = std::optional{*there.calls};
    push(desk, report);
    mark_arrivals(desk);
}

void Campus::presence(std::size_t desk) {
    ScriptedDesk& there = rig_.desks[desk];
    there.presence = there.presence == Presence::Yes ? Presence::No : Presence::Yes;
    sights_[desk].seen = rig_.wall;
    tell(desk, std::string{"status presence="} + (there.presence == Presence::Yes ? "yes" : "no"));
    StatusReport report;
    report.presence = std::optional{there.presence};
    push(desk, report);
    mark_arrivals(desk);
}

/// Something that hotdeskd uses is not granted any more; or all is again.
void Campus::withhold() {
    static const std::vector<std::string> names{"Webex.Registration.Logout",
                                                "Bookings.Delete",
                                                "Bookings.Edit",
                                                "UserInterface.Message.Alert.Display",
                                                "Bookings.List",
                                                "SystemUnit.State.NumberOfActiveCalls",
                                                "Webex.DevicePersonalization.Personalized",
                                                "spark:xapi_commands",
                                                "spark:xapi_statuses"};
    withheld_.clear();
    std::string line = "withhold";
    for (int i = one_in(3) ? 0 : 2; i > 0; --i) {
        withheld_.push_back(names[pick(names.size())]);
        line += " " + withheld_.back();
        ++withheld_times_;
    }
    tell(told_, line);
    rig_.withhold(withheld_);
}

void Campus::fault() {
    if (chances_.grants) withhold();
    if (!chances_.faults) return;
    static constexpr std::array<int, 4> codes{502, 404, 429, 400};
    const int code = codes[pick(codes.size())];
    rig_.canned.push_back({code, false, 5s});
    tell(told_, "reply " + std::to_string(code) + " after=5s");
}

void Campus::resync() {
    if (chances_.crashes && one_in(2)) {
        tell(told_, "crash");
        rig_.crash();
        return;
    }
    if (!chances_.resyncs) return;
    const std::string before = known();
    const std::size_t sent = commands_.size();
    tell(told_, "event gap");
    rig_.doubt();
    if (known() != before)
        throw Broken("a resync has changed what is known\nbefore: " + before + "\nafter: " + known());
    if (commands_.size() != sent) throw Broken("a resync has sent " + commands_.back());
}

std::string Campus::known() const {
    std::string out;
    for (const auto& [id, desk] : rig_.stored) {
        out += id.value + (desk.personalized.value == true ? " in" : " out");
        if (desk.active_calls.value) out += " calls " + std::to_string(*desk.active_calls.value);
        for (const auto& known : desk.bookings)
            if (known.booking.end > rig_.wall)
                out += " " + known.booking.ref.meeting.value + " " + clock_of(known.booking.start) + "-" +
                       clock_of(known.booking.end) + " " + known.booking.organizer_email + (known.admitted ? "" : "?") +
                       (known.objection ? "!" : "");
        out += "; ";
    }
    return out;
}

void Campus::calm_down() {
    rig_.canned.clear();
    if (!std::exchange(withheld_, {}).empty()) rig_.withhold({});
    tick();
    for (std::size_t desk = 0; desk < rig_.desks.size(); ++desk)
        if (rig_.desks[desk].calls.value_or(0) > 0) call(desk);
    tidy();
    // Long enough for every grace, and for the longest pause between two tries.
    for (int i = 0; i < 4; ++i) {
        pass(1h);
        tidy();
    }
    if (chances_.mode == Mode::Observe || !policy_.sign_in_grace) return;
    for (std::size_t desk = 0; desk < rig_.desks.size(); ++desk) {
        const Millis since = visitors_[desk] ? rig_.wall - visitors_[desk]->since : Millis{0};
        bool just_over = false;  // a booking that ended a moment ago
        for (const auto& known : rig_.stored.at(rig_.id(desk)).bookings)
            just_over = just_over || (known.booking.end <= rig_.wall && known.booking.end + 10min > rig_.wall);
        if (rig_.desks[desk].signed_in && !running(desk) && !just_over && since > 2h)
            throw Broken("still signed in at " + rig_.desks[desk].place.desk + " without a right");
    }
}

}  // namespace hotdesk::test
