#pragma once
// A state written anew, record by record, as this version keeps it: what a newer schema and a new key have in common.

#include <hotdesk/ports.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/secret.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace hotdesk {

/// Tells a person, or the log, what goes on.
using Say = std::function<void(std::string_view)>;

/// Writes all that `from` holds into DIR/next (io/next.hpp), sealed under `key`, with our schema's number; returns how
/// many records that were. Says how far it is every 100,000 records. On failure DIR/next is removed.
Result<std::size_t> write_next(const std::string& directory, Store& from, const Secret& key, const Say& say);

}  // namespace hotdesk
