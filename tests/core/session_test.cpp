#include <catch2/catch.hpp>

#include "session_lab.hpp"

using namespace hotdesk;
using namespace hotdesk::test;
using Lab = SessionLab;

TEST_CASE("at start the poll, appUrl and both lists go out at once", "[session]") {
    Lab lab;
    const auto calls = lab.calls();
    CHECK(count<call::Poll>(calls) == 1);
    CHECK(count<call::ReadApp>(calls) == 1);
    CHECK(count<call::ListDevices>(calls) == 1);
    CHECK(count<call::ListWorkspaces>(calls) == 1);
    CHECK(count<call::Refresh>(calls) == 0);
    CHECK(lab.calls().empty());  // one of each, not two
}

TEST_CASE("a new refresh token is committed before the access token is used", "[session]") {
    Lab lab(false);
    auto calls = lab.calls();
    REQUIRE(calls.size() == 1);
    REQUIRE(count<call::Refresh>(calls) == 1);
    lab.answer(calls[0], Lab::grant("1"));
    CHECK(lab.session_.dirty());
    CHECK(lab.session_.activation().refresh_token.reveal() == "refresh-1");
    CHECK(lab.calls().empty());
    CHECK_FALSE(lab.session_.open(lab.now_));
    lab.session_.committed();
    calls = lab.calls();
    CHECK(count<call::Poll>(calls) == 1);
    CHECK(lab.session_.open(lab.now_));
}

TEST_CASE("a token is refreshed ahead of its end, once, while calls go on", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    lab.pass(111min);
    lab.answer(*find<call::Poll>(calls), Reply{MessageBatch{}});
    calls = lab.calls();
    REQUIRE(count<call::Refresh>(calls) == 1);
    CHECK(count<call::Poll>(calls) == 1);
    CHECK(count<call::Refresh>(lab.calls()) == 0);
    const Call refresh = *find<call::Refresh>(calls);
    lab.answer(refresh, Lab::grant("1"));
    lab.session_.committed();
    lab.pass(1min);
    CHECK(count<call::Refresh>(lab.calls()) == 0);
}

TEST_CASE("a 401 gets a new token once and the call goes out again at once", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    const Call poll = *find<call::Poll>(calls);
    lab.answer(poll, Lab::refuse(ErrorKind::AuthExpired, 401));
    CHECK_FALSE(lab.session_.open(lab.now_));
    calls = lab.calls();
    REQUIRE(count<call::Refresh>(calls) == 1);
    CHECK(count<call::Poll>(calls) == 0);
    lab.answer(calls[0], Lab::grant("1"));
    lab.session_.committed();
    CHECK(count<call::Poll>(lab.calls()) == 1);
}

TEST_CASE("a 401 of a call that used the old token does not ask for another one", "[session]") {
    Lab lab;
    const auto calls = lab.calls();
    const Call poll = *find<call::Poll>(calls), app = *find<call::ReadApp>(calls);
    const MonoTime started = lab.now_.mono;
    lab.answer(poll, Lab::refuse(ErrorKind::AuthExpired, 401));
    const auto refresh = lab.calls();
    lab.answer(refresh[0], Lab::grant("1"));
    lab.session_.committed();
    // appUrl's 401 comes only now, but it went out with the old token.
    (void)lab.session_.answered(app, Lab::refuse(ErrorKind::AuthExpired, 401), started, lab.now_, 0.0);
    const auto next = lab.calls();
    CHECK(count<call::Refresh>(next) == 0);
    CHECK(count<call::ReadApp>(next) == 1);
}

TEST_CASE("a fresh token that is refused does not lead to a storm of refreshes", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    int refreshes = 0;
    for (int minute = 0; minute < 600; ++minute) {
        for (const Call& call : calls) {
            if (std::holds_alternative<call::Refresh>(call)) {
                lab.answer(call, Lab::grant(std::to_string(++refreshes)));
                lab.session_.committed();
            } else {
                lab.answer(call, Lab::refuse(ErrorKind::AuthExpired, 401));
            }
        }
        lab.pass(1s);
        calls = lab.calls();
    }
    CHECK(refreshes >= 1);
    CHECK(refreshes <= 6);  // ten minutes: at once, then a minute apart and ever more
}

TEST_CASE("a failed poll waits ten seconds, then longer, up to five minutes", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    Call poll = *find<call::Poll>(calls);
    for (const Millis wait :
         {Millis{10s}, Millis{20s}, Millis{40s}, Millis{80s}, Millis{160s}, Millis{300s}, Millis{300s}}) {
        lab.answer(poll, Lab::refuse(ErrorKind::Transient, 503), 0ms);
        lab.pass(wait - 1ms);
        CHECK(count<call::Poll>(lab.calls()) == 0);
        lab.pass(1ms);
        calls = lab.calls();
        REQUIRE(count<call::Poll>(calls) == 1);
    }
    lab.answer(poll, Reply{MessageBatch{}});
    CHECK(count<call::Poll>(lab.calls()) == 1);
}

TEST_CASE("Retry-After is honoured by the poll and by everybody else", "[session]") {
    Lab lab;
    const auto calls = lab.calls();
    lab.answer(*find<call::Poll>(calls), Lab::refuse(ErrorKind::RateLimited, 429, 90s), 0ms);
    CHECK_FALSE(lab.session_.open(lab.now_));
    lab.pass(90s - 1ms);
    CHECK(count<call::Poll>(lab.calls()) == 0);
    lab.pass(1ms);
    CHECK(count<call::Poll>(lab.calls()) == 1);
    CHECK(lab.session_.open(lab.now_));
}

namespace {

/// The next poll goes out after this long, and not sooner.
void polls_after(SessionLab& lab, Millis wait) {
    lab.pass(wait - 1ms);
    CHECK(count<call::Poll>(lab.calls()) == 0);
    lab.pass(1ms);
    CHECK(count<call::Poll>(lab.calls()) == 1);
}

}  // namespace

TEST_CASE("Retry-After is honoured whatever it comes with", "[session]") {
    const auto [kind, status] = GENERATE(std::pair{ErrorKind::AuthExpired, 401}, std::pair{ErrorKind::RateLimited, 423},
                                         std::pair{ErrorKind::RateLimited, 429}, std::pair{ErrorKind::Transient, 503});
    INFO(status);
    SessionLab lab;
    const auto calls = lab.calls();
    (void)lab.answer(*find<call::Poll>(calls), lab.refuse(kind, status, 90s));
    Millis renewed{0};
    if (kind == ErrorKind::AuthExpired) {  // a new token is no reason to come back sooner
        const auto renewal = lab.calls();
        REQUIRE(count<call::Refresh>(renewal) == 1);
        renewed = 10ms;
        (void)lab.answer(*find<call::Refresh>(renewal), lab.grant("1"), renewed);
        lab.session_.committed();
    }
    polls_after(lab, 90s - renewed);
}

TEST_CASE("trying again at once does not mean within a pause that was asked for", "[session]") {
    const auto [kind, status] = GENERATE(std::pair{ErrorKind::RateLimited, 423}, std::pair{ErrorKind::Transient, 503});
    INFO(status);
    SessionLab lab;
    (void)lab.answer(*find<call::Poll>(lab.calls()), lab.refuse(kind, status, 90s));
    lab.pass(30s);
    lab.session_.retry_now(lab.now_);
    polls_after(lab, 60s);
}

TEST_CASE("a poll that failed is followed by a pause, whatever is tried at once", "[session]") {
    SessionLab lab;
    (void)lab.answer(*find<call::Poll>(lab.calls()), lab.refuse(ErrorKind::Transient, 502));
    lab.pass(10s);
    (void)lab.answer(*find<call::Poll>(lab.calls()), lab.refuse(ErrorKind::Transient, 502));
    lab.pass(1s);
    lab.session_.retry_now(lab.now_);
    polls_after(lab, 9s);
}

TEST_CASE("credentials that changed are tried at once, but within no pause that was asked for", "[session]") {
    const auto pause = GENERATE(std::optional<std::chrono::seconds>{}, std::optional{90s});
    SessionLab lab;
    lab.session_.renew(lab.now_);
    (void)lab.answer(*find<call::Refresh>(lab.calls()), lab.refuse(ErrorKind::Rejected, 400, pause));
    lab.session_.committed();
    lab.pass(30s);
    lab.session_.retry_now(lab.now_);
    lab.session_.renew(lab.now_);
    lab.pass(60s - 1ms);
    CHECK(count<call::Refresh>(lab.calls()) == (pause ? 0 : 1));
    lab.pass(1ms);
    CHECK(count<call::Refresh>(lab.calls()) == (pause ? 1 : 0));
}

TEST_CASE("a pause that is shorter than ours does not make it shorter", "[session]") {
    SessionLab lab;
    (void)lab.answer(*find<call::Poll>(lab.calls()), lab.refuse(ErrorKind::Transient, 503, 1s));
    polls_after(lab, 10s);
}

TEST_CASE("a desk's 401 with a pause keeps desks waiting, also with a new token", "[session]") {
    SessionLab lab;
    (void)lab.calls();
    Error error{ErrorKind::AuthExpired, "no"};
    error.retry_after = 60s;
    const MonoTime started = lab.now_.mono;
    lab.pass(10ms);
    CHECK(lab.session_.warned(error, started, lab.now_));
    (void)lab.answer(*find<call::Refresh>(lab.calls()), lab.grant("1"), 0ms);
    lab.session_.committed();
    CHECK_FALSE(lab.session_.open(lab.now_));
    lab.pass(60s);
    CHECK(lab.session_.open(lab.now_));
}

TEST_CASE("a refused refresh means invalid and is not tried again for an hour", "[session]") {
    Lab lab(false);
    auto calls = lab.calls();
    lab.answer(calls[0], Lab::refuse(ErrorKind::Rejected, 400), 0ms);
    CHECK(lab.session_.tokens() == Tokens::Invalid);
    lab.session_.committed();
    lab.pass(1h - 1ms);
    CHECK(lab.calls().empty());
    lab.pass(1ms);
    CHECK(count<call::Refresh>(lab.calls()) == 1);
}

TEST_CASE("a refresh that got no answer is tried again with the same token", "[session]") {
    Lab lab(false);
    auto calls = lab.calls();
    lab.answer(calls[0], Lab::refuse(ErrorKind::Transient, 0), 0ms);
    CHECK(lab.session_.tokens() == Tokens::Unknown);
    lab.pass(10s);
    calls = lab.calls();
    REQUIRE(count<call::Refresh>(calls) == 1);
    CHECK(std::get<call::Refresh>(calls[0]).refresh_token.reveal() == "refresh-0");
}

TEST_CASE("a poll answered after ten silent minutes is a gap", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    CHECK(lab.answer(*find<call::Poll>(calls), Reply{MessageBatch{}}).gap.empty());
    calls = lab.calls();
    lab.pass(10min);
    CHECK_FALSE(lab.answer(*find<call::Poll>(calls), Reply{MessageBatch{}}).gap.empty());
}

TEST_CASE("lists are read page by page, a failed page again, and reported once they are whole", "[session]") {
    Lab lab;
    const auto calls = lab.calls();
    const Call devices = *find<call::ListDevices>(calls), workspaces = *find<call::ListWorkspaces>(calls);
    DeviceInfo device;
    device.id = DeviceId{"d1"};
    CHECK_FALSE(lab.answer(workspaces, Reply{Page<WorkspaceInfo>{}}).inventory);
    CHECK_FALSE(
        lab.answer(devices, Reply{Page<DeviceInfo>{{device}, "https://webexapis.com/v1/devices?start=1"}}).inventory);
    auto next = lab.calls();
    REQUIRE(count<call::ListDevices>(next) == 1);
    CHECK(std::get<call::ListDevices>(*find<call::ListDevices>(next)).url ==
          "https://webexapis.com/v1/devices?start=1");
    lab.answer(*find<call::ListDevices>(next), Lab::refuse(ErrorKind::Transient, 503), 0ms);
    lab.pass(10s);
    next = lab.calls();
    REQUIRE(count<call::ListDevices>(next) == 1);
    device.id = DeviceId{"d2"};
    const auto news = lab.answer(*find<call::ListDevices>(next), Reply{Page<DeviceInfo>{{device}, ""}});
    REQUIRE(news.inventory);
    CHECK(news.inventory->devices.size() == 2);
    // An unknown device may ask for the lists again, but not twice a minute.
    lab.session_.want_inventory(lab.now_);
    lab.pass(1min);
    CHECK(count<call::ListDevices>(lab.calls()) == 1);
}

TEST_CASE("the session wakes for what it waits for and not before", "[session]") {
    Lab lab;
    const auto calls = lab.calls();
    lab.answer(*find<call::ListDevices>(calls), Reply{Page<DeviceInfo>{}}, 0ms);
    lab.answer(*find<call::ListWorkspaces>(calls), Reply{Page<WorkspaceInfo>{}}, 0ms);
    lab.answer(*find<call::ReadApp>(calls), Reply{AppDetails{}}, 0ms);
    // Only the poll is out: the next thing is to read appUrl in an hour.
    REQUIRE(lab.session_.wake_at(lab.now_));
    CHECK(*lab.session_.wake_at(lab.now_) == lab.now_.mono + 1h);
    lab.answer(*find<call::Poll>(calls), Lab::refuse(ErrorKind::Transient, 503), 0ms);
    CHECK(*lab.session_.wake_at(lab.now_) == lab.now_.mono + 10s);
}

TEST_CASE("while its changes cannot be stored the session neither calls nor spins", "[session]") {
    Lab lab;
    const auto calls = lab.calls();
    AppDetails details;
    details.poll_url = "https://xapi-a.wbx2.com/another-poll";
    lab.answer(*find<call::ReadApp>(calls), Reply{details});
    REQUIRE(lab.session_.dirty());
    lab.pass(2h);  // a refresh is long due
    CHECK(lab.calls().empty());
    CHECK_FALSE(lab.session_.wake_at(lab.now_));
    lab.session_.committed();
    CHECK(count<call::Refresh>(lab.calls()) == 1);
}

TEST_CASE("a token that ended days ago is renewed at once", "[session]") {
    for (const Millis age : {Millis{1s}, Millis{10h}, Millis{24h * 30}}) {
        Activation activation = Lab::activation(true);
        activation.access_expires = Lab::start() - age;
        const Now now{Lab::start(), MonoTime{} + 1000s};
        Session session(std::move(activation), now);
        std::vector<Call> calls;
        session.prepare(now);
        session.committed();
        session.take_calls(calls, now);
        CHECK(calls.size() == 1);
        CHECK(count<call::Refresh>(calls) == 1);
    }
}

TEST_CASE("one caller that is always refused does not make everybody refresh", "[session]") {
    Lab lab;
    (void)lab.calls();
    Error refused{ErrorKind::AuthExpired, "refused"};
    refused.http_status = 401;
    int refreshes = 0;
    for (int minute = 0; minute < 120; ++minute) {
        (void)lab.session_.warned(refused, lab.now_.mono, lab.now_);
        for (const Call& call : lab.calls()) {
            if (std::holds_alternative<call::Refresh>(call)) {
                lab.answer(call, Lab::grant(std::to_string(++refreshes)));
                lab.session_.committed();
            } else if (std::holds_alternative<call::Poll>(call)) {
                lab.answer(call, Reply{MessageBatch{}});
            }
        }
        lab.pass(1min);
    }
    CHECK(refreshes >= 1);
    CHECK(refreshes <= 10);
}

TEST_CASE("a refused refresh does not throw a working token away", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    const Call poll = *find<call::Poll>(calls);
    lab.pass(111min);
    lab.answer(poll, Reply{MessageBatch{}});
    calls = lab.calls();
    REQUIRE(count<call::Refresh>(calls) == 1);
    lab.answer(*find<call::Refresh>(calls), Lab::refuse(ErrorKind::Rejected, 403));
    lab.session_.committed();
    CHECK(lab.session_.tokens() == Tokens::Valid);
    CHECK(lab.session_.open(lab.now_));
    lab.pass(10min);
    calls = lab.calls();
    REQUIRE(count<call::Refresh>(calls) == 1);
    lab.answer(calls[0], Lab::refuse(ErrorKind::Rejected, 403));
    CHECK(lab.session_.tokens() == Tokens::Invalid);
}

TEST_CASE("a token without a life does not make refreshes chase each other", "[session]") {
    Lab lab(false);
    int refreshes = 0;
    for (int tick = 0; tick < 600; ++tick) {
        for (const Call& call : lab.calls())
            if (std::holds_alternative<call::Refresh>(call)) {
                lab.answer(call, Lab::grant(std::to_string(++refreshes), 0s), 0ms);
                lab.session_.committed();
            }
        lab.pass(100ms);
    }
    CHECK(refreshes <= 61);
}

TEST_CASE("the end of a pause wakes the loop", "[session]") {
    Lab lab;
    (void)lab.calls();
    Error limited{ErrorKind::RateLimited, "slow down"};
    limited.http_status = 429;
    limited.retry_after = 10s;
    CHECK(lab.session_.warned(limited, lab.now_.mono, lab.now_));
    CHECK(lab.session_.wake_at(lab.now_) == lab.now_.mono + 10s);
}

TEST_CASE("a batch that could not be read or broke off means that messages are missing", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    const Call poll = *find<call::Poll>(calls);
    CHECK_FALSE(lab.answer(poll, Lab::refuse(ErrorKind::Corrupt, 200)).gap.empty());
    lab.pass(10s);
    (void)lab.calls();
    Error unsent{ErrorKind::Transient, "no connection"};
    unsent.unsent = true;
    CHECK(lab.answer(poll, Result<Reply>{unsent}).gap.empty());
    CHECK_FALSE(lab.deaf());
    lab.pass(20s);
    (void)lab.calls();
    CHECK(lab.answer(poll, Reply{MessageBatch{}}).gap.empty());
    for (const int status : {0, 200, 502, 504}) {
        (void)lab.calls();
        CHECK(lab.answer(poll, Lab::refuse(ErrorKind::Transient, status)).gap.empty());
        CHECK(lab.deaf());
        lab.pass(10s);
        (void)lab.calls();
        CHECK_FALSE(lab.answer(poll, Reply{MessageBatch{}}).gap.empty());
        CHECK_FALSE(lab.deaf());
    }
    // Answered by somebody who had nothing to hand out.
    (void)lab.calls();
    CHECK(lab.answer(poll, Lab::refuse(ErrorKind::Transient, 503)).gap.empty());
    lab.pass(10s);
    (void)lab.calls();
    CHECK(lab.answer(poll, Reply{MessageBatch{}}).gap.empty());
}

TEST_CASE("who has not heard for a minute is deaf until a poll is answered", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    lab.pass(1min);
    CHECK_FALSE(lab.deaf());
    lab.pass(1ms);
    CHECK(lab.deaf());
    (void)lab.answer(*find<call::Poll>(calls), Reply{MessageBatch{}});
    CHECK_FALSE(lab.deaf());
}
