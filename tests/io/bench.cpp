// What a state costs as it is sealed now, against how it was until schema 2. Both in turns in one run, and the best of
// several: other work on the machine disturbs. Prints; judges nothing.

#include "io/lmdb.hpp"
#include "io/seal.hpp"

#include "old_seal.hpp"

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

constexpr int records = 100000, value_bytes = 500, repeats = 7;

struct Side {
    bool old;
    std::string directory;

    [[nodiscard]] std::unique_ptr<Sealer> sealer() const {
        const std::string key(io::key_bytes, 'k');
        return old ? old_sealer('k') : std::move(*io::make_sealer(Secret{key}));
    }
    [[nodiscard]] std::unique_ptr<Store> open() const {
        return std::move(*io::open_store({directory, true, false, old}, sealer()));
    }
};

/// CPU time, in microseconds.
double time_us(const std::function<void()>& body) {
    const std::clock_t start = std::clock();
    body();
    return 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::vector<Change> changes(int from, int count) {
    std::vector<Change> out;
    for (int i = from; i < from + count; ++i)
        out.push_back(
            {Table::Desk, "Y2lzY29zcGFyazovL3VzL0RFVklDRS8" + std::to_string(i), std::string(value_bytes, 'v')});
    return out;
}

void compare(const char* what, int count, const std::function<void(const Side&)>& body, const Side& before,
             const Side& now) {
    double best_before = 1e12, best_now = 1e12;
    for (int i = 0; i < repeats; ++i) {
        best_before = std::min(best_before, time_us([&] { body(before); }));
        best_now = std::min(best_now, time_us([&] { body(now); }));
    }
    std::printf("%-34s %8.2f us before, %8.2f us now, ratio %.2f\n", what, best_before / count, best_now / count,
                best_now / best_before);
}

}  // namespace

int main() {
    std::string name = (std::filesystem::temp_directory_path() / "hotdesk-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return 1;
    const Side before{true, name + "/before"}, now{false, name + "/now"};
    for (const Side* side : {&before, &now})
        if (!side->open()->commit(changes(0, records)).ok()) return 1;

    compare(
        "seal, 500 B", records,
        [](const Side& side) {
            const auto sealer = side.sealer();
            const std::string plain(value_bytes, 'v');
            for (int i = 0; i < records; ++i) (void)sealer->seal("desk/d1", plain);
        },
        before, now);
    compare(
        "open, 500 B", records,
        [](const Side& side) {
            const auto sealer = side.sealer();
            const std::string sealed = sealer->seal("desk/d1", std::string(value_bytes, 'v'));
            for (int i = 0; i < records; ++i) (void)sealer->open("desk/d1", sealed);
        },
        before, now);
    compare(
        "load 100,000 records, each", records,
        [](const Side& side) {
            (void)side.open()->scan(Table::Desk, "", [](std::string_view, std::string_view) { return true; });
        },
        before, now);
    compare(
        "commit of 10 records", 200,
        [](const Side& side) {
            const auto store = side.open();
            for (int i = 0; i < 200; ++i) (void)store->commit(changes(i * 10, 10));
        },
        before, now);
    compare(
        "make a sealer", 100,
        [](const Side& side) {
            for (int i = 0; i < 100; ++i) (void)side.sealer();
        },
        before, now);
    std::error_code ignored;
    std::filesystem::remove_all(name, ignored);
    return 0;
}
