#include "sandbox/listener.hpp"

#include <arpa/inet.h>
#include <dirent.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cctype>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

namespace hotdesk::sandbox {

namespace {

/// Each kept-alive connection holds a thread, a held poll another.
constexpr std::size_t threads = 96;
constexpr std::size_t body_max = 16 << 20;

/// The library tells a handler the peer's port, not the socket; this finds the sockets whose ends are asked for.
/// `ours`/`theirs`: port, 0 for any.
std::vector<int> connections(int ours, int theirs) {
    std::vector<int> out;
    DIR* const directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return out;
    while (const dirent* entry = ::readdir(directory)) {
        const std::string_view name(entry->d_name);
        int fd = -1;
        if (std::from_chars(name.data(), name.data() + name.size(), fd).ec != std::errc{}) continue;
        sockaddr_in self{};
        sockaddr_in peer{};
        socklen_t self_size = sizeof self;
        socklen_t peer_size = sizeof peer;
        if (::getsockname(fd, reinterpret_cast<sockaddr*>(&self), &self_size) != 0 || self.sin_family != AF_INET)
            continue;
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) continue;
        if (ours != 0 && ntohs(self.sin_port) != ours) continue;
        if (theirs != 0 && ntohs(peer.sin_port) != theirs) continue;
        out.push_back(fd);
    }
    ::closedir(directory);
    return out;
}

/// Whether the other side still waits. The descriptor is the calling handler's own connection, or that of another
/// handler which is waiting with its answer, so it is not closed meanwhile.
bool is_open(int fd) {
    pollfd look{fd, POLLRDHUP, 0};
    return ::poll(&look, 1, 0) == 0 || (look.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) == 0;
}

Request read(const httplib::Request& from) {
    Request request;
    request.method = from.method;
    request.target = from.target;
    request.body = from.body;
    for (const auto& header : from.headers) {
        std::string name = header.first;
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        request.headers[name] = header.second;
    }
    return request;
}

void write(Reply reply, httplib::Response& to) {
    to.status = reply.status;
    std::string type = "application/json";
    for (const auto& header : reply.headers) {
        if (header.first == "Content-Type")
            type = header.second;
        else
            to.set_header(header.first, header.second);
    }
    if (reply.delivery == Delivery::Whole) {
        to.set_content(std::move(reply.body), type);
        return;
    }
    const std::size_t size = std::max<std::size_t>(reply.body.size(), 2);
    to.set_content_provider(size, type, [body = reply.body](std::size_t, std::size_t, httplib::DataSink& sink) {
        sink.write(body.data(), body.size() / 2);
        return false;
    });
}

}  // namespace

struct Listener::Server {
    Server(Runtime& run, const std::string& certificate, const std::string& key)
        : runtime(run), http(certificate.c_str(), key.c_str()) {}

    void serve(const httplib::Request& from, httplib::Response& to) const {
        // Looked up only when it matters, for most answers go out at once. One that is not found has broken off.
        const auto find = [ours = port, theirs = from.remote_port] {
            const auto mine = connections(ours, theirs);
            return mine.empty() ? -1 : mine.front();
        };
        Reply reply = runtime.answer(read(from), [find, fd = -1]() mutable {
            if (fd < 0) fd = find();
            return fd >= 0 && is_open(fd);
        });
        if (reply.delivery == Delivery::Close || reply.delivery == Delivery::Hang) {
            if (const int fd = find(); fd >= 0) ::shutdown(fd, SHUT_RDWR);
            return;
        }
        write(std::move(reply), to);
    }

    Runtime& runtime;
    httplib::SSLServer http;
    int port = 0;
    std::thread thread;
    std::atomic<bool> done = false;
};

Listener::Listener(Runtime& runtime, const std::string& certificate_file, const std::string& key_file)
    : runtime_(runtime), certificate_file_(certificate_file), key_file_(key_file) {
    prepare();
}

void Listener::prepare() {
    server_ = std::make_unique<Server>(runtime_, certificate_file_, key_file_);
    httplib::SSLServer& http = server_->http;
    const httplib::Server::Handler handler = [server = server_.get()](const auto& from, auto& to) {
        server->serve(from, to);
    };
    http.Get(".*", handler).Post(".*", handler).Patch(".*", handler).Put(".*", handler).Delete(".*", handler);
    http.new_task_queue = [] { return new httplib::ThreadPool(threads); };
    http.set_tcp_nodelay(true);
    http.set_keep_alive_max_count(100000000);
    http.set_keep_alive_timeout(600);
    http.set_read_timeout(60, 0);
    http.set_write_timeout(60, 0);
    http.set_payload_max_length(body_max);
}

Listener::~Listener() { stop(); }

Result<int> Listener::bind(int port) {
    httplib::SSLServer& http = server_->http;
    if (!http.is_valid()) return Error{ErrorKind::Fatal, "the certificate cannot be used"};
    const char* const loopback = "127.0.0.1";
    if (port == 0)
        port = http.bind_to_any_port(loopback);
    else if (!http.bind_to_port(loopback, port))
        port = -1;
    if (port <= 0) return Error{ErrorKind::Fatal, "the port cannot be bound"};
    server_->port = port;
    return port;
}

void Listener::start() {
    server_->thread = std::thread([server = server_.get()] {
        server->http.listen_after_bind();
        server->done = true;
    });
    // is_running() turns true before the first accept; the kernel queues whoever comes before that.
    while (!server_->http.is_running() && !server_->done) std::this_thread::yield();
}

void Listener::stop() {
    if (!server_->thread.joinable()) return;
    server_->http.stop();
    // The library waits for idle kept-alive connections to time out; closing them is quicker.
    while (!server_->done) {
        for (const int fd : connections(server_->port, 0)) ::shutdown(fd, SHUT_RDWR);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    server_->thread.join();
}

Result<void> Listener::restart() {
    const int port = server_->port;
    stop();
    prepare();
    if (const auto bound = bind(port); !bound) return bound.error();
    start();
    return {};
}

}  // namespace hotdesk::sandbox
