#include "io/file.hpp"

#include "io/posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace hotdesk::io {
namespace {

constexpr std::size_t max_secret_bytes = 64 * 1024;

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// 0 or errno.
int write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
        if (wrote < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return 0;
}

/// Makes the file and fills it; removes it again when that fails. 0 or errno.
int make_filled(const std::string& path, std::string_view bytes, unsigned mode) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return errno;
    int code = write_all(file.get(), bytes);
    if (code == 0 && ::fchmod(file.get(), static_cast<mode_t>(mode)) != 0) code = errno;
    if (code == 0 && ::fsync(file.get()) != 0) code = errno;
    if (code != 0) ::unlink(path.c_str());
    return code;
}

/// Where a file is filled before it has its name. One writer a file is the rule here; what a crash left is rubbish.
std::string draft_of(const std::string& path) {
    std::string draft = path + ".new";
    ::unlink(draft.c_str());
    return draft;
}

/// Who may read by a POSIX access list besides its named users. Layout: linux/posix_acl_xattr.h, a version of 32 bits
/// and entries of {tag 16, permissions 16, id 32}, little-endian.
bool groups_in_list_may_read(std::string_view list) {
    constexpr unsigned tag_owning_group = 0x04, tag_group = 0x08, tag_other = 0x20, permission_read = 4;
    for (std::size_t at = 4; at + 8 <= list.size(); at += 8) {
        const unsigned tag = static_cast<unsigned char>(list[at]);
        const unsigned permissions = static_cast<unsigned char>(list[at + 2]);
        if ((tag == tag_owning_group || tag == tag_group || tag == tag_other) && (permissions & permission_read) != 0)
            return true;
    }
    return false;
}

}  // namespace

Result<std::string> read_all(int fd, const std::string& name, std::size_t max_bytes) {
    std::string bytes;
    std::array<char, 16384> block{};
    for (;;) {
        const ssize_t got = ::read(fd, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            const int code = errno;
            Secret::wipe(bytes);
            return path_error("cannot read", name, code);
        }
        if (got == 0) break;
        Secret::append(bytes, {block.data(), static_cast<std::size_t>(got)});
        if (bytes.size() > max_bytes) {
            Secret::wipe(bytes);
            return Error{ErrorKind::Rejected,
                         "cannot read " + name + ": it is larger than " + std::to_string(max_bytes) + " bytes"};
        }
    }
    // It may have been a secret; the block is the one copy that the caller cannot reach.
    for (volatile char* p = block.data(); p != block.data() + block.size(); ++p) *p = 0;
    return bytes;
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return path_error("cannot read", path, errno);
    return read_all(file.get(), path, max_bytes);
}

Result<Secret> read_secret_file(const std::string& path) {
    auto bytes = read_file(path, max_secret_bytes);
    if (!bytes) return bytes.error();
    if (bytes->ends_with('\n')) bytes->pop_back();
    if (bytes->ends_with('\r')) bytes->pop_back();
    if (bytes->empty()) return Error{ErrorKind::Rejected, "cannot use " + path + ": it is empty; put the secret in it"};
    return Secret(std::move(*bytes));
}

Result<bool> readable_by_others(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return path_error("cannot look at", path, errno);
    if ((info.st_mode & S_IROTH) != 0) return true;
    if ((info.st_mode & S_IRGRP) == 0) return false;
    std::array<char, 1024> list{};
    const ssize_t size = ::getxattr(path.c_str(), "system.posix_acl_access", list.data(), list.size());
    if (size < 0) return true;  // no list, or one too long to be a credential's: the group bits mean the group
    return groups_in_list_may_read({list.data(), static_cast<std::size_t>(size)});
}

Result<void> create_file(const std::string& path, std::string_view bytes, unsigned mode) {
    // Its name comes last: after a power cut it is whole, or not there. link() puts nothing in another file's place.
    const std::string draft = draft_of(path);
    int code = make_filled(draft, bytes, mode);
    const bool made = code == 0;
    if (made && ::link(draft.c_str(), path.c_str()) != 0) code = errno;
    if (made) ::unlink(draft.c_str());
    if (made && code == EEXIST) return Error{ErrorKind::Rejected, "cannot create " + path + ": it exists already"};
    if (code == 0 && (code = sync_directory(parent_of(path))) != 0) ::unlink(path.c_str());
    if (code == ENOENT) return path_error("cannot create a file in", parent_of(path), code);
    if (code != 0) return path_error("cannot create", path, code);
    return {};
}

Result<void> replace_file(const std::string& path, std::string_view bytes, unsigned mode) {
    const std::string draft = draft_of(path);
    int code = make_filled(draft, bytes, mode);
    const bool made = code == 0;
    struct stat old {};
    if (made && ::geteuid() == 0 && ::stat(path.c_str(), &old) == 0 &&
        ::chown(draft.c_str(), old.st_uid, old.st_gid) != 0)
        code = errno;
    if (code == 0 && ::rename(draft.c_str(), path.c_str()) != 0) code = errno;
    if (made && code != 0) ::unlink(draft.c_str());
    if (code == 0) code = sync_directory(parent_of(path));
    if (code == ENOENT) return path_error("cannot write a file in", parent_of(path), code);
    if (code != 0) return path_error("cannot write", path, code);
    return {};
}

}  // namespace hotdesk::io
