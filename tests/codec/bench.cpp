// Times what is decoded often. Prints; judges nothing.

#include "codec/jwt.hpp"
#include "codec/queue.hpp"

#include "fixture.hpp"
#include "signer.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

std::string message(const std::string& rest) {
    return R"({"appId":"ac6b6972-538e-11ec-bf63-0242ac130002",)"
           R"("deviceId":"Y2lzY29zcGFyazovL3VybjpURUFNOnVzLWVhc3QtMV9pbnQxMy9ERVZJQ0UvNTEwMUIwN0ItNEY4Ri00RUY3LUI1NjUtREIxOUM3QjcyM0Y3",)"
           R"("workspaceId":"Y2lzY28zcGFyazovL3VzL1BMQUNFUy81MTAxQjA3Qi00RjhGLTRFRjctQjU2NS1EQjE5QzdCNzIzRjc",)"
           R"("orgId":"Y2lzY29[...]YzVj","timestamp":"2026-03-02T09:00:00Z",)" +
           rest + "}";
}

void time_batch(const char* what, const std::string& element) {
    constexpr int messages = 10, rounds = 500, repeats = 40;
    std::string body = R"({"messages":[)";
    for (int i = 0; i < messages; ++i) body += (i == 0 ? "" : ",") + element;
    body += "]}";
    std::size_t read = 0;
    double best_us = 1e9;
    for (int repeat = 0; repeat < repeats; ++repeat) {
        const std::clock_t start = std::clock();  // CPU time, and the best of many: other work on the machine disturbs
        for (int i = 0; i < rounds; ++i) read += codec::decode_queue(body, kApp, kOrg).value().messages.size();
        const double spent_us = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        best_us = std::min(best_us, spent_us / (messages * rounds));
    }
    std::printf("%-20s %4zu bytes  %.2f us a message (%zu read)\n", what, element.size(), best_us, read);
}

void time_code() {
    constexpr int rounds = 500;
    const Signer signer("key-1");
    const std::vector<Jwk> keys{signer.jwk()};
    const std::string code = signer.sign(R"({"sub":"org","jti":"j","appId":"app","action":"healthCheck"})");
    std::size_t good = 0;
    const std::clock_t start = std::clock();
    for (int i = 0; i < rounds; ++i) good += codec::verify(code, keys).index() == 0 ? 1U : 0U;
    const double spent_us = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("%-20s %4zu bytes  %.0f us a code (%zu good)\n", "verify", code.size(), spent_us / rounds, good);
}

}  // namespace

int main() {
    time_code();
    time_batch(
        "BookingCreated",
        message(
            R"("type":"events","events":[{"key":"Bookings.BookingCreated","value":{"Id":"7",)"
            R"("MeetingId":"6f0e9a0e-5b1a-4f0e-9d1c-2f4a8b7c6d5e","StartTime":"2026-03-02T09:00:00Z","Duration":60,)"
            R"("Title":"Desk","OrganizerEmail":"ola@example.com","OrganizerName":"Ola Nordmann"},)"
            R"("timestamp":"2026-03-02T08:59:58Z"}])"));
    time_batch(
        "status",
        message(R"("type":"status","changes":{"updated":{"Webex.DevicePersonalization.Personalized":"True",)"
                R"("SystemUnit.State.NumberOfActiveCalls":1,"RoomAnalytics.PeoplePresence":"Yes"},"removed":[]},)"
                R"("isFullSync":true)"));
    return 0;
}
