#pragma once
// The state on disk: one LMDB environment, a named database a table, every value sealed.
//
// A desk's id and a used code's are hashed to make the key of their record, and stand before the record's value, sealed
// with it: 2 bytes of length, most significant first, and the id. Until schema 2 they were the keys themselves.
//
// A commit waits for the disk twice (the pages, then the page that makes them valid); beside that it costs 7 us for one
// record of 500 B and 32 us for ten (measured on a tmpfs). A read opens one snapshot and costs a few microseconds.
//
// Several processes may have the same directory open, and read and write at once; one process may have it open only
// once (LMDB's locks belong to the process), and must not use it after fork().

#include <hotdesk/ports.hpp>
#include <hotdesk/result.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace hotdesk::io {

struct StoreOptions {
    std::string directory;    ///< holds data.mdb and lock.mdb
    bool create = false;      ///< make the directory (0700; its parent must exist) and the files (0600) where missing
    bool read_only = false;   ///< commit() is Rejected; works on a read-only file system; never with `create`
    bool plain_keys = false;  ///< every key as it is: a state of schema 1
    bool alone = false;       ///< the caller holds the directory alone (lock.hpp); else it is shared while open
    /// Bytes of address space for a new state; it doubles by itself as the state grows. The disk holds what is used.
    std::size_t first_map_size = std::size_t{64} << 20;
    /// Bytes at which growing ends and commit() is Fatal. Default 64 GiB.
    std::size_t max_map_size = std::size_t{64} << 30;
};

/// Opens the state. Gone: there is none and `create` is false; nothing was made. Corrupt: the files are there and are
/// not a state; what a power cut left of one that was not finished is none, and made anew. Fatal: disk full, not
/// permitted, with the remedy. A wrong key shows only when a record is read.
///
/// On a read-only file system LMDB works without its lock file. If another mount of the same file system is writable
/// and a worker writes through it, a reader here may then meet pages that were used again: it gets Corrupt, for every
/// value carries its own proof. Where only the permission is missing the error stands: reading without the lock next
/// to a writer that may well exist is not worth it.
///
/// A page that data.mdb does not have ends the process with exit code 9 and a word on stderr: from then on SIGBUS,
/// which is how the kernel tells of it, means just that.
///
/// Beyond the port: keys of 1 to 511 bytes, others are Rejected. While scan() visits, get() reads the same snapshot
/// and commit() is Rejected. A commit that is Rejected, Fatal or Corrupt changed nothing.
Result<std::unique_ptr<Store>> open_store(const StoreOptions& options, std::unique_ptr<Sealer> sealer);

}  // namespace hotdesk::io
