#include "daemon/standing.hpp"

#include "core/session.hpp"
#include "daemon/exit.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"
#include "io/host.hpp"
#include "io/lock.hpp"

#include <utility>

namespace hotdesk {

namespace {

/// How often a refresh is tried that gets no answer.
constexpr int most_tries = 3;

}  // namespace

Standing::Standing(const Config& config, AskWorker ask_worker)
    : config_(config),
      ask_worker_(std::move(ask_worker)),
      client_secret_(load_client_secret(config)),
      store_(open_state(config, StateUse::Write)),
      http_(open_http(config)),
      activation_(need_activation(*store_)) {}

Result<Reply> Standing::ask(const Call& call) {
    return hotdesk::ask(*http_, call, activation_, config_, client_secret_);
}

Result<AppDetails> Standing::app(const Call& call) {
    auto reply = ask(call);
    if (!reply.ok() && (reply.error().http_status == 401 || reply.error().http_status == 403)) {
        if (const auto renewed = renew(); !renewed.ok()) return renewed.error();
        reply = ask(call);
    }
    if (!reply.ok()) return reply.error();
    return std::move(std::get<AppDetails>(*reply));
}

Result<void> Standing::renew() {
    if (!io::instance_running(config_.state_directory)) return renew_alone();
    Request request;
    request.kind = RequestKind::Renew;
    const RequestOutcome outcome = ask_worker_(*store_, std::move(request));
    if (outcome.outcome == "done") {
        activation_ = need_activation(*store_);
        return {};
    }
    return Error{outcome.outcome == "refused" ? ErrorKind::Rejected : ErrorKind::Transient, outcome.cause};
}

Result<void> Standing::renew_alone() {
    const auto lock = io::lock_instance(config_.state_directory);
    if (!lock.ok()) throw Failure(Exit::AlreadyRunning, lock.error().message);
    const auto host = io::make_host();
    activation_ = need_activation(*store_);  // perhaps it was renewed before the lock was had
    Session session(activation_, host->now());
    const auto commit = [&]() -> Result<void> {
        if (!session.dirty()) return {};
        const Change change = state::keep_activation(session.activation());
        auto done = store_->commit({&change, 1});
        if (done.ok()) session.committed();
        return done;
    };
    Error error{ErrorKind::Transient, "the token refresh was not tried"};
    for (int tries = 0; tries < most_tries; ++tries) {
        session.renew(host->now());
        session.prepare(host->now());
        if (const auto done = commit(); !done.ok()) return done.error();
        std::vector<Call> calls;
        session.take_calls(calls, host->now());
        for (const Call& call : calls) {
            if (!std::holds_alternative<call::Refresh>(call)) continue;  // the rest is the worker's
            auto reply = ask(call);
            const bool good = reply.ok();
            if (!good) error = reply.error();
            const SessionNews news =
                session.answered(call, std::move(reply), host->now().mono, host->now(), /*chance=*/0.0);
            if (const auto done = commit(); !done.ok()) return done.error();
            activation_ = session.activation();
            if (good) return {};
            error.message = news.note;
        }
        if (error.kind != ErrorKind::Transient) break;
    }
    return error;
}

}  // namespace hotdesk
