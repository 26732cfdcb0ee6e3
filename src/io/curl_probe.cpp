#include "io/curl_probe.hpp"

#include "io/curl_link.hpp"

#include <curl/curl.h>
#include <array>
#include <memory>
#include <string_view>

namespace hotdesk::io {
namespace {

constexpr std::string_view tls_words = "SSL connection using ";

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

/// One connection under way; outlives its handle.
struct Attempt {
    Probe probe;
    std::array<char, CURL_ERROR_SIZE> detail{};
    std::unique_ptr<CURL, FreeEasy> easy;
    bool ended = false;
};

/// libcurl names the protocol nowhere but in what it tells while it connects: "SSL connection using TLSv1.3 / ...".
int on_talk(CURL*, curl_infotype kind, char* text, std::size_t size, void* target) {
    const std::string_view line(text, size);
    if (kind == CURLINFO_TEXT && line.starts_with(tls_words)) {
        const auto words = line.substr(tls_words.size());
        static_cast<Attempt*>(target)->probe.protocol = words.substr(0, words.find_first_of(" \n"));
    }
    return 0;
}

std::string host_and_port(const std::string& url, std::string& host) {
    const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
    if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return url;
    const auto part = [&](CURLUPart which) {
        char* text = nullptr;
        if (curl_url_get(parsed.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return std::string{};
        std::string copy = text;
        curl_free(text);
        return copy;
    };
    host = part(CURLUPART_HOST);
    return host + ":" + part(CURLUPART_PORT);
}

bool begin(Attempt& attempt, const std::string& url, const HttpOptions& options) {
    attempt.probe.place = host_and_port(url, attempt.probe.host);
    attempt.easy.reset(curl_easy_init());
    CURL* const easy = attempt.easy.get();
    const auto set = [&](CURLoption option, auto value) { return curl_easy_setopt(easy, option, value) == CURLE_OK; };
    return easy != nullptr && set_up_link(easy, options) && set(CURLOPT_URL, url.c_str()) &&
           set(CURLOPT_CONNECT_ONLY, 1L) && set(CURLOPT_CERTINFO, 1L) && set(CURLOPT_VERBOSE, 1L) &&
           set(CURLOPT_DEBUGFUNCTION, on_talk) && set(CURLOPT_DEBUGDATA, &attempt) &&
           set(CURLOPT_ERRORBUFFER, attempt.detail.data()) && set(CURLOPT_PRIVATE, &attempt);
}

ProbeStep step_of(const Attempt& attempt, CURLcode code) {
    CURL* const easy = attempt.easy.get();
    long tunnel = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
    curl_off_t named_us = 0, connected_us = 0;
    curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &named_us);
    curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected_us);
    switch (code) {
        case CURLE_OK: return ProbeStep::Done;
        case CURLE_COULDNT_RESOLVE_HOST: return ProbeStep::Name;
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_PROXY: return ProbeStep::Proxy;
        case CURLE_COULDNT_CONNECT: return attempt.probe.through_proxy ? ProbeStep::Proxy : ProbeStep::Connect;
        case CURLE_OPERATION_TIMEDOUT:
            if (named_us == 0) return attempt.probe.through_proxy ? ProbeStep::Proxy : ProbeStep::Name;
            if (connected_us == 0) return attempt.probe.through_proxy ? ProbeStep::Proxy : ProbeStep::Connect;
            return ProbeStep::Tls;
        default: return tunnel >= 300 ? ProbeStep::Proxy : ProbeStep::Tls;
    }
}

/// The host's own certificate is the first of the chain.
void read_certificate(Probe& probe, CURL* easy) {
    curl_certinfo* chain = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr || chain->num_of_certs < 1)
        return;
    constexpr std::string_view end = "Expire date:", issuer = "Issuer:";
    for (const curl_slist* item = chain->certinfo[0]; item != nullptr; item = item->next) {
        const std::string_view line = item->data;
        if (line.starts_with(issuer)) probe.issuer = line.substr(issuer.size());
        if (!line.starts_with(end)) continue;
        const auto seconds = curl_getdate(std::string(line.substr(end.size())).c_str(), nullptr);
        if (seconds > 0) probe.valid_until = WallTime{std::chrono::seconds{seconds}};
    }
}

void finish(Attempt& attempt, CURLcode code, const HttpOptions& options) {
    CURL* const easy = attempt.easy.get();
    Probe& probe = attempt.probe;
    const std::string_view detail = attempt.detail.data();
    long tunnel = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
    probe.through_proxy = tunnel != 0 || code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY ||
                          tried_proxy(choose_proxy(options), detail);
    const char* address = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address != nullptr)
        probe.address = address;
    probe.failed_at = step_of(attempt, code);
    if (code == CURLE_OK)
        read_certificate(probe, easy);
    else
        probe.error = link_failure(easy, code, detail, probe.host, options);
    attempt.ended = true;
}

void drive(CURLM* multi, const HttpOptions& options) {
    for (int running = 1; running > 0;) {
        if (curl_multi_perform(multi, &running) != CURLM_OK) return;
        int left = 0;
        while (const CURLMsg* const message = curl_multi_info_read(multi, &left)) {
            Attempt* attempt = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &attempt);
            if (message->msg == CURLMSG_DONE) finish(*attempt, message->data.result, options);
        }
        if (running > 0) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
}

}  // namespace

Result<std::vector<Probe>> probe_hosts(const HttpOptions& options, const std::vector<std::string>& urls) {
    // What is wrong with the options themselves is the client's to say; and libcurl stays started while it lives.
    const auto client = make_http(options);
    if (!client) return client.error();
    std::vector<Attempt> attempts(urls.size());
    const std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> multi(curl_multi_init(), curl_multi_cleanup);
    for (std::size_t i = 0; i < urls.size(); ++i)
        if (!multi || !begin(attempts[i], urls[i], options) ||
            curl_multi_add_handle(multi.get(), attempts[i].easy.get()) != CURLM_OK)
            return Error{ErrorKind::Fatal, "libcurl cannot start a request: out of memory or too old"};
    drive(multi.get(), options);
    std::vector<Probe> probes;
    for (Attempt& attempt : attempts) {
        if (!attempt.ended) finish(attempt, CURLE_OPERATION_TIMEDOUT, options);
        curl_multi_remove_handle(multi.get(), attempt.easy.get());
        probes.push_back(std::move(attempt.probe));
    }
    return probes;
}

std::string proxy_in_words(const HttpOptions& options) {
    const ProxyChoice proxy = choose_proxy(options);
    return proxy.url.empty() ? std::string{} : proxy_for_show(proxy) + " (" + proxy.from + ")";
}

}  // namespace hotdesk::io
