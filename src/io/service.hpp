#pragma once
// What the worker tells systemd, by sd_notify. Without NOTIFY_SOCKET (a terminal, a test) nothing happens.

#include <hotdesk/time.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace hotdesk::io {

class Service {
public:
    virtual ~Service() = default;
    /// Start-up, or a reload, is over.
    virtual void ready() = 0;
    /// The sentence that `systemctl status` shows, to every user of the machine: e-mail addresses are shortened, and
    /// control characters become spaces.
    virtual void status(std::string_view text) = 0;
    /// Alive. To be said at least every watchdog_interval().
    virtual void watchdog() = 0;
    /// The configuration is being read again; ready() must follow.
    virtual void reloading() = 0;
    virtual void stopping() = 0;
    /// Half of what systemd allows (WatchdogSec); empty: it does not watch.
    [[nodiscard]] virtual std::optional<Millis> watchdog_interval() const = 0;
};

std::unique_ptr<Service> make_service();

}  // namespace hotdesk::io
