#pragma once
// The small change of POSIX that the adapters share: a descriptor with an owner, and errno in words.

#include <hotdesk/result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace hotdesk::io {

/// Owns one descriptor; -1 is none.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();

    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// errno's words, e.g. "Permission denied".
std::string os_message(int code);

/// Waits until the names in a directory are on the disk: a new name is only as durable as what holds it. 0 or errno.
int sync_directory(const std::string& directory);

/// What a failed call on `path` asks for: Gone when it does not exist, else Fatal. The message is "`doing` `path`:
/// why", with the remedy where the cause names one (disk full, read-only, not permitted).
Error path_error(std::string_view doing, const std::string& path, int code);

}  // namespace hotdesk::io
