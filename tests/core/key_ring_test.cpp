#include <catch2/catch.hpp>

#include "core/key_ring.hpp"

using namespace hotdesk;
using namespace std::chrono_literals;
using Look = KeyRing::Look;

namespace {

const std::string a = "https://xapi-a.wbx2.com/jwks", k = "https://xapi-k.wbx2.com/jwks";
constexpr MonoTime start{1000s};

}  // namespace

TEST_CASE("a key set is asked for once, and kept for an hour", "[keys]") {
    KeyRing ring;
    CHECK(ring.look(a, "one", start) == Look::Ask);
    ring.asked(a, start);
    CHECK(ring.look(a, "one", start) == Look::Waiting);
    ring.answered(a, std::vector<Jwk>{{"one", "x", "y"}}, start);
    CHECK(ring.look(a, "one", start) == Look::Known);
    CHECK(ring.keys(a).size() == 1);
    CHECK(ring.look(a, "one", start + 59min) == Look::Known);
    // A key that was withdrawn must not be believed for ever.
    CHECK(ring.look(a, "one", start + 1h) == Look::Ask);
}

TEST_CASE("a key that is not in the set is looked for again, but not more than once in five minutes", "[keys]") {
    KeyRing ring;
    ring.asked(a, start);
    ring.answered(a, std::vector<Jwk>{{"one", "x", "y"}}, start + 1s);
    CHECK(ring.look(a, "two", start + 1s) == Look::Unknown);
    CHECK(ring.look(a, "one", start + 1s) == Look::Known);
    CHECK(ring.look(a, "two", start + 5min) == Look::Ask);
    ring.asked(a, start + 5min);
    // The keys of before hold while the new ones are on their way; rotated ones take their place.
    CHECK(ring.look(a, "one", start + 5min) == Look::Known);
    ring.answered(a, std::vector<Jwk>{{"two", "x", "y"}}, start + 5min);
    CHECK(ring.look(a, "two", start + 5min) == Look::Known);
    CHECK(ring.look(a, "one", start + 5min) == Look::Unknown);
}

TEST_CASE("a key set that could not be had is asked for again soon, and refuses nobody meanwhile", "[keys]") {
    KeyRing ring;
    ring.asked(a, start);
    ring.answered(a, std::nullopt, start);
    CHECK(ring.look(a, "one", start + 9s) == Look::Waiting);
    CHECK(ring.look(a, "one", start + 10s) == Look::Ask);
}

TEST_CASE("regions have key sets of their own", "[keys]") {
    KeyRing ring;
    ring.asked(a, start);
    ring.answered(a, std::vector<Jwk>{{"one", "x", "y"}}, start);
    CHECK(ring.look(k, "one", start) == Look::Ask);
    CHECK(ring.keys(k).empty());
}
