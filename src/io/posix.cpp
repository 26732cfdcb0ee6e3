#include "io/posix.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace hotdesk::io {

Fd::~Fd() {
    if (fd_ >= 0) ::close(fd_);
}

std::string os_message(int code) { return std::generic_category().message(code); }

int sync_directory(const std::string& directory) {
    const Fd handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return handle && ::fsync(handle.get()) == 0 ? 0 : errno;
}

Error path_error(std::string_view doing, const std::string& path, int code) {
    std::string text = std::string(doing) + " " + path + ": ";
    switch (code) {
        case ENOENT:
        case ENOTDIR: return {ErrorKind::Gone, text + "it does not exist"};
        case ENOSPC:
        case EDQUOT: return {ErrorKind::Fatal, text + "the disk is full; free some space on its file system"};
        case EROFS:
            return {ErrorKind::Fatal, text +
                                          "its file system is read-only; remount it, or look for disk errors in the "
                                          "kernel's log"};
        case EACCES:
        case EPERM:
            return {ErrorKind::Fatal, text +
                                          "not permitted; run as root or as the service's user, or correct its owner "
                                          "and mode"};
        default: return {ErrorKind::Fatal, text + os_message(code)};
    }
}

}  // namespace hotdesk::io
