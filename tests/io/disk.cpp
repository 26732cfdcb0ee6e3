#include "disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace hotdesk::test {
namespace {

constexpr std::size_t sector_bytes = 512;

Disk* the_disk = nullptr;

std::string path_of(int fd) {
    std::array<char, PATH_MAX> path{};
    const auto link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
    return {path.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void put(std::string& bytes, std::uint64_t offset, std::string_view part) {
    if (bytes.size() < offset + part.size()) bytes.resize(offset + part.size());
    bytes.replace(offset, part.size(), part);
}

bool coin(Chance& chance) { return chance() % 2 == 0; }

ssize_t really_write(int fd, std::string_view bytes, std::uint64_t offset, bool by_position) {
    return by_position ? ::syscall(SYS_pwrite64, fd, bytes.data(), bytes.size(), offset)
                       : ::syscall(SYS_write, fd, bytes.data(), bytes.size());
}

}  // namespace

Disk::Disk(std::string root) : root_(std::filesystem::canonical(root).string()) {
    if (the_disk != nullptr) throw std::logic_error("there is a disk already");
    remember(root_);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
        if (entry.is_directory()) remember(entry.path());
        struct stat info {};
        if (entry.is_regular_file() && ::stat(entry.path().c_str(), &info) == 0)
            file_of(info.st_ino, entry.path()).synced = read(entry.path());
    }
    the_disk = this;
}

Disk::~Disk() {
    the_disk = nullptr;
    for (const auto& [number, file] : files_) ::close(file.handle);
}

Disk::Names Disk::names_in(const std::string& directory) {
    Names names;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(directory, gone)) {
        struct stat info {};
        if (::lstat(entry.path().c_str(), &info) == 0)
            names[entry.path().filename()] = {info.st_ino, S_ISDIR(info.st_mode)};
    }
    return names;
}

void Disk::remember(const std::string& directory) { synced_names_[directory] = names_in(directory); }

Disk::File& Disk::file_of(ino_t number, const std::string& path) {
    File& file = files_[number];
    if (file.handle < 0) file.handle = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    return file;
}

bool Disk::holds(int fd) const {
    const std::string path = path_of(fd);
    return path == root_ || path.starts_with(root_ + "/");
}

void Disk::step() {
    ++steps_;
    the_disk = nullptr;  // what is done meanwhile is the test's
    if (at_step) at_step();
    the_disk = this;
}

ssize_t Disk::write(int fd, std::string bytes, std::uint64_t offset, bool by_position) {
    struct stat info {};
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return really_write(fd, bytes, offset, by_position);
    if (!by_position) offset = static_cast<std::uint64_t>(::lseek(fd, 0, SEEK_CUR));
    const bool synced = (::fcntl(fd, F_GETFL) & O_DSYNC) != 0;
    if (synced && fails_to_write_synced) {
        errno = EIO;
        return -1;
    }
    File& file = file_of(info.st_ino, "/proc/self/fd/" + std::to_string(fd));
    file.unsynced.push_back({offset, bytes});
    step();
    const ssize_t wrote = really_write(fd, bytes, offset, by_position);
    Write done = std::move(file.unsynced.back());
    file.unsynced.pop_back();
    if (wrote <= 0) return wrote;
    done.bytes.resize(static_cast<std::size_t>(wrote));
    if (synced && !kills_in_synced_writes)
        put(file.synced, done.offset, done.bytes);
    else
        file.unsynced.push_back(std::move(done));
    return wrote;
}

int Disk::sync(int fd) {
    step();
    struct stat info {};
    if (::fstat(fd, &info) != 0) return 0;
    if (S_ISDIR(info.st_mode)) remember(path_of(fd));
    if (!S_ISREG(info.st_mode)) return 0;
    if (fails_to_sync) {
        errno = EIO;
        return -1;
    }
    File& file = file_of(info.st_ino, "/proc/self/fd/" + std::to_string(fd));
    for (const Write& write : file.unsynced) put(file.synced, write.offset, write.bytes);
    file.unsynced.clear();
    return 0;
}

std::string Disk::contents(Chance& chance, const File& file) const {
    std::string bytes = file.synced;
    std::size_t longest = bytes.size();
    const auto lost_of_four = chance() % 5;  // also none, and all
    for (const Write& write : file.unsynced) {
        longest = std::max(longest, write.offset + write.bytes.size());
        const bool torn = chance() % 4 == 0;
        if (!torn && chance() % 4 < lost_of_four) continue;
        for (std::size_t at = 0; at < write.bytes.size();) {
            const std::size_t length = sector_bytes - (write.offset + at) % sector_bytes;
            if (!torn || coin(chance)) put(bytes, write.offset + at, std::string_view(write.bytes).substr(at, length));
            at += length;
        }
    }
    if (coin(chance)) bytes.resize(longest);  // the length was kept, what stands there was not
    return bytes;
}

void Disk::cut_directory(Chance& chance, const std::string& directory, const std::string& copy) const {
    std::filesystem::create_directory(copy);
    const auto synced = synced_names_.find(directory);
    const Names before = synced == synced_names_.end() ? Names{} : synced->second, now = names_in(directory);
    std::set<std::string> all;
    for (const auto& [name, what] : before) all.insert(name);
    for (const auto& [name, what] : now) all.insert(name);
    for (const std::string& name : all) {
        const auto old = before.find(name), young = now.find(name);
        const bool same = old != before.end() && young != now.end() && old->second == young->second;
        const bool take_old = same || coin(chance);
        const auto taken = take_old ? old : young;
        if (taken == (take_old ? before.end() : now.end())) continue;
        const std::string from = directory + "/" + name, to = copy + "/" + name;
        if (taken->second.directory) {
            cut_directory(chance, from, to);
            continue;
        }
        const auto file = files_.find(taken->second.number);
        std::string bytes;
        if (file != files_.end())
            bytes = contents(chance, file->second);
        else if (coin(chance))
            bytes = read(from);
        std::ofstream(to, std::ios::binary) << bytes;
        ::chmod(to.c_str(), 0600);
    }
}

void Disk::cut(Chance& chance, const std::string& copy) const {
    Disk* const before = std::exchange(the_disk, nullptr);
    cut_directory(chance, root_, copy);
    the_disk = before;
}

namespace {

ssize_t on_write(int fd, const void* bytes, std::size_t size, std::uint64_t offset, bool by_position) {
    const std::string_view text(static_cast<const char*>(bytes), size);
    if (the_disk == nullptr || !the_disk->holds(fd)) return really_write(fd, text, offset, by_position);
    return the_disk->write(fd, std::string(text), offset, by_position);
}

/// The real disk is not waited for.
int on_sync(int fd) { return the_disk != nullptr && the_disk->holds(fd) ? the_disk->sync(fd) : 0; }

}  // namespace
}  // namespace hotdesk::test

// Their names on the linker's side, whatever the headers make of them for large files.
extern "C" {
ssize_t disk_write(int, const void*, std::size_t) __asm__("write");
ssize_t disk_writev(int, const iovec*, int) __asm__("writev");
ssize_t disk_pwrite(int, const void*, std::size_t, std::int64_t) __asm__("pwrite");
ssize_t disk_pwrite64(int, const void*, std::size_t, std::int64_t) __asm__("pwrite64");
int disk_fsync(int) __asm__("fsync");
int disk_fdatasync(int) __asm__("fdatasync");

ssize_t disk_write(int fd, const void* bytes, std::size_t size) {
    return hotdesk::test::on_write(fd, bytes, size, 0, false);
}
ssize_t disk_writev(int fd, const iovec* parts, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    return hotdesk::test::on_write(fd, all.data(), all.size(), 0, false);
}
ssize_t disk_pwrite(int fd, const void* bytes, std::size_t size, std::int64_t offset) {
    return hotdesk::test::on_write(fd, bytes, size, static_cast<std::uint64_t>(offset), true);
}
ssize_t disk_pwrite64(int fd, const void* bytes, std::size_t size, std::int64_t offset) {
    return disk_pwrite(fd, bytes, size, offset);
}
int disk_fsync(int fd) { return hotdesk::test::on_sync(fd); }
int disk_fdatasync(int fd) { return hotdesk::test::on_sync(fd); }
}
