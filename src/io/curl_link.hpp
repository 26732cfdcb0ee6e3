#pragma once
// What every handle of libcurl has in common, be it the client's or the doctor's: how it connects, whom it trusts, and
// what is said when no connection comes about. One place, so that `check` tries exactly what the worker does.
//
// `easy` is a CURL*, which libcurl defines as void*: no type of the library stands in a header.

#include <hotdesk/result.hpp>

#include "io/curl.hpp"

#include <string>
#include <string_view>

namespace hotdesk::io {

/// Which proxy is asked, and who says so. Source: libcurl, CURLOPT_PROXY: for https the environment's https_proxy,
/// HTTPS_PROXY, all_proxy and ALL_PROXY count, in this order; no_proxy excepts hosts from whatever is chosen.
struct ProxyChoice {
    std::string url;   ///< may hold a password; empty: none
    std::string from;  ///< `[http] proxy`, or the variable's name
};
ProxyChoice choose_proxy(const HttpOptions& options);

/// The proxy's URL as it may be shown: without user name and password. Empty: it cannot be understood.
std::string proxy_for_show(const ProxyChoice& proxy);

/// Fatal: the proxy's URL cannot be understood, or libcurl knows no proxies of that kind. Its text is not repeated: it
/// may hold a password.
Result<void> judge_proxy(const ProxyChoice& proxy);

/// Whether it was the proxy that could not be connected to. libcurl names the one it tried in its words, `connect to
/// localhost port 3128`: no_proxy may have taken the host out.
bool tried_proxy(const ProxyChoice& proxy, std::string_view detail);

/// TLS 1.2 or later on every leg, verified; https alone; no redirect; names, times and sockets bounded. False: this
/// libcurl did not take an option; the handle must not be used.
bool set_up_link(void* easy, const HttpOptions& options);

/// What a CURLcode other than CURLE_OK means, for a person. `detail` is what CURLOPT_ERRORBUFFER got. Always Transient.
Error link_failure(void* easy, int code, std::string_view detail, const std::string& host, const HttpOptions& options);

}  // namespace hotdesk::io
