#include "io/next.hpp"

#include "io/posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace hotdesk::io {
namespace {

/// DIR/next itself: what is linked in its place is another's, and root would clear that out.
Fd open_next(const std::string& directory) {
    return Fd(::open((directory + "/next").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

/// Waits until a file is on the disk. 0 or errno.
int sync_file(const Fd& in, const char* name) {
    const Fd file(::openat(in.get(), name, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    return file && ::fsync(file.get()) == 0 ? 0 : errno;
}

/// Another name for the old file costs nothing, and is whole whatever happens. It is on the disk before the other name
/// goes. 0 or errno.
int keep_as(const std::string& directory, const std::string& data, const std::string& backup) {
    if (::unlink(backup.c_str()) != 0 && errno != ENOENT) return errno;
    if (::link(data.c_str(), backup.c_str()) != 0) return errno;
    const Fd file(::open(backup.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    return file && ::fchmod(file.get(), 0600) == 0 ? sync_directory(directory) : errno;
}

}  // namespace

Result<std::string> make_next(const std::string& directory) {
    discard_next(directory);
    std::string next = directory + "/next";
    struct stat owner {};
    if (::mkdir(next.c_str(), 0700) != 0 || ::stat(directory.c_str(), &owner) != 0)
        return path_error("cannot make", next, errno);
    if (::geteuid() == 0 && ::lchown(next.c_str(), owner.st_uid, owner.st_gid) != 0)
        return path_error("cannot make", next, errno);
    return next;
}

Result<void> put_next_in_place(const std::string& directory, const std::string& backup) {
    const std::string data = directory + "/data.mdb", next = directory + "/next/data.mdb";
    const Fd made = open_next(directory);
    if (!made) return path_error("cannot write", next, errno);
    if (const int code = sync_file(made, "data.mdb"); code != 0) return path_error("cannot write", next, code);
    if (!backup.empty())
        if (const int code = keep_as(directory, data, directory + "/" + backup); code != 0)
            return path_error("cannot keep the old state as", directory + "/" + backup, code);
    // LMDB's lock file speaks of the old file. A process of an earlier version, which does not know the directory's
    // lock, may still hold it: it goes on with the old file, alone.
    if (::unlink((directory + "/lock.mdb").c_str()) != 0 && errno != ENOENT)
        return path_error("cannot remove", directory + "/lock.mdb", errno);
    if (::renameat(made.get(), "data.mdb", AT_FDCWD, data.c_str()) != 0)
        return path_error("cannot replace", data, errno);
    if (const int code = sync_directory(directory); code != 0) return path_error("cannot write", directory, code);
    discard_next(directory);
    return {};
}

bool remove_backup(const std::string& directory, const std::string& backup) {
    if (::unlink((directory + "/" + backup).c_str()) != 0) return false;
    (void)sync_directory(directory);
    return true;
}

void discard_next(const std::string& directory) {
    if (const Fd next = open_next(directory))
        for (const char* const name : {"data.mdb", "lock.mdb"}) ::unlinkat(next.get(), name, 0);
    ::rmdir((directory + "/next").c_str());
}

}  // namespace hotdesk::io
