#include "io/file.hpp"

#include "support.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

using namespace hotdesk;
using namespace hotdesk::io;
using hotdesk::test::TempDir;

namespace {

std::string entry(unsigned tag, unsigned permissions, unsigned id) {
    std::string out;
    for (const unsigned value : {tag, permissions}) {
        out += static_cast<char>(value & 0xff);
        out += static_cast<char>(value >> 8);
    }
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((id >> shift) & 0xff);
    return out;
}

/// An access list with one named user, as systemd makes for a credential; `group` is what the owning group may.
std::string access_list(unsigned group) {
    const unsigned nobody_in_particular = 0xffffffff;
    return std::string("\x02\0\0\0", 4) + entry(0x01, 4, nobody_in_particular) + entry(0x02, 4, 12345) +
           entry(0x04, group, nobody_in_particular) + entry(0x10, 4, nobody_in_particular) +
           entry(0x20, 0, nobody_in_particular);
}

}  // namespace

TEST_CASE("a file is read up to its limit and not beyond") {
    const TempDir dir;
    REQUIRE(create_file(dir / "f", "12345", 0600).ok());
    CHECK(*read_file(dir / "f", 5) == "12345");
    const auto large = read_file(dir / "f", 4);
    REQUIRE_FALSE(large.ok());
    CHECK(large.error().kind == ErrorKind::Rejected);
    CHECK(read_file("/dev/zero", 100000).error().kind == ErrorKind::Rejected);
    CHECK(read_file(dir / "none", 5).error().kind == ErrorKind::Gone);
    CHECK(read_file(dir.path(), 5).error().kind == ErrorKind::Fatal);
}

TEST_CASE("a descriptor is read to its end") {
    int fds[2];
    REQUIRE(::pipe(fds) == 0);
    REQUIRE(::write(fds[1], "code\n", 5) == 5);
    ::close(fds[1]);
    CHECK(*read_all(fds[0], "standard input", 100) == "code\n");
    ::close(fds[0]);
    CHECK(read_all(-1, "standard input", 100).error().message.find("standard input") != std::string::npos);
}

TEST_CASE("a secret loses one line break and nothing else") {
    const TempDir dir;
    const std::vector<std::pair<std::string, std::string>> cases{
        {"s3cret\n", "s3cret"}, {"s3cret", "s3cret"}, {"s3cret\r\n", "s3cret"}, {" s3cret \n\n", " s3cret \n"}};
    for (const auto& [written, meant] : cases) {
        REQUIRE(replace_file(dir / "secret", written, 0600).ok());
        const auto read = read_secret_file(dir / "secret");
        REQUIRE(read.ok());
        CHECK((read->reveal() == meant));
    }
    REQUIRE(replace_file(dir / "secret", "\n", 0600).ok());
    CHECK(read_secret_file(dir / "secret").error().kind == ErrorKind::Rejected);
}

TEST_CASE("a file is replaced whole, with its mode, and nothing is left beside it") {
    const TempDir dir;
    REQUIRE(replace_file(dir / "f", "old", 0644).ok());
    REQUIRE(replace_file(dir / "f", std::string(100000, 'n'), 0640).ok());
    CHECK(read_file(dir / "f", 1 << 20)->size() == 100000);
    struct stat info {};
    REQUIRE(::stat((dir / "f").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0640);
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);

    std::filesystem::create_directory(dir / "d");
    CHECK_FALSE(replace_file(dir / "d", "x", 0600).ok());
    CHECK(replace_file(dir / "none/f", "x", 0600).error().message.find(dir / "none") != std::string::npos);
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 2);
}

TEST_CASE("a file that exists is not created again") {
    const TempDir dir;
    REQUIRE(create_file(dir / "f", "first", 0600).ok());
    CHECK(create_file(dir / "f", "second", 0600).error().kind == ErrorKind::Rejected);
    CHECK(*read_file(dir / "f", 10) == "first");
}

TEST_CASE("who may read a file is judged by its mode and by its access list") {
    const TempDir dir;
    const auto path = dir / "f";
    REQUIRE(create_file(path, "x", 0600).ok());
    CHECK_FALSE(*readable_by_others(path));
    ::chmod(path.c_str(), 0640);
    CHECK(*readable_by_others(path));
    ::chmod(path.c_str(), 0604);
    CHECK(*readable_by_others(path));
    CHECK(readable_by_others(dir / "none").error().kind == ErrorKind::Gone);

    ::chmod(path.c_str(), 0400);
    const auto list = access_list(0), wide = access_list(4);
    if (::setxattr(path.c_str(), "system.posix_acl_access", list.data(), list.size(), 0) != 0) {
        WARN("skipped: this file system has no access lists");
        return;
    }
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0440);  // the mask shows where the group was
    CHECK_FALSE(*readable_by_others(path));
    REQUIRE(::setxattr(path.c_str(), "system.posix_acl_access", wide.data(), wide.size(), 0) == 0);
    CHECK(*readable_by_others(path));
}
