#include "http_world.hpp"

#include <atomic>
#include <condition_variable>
#include <set>

using namespace hotdesk;
using namespace hotdesk::io;
using namespace hotdesk::test;

TEST_CASE("a request carries its method, bearer and JSON body") {
    const World world;
    TestServer server(world.served(), echo);
    const auto http = world.client();
    for (const std::string method : {"POST", "PATCH"}) {
        HttpRequest request = get(server.url("/x?deviceId=a"));
        request.method = method;
        request.bearer = Secret(std::string("token-1"));
        request.body = R"({"a":1})";
        const auto reply = exchange(*http, std::move(request));
        REQUIRE(reply.ok());
        CHECK(reply->status == 200);
        CHECK(reply->body.starts_with(method + " /x?deviceId=a HTTP/1.1\r\n"));
        for (const char* const line : {"\r\nAuthorization: Bearer token-1\r\n", "\r\nAccept: application/json\r\n",
                                       "\r\nContent-Type: application/json\r\n", "\r\nUser-Agent: hotdeskd\r\n"})
            CHECK(reply->body.find(line) != std::string::npos);
        CHECK(reply->body.ends_with("\n{\"a\":1}"));
        CHECK(reply->body.find("Expect") == std::string::npos);
    }
    const auto bare = exchange(*http, get(server.url("/y")));
    CHECK(bare->body.starts_with("GET /y "));
    CHECK(bare->body.find("Authorization") == std::string::npos);
    CHECK(bare->body.find("Content-Type") == std::string::npos);
    CHECK(server.connections() == 1);  // all of them on one kept connection
}

TEST_CASE("a large body is sent whole and at once") {
    const World world;
    TestServer server(world.served(), echo);
    HttpRequest request = get(server.url("/x"));
    request.method = "POST";
    request.body = std::string(3 << 20, 'b');
    const auto reply = exchange(*world.client(), std::move(request));
    REQUIRE(reply.ok());
    CHECK(reply->body.size() > 3 << 20);
}

TEST_CASE("the headers that matter are read from the final answer, whatever their case") {
    const World world;
    TestServer server(world.served(), [](Peer& peer, const ServedRequest&) {
        peer.send("HTTP/1.1 103 Early\r\nLink: </early>; rel=next\r\ntrackingid: EARLY\r\n\r\n");
        peer.send(answer(429, "{}",
                         "TrackingID: ROUTER_1\r\nRETRY-AFTER: 17\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n"
                         "Link: <https://a/first>; rel=\"first\"\r\nlink: <https://a/2>; rel=\"next\"\r\n"));
        return true;
    });
    const auto reply = exchange(*world.client(), get(server.url("/")));
    REQUIRE(reply.ok());
    CHECK(reply->status == 429);
    CHECK(reply->tracking_id == "ROUTER_1");
    CHECK(reply->retry_after == std::chrono::seconds{17});
    CHECK(reply->date == parse_time("2026-11-21T10:00:00Z"));
    CHECK(reply->link_next == "https://a/2");
}

TEST_CASE("a Retry-After that names a moment counts from the Date beside it, whatever this machine's clock says") {
    const World world;
    const std::string date = "Date: Wed, 21 Oct 2026 07:28:00 GMT\r\n";
    const std::vector<std::pair<std::string, std::optional<std::chrono::seconds>>> cases{
        {date + "Retry-After: Wed, 21 Oct 2026 07:29:30 GMT\r\n", std::chrono::seconds{90}},
        {date + "Retry-After: Wed, 21 Oct 2026 07:27:00 GMT\r\n", std::chrono::seconds{0}},
        {date + "Retry-After: Sat, 21 Oct 2028 07:28:00 GMT\r\n", std::chrono::hours{24}},
        {date + "Retry-After: soon\r\n", std::nullopt},
        {"Retry-After: Wed, 21 Oct 2026 07:29:30 GMT\r\n", std::nullopt}};
    std::size_t at = 0;
    TestServer server(world.served(), [&](Peer& peer, const ServedRequest&) {
        peer.send(answer(503, "{}", cases[at].first));
        return true;
    });
    const auto http = world.client();
    for (; at < cases.size(); ++at) {
        INFO(cases[at].first);
        const auto reply = exchange(*http, get(server.url("/")));
        REQUIRE(reply.ok());
        CHECK(reply->retry_after == cases[at].second);
    }
}

TEST_CASE("any status with any body is an answer") {
    const World world;
    TestServer server(world.served(), [](Peer& peer, const ServedRequest&) {
        peer.send(answer(502, "<html>Bad Gateway</html>", "Content-Type: text/html\r\n"));
        return true;
    });
    const auto reply = exchange(*world.client(), get(server.url("/")));
    REQUIRE(reply.ok());
    CHECK(reply->status == 502);
    CHECK(reply->body == "<html>Bad Gateway</html>");
}

TEST_CASE("a redirect is handed over, not followed") {
    const World world;
    std::atomic<int> asked{0};
    TestServer server(world.served(), [&](Peer& peer, const ServedRequest&) {
        ++asked;
        peer.send(answer(302, "", "Location: /elsewhere\r\n"));
        return true;
    });
    CHECK(exchange(*world.client(), get(server.url("/")))->status == 302);
    CHECK(asked == 1);
}

TEST_CASE("a long poll does not hold up commands, nor they the poll") {
    const World world;
    std::mutex mutex;
    std::condition_variable changed;
    bool released = false;
    TestServer server(world.served(), [&](Peer& peer, const ServedRequest& request) {
        std::unique_lock lock(mutex);
        if (request.target == "/poll") changed.wait(lock, [&] { return released; });
        if (request.target == "/release") {
            released = true;
            changed.notify_all();
        }
        peer.send(answer(200, request.target));
        return true;
    });
    const auto http = world.client();
    http->start(1, get(server.url("/poll")));
    std::set<CallId> ended;
    for (CallId id = 2; id < 52; ++id) http->start(id, get(server.url("/command")));
    while (ended.size() < 50)
        for (const auto& done : http->wait(long_enough, {})) {
            REQUIRE(done.reply.ok());
            ended.insert(done.id);
        }
    CHECK_FALSE(ended.contains(1));
    http->start(52, get(server.url("/release")));
    while (ended.size() < 52)
        for (const auto& done : http->wait(long_enough, {})) ended.insert(done.id);
    CHECK(ended.contains(1));
}

TEST_CASE("a kept connection that the server has closed is replaced without an error") {
    const World world;
    TestServer server(world.served(), [](Peer& peer, const ServedRequest&) {
        peer.send(answer(200, "ok"));
        return false;
    });
    const auto http = world.client();
    for (int i = 0; i < 5; ++i) REQUIRE(exchange(*http, get(server.url("/"))).ok());
    CHECK(server.connections() == 5);
    CHECK(server.resumed() == 4);  // at the price of a resumed TLS session
}

TEST_CASE("wait ends when a descriptor is readable or hung up, and not before its limit otherwise") {
    const World world;
    ServerOptions mute = world.served();
    mute.handshake = false;
    TestServer silent(mute, echo);
    const auto http = world.client();
    http->start(1, get(silent.url("/")));

    const auto before = std::chrono::steady_clock::now();
    CHECK(http->wait(Millis{30}, {}).empty());
    CHECK(std::chrono::steady_clock::now() - before >= Millis{30});
    CHECK(http->wait(Millis{0}, {}).empty());
    CHECK(http->wait(Millis{-5}, {}).empty());

    int quiet[2], bell[2];
    REQUIRE(::pipe(quiet) == 0);
    REQUIRE(::pipe(bell) == 0);
    const int wake[] = {quiet[0], bell[0]};
    REQUIRE(::write(bell[1], "x", 1) == 1);
    CHECK(http->wait(Millis::max(), wake).empty());
    char byte = 0;
    REQUIRE(::read(bell[0], &byte, 1) == 1);
    std::thread ringer([&] { ::close(bell[1]); });
    CHECK(http->wait(Millis::max(), wake).empty());
    ringer.join();
    for (const int fd : {quiet[0], quiet[1], bell[0]}) ::close(fd);
}

TEST_CASE("a cancelled exchange has no outcome, a refused one neither") {
    const World world;
    TestServer server(world.served(), echo);
    const auto http = world.client();
    http->start(1, get(server.url("/")));
    http->start(2, get("http://localhost/"));
    http->start(3, get(server.url("/")));
    http->cancel(1);
    http->cancel(2);
    http->cancel(99);
    const auto done = http->wait(long_enough, {});
    REQUIRE(done.size() == 1);
    CHECK(done[0].id == 3);
    CHECK(http->wait(Millis{0}, {}).empty());
    http->start(1, get(server.url("/")));  // its id is free again; left under way when the client goes
}

TEST_CASE("an id that is in use is refused without harm to the exchange that has it") {
    const World world;
    TestServer server(world.served(), echo);
    const auto http = world.client();
    http->start(1, get(server.url("/")));
    http->start(1, get(server.url("/")));
    int good = 0, bad = 0;
    while (good + bad < 2)
        for (const auto& done : http->wait(long_enough, {})) ++(done.reply.ok() ? good : bad);
    CHECK(good == 1);
    CHECK(bad == 1);
}
