// Removal on the Webex side; refreshes whose answers are lost; tokens near their end; renewals.

#include <catch2/catch.hpp>

#include "session_lab.hpp"

using namespace hotdesk;
using namespace hotdesk::test;
using Lab = SessionLab;

TEST_CASE("appUrl is read hourly and after a refused poll, and its absence means removed", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    const Call poll = *find<call::Poll>(calls), app = *find<call::ReadApp>(calls);
    lab.answer(app, Reply{AppDetails{}}, 0ms);
    lab.pass(1h - 1ms);
    CHECK(count<call::ReadApp>(lab.calls()) == 0);
    lab.pass(1ms);
    CHECK(count<call::ReadApp>(lab.calls()) == 1);
    lab.answer(app, Reply{AppDetails{}}, 0ms);
    lab.answer(poll, Lab::refuse(ErrorKind::Transient, 404), 0ms);
    calls = lab.calls();
    REQUIRE(count<call::ReadApp>(calls) == 1);
    CHECK(lab.answer(app, Lab::refuse(ErrorKind::Gone, 404), 0ms).removed.empty());  // once may be a mistake
    lab.pass(59s);
    CHECK(count<call::ReadApp>(lab.calls()) == 0);  // and so may twice within moments
    lab.pass(1s);
    REQUIRE(count<call::ReadApp>(lab.calls()) == 1);
    CHECK(lab.answer(app, Lab::refuse(ErrorKind::Gone, 404)).removed == "appUrl answers HTTP 404");
}

TEST_CASE("an appUrl that was gone for a moment only removes nothing", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    const Call app = *find<call::ReadApp>(calls);
    for (int hour = 0; hour < 2; ++hour) {
        CHECK(lab.answer(app, Lab::refuse(ErrorKind::Gone, 410), 0ms).removed.empty());
        lab.pass(1min);
        REQUIRE(count<call::ReadApp>(lab.calls()) == 1);
        CHECK(lab.answer(app, Reply{AppDetails{}}, 0ms).removed.empty());
        lab.pass(1h);
        (void)lab.calls();
    }
}

TEST_CASE("an appUrl that is gone, fails and is gone again was not gone twice in a row", "[session]") {
    // A cloud that is in trouble says many things; what two answers days apart say must not add up.
    Lab lab;
    auto calls = lab.calls();
    const Call app = *find<call::ReadApp>(calls);
    for (const auto& [kind, status] :
         {std::pair{ErrorKind::Gone, 404}, std::pair{ErrorKind::Transient, 503}, std::pair{ErrorKind::Gone, 404}}) {
        CHECK(lab.answer(app, Lab::refuse(kind, status), 0ms).removed.empty());
        lab.pass(1min);
        REQUIRE(count<call::ReadApp>(lab.calls()) == 1);
    }
    CHECK(lab.answer(app, Lab::refuse(ErrorKind::Gone, 404), 0ms).removed == "appUrl answers HTTP 404");
}

TEST_CASE("a queue that is gone means removed, one that only fails does not", "[session]") {
    for (const bool shown : {false, true}) {
        Lab lab;
        auto calls = lab.calls();
        const Call poll = *find<call::Poll>(calls), app = *find<call::ReadApp>(calls);
        lab.answer(app, Reply{AppDetails{}}, 0ms);
        AppDetails details;
        if (shown) details.poll_url = "https://xapi-a.wbx2.com/poll";
        lab.answer(poll, Lab::refuse(ErrorKind::Transient, 404), 0ms);
        REQUIRE(count<call::ReadApp>(lab.calls()) == 1);  // at once
        CHECK(lab.answer(app, Reply{details}, 0ms).removed.empty());
        lab.pass(13s);
        REQUIRE(count<call::Poll>(lab.calls()) == 1);
        lab.answer(poll, Lab::refuse(ErrorKind::Transient, 404), 0ms);
        CHECK(count<call::ReadApp>(lab.calls()) == (shown ? 1 : 0));  // the second look keeps its distance
        lab.pass(47s);
        if (!shown) REQUIRE(count<call::ReadApp>(lab.calls()) == 1);
        CHECK(lab.answer(app, Reply{details}, 0ms).removed == (shown ? "" : "its queue is gone"));
    }
}

TEST_CASE("a queue that has moved is polled at its new place at once, and nowhere else", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    const Call app = *find<call::ReadApp>(calls);
    lab.answer(app, Reply{AppDetails{}}, 0ms);
    for (int failures = 0; failures < 6; ++failures) {  // the wait has grown to minutes
        const Call* const poll = find<call::Poll>(calls);
        REQUIRE(poll);
        lab.answer(*poll, Lab::refuse(ErrorKind::Transient, 404), 0ms);
        if (failures == 5) break;
        REQUIRE(count<call::ReadApp>(lab.calls()) == 1);
        lab.answer(app, Lab::refuse(ErrorKind::Transient, 503), 0ms);
        lab.pass(5min);
        calls = lab.calls();
        if (count<call::ReadApp>(calls) == 1) lab.answer(app, Lab::refuse(ErrorKind::Transient, 503), 0ms);
    }
    AppDetails moved;
    moved.poll_url = "https://elsewhere.wbx2.com/poll";
    REQUIRE(count<call::ReadApp>(lab.calls()) == 1);
    CHECK(lab.answer(app, Reply{moved}, 0ms).removed.empty());
    REQUIRE(lab.session_.dirty());
    CHECK(count<call::Poll>(lab.calls()) == 0);  // it is stored first
    lab.session_.committed();
    calls = lab.calls();
    REQUIRE(count<call::Poll>(calls) == 1);
    CHECK(std::get<call::Poll>(*find<call::Poll>(calls)).url == moved.poll_url);
}

TEST_CASE("that a refresh begins is stored before it goes out", "[session]") {
    Lab lab(false);
    std::vector<Call> calls;
    lab.session_.take_calls(calls, lab.now_);
    CHECK(calls.empty());
    lab.session_.prepare(lab.now_);
    CHECK(lab.session_.dirty());
    CHECK(lab.session_.activation().refresh_begun == lab.now_.wall);
    lab.session_.take_calls(calls, lab.now_);
    CHECK(calls.empty());  // a full disk: the token is not spent
    lab.session_.committed();
    lab.session_.take_calls(calls, lab.now_);
    REQUIRE(count<call::Refresh>(calls) == 1);
    lab.answer(calls[0], Lab::grant("1"));
    CHECK_FALSE(lab.session_.activation().refresh_begun);
    lab.session_.committed();
}

namespace {

/// What is said of a refresh token that is refused, after another try went as `before` says.
std::string said_of_refusal(std::optional<Result<Reply>> before, std::optional<WallTime> begun = {}) {
    Activation activation = Lab::activation(false);
    activation.refresh_begun = begun;
    Lab lab(false);
    lab.session_ = Session(std::move(activation), lab.now_);
    if (before) {
        auto calls = lab.calls();
        REQUIRE(count<call::Refresh>(calls) == 1);
        lab.answer(calls[0], std::move(*before));
        lab.session_.committed();
        lab.pass(1h);
    }
    auto calls = lab.calls();
    REQUIRE(count<call::Refresh>(calls) == 1);
    const SessionNews news = lab.answer(calls[0], Lab::refuse(ErrorKind::Rejected, 400));
    CHECK(lab.session_.tokens() == Tokens::Invalid);
    lab.session_.committed();
    lab.pass(59min);
    CHECK(lab.calls().empty());  // no hammering
    return news.note;
}

}  // namespace

TEST_CASE("a refresh whose answer was lost on the way is told from a token that was revoked", "[session]") {
    const std::string lost = "lost on the way";
    CHECK(said_of_refusal(std::nullopt).find(lost) == std::string::npos);
    CHECK(said_of_refusal(Lab::refuse(ErrorKind::RateLimited, 429)).find(lost) == std::string::npos);
    CHECK(said_of_refusal(Lab::refuse(ErrorKind::Transient, 0)).find(lost) != std::string::npos);
    CHECK(said_of_refusal(Lab::refuse(ErrorKind::Corrupt, 200)).find(lost) != std::string::npos);
    CHECK(said_of_refusal(Lab::refuse(ErrorKind::Transient, 502)).find(lost) != std::string::npos);
    // The process died between sending and storing.
    CHECK(said_of_refusal(std::nullopt, Lab::start() - 1h).find(lost) != std::string::npos);
    // Answered since.
    CHECK(said_of_refusal(Lab::grant("1", 1800s), Lab::start() - 1h).find(lost) == std::string::npos);
}

TEST_CASE("a refresh token near its own end is exchanged early, once a day, and warned about", "[session]") {
    Activation activation = Lab::activation(true);
    activation.access_expires = Lab::start() + 24h;
    activation.refresh_expires = Lab::start() + 7 * 24h;
    Lab lab;
    lab.session_ = Session(activation, lab.now_);
    auto calls = lab.calls();
    REQUIRE(count<call::Refresh>(calls) == 1);
    const auto grant = [&](std::chrono::seconds life) {
        return Reply{TokenGrant{Secret{"access-1"}, 86400s, Secret{"refresh-1"}, life}};
    };
    SECTION("a new one that lives long ends the matter") {
        CHECK_FALSE(lab.answer(calls[0], grant(5090490s)).trouble);
        lab.session_.committed();
        lab.pass(10min);
        CHECK(count<call::Refresh>(lab.calls()) == 0);
    }
    SECTION("one that Webex does not renew is warned about, and asked for again the next day") {
        const SessionNews news = lab.answer(calls[0], grant(7 * 86400s - 60s));
        CHECK(news.trouble);
        CHECK(news.note.find("hotdeskd activate --replace") != std::string::npos);
        lab.session_.committed();
        lab.pass(20h);
        CHECK(count<call::Refresh>(lab.calls()) == 0);
        lab.pass(4h);
        CHECK(count<call::Refresh>(lab.calls()) == 1);
    }
}

TEST_CASE("a renewal gets a new token and reads appUrl with it, whatever is under way", "[session]") {
    Lab lab;
    auto calls = lab.calls();
    const Call app = *find<call::ReadApp>(calls);
    const bool read_under_way = GENERATE(true, false);
    if (!read_under_way) lab.answer(app, Reply{AppDetails{}});
    lab.session_.renew(lab.now_);
    calls = lab.calls();
    REQUIRE(count<call::Refresh>(calls) == 1);
    CHECK(lab.session_.renewing());
    CHECK(lab.session_.open(lab.now_));  // the token of before works meanwhile
    const MonoTime before = lab.now_.mono;
    lab.answer(*find<call::Refresh>(calls), Lab::grant("1"));
    lab.session_.committed();
    CHECK_FALSE(lab.session_.renewing());
    CHECK_FALSE(lab.session_.used_current_token(before));
    if (read_under_way) {
        CHECK(count<call::ReadApp>(lab.calls()) == 0);
        lab.answer(app, Reply{AppDetails{}}, 0ms);
    }
    CHECK(count<call::ReadApp>(lab.calls()) == 1);
}
