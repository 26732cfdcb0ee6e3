#pragma once
// One session in the hands of a test.

#include "bare_activation.hpp"
#include "core/session.hpp"

namespace hotdesk::test {

using namespace std::chrono_literals;

/// A session with a clock of its own and one call at a time in its hands.
class SessionLab {
public:
    explicit SessionLab(bool with_token = true) : session_(activation(with_token), now_) {}

    static Activation activation(bool with_token) {
        Activation a = bare_activation();
        a.id = "a";
        a.app = AppId{"app"};
        a.refresh_token = Secret{"refresh-0"};
        if (with_token) {
            a.access_token = Secret{"access-0"};
            a.access_expires = start() + 2h;
        }
        return a;
    }
    static WallTime start() { return *parse_time("2026-03-02T09:00:00Z"); }

    void pass(Millis time) {
        now_.wall += time;
        now_.mono += time;
    }
    [[nodiscard]] bool deaf() const { return session_.deaf(now_); }
    std::vector<Call> calls() {
        const bool dirty = session_.dirty();
        session_.prepare(now_);
        if (!dirty && session_.dirty()) session_.committed();  // only that a refresh begins
        std::vector<Call> out;
        session_.take_calls(out, now_);
        return out;
    }
    SessionNews answer(const Call& call, Result<Reply> reply, Millis took = 10ms) {
        const MonoTime started = now_.mono;
        pass(took);
        return session_.answered(call, std::move(reply), started, now_, 0.0);
    }
    static Result<Reply> refuse(ErrorKind kind, int status, std::optional<std::chrono::seconds> after = {}) {
        Error error{kind, "refused"};
        error.http_status = status;
        error.retry_after = after;
        return error;
    }
    static Result<Reply> grant(const std::string& number, std::chrono::seconds life = 7199s) {
        return Reply{TokenGrant{Secret{"access-" + number}, life, Secret{"refresh-" + number}, std::nullopt}};
    }

    Now now_{start(), MonoTime{} + 1000s};
    Session session_;
};

template <class T>
inline std::size_t count(const std::vector<Call>& calls) {
    std::size_t n = 0;
    for (const Call& call : calls) n += std::holds_alternative<T>(call) ? 1 : 0;
    return n;
}

template <class T>
inline const Call* find(const std::vector<Call>& calls) {
    for (const Call& call : calls)
        if (std::holds_alternative<T>(call)) return &call;
    return nullptr;
}

}  // namespace hotdesk::test
