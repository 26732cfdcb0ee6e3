#include "io/seal.hpp"

#include "io/file.hpp"
#include "support.hpp"

#include <sys/stat.h>
#include <set>

using namespace hotdesk;
using namespace hotdesk::io;
using hotdesk::test::TempDir;

namespace {

std::unique_ptr<Sealer> sealer_of(char fill) {
    auto made = make_sealer(Secret(std::string(key_bytes, fill)));
    REQUIRE(made.ok());
    return std::move(*made);
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
        CHECK(sealed.size() == plain.size() + 33);
    }
}

TEST_CASE("another process with the same key opens what was sealed before") {
    const auto sealed = sealer_of('k')->seal("meta/schema", "1");
    CHECK(*sealer_of('k')->open("meta/schema", sealed) == "1");
}

TEST_CASE("the same value never seals to the same bytes") {
    const auto sealer = sealer_of('k');
    std::set<std::string> nonces;
    for (int i = 0; i < 1000; ++i) nonces.insert(sealer->seal("c", "same").substr(5, 12));
    CHECK(nonces.size() == 1000);
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
    CHECK((read->reveal() == key.reveal()));

    const auto again = write_key_file(path, make_key());
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().kind == ErrorKind::Rejected);
    CHECK((read_key_file(path)->reveal() == key.reveal()));
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
    for (const std::string& text : {std::string("\n"), std::string(63, 'a') + "\n", std::string(66, 'a') + "\n",
                                    std::string(63, 'a') + "g\n", std::string(64, 'a') + "\n\n"}) {
        ::unlink(path.c_str());
        REQUIRE(create_file(path, text, 0600).ok());
        const auto read = read_key_file(path);
        REQUIRE_FALSE(read.ok());
        CHECK(read.error().kind == ErrorKind::Rejected);
        CHECK(read.error().message.find("aaa") == std::string::npos);
    }
}
