// What goes wrong on the way to an answer: what kind of error it is, and what a person is told.

#include "http_world.hpp"

#include <netinet/in.h>
#include <openssl/tls1.h>
#include <sys/socket.h>
#include <atomic>
#include <condition_variable>

using namespace hotdesk;
using namespace hotdesk::io;
using namespace hotdesk::test;

TEST_CASE("an answer over the limit is Corrupt, whether it is announced or not") {
    World world;
    world.options.max_body_bytes = 1000;
    TestServer server(world.served(), [](Peer& peer, const ServedRequest& request) {
        if (request.target == "/exact") peer.send(answer(200, std::string(1000, 'x')));
        if (request.target == "/announced") peer.send(answer(200, std::string(1001, 'x'), "trackingid: T1\r\n"));
        if (request.target == "/endless") {
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (;;) peer.send("400\r\n" + std::string(1024, 'x') + "\r\n");
        }
        return true;
    });
    const auto http = world.client();
    CHECK(exchange(*http, get(server.url("/exact")))->body.size() == 1000);
    const auto error = failure(*http, get(server.url("/announced")));
    CHECK(error.kind == ErrorKind::Corrupt);
    CHECK(error.tracking_id == "T1");
    CHECK(failure(*http, get(server.url("/endless"))).kind == ErrorKind::Corrupt);
}

TEST_CASE("an answer that breaks off is Transient") {
    const World world;
    TestServer server(world.served(), [](Peer& peer, const ServedRequest& request) {
        if (request.target == "/silent") return false;
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
        if (request.target == "/reset") peer.reset();
        return false;
    });
    const auto http = world.client();
    for (const char* const path : {"/reset", "/short", "/silent"}) {
        const auto error = failure(*http, get(server.url(std::string(path) + "?token=secret")));
        CHECK(error.kind == ErrorKind::Transient);
        CHECK(says(error, "localhost"));
    }
}

TEST_CASE("what goes out once at most is not sent again where a kept connection ends without a word") {
    const World world;
    std::atomic<int> asked{0};
    TestServer server(world.served(), [&](Peer& peer, const ServedRequest& request) {
        if (request.target == "/first") return echo(peer, request);
        ++asked;
        return false;  // carried out, and the connection ends before a byte of the answer
    });
    for (const char* const method : {"GET", "POST", "PATCH"}) {
        for (const bool once : {true, false}) {
            INFO(method << (once ? " once" : ""));
            const auto http = world.client();
            CHECK(exchange(*http, get(server.url("/first")))->status == 200);
            asked = 0;
            HttpRequest request = get(server.url("/"));
            request.method = method;
            request.once = once;
            if (request.method != "GET") request.body = "{}";
            const auto error = failure(*http, std::move(request));
            CHECK(error.kind == ErrorKind::Transient);
            CHECK(error.http_status == 0);
            CHECK(says(error, "the connection to localhost broke"));
            CHECK(asked == (once ? 1 : 2));
        }
    }
}

TEST_CASE("what ails a certificate is said") {
    const World world;
    CertificateSpec self, old, young, other;
    self.self_signed = true;
    old.from_s = -7200;
    old.to_s = -60;
    young.from_s = 3600;
    young.to_s = 7200;
    other.name = "other.example";
    const Authority stranger("Another CA"), renewed;
    const std::vector<std::pair<Identity, std::string>> cases{
        {world.authority.issue(self), "the certificate of localhost is self-signed"},
        {world.authority.issue(old), "has expired; check this machine's clock"},
        {world.authority.issue(young), "is not yet valid; check this machine's clock"},
        {world.authority.issue(other), "is for another name than localhost"},
        {stranger.issue(), "comes from a CA that is not trusted here"},
        {renewed.issue(), "is not signed by the CA that it names"}};
    for (const auto& [identity, words] : cases) {
        std::atomic<int> asked{0};
        ServerOptions served;
        served.identity = &identity;
        TestServer server(served, [&](Peer& peer, const ServedRequest& request) {
            ++asked;
            return echo(peer, request);
        });
        HttpRequest request = get(server.url("/?x=secret"));
        request.bearer = Secret(std::string("secret"));
        const auto error = failure(*world.client(), std::move(request));
        CHECK(error.kind == ErrorKind::Transient);
        CHECK(says(error, words));
        CHECK(asked == 0);
    }
}

TEST_CASE("a CA file that is replaced counts from the next connection on") {
    const World world;
    const Authority renewed("Renewed CA");
    const Identity good = renewed.issue();
    ServerOptions served;
    served.identity = &good;
    TestServer before(world.served(), echo), after(served, echo);
    const auto http = world.client();
    CHECK(exchange(*http, get(before.url("/")))->status == 200);
    CHECK(failure(*http, get(after.url("/"))).kind == ErrorKind::Transient);
    std::ofstream(world.options.ca_file) << renewed.certificate();
    const auto reply = exchange(*http, get(after.url("/")));
    REQUIRE(reply.ok());
    CHECK(reply->status == 200);
}

TEST_CASE("TLS before 1.2 is refused") {
    const World world;
    ServerOptions served = world.served();
    served.highest_tls = TLS1_1_VERSION;
    TestServer server(served, echo);
    const auto error = failure(*world.client(), get(server.url("/")));
    CHECK(error.kind == ErrorKind::Transient);
    CHECK(says(error, "TLS: no agreement with localhost"));
}

TEST_CASE("a URL that is not https on an allowed host makes no connection") {
    World world;
    world.options.allowed_hosts = {"localhost"};
    TestServer server(world.served(), echo);
    const auto http = world.client();
    const std::string port = ":" + std::to_string(server.port());
    const std::vector<std::string> urls{server.url("/?t=secret", "127.0.0.1"),
                                        server.url("/", "localhost.example.com"),
                                        server.url("/", "notlocalhost"),
                                        server.url("/", "user:secret@localhost"),
                                        server.url("/", "localhost@127.0.0.1"),
                                        "http://localhost" + port + "/",
                                        "ftp://localhost" + port + "/",
                                        "localhost" + port + "/",
                                        std::string("https://"),
                                        std::string("file:///etc/passwd"),
                                        std::string(),
                                        "https://localhost" + port + "/a b",
                                        server.url("/", "localhost%2eexample.com"),
                                        "https://localhost\\@127.0.0.1" + port + "/"};
    for (const std::string& url : urls) {
        INFO(url);
        const auto error = failure(*http, get(url));
        CHECK(error.kind == ErrorKind::Fatal);
        CHECK(says(error, "request refused: "));
    }
    CHECK(server.connections() == 0);
    for (const std::string& url : urls) CHECK_FALSE(http->allows(url).ok());  // and the question has the same answer
    const auto foreign = http->allows("https://localhost.example.com/v1");
    CHECK(says(foreign.error(), "names the host localhost.example.com, which is not one of Webex's"));
    CHECK(says(foreign.error(), "extra_hosts"));
    const auto endless = http->allows("https://" + std::string(100000, 'a') + ".example.com/v1");
    CHECK(endless.error().message.size() < 100);
    CHECK(http->allows("https://localhost:1/nobody-is-asked").ok());
    CHECK(server.connections() == 0);
    CHECK(exchange(*http, get(server.url("/", "LOCALHOST"))).ok());
}

TEST_CASE("a proxy that is none is refused at once, and its text is not repeated") {
    World world;
    for (const char* const proxy : {"gopher://me:secret@localhost", "http://me:secret@", "http://me:secret@a b:1"}) {
        world.options.proxy = proxy;
        const auto made = make_http(world.options);
        REQUIRE_FALSE(made.ok());
        CHECK(made.error().kind == ErrorKind::Fatal);
        CHECK(says(made.error(), "the proxy of [http] proxy cannot be used"));
        CHECK(made.error().message.find("secret") == std::string::npos);
    }
    for (const char* const proxy : {"proxy:3128", "http://me:secret@proxy:3128", "socks5h://[::1]:1080"}) {
        world.options.proxy = proxy;
        CHECK(make_http(world.options).ok());
    }
}

TEST_CASE("a tracking id of any length does not fill the log") {
    const World world;
    TestServer server(world.served(), [](Peer& peer, const ServedRequest&) {
        peer.send(answer(500, "", "trackingid: " + std::string(50'000, 'T') + "\r\n"));
        return true;
    });
    CHECK(exchange(*world.client(), get(server.url("/")))->tracking_id == std::string(200, 'T'));
}

TEST_CASE("requests that cannot be meant are refused") {
    const World world;
    TestServer server(world.served(), echo);
    const auto http = world.client();
    HttpRequest request = get(server.url("/"));
    request.method = "DELETE";
    const auto method = failure(*http, std::move(request));
    CHECK(method.kind == ErrorKind::Fatal);
    HttpRequest injecting = get(server.url("/"));
    injecting.bearer = Secret(std::string("a\r\nX-Evil: 1"));
    const auto bearer = failure(*http, std::move(injecting));
    CHECK(bearer.kind == ErrorKind::Fatal);
    CHECK(server.connections() == 0);
}

TEST_CASE("why no connection came about is said") {
    World world;
    // Bound and not listening: nobody else can get this port, and nobody answers there.
    const int closed = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(closed, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(closed, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const std::string port = std::to_string(ntohs(address.sin_port));

    auto error = failure(*world.client(), get("https://127.0.0.1:" + port + "/?t=secret"));
    CHECK(error.kind == ErrorKind::Transient);
    CHECK(says(error, "127.0.0.1 refuses the connection"));

    // A label of more than 63 letters is refused by the resolver itself, without a network.
    const std::string name = std::string(64, 'n') + ".example";
    world.options.allowed_hosts.push_back("example");
    error = failure(*world.client(), get("https://" + name + "/"));
    CHECK(error.kind == ErrorKind::Transient);
    CHECK(says(error, "the name " + name + " cannot be found in DNS"));

    world.options.proxy = "http://user:secret@127.0.0.1:" + port;
    error = failure(*world.client(), get("https://localhost/"));
    CHECK(error.kind == ErrorKind::Transient);
    CHECK(says(error, "the proxy of [http] proxy refuses the connection"));
    ::close(closed);
}

TEST_CASE("a proxy that refuses is told from a host that fails, and never sees the bearer") {
    World world;
    std::mutex mutex;
    std::string seen;
    for (const int status : {407, 403}) {
        TestServer proxy({}, [&](Peer& peer, const ServedRequest& request) {
            const std::lock_guard lock(mutex);
            seen += request.head;
            peer.send(answer(status, ""));
            return true;
        });
        world.options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
        HttpRequest request = get("https://localhost:1/?t=secret");
        request.bearer = Secret(std::string("secret"));
        const auto error = failure(*world.client(), std::move(request));
        CHECK(error.kind == ErrorKind::Transient);
        CHECK(says(error, status == 407 ? "the proxy wants a user name and password" : "status 403"));
    }
    CHECK(seen.starts_with("CONNECT localhost:1 "));
    CHECK(seen.find("secret") == std::string::npos);
}

TEST_CASE("what ends at the proxy was never sent to the host") {
    World world;
    std::string said;
    TestServer proxy({}, [&](Peer& peer, const ServedRequest&) {
        if (said == "silence") return false;
        if (said == "200") peer.send("HTTP/1.1 200 Connection established\r\n\r\n");  // and then it hangs up
        if (said.size() == 3 && said != "200") peer.send(answer(std::stoi(said), ""));
        return false;
    });
    world.options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    for (const char* const next : {"407", "401", "403", "502", "503", "silence", "200"}) {
        INFO(next);
        said = next;
        HttpRequest request = get("https://localhost:1/");
        request.method = "POST";
        request.body = "{}";
        request.once = true;
        const auto error = failure(*world.client(), std::move(request));
        CHECK(error.kind == ErrorKind::Transient);
        CHECK(error.http_status == 0);  // it is no answer of the host
        CHECK(error.unsent);
    }
    world.options.proxy = "http://127.0.0.1:1";
    CHECK(failure(*world.client(), get("https://localhost:1/")).unsent);
}

TEST_CASE("what the host may have got is not called unsent, behind a proxy or not") {
    World world;
    TestServer server(world.served(), [](Peer&, const ServedRequest&) { return false; });
    CHECK_FALSE(failure(*world.client(), get(server.url("/"))).unsent);
    ServerOptions mute = world.served();
    mute.handshake = false;
    TestServer silent(mute, echo);
    world.options.connect_timeout = Millis{100};
    CHECK(failure(*world.client(), get(silent.url("/"))).unsent);
}

TEST_CASE("a proxy's password is in no error, whatever is wrong with the proxy's URL") {
    for (const char* const proxy :
         {"htp://user:hunter2@127.0.0.1:1", "http://user:hunter2@127.0.0.1:1", "user:hunter2@127.0.0.1:1",
          "http://user:hunter2@nowhere.invalid:3128", "http://user:hunter2@:3128", "socks9://user:hunter2@127.0.0.1:1",
          "http://us er:hunter2@127.0.0.1:1"}) {
        World world;
        world.options.proxy = proxy;
        const auto http = make_http(world.options);  // one that is no URL is refused here already
        const auto error = http.ok() ? failure(**http, get("https://localhost:1/")) : http.error();
        INFO(proxy << ": " << error.message);
        CHECK(error.kind == (http.ok() ? ErrorKind::Transient : ErrorKind::Fatal));
        CHECK_FALSE(says(error, "hunter2"));
        CHECK_FALSE(says(error, "user:"));
    }
}

TEST_CASE("an exchange ends with its timeout, and says what was waited for") {
    World world;
    std::mutex mutex;
    std::condition_variable changed;
    bool over = false;
    TestServer server(world.served(), [&](Peer& peer, const ServedRequest& request) {
        std::unique_lock lock(mutex);
        if (request.target == "/never") changed.wait(lock, [&] { return over; });
        peer.send(answer(200, ""));
        return true;
    });
    const auto http = world.client();
    REQUIRE(exchange(*http, get(server.url("/"))).ok());
    HttpRequest request = get(server.url("/never"));
    request.timeout = Millis{100};
    auto error = failure(*http, std::move(request));
    CHECK(error.kind == ErrorKind::Transient);
    CHECK(says(error, "no complete answer from localhost in time"));
    CHECK(exchange(*http, get(server.url("/"))).ok());
    {
        const std::lock_guard lock(mutex);
        over = true;
        changed.notify_all();
    }

    ServerOptions mute = world.served();
    mute.handshake = false;
    TestServer silent(mute, echo);
    world.options.connect_timeout = Millis{100};
    error = failure(*world.client(), get(silent.url("/")));
    CHECK(error.kind == ErrorKind::Transient);
    CHECK(says(error, "no connection to localhost in time"));
}

TEST_CASE("a CA file that cannot be read is said at once") {
    HttpOptions options;
    options.ca_file = "/nonexistent/ca.pem";
    const auto made = make_http(options);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().kind == ErrorKind::Fatal);
    CHECK(says(made.error(), "/nonexistent/ca.pem"));
}
