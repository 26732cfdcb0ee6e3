#include "network.hpp"

#include "sandbox/json.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;
using sandbox::Endpoint;

Error lost(const std::string& how, int status = 0) {
    Error error{ErrorKind::Transient, how};
    error.http_status = status;
    return error;
}

Error refused() {
    Error error{ErrorKind::Transient, "the connection was refused"};
    error.unsent = true;
    return error;
}

bool begins(const std::string& text, std::string_view with) { return text.rfind(with, 0) == 0; }

/// Carried out again it may do harm, and no proxy does that.
bool may_come_twice(Endpoint endpoint) { return endpoint != Endpoint::Token && endpoint != Endpoint::Poll; }

}  // namespace

std::pair<Endpoint, std::string> target_of(const HttpRequest& request, const std::string& base) {
    const std::string target = request.url.substr(base.size());
    if (begins(target, "/xapi/api/organizations/sandbox/queues/")) return {Endpoint::Poll, ""};
    if (begins(target, "/v1/xapi/command/")) {
        static const std::string key = "\"deviceId\":\"";
        const auto at = request.body.find(key);
        if (at == std::string::npos) return {Endpoint::Command, ""};
        const auto from = at + key.size();
        return {Endpoint::Command, request.body.substr(from, request.body.find('"', from) - from)};
    }
    if (begins(target, "/v1/xapi/status")) {
        for (const auto& [name, value] : sandbox::query_of(target))
            if (name == "deviceId") return {Endpoint::Status, value};
        return {Endpoint::Status, ""};
    }
    if (begins(target, "/v1/access_token")) return {Endpoint::Token, ""};
    if (begins(target, "/v1/devices")) return {Endpoint::Devices, ""};
    if (begins(target, "/v1/workspaces")) return {Endpoint::Workspaces, ""};
    if (begins(target, "/v1/hotdesk/")) return {Endpoint::Sessions, ""};
    if (begins(target, "/v1/people/")) return {Endpoint::People, ""};
    if (begins(target, "/jwks")) return {Endpoint::Jwks, ""};
    return {request.method == "PATCH" ? Endpoint::Patch : Endpoint::App, ""};
}

Millis Network::latency() { return Millis{5 + static_cast<Millis::rep>(random_.bits() % 60)}; }

Trouble Network::draw(Endpoint endpoint) {
    settle_troubles();
    for (const Trouble& trouble : troubles_) {
        if (trouble.where && *trouble.where != endpoint) continue;
        if (random_.bits() % 100 < static_cast<std::uint64_t>(trouble.percent)) return trouble;
    }
    return {};
}

void Network::settle_troubles() {
    std::erase_if(troubles_, [&](const Trouble& trouble) { return trouble.until <= host_.world(); });
}

void Network::calm() { troubles_.clear(); }

void Network::start(CallId id, HttpRequest request) {
    fuse_.step();  // dies before it goes out
    const auto [endpoint, desk] = target_of(request, world_.options().base_url);
    Trouble fate = draw(endpoint);
    if (fate.fate == Fate::Twice && !may_come_twice(endpoint)) fate = {};
    const auto exchange =
        std::make_shared<const Exchange>(Exchange{++last_number_, endpoint, desk, std::move(request), fate});
    const std::uint64_t number = exchange->number;
    waiting_[id] = {exchange, std::nullopt, WallTime{}};
    watcher_.sent(*exchange);
    const WallTime now = host_.world();
    at(now + exchange->request.timeout, [this, id, number] { end(id, number, lost("no answer came in time")); });
    Millis way = latency();
    if (fate.fate == Fate::Late && random_.bits() % 2 == 0)
        way += Millis{static_cast<Millis::rep>(random_.bits() % 35000)};
    switch (fate.fate) {
        case Fate::Refuse: at(now + way, [this, id, number] { end(id, number, refused()); }); break;
        case Fate::Hang: break;
        case Fate::Status:
        case Fate::Html: {
            HttpReply reply;
            reply.status = fate.fate == Fate::Html ? 200 : fate.status;
            reply.body = fate.fate == Fate::Html ? "<html><body>sign in</body></html>" : R"({"message":"in between"})";
            reply.retry_after = fate.retry_after;
            reply.date = std::chrono::floor<std::chrono::seconds>(now);
            at(now + way, [this, id, number, reply] { end(id, number, HttpReply{reply}); });
            break;
        }
        default: at(now + way, [this, exchange, id] { arrive(exchange, id); });
    }
    fuse_.step();  // or when it is out
}

void Network::arrive(const Shared& exchange, CallId id) {
    auto waiting = waiting_.find(id);
    if (waiting != waiting_.end() && waiting->second.exchange != exchange) waiting = waiting_.end();
    // Nobody is there any more to hand messages to, and the cloud sees that.
    if (exchange->endpoint == Endpoint::Poll && waiting == waiting_.end()) return;
    watcher_.arrives(*exchange);
    const auto request = test::to_world(exchange->request, world_.options().base_url);
    const auto handled = world_.handle(request, host_.world());
    if (const auto* held = std::get_if<sandbox::Held>(&handled)) {
        waiting->second.ticket = held->ticket;
        waiting->second.held_until = held->until;
        poll_ = id;
        return;
    }
    reply(exchange, id, std::get<sandbox::Reply>(handled));
    if (exchange->fate.fate != Fate::Twice) return;
    const auto again = world_.handle(request, host_.world());
    watcher_.carried_out(*exchange, std::get<sandbox::Reply>(again));
}

void Network::reply(const Shared& exchange, CallId id, const sandbox::Reply& said) {
    watcher_.carried_out(*exchange, said);
    sandbox::Reply reply = said;
    if (exchange->endpoint == Endpoint::Poll) shuffle(reply);
    WallTime there = host_.world() + latency() + reply.delay;
    Result<HttpReply> out = test::from_world(reply, host_.world());
    switch (exchange->fate.fate) {
        case Fate::Silence: return;
        case Fate::Lose: out = lost("the connection broke"); break;
        case Fate::Truncate: out = lost("the answer broke off", said.status); break;
        case Fate::Garbage: out->body = "%&/("; break;
        case Fate::Late: there += Millis{static_cast<Millis::rep>(random_.bits() % 35000)}; break;
        default: break;
    }
    // On the heap: std::function copies what it holds.
    const auto carried = std::make_shared<Result<HttpReply>>(std::move(out));
    at(there, [this, id, number = exchange->number, carried] { end(id, number, std::move(*carried)); });
}

/// Messages of a poll that is answered: where a fault says so in another order, twice, or later.
void Network::shuffle(sandbox::Reply& reply) {
    const bool on = std::any_of(troubles_.begin(), troubles_.end(),
                                [](const Trouble& trouble) { return trouble.fate == Fate::Shuffle; });
    if (reply.status != 200 || (!on && kept_.empty())) return;
    auto body = sandbox::parse_json(reply.body);
    if (!body) return;  // broken on purpose
    std::vector<std::string> messages = std::exchange(kept_, {});
    for (const auto& message : (*body)["messages"]) {
        if (on && random_.bits() % 4 == 0) {
            kept_.push_back(sandbox::to_text(message));
            continue;
        }
        messages.push_back(sandbox::to_text(message));
        if (on && random_.bits() % 4 == 0) messages.push_back(messages.back());
    }
    if (on) random_.shuffle(messages);
    reply.body = R"({"messages":[)";
    for (std::size_t i = 0; i < messages.size(); ++i) reply.body += (i == 0 ? "" : ",") + messages[i];
    reply.body += "]}";
}

void Network::forget(std::map<CallId, Waiting>::iterator waiting) {
    if (waiting->second.ticket) world_.abandon(*waiting->second.ticket);
    if (poll_ == waiting->first) poll_.reset();
    waiting_.erase(waiting);
}

void Network::end(CallId id, std::uint64_t number, Result<HttpReply> reply) {
    const auto waiting = waiting_.find(id);
    if (waiting == waiting_.end() || waiting->second.exchange->number != number) return;
    const Shared exchange = waiting->second.exchange;
    forget(waiting);
    watcher_.answered(*exchange, reply);
    done_.push_back({id, std::move(reply)});
}

void Network::cancel(CallId id) {
    const auto waiting = waiting_.find(id);
    if (waiting == waiting_.end()) return;
    watcher_.given_up(*waiting->second.exchange);
    forget(waiting);
}

void Network::hang_up() {
    while (!waiting_.empty()) cancel(waiting_.begin()->first);
    done_.clear();
}

void Network::collect() {
    if (!poll_) return;
    Waiting& poll = waiting_.at(*poll_);
    const auto said = world_.collect(*poll.ticket, host_.world());
    if (!said) return;
    const CallId id = *std::exchange(poll_, std::nullopt);
    poll.ticket.reset();
    reply(poll.exchange, id, *said);
}

WallTime Network::next_before(WallTime until) const {
    WallTime next = std::min(until, world_.next_due());
    if (!agenda_.empty()) next = std::min(next, agenda_.begin()->first);
    if (poll_) next = std::min(next, waiting_.at(*poll_).held_until);
    return std::max(next, host_.world());
}

void Network::step_to(WallTime when) {
    host_.pass(when - host_.world());
    world_.advance(host_.world());
    watcher_.something_happened();
    while (!agenda_.empty() && agenda_.begin()->first <= host_.world()) {
        const auto what = std::move(agenda_.begin()->second);
        agenda_.erase(agenda_.begin());
        what();
        watcher_.something_happened();
    }
    collect();
}

void Network::pass(WallTime until) {
    while (true) {
        step_to(next_before(until));
        if (host_.world() >= until) return;
    }
}

std::vector<HttpDone> Network::wait(Millis limit, std::span<const int>) {
    fuse_.step();
    const WallTime until = host_.world() + limit;
    while (done_.empty()) {
        step_to(next_before(until));
        if (host_.world() >= until) break;
    }
    fuse_.step();
    return std::exchange(done_, {});
}

}  // namespace hotdesk::sim
