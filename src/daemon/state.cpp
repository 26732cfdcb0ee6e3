#include "daemon/state.hpp"

#include "codec/state.hpp"

#include <charconv>

namespace hotdesk::state {

namespace {

using namespace std::chrono_literals;

// Names in Table::Meta. Part of the format on disk.
constexpr std::string_view schema_key = "schema", current_key = "current", health_key = "health",
                           next_seq_key = "next-seq", writer_key = "written-by";
constexpr std::string_view activation_prefix = "activation:";

/// Source: technical details, `jti`: kept for up to 24 hours, the life of a code.
constexpr Millis jti_life = 24h;
constexpr Millis outcome_life = 1h;

std::string activation_key(const std::string& id) { return std::string{activation_prefix} + id; }

Change put(Table table, std::string_view key, std::string value) { return {table, std::string{key}, std::move(value)}; }
Change remove(Table table, std::string_view key) { return {table, std::string{key}, std::nullopt}; }

/// Visits all records of a table, read by `read`; the first that cannot be read ends it.
template <class T, class Visit>
Result<void> each(Store& store, Table table, Result<T> (*read)(std::string_view), Visit&& visit) {
    std::optional<Error> error;
    const auto scanned = store.scan(table, "", [&](std::string_view key, std::string_view value) {
        auto item = read(value);
        if (!item.ok()) {
            error = item.error();
            return false;
        }
        visit(key, std::move(*item));
        return true;
    });
    if (!scanned.ok()) return scanned.error();
    if (error) return *error;
    return {};
}

}  // namespace

Result<int> load_schema(Store& store) {
    const auto stored = store.get(Table::Meta, schema_key);
    if (!stored.ok()) return stored.error();
    if (!*stored) return 0;
    int schema = 0;
    const char* const end = (*stored)->data() + (*stored)->size();
    if (const auto read = std::from_chars((*stored)->data(), end, schema); read.ec != std::errc{} || read.ptr != end)
        return Error{ErrorKind::Corrupt, "the number of the state's schema cannot be read"};
    if (schema <= codec::state_schema) return schema;
    const auto writer = store.get(Table::Meta, writer_key);
    const std::string version = writer.ok() && *writer ? "hotdeskd " + **writer : "the version that wrote it";
    return Error{ErrorKind::Corrupt, "the state has schema " + std::to_string(schema) + ", and hotdeskd " +
                                         HOTDESKD_VERSION " reads schemas up to " +
                                         std::to_string(codec::state_schema) + "; install " + version +
                                         " or a newer one. Nothing was changed"};
}

std::vector<Change> keep_schema() {
    return {put(Table::Meta, schema_key, std::to_string(codec::state_schema)),
            put(Table::Meta, writer_key, HOTDESKD_VERSION)};
}

Result<std::string> current_activation(Store& store) {
    auto id = store.get(Table::Meta, current_key);
    if (!id.ok()) return id.error();
    return id->value_or("");
}

Result<std::optional<Activation>> load_activation(Store& store) {
    const auto id = current_activation(store);
    if (!id.ok()) return id.error();
    if (id->empty()) return std::optional<Activation>{};
    auto bytes = store.get(Table::Meta, activation_key(*id));
    if (!bytes.ok()) return bytes.error();
    if (!*bytes) return Error{ErrorKind::Corrupt, "the state names an activation that it does not hold"};
    auto activation = codec::read_activation(**bytes);
    Secret::wipe(**bytes);
    if (!activation.ok()) return activation.error();
    return std::optional<Activation>{std::move(*activation)};
}

Change keep_activation(const Activation& activation) {
    return put(Table::Meta, activation_key(activation.id), codec::write_activation(activation));
}
Change point_to(const Activation& activation) { return put(Table::Meta, current_key, activation.id); }
Change drop_activation(const std::string& id) { return remove(Table::Meta, activation_key(id)); }

Result<std::vector<Change>> orphans(Store& store) {
    const auto current = current_activation(store);
    if (!current.ok()) return current.error();
    std::vector<Change> changes;
    const auto scanned = store.scan(Table::Meta, activation_prefix, [&](std::string_view key, std::string_view) {
        if (key.substr(0, activation_prefix.size()) != activation_prefix) return false;
        if (key != activation_key(*current)) changes.push_back(remove(Table::Meta, key));
        return true;
    });
    if (!scanned.ok()) return scanned.error();
    return changes;
}

namespace {

/// The decisions that wait for their answer, which nobody will hear any more.
Result<std::vector<Change>> close_decisions(Store& store) {
    std::vector<Change> changes;
    std::vector<std::string> waiting;
    const auto scanned = store.scan(Table::Outbox, "", [&](std::string_view key, std::string_view) {
        waiting.emplace_back(key);
        return true;
    });
    if (!scanned.ok()) return scanned.error();
    for (const std::string& key : waiting) {
        const auto bytes = store.get(Table::Record, key);
        if (!bytes.ok()) return bytes.error();
        auto record = *bytes ? codec::read_record(**bytes) : Result<Record>{Error{ErrorKind::Corrupt, ""}};
        if (!record.ok() || record->result != result_pending) continue;
        record->result = "dropped: the integration was removed before the answer came";
        changes.push_back(put(Table::Record, key, codec::write_record(*record)));
    }
    return changes;
}

}  // namespace

Result<void> forget(Store& store, bool record) {
    std::vector<Change> changes;
    if (!record) {
        auto closed = close_decisions(store);
        if (!closed.ok()) return closed.error();
        changes = std::move(*closed);
    }
    for (const Table table : {Table::Meta, Table::Desk, Table::Outbox, Table::Record, Table::Request}) {
        if (table == Table::Record && !record) continue;
        const auto scanned = store.scan(table, "", [&](std::string_view key, std::string_view) {
            if (table != Table::Meta || (key != schema_key && key != writer_key && key != next_seq_key))
                changes.push_back(remove(table, key));
            return true;
        });
        if (!scanned.ok()) return scanned.error();
    }
    return store.commit(changes);
}

Result<bool> forget_gone(Store& store, const std::string& id) {
    const auto current = current_activation(store);
    if (!current.ok()) return current.error();
    if (!current->empty() && *current != id) return false;
    if (const auto gone = forget(store, false); !gone.ok()) return gone.error();
    return true;
}

Result<Health> load_health(Store& store) {
    const auto bytes = store.get(Table::Meta, health_key);
    if (!bytes.ok()) return bytes.error();
    return *bytes ? codec::read_health(**bytes) : Result<Health>{Health{}};
}

Result<Seq> load_next_seq(Store& store) {
    const auto bytes = store.get(Table::Meta, next_seq_key);
    if (!bytes.ok()) return bytes.error();
    if (!*bytes) return Seq{1};
    const auto seq = codec::read_seq_key(**bytes);
    if (!seq) return Error{ErrorKind::Corrupt, "the counter of decisions in the state cannot be read"};
    return *seq;
}

Result<std::vector<DeskState>> load_desks(Store& store) {
    std::vector<DeskState> desks;
    const auto read = each<DeskState>(store, Table::Desk, codec::read_desk,
                                      [&](std::string_view, DeskState&& desk) { desks.push_back(std::move(desk)); });
    if (!read.ok()) return read.error();
    return desks;
}

Result<Worker> load_worker(Store& store, Activation activation, PolicyBook policy, Now now) {
    auto health = load_health(store);
    if (!health.ok()) return health.error();
    const auto next_seq = load_next_seq(store);
    if (!next_seq.ok()) return next_seq.error();
    auto desks = load_desks(store);
    if (!desks.ok()) return desks.error();
    Worker worker(std::move(activation), std::move(policy), std::move(*health), *next_seq, now);
    for (DeskState& desk : *desks) worker.fleet().load(std::move(desk), now);

    std::vector<OutboxEntry> outbox;
    const auto read =
        each<OutboxEntry>(store, Table::Outbox, codec::read_outbox,
                          [&](std::string_view, OutboxEntry&& entry) { outbox.push_back(std::move(entry)); });
    if (!read.ok()) return read.error();
    for (const OutboxEntry& entry : outbox) {
        const auto bytes = store.get(Table::Record, codec::seq_key(entry.seq));
        if (!bytes.ok()) return bytes.error();
        if (!*bytes) return Error{ErrorKind::Corrupt, "the state holds a command without its decision"};
        auto record = codec::read_record(**bytes);
        if (!record.ok()) return record.error();
        worker.fleet().load_unanswered(entry, std::move(*record), now);
    }
    return worker;
}

std::vector<Change> to_changes(const WorkerChanges& changes) {
    std::vector<Change> out;
    if (changes.activation) out.push_back(keep_activation(*changes.activation));
    if (changes.health) out.push_back(put(Table::Meta, health_key, codec::write_health(*changes.health)));
    const FleetChanges& fleet = changes.fleet;
    if (fleet.empty()) return out;
    // First what goes: a desk may have come back since.
    for (const DeviceId& id : fleet.removed) out.push_back(remove(Table::Desk, id.value));
    for (const DeskState* desk : fleet.desks) out.push_back(put(Table::Desk, desk->id.value, codec::write_desk(*desk)));
    for (const Record* record : fleet.records)
        out.push_back(put(Table::Record, codec::seq_key(record->seq), codec::write_record(*record)));
    for (const OutboxEntry& entry : fleet.outbox)
        out.push_back(put(Table::Outbox, codec::seq_key(entry.seq), codec::write_outbox(entry)));
    for (const Seq seq : fleet.outbox_done) out.push_back(remove(Table::Outbox, codec::seq_key(seq)));
    for (const RequestOutcome& outcome : fleet.outcomes)
        out.push_back(put(Table::Request, outcome.key, codec::write_outcome(outcome)));
    if (!fleet.records.empty()) out.push_back(put(Table::Meta, next_seq_key, codec::seq_key(fleet.next_seq)));
    return out;
}

Result<std::vector<Change>> forget_records(Store& store, WallTime before, WallTime now, std::size_t most) {
    std::vector<Change> old;
    std::size_t left = 2 * most;
    const auto scanned = store.scan(Table::Record, "", [&](std::string_view key, std::string_view value) {
        const auto record = codec::read_record(value);
        // One that cannot be read has no time, and nobody can read it later either; but it is not ours to lose it.
        if (record.ok() && record->time >= before && record->time <= now) return false;
        if (record.ok() && record->time < before && record->result != result_pending)
            old.push_back(remove(Table::Record, key));
        return old.size() < most && --left > 0;
    });
    if (!scanned.ok()) return scanned.error();
    return old;
}

Result<std::vector<Request>> open_requests(Store& store, WallTime now) {
    std::vector<Request> open;
    std::vector<Change> stale;
    const auto scanned = store.scan(Table::Request, "", [&](std::string_view key, std::string_view value) {
        if (codec::has_outcome(value)) {
            // The key begins with the time of the request, so that it sorts and ages without being opened.
            const auto asked_at = parse_time(key.substr(0, key.find('/')));
            if (!asked_at || *asked_at + outcome_life < now) stale.push_back(remove(Table::Request, key));
        } else if (auto request = codec::read_request(value); request.ok()) {
            request->key = key;
            open.push_back(std::move(*request));
        } else {
            stale.push_back(remove(Table::Request, key));
        }
        return true;
    });
    if (!scanned.ok()) return scanned.error();
    if (!stale.empty())
        if (const auto done = store.commit(stale); !done.ok()) return done.error();
    return open;
}

bool is_spent(Store& store, const std::string& jti, WallTime now) {
    const auto spent = store.get(Table::SpentCode, jti);
    if (spent.ok() && !*spent) return false;
    // What cannot be read was written once: a code is rather asked for anew than taken twice.
    const auto at = spent.ok() ? parse_time(**spent) : std::nullopt;
    return !at || now < *at + jti_life;
}

std::vector<Change> spend(Store& store, const std::string& jti, WallTime now) {
    std::vector<Change> changes{put(Table::SpentCode, jti, format_time(now))};
    (void)store.scan(Table::SpentCode, "", [&](std::string_view key, std::string_view value) {
        const auto at = parse_time(value);
        if (key != jti && (!at || *at + jti_life <= now)) changes.push_back(remove(Table::SpentCode, key));
        return true;
    });
    return changes;
}

}  // namespace hotdesk::state
