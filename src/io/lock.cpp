#include "io/lock.hpp"

#include "io/posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

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

}  // namespace

Result<std::unique_ptr<InstanceLock>> lock_instance(const std::string& directory) {
    const std::string path = directory + "/lock";
    Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return path_error("cannot lock the state:", path, errno);
    // When root made it, the service's own user must still be able to take it. Without that right nothing is lost.
    struct stat owner {};
    if (::geteuid() == 0 && ::stat(directory.c_str(), &owner) == 0) [[maybe_unused]]
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
    const Fd file(::open((directory + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return false;
    auto range = whole_file(F_WRLCK);
    return ::fcntl(file.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

}  // namespace hotdesk::io
