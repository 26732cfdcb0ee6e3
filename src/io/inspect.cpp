#include "io/inspect.hpp"

#include "io/posix.hpp"

#include <dirent.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace hotdesk::io {
namespace {

std::string name_of(uid_t uid) {
    std::array<char, 4096> room{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, room.data(), room.size(), &found) == 0 && found != nullptr) return found->pw_name;
    return std::to_string(uid);
}

}  // namespace

Result<FileFacts> look_at(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return path_error("cannot look at", path, errno);
    return FileFacts{info.st_mode & 07777U, info.st_uid, name_of(info.st_uid), S_ISDIR(info.st_mode)};
}

std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), ::closedir);
    if (!open) return names;
    while (const dirent* const entry = ::readdir(open.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result<DiskSpace> disk_space(const std::string& path) {
    struct statvfs info {};
    if (::statvfs(path.c_str(), &info) != 0) return path_error("cannot look at", path, errno);
    const std::uint64_t block = info.f_frsize;
    return DiskSpace{info.f_bavail * block, info.f_blocks * block, info.f_favail, info.f_files};
}

std::string user_name() { return name_of(::geteuid()); }

bool under_systemd() {
    struct stat info {};
    return ::lstat("/run/systemd/system", &info) == 0 && S_ISDIR(info.st_mode);
}

Result<std::map<std::string, std::string>> unit_properties(const std::string& unit, const std::string& properties) {
    const std::string command = "timeout 5 systemctl show --property=" + properties + " " + unit + " 2>/dev/null";
    FILE* const pipe = ::popen(command.c_str(), "re");
    if (pipe == nullptr) return Error{ErrorKind::Fatal, "systemctl cannot be started: " + os_message(errno)};
    std::map<std::string, std::string> found;
    std::array<char, 4096> line{};
    while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
        std::string text = line.data();
        if (text.ends_with('\n')) text.pop_back();
        if (const auto at = text.find('='); at != std::string::npos) found[text.substr(0, at)] = text.substr(at + 1);
    }
    if (::pclose(pipe) != 0) return Error{ErrorKind::Fatal, "systemctl show " + unit + " does not answer"};
    return found;
}

}  // namespace hotdesk::io
