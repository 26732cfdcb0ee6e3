#include "io/zone.hpp"

#include <date/tz.h>

#include <exception>
#include <filesystem>

namespace hotdesk::io {
namespace {

using namespace std::chrono;

class SystemZone final : public Zone {
public:
    explicit SystemZone(const date::time_zone* zone) : zone_(zone) {}

    [[nodiscard]] seconds offset_at(WallTime at) const override { return zone_->get_info(at).offset; }

    [[nodiscard]] WallTime instant(local_days day, minutes of_day, Twice twice) const override {
        const seconds local = day.time_since_epoch() + of_day;
        const date::local_info info = zone_->get_info(date::local_seconds{local});
        switch (info.result) {
            case date::local_info::nonexistent: return info.first.end;
            case date::local_info::ambiguous:
                return WallTime{local - (twice == Twice::First ? info.first : info.second).offset};
            default: return WallTime{local - info.first.offset};
        }
    }

private:
    const date::time_zone* zone_;  // the library keeps it until the process ends
};

bool file_exists(const char* path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

const date::time_zone* find(const std::string& iana_name) {
    if (!iana_name.empty()) return date::locate_zone(iana_name);
    // As the C library has it: a box without this file is on UTC.
    return file_exists("/etc/localtime") ? date::current_zone() : date::locate_zone("Etc/UTC");
}

}  // namespace

Result<std::shared_ptr<const Zone>> make_zone(const std::string& iana_name) {
    try {
        const date::time_zone* const zone = find(iana_name);
        // The library reads a zone's file when it is first asked: a damaged one shall be found here and not later.
        (void)zone->get_info(date::sys_seconds{});
        return std::shared_ptr<const Zone>{std::make_shared<SystemZone>(zone)};
    } catch (const std::exception&) {
        if (iana_name.empty())
            return Error{ErrorKind::Rejected,
                         "the system's time zone cannot be told from /etc/localtime; write an IANA name such as "
                         "\"Europe/Oslo\", or \"Etc/UTC\""};
        const bool database = file_exists("/usr/share/zoneinfo");
        return Error{ErrorKind::Rejected,
                     "`" + iana_name + "` is no time zone that this system knows; " +
                         (database ? "write an IANA name such as \"Europe/Oslo\" or \"Etc/UTC\" (timedatectl "
                                     "list-timezones prints them), or \"\" for the system's"
                                   : "it has no time-zone database: apt-get install tzdata")};
    }
}

}  // namespace hotdesk::io
