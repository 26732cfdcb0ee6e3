#pragma once
// What an HTTP client must understand without a library: which hosts may be talked to, two headers, and OpenSSL's
// verdicts on certificates in words. Pure functions; io/curl carries the bytes.

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hotdesk::io {

/// True when `host` is one of `allowed` or a subdomain of one; letters' case does not matter. An entry that is an IP
/// address allows itself only. Both without port; IPv6 with or without brackets. What is not plain ASCII is refused.
bool host_allowed(std::string_view host, std::span<const std::string> allowed);

/// The target of the first link whose relations include `next` in one Link header line; empty: there is none, or the
/// line is malformed. Source: RFC 8288, section 3: links separated by commas, relations by spaces, values quoted or
/// not, and of several rel parameters in one link only the first counts.
std::string parse_link_next(std::string_view header);

/// The seconds of a Retry-After header, at most a day (more is cut: nobody waits on trust for longer); empty for a
/// date, a sign, a fraction. Source: RFC 9110, section 10.2.3.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view header);

/// Why OpenSSL did not trust a certificate, with the remedy. `verify_result` as in CURLINFO_SSL_VERIFYRESULT: 0 or 1
/// (curl sets it before it compares names) when the chain is good and the name is not. Source: OpenSSL, x509_vfy.h,
/// X509_V_ERR_*.
std::string explain_certificate(long verify_result, const std::string& host);

}  // namespace hotdesk::io
