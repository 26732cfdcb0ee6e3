#pragma once
// The signals that the worker obeys, as something to wait for.

#include <hotdesk/result.hpp>

#include <memory>
#include <vector>

namespace hotdesk::io {

enum class Signal {
    Terminate,  ///< SIGTERM: end
    Interrupt,  ///< SIGINT: end, asked for at a terminal
    Reload,     ///< SIGHUP: read the configuration again
};

class Signals {
public:
    virtual ~Signals() = default;
    /// Readable when something arrived. Belongs to this object.
    [[nodiscard]] virtual int descriptor() const = 0;
    /// What arrived since the last call, each at most once; never waits.
    virtual std::vector<Signal> take() = 0;
};

/// Blocks the three signals in the calling thread, and in threads that it starts later, until the object dies; so it
/// must be made before anything that starts threads (libcurl's resolver). Fatal: no descriptor to be had.
Result<std::unique_ptr<Signals>> watch_signals();

}  // namespace hotdesk::io
