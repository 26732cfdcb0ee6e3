#pragma once
// For the doctor: connects as the worker does (name, proxy, TCP, TLS), sends nothing, and says how far it came.

#include <hotdesk/result.hpp>
#include <hotdesk/time.hpp>

#include "io/curl.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hotdesk::io {

/// The step that failed; Done: none did.
enum class ProbeStep { Name, Proxy, Connect, Tls, Done };

struct Probe {
    std::string place;  ///< `host:port`
    std::string host;
    ProbeStep failed_at = ProbeStep::Done;
    bool through_proxy = false;  ///< the host's name is then the proxy's to look up
    std::string address;         ///< that was connected to, the proxy's where there is one; empty: none
    std::string protocol;        ///< `TLSv1.3`; empty: not known
    std::string issuer;          ///< of the certificate; may be empty
    std::optional<WallTime> valid_until;
    Error error;  ///< unless Done: in words, with the remedy
};

/// All at once, a result for each of `urls`, in their order; a URL is one that Http::allows(). Ends within
/// connect_timeout and a second. Fatal: as make_http().
Result<std::vector<Probe>> probe_hosts(const HttpOptions& options, const std::vector<std::string>& urls);

/// The proxy that would be asked, for people: `http://proxy:3128 (https_proxy)`, without user and password; empty: none
/// is configured.
std::string proxy_in_words(const HttpOptions& options);

}  // namespace hotdesk::io
