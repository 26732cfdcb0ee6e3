#pragma once
// A state that is written anew: made whole in DIR/next, then put in the place of the standing one by one rename().
//
// Killed at any moment, also by a power cut, a process leaves the old state or the new one, never a mixture; what it
// leaves in DIR/next is of no use and is removed by whoever comes next. Who does this holds the directory alone
// (lock.hpp) from before it reads the old state until it is done; no store is open when the files change places.

#include <hotdesk/result.hpp>

#include <string>

namespace hotdesk::io {

/// Makes DIR/next, empty, of DIR's owner, and returns its path. Fatal: disk full, not permitted.
Result<std::string> make_next(const std::string& directory);

/// Puts DIR/next's data.mdb in the place of DIR's, durable on return, and removes DIR/next. `backup` not empty: the old
/// file stays in DIR under that name (0600), in the place of one that has it. On failure the old state stands.
Result<void> put_next_in_place(const std::string& directory, const std::string& backup);

/// Removes what was kept as `backup`, for good on return. False: there was none, or it cannot be removed.
bool remove_backup(const std::string& directory, const std::string& backup);

/// Removes DIR/next. Nothing happens where there is none.
void discard_next(const std::string& directory);

}  // namespace hotdesk::io
