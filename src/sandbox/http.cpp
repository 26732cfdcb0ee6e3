#include "sandbox/http.hpp"

#include <array>
#include <charconv>

namespace hotdesk::sandbox {

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned code = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr == text.data() + i + 3) {
            out += static_cast<char>(code);
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += hex[byte >> 4U];
        out += hex[byte & 15U];
    }
    return out;
}

std::vector<std::pair<std::string, std::string>> query_of(std::string_view target) {
    std::vector<std::pair<std::string, std::string>> out;
    const auto mark = target.find('?');
    if (mark == std::string_view::npos) return out;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const auto end = rest.find('&');
        const std::string_view pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const std::string_view value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        out.emplace_back(percent_decode(pair.substr(0, equals)), percent_decode(value));
    }
    return out;
}

std::string http_date(WallTime time) {
    using namespace std::chrono;
    static constexpr std::array<const char*, 7> days_of_week = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months_of_year = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::string out = days_of_week[weekday{day}.c_encoding()];
    out += ", ";
    hotdesk::detail::put_digits(out, static_cast<int>(static_cast<unsigned>(date.day())), 2);
    out += std::string(" ") + months_of_year[static_cast<unsigned>(date.month()) - 1] + " ";
    hotdesk::detail::put_digits(out, static_cast<int>(date.year()), 4);
    out += ' ';
    hotdesk::detail::put_digits(out, static_cast<int>(clock.hours().count()), 2);
    out += ':';
    hotdesk::detail::put_digits(out, static_cast<int>(clock.minutes().count()), 2);
    out += ':';
    hotdesk::detail::put_digits(out, static_cast<int>(clock.seconds().count()), 2);
    return out + " GMT";
}

bool matches_path(std::string_view pattern, std::string_view path) {
    if (pattern == "*") return true;
    if (pattern.size() >= 2 && pattern.substr(pattern.size() - 2) == ".*") {
        const std::string_view stem = pattern.substr(0, pattern.size() - 1);
        return path.substr(0, stem.size()) == stem;
    }
    return pattern == path;
}

}  // namespace hotdesk::sandbox
