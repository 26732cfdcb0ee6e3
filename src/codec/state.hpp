#pragma once
// State records to bytes and back: the format on disk, as JSON so that it can grow and be exported.
//
// Rules of the format: a field that is missing has its default, so fields may be added; none is renamed and none
// changes its meaning. Times are RFC 3339, durations and counters are integers. A golden record per schema version in
// tests/fixtures/state must load for ever.
//
// Schemas: 1, the first. 2: the same records; ids of desks and of used codes are hidden in keys, and values are sealed
// under derived keys (io/lmdb.hpp, io/seal.hpp).

#include <hotdesk/cloud.hpp>
#include <hotdesk/desk.hpp>
#include <hotdesk/record.hpp>
#include <hotdesk/result.hpp>

#include <string>
#include <string_view>

namespace hotdesk::codec {

inline constexpr int state_schema = 2;

// Each write_ gives one record; each read_ takes it back, or is Corrupt. Activation records hold secrets.
std::string write_activation(const Activation& activation);
Result<Activation> read_activation(std::string_view bytes);

std::string write_desk(const DeskState& desk);
Result<DeskState> read_desk(std::string_view bytes);

std::string write_record(const Record& record);
Result<Record> read_record(std::string_view bytes);

std::string write_outbox(const OutboxEntry& entry);
Result<OutboxEntry> read_outbox(std::string_view bytes);

std::string write_health(const Health& health);
Result<Health> read_health(std::string_view bytes);

/// Corrupt also: a request that lacks what its kind needs.
std::string write_request(const Request& request);
Result<Request> read_request(std::string_view bytes);

/// An answered request takes the place of the request under the same key; has_outcome() tells them apart.
std::string write_outcome(const RequestOutcome& outcome);
bool has_outcome(std::string_view bytes);
Result<RequestOutcome> read_outcome(std::string_view bytes);

/// Keys that sort by number: 8 bytes, most significant first.
std::string seq_key(Seq seq);
std::optional<Seq> read_seq_key(std::string_view key);

}  // namespace hotdesk::codec
