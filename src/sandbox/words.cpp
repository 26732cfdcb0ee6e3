#include "sandbox/words.hpp"

#include <charconv>
#include <utility>

namespace hotdesk::sandbox {

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> out;
    std::string word;
    bool quoted = false;
    bool any = false;
    for (const char c : line) {
        if (c == '"') {
            quoted = !quoted;
            any = true;
        } else if ((c == ' ' || c == '\t' || c == '\r') && !quoted) {
            if (any) out.push_back(std::exchange(word, {}));
            any = false;
        } else {
            word += c;
            any = true;
        }
    }
    if (any) out.push_back(word);
    return out;
}

std::optional<Millis> parse_span(std::string_view text) {
    Millis total{0};
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        long long count = 0;
        const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (failure != std::errc{} || count < 0 || count > 1000000000) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
        std::size_t used = 1;
        if (text.substr(0, 2) == "ms") {
            total += Millis{count};
            used = 2;
        } else if (text.substr(0, 1) == "s") {
            total += std::chrono::seconds{count};
        } else if (text.substr(0, 1) == "m") {
            total += std::chrono::minutes{count};
        } else if (text.substr(0, 1) == "h") {
            total += std::chrono::hours{count};
        } else if (text.substr(0, 1) == "d") {
            total += std::chrono::days{count};
        } else {
            return std::nullopt;
        }
        text.remove_prefix(used);
    }
    return total;
}

std::optional<WallTime> parse_moment(std::string_view text, WallTime now) {
    if (text == "now") return now;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        const auto span = parse_span(text.substr(1));
        if (!span) return std::nullopt;
        return text[0] == '+' ? now + *span : now - *span;
    }
    if (text.size() == 5 && text[2] == ':') {
        const auto hour = hotdesk::detail::digits(text, 0, 2);
        const auto minute = hotdesk::detail::digits(text, 3, 2);
        if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
        return std::chrono::floor<std::chrono::days>(now) + std::chrono::hours{*hour} + std::chrono::minutes{*minute};
    }
    return parse_time(text);
}

}  // namespace hotdesk::sandbox
