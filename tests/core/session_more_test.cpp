// The session between two answers: listings that wait for one another, tokens with short lives, and bounds.

#include <catch2/catch.hpp>

#include "core/session.hpp"
#include "fleet_lab.hpp"

#include <algorithm>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

struct SessionLab {
    explicit SessionLab(Millis life = 12h) : session(standing_activation(life), now) {}

    std::vector<Call> calls() {
        session.prepare(now);
        session.committed();
        std::vector<Call> out;
        session.take_calls(out, now);
        return out;
    }
    void pass(Millis time) {
        now.wall += time;
        now.mono += time;
    }
    SessionNews answer(const Call& call, Result<Reply> reply) {
        SessionNews news = session.answered(call, std::move(reply), now.mono, now, 0.0);
        session.committed();
        return news;
    }
    /// Gets a new token for a 401, if one is wanted at once.
    bool refreshes_for_a_401() {
        (void)session.warned(failing(ErrorKind::AuthExpired, 401), now.mono, now);
        for (const Call& call : calls()) {
            if (!std::holds_alternative<call::Refresh>(call)) continue;
            answer(call, Reply{TokenGrant{Secret{"access"}, 43200s, Secret{"refresh"}, std::nullopt}});
            return true;
        }
        return false;
    }
    Now now{morning, MonoTime{} + 1000s};
    Session session;
};

template <class Kind>
std::vector<Call> only(const std::vector<Call>& calls) {
    std::vector<Call> out;
    std::copy_if(calls.begin(), calls.end(), std::back_inserter(out),
                 [](const Call& call) { return std::holds_alternative<Kind>(call); });
    return out;
}

const Reply no_devices{Page<DeviceInfo>{}}, no_workspaces{Page<WorkspaceInfo>{}};

}  // namespace

TEST_CASE("a listing is whole when both lists are, and no other begins before", "[session]") {
    SessionLab lab;
    const auto calls = lab.calls();
    const Call devices = only<call::ListDevices>(calls).at(0), workspaces = only<call::ListWorkspaces>(calls).at(0);
    SECTION("the workspaces fail") {
        lab.answer(workspaces, failing(ErrorKind::Transient, 503));
        CHECK_FALSE(lab.answer(devices, no_devices).inventory);
        CHECK(lab.session.listing_fails());
        CHECK(lab.session.wake_at(lab.now) == lab.now.mono + 10s);
        lab.session.want_inventory(lab.now);
        lab.pass(10s);
        const auto again = lab.calls();
        CHECK(only<call::ListDevices>(again).empty());
        REQUIRE(only<call::ListWorkspaces>(again).size() == 1);
        lab.pass(1min);
        CHECK(only<call::ListDevices>(lab.calls()).empty());
        CHECK(lab.answer(workspaces, no_workspaces).inventory);
        CHECK_FALSE(lab.session.listing_fails());
        CHECK(only<call::ListDevices>(lab.calls()).size() == 1);
    }
    SECTION("the devices fail") {
        CHECK_FALSE(lab.answer(workspaces, no_workspaces).inventory);
        lab.answer(devices, failing(ErrorKind::Transient, 503));
        CHECK(lab.session.wake_at(lab.now) == lab.now.mono + 10s);
        lab.pass(10s);
        const auto again = lab.calls();
        CHECK(only<call::ListWorkspaces>(again).empty());
        REQUIRE(only<call::ListDevices>(again).size() == 1);
        CHECK(lab.answer(devices, no_devices).inventory);
    }
}

TEST_CASE("the lists are read again after six hours, and not before", "[session]") {
    SessionLab lab;
    const auto calls = lab.calls();
    lab.answer(only<call::ListDevices>(calls).at(0), no_devices);
    CHECK(lab.answer(only<call::ListWorkspaces>(calls).at(0), no_workspaces).inventory);
    lab.pass(6h - 1ms);
    CHECK(only<call::ListDevices>(lab.calls()).empty());
    lab.pass(1ms);
    const auto again = lab.calls();
    CHECK(only<call::ListDevices>(again).size() == 1);
    CHECK(only<call::ListWorkspaces>(again).size() == 1);
}

TEST_CASE("a list without an end is given up, and half a list is no list", "[session]") {
    SessionLab lab;
    const auto calls = lab.calls();
    const Call devices = only<call::ListDevices>(calls).at(0), workspaces = only<call::ListWorkspaces>(calls).at(0);
    // The workspaces come round and round; the devices are slow to answer.
    SessionNews news;
    int pages = 0;
    for (; pages < 1100 && !news.trouble; ++pages)
        news = lab.answer(workspaces, Reply{Page<WorkspaceInfo>{std::vector<WorkspaceInfo>(1000), "https://next"}});
    CHECK(pages == 1001);
    CHECK(news.note.find("no end") != std::string::npos);
    CHECK(lab.session.listing_fails());
    const std::string next = GENERATE("", "https://next");
    CHECK_FALSE(lab.answer(devices, Reply{Page<DeviceInfo>{campus(1).devices, next}}).inventory);
    CHECK(only<call::ListDevices>(lab.calls()).empty());
    lab.pass(6h);
    CHECK(only<call::ListDevices>(lab.calls()).size() == 1);
}

TEST_CASE("a token with a short life is renewed while it can still be used", "[session]") {
    SessionLab lab(20s);
    CHECK(only<call::Refresh>(lab.calls()).empty());
    lab.pass(14s);
    CHECK(only<call::Refresh>(lab.calls()).empty());
    lab.pass(1s);  // it ends in five seconds, and a tenth of its life is two
    CHECK(only<call::Refresh>(lab.calls()).size() == 1);
}

TEST_CASE("a session that wants a new token wakes for it, and for nothing that needs one", "[session]") {
    SessionLab lab;
    (void)lab.calls();
    CHECK(lab.session.warned(failing(ErrorKind::AuthExpired, 401), lab.now.mono, lab.now));
    CHECK(lab.session.wake_at(lab.now) == lab.now.mono);
    const auto refresh = lab.calls();
    REQUIRE(refresh.size() == 1);
    CHECK_FALSE(lab.session.wake_at(lab.now));  // the answer is waited for
    lab.answer(refresh[0], failing(ErrorKind::Transient, 503));
    CHECK(lab.session.wake_at(lab.now) == lab.now.mono + 10s);
}

TEST_CASE("after a quiet hour a 401 is a reason for a new token at once, however it was before", "[session]") {
    SessionLab lab;
    (void)lab.calls();
    int refreshes = 0;
    for (int minute = 0; minute < 30; ++minute) {
        refreshes += lab.refreshes_for_a_401() ? 1 : 0;
        lab.pass(1min);
    }
    CHECK(refreshes == 5);  // at once, then after 1, 2, 4 and 8 minutes; 16 would be the next
    lab.pass(61min);
    CHECK(lab.refreshes_for_a_401());
    lab.pass(1min);
    CHECK(lab.refreshes_for_a_401());
    lab.pass(1min);
    CHECK_FALSE(lab.refreshes_for_a_401());
}

TEST_CASE("a token got because its time had come is replaced at once when it is refused", "[session]") {
    SessionLab lab;
    (void)lab.calls();
    for (int minute = 0; minute < 180; ++minute) {
        (void)lab.refreshes_for_a_401();
        lab.pass(1min);
    }
    lab.pass(12h);
    const auto due = only<call::Refresh>(lab.calls());
    REQUIRE(due.size() == 1);
    lab.answer(due[0], Reply{TokenGrant{Secret{"access"}, 43200s, Secret{"refresh"}, std::nullopt}});
    lab.pass(50min);
    CHECK(lab.refreshes_for_a_401());
}
