#pragma once
// What a status or an event field can be on the wire, without saying how it is spelled there.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace hotdesk::sandbox {

/// Source: xAPI schema, `valuespace` of statuses and event fields: literals True/False, int, string.
using Value = std::variant<bool, std::int64_t, std::string>;

struct Field {
    std::string name;
    Value value;

    Field(std::string n, Value v) : name(std::move(n)), value(std::move(v)) {}
    bool operator==(const Field&) const = default;
};

/// In the order in which they are written.
using Fields = std::vector<Field>;

}  // namespace hotdesk::sandbox
