// What goes over the network: what must have been stored before, what must not go out again or so soon, and what
// hotdeskd has been told.

#include "oracle.hpp"

#include "../core/words.hpp"

#include "codec/state.hpp"
#include "sandbox/json.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;
using sandbox::Endpoint;
using sandbox::Json;

const std::string command_prefix = "/v1/xapi/command/";
/// Source: technical details, Queue Polling: on any failure wait before the next poll.
constexpr Millis after_failed_poll = 10s;
/// Retry-After is believed up to this.
constexpr Millis longest_pause = 1h;
/// A desk is asked no more often than this.
constexpr std::size_t most_asks = 20;
constexpr Millis most_asks_within = 5min;

std::string command_of(const Exchange& exchange) {
    const auto at = exchange.request.url.find(command_prefix);
    return at == std::string::npos ? "" : exchange.request.url.substr(at + command_prefix.size());
}

Json arguments_of(const Command& command) {
    Json out = Json::object();
    for (const auto& [name, value] : command.arguments)
        std::visit([&, key = name](const auto& plain) { out[key] = plain; }, value);
    return out;
}

/// The same question or command to the same desk, or the same of what is no desk's.
std::string kind_of(const Exchange& exchange) {
    return std::string{name_of(exchange.endpoint)} + " " + exchange.desk + " " + exchange.request.url;
}

bool is_who(Endpoint endpoint) { return endpoint == Endpoint::Sessions || endpoint == Endpoint::People; }

/// What Webex limits together.
bool is_rest(Endpoint endpoint) {
    return endpoint == Endpoint::Status || endpoint == Endpoint::Command || endpoint == Endpoint::Devices ||
           endpoint == Endpoint::Workspaces || endpoint == Endpoint::Sessions || endpoint == Endpoint::People;
}

}  // namespace

void Oracle::committed(std::span<const Change> changes) {
    for (const Change& change : changes) {
        if (change.table == Table::Outbox && !change.value) decided_.erase(change.key);
        if (change.table != Table::Outbox || !change.value) continue;
        Decided decided{host_.world(), {}};
        const auto record = codec::read_record(disk_.records.at({Table::Record, change.key}));
        if (record.ok())
            if (const View* const there = view(record->device.value)) decided.told = there->told;
        decided_.emplace(change.key, decided);
    }
}

// --- what goes out ---------------------------------------------------------------------------------------------------

void Oracle::count_request(View& view, const Exchange& exchange) {
    const WallTime now = host_.world();
    const std::int64_t hour = now.time_since_epoch() / 1h;
    if (view.hour != hour) view.hour = hour, view.requests = 0;
    busiest_ = std::max(busiest_, ++view.requests);
    if (view.requests > requests_a_desk_an_hour)
        wrong(view.desk->place().name + " gets more than " + std::to_string(requests_a_desk_an_hour) +
              " requests an hour");
    if (exchange.endpoint != Endpoint::Status) return;
    view.asked.push_back(now);
    while (view.asked.front() + most_asks_within < now) view.asked.pop_front();
    if (view.asked.size() > most_asks) wrong(view.desk->place().name + " is asked again and again");
}

void Oracle::sent(const Exchange& exchange) {
    ++requests_;
    if (++in_flight_ > most_in_flight) wrong("more than " + std::to_string(most_in_flight) + " requests at once");
    if (exchange.endpoint == Endpoint::Poll && ++polls_ > 1) wrong("two polls at once");
    if (exchange.endpoint == Endpoint::Token && ++refreshes_ > 1) wrong("two token refreshes at once");
    Flight flight;
    flight.sent = host_.world();
    check_tokens(exchange, flight);
    check_pace(exchange);
    const std::string command = command_of(exchange);
    View* const there = view(exchange.desk);
    if (there) {
        count_request(*there, exchange);
        flight.known_since = std::min(there->status_served, there->list_served);
    }
    if (!command.empty() && command != "Bookings.List") {
        ++commands_;
        if (tell_)
            tell_(exchange.desk.empty() || !there ? "hotdeskd sends " + command
                                                  : there->desk->place().name + ": hotdeskd sends " + command);
        check_decision(exchange, command, flight);
        if (there && command == "UserInterface.Message.Alert.Display") there->word = flight.sent;
    }
    flights_[exchange.number] = std::move(flight);
}

/// Decide, store, send: what goes out stands in the store as something that goes out, word by word, with its reason.
void Oracle::check_decision(const Exchange& exchange, const std::string& command, Flight& flight) {
    const auto body = sandbox::parse_json(exchange.request.body);
    if (!body || !body->contains("arguments")) wrong(command + " is sent without arguments");
    for (auto at = disk_.records.lower_bound({Table::Outbox, ""});
         at != disk_.records.end() && at->first.first == Table::Outbox; ++at) {
        auto record = codec::read_record(disk_.records.at({Table::Record, at->first.second}));
        if (!record.ok() || record->device.value != exchange.desk || record->command.name != command) continue;
        if (arguments_of(record->command) != (*body)["arguments"]) continue;
        check_words(command, *record);
        flight.record = std::move(*record);
        if (const auto decided = decided_.find(at->first.second); decided != decided_.end())
            flight.decided = decided->second;
        return;
    }
    wrong(command + " is sent before it was stored, or not as it was stored");
}

void Oracle::check_words(const std::string& command, const Record& record) const {
    if (record.rule.empty() || record.reason.empty()) wrong(command + " is sent without a reason");
    if (command != "UserInterface.Message.Alert.Display") return;
    const Json arguments = arguments_of(record.command);
    const std::string text = sandbox::string_of(arguments, "Text");
    if (text.empty() || text.size() > 255 || text.find('{') != std::string::npos)
        wrong("a person is told '" + text + "'");
    if (!arguments.contains("Duration") || arguments["Duration"] == 0) wrong("a message stays for ever");
}

void Oracle::check_tokens(const Exchange& exchange, Flight& flight) {
    const auto is_stored = [&](const std::string& token) {
        return std::any_of(disk_.records.lower_bound({Table::Meta, ""}), disk_.records.end(), [&](const auto& record) {
            return record.first.first == Table::Meta && record.second.find(token) != std::string::npos;
        });
    };
    if (exchange.endpoint == Endpoint::Token) {
        const auto body = sandbox::parse_json(exchange.request.body);
        flight.refresh_token = sandbox::string_of(*body, "refresh_token");
        const auto successor = successors_.find(flight.refresh_token);
        if (successor != successors_.end() && is_stored(successor->second))
            wrong("a refresh token is used again, and the next one is stored");
        return;
    }
    const std::string bearer{exchange.request.bearer.reveal()};
    if (bearer == bearer_) return;
    bearer_ = bearer;
    if (!is_stored(bearer)) wrong("an access token is used before it was stored");
}

/// Webex has said when it wants to hear of this again, or a poll has just failed.
void Oracle::check_pace(const Exchange& exchange) {
    const auto check = [&](const std::string& what) {
        const auto paused = paused_.find(what);
        if (paused != paused_.end() && host_.world() < paused->second)
            wrong(std::string{name_of(exchange.endpoint)} + " is asked for before " + format_time(paused->second));
    };
    check(kind_of(exchange));
    if (is_rest(exchange.endpoint)) check("rest");
    if (is_who(exchange.endpoint)) check("who");
}

void Oracle::note_pace(const Exchange& exchange, const Result<HttpReply>& reply) {
    const WallTime now = host_.world();
    const bool failed = !reply.ok() || reply->status != 200;
    if (exchange.endpoint == Endpoint::Poll && failed &&
        (!reply.ok() || (reply->status != 401 && reply->status != 429)))
        paused_[kind_of(exchange)] = now + after_failed_poll;
    if (!reply.ok() || !reply->retry_after || (reply->status != 429 && reply->status != 423)) return;
    const WallTime until = now + std::min<Millis>(*reply->retry_after, longest_pause);
    paused_[kind_of(exchange)] = until;
    if (reply->status != 429 || !is_rest(exchange.endpoint)) return;
    // That it is asked too often who sits where holds up nothing else.
    WallTime& paused = paused_[is_who(exchange.endpoint) ? "who" : "rest"];
    paused = std::max(paused, until);
}

// --- what arrives and comes back -------------------------------------------------------------------------------------

void Oracle::arrives(const Exchange& exchange) {
    Flight& flight = flights_[exchange.number];
    flight.arrived = host_.world();
    const std::string command = command_of(exchange);
    View* const there = view(exchange.desk);
    if (!there || command.empty() || command == "Bookings.List" || !there->desk->reachable()) return;
    judge_command(command, flight, *there);
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
    note_pace(exchange, reply);
    if (!reply.ok()) {
        if (tell_) tell_(std::string{name_of(exchange.endpoint)} + ": " + reply.error().message);
        return;
    }
    if (tell_ && reply->status != 200)
        tell_(std::string{name_of(exchange.endpoint)} + " is answered with " + std::to_string(reply->status));
    View* const there = view(exchange.desk);
    if (there && reply->status == 403 && warns_of_no_show(command_of(exchange), flight)) note_warning(*there);
    // What is no JSON, or was not said by the cloud, tells nothing.
    if (reply->status != 200 || flight.arrived == WallTime{} || reply->body.empty() || reply->body[0] != '{') return;
    if (exchange.endpoint == Endpoint::Token) {
        const auto grant = sandbox::parse_json(reply->body);
        const std::string next = grant ? sandbox::string_of(*grant, "refresh_token") : "";
        if (!next.empty() && next != flight.refresh_token) successors_[flight.refresh_token] = next;
    }
    if (exchange.endpoint == Endpoint::Poll) read_poll(reply->body);
    if (!there) return;
    const std::string command = command_of(exchange);
    // Of what happened in the same millisecond an answer need not tell.
    const WallTime knows = flight.arrived - 1ms;
    if (exchange.endpoint == Endpoint::Status) {
        there->status_served = std::max(there->status_served, flight.arrived);
        news_.push_back({exchange.desk, "", knows, News::Of::Status});
    } else if (command == "Bookings.List") {
        there->list_served = std::max(there->list_served, flight.arrived);
        news_.push_back({exchange.desk, "", knows, News::Of::List});
    } else if (flight.rule() == "cli") {
        for (Order& order : orders_)
            if (order.request.device.value == exchange.desk && command == "Bookings.Book" &&
                order.request.uuid.value ==
                    sandbox::string_of(arguments_of(flight.record.command), "BookingRequestUUID"))
                order.answered_life = deaths_;
    }
}

void Oracle::given_up(const Exchange& exchange) {
    --in_flight_;
    if (exchange.endpoint == Endpoint::Poll) --polls_;
    if (exchange.endpoint == Endpoint::Token) --refreshes_;
}

// --- what hotdeskd has been told -------------------------------------------------------------------------------------

void Oracle::read_poll(const std::string& body) {
    static const std::string nothing = R"({"messages":[]})";
    if (body == nothing) return;
    const auto batch = sandbox::parse_json(body);
    if (!batch || !batch->contains("messages"))
        return reachable(false);  // messages were lost, every desk is asked again
    for (const Json& message : (*batch)["messages"]) {
        const std::string device = sandbox::string_of(message, "deviceId");
        if (sandbox::string_of(message, "appId") != world_.options().app.value || !view(device)) continue;
        const auto at = parse_time(sandbox::string_of(message, "timestamp"));
        if (!at) continue;
        if (message.contains("changes") && message["changes"].is_object())
            for (const auto& [name, value] : message["changes"]["updated"].items()) {
                if (name == "Webex.DevicePersonalization.Personalized")
                    news_.push_back({device, "", *at, News::Of::User});
                if (name == "SystemUnit.State.NumberOfActiveCalls") news_.push_back({device, "", *at, News::Of::Calls});
            }
        if (!message.contains("events")) continue;
        for (const Json& event : message["events"]) {
            const std::string key = sandbox::string_of(event, "key");
            const std::string meeting = sandbox::string_of(event["value"], "MeetingId");
            if (key == "Bookings.BookingCreated" || key == "Bookings.BookingMoved")
                news_.push_back({device, meeting, *at, News::Of::Booking});
            if (key == "Bookings.Deleted") news_.push_back({device, meeting, *at, News::Of::Gone});
        }
    }
}

void Oracle::taken_in() {
    if (disk_.full || disk_.failing) return;  // it may all be lost yet
    for (const News& news : std::exchange(news_, {})) learn(news);
}

void Oracle::learn(const News& news) {
    View& there = *view(news.device);
    if (news.of == News::Of::Booking || news.of == News::Of::Gone || news.of == News::Of::List)
        return learn_of_booking(news);
    const Truth* then = nullptr;
    for (const Truth& truth : there.truths)
        if (truth.from <= news.at) then = &truth;
    if (!then) return;
    if (news.of == News::Of::User) there.told.pushed = std::max(there.told.pushed, then->version.user);
    if (news.of != News::Of::Calls) there.told.user = std::max(there.told.user, then->version.user);
    if (news.of != News::Of::User) there.told.calls = std::max(there.told.calls, then->version.calls);
}

void Oracle::learn_of_booking(const News& news) {
    const WallTime now = host_.world();
    const std::size_t desk = by_device_.at(news.device);
    const auto learn_version = [&](Fact& fact, bool by_event) {
        for (std::size_t i = 0; i < fact.versions.size(); ++i) {
            Version& version = fact.versions[i];
            const bool then =
                version.from <= news.at && (i + 1 == fact.versions.size() || news.at < fact.versions[i + 1].from);
            if (!then) continue;
            if (!version.told) version.told = now;
            version.by_event = version.by_event || by_event;
        }
    };
    if (news.of != News::Of::List) {
        const auto found = facts_.find(news.meeting);
        if (found == facts_.end()) return;
        if (news.of == News::Of::Booking) return learn_version(found->second, true);
        if (!found->second.gone_told) found->second.gone_told = now;
        return;
    }
    View& there = views_[desk];
    there.first_listed = std::min(there.first_listed, news.at);
    for (auto& [meeting, fact] : facts_) {
        if (fact.desk != desk) continue;
        if (fact.gone && *fact.gone_at <= news.at) {
            // Of what is over anyway a list tells nothing.
            if (!fact.gone_told && fact.slice.end > news.at) fact.gone_told = now;
        } else {
            learn_version(fact, false);
        }
    }
}

}  // namespace hotdesk::sim
