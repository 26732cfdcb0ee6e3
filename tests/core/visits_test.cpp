// Whose visit it is that an answer is about, and what must go on where Webex does not say who sits where.

#include <catch2/catch.hpp>

#include "one_desk.hpp"
#include "worker_lab.hpp"

#include <algorithm>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

template <class Kind>
std::size_t count(const std::vector<Call>& calls) {
    return static_cast<std::size_t>(
        std::count_if(calls.begin(), calls.end(), [](const Call& call) { return std::holds_alternative<Kind>(call); }));
}

/// Somebody sits at their booking, and a call after ten minutes shows that it is theirs.
void let_stay_for_an_hour(Lab& lab) {
    lab.status = somebody();
    lab.bookings = {booking("1", "m", 0h, 4h)};
    (void)lab.sent();
    lab.pass(10min);
    StatusReport call;
    for (const int calls : {1, 0}) {
        call.active_calls = std::optional{calls};
        (void)lab.fleet.hear(DeviceId{"d1"}, input::Pushed{call, lab.now.wall}, lab.now);
    }
    (void)lab.sent();
    lab.pass(50min);
}

}  // namespace

TEST_CASE("an answer that took minutes tells until when somebody was there, and not that they still are", "[visit]") {
    One one;
    one.happens(BookingCreated{booking("1", "m", 0h, 3h), {}});
    one.signs_in();
    one.pass(5s);
    const MonoTime asked = one.now.mono;
    one.pass(5min);
    one.hear(input::StatusAnswered{somebody(), asked});
    one.hear(input::StatusAnswered{nobody(), one.now.mono});
    // A wrong user, perhaps, whom the desk signed out after ten seconds: nobody has left early.
    CHECK_FALSE(one.desk.sign_in);
    CHECK_FALSE(one.desk.left);
}

TEST_CASE("an answer that took minutes tells that somebody had left before who is there now came", "[visit]") {
    One one;
    one.signs_in();
    one.pass(1h);
    const MonoTime asked = one.now.mono;  // they had just left, and that was never told
    one.pass(2min);
    one.signs_in();
    one.pass(3min);
    one.hear(input::StatusAnswered{nobody(), asked});
    REQUIRE(one.desk.sign_in);
    CHECK(one.desk.sign_in->since.mono == one.now.mono);
    SECTION("the same, said again, changes nothing") {
        one.pass(1min);
        const MonoTime since = one.desk.sign_in->since.mono;
        one.hear(input::StatusAnswered{nobody(), asked});
        CHECK(one.desk.sign_in->since.mono == since);
    }
}

TEST_CASE("whoever is there when that is known again may be somebody else", "[visit]") {
    One one;
    one.signs_in();
    one.pass(1h);
    StatusReport silent;
    silent.active_calls = std::optional{0};
    one.hear(input::StatusAnswered{silent, one.now.mono});
    one.pass(1h);
    one.hear(input::StatusAnswered{somebody(), one.now.mono});
    REQUIRE(one.desk.sign_in);
    CHECK(one.now.mono - one.desk.sign_in->since.mono <= 1h);
    CHECK_FALSE(one.desk.sign_in->watched);
}

TEST_CASE("who it is that was asked about an earlier visit is not who is there now", "[visit]") {
    One one;
    one.signs_in();
    one.pass(1min);
    const MonoTime asked = one.now.mono;
    one.pass(1min);
    one.signs_in(false);
    one.signs_in();
    one.pass(5min);
    one.hear(input::Identified{Person{PersonId{"p"}, {anna}, ""}, asked});
    REQUIRE(one.desk.sign_in);
    CHECK_FALSE(one.desk.sign_in->who);
}

TEST_CASE("a desk that is found while messages are missing is judged when they arrive again", "[visit]") {
    Policy policy;
    policy.messages = false;
    Lab lab(1, policy);
    lab.fleet.set_deaf(true, lab.now);
    lab.fleet.take_inventory(campus(2), lab.now);
    lab.status = somebody();
    CHECK(lab.sent().empty());
    lab.pass(20min);
    CHECK(lab.sent().empty());
    lab.fleet.set_deaf(false, lab.now);
    lab.pass(5min - 1s);
    CHECK(lab.sent().empty());
    lab.pass(1s);
    CHECK(lab.sent().size() == 2);
}

TEST_CASE("a limit on asking who sits where holds up nothing else", "[visit]") {
    Policy policy;
    policy.messages = false;
    Works works(policy);
    works.worker.fleet().set_may_ask_who(true);
    works.answer_all(nobody());
    (void)works.worker.fleet().hear(
        DeviceId{"d1"}, input::Happened{{BookingCreated{booking("1", "m", 0h, 4h), {}}, works.now.wall}}, works.now);
    for (const char* const desk : {"d1", "d2"})
        (void)works.worker.fleet().hear(DeviceId{desk}, input::Pushed{somebody(), works.now.wall}, works.now);
    works.pass(1min);
    Error limited = failing(ErrorKind::RateLimited, 429);
    limited.retry_after = std::chrono::seconds{3600};
    works.answer<call::AskSessions>(limited);
    works.pass(4min);
    works.worker.fleet().take_inventory(campus(2), works.now);
    works.turn();
    CHECK(count<call::AskStatus>(works.out) > 0);  // the desk without a booking is asked before its user goes
    works.answer_all(somebody());
    CHECK(works.worker.fleet().sent() == 1);
    works.pass(55min);
    CHECK(count<call::AskSessions>(works.out) == 0);
    works.pass(1min);
    CHECK(count<call::AskSessions>(works.out) == 1);
}

TEST_CASE("where sessions cannot be asked for, nobody waits to find out the same", "[visit]") {
    Lab lab(12);
    lab.fleet.set_may_ask_who(true);
    lab.status = somebody();
    lab.bookings = {booking("1", "m", 0h, 4h)};
    (void)lab.sent();
    lab.pass(1min);
    const auto questions = lab.calls();
    REQUIRE(count<call::AskSessions>(questions) == 4);
    lab.fleet.answered(questions[0], failing(ErrorKind::Transient, 503), lab.now.mono, lab.now, false);
    CHECK(count<call::AskSessions>(lab.calls()) == 0);
    lab.pass(1min);
    CHECK(count<call::AskSessions>(lab.calls()) == 1);  // three are still under way
}

TEST_CASE("Retry-After for who sits where holds for every desk, and who needs an answer goes on without", "[visit]") {
    Lab lab(2);
    lab.fleet.set_may_ask_who(true);
    lab.bookings = {booking("1", "m", 0h, 4h)};
    (void)lab.sent();
    lab.status = somebody();
    (void)lab.fleet.hear(DeviceId{"d1"}, input::Pushed{somebody(), lab.now.wall}, lab.now);
    lab.pass(1min);
    auto questions = lab.calls();
    REQUIRE(count<call::AskSessions>(questions) == 1);
    Error limited = failing(ErrorKind::RateLimited, 429);
    limited.retry_after = std::chrono::seconds{300};
    for (const Call& call : questions)
        if (std::holds_alternative<call::AskSessions>(call))
            lab.fleet.answered(call, Result<Reply>{limited}, lab.now.mono, lab.now, false);
    (void)lab.fleet.hear(DeviceId{"d2"}, input::Pushed{somebody(), lab.now.wall}, lab.now);
    lab.pass(4min);
    CHECK(count<call::AskSessions>(lab.calls()) == 0);
    lab.pass(2min);
    CHECK(count<call::AskSessions>(lab.calls()) == 2);
}

TEST_CASE("whoever was last seen before a booking was moved to later has not left it", "[visit]") {
    Lab lab(1);
    let_stay_for_an_hour(lab);
    lab.hear("d1", BookingStarted{});
    lab.status = nobody();
    lab.bookings = {booking("1", "m", 59min, 4h)};
    lab.commit();
    auto questions = lab.calls();
    REQUIRE(questions.size() == 2);
    std::reverse(questions.begin(), questions.end());  // the list is answered first
    for (const Call& question : questions) lab.answer(question, lab.status, lab.bookings);
    lab.pass(10min);
    CHECK(lab.sent().empty());
}

TEST_CASE("a desk whose list does not arrive is believed what it says", "[visit]") {
    One one;
    one.desk.bookings_asked = true;  // before a restart
    one.happens(BookingCreated{booking("1", "m1"), {}});
    one.hear(input::AskFailed{});
    one.signs_in();
    one.pass(6min);
    one.signs_in(false);
    CHECK(one.only().arrived);
}

TEST_CASE("whoever left before a booking was moved to later has not left it, though both are heard of late",
          "[visit]") {
    Lab lab(1);
    let_stay_for_an_hour(lab);
    lab.status = nobody();
    lab.bookings = {booking("1", "m", 59min, 4h)};
    lab.hear("d1", BookingMoved{lab.bookings[0].ref, lab.bookings[0].start, 181min}, 5min);
    (void)lab.fleet.hear(DeviceId{"d1"}, input::Pushed{nobody(), lab.now.wall - 2min}, lab.now);
    (void)lab.sent();
    lab.pass(10min);
    CHECK(lab.sent().empty());
}
