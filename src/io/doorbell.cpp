#include "io/doorbell.hpp"

#include "io/posix.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <optional>

namespace hotdesk::io {
namespace {

std::string bell_in(const std::string& directory) { return directory + "/doorbell"; }

std::optional<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

Fd datagram_socket() { return Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

class SocketBell final : public Doorbell {
public:
    SocketBell(Fd socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {}
    ~SocketBell() override { ::unlink(path_.c_str()); }

    [[nodiscard]] int descriptor() const override { return socket_.get(); }

    bool drain() override {
        bool rang = false;
        for (char byte = 0; ::recv(socket_.get(), &byte, 1, 0) >= 0 || errno == EINTR;) rang = true;
        return rang;
    }

private:
    Fd socket_;
    std::string path_;
};

}  // namespace

Result<std::unique_ptr<Doorbell>> hang_doorbell(const std::string& directory) {
    const std::string path = bell_in(directory);
    const auto address = address_of(path);
    if (!address)
        return Error{ErrorKind::Rejected, "the path " + path + " is too long for a socket; choose a shorter one"};
    if (::mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST)
        return path_error("cannot make the directory", directory, errno);

    const Fd probe = datagram_socket();
    if (probe && ::connect(probe.get(), as_sockaddr(*address), sizeof *address) == 0)
        return Error{ErrorKind::Rejected, "another hotdeskd listens at " + path};
    // ECONNREFUSED: a socket whose owner died, or no socket at all; that one is not ours to remove: bind() will say so.
    struct stat info {};
    if (errno == ECONNREFUSED && ::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) ::unlink(path.c_str());

    Fd socket = datagram_socket();
    // Linux gives the file the mode of the unbound socket: it never exists with a wider one.
    if (!socket || ::fchmod(socket.get(), 0600) != 0 ||
        ::bind(socket.get(), as_sockaddr(*address), sizeof *address) != 0)
        return path_error("cannot make the socket", path, errno);
    return std::unique_ptr<Doorbell>(std::make_unique<SocketBell>(std::move(socket), path));
}

bool ring_doorbell(const std::string& directory) {
    const auto address = address_of(bell_in(directory));
    const Fd socket = datagram_socket();
    if (!address || !socket) return false;
    if (::sendto(socket.get(), "!", 1, MSG_NOSIGNAL, as_sockaddr(*address), sizeof *address) == 1) return true;
    return errno == EAGAIN;  // so many rings wait already that this one is not needed
}

}  // namespace hotdesk::io
