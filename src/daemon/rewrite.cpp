#include "daemon/rewrite.hpp"

#include "daemon/state.hpp"
#include "io/lmdb.hpp"
#include "io/next.hpp"
#include "io/owner.hpp"
#include "io/seal.hpp"

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace hotdesk {

namespace {

constexpr std::array all_tables{Table::Meta,   Table::Desk,    Table::Outbox,
                                Table::Record, Table::Request, Table::SpentCode};

/// A commit waits for the disk: it is worth a thousand records.
constexpr std::size_t batch_records = 1000, say_every_records = 100000;

class Writer {
public:
    Writer(Store& to, const Say& say) : to_(to), say_(say) {}

    /// False: it cannot go on; error() says why.
    bool add(Table table, std::string_view key, std::string_view value) {
        batch_.push_back({table, std::string{key}, std::string{value}});
        ++count_;
        if (count_ % say_every_records == 0) say_(std::to_string(count_) + " records are written anew");
        return batch_.size() < batch_records || flush();
    }
    bool add(std::vector<Change> changes) {
        for (Change& change : changes) batch_.push_back(std::move(change));
        return flush();
    }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] const Error& error() const { return *error_; }

private:
    bool flush() {
        const auto done = to_.commit(batch_);
        for (Change& change : batch_)
            if (change.table == Table::Meta && change.value) Secret::wipe(*change.value);  // tokens in the clear
        batch_.clear();
        if (!done.ok()) error_ = done.error();
        return done.ok();
    }

    Store& to_;
    const Say& say_;
    std::vector<Change> batch_;
    std::size_t count_ = 0;
    std::optional<Error> error_;
};

Result<std::size_t> copy(Store& from, Store& to, const Say& say) {
    Writer writer(to, say);
    for (const Table table : all_tables) {
        bool good = true;
        const auto scanned = from.scan(table, "", [&](std::string_view key, std::string_view value) {
            return good = writer.add(table, key, value);
        });
        if (!scanned.ok()) return scanned.error();
        if (!good) return writer.error();
    }
    // Last, and in the place of what was copied: only a state that is whole says what it is.
    if (!writer.add(state::keep_schema())) return writer.error();
    return writer.count();
}

}  // namespace

Result<std::size_t> write_next(const std::string& directory, Store& from, const Secret& key, const Say& say) {
    const io::AsOwner owner(directory);
    const auto next = io::make_next(owner.path());
    if (!next.ok()) return next.error();
    auto sealer = io::make_sealer(key);
    if (!sealer.ok()) return sealer.error();
    auto to = io::open_store({*next, true}, std::move(*sealer));
    auto count = to.ok() ? copy(from, **to, say) : Result<std::size_t>{to.error()};
    if (!count.ok()) {
        if (to.ok()) to->reset();
        io::discard_next(owner.path());
    }
    return count;
}

}  // namespace hotdesk
