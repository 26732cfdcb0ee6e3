// What the worker says, of how it goes and of what it passes over.

#include "worker_lab.hpp"

using namespace hotdesk;
using namespace hotdesk::test;

TEST_CASE("what is passed over every day is no warning, and there is an end of notes", "[worker]") {
    Works works;
    MessageBatch batch;
    for (int i = 0; i < 300; ++i) batch.notes.push_back("the key Audio.Volume" + std::to_string(i));
    const bool skipped = GENERATE(true, false);
    batch.skipped = skipped ? 1 : 0;
    works.answer<call::Poll>(Reply{std::move(batch)});
    int noted = 0;
    for (const Line& line : works.lines) {
        if (line.text.rfind("passed over: ", 0) != 0) continue;
        ++noted;
        CHECK(line.level == (skipped ? Level::Warn : Level::Debug));
    }
    CHECK(noted == 200);
}

TEST_CASE("events of a desk that nobody knows lead to a listing, however many they are", "[worker]") {
    Works works;
    works.answer_all(nobody());
    works.answer<call::ListDevices>(Reply{Page<DeviceInfo>{campus(2).devices, ""}});
    works.answer<call::ListWorkspaces>(Reply{Page<WorkspaceInfo>{campus(2).workspaces, ""}});
    works.answer_all(nobody());
    works.out.clear();
    Message message;
    message.device = DeviceId{"d9"};
    message.timestamp = morning;
    message.body = EventsMessage{{{Booted{"Restart"}, morning}, {BookingsChanged{}, morning}}};
    MessageBatch batch;
    batch.messages.push_back(std::move(message));
    (void)works.worker.answered(call::Poll{""}, Reply{std::move(batch)}, works.now.mono, works.now, 0.0);
    works.pass(1min);
    CHECK(std::count_if(works.out.begin(), works.out.end(),
                        [](const Call& call) { return std::holds_alternative<call::ListDevices>(call); }) == 1);
}

TEST_CASE("desks that cannot be listed impair, with the reason in the sentence", "[worker]") {
    Works works;
    works.answer_all(nobody());
    works.answer<call::Poll>(Reply{MessageBatch{}});
    works.answer<call::ListDevices>(Error{ErrorKind::Transient, "no route"});
    CHECK(works.worker.health().operational == Operational::Impaired);
    CHECK(works.worker.sentence(works.now) == "impaired: no route");
}

TEST_CASE("an impairment without an error still says how it goes", "[worker]") {
    Policy policy;
    policy.verify_identity = VerifyIdentity::On;
    Works works(policy);
    works.answer_all(nobody());
    CHECK(works.worker.health().operational == Operational::Impaired);
    CHECK(works.worker.sentence(works.now) == "impaired: watching 2 desks, 0 signed in, 0 booked");
}

TEST_CASE("credentials that stay refused are told once", "[worker]") {
    Activation with = standing_activation();
    with.access_token = Secret{};
    Works works(Policy{}, std::move(with));
    for (int hour = 0; hour < 3; ++hour) {
        works.answer<call::Refresh>(failing(ErrorKind::Rejected, 400));
        works.pass(1h);
    }
    CHECK(std::count_if(works.lines.begin(), works.lines.end(),
                        [](const Line& line) { return line.level == Level::Error; }) == 1);
    CHECK(works.worker.take_desk_calls(works.now).empty());  // nobody is asked without a token
}

TEST_CASE("nobody is signed out while polls fail, and the grace starts again when one is answered", "[worker]") {
    Works works;
    works.answer_all(somebody());
    works.pass(4min);
    works.answer<call::Poll>(failing(ErrorKind::Transient, 502));
    const auto sends = [&] {
        works.answer_all(somebody());
        return works.worker.fleet().sent();
    };
    for (int i = 0; i < 30; ++i) {
        works.now.wall += 20s;
        works.now.mono += 20s;
        works.turn();
        if (std::any_of(works.out.begin(), works.out.end(),
                        [](const Call& call) { return std::holds_alternative<call::Poll>(call); }))
            works.answer<call::Poll>(failing(ErrorKind::Transient, 502));
        CHECK(sends() == 0);
    }
    const auto deaf_for = [&](Millis time) {
        for (Millis passed{0}; passed < time; passed += 20s) {
            works.pass(20s);
            CHECK(sends() == 0);
        }
    };
    deaf_for(5min);
    works.pass(5min);
    CHECK(sends() > 0);
}
