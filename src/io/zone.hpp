#pragma once
// Time zones from the system's database (tzdata): the adapter of the port in hotdesk/zone.hpp.
//
// The database is read by Howard Hinnant's date library, which g++ 12 has no replacement for.

#include <hotdesk/result.hpp>
#include <hotdesk/zone.hpp>

#include <memory>
#include <string>

namespace hotdesk::io {

/// The zone of an IANA name such as `Europe/Oslo`. Empty: the system's, which is what /etc/localtime names, and UTC
/// where that file is missing. The environment's TZ is not asked: the worker and whoever runs `hotdeskd explain` must
/// mean the same zone.
///
/// Rejected: no such zone is in the database, or there is no database; the message says what to write instead.
/// **Source:** hotdeskd.toml, policy.time_zone; tz database.
Result<std::shared_ptr<const Zone>> make_zone(const std::string& iana_name);

}  // namespace hotdesk::io
