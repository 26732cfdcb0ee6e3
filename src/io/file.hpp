#pragma once
// Small files: configuration, secrets, what comes on standard input, and files that are replaced whole.
//
// Every read is bounded: a path given by mistake (a device, a huge log) costs an error, not the machine's memory.

#include <hotdesk/result.hpp>
#include <hotdesk/secret.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace hotdesk::io {

/// The bytes of a file of at most `max_bytes`. Gone: it does not exist. Rejected: it is larger. Fatal: not permitted, a
/// directory, an I/O error.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

/// A secret of at most 64 KiB, without the one line break that editors put at its end. Rejected: nothing is left.
/// Its permissions are not judged here: see readable_by_others().
Result<Secret> read_secret_file(const std::string& path);

/// Everything up to the end of an open descriptor (0: standard input), at most `max_bytes`; blocks until the end.
/// `name` is how errors call it. Rejected: more came.
Result<std::string> read_all(int fd, const std::string& name, std::size_t max_bytes);

/// True when somebody other than the owner, and other than users named in an access list, may read the file.
/// (systemd gives credentials to their service by an access list; the group bits then only show the list's mask.)
Result<bool> readable_by_others(const std::string& path);

/// Replaces `path` by `bytes`: readers see the old file or the new one, never a part; durable on return. On failure
/// the old file stands and nothing else is left. `mode` as in chmod(2), whatever the umask. The owner stays, also when
/// root replaces the file.
Result<void> replace_file(const std::string& path, std::string_view bytes, unsigned mode);

/// Makes `path` with `bytes`, durable on return. Rejected: it exists already; it is left as it was.
Result<void> create_file(const std::string& path, std::string_view bytes, unsigned mode);

}  // namespace hotdesk::io
