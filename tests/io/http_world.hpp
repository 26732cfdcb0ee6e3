#pragma once
// What the tests of io/curl share: a client that trusts a test authority, and short ways to ask and to judge.

#include "io/curl.hpp"
#include "support.hpp"
#include "tls_server.hpp"

#include <fstream>

namespace hotdesk::test {

using namespace hotdesk::io;

inline constexpr Millis long_enough = std::chrono::minutes{4};

/// A client that trusts the test authority, and a way to make a server of it.
struct World {
    TempDir dir;
    Authority authority;
    Identity good = authority.issue();
    HttpOptions options;

    World() {
        for (const char* const name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
            ::unsetenv(name);
        std::ofstream(dir / "ca.pem") << authority.certificate();
        options.ca_file = dir / "ca.pem";
        options.allowed_hosts = {"localhost", "127.0.0.1"};
    }
    [[nodiscard]] std::unique_ptr<Http> client() const {
        auto made = make_http(options);
        if (!made) throw std::runtime_error(made.error().message);
        return std::move(*made);
    }
    [[nodiscard]] ServerOptions served() const {
        ServerOptions server;
        server.identity = &good;
        return server;
    }
};

inline HttpRequest get(const std::string& url) {
    HttpRequest request;
    request.method = "GET";
    request.url = url;
    request.timeout = long_enough;
    return request;
}

/// The one outcome of one exchange.
inline Result<HttpReply> exchange(Http& http, HttpRequest request) {
    http.start(7, std::move(request));
    auto done = http.wait(long_enough, {});
    REQUIRE(done.size() == 1);
    REQUIRE(done[0].id == 7);
    return std::move(done[0].reply);
}

/// The error of one exchange that must fail.
inline Error failure(Http& http, HttpRequest request) {
    const auto reply = exchange(http, std::move(request));
    REQUIRE_FALSE(reply.ok());
    INFO(reply.error().message);
    CHECK(reply.error().message.find("secret") == std::string::npos);
    return reply.error();
}

inline bool says(const Error& error, const std::string& words) {
    UNSCOPED_INFO(error.message);
    return error.message.find(words) != std::string::npos;
}

inline bool echo(Peer& peer, const ServedRequest& request) {
    peer.send(answer(200, request.head + "\n" + request.body));
    return true;
}

}  // namespace hotdesk::test
