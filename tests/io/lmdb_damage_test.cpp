// A state that cannot be read stays for a person to see: it is never taken for one that was not made yet.

#include "io/lmdb.hpp"
#include "io/seal.hpp"
#include "support.hpp"

#include <unistd.h>
#include <cstdint>

using namespace hotdesk;
using namespace hotdesk::io;
using namespace hotdesk::test;

namespace {

Result<std::unique_ptr<Store>> open_in(const std::string& directory) {
    return open_store({directory, true}, std::move(*make_sealer(Secret(std::string(key_bytes, 'k')))));
}

}  // namespace

TEST_CASE("a file that is not a state is Corrupt and stays as it is") {
    const TempDir dir;
    std::filesystem::create_directory(dir / "state");
    const auto path = dir / "state/data.mdb";
    { (void)!std::system(("head -c 20000 /dev/zero > " + path).c_str()); }
    const auto opened = open_in(dir / "state");
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == ErrorKind::Corrupt);
    CHECK(std::filesystem::file_size(path) == 20000);
}

TEST_CASE("a state that was cut short is Corrupt and stays as it is, however short it is") {
    for (const off_t length : std::vector<off_t>{1, 100, 511, 512, 4095, 4096, 5000, 8191, 8192, 9000}) {
        INFO(length);
        const TempDir dir;
        const auto path = dir / "state/data.mdb";
        for (int i = 0; i < 4; ++i) {
            const Change change{Table::Meta, "activation", std::to_string(i)};
            REQUIRE((*open_in(dir / "state"))->commit({&change, 1}).ok());
        }
        REQUIRE(::truncate(path.c_str(), length) == 0);
        // In a process of its own: a page that is not there may be a SIGBUS, which ends with exit code 9.
        const pid_t other = spawn([&] {
            const auto opened = open_in(dir / "state");
            return !opened.ok() && opened.error().kind == ErrorKind::Corrupt ? 9 : 1;
        });
        CHECK(wait_for(other) == 9);
        CHECK(std::filesystem::file_size(path) == static_cast<std::uintmax_t>(length));
    }
}

TEST_CASE("a small file that is not a state is Corrupt and stays as it is") {
    const TempDir dir;
    std::filesystem::create_directory(dir / "state");
    const auto path = dir / "state/data.mdb";
    { (void)!std::system(("echo 'not a state at all' > " + path).c_str()); }
    const auto opened = open_in(dir / "state");
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == ErrorKind::Corrupt);
    CHECK(opened.error().message.find("put it aside") != std::string::npos);
    CHECK(std::filesystem::file_size(path) == 19);
}
