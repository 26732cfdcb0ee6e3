// Two headers of an answer, and whom their URLs may lead to.

#include "oracle.hpp"
#include "targets.hpp"

#include "codec/call.hpp"
#include "daemon/trust.hpp"
#include "io/curl.hpp"
#include "io/http_text.hpp"

#include <hotdesk/policy.hpp>
#include <hotdesk/reconcile.hpp>

#include <memory>
#include <vector>

namespace hotdesk::fuzz {

namespace {

std::string_view trim(std::string_view text) {
    const auto from = std::min(text.find_first_not_of(" \t"), text.size());
    text.remove_prefix(from);
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::string upper_case(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

/// Digits are seconds, a day at the most; everything else is nothing.
void retry_after(std::string_view bytes) {
    const auto wait = io::parse_retry_after(bytes);
    std::string_view digits = trim(bytes);
    const bool number =
        !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    must(wait.has_value() == number, "a number is one, and nothing else is");
    if (wait) {
        digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
        const long seconds = digits.size() > 5 ? 86400 : std::stol("0" + std::string{digits});
        must(wait->count() == std::min(seconds, 86400L), "it is so many seconds, a day at the most");
    }

    // What is told on of it.
    const AppId app{"app"};
    const OrgId org{"org"};
    const std::string base{"https://webexapis.com/v1"}, client{"client"};
    const Secret none;
    const codec::Wire wire{app, org, base, client, none, none};
    for (const int status : {200, 404, 423, 429, 503}) {
        HttpReply reply;
        reply.status = status;
        reply.body = "{}";
        reply.retry_after = wait;
        const auto result = codec::decode(call::AskBookings{DeviceId{"d"}}, std::move(reply), wire);
        must(!result.ok(), "that is no list of bookings");
        must_be_lawful(result.error());
        must(result.error().retry_after == (status == 200 ? std::nullopt : wait),
             "whoever is refused is told for how long");
    }
    Desk desk;
    const Now now{*parse_time("2026-03-02T09:00:00Z"), MonoTime{std::chrono::hours{1}}};
    observe(desk, input::AskFailed{ErrorKind::RateLimited, wait ? std::optional<Millis>{*wait} : std::nullopt}, now);
    must(desk.ask_not_before > now.mono && desk.ask_not_before <= now.mono + std::chrono::hours{24},
         "a desk is asked again, not at once and not after days");
    must(!wait || desk.ask_not_before >= now.mono + *wait, "and not before Webex said");
}

/// The next link of what was read, with the header bent in ways that change nothing.
std::string link_next(const std::string& bytes) {
    const std::string next = io::parse_link_next(bytes);
    const std::string first = "<https://webexapis.com/first>; rel=next",
                      last = "<https://webexapis.com/last>; rel=next";
    must(io::parse_link_next(first + ", " + bytes) == "https://webexapis.com/first", "the first one counts");
    must(io::parse_link_next("<p>; title=\"a, <b>; rel=next\"; rel=\"prev up\", " + bytes) == next,
         "what is another relation's is no next");
    must(io::parse_link_next(", ,\t" + bytes) == next, "empty elements are none");
    must(io::parse_link_next(upper_case(bytes)) == upper_case(next), "case does not count");
    if (next.empty()) return next;
    must(io::parse_link_next(bytes + ", " + last) == next, "what follows does not count");
    must(trim(next) == next && next.find('>') == std::string::npos, "a target is what stands between < and >");
    bool found = false;
    for (std::size_t at = bytes.find('<'); at != std::string::npos && !found; at = bytes.find('<', at + 1)) {
        const auto end = bytes.find('>', at);
        found = end != std::string::npos && trim(std::string_view{bytes}.substr(at + 1, end - at - 1)) == next &&
                lower_case(bytes.substr(end)).find("next") != std::string::npos;
    }
    must(found, "a link leads where it says, and says that it is the next");
    return next;
}

const Http& http() {
    static const std::unique_ptr<Http> made = [] {
        io::HttpOptions options;
        options.allowed_hosts = {"webexapis.com"};
        auto http = io::make_http(std::move(options));
        must(http.ok(), "there is libcurl");
        return std::move(*http);
    }();
    return *made;
}

/// A list's next page is one of Webex's, or the list is none.
void follow(const std::string& url) {
    Page<DeviceInfo> page;
    page.next_url = url;
    const auto result = trusted(http(), call::ListDevices{"https://webexapis.com/v1/devices"}, Reply{page});
    if (!result.ok()) {
        must_be_lawful(result.error());
        must(result.error().kind == ErrorKind::Corrupt, "who names a foreign page says nothing of use");
        return;
    }
    if (url.empty()) return;
    const std::string plain = lower_case(url);
    must(plain.rfind("https:", 0) == 0, "a next page comes by https");
    // curl undoes %XX in hosts; what it made of them is what it connects to.
    must(plain.find('%') != std::string::npos || plain.find("webexapis.com") != std::string::npos,
         "a next page is one of Webex's");
}

void host(std::string_view bytes) {
    static const std::vector<std::string> allowed{"webexapis.com", "127.0.0.1"};
    if (!io::host_allowed(bytes, allowed)) return;
    const std::string name = lower_case(bytes);
    const std::string_view plain =
        name.front() == '[' ? std::string_view{name}.substr(1, name.size() - 2) : std::string_view{name};
    constexpr std::string_view below = ".webexapis.com";
    must(plain == allowed[0] || plain == allowed[1] ||
             (plain.size() > below.size() && plain.substr(plain.size() - below.size()) == below),
         "a host is allowed, or one below it");
    must(plain.find_first_of("/@%?# \\") == std::string_view::npos, "a host is a name and nothing else");
}

}  // namespace

void headers(std::string_view bytes) {
    // A file ends in a line break, a header's value does not.
    if (!bytes.empty() && bytes.back() == '\n') bytes.remove_suffix(1);
    retry_after(bytes);
    follow(link_next(std::string{bytes}));
    follow(std::string{bytes});
    host(bytes);
}

}  // namespace hotdesk::fuzz
