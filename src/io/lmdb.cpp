#include "io/lmdb.hpp"

#include "io/file.hpp"
#include "io/lock.hpp"
#include "io/owner.hpp"
#include "io/posix.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <tuple>

namespace hotdesk::io {
namespace {

struct NamedTable {
    Table table;
    const char* name;  // part of the format on disk: the database's name and every value's context
};
constexpr std::array<NamedTable, 6> tables{{{Table::Meta, "meta"},
                                            {Table::Desk, "desk"},
                                            {Table::Outbox, "outbox"},
                                            {Table::Record, "record"},
                                            {Table::Request, "request"},
                                            {Table::SpentCode, "spent_code"}}};

constexpr std::size_t max_key_bytes = 511;       // LMDB's compiled-in limit
constexpr std::size_t id_length_bytes = 2;       // before an id that is sealed with its value
constexpr off_t lock_file_bytes = 8192;          // LMDB's table of 126 readers
constexpr std::size_t first_pages_bytes = 8192;  // of 4096 bytes; where they are larger, so is every state

std::size_t index_of(Table table) { return static_cast<std::size_t>(table) - 1; }
const char* name_of(Table table) { return tables[index_of(table)].name; }

std::string context_of(Table table, std::string_view key) {
    std::string context = name_of(table);
    context += '/';
    context += key;
    return context;
}

MDB_val to_val(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }
std::string_view from_val(const MDB_val& val) { return {static_cast<const char*>(val.mv_data), val.mv_size}; }

struct CloseEnv {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
};
using Env = std::unique_ptr<MDB_env, CloseEnv>;

struct AbortTxn {
    void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
using Txn = std::unique_ptr<MDB_txn, AbortTxn>;

struct CloseCursor {
    void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using Cursor = std::unique_ptr<MDB_cursor, CloseCursor>;

/// What an LMDB code or errno asks for.
Error store_error(std::string_view doing, const std::string& directory, int code) {
    const std::string text = std::string(doing) + " the state in " + directory + ": ";
    switch (code) {
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND:
        case MDB_INVALID:
        case MDB_VERSION_MISMATCH:
        case MDB_INCOMPATIBLE:
            return {ErrorKind::Corrupt, text +
                                            "data.mdb is damaged or not a state; put it aside, then restore a backup "
                                            "or activate again"};
        case MDB_PANIC: return {ErrorKind::Fatal, text + "an earlier write failed half way; start the process again"};
        case MDB_MAP_FULL: return {ErrorKind::Fatal, text + "it has reached its largest size; shorten the record"};
        case MDB_READERS_FULL:
            return {ErrorKind::Transient, text + "too many processes read it at once; end some of them"};
        case MDB_BAD_VALSIZE: return {ErrorKind::Rejected, text + "a key must have 1 to 511 bytes"};
        default: break;
    }
    if (code < 0) return {ErrorKind::Fatal, text + mdb_strerror(code)};
    return path_error(std::string(doing) + " the state in", directory, code);
}

class LmdbStore final : public Store {
public:
    LmdbStore(StoreOptions options, std::unique_ptr<Sealer> sealer, std::unique_ptr<InstanceLock> shared, Env env)
        : options_(std::move(options)), sealer_(std::move(sealer)), shared_(std::move(shared)), env_(std::move(env)) {}

    /// Opens every table, making those that are missing unless read-only.
    Result<void> open_tables() {
        Txn txn;
        if (const int code = begin(options_.read_only ? MDB_RDONLY : 0, txn); code != 0)
            return failed("cannot open", code);
        for (const auto& [table, name] : tables) {
            MDB_dbi dbi = 0;
            const int code = mdb_dbi_open(txn.get(), name, options_.read_only ? 0 : MDB_CREATE, &dbi);
            if (code == MDB_NOTFOUND) continue;  // written by an older version: as good as empty
            if (code != 0) return failed("cannot open", code);
            dbis_[index_of(table)] = dbi;
        }
        // Whatever else an older version lacked, this table it had.
        if (!dbis_[index_of(Table::Meta)]) return nothing_known(txn.get());
        if (const int code = mdb_txn_commit(txn.release()); code != 0) return failed("cannot open", code);
        return {};
    }

    /// The table that every state has is missing: nothing was ever written, or the names of tables are damaged.
    Error nothing_known(MDB_txn* txn) const {
        MDB_dbi all = 0;
        MDB_stat stat{};
        if (mdb_dbi_open(txn, nullptr, 0, &all) == 0 && mdb_stat(txn, all, &stat) == 0 && stat.ms_entries > 0)
            return failed("cannot open", MDB_CORRUPTED);
        return {ErrorKind::Gone, "there is no state in " + options_.directory};
    }

    Result<void> commit(std::span<const Change> changes) override {
        if (options_.read_only) return Error{ErrorKind::Rejected, "the state was opened for reading only"};
        if (scan_txn_ != nullptr) return Error{ErrorKind::Rejected, "the state cannot be changed while it is scanned"};
        std::vector<Sealed> sealed(changes.size());
        for (std::size_t i = 0; i < changes.size(); ++i) {
            const auto& [table, key, value] = changes[i];
            if (!usable(key)) return failed("cannot write", MDB_BAD_VALSIZE);
            sealed[i].key = key_on_disk(table, key);
            if (value) sealed[i].value = seal(table, key, sealed[i].key, *value);
            if (sealed[i].key.empty() || (value && sealed[i].value.empty()))
                return Error{ErrorKind::Fatal, "cannot seal the state: OpenSSL failed; is there no memory?"};
        }
        for (;;) {
            int code = write(changes, sealed);
            if (code == 0) return {};
            // The full map shows in put or only in commit; either way the transaction is over and left nothing.
            if (code == MDB_MAP_FULL) code = grow();
            if (code != 0) return failed("cannot write", code);
        }
    }

    Result<std::optional<std::string>> get(Table table, std::string_view key) override {
        using Found = std::optional<std::string>;
        if (!usable(key)) return failed("cannot read", MDB_BAD_VALSIZE);
        if (!dbis_[index_of(table)]) return Found{};
        Txn txn;
        if (scan_txn_ == nullptr)
            if (const int code = begin(MDB_RDONLY, txn); code != 0) return failed("cannot read", code);
        const std::string on_disk = key_on_disk(table, key);
        MDB_val name = to_val(on_disk), value{};
        const int code = mdb_get(scan_txn_ ? scan_txn_ : txn.get(), *dbis_[index_of(table)], &name, &value);
        if (code == MDB_NOTFOUND) return Found{};
        if (code != 0) return failed("cannot read", code);
        auto plain = unseal(table, on_disk, from_val(value));
        if (!plain) return plain.error();
        if (hides(table)) plain->erase(0, id_length_bytes + key.size());
        return Found{std::move(*plain)};
    }

    Result<void> scan(Table table, std::string_view from,
                      const std::function<bool(std::string_view key, std::string_view value)>& visit) override {
        if (from.size() > max_key_bytes) return failed("cannot read", MDB_BAD_VALSIZE);
        if (!from.empty() && hides(table))
            return Error{ErrorKind::Rejected, "table " + std::string(name_of(table)) + " has no order to scan from"};
        if (!dbis_[index_of(table)]) return {};
        const ScanTxn snapshot(*this);
        if (snapshot.code != 0) return failed("cannot read", snapshot.code);
        MDB_cursor* raw = nullptr;
        if (const int code = mdb_cursor_open(scan_txn_, *dbis_[index_of(table)], &raw); code != 0)
            return failed("cannot read", code);
        const Cursor cursor(raw);
        MDB_val name = to_val(from), value{};
        int code = mdb_cursor_get(raw, &name, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
        for (; code == 0; code = mdb_cursor_get(raw, &name, &value, MDB_NEXT)) {
            auto plain = unseal(table, from_val(name), from_val(value));
            if (!plain) return plain.error();
            std::string_view key = from_val(name), rest = *plain;
            if (hides(table)) std::tie(key, rest) = split(rest);
            if (!visit(key, rest)) return {};
        }
        if (code != MDB_NOTFOUND) return failed("cannot read", code);
        return {};
    }

    [[nodiscard]] bool broken() const override { return broken_; }

private:
    /// One snapshot for a scan and whatever is read while it visits: the outermost one.
    struct ScanTxn {
        explicit ScanTxn(LmdbStore& s) : store(s) {
            if (store.scan_txn_ != nullptr) return;
            code = store.begin(MDB_RDONLY, own);
            store.scan_txn_ = own.get();
        }
        ScanTxn(const ScanTxn&) = delete;
        ScanTxn& operator=(const ScanTxn&) = delete;
        ~ScanTxn() {
            if (own) store.scan_txn_ = nullptr;
        }
        LmdbStore& store;
        Txn own;
        int code = 0;
    };

    /// A change as the disk gets it.
    struct Sealed {
        std::string key, value;
    };

    [[nodiscard]] bool hides(Table table) const {
        return !options_.plain_keys && (table == Table::Desk || table == Table::SpentCode);
    }
    /// Empty: it could not be hidden.
    std::string key_on_disk(Table table, std::string_view key) {
        return hides(table) ? sealer_->hide(context_of(table, key)) : std::string(key);
    }
    std::string seal(Table table, std::string_view key, std::string_view on_disk, std::string_view value) {
        const std::string context = context_of(table, on_disk);
        if (!hides(table)) return sealer_->seal(context, value);
        std::string with_id;
        with_id.reserve(id_length_bytes + key.size() + value.size());
        with_id.push_back(static_cast<char>(key.size() >> 8));
        with_id.push_back(static_cast<char>(key.size() & 0xff));
        with_id += key;
        with_id += value;
        return sealer_->seal(context, with_id);
    }
    /// An id and what stands behind it. Both empty: it is not there, as in a value that was written otherwise.
    static std::pair<std::string_view, std::string_view> split(std::string_view with_id) {
        if (with_id.size() < id_length_bytes) return {};
        const std::size_t length =
            static_cast<unsigned char>(with_id[0]) * std::size_t{256} + static_cast<unsigned char>(with_id[1]);
        with_id.remove_prefix(id_length_bytes);
        if (with_id.size() < length) return {};
        return {with_id.substr(0, length), with_id.substr(length)};
    }

    static bool usable(std::string_view key) { return !key.empty() && key.size() <= max_key_bytes; }

    [[nodiscard]] Error failed(std::string_view doing, int code) const {
        return store_error(doing, options_.directory, code);
    }

    /// Never called with a transaction open in this process: LMDB forbids to move the map then.
    int begin(unsigned flags, Txn& out) {
        for (int attempt = 0;; ++attempt) {
            MDB_txn* raw = nullptr;
            int code = mdb_txn_begin(env_.get(), nullptr, flags, &raw);
            if (code == 0) {
                out.reset(raw);
                return 0;
            }
            broken_ = code == MDB_PANIC;
            if (attempt == 8) return code;
            if (code == MDB_MAP_RESIZED) {
                code = mdb_env_set_mapsize(env_.get(), 0);  // adopt what another process has grown it to
            } else if (code == MDB_READERS_FULL) {
                int dead = 0;
                code = mdb_reader_check(env_.get(), &dead) == 0 && dead > 0 ? 0 : code;
            }
            if (code != 0) return code;
        }
    }

    int write(std::span<const Change> changes, std::span<const Sealed> sealed) {
        Txn txn;
        if (const int code = begin(0, txn); code != 0) return code;
        for (std::size_t i = 0; i < changes.size(); ++i) {
            MDB_val key = to_val(sealed[i].key), value = to_val(sealed[i].value);
            const MDB_dbi dbi = *dbis_[index_of(changes[i].table)];
            int code =
                changes[i].value ? mdb_put(txn.get(), dbi, &key, &value, 0) : mdb_del(txn.get(), dbi, &key, nullptr);
            if (code == MDB_NOTFOUND) code = 0;
            if (code != 0) return code;
        }
        return mdb_txn_commit(txn.release());
    }

    int grow() {
        MDB_envinfo info{};
        if (const int code = mdb_env_info(env_.get(), &info); code != 0) return code;
        if (info.me_mapsize >= options_.max_map_size) return MDB_MAP_FULL;
        return mdb_env_set_mapsize(env_.get(), std::min(info.me_mapsize * 2, options_.max_map_size));
    }

    Result<std::string> unseal(Table table, std::string_view on_disk, std::string_view sealed) {
        auto plain = sealer_->open(context_of(table, on_disk), sealed);
        if (!plain)
            return Error{plain.error().kind, "a record of table " + std::string(name_of(table)) + " in " +
                                                 options_.directory + " cannot be read: " + plain.error().message};
        return plain;
    }

    StoreOptions options_;
    std::unique_ptr<Sealer> sealer_;
    std::unique_ptr<InstanceLock> shared_;  // before env_: let go of after it is closed
    Env env_;
    std::array<std::optional<MDB_dbi>, tables.size()> dbis_;
    bool broken_ = false;
    MDB_txn* scan_txn_ = nullptr;  // set while scan() visits; owned by its ScanTxn
};

/// LMDB maps its lock file and touches it: on a full disk that would be a SIGBUS. Its blocks are asked for first.
/// Also gives the files that root makes to the directory's owner, as whom the service runs: files that lie there and
/// nowhere else, or that owner could have root hand over any file by a link to it. 0 or errno.
int prepare_files(const std::string& directory) {
    struct stat owner {};
    if (::stat(directory.c_str(), &owner) != 0) return errno;
    for (const char* const name : {"/data.mdb", "/lock.mdb"}) {
        const bool lock = name == std::string_view("/lock.mdb");
        const Fd file(::open((directory + name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file) return errno;
        struct stat info {};
        if (::fstat(file.get(), &info) != 0) return errno;
        if (lock && info.st_size < lock_file_bytes)
            if (const int code = ::posix_fallocate(file.get(), 0, lock_file_bytes); code != 0) return code;
        const bool ours_alone = S_ISREG(info.st_mode) && info.st_nlink == 1;
        if (::geteuid() == 0 && owner.st_uid != 0 && ours_alone &&
            ::fchown(file.get(), owner.st_uid, owner.st_gid) != 0)
            return errno;
    }
    return sync_directory(directory);
}

/// What begins each of LMDB's two first pages. Source: LMDB 0.9, mdb.c: MDB_page, MDB_meta, MDB_db; data version 1.
struct FirstPage {
    std::size_t number;
    std::uint16_t pad, flags;
    std::uint32_t bounds;
    std::uint32_t magic, version;
    std::size_t address, map_bytes;
    struct {
        std::uint32_t pad;
        std::uint16_t flags, depth;
        std::size_t branches, leaves, overflows, entries, root;
    } tables[2];
    std::size_t last_page, commits;
};
constexpr std::uint32_t lmdb_magic = 0xBEEFC0DE;

bool is_blank(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

/// A page as LMDB first writes it, or nothing of it. No disk writes so little that it does not hold what is looked at.
bool is_unused(std::string_view page) {
    if (page.empty()) return true;
    if (page.size() < sizeof(FirstPage)) return false;
    if (is_blank(page)) return true;
    FirstPage first;
    std::memcpy(&first, page.data(), sizeof first);
    return first.magic == lmdb_magic && first.commits == 0 && is_blank(page.substr(sizeof first));
}

/// A state has LMDB's two first pages before it gets others, and they are not always whole: that is what a power cut
/// leaves of one that was never made. LMDB alone would call it damaged. One that counts a commit was made, and has lost
/// what it held: that is for a person to see.
bool is_unfinished(const std::string& directory) {
    const auto bytes = read_file(directory + "/data.mdb", first_pages_bytes);
    if (!bytes.ok()) return false;
    const std::string_view pages = *bytes;
    const std::size_t half = std::min(pages.size(), first_pages_bytes / 2);
    return is_unused(pages.substr(0, half)) && is_unused(pages.substr(half));
}

/// Whether there is no state yet. Empty: it cannot be looked at, as errno says.
std::optional<bool> is_fresh(const std::string& directory) {
    struct stat data {};
    if (::stat((directory + "/data.mdb").c_str(), &data) == 0) return data.st_size == 0 || is_unfinished(directory);
    if (errno == ENOENT || errno == ENOTDIR) return true;
    return std::nullopt;
}

void clear_unfinished(const std::string& directory) {
    // Nobody makes it at this moment: whoever does so shares the directory.
    const auto alone = hold_state_alone(directory, Millis{0});
    if (alone.ok() && is_fresh(directory) == true) ::unlink((directory + "/data.mdb").c_str());
}

/// The state is mapped: a page that data.mdb does not have (it was cut short, or its disk fails) shows as SIGBUS, in
/// the middle of LMDB. There is no way back from there, but a clear word and the right exit code. Source: contract,
/// exit code 9.
extern "C" void on_lost_page(int) {
    constexpr char said[] =
        "hotdeskd: the state cannot be read: data.mdb is cut short or its disk fails; put it aside, then restore a "
        "backup or activate again\n";
    constexpr int state_unreadable = 9;
    (void)!::write(STDERR_FILENO, said, sizeof said - 1);
    ::_exit(state_unreadable);
}

void say_lost_pages() {
    struct sigaction action {};
    action.sa_handler = on_lost_page;
    ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options, std::unique_ptr<Sealer> sealer) {
    const std::string& directory = options.directory;
    const bool create = options.create && !options.read_only;
    if (create) {
        const bool made = ::mkdir(directory.c_str(), 0700) == 0;
        int code = made || errno == EEXIST ? 0 : errno;
        if (const int unsynced = sync_directory(directory + "/.."); made) code = unsynced;
        if (code != 0) return path_error("cannot make the state directory", directory, code);
        if (!options.alone) clear_unfinished(directory);
    }
    // Before any file is looked at: what is found belongs together for as long as this is held.
    auto shared = options.alone ? nullptr : share_state(directory);

    const auto fresh = is_fresh(directory);
    if (!fresh) return store_error("cannot open", directory, errno);
    if (*fresh && !create) return Error{ErrorKind::Gone, "there is no state in " + directory};
    if (!options.read_only)
        if (const int code = prepare_files(directory); code != 0) return store_error("cannot open", directory, code);

    say_lost_pages();
    MDB_env* raw = nullptr;
    int code = mdb_env_create(&raw);
    if (code != 0) return store_error("cannot open", directory, code);
    Env env(raw);
    code = mdb_env_set_maxdbs(raw, static_cast<MDB_dbi>(tables.size()));
    // An existing state knows its own size.
    if (code == 0 && *fresh) code = mdb_env_set_mapsize(raw, options.first_map_size);
    // NOTLS: a snapshot belongs to its transaction, not to the thread, so that reading and writing may alternate.
    if (code == 0) {
        const AsOwner owner(directory);  // LMDB follows links, and writes to its lock file even to read
        code = mdb_env_open(raw, owner.path().c_str(), MDB_NOTLS | (options.read_only ? MDB_RDONLY : 0U), 0600);
    }
    // A process that was killed in a commit may have left it in the kernel's memory alone, where it is seen. And a new
    // file has its first pages before it gets others.
    if (code == 0 && !options.read_only) code = mdb_env_sync(raw, 1);
    // Readers that were killed keep old pages from being used again until somebody looks.
    if (code == 0) code = mdb_reader_check(raw, nullptr);
    if (code != 0) return store_error("cannot open", directory, code);

    auto store = std::make_unique<LmdbStore>(options, std::move(sealer), std::move(shared), std::move(env));
    if (auto opened = store->open_tables(); !opened) return opened.error();
    return std::unique_ptr<Store>(std::move(store));
}

}  // namespace hotdesk::io
