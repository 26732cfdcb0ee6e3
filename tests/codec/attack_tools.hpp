#pragma once
// What both halves of the attack table are written with.

#include "attack_table.hpp"

namespace hotdesk::test::attack {

using namespace std::chrono_literals;
using namespace std::string_literals;

using Table = std::vector<Attack>;

inline Claims claims(const Good& good) { return Claims(good.payload); }
inline Claims header(const Good& good) { return Claims(good.header); }
inline std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }
inline std::string in_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) out += c == '"' || c == '\\' ? "\\"s + c : std::string(1, c);
    return out + "\"";
}
inline std::string seconds(WallTime time) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}
/// As the guide's sample spells it.
inline std::string nine_digits(WallTime time) {
    std::string text = format_time(std::chrono::floor<std::chrono::seconds>(time));
    text.pop_back();
    return quoted(text + ".816114574Z");
}

inline std::string levels(std::size_t count) { return std::string(count, '[') + std::string(count, ']'); }
inline std::string objects(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "{\"a\":";
    return text + "1" + std::string(count, '}');
}

inline void add(Table& table, std::string name, std::string word, std::function<std::string(const Good&)> make,
                unsigned kinds = kAll) {
    table.push_back({std::move(name), std::move(word), kinds, std::move(make)});
}
inline std::string good_code(const Good& good) { return good.signer.sign(good.header, good.payload); }

/// What is refused for its claims: how they are written, and what they say.
void add_claims(Table& table);

}  // namespace hotdesk::test::attack
