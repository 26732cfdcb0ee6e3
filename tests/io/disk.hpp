#pragma once
// What a power cut leaves of a directory: the test program's own write(), fsync() and their kin stand before libc's,
// also for LMDB, and keep a record of what the disk was told to hold.
//
// On the disk are the contents that a file had when it was last synced, what was written through a descriptor with
// O_DSYNC, and the names that a directory had when it was last synced. Everything since may be there or not, in any
// combination, a write also in part: the disk writes sectors of 512 bytes, in an order of its own.
//
// What is written through a map is not seen: LMDB does so to its lock file alone.

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hotdesk::test {

using Chance = std::mt19937_64;

/// The disk below one directory. One at a time; it must outlive whatever writes there.
class Disk {
public:
    /// All that is there now is on the disk.
    explicit Disk(std::string root);
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    ~Disk();

    /// Called before each write and each sync; the write is already one of those that a power cut may leave.
    std::function<void()> at_step;
    /// Writes through O_DSYNC reach the disk only with the next sync: their process is as good as killed in them.
    bool kills_in_synced_writes = false;
    /// These fail with EIO: nothing of them is written, or kept.
    bool fails_to_sync = false, fails_to_write_synced = false;

    /// Makes `copy` what a power cut would leave now.
    void cut(Chance& chance, const std::string& copy) const;
    /// How many writes and syncs there were.
    [[nodiscard]] std::size_t steps() const { return steps_; }

    // What the functions of libc tell.
    struct Write {
        std::uint64_t offset = 0;
        std::string bytes;
    };
    ssize_t write(int fd, std::string bytes, std::uint64_t offset, bool by_position);
    int sync(int fd);
    /// Whether the descriptor is of a file or directory below the root.
    [[nodiscard]] bool holds(int fd) const;

private:
    struct File {
        int handle = -1;  // so that its number is not given to another
        std::string synced;
        std::vector<Write> unsynced;
    };
    struct Name {
        ino_t number = 0;
        bool directory = false;
        friend bool operator==(const Name&, const Name&) = default;
    };
    using Names = std::map<std::string, Name>;

    void step();
    [[nodiscard]] static Names names_in(const std::string& directory);
    File& file_of(ino_t number, const std::string& path);
    [[nodiscard]] std::string contents(Chance& chance, const File& file) const;
    void remember(const std::string& directory);
    void cut_directory(Chance& chance, const std::string& directory, const std::string& copy) const;

    std::string root_;
    std::map<ino_t, File> files_;
    std::map<std::string, Names> synced_names_;  // by the directory's path
    std::size_t steps_ = 0;
};

}  // namespace hotdesk::test
