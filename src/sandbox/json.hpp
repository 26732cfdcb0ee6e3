#pragma once
// The sandbox's JSON: the one header that knows nlohmann's library. Included by sources only.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/value.hpp"

namespace hotdesk::sandbox {

/// Keeps members in the order in which they were put in, as the documents in the guides do.
using Json = nlohmann::ordered_json;

/// Nothing for text that is not one JSON value.
inline std::optional<Json> parse_json(std::string_view text) {
    Json value = Json::parse(text.begin(), text.end(), nullptr, false);
    if (value.is_discarded()) return std::nullopt;
    return value;
}

/// Bytes that are not UTF-8 are replaced, never thrown about.
inline std::string to_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// The member's text; empty where there is none or it is no string.
inline std::string string_of(const Json& object, const char* key) {
    if (!object.is_object()) return {};
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

inline Json to_json(const Value& value) {
    return std::visit([](const auto& plain) { return Json(plain); }, value);
}

/// As devices spell it when they send strings: `True`, `False`, `2`.
inline std::string spelled(const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "True" : "False";
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    return std::get<std::string>(value);
}

}  // namespace hotdesk::sandbox
