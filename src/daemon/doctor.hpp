#pragma once
// The doctor's judgements: from what was measured to a line with its remedy. Pure; check.hpp does the measuring.

#include <hotdesk/check.hpp>
#include <hotdesk/cloud.hpp>
#include <hotdesk/policy.hpp>
#include <hotdesk/record.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/time.hpp>

#include "daemon/exit.hpp"
#include "io/curl_probe.hpp"
#include "io/inspect.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hotdesk::doctor {

/// A line, and how the program ends where it alone fails.
struct Finding {
    CheckLine line;
    Exit exit = Exit::Failed;
};

Finding ok(std::string name, std::string tried, std::string found);
Finding skip(std::string name, std::string tried, std::string why);
Finding warn(std::string name, std::string tried, std::string found, std::string remedy);
Finding fail(std::string name, std::string tried, std::string found, std::string remedy, Exit exit = Exit::Failed);

/// 0 where nothing failed; 2 where the configuration did, whatever else did; the failures' own code where they agree on
/// one; else 1.
Exit exit_of(std::span<const Finding> findings);

/// `others_read`: somebody beside the owner may read a secret, see io::readable_by_others().
Finding secret_file(std::string name, const std::string& path, const Result<bool>& others_read);
Finding config_file(const std::string& path, const Result<io::FileFacts>& facts);
Finding state_directory(const std::string& path, const io::FileFacts& facts);
/// Of the directory's files, by name; `owner` is the directory's.
Finding state_files(const std::string& directory, const std::map<std::string, io::FileFacts>& files,
                    const std::string& owner);
Finding disk(const std::string& directory, const io::DiskSpace& space);

/// `cloud_ahead`: Webex's Date less this machine's time when it came.
Finding clock(const std::string& host, Millis cloud_ahead);
/// `proxy`: in words; empty: none.
Finding proxy(const std::string& proxy, std::span<const io::Probe> probes);
Finding name_of_host(const io::Probe& probe);
Finding tls(const io::Probe& probe, WallTime now);
Finding key_set(const std::string& url, const Result<std::vector<Jwk>>& keys);

/// `details`: what GET appUrl said to the stored access token; empty: it was not asked, for the token is over.
Finding token(const Activation& activation, const Health& health, bool running,
              const std::optional<Result<AppDetails>>& details, WallTime now);
/// Of the lists that are known: the answer's, else the code's. A line for each kind of trouble, or one that says that
/// all is granted.
std::vector<Finding> grants(const PolicyBook& policy, const std::vector<std::string>& scopes, const XapiAccess& xapi);
Finding queue(const AppDetails& details);
Finding messages(const Health& health, bool running, WallTime now);
Finding worker(bool running, const Health& health);
/// `properties` as io::unit_properties() gives them; `owner` of the state directory, empty: there is none.
Finding unit(const Result<std::map<std::string, std::string>>& properties, const std::string& owner);

}  // namespace hotdesk::doctor
