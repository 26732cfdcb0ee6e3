#pragma once
// The command line's way to say "look at the requests now": a Unix datagram socket, DIR/doorbell.
//
// A ring carries nothing; what is wanted lies in the store, sealed. So whoever may ring can at worst make the worker
// look. Nothing is ever accepted as a connection.

#include <hotdesk/result.hpp>

#include <memory>
#include <string>

namespace hotdesk::io {

class Doorbell {
public:
    virtual ~Doorbell() = default;
    /// Readable when somebody rang. Belongs to this object.
    [[nodiscard]] virtual int descriptor() const = 0;
    /// Takes all rings; true when there was one. Never waits.
    virtual bool drain() = 0;
};

/// Hangs the bell (0600); makes `directory` (0750, its parent must exist) when it is missing, and takes the place of a
/// bell that nobody listens to any more. The socket goes when the object does. Rejected: another process listens there,
/// or the path is longer than a socket's may be (107 bytes). Fatal: not permitted, read-only.
Result<std::unique_ptr<Doorbell>> hang_doorbell(const std::string& directory);

/// Rings, without waiting. False: nobody listens, or this user may not ring; the worker then sees the request when it
/// next looks by itself.
bool ring_doorbell(const std::string& directory);

}  // namespace hotdesk::io
