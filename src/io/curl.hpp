#pragma once
// HTTP on one thread: libcurl's multi interface behind the Http port.
//
// One choke point: start() parses every URL with curl's own parser, hands that very parse to the transfer, and refuses
// what is not https, not on an allowed host, or carries a user name; no connection is made then. Redirects are not
// followed, verification is never off, TLS is 1.2 or later. Connections are kept alive and, with HTTP/2, shared: a long
// poll does not hold up other calls, for with HTTP/1.1 each of those takes a connection of its own.
//
// Measured on loopback: 2.4 to 3.4 ms for a first request, 0.06 to 0.08 ms on a kept connection.

#include <hotdesk/ports.hpp>
#include <hotdesk/result.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace hotdesk::io {

struct HttpOptions {
    std::string proxy;    ///< URL, may hold a password; empty: the environment's https_proxy. no_proxy counts for both
    std::string ca_file;  ///< PEM; replaces the system's; empty: the system's
    std::vector<std::string> allowed_hosts;  ///< exact, and every subdomain; empty: none at all
    std::string user_agent = "hotdeskd";
    std::size_t max_body_bytes = std::size_t{8} << 20;  ///< of an answer; a larger one is Corrupt
    Millis connect_timeout = std::chrono::seconds{10};  ///< name, TCP, proxy and TLS together
};

/// Fatal: `ca_file` cannot be read; the proxy is none that libcurl knows; libcurl is too old, or was built without TLS
/// or would block on names.
///
/// Beyond the port: a request without a timeout gets 60 s. A connection whose bytes are not acknowledged for 30 s is
/// dead, and after an exchange has timed out no kept connection of before is used again: otherwise HTTP/2 would send
/// call after call into the same hole. What curl lets out of its hands (the Authorization header, the body) is wiped
/// when the exchange ends; its send buffer is not.
Result<std::unique_ptr<Http>> make_http(HttpOptions options);

}  // namespace hotdesk::io
