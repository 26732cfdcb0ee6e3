#include "daemon/engine.hpp"

#include "codec/call.hpp"
#include "daemon/state.hpp"
#include "daemon/trust.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

codec::Wire wire_of(const Worker& worker, const Client& client) {
    const Activation& activation = worker.activation();
    return {activation.app, activation.org, activation.webexapis_base_url,
            client.id,      client.secret,  activation.access_token};
}

}  // namespace

Engine::Engine(EngineParts parts, Worker worker, Client client, std::string jwks_url)
    : parts_(parts), worker_(std::move(worker)), client_(std::move(client)), actions_(std::move(jwks_url)) {}

void Engine::turn(Millis limit, std::span<const int> wake) {
    const Now begin = now();
    worker_.tick(begin);
    commit();
    start_calls();
    if (worker_.removed()) return;
    if (const auto at = worker_.wake_at(begin)) limit = std::clamp(Millis{*at - begin.mono}, Millis{0}, limit);
    for (HttpDone& done : parts_.http.wait(limit, wake)) take(std::move(done));
    start(actions_.step(worker_, parts_.store, now()));
    // A desk that was heard of now may need to be asked, and a stored command may be next: neither waits for the disk.
    start(worker_.take_desk_calls(now()));
    commit();
    start_calls();
}

void Engine::look_at_requests() {
    const Now at = now();
    const auto requests = state::open_requests(parts_.store, parts_.host.now().wall);
    if (!requests.ok()) {
        parts_.log->line(Level::Warn, "requests of the command line cannot be read: " + requests.error().message);
        return;
    }
    for (Request request : *requests) {
        request.asked_at += clock_.offset();  // the command line knows this machine's clock alone
        worker_.order(request, at);
    }
}

void Engine::commit() {
    const WorkerChanges pending = worker_.pending();
    if (!pending.empty()) {
        std::vector<Change> changes = state::to_changes(pending);
        const auto done = parts_.store.commit(changes);
        for (Change& change : changes)
            if (change.table == Table::Meta && change.value) Secret::wipe(*change.value);  // tokens in the clear
        if (done.ok())
            worker_.committed();
        else
            worker_.commit_failed(done.error(), now());
    }
    write_lines();
}

void Engine::finish_refresh(Millis limit) {
    const auto refreshing = [&] {
        return std::any_of(under_way_.begin(), under_way_.end(),
                           [](const auto& entry) { return std::holds_alternative<call::Refresh>(entry.second.call); });
    };
    const MonoTime until = now().mono + limit;
    for (Now at = now(); refreshing() && at.mono < until; at = now())
        for (HttpDone& done : parts_.http.wait(until - at.mono, {})) take(std::move(done));
    commit();
}

void Engine::start_calls() { start(worker_.take_calls(now())); }

void Engine::start(std::vector<Call> calls) {
    const MonoTime started = now().mono;
    for (Call& call : calls) {
        const CallId id = next_id_++;
        parts_.http.start(id, codec::encode(call, wire_of(worker_, client_)));
        under_way_.emplace(id, UnderWay{std::move(call), started});
    }
}

void Engine::take(HttpDone&& done) {
    const auto at = under_way_.find(done.id);
    if (at == under_way_.end()) return;
    const UnderWay under_way = std::move(at->second);
    under_way_.erase(at);
    if (done.reply.ok() && done.reply->date) {
        const Now heard = now();  // this machine's clock may have been set while the answer was waited for
        if (clock_.hear(*done.reply->date, heard.wall - clock_.offset(), heard.mono - under_way.started))
            worker_.clock_corrected(clock_.offset(), now());
        worker_.doubt_clock(clock_.doubted(), heard);
    }
    Result<Reply> reply = done.reply.ok()
                              ? codec::decode(under_way.call, std::move(*done.reply), wire_of(worker_, client_))
                              : Result<Reply>{done.reply.error()};
    reply = trusted(parts_.http, under_way.call, std::move(reply));
    if (const auto* keys = std::get_if<call::ReadKeys>(&under_way.call))
        actions_.answered(*keys, std::move(reply), now());
    else
        worker_.answered(under_way.call, std::move(reply), under_way.started, now(), chance());
}

Now Engine::now() {
    Now now = parts_.host.now();
    const auto set = clock_.read(now);
    now.wall += clock_.offset();
    if (set) worker_.clock_set(*set, clock_.offset(), now);
    return now;
}

std::optional<Now> Engine::webex_now() {
    const Now at = now();  // which may find that the clock was set
    return clock_.known() ? std::optional{at} : std::nullopt;
}

void Engine::write_lines() {
    for (const Line& line : worker_.take_lines()) {
        std::vector<Field> fields;
        for (const auto& [name, value] : line.fields)
            if (!value.empty()) fields.emplace_back(name, value);
        parts_.log->line(line.level, line.text, fields);
    }
}

/// In [0, 1), in steps of 1/65536.
double Engine::chance() {
    const std::string bytes = parts_.host.random(2);
    return (static_cast<unsigned char>(bytes[0]) * 256 + static_cast<unsigned char>(bytes[1])) / 65536.0;
}

}  // namespace hotdesk
