#pragma once
// A small HTTPS server for the tests of io/curl, on a free port of 127.0.0.1: a thread a connection, blocking,
// HTTP/1.1. And the certificates, good and bad, that it shows.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hotdesk::test {

/// A certificate with its key, both PEM.
struct Identity {
    std::string certificate, key;
};

/// What is unusual about a certificate. Times are seconds from now.
struct CertificateSpec {
    std::string name = "localhost";  ///< the one subject alternative name
    long from_s = -3600, to_s = 3600;
    bool self_signed = false;
};

/// A certificate authority of its own.
class Authority {
public:
    explicit Authority(const std::string& name = "Test CA");
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;
    [[nodiscard]] Identity issue(const CertificateSpec& spec = {}) const;
    [[nodiscard]] const std::string& certificate() const;  ///< PEM, for the client's ca_file

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

struct ServedRequest {
    std::string method, target;
    std::string head;  ///< request line and headers
    std::string body;
};

/// One connection, as a handler sees it.
class Peer {
public:
    virtual ~Peer() = default;
    virtual void send(const std::string& bytes) = 0;
    virtual void reset() = 0;  ///< ends the connection with a TCP reset
};

/// Answers one request; false: the connection is closed afterwards.
using Handler = std::function<bool(Peer&, const ServedRequest&)>;

struct ServerOptions {
    const Identity* identity = nullptr;  ///< null: plain HTTP
    bool handshake = true;               ///< false: takes connections and never says a word
    int highest_tls = 0;                 ///< OpenSSL's number; 0: any
};

class TestServer {
public:
    TestServer(ServerOptions options, Handler handler);
    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string url(const std::string& path, const std::string& host = "localhost") const {
        return "https://" + host + ":" + std::to_string(port_) + path;
    }
    [[nodiscard]] int connections() const { return connections_; }  ///< accepted so far
    [[nodiscard]] int resumed() const { return resumed_; }          ///< TLS sessions that were resumed

private:
    void accept_all();
    void serve(int socket);

    ServerOptions options_;
    Handler handler_;
    void* context_ = nullptr;
    int listener_ = -1, port_ = 0;
    std::atomic<int> connections_{0}, resumed_{0};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::vector<int> sockets_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

/// A complete answer; `extra` are whole header lines.
std::string answer(int status, const std::string& body, const std::string& extra = {});

}  // namespace hotdesk::test
