#include "sandbox/console.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace hotdesk::sandbox {

namespace {

constexpr std::size_t line_max = 64u << 20;

/// Owns a descriptor.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ > STDERR_FILENO) ::close(fd_);
    }
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

/// Somebody who sends lines and reads answers.
struct Party {
    Descriptor in;
    int out;
    std::string pending = {};
};

sigset_t signals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    return set;
}

bool send_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::write(fd, text.data(), text.size());
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

Result<int> listen_at(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return Error{ErrorKind::Fatal, path + ": too long for a socket"};
    std::memcpy(address.sun_path, path.data(), path.size());
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::unlink(path.c_str());
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket.get(), 16) != 0)
        return Error{ErrorKind::Fatal, path + ": " + std::strerror(errno)};
    return ::dup(socket.get());
}

enum class Next { More, Closed, Quit };

/// Most lines are about the world; a certificate is not.
std::string answer(Runtime& runtime, const ConsoleOptions& options, const std::string& line) {
    if (line != "new-certificate" || !options.new_certificate) return runtime.command(line);
    const auto done = options.new_certificate();
    return done ? "ok" : "error: " + done.error().message;
}

/// Reads what there is and answers every whole line.
Next serve(Runtime& runtime, const ConsoleOptions& options, Party& party) {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::read(party.in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return Next::More;
    if (got <= 0) return Next::Closed;
    party.pending.append(buffer.data(), static_cast<std::size_t>(got));
    if (party.pending.size() > line_max) return Next::Closed;
    for (auto end = party.pending.find('\n'); end != std::string::npos; end = party.pending.find('\n')) {
        const std::string line = party.pending.substr(0, end);
        party.pending.erase(0, end + 1);
        if (line == "quit") {
            send_all(party.out, "ok\n");
            return Next::Quit;
        }
        if (!send_all(party.out, answer(runtime, options, line) + "\n")) return Next::Closed;
    }
    return Next::More;
}

}  // namespace

void block_signals() {
    const sigset_t set = signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

Result<void> run_console(Runtime& runtime, const ConsoleOptions& options, const std::function<void()>& ready) {
    const sigset_t set = signals();
    const Descriptor signal(::signalfd(-1, &set, SFD_CLOEXEC));
    int listening = -1;
    if (!options.socket_path.empty()) {
        const auto made = listen_at(options.socket_path);
        if (!made) return made.error();
        listening = made.value();
    }
    const Descriptor door(listening);
    ready();
    std::vector<Party> parties;
    parties.push_back({Descriptor(STDIN_FILENO), STDOUT_FILENO});
    while (true) {
        std::vector<pollfd> wait = {{signal.get(), POLLIN, 0}, {door.get(), POLLIN, 0}};
        for (const Party& party : parties) wait.push_back({party.in.get(), POLLIN, 0});
        if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR)
            return Error{ErrorKind::Fatal, std::string("poll: ") + std::strerror(errno)};
        if (wait[0].revents != 0) break;
        // From the back, so that leaving ones do not move those that are still to be looked at.
        for (std::size_t i = parties.size(); i-- > 0;) {
            if (wait[i + 2].revents == 0) continue;
            const bool is_stdin = parties[i].in.get() == STDIN_FILENO;
            const Next next = serve(runtime, options, parties[i]);
            if (next == Next::Quit || (next == Next::Closed && is_stdin && options.exit_with_stdin)) {
                if (!options.socket_path.empty()) ::unlink(options.socket_path.c_str());
                return {};
            }
            if (next == Next::Closed) parties.erase(parties.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if (wait[1].revents == 0) continue;
        const int caller = ::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (caller >= 0) parties.push_back({Descriptor(caller), caller});
    }
    if (!options.socket_path.empty()) ::unlink(options.socket_path.c_str());
    return {};
}

}  // namespace hotdesk::sandbox
