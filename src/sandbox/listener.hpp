#pragma once
// HTTPS on the loopback interface, in front of a Runtime. The one place that knows the HTTP library.

#include <memory>
#include <string>

#include "hotdesk/result.hpp"
#include "sandbox/runtime.hpp"

namespace hotdesk::sandbox {

class Listener {
public:
    /// Does not own the runtime, which must live longer. The files are PEM.
    Listener(Runtime& runtime, const std::string& certificate_file, const std::string& key_file);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    /// Binds 127.0.0.1; 0 takes any free port. The value is the port. Nobody is served before start().
    Result<int> bind(int port);
    void start();
    /// Takes no more connections, closes those there are, and returns when none is left.
    void stop();
    /// Stops, reads the files anew, and serves at the same port.
    Result<void> restart();

private:
    struct Server;
    void prepare();

    Runtime& runtime_;
    std::string certificate_file_, key_file_;
    std::unique_ptr<Server> server_;
};

}  // namespace hotdesk::sandbox
