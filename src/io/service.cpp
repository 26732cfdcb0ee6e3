#include "io/service.hpp"

#include "io/log.hpp"

#include <systemd/sd-daemon.h>
#include <algorithm>
#include <cstdint>
#include <ctime>
#include <string>

namespace hotdesk::io {
namespace {

class SystemdService final : public Service {
public:
    void ready() override { ::sd_notify(0, "READY=1"); }
    void status(std::string_view text) override {
        // A line break would begin another assignment.
        std::string message = "STATUS=" + mask_addresses(text);
        std::replace_if(
            message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
            ' ');
        ::sd_notify(0, message.c_str());
    }
    void watchdog() override { ::sd_notify(0, "WATCHDOG=1"); }
    void reloading() override {
        // systemd 253 and later (Type=notify-reload) wants to know which reload this is; older ones ignore the time.
        timespec time{};
        ::clock_gettime(CLOCK_MONOTONIC, &time);
        const auto us =
            static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_nsec) / 1000;
        ::sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us)).c_str());
    }
    void stopping() override { ::sd_notify(0, "STOPPING=1"); }

    [[nodiscard]] std::optional<Millis> watchdog_interval() const override {
        std::uint64_t us = 0;
        if (::sd_watchdog_enabled(0, &us) <= 0) return std::nullopt;
        return Millis{std::max<Millis::rep>(1, static_cast<Millis::rep>(us / 2000))};
    }
};

}  // namespace

std::unique_ptr<Service> make_service() { return std::make_unique<SystemdService>(); }

}  // namespace hotdesk::io
