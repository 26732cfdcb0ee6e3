#pragma once
// What the worker needs from the world, each behind a few functions. src/io implements them with one library a file;
// tests implement them in memory.

#include <hotdesk/result.hpp>
#include <hotdesk/secret.hpp>
#include <hotdesk/time.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotdesk {

// --- HTTP ------------------------------------------------------------------------------------------------------------

struct HttpRequest {
    std::string method;  ///< GET, POST or PATCH
    std::string url;     ///< https only; the host must be an allowed one
    Secret bearer;       ///< empty: no Authorization header
    std::string body;    ///< JSON; empty: none. Wiped after sending: it may hold a secret
    Millis timeout{};    ///< for the whole exchange
    /// It changes or takes something, so it goes out once at most. Any other goes out again by itself where a kept
    /// connection ended without a word, as servers end idle ones.
    bool once = false;
};

/// A complete HTTP answer, whatever its status. What did not get that far is an Error: Transient for the network and
/// TLS, Corrupt for a body over the limit, Fatal for a URL that is not https or not on an allowed host.
struct HttpReply {
    int status = 0;
    std::string body;
    std::string tracking_id;                          ///< header `trackingid`; may be empty
    std::optional<std::chrono::seconds> retry_after;  ///< header Retry-After; a date counts from `date`
    std::string link_next;                            ///< header Link, rel="next" (RFC 8288); may be empty
    std::optional<WallTime> date;                     ///< header Date, whole seconds; empty: none, or unreadable
};

/// Chosen by the caller; unique among the calls under way.
using CallId = std::uint64_t;

struct HttpDone {
    CallId id = 0;
    Result<HttpReply> reply;
};

/// Many exchanges at once on one thread. Owns its connections and keeps them alive between exchanges.
class Http {
public:
    virtual ~Http() = default;
    /// Whether start() would send anything there; connects to nobody. Fatal: no, and the message goes on after "its URL
    /// ": `is not https`, `names the host evil.example, which ...`.
    [[nodiscard]] virtual Result<void> allows(const std::string& url) const = 0;
    /// Starts an exchange. Its outcome, good or bad, comes out of wait(), never out of here.
    virtual void start(CallId id, HttpRequest request) = 0;
    /// Forgets an exchange; no outcome will come. Unknown ids are fine.
    virtual void cancel(CallId id) = 0;
    /// Moves all exchanges forward until one ends, one of `wake` is readable, or `limit` has passed; returns what
    /// ended.
    virtual std::vector<HttpDone> wait(Millis limit, std::span<const int> wake) = 0;
};

// --- the store -------------------------------------------------------------------------------------------------------

/// Tables of the state. Values are part of the format on disk: add, never change. Bytes in keys sort as unsigned.
enum class Table : std::uint8_t {
    Meta = 1,      ///< schema, activation, counters, health: one record a name
    Desk = 2,      ///< one record a desk
    Outbox = 3,    ///< committed commands without an answer yet, by seq
    Record = 4,    ///< the decision record, by seq
    Request = 5,   ///< what the command line asks the worker to do, by a random id
    SpentCode = 6  ///< jti of codes that were used, kept 24 h
};

/// One change; an empty value removes the record.
struct Change {
    Table table{};
    std::string key;
    std::optional<std::string> value;
};

/// Records by table and key. Reading and writing may happen in several processes at once: a reader sees one commit.
/// The keys of desks and of spent codes say who and what; they are on disk as hashes. get() and scan() take and give
/// them as they are, but their order is then of no meaning, and a scan of these tables is of all of it.
class Store {
public:
    virtual ~Store() = default;
    /// All of it or nothing, durable on return. Fatal: disk full or not writable, with the remedy; nothing was changed.
    virtual Result<void> commit(std::span<const Change> changes) = 0;
    /// Empty: there is no such record. Corrupt: it is there and cannot be read (wrong key, damaged).
    virtual Result<std::optional<std::string>> get(Table table, std::string_view key) = 0;
    /// Visits records in key order from `from` on, in one snapshot, until `visit` returns false. Rejected: `from` is
    /// given for a table without an order.
    virtual Result<void> scan(Table table, std::string_view from,
                              const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;
    /// A write failed half way: nothing more can be read or written before the store is opened anew.
    [[nodiscard]] virtual bool broken() const { return false; }
};

/// Seals values before they touch the disk. `context` names table and key, so that a value cannot be moved.
class Sealer {
public:
    virtual ~Sealer() = default;
    /// Empty: sealing failed (no memory). A sealed value is never empty.
    virtual std::string seal(std::string_view context, std::string_view plain) = 0;
    /// Corrupt: another key, another place, or damaged.
    virtual Result<std::string> open(std::string_view context, std::string_view sealed) = 0;
    /// What stands for `name` where it must not be read: 16 bytes, always the same under one key, and without the key
    /// not to be told from chance. Empty: it failed (no memory).
    virtual std::string hide(std::string_view name) = 0;
};

// --- the host --------------------------------------------------------------------------------------------------------

enum class Level { Error, Warn, Info, Debug };

/// Clocks and chance.
class Host {
public:
    virtual ~Host() = default;
    virtual Now now() = 0;
    /// Cryptographic random bytes.
    virtual std::string random(std::size_t bytes) = 0;
};

/// A field of a log line beside its text: name and value.
using Field = std::pair<std::string_view, std::string_view>;

class Log {
public:
    virtual ~Log() = default;
    /// One line; control characters are escaped and over-long lines are cut.
    virtual void line(Level level, std::string_view text, std::span<const Field> fields = {}) = 0;
};

}  // namespace hotdesk
