#include "io/curl.hpp"

#include "io/curl_link.hpp"
#include "io/http_text.hpp"

#include <curl/curl.h>
#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <unordered_map>

namespace hotdesk::io {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Millis default_timeout{60'000};
constexpr Millis longest_wait = std::chrono::hours{24};  // poll counts in int
/// Of a tracking id: Webex's have some 60 characters, and it goes into every log line and record.
constexpr std::size_t most_tracking_id = 200;
/// Of a name. Source: RFC 1035, 2.3.4. The URL may be a cloud's of 8 MiB, and the message says the name.
constexpr std::size_t longest_host = 253;

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

/// A header list whose text is wiped before it is freed: it holds the bearer token.
struct FreeHeaders {
    void operator()(curl_slist* list) const {
        for (curl_slist* item = list; item != nullptr; item = item->next)
            for (volatile char* p = item->data; *p != '\0'; ++p) *p = 0;
        curl_slist_free_all(list);
    }
};
using Headers = std::unique_ptr<curl_slist, FreeHeaders>;

bool append(Headers& headers, const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) return false;
    (void)headers.release();
    headers.reset(longer);
    return true;
}

std::string part(CURLU* url, CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
    std::string copy = text;
    curl_free(text);
    return copy;
}

/// The first header of that name in the final answer, or what its `index`-th line says.
std::string header(CURL* easy, const char* name, std::size_t index = 0) {
    curl_header* found = nullptr;
    if (curl_easy_header(easy, name, index, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
    return found->value;
}

std::string tracking_id(CURL* easy) { return header(easy, "trackingid").substr(0, most_tracking_id); }

/// A moment, as Date and Retry-After name it. Source: RFC 9110, 5.6.7. Empty: it is none.
std::optional<WallTime> parse_date(const std::string& text) {
    const auto at = curl_getdate(text.c_str(), nullptr);
    return at > 0 ? std::optional{WallTime{std::chrono::seconds{at}}} : std::nullopt;
}

/// A moment to wait for is by the clock of whoever names it, as its Date shows it: this machine's may be another.
std::optional<std::chrono::seconds> retry_after(CURL* easy, std::optional<WallTime> date) {
    const std::string said = header(easy, "retry-after");
    if (auto span = parse_retry_after(said)) return span;
    const auto at = parse_date(said);
    if (!at || !date) return std::nullopt;
    return parse_retry_after(std::to_string(std::max<std::int64_t>((*at - *date).count() / 1000, 0)));
}

/// One exchange under way. Outlives its transfer, to which it lends everything.
struct Exchange {
    CallId id = 0;
    CURL* easy = nullptr;
    HttpRequest request;
    Url url;
    std::string host;
    Headers headers;
    int sent = 0;  ///< how often it went out
    std::string body;
    std::size_t max_body_bytes = 0;
    bool too_large = false;
    std::array<char, CURL_ERROR_SIZE> detail{};

    Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() {
        Secret::wipe(request.body);
        Secret::wipe(body);
    }
};

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* target) {
    auto& exchange = *static_cast<Exchange*>(target);
    if (exchange.body.size() + count > exchange.max_body_bytes) {
        exchange.too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    Secret::append(exchange.body, {bytes, count});  // there may be tokens in it
    return count;
}

/// There is a connection, and the request is about to go out on it. When a kept connection ends before the first byte
/// of an answer, curl sends the request again by itself, though it may have been carried out: a token would be spent
/// twice, a desk booked twice, a batch of messages lost unheard.
int on_request(void* target, char*, char*, int, int) {
    auto& exchange = *static_cast<Exchange*>(target);
    ++exchange.sent;
    return exchange.request.once && exchange.sent > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/// The one gate: parses and judges. Ok: the host, and `url` holds the parse. An error goes on after "its URL ".
Result<std::string> judge(Url& url, const std::string& text, std::span<const std::string> allowed) {
    const auto refuse = [](std::string why) { return Error{ErrorKind::Fatal, std::move(why)}; };
    url.reset(curl_url());
    if (!url || text.find('\0') != std::string::npos ||
        curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
        return refuse("cannot be understood");
    if (part(url.get(), CURLUPART_SCHEME) != "https") return refuse("is not https");
    if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty())
        return refuse("holds a user name or password");
    std::string host = part(url.get(), CURLUPART_HOST);
    if (host.size() > longest_host) return refuse("names a host with a longer name than there are");
    if (!host_allowed(host, allowed))
        return refuse("names the host " + host + ", which is not one of Webex's; if it is meant, add it to [http] " +
                      "extra_hosts");
    return host;
}

Result<void> admit(Exchange& exchange, std::span<const std::string> allowed) {
    const auto refuse = [](const std::string& why) { return Error{ErrorKind::Fatal, "request refused: " + why}; };
    auto host = judge(exchange.url, exchange.request.url, allowed);
    if (!host) return refuse("its URL " + host.error().message);
    exchange.host = std::move(*host);
    const auto& method = exchange.request.method;
    if (method != "GET" && method != "POST" && method != "PATCH") return refuse("its method is not GET, POST or PATCH");
    const auto token = exchange.request.bearer.reveal();
    if (std::any_of(token.begin(), token.end(), [](char c) { return c <= ' ' || c > '~'; }))
        return refuse("its access token holds characters that no token has");
    return {};
}

class CurlHttp final : public Http {
public:
    CurlHttp(HttpOptions options, CURLM* multi, CURLSH* share)
        : options_(std::move(options)), multi_(multi), share_(share) {}
    CurlHttp(const CurlHttp&) = delete;
    CurlHttp& operator=(const CurlHttp&) = delete;
    ~CurlHttp() override {
        while (!running_.empty()) cancel(running_.begin()->first);
        for (CURL* const easy : idle_) curl_easy_cleanup(easy);
        curl_multi_cleanup(multi_);
        curl_share_cleanup(share_);
        curl_global_cleanup();
        Secret::wipe(options_.proxy);
    }

    [[nodiscard]] Result<void> allows(const std::string& url) const override {
        Url parsed;
        const auto host = judge(parsed, url, options_.allowed_hosts);
        if (!host) return host.error();
        return {};
    }

    void start(CallId id, HttpRequest request) override {
        auto exchange = std::make_unique<Exchange>();
        exchange->id = id;
        exchange->request = std::move(request);
        exchange->max_body_bytes = options_.max_body_bytes;
        if (auto admitted = admit(*exchange, options_.allowed_hosts); !admitted) return end(id, admitted.error());
        if (running_.contains(id)) return end(id, Error{ErrorKind::Fatal, "request refused: its id is in use"});
        exchange->easy = take_handle();
        if (exchange->easy == nullptr || !prepare(*exchange) ||
            curl_multi_add_handle(multi_, exchange->easy) != CURLM_OK) {
            give_back(exchange->easy);
            return end(id, Error{ErrorKind::Fatal, "libcurl cannot start a request: out of memory or too old"});
        }
        running_.emplace(id, std::move(exchange));
        drive();  // on its way before the caller turns to anything else
    }

    void cancel(CallId id) override {
        std::erase_if(ended_, [&](const HttpDone& done) { return done.id == id; });
        if (const auto found = running_.find(id); found != running_.end()) (void)retire(found);
    }

    std::vector<HttpDone> wait(Millis limit, std::span<const int> wake) override {
        const auto deadline = Clock::now() + std::clamp(limit, Millis{0}, longest_wait);
        std::vector<curl_waitfd> extra(wake.size());
        std::vector<pollfd> bells(wake.size());
        for (std::size_t i = 0; i < wake.size(); ++i) {
            extra[i] = {wake[i], CURL_WAIT_POLLIN, 0};
            bells[i] = {wake[i], POLLIN, 0};
        }
        for (;;) {
            drive();
            // curl does not report a hang-up on extra descriptors, so they are asked once more.
            const bool woken = !bells.empty() && ::poll(bells.data(), bells.size(), 0) > 0;
            const auto left = std::chrono::ceil<Millis>(deadline - Clock::now());
            if (!ended_.empty() || woken || left <= Millis{0}) return std::exchange(ended_, {});
            // May return early, for curl's own timers.
            curl_multi_poll(multi_, extra.data(), static_cast<unsigned>(extra.size()), static_cast<int>(left.count()),
                            nullptr);
        }
    }

private:
    using Running = std::unordered_map<CallId, std::unique_ptr<Exchange>>;

    void end(CallId id, Result<HttpReply> outcome) { ended_.push_back({id, std::move(outcome)}); }

    CURL* take_handle() {
        if (idle_.empty()) return curl_easy_init();
        CURL* const easy = idle_.back();
        idle_.pop_back();
        return easy;
    }

    void give_back(CURL* easy) {
        constexpr std::size_t most_idle = 32;
        if (easy == nullptr) return;
        curl_easy_reset(easy);
        if (idle_.size() < most_idle)
            idle_.push_back(easy);
        else
            curl_easy_cleanup(easy);
    }

    /// Takes an exchange out of curl's hands; its handle is free for the next.
    std::unique_ptr<Exchange> retire(Running::iterator at) {
        auto exchange = std::move(at->second);
        running_.erase(at);
        curl_multi_remove_handle(multi_, exchange->easy);
        give_back(exchange->easy);
        return exchange;
    }

    void drive() {
        int count = 0;
        curl_multi_perform(multi_, &count);
        while (const CURLMsg* const message = curl_multi_info_read(multi_, &count)) {
            if (message->msg != CURLMSG_DONE) continue;
            Exchange* exchange = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
            const CURLcode code = message->data.result;
            if (code == CURLE_OPERATION_TIMEDOUT) trusted_since_ = Clock::now();
            auto outcome = code == CURLE_OK ? Result<HttpReply>(reply_of(*exchange)) : broken_off(*exchange, code);
            const CallId id = exchange->id;
            (void)retire(running_.find(id));
            end(id, std::move(outcome));
        }
    }

    bool prepare(Exchange& exchange);
    bool prepare_connection(CURL* easy);
    static HttpReply reply_of(Exchange& exchange);
    [[nodiscard]] Error failure(const Exchange& exchange, CURLcode code) const;
    [[nodiscard]] Error broken_off(const Exchange& exchange, CURLcode code) const;

    HttpOptions options_;
    CURLM* multi_;
    CURLSH* share_;  // TLS sessions; the names that were looked up live in the multi handle
    Running running_;
    std::vector<CURL*> idle_;
    std::vector<HttpDone> ended_;
    std::optional<Clock::time_point> trusted_since_;  // connections that are older may be dead
};

template <class Value>
bool set(CURL* easy, CURLoption option, Value value) {
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

bool CurlHttp::prepare_connection(CURL* easy) {
    bool good = set_up_link(easy, options_) && set(easy, CURLOPT_SHARE, share_);
    if (trusted_since_) {
        const auto age = std::chrono::floor<std::chrono::seconds>(Clock::now() - *trusted_since_).count();
        good = good && set(easy, CURLOPT_MAXLIFETIME_CONN, static_cast<long>(std::max<decltype(age)>(age, 1)));
    }
    return good;
}

bool CurlHttp::prepare(Exchange& exchange) {
    CURL* const easy = exchange.easy;
    const HttpRequest& request = exchange.request;
    bool good = append(exchange.headers, "Accept: application/json");
    if (!request.bearer.empty()) {
        std::string line = "Authorization: Bearer ";
        line.reserve(line.size() + request.bearer.reveal().size());  // no copy is left behind by growing
        line += request.bearer.reveal();
        good = good && append(exchange.headers, line);
        Secret::wipe(line);
    }
    if (request.method != "GET" || !request.body.empty()) {
        // Without "Expect:" curl would wait for a go-ahead before larger bodies.
        good = good && append(exchange.headers, "Content-Type: application/json") &&
               append(exchange.headers, "Expect:") &&
               set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size())) &&
               set(easy, CURLOPT_POSTFIELDS, request.body.c_str());  // lent, not copied
    }
    if (request.method != "POST") good = good && set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    const Millis timeout = request.timeout > Millis{0} ? std::min(request.timeout, longest_wait) : default_timeout;
    return good && prepare_connection(easy) && set(easy, CURLOPT_CURLU, exchange.url.get()) &&
           set(easy, CURLOPT_HTTPHEADER, exchange.headers.get()) &&
           set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count())) && set(easy, CURLOPT_PRIVATE, &exchange) &&
           set(easy, CURLOPT_PREREQFUNCTION, on_request) && set(easy, CURLOPT_PREREQDATA, &exchange) &&
           set(easy, CURLOPT_WRITEFUNCTION, on_body) && set(easy, CURLOPT_WRITEDATA, &exchange) &&
           set(easy, CURLOPT_ERRORBUFFER, exchange.detail.data());
}

HttpReply CurlHttp::reply_of(Exchange& exchange) {
    CURL* const easy = exchange.easy;
    HttpReply reply;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    reply.status = static_cast<int>(status);
    reply.body = std::move(exchange.body);
    reply.tracking_id = tracking_id(easy);
    reply.date = parse_date(header(easy, "date"));
    reply.retry_after = retry_after(easy, reply.date);
    for (std::size_t i = 0; reply.link_next.empty(); ++i) {
        const std::string line = header(easy, "link", i);
        if (line.empty()) break;
        reply.link_next = parse_link_next(line);
    }
    return reply;
}

/// The status tells that an answer had begun: what it held is lost.
Error CurlHttp::broken_off(const Exchange& exchange, CURLcode code) const {
    Error error = failure(exchange, code);
    long status = 0;
    curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
    error.http_status = static_cast<int>(status);
    // What a proxy was asked for (CONNECT) counts in curl's own number of bytes, and never reached the host.
    long bytes = 0;
    error.unsent = exchange.sent == 0 ||
                   (curl_easy_getinfo(exchange.easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes == 0);
    return error;
}

Error CurlHttp::failure(const Exchange& exchange, CURLcode code) const {
    if (code != CURLE_WRITE_ERROR || !exchange.too_large)
        return link_failure(exchange.easy, code, exchange.detail.data(), exchange.host, options_);
    Error error{ErrorKind::Corrupt, "the answer of " + exchange.host + " is larger than " +
                                        std::to_string(exchange.max_body_bytes) + " bytes"};
    error.tracking_id = tracking_id(exchange.easy);
    return error;
}

}  // namespace

Result<std::unique_ptr<Http>> make_http(HttpOptions options) {
    if (!options.ca_file.empty() && ::access(options.ca_file.c_str(), R_OK) != 0)
        return Error{ErrorKind::Fatal, "cannot read the CA file " + options.ca_file + ": " +
                                           std::generic_category().message(errno) + "; see [http] ca_file"};
    if (auto judged = judge_proxy(choose_proxy(options)); !judged) return judged.error();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return Error{ErrorKind::Fatal, "libcurl cannot be started"};
    const auto* const version = curl_version_info(CURLVERSION_NOW);
    constexpr int needed = CURL_VERSION_SSL | CURL_VERSION_ASYNCHDNS;
    CURLM* const multi = curl_multi_init();
    CURLSH* const share = curl_share_init();
    const bool good =
        multi != nullptr && share != nullptr && (version->features & needed) == needed &&
        curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK &&
        curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX)) == CURLM_OK &&
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 32L) == CURLM_OK;
    if (!good) {
        curl_multi_cleanup(multi);
        curl_share_cleanup(share);
        curl_global_cleanup();
        return Error{ErrorKind::Fatal, "this libcurl lacks TLS or looks names up synchronously; install Debian's"};
    }
    return std::unique_ptr<Http>(std::make_unique<CurlHttp>(std::move(options), multi, share));
}

}  // namespace hotdesk::io
