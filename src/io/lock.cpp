#include "io/lock.hpp"

#include "io/posix.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <thread>

namespace hotdesk::io {
namespace {

class HeldLock final : public InstanceLock {
public:
    explicit HeldLock(Fd file) : file_(std::move(file)) {}

private:
    Fd file_;
};

struct flock whole_file(short type) {
    struct flock range {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    return range;
}

Fd open_directory(const std::string& directory) {
    return Fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// 0 or errno.
int lock_directory(const Fd& directory, int how) {
    while (::flock(directory.get(), how) != 0)
        if (errno != EINTR) return errno;
    return 0;
}

}  // namespace

Result<std::unique_ptr<InstanceLock>> lock_instance(const std::string& directory) {
    const std::string path = directory + "/lock";
    Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return path_error("cannot lock the state:", path, errno);
    // When root made it, the service's own user must still be able to take it. Without that right nothing is lost.
    // Not for what is linked from elsewhere: that owner could have root hand over any file.
    struct stat owner {
    }, info{};
    if (::geteuid() == 0 && ::stat(directory.c_str(), &owner) == 0 && ::fstat(file.get(), &info) == 0 &&
        info.st_nlink == 1) [[maybe_unused]]
        const int ignored = ::fchown(file.get(), owner.st_uid, owner.st_gid);
    auto range = whole_file(F_WRLCK);
    if (::fcntl(file.get(), F_OFD_SETLK, &range) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            return Error{ErrorKind::Rejected, "another hotdeskd holds the state directory " + directory};
        return path_error("cannot lock the state:", path, errno);
    }
    return std::unique_ptr<InstanceLock>(std::make_unique<HeldLock>(std::move(file)));
}

bool instance_running(const std::string& directory) {
    const Fd file(::open((directory + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) return false;
    auto range = whole_file(F_WRLCK);
    return ::fcntl(file.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

std::unique_ptr<InstanceLock> share_state(const std::string& directory) {
    Fd handle = open_directory(directory);
    if (!handle || lock_directory(handle, LOCK_SH) != 0) return nullptr;
    return std::make_unique<HeldLock>(std::move(handle));
}

Result<std::unique_ptr<InstanceLock>> hold_state_alone(const std::string& directory, Millis patience) {
    // flock() cannot be told how long to wait.
    constexpr Millis look_interval{20};
    Fd handle = open_directory(directory);
    if (!handle) return path_error("cannot lock the state:", directory, errno);
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const int code = lock_directory(handle, LOCK_EX | LOCK_NB);
        if (code == 0) return std::unique_ptr<InstanceLock>(std::make_unique<HeldLock>(std::move(handle)));
        if (code != EWOULDBLOCK) return path_error("cannot lock the state:", directory, code);
        if (std::chrono::steady_clock::now() >= until)
            return Error{ErrorKind::Rejected, "another process has the state in " + directory +
                                                  " open; look for `hotdeskd log --follow`, or for a hotdeskd that "
                                                  "waits for an answer, and end it"};
        std::this_thread::sleep_for(look_interval);
    }
}

}  // namespace hotdesk::io
