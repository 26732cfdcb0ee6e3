#include "daemon/record_keeper.hpp"

#include <catch2/catch.hpp>

#include "codec/state.hpp"
#include "doubles.hpp"

using namespace hotdesk;
using namespace hotdesk::test;
using namespace std::chrono_literals;

namespace {

struct Lab {
    MemoryStore store;
    ManualHost host;
    RecordKeeper keeper{store, Limit{24h * 90}};
    Seq next = 1;

    void decided(Millis ago, std::string_view result = result_done) {
        Record record;
        record.seq = next++;
        record.time = host.time.wall - ago;
        record.device = DeviceId{"d"};
        record.rule = "sign_out_grace";
        record.decision = "sign out";
        record.command = {"Webex.Registration.Logout", {}};
        record.result = result;
        store.records[{Table::Record, codec::seq_key(record.seq)}] = codec::write_record(record);
    }
    std::vector<Seq> kept() const {
        std::vector<Seq> seqs;
        for (const auto& [key, value] : store.records) seqs.push_back(*codec::read_seq_key(key.second));
        return seqs;
    }
    void look() { REQUIRE(keeper.look(host.time).ok()); }
};

}  // namespace

TEST_CASE("a decision is kept for as long as it shall be, and removed within an hour after", "[keep]") {
    Lab lab;
    lab.decided(24h * 91);
    lab.decided(24h * 90 - 30min);
    lab.decided(0min);
    lab.look();
    CHECK(lab.kept() == std::vector<Seq>{2, 3});
    lab.host.pass(59min);
    lab.look();
    CHECK(lab.kept() == std::vector<Seq>{2, 3});
    lab.host.pass(1min);
    lab.look();
    CHECK(lab.kept() == std::vector<Seq>{3});
    for (int hour = 0; hour < 24 * 90; ++hour) {
        lab.host.pass(1h);
        lab.look();
    }
    CHECK(lab.kept().empty());
}

TEST_CASE("a decision that waits for its answer is never removed, and holds nothing else up", "[keep]") {
    Lab lab;
    lab.decided(24h * 200, result_pending);
    lab.decided(24h * 100);
    lab.decided(24h);
    lab.look();
    CHECK(lab.kept() == std::vector<Seq>{1, 3});
}

TEST_CASE("a decision of a time when the clock was wrong holds nothing up, and goes when its time has come", "[keep]") {
    Lab lab;
    lab.decided(-24h * 365);
    lab.decided(24h * 100);
    lab.decided(24h);
    lab.look();
    CHECK(lab.kept() == std::vector<Seq>{1, 3});
    lab.host.pass(24h * (365 + 91));
    lab.look();
    CHECK(lab.kept().empty());
}

TEST_CASE("a record that cannot be read stays", "[keep]") {
    Lab lab;
    lab.store.records[{Table::Record, codec::seq_key(lab.next++)}] = "{";
    lab.decided(24h * 100);
    lab.look();
    CHECK(lab.kept() == std::vector<Seq>{1});
}

TEST_CASE("a long record is shortened by a bounded number a look, without waiting for the hour", "[keep]") {
    Lab lab;
    for (int i = 0; i < 2500; ++i) lab.decided(24h * 100);
    lab.decided(0min);
    for (const std::size_t left : {1501U, 501U, 1U}) {
        lab.look();
        CHECK(lab.store.count(Table::Record) == left);
    }
    CHECK(lab.store.commits == 3);
}

TEST_CASE("off keeps everything, and another age is heeded at once", "[keep]") {
    Lab lab;
    lab.decided(24h * 1000);
    lab.decided(24h);
    lab.keeper.set_keep(off);
    lab.look();
    CHECK(lab.kept().size() == 2);
    lab.keeper.set_keep(Limit{12h});
    lab.look();
    CHECK(lab.kept().empty());
}

TEST_CASE("an idle worker writes nothing, and a full disk is said and tried again an hour later", "[keep]") {
    Lab lab;
    lab.decided(24h);
    for (int turn = 0; turn < 1000; ++turn) {
        lab.host.pass(20s);
        lab.look();
    }
    CHECK(lab.store.commits == 0);
    lab.keeper.set_keep(Limit{1h});
    lab.store.full = true;
    CHECK_FALSE(lab.keeper.look(lab.host.time).ok());
    CHECK(lab.keeper.look(lab.host.time).ok());
    lab.store.full = false;
    lab.host.pass(1h);
    lab.look();
    CHECK(lab.kept().empty());
}

TEST_CASE("while Webex's time is not known nothing is removed, and it is looked at once it is", "[keep]") {
    Lab lab;
    lab.decided(24h * 91);
    lab.decided(0min);
    CHECK(lab.keeper.look(std::nullopt).ok());
    CHECK(lab.kept() == std::vector<Seq>{1, 2});
    lab.look();
    CHECK(lab.kept() == std::vector<Seq>{2});
}
