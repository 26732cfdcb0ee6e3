#include "io/curl_link.hpp"

#include "io/http_text.hpp"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace hotdesk::io {
namespace {

constexpr unsigned dead_after_ms = 30'000;

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

int on_socket(void*, curl_socket_t socket, curlsocktype) {
    // Best effort: without it a dead peer costs the kernel's quarter of an hour.
    ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_after_ms, sizeof dead_after_ms);
    return CURL_SOCKOPT_OK;
}

/// Options are asked one after the other and all must be taken: an old libcurl must not quietly mean less security.
template <class Value>
bool set(CURL* easy, CURLoption option, Value value) {
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

bool trust(CURL* easy, const HttpOptions& options) {
    constexpr long tls_1_2 = CURL_SSLVERSION_TLSv1_2;
    bool good = set(easy, CURLOPT_SSLVERSION, tls_1_2) && set(easy, CURLOPT_SSL_VERIFYPEER, 1L) &&
                set(easy, CURLOPT_SSL_VERIFYHOST, 2L) && set(easy, CURLOPT_PROXY_SSLVERSION, tls_1_2) &&
                set(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L) && set(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    // The file stands in the place of the system's CAs. Debian's libcurl looks into a directory of them besides.
    if (!options.ca_file.empty())
        for (const auto& [file, directory] :
             {std::pair{CURLOPT_CAINFO, CURLOPT_CAPATH}, std::pair{CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH}})
            good = good && set(easy, file, options.ca_file.c_str()) &&
                   set(easy, directory, static_cast<const char*>(nullptr));
    // libcurl would believe what it has read of the file for a day, while the proxy shows its new certificate.
    if (!options.ca_file.empty()) good = good && set(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    return good;
}

std::string no_connection(CURL* easy, std::string_view detail, const std::string& host, const HttpOptions& options) {
    long os_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    const ProxyChoice proxy = choose_proxy(options);
    const std::string peer = tried_proxy(proxy, detail) ? "the proxy of " + proxy.from : host;
    const std::string said = " (" + std::string(detail) + ")";
    if (os_error == ECONNREFUSED) return peer + " refuses the connection; check the firewall and the proxy" + said;
    if (os_error == 0) return "no connection to " + peer + said;
    return "no connection to " + peer + ": " + std::generic_category().message(static_cast<int>(os_error)) + said;
}

std::string no_agreement(std::string_view detail, const std::string& host) {
    const auto holds = [&](const char* words) { return detail.find(words) != std::string_view::npos; };
    // A CA with the right name and another key: curl meets the broken signature before OpenSSL's verdict.
    if (holds("asn1 encoding routines::EVP lib")) return explain_certificate(7, host);
    if (holds("protocol version") || holds("unsupported protocol"))
        return "no agreement with " + host +
               ": it does not offer TLS 1.2 or later, and less is not accepted; its operator must enable it";
    if (holds("wrong version number"))
        return "no agreement with " + host + ": what answers does not speak TLS; check the port and the proxy";
    return "no agreement with " + host + " (" + std::string(detail) + ")";
}

std::string proxy_refused(long status, const std::string& host, const HttpOptions& options) {
    const ProxyChoice proxy = choose_proxy(options);
    // 407 is the status for it; tinyproxy answers wrong credentials with 401.
    if (status != 407 && status != 401)
        return "the proxy of " + proxy.from + " refuses to connect to " + host + ": status " + std::to_string(status) +
               "; allow this host and port there";
    if (proxy.url.find('@') == std::string::npos)
        return "the proxy wants a user name and password; give them in " + proxy.from +
               " as http://USER:PASSWORD@HOST:PORT";
    return "the proxy does not accept the user name and password that stand in " + proxy.from + "; correct them there";
}

}  // namespace

ProxyChoice choose_proxy(const HttpOptions& options) {
    if (!options.proxy.empty()) return {options.proxy, "[http] proxy"};
    for (const char* const name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
        if (const char* const value = std::getenv(name); value != nullptr && *value != '\0') return {value, name};
    return {};
}

std::string proxy_for_show(const ProxyChoice& proxy) {
    const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
    constexpr unsigned flags = CURLU_DEFAULT_SCHEME | CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME;
    if (!url || curl_url_set(url.get(), CURLUPART_URL, proxy.url.c_str(), flags) != CURLUE_OK) return {};
    std::string shown;
    const auto add = [&](CURLUPart part, const char* before, const char* after) {
        char* text = nullptr;
        if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return;
        shown += std::string(before) + text + after;
        curl_free(text);
    };
    // A guess by the host's name ("ftp.example") is not libcurl's for proxies.
    const bool named = proxy.url.find("://") != std::string::npos;
    if (named)
        add(CURLUPART_SCHEME, "", "://");
    else
        shown = "http://";
    add(CURLUPART_HOST, "", "");
    add(CURLUPART_PORT, ":", "");
    return shown;
}

bool tried_proxy(const ProxyChoice& proxy, std::string_view detail) {
    std::string place = proxy_for_show(proxy);
    if (const auto scheme = place.find("://"); scheme != std::string::npos) place.erase(0, scheme + 3);
    if (place.empty()) return false;
    if (const auto port = place.rfind(':'); port != std::string::npos) place.replace(port, 1, " port ");
    return detail.find("connect to " + place) != std::string_view::npos;
}

Result<void> judge_proxy(const ProxyChoice& proxy) {
    if (proxy.url.empty()) return {};
    const std::string shown = proxy_for_show(proxy);
    const std::array kinds{"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"};
    if (std::any_of(kinds.begin(), kinds.end(), [&](const char* kind) { return shown.starts_with(kind); })) return {};
    return Error{ErrorKind::Fatal, "the proxy of " + proxy.from +
                                       " cannot be used: write it as http://HOST:PORT or "
                                       "http://USER:PASSWORD@HOST:PORT, with %XX for special characters"};
}

bool set_up_link(void* easy, const HttpOptions& options) {
    bool good = trust(easy, options) && set(easy, CURLOPT_PROTOCOLS_STR, "https") &&
                set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https") && set(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
                set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS)) &&
                set(easy, CURLOPT_PIPEWAIT, 0L) && set(easy, CURLOPT_TCP_NODELAY, 1L) &&
                set(easy, CURLOPT_TCP_KEEPALIVE, 1L) && set(easy, CURLOPT_TCP_KEEPIDLE, 30L) &&
                set(easy, CURLOPT_TCP_KEEPINTVL, 10L) && set(easy, CURLOPT_SOCKOPTFUNCTION, on_socket) &&
                // A resolver that hangs in its thread must not hold up the loop or the end of the program.
                set(easy, CURLOPT_QUICK_EXIT, 1L) &&
                set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    if (!options.proxy.empty()) good = good && set(easy, CURLOPT_PROXY, options.proxy.c_str());
    // The bearer is for the host, never for the proxy, whose answers are not the host's either.
    return good && set(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE)) &&
           set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) && set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
}

Error link_failure(void* easy, int code, std::string_view detail, const std::string& host, const HttpOptions& options) {
    // libcurl quotes a proxy that it cannot use, from [http] proxy or the environment, with the password in it.
    if (detail.find('@') != std::string_view::npos) detail = "is the proxy's URL right?";
    const auto transient = [](std::string text) { return Error{ErrorKind::Transient, std::move(text)}; };
    long number = 0;
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return transient("the name " + host + " cannot be found in DNS; check the resolver");
        case CURLE_COULDNT_RESOLVE_PROXY:
            return transient("the proxy's name cannot be found in DNS; check " + choose_proxy(options).from);
        case CURLE_OPERATION_TIMEDOUT: {
            curl_off_t ready_us = 0;
            curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
            if (ready_us == 0)
                return transient("timeout: no connection to " + host + " in time; check the firewall and the proxy");
            return transient("timeout: no complete answer from " + host + " in time");
        }
        case CURLE_PEER_FAILED_VERIFICATION:
            curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &number);
            return transient("TLS: " + explain_certificate(number, host));
        case CURLE_SSL_CACERT_BADFILE: return transient("TLS: the CA file " + options.ca_file + " cannot be used");
        case CURLE_SSL_CONNECT_ERROR: return transient("TLS: " + no_agreement(detail, host));
        default: break;
    }
    // What curl says when it may not send a request again: the first time got no answer. See curl.cpp.
    if (code == CURLE_ABORTED_BY_CALLBACK) code = CURLE_GOT_NOTHING;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &number);
    if (number >= 300) return transient(proxy_refused(number, host, options));
    if (code == CURLE_PROXY) return transient("the proxy failed (" + std::string(detail) + ")");
    if (code == CURLE_COULDNT_CONNECT) return transient(no_connection(easy, detail, host, options));
    return transient("the connection to " + host + " broke: " + curl_easy_strerror(static_cast<CURLcode>(code)));
}

}  // namespace hotdesk::io
