#pragma once
// For the doctor: what the machine says about files, disks, users and the unit. Changes nothing.

#include <hotdesk/result.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hotdesk::io {

struct FileFacts {
    unsigned mode = 0;  ///< permission bits, as chmod(2) takes them
    unsigned uid = 0;
    std::string owner;  ///< the user's name, or the number where it has none
    bool is_directory = false;
};
/// Follows symbolic links. Gone: there is none. Fatal: it cannot be looked at.
Result<FileFacts> look_at(const std::string& path);

/// Names in a directory, sorted, without `.` and `..`; of what cannot be read: none.
std::vector<std::string> names_in(const std::string& directory);

struct DiskSpace {
    std::uint64_t free_bytes = 0;  ///< for who is not root
    std::uint64_t total_bytes = 0;
    std::uint64_t free_files = 0;
    std::uint64_t total_files = 0;  ///< 0: the file system does not count them
};
/// Of the file system that holds `path`.
Result<DiskSpace> disk_space(const std::string& path);

/// Who asks: the effective user's name.
std::string user_name();

/// systemd is the machine's init. Source: sd_booted(3).
bool under_systemd();
/// Properties of a unit as `systemctl show` prints them, asked for at most 5 s. Fatal: systemctl does not answer.
/// `unit` and `properties` are words of our own: they reach a shell.
Result<std::map<std::string, std::string>> unit_properties(const std::string& unit, const std::string& properties);

}  // namespace hotdesk::io
