#include "io/http_text.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace hotdesk::io;

TEST_CASE("a host is allowed exactly or below an allowed domain") {
    const std::vector<std::string> allowed{"webexapis.com", "wbx2.com", "127.0.0.1", "::1", ""};
    for (const char* const good :
         {"webexapis.com", "WebexAPIs.com", "a.b.webexapis.com", "x.WBX2.com", "127.0.0.1", "[::1]", "::1"})
        CHECK(host_allowed(good, allowed));
    for (const char* const bad :
         {"", ".", "com", "evilwebexapis.com", "webexapis.com.evil.org", "webexapis.com.", ".webexapis.org",
          "webexapis.co", "1.127.0.0.1", "127.0.0.11", "[::11]", "webexapis.com\n", "webexapis.com ",
          "a\xc3\xbc.webexapis.com", "a/webexapis.com", "a%2ewebexapis.com", "a@webexapis.com"}) {
        INFO(bad);
        CHECK_FALSE(host_allowed(bad, allowed));
    }
    CHECK_FALSE(host_allowed("webexapis.com", {}));
}

TEST_CASE("the next page is found among the links of a header") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"(<https://a/2>; rel="next")", "https://a/2"},
        {R"(<https://a/2>;rel=next)", "https://a/2"},
        {R"(<https://a/1>; rel="first", <https://a/2>; rel="next")", "https://a/2"},
        {R"(<https://a/2?x=1,2;3>; title="a, \"b\"; rel=last"; REL="prefetch Next")", "https://a/2?x=1,2;3"},
        {R"(, <a>; rel=prev , ,<b>; crossorigin; rel = "next" ; x=y)", "b"},
        {R"(<a>; rel=prev; rel=next)", ""},
        {R"(<a>; rel="nexting", <b>; title=next, <c>)", ""},
        {R"(<a>; title="<b>; rel=next")", ""},
        {R"(https://a/2; rel="next")", ""},
        {R"(<https://a/2; rel="next")", ""},
        {R"(<a> junk; rel=next)", ""},
        {R"(<a>; rel="next)", ""},
        {R"(<a>; rel)", ""},
        {R"(<a>; rel=)", ""},
        {R"(<a>; rel="\)", ""},
        {R"(<a>; rel=" next )", ""},
        {R"(<a>; rel="x" next")", ""},
        {R"(<a>; rel="x" "next")", ""},
        {"", ""},
        {" ", ""},
    };
    for (const auto& [header, target] : cases) {
        INFO(header);
        CHECK(parse_link_next(header) == target);
    }
}

TEST_CASE("Retry-After is a number of seconds or nothing, and never more than a day") {
    CHECK(parse_retry_after("0") == std::chrono::seconds{0});
    CHECK(parse_retry_after(" 120 ") == std::chrono::seconds{120});
    CHECK(parse_retry_after("86401") == std::chrono::hours{24});
    CHECK(parse_retry_after("99999999999999999999999") == std::chrono::hours{24});
    for (const char* const other : {"", " ", "-1", "+1", "1.5", "1s", "Wed, 21 Oct 2026 07:28:00 GMT"})
        CHECK_FALSE(parse_retry_after(other).has_value());
}

TEST_CASE("every verdict on a certificate names the host") {
    for (long code = 0; code < 100; ++code)
        CHECK(explain_certificate(code, "host.example").find("host.example") != std::string::npos);
    CHECK(explain_certificate(77, "h").find("code 77") != std::string::npos);
}
