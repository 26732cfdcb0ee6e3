#include "io/http_text.hpp"

#include <algorithm>
#include <charconv>

namespace hotdesk::io {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_text(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view without_brackets(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
    return host;
}

/// No domain ends in a digit or holds a colon.
bool is_address(std::string_view host) {
    return !host.empty() && ((host.back() >= '0' && host.back() <= '9') || host.find(':') != std::string_view::npos);
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Takes the text before the first of `stops` off the front, not looking inside double quotes.
std::string_view take_until(std::string_view& text, std::string_view stops) {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (quoted && text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            quoted = !quoted;
        else if (!quoted && stops.find(text[at]) != std::string_view::npos)
            break;
    }
    at = std::min(at, text.size());
    const auto taken = text.substr(0, at);
    text.remove_prefix(at);
    return taken;
}

bool names_next(std::string_view relations) {
    relations = trim(relations);
    if (!relations.empty() && relations.front() == '"') {
        if (relations.size() < 2 || relations.back() != '"') return false;  // the line ends within the quotes
        relations = relations.substr(1, relations.size() - 2);
    }
    // No relation has these. A quote in the middle opens another quoted string, or closes this one before its end.
    if (relations.find_first_of("\"\\") != std::string_view::npos) return false;
    while (!relations.empty()) {
        const auto end = std::min(relations.find_first_of(" \t"), relations.size());
        if (same_text(relations.substr(0, end), "next")) return true;
        relations.remove_prefix(std::min(end + 1, relations.size()));
    }
    return false;
}

}  // namespace

bool host_allowed(std::string_view host, std::span<const std::string> allowed) {
    host = without_brackets(host);
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' || c == ':' ||
               c == '_';
    };
    if (host.empty() || !std::all_of(host.begin(), host.end(), plain)) return false;
    return std::any_of(allowed.begin(), allowed.end(), [&](std::string_view entry) {
        entry = without_brackets(entry);
        if (entry.empty()) return false;
        if (same_text(host, entry)) return true;
        if (is_address(entry) || host.size() <= entry.size() + 1) return false;
        return host[host.size() - entry.size() - 1] == '.' && same_text(host.substr(host.size() - entry.size()), entry);
    });
}

std::string parse_link_next(std::string_view header) {
    while (!(header = trim(header)).empty()) {
        if (header.front() == ',') {  // empty list elements are lawful
            header.remove_prefix(1);
            continue;
        }
        const auto close = header.find('>');
        if (header.front() != '<' || close == std::string_view::npos) return {};
        const auto target = trim(header.substr(1, close - 1));
        header.remove_prefix(close + 1);
        bool next = false, seen_rel = false;
        while (!(header = trim(header)).empty() && header.front() == ';') {
            header.remove_prefix(1);
            auto parameter = take_until(header, ",;");
            const auto name = trim(take_until(parameter, "="));
            if (parameter.empty() || seen_rel || !same_text(name, "rel")) continue;
            seen_rel = true;
            next = names_next(parameter.substr(1));
        }
        if (next) return std::string(target);
        if (!header.empty() && header.front() != ',') return {};
    }
    return {};
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view header) {
    constexpr long long day_s = 86400;
    header = trim(header);
    if (header.empty() || !std::all_of(header.begin(), header.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    long long seconds = 0;
    const auto read = std::from_chars(header.data(), header.data() + header.size(), seconds);
    if (read.ec != std::errc{}) seconds = day_s;  // more digits than a number holds
    return std::chrono::seconds{std::min(seconds, day_s)};
}

std::string explain_certificate(long verify_result, const std::string& host) {
    constexpr const char* inspected =
        "; if a TLS-inspecting proxy stands in between, name its CA certificate in [http] ca_file";
    switch (verify_result) {
        case 0:
        case 1: return "the certificate that answered is for another name than " + host + inspected;
        case 7:
            return "the certificate of " + host +
                   " is not signed by the CA that it names; if [http] ca_file names a CA, "
                   "it may be an older one of the same name";
        case 9: return "the certificate of " + host + " is not yet valid; check this machine's clock";
        case 10:
            return "the certificate of " + host + " has expired; check this machine's clock, or wait for its renewal";
        case 18: return "the certificate of " + host + " is self-signed" + std::string(inspected);
        case 19:
            return "the certificate of " + host + " comes from a self-signed CA that is not trusted here" + inspected;
        case 2:
        case 20:
        case 21: return "the certificate of " + host + " comes from a CA that is not trusted here" + inspected;
        case 23: return "the certificate of " + host + " is revoked";
        case 26: return "the certificate of " + host + " is not made for servers";
        case 62:
        case 64: return "the certificate that answered is for another name than " + host + inspected;
        case 66:
        case 67:
        case 68: return "the certificate of " + host + " is too weak for this machine's security level" + inspected;
        default:
            return "the certificate of " + host + " is not trusted (OpenSSL verify code " +
                   std::to_string(verify_result) + ")" + inspected;
    }
}

}  // namespace hotdesk::io
