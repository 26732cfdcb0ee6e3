#include "io/seal.hpp"

#include "io/file.hpp"
#include "old_seal.hpp"
#include "support.hpp"

#include <sys/stat.h>
#include <set>

using namespace hotdesk;
using namespace hotdesk::io;
using hotdesk::test::old_sealer;
using hotdesk::test::TempDir;

namespace {

std::unique_ptr<Sealer> sealer_of(char fill) {
    auto made = make_sealer(Secret(std::string(key_bytes, fill)));
    REQUIRE(made.ok());
    return std::move(*made);
}

std::string hex(const std::string& bytes) {
    std::string out;
    for (const char c : bytes) {
        out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

}  // namespace

TEST_CASE("a sealed value opens with its key at its place") {
    const auto sealer = sealer_of('k');
    for (const std::string& plain :
         {std::string(), std::string("x"), std::string("a\0b", 3), std::string(100000, 'y')}) {
        const auto sealed = sealer->seal("desk/1", plain);
        const auto opened = sealer->open("desk/1", sealed);
        REQUIRE(opened.ok());
        CHECK(*opened == plain);
        CHECK(sealed.size() == plain.size() + 45);
    }
}

TEST_CASE("another process with the same key opens what was sealed before") {
    const auto sealed = sealer_of('k')->seal("meta/schema", "1");
    CHECK(*sealer_of('k')->open("meta/schema", sealed) == "1");
}

TEST_CASE("a sealer counts its nonces, and every sealer has a salt, and so a key, of its own") {
    std::set<std::string> salts;
    for (int sealers = 0; sealers < 100; ++sealers) {
        const auto sealer = sealer_of('k');
        std::string salt;
        for (int i = 1; i <= 300; ++i) {
            const auto sealed = sealer->seal("c", "same");
            if (i == 1) salt = sealed.substr(5, 16);
            REQUIRE(sealed.substr(5, 16) == salt);
            REQUIRE(sealed.substr(21, 8) ==
                    std::string(6, '\0') + static_cast<char>(i / 256) + static_cast<char>(i % 256));
        }
        salts.insert(salt);
    }
    CHECK(salts.size() == 100);
}

TEST_CASE("values of more sealers than are kept ready open in any order") {
    std::vector<std::string> sealed;
    for (int i = 0; i < 150; ++i) sealed.push_back(sealer_of('k')->seal("c", std::to_string(i)));
    const auto sealer = sealer_of('k');
    for (int round = 0; round < 2; ++round)
        for (std::size_t i = 0; i < sealed.size(); ++i) {
            const std::size_t at = i * 67 % sealed.size();
            REQUIRE(*sealer->open("c", sealed[at]) == std::to_string(at));
        }
}

TEST_CASE("what version 1 sealed still opens, and nothing else under its name") {
    const auto old = old_sealer('k');
    const auto sealed = old->seal("desk/1", "plain");
    REQUIRE(sealed[0] == 1);
    const auto sealer = sealer_of('k');
    CHECK(*sealer->open("desk/1", sealed) == "plain");
    CHECK(sealer->open("desk/2", sealed).error().kind == ErrorKind::Corrupt);
    CHECK(sealer_of('j')->open("desk/1", sealed).error().message == "a value was sealed with another key");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto broken = sealed;
        broken[i] = static_cast<char>(broken[i] ^ 4);
        REQUIRE_FALSE(sealer->open("desk/1", broken).ok());
        REQUIRE_FALSE(sealer->open("desk/1", sealed.substr(0, i)).ok());
    }
}

TEST_CASE("a hidden name is always the same under one key, and tells nothing of itself or of the key") {
    const auto name = sealer_of('k')->hide("desk/device-1");
    CHECK(name.size() == 16);
    const auto sealer = sealer_of('k');
    (void)sealer->open("c", sealer->seal("c", "x"));  // deriving other keys in between changes nothing
    CHECK(sealer->hide("desk/device-1") == name);
    CHECK(sealer->hide("desk/device-2") != name);
    CHECK(sealer_of('j')->hide("desk/device-1") != name);
    std::set<std::string> names;
    for (int i = 0; i < 1000; ++i) names.insert(sealer->hide(std::to_string(i)));
    CHECK(names.size() == 1000);
    // Part of the format on disk: HMAC-SHA256 under HKDF-SHA256(key, salt of zeros, "hotdeskd state name").
    CHECK(hex(name) == "4e85f2df3ed3486c8095cee5dcb7a1ef");
}

TEST_CASE("every flipped bit and every cut of a sealed value is refused") {
    const auto sealer = sealer_of('k');
    const auto sealed = sealer->seal("desk/1", "someone@example.com");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            auto broken = sealed;
            broken[i] = static_cast<char>(broken[i] ^ (1 << bit));
            const auto opened = sealer->open("desk/1", broken);
            REQUIRE_FALSE(opened.ok());
            REQUIRE(opened.error().kind == ErrorKind::Corrupt);
        }
        REQUIRE_FALSE(sealer->open("desk/1", sealed.substr(0, i)).ok());
    }
    CHECK_FALSE(sealer->open("desk/1", sealed + "x").ok());
    CHECK(sealer->open("desk/1", sealed).ok());  // a refusal leaves the sealer fit for use
}

TEST_CASE("a value is refused at another place and under another key") {
    const auto sealer = sealer_of('k');
    const auto sealed = sealer->seal("desk/1", "plain");
    CHECK(sealer->open("desk/2", sealed).error().kind == ErrorKind::Corrupt);
    const auto other = sealer_of('j')->open("desk/1", sealed);
    REQUIRE_FALSE(other.ok());
    CHECK(other.error().kind == ErrorKind::Corrupt);
    CHECK(other.error().message == "a value was sealed with another key");
}

TEST_CASE("a key of the wrong length makes no sealer") {
    CHECK(make_sealer(Secret(std::string("short"))).error().kind == ErrorKind::Rejected);
    CHECK(make_sealer(Secret()).error().kind == ErrorKind::Rejected);
}

TEST_CASE("a key file is written once, private, and reads back") {
    const TempDir dir;
    const auto path = dir / "state.key";
    const auto key = make_key();
    REQUIRE(key.reveal().size() == key_bytes);
    REQUIRE(write_key_file(path, key).ok());
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(info.st_size == 65);
    const auto read = read_key_file(path);
    REQUIRE(read.ok());
    REQUIRE(read->size() == 1);
    CHECK((read->front().reveal() == key.reveal()));

    const auto again = write_key_file(path, make_key());
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().kind == ErrorKind::Rejected);
    CHECK((read_key_file(path)->front().reveal() == key.reveal()));
}

TEST_CASE("keys are replaced whole, newest first, and stay private and their owner's") {
    const TempDir dir;
    const auto path = dir / "state.key";
    const auto old = make_key(), fresh = make_key();
    REQUIRE(write_key_file(path, old).ok());
    const bool root = ::geteuid() == 0;
    if (root) REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
    REQUIRE(::symlink("state.key", (dir / "link").c_str()) == 0);
    REQUIRE(replace_key_file(dir / "link", std::vector{fresh, old}).ok());
    auto read = read_key_file(path);
    REQUIRE(read.ok());
    REQUIRE(read->size() == 2);
    CHECK(((*read)[0].reveal() == fresh.reveal()));
    CHECK(((*read)[1].reveal() == old.reveal()));
    REQUIRE(replace_key_file(path, {&fresh, 1}).ok());
    read = read_key_file(path);
    REQUIRE(read->size() == 1);
    CHECK((read->front().reveal() == fresh.reveal()));
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    if (root) CHECK(info.st_uid == 12345);
    CHECK_FALSE(replace_key_file(dir / "none/state.key", {&fresh, 1}).ok());
}

TEST_CASE("a key file that others may read is refused with the remedy") {
    const TempDir dir;
    const auto path = dir / "state.key";
    for (const mode_t mode : {0640U, 0604U, 0644U}) {
        ::unlink(path.c_str());
        REQUIRE(create_file(path, std::string(64, 'a') + "\n", mode).ok());
        const auto read = read_key_file(path);
        REQUIRE_FALSE(read.ok());
        CHECK(read.error().kind == ErrorKind::Rejected);
        CHECK(read.error().message.find("chmod 600 " + path) != std::string::npos);
    }
}

TEST_CASE("what is not a key is refused without showing it") {
    const TempDir dir;
    const auto path = dir / "state.key";
    CHECK(read_key_file(path).error().kind == ErrorKind::Gone);
    for (const std::string& text :
         {std::string("\n"), std::string(63, 'a') + "\n", std::string(66, 'a') + "\n", std::string(63, 'a') + "g\n",
          std::string(64, 'a') + "\n\n", std::string(64, 'a') + "\n" + std::string(63, 'a') + "\n"}) {
        ::unlink(path.c_str());
        REQUIRE(create_file(path, text, 0600).ok());
        const auto read = read_key_file(path);
        REQUIRE_FALSE(read.ok());
        CHECK(read.error().kind == ErrorKind::Rejected);
        CHECK(read.error().message.find("aaa") == std::string::npos);
    }
}
