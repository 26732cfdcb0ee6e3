// What the oracle sees: the desks as they are, and everything that goes over the network.

#include "oracle.hpp"

#include "../core/summer_zone.hpp"
#include "../core/words.hpp"

#include "codec/state.hpp"
#include "sandbox/json.hpp"
#include "sandbox/person.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;
using sandbox::Endpoint;
using sandbox::same_address;

/// How long what was true is remembered.
constexpr Millis memory = 10min;
/// A booking that is over counts for the day.
constexpr Millis day = 25h;

const std::string command_prefix = "/v1/xapi/command/";

std::string command_of(const Exchange& exchange) {
    const auto at = exchange.request.url.find(command_prefix);
    return at == std::string::npos ? "" : exchange.request.url.substr(at + command_prefix.size());
}

}  // namespace

Policy Rules::of(const std::string& workspace, const std::string& organizer) const {
    Policy policy = base;
    for (const auto& one : overrides) {
        bool matches = true;
        for (const auto& [key, value] : one) {
            if (key == "workspace") matches = matches && matches_glob(value, workspace);
            if (key == "organizer") matches = matches && matches_glob(value, organizer);
        }
        if (!matches) continue;
        for (const auto& [key, value] : one)
            if (key != "workspace" && key != "organizer") test::set_key(policy, key, value);
    }
    return policy;
}

Oracle::Oracle(sandbox::World& world, test::VirtualHost& host, Disk& disk, const Opening& opening, Tell tell)
    : world_(world), host_(host), disk_(disk), tell_(std::move(tell)), identity_(opening.identity) {
    if (opening.summer) zone_ = std::make_shared<test::SummerZone>(1h);
    for (const auto& desk : world_.desks()) {
        by_device_[desk->place().device.value] = by_name_[desk->place().name] = views_.size();
        View view;
        view.desk = desk.get();
        views_.push_back(std::move(view));
    }
    for (View& view : views_) look(*view.desk);
}

void Oracle::wrong(const std::string& why) const { throw test::Broken(why); }

Oracle::View* Oracle::view(const std::string& device) {
    const auto at = by_device_.find(device);
    return at == by_device_.end() ? nullptr : &views_[at->second];
}

void Oracle::rules(Rules rules) { rules_.push_back(std::move(rules)); }

void Oracle::reachable(bool yes) {
    if (!yes)
        reachable_since_.reset();
    else if (!reachable_since_)
        reachable_since_ = host_.world();
}

void Oracle::ordered(const std::string& device, const std::string& uuid) {
    if (View* there = view(device)) there->ordered = host_.world();
    if (!uuid.empty()) ordered_uuids_.insert(uuid);
}

// --- the desks -------------------------------------------------------------------------------------------------------

const Oracle::Slice* Oracle::Truth::find(const std::string& meeting) const {
    for (const Slice& slice : bookings)
        if (slice.meeting.value == meeting) return &slice;
    return nullptr;
}

const Oracle::Slice* Oracle::Truth::running(WallTime at) const {
    for (const Slice& slice : bookings)
        if (slice.start <= at && at < slice.end) return &slice;
    return nullptr;
}

void Oracle::something_happened() {
    for (const sandbox::StoryLine& line : world_.take_story()) {
        if (tell_) tell_(line.desk + ": " + line.sentence);
        look(*views_[by_name_.at(line.desk)].desk);
    }
    if (!world_.violations().empty()) wrong("the cloud objects: " + world_.violations().front().second);
}

void Oracle::look(sandbox::Desk& desk) {
    View& view = views_[by_name_.at(desk.place().name)];
    Truth now;
    now.from = host_.world();
    if (desk.user()) now.user = desk.user()->email, now.since = desk.user()->since;
    now.calls = desk.calls();
    now.seen = false;
    for (const sandbox::Field& field : desk.status(now.from))
        if (field.name == "RoomAnalytics.PeoplePresence") now.seen = field.value == sandbox::Value{std::string{"Yes"}};
    for (const sandbox::Booking& booking : desk.bookings())
        now.bookings.push_back({booking.meeting_id, booking.organizer, booking.start, booking.end});
    const Truth before = view.truths.empty() ? Truth{} : view.truths.back();
    update_visit(before, now);
    update_facts(view, before, now);
    mark_arrivals(view, now);
    view.truths.push_back(std::move(now));
    // The last one of before the memory begins still counts for its beginning.
    while (view.truths.size() > 1 && view.truths[1].from + memory < host_.world()) view.truths.pop_front();
    // One that answers too late, or does nothing, cannot be helped.
    if (!desk.reachable() || desk.behaviour.ignores_logout || desk.behaviour.slow > 10s)
        view.well_since = WallTime::max();
    else if (view.well_since == WallTime::max())
        view.well_since = host_.world();
}

void Oracle::update_visit(const Truth& before, Truth& now) {
    const bool same_visit = !now.user.empty() && now.user == before.user && now.since == before.since;
    now.call_ended = before.calls > 0 && now.calls == 0 ? now.from : before.call_ended;
    if (now.user.empty()) return;
    const Slice* const running = now.running(now.from);
    now.entitled = running && same_address(running->organizer, now.user);
    now.covered = (same_visit && before.covered) || running;
    now.booked = running != nullptr;
    now.alone_since = same_visit && !before.booked ? before.alone_since : now.from;
    if (now.entitled) return;
    now.unentitled_since = same_visit && !before.entitled ? before.unentitled_since : now.from;
}

void Oracle::update_facts(View& view, const Truth& before, const Truth& now) {
    if (before.bookings == now.bookings) return;
    for (const Slice& slice : now.bookings) {
        const Slice* const old = before.find(slice.meeting.value);
        if (old && *old == slice) continue;
        Fact& fact = facts_[slice.meeting.value];
        fact.changed = now.from;
        fact.extended = old && old->start == slice.start && old->end < slice.end && old->start <= now.from;
        if (!old) {
            fact.desk = static_cast<std::size_t>(&view - views_.data());
            fact.made = now.from;
            fact.at_desk = at_desk_.count(slice.meeting.value) > 0;
            const sandbox::Booking* const booking = view.desk->find(slice.meeting);
            if (booking && ordered_uuids_.count(booking->request.value) > 0) {
                fact.ordered = slice;
                if (++books_[booking->request.value] > 1) wrong("a booking was made twice for one order");
            }
        } else {
            if (view.edited + 5s > now.from) fact.ordered = slice;
            if (old->start != slice.start) fact.came.reset(), fact.left.reset(), fact.stayed.reset();  // they come anew
        }
        fact.slice = slice;
        fact.gone = false;
    }
    for (const Slice& slice : before.bookings)
        if (!now.find(slice.meeting.value)) facts_[slice.meeting.value].gone = true;
    // No more than count for somebody's day.
    std::erase_if(facts_, [&](const auto& entry) {
        return entry.second.gone && entry.second.slice.end + day < now.from && entry.second.changed + day < now.from;
    });
}

/// Who is there for a minute, is in a call or is seen has come; but nobody for somebody else.
void Oracle::mark_arrivals(View& view, const Truth& now) {
    for (const Slice& slice : now.bookings) {
        if (slice.start > now.from || now.from >= slice.end) continue;
        Fact& fact = facts_.at(slice.meeting.value);
        const bool organizer = !now.user.empty() && same_address(now.user, slice.organizer);
        const Truth* const before = view.truths.empty() ? nullptr : &view.truths.back();
        const bool left = before && !before->user.empty() && now.user.empty();
        if (left && same_address(before->user, slice.organizer) && fact.stayed && now.from - *fact.stayed >= 50s)
            fact.came = fact.came.value_or(now.from), fact.left = now.from;
        // A desk that lets anybody sit there tells nobody who it was.
        if (left && view.desk->behaviour.stubborn) fact.left = now.from;
        if (left && !fact.came) fact.chance = now.from;
        if (!now.user.empty()) fact.left.reset();
        if (!organizer) fact.stayed.reset();
        if (organizer && !fact.stayed) fact.stayed = std::max(now.from, slice.start);
        if ((now.user.empty() || organizer) && (now.calls > 0 || now.seen) && !fact.came) fact.came = now.from;
    }
}

// --- the network -----------------------------------------------------------------------------------------------------

void Oracle::count_request(View& view) {
    const std::int64_t hour = host_.world().time_since_epoch() / 1h;
    if (view.hour != hour) view.hour = hour, view.requests = 0;
    busiest_ = std::max(busiest_, ++view.requests);
    if (view.requests > requests_a_desk_an_hour)
        wrong(view.desk->place().name + " gets more than " + std::to_string(requests_a_desk_an_hour) +
              " requests an hour");
}

void Oracle::sent(const Exchange& exchange) {
    ++requests_;
    if (++in_flight_ > most_in_flight) wrong("more than " + std::to_string(most_in_flight) + " requests at once");
    if (exchange.endpoint == Endpoint::Poll && ++polls_ > 1) wrong("two polls at once");
    if (exchange.endpoint == Endpoint::Token && ++refreshes_ > 1) wrong("two token refreshes at once");
    Flight flight;
    flight.sent = host_.world();
    check_tokens(exchange, flight);
    const std::string command = command_of(exchange);
    View* const there = view(exchange.desk);
    if (there) {
        count_request(*there);
        flight.known_since = std::min(there->status_served, there->list_served);
    }
    if (!command.empty() && command != "Bookings.List") {
        ++commands_;
        if (tell_)
            tell_(exchange.desk.empty() || !there ? "hotdeskd sends " + command
                                                  : there->desk->place().name + ": hotdeskd sends " + command);
        check_decision(exchange, command, flight);
        if (there && command == "UserInterface.Message.Alert.Display") there->told = flight.sent;
    }
    flights_[exchange.number] = std::move(flight);
}

/// Decide, store, send: what goes out stands in the store as something that goes out, with its reason.
void Oracle::check_decision(const Exchange& exchange, const std::string& command, Flight& flight) {
    for (auto at = disk_.records.lower_bound({Table::Outbox, ""});
         at != disk_.records.end() && at->first.first == Table::Outbox; ++at) {
        const auto record = codec::read_record(disk_.records.at({Table::Record, at->first.second}));
        if (!record.ok() || record->device.value != exchange.desk || record->command.name != command) continue;
        if (record->rule.empty() || record->reason.empty()) wrong(command + " is sent without a reason");
        flight.rule = record->rule;
        return;
    }
    wrong(command + " is sent before it was stored");
}

void Oracle::check_tokens(const Exchange& exchange, Flight& flight) {
    if (exchange.endpoint == Endpoint::Token) {
        const auto body = sandbox::parse_json(exchange.request.body);
        flight.refresh_token = sandbox::string_of(*body, "refresh_token");
        const auto used = spent_.find(flight.refresh_token);
        if (used != spent_.end() && used->second == deaths_)
            wrong("a refresh token is used again after its answer has arrived");
        return;
    }
    const std::string bearer{exchange.request.bearer.reveal()};
    if (bearer == bearer_) return;
    bearer_ = bearer;
    for (const auto& [key, value] : disk_.records)
        if (key.first == Table::Meta && value.find(bearer) != std::string::npos) return;
    wrong("an access token is used before it was stored");
}

void Oracle::arrives(const Exchange& exchange) {
    Flight& flight = flights_[exchange.number];
    flight.arrived = host_.world();
    const std::string command = command_of(exchange);
    View* const there = view(exchange.desk);
    if (!there || command.empty() || command == "Bookings.List" || !there->desk->reachable()) return;
    judge_command(exchange, command, flight, *there);
}

void Oracle::carried_out(const Exchange& exchange, const sandbox::Reply& reply) {
    View* const there = view(exchange.desk);
    if (there) look(*there->desk);
    if (tell_ && !command_of(exchange).empty() && command_of(exchange) != "Bookings.List" && there)
        tell_(there->desk->place().name + ": the cloud answers " + command_of(exchange) + " with " +
              std::to_string(reply.status));
}

void Oracle::answered(const Exchange& exchange, const Result<HttpReply>& reply) {
    const auto at = flights_.find(exchange.number);
    const Flight flight = at == flights_.end() ? Flight{} : at->second;
    given_up(exchange);
    if (!reply.ok()) {
        if (tell_) tell_(std::string{name_of(exchange.endpoint)} + ": " + reply.error().message);
        return;
    }
    if (tell_ && reply->status != 200)
        tell_(std::string{name_of(exchange.endpoint)} + " is answered with " + std::to_string(reply->status));
    // What is no JSON, or was not said by the cloud, tells nothing.
    if (reply->status != 200 || flight.arrived == WallTime{} || reply->body.empty() || reply->body[0] != '{') return;
    if (exchange.endpoint == Endpoint::Token) {
        const auto grant = sandbox::parse_json(reply->body);
        if (grant && sandbox::string_of(*grant, "refresh_token") != flight.refresh_token)
            spent_[flight.refresh_token] = deaths_;
    }
    View* const there = view(exchange.desk);
    if (!there) return;
    if (exchange.endpoint == Endpoint::Status) there->status_served = std::max(there->status_served, flight.arrived);
    if (command_of(exchange) == "Bookings.List") there->list_served = std::max(there->list_served, flight.arrived);
}

void Oracle::given_up(const Exchange& exchange) {
    --in_flight_;
    if (exchange.endpoint == Endpoint::Poll) --polls_;
    if (exchange.endpoint == Endpoint::Token) --refreshes_;
}

}  // namespace hotdesk::sim
