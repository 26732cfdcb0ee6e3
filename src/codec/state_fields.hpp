#pragma once
// Writers and readers of single fields of state records. Private to src/codec. A field that has its default is left
// out.

#include "codec/fields.hpp"
#include "codec/json.hpp"

#include <algorithm>
#include <cstdint>
#include <hotdesk/desk.hpp>
#include <hotdesk/result.hpp>
#include <limits>

namespace hotdesk::codec {

using json::View;
using json::Writer;

inline Error damaged(std::string_view what) {
    return {ErrorKind::Corrupt, "a " + std::string{what} + " record in the state cannot be read"};
}

// --- writing

inline void put(Writer& out, std::string_view name, std::string_view value) {
    if (!value.empty()) out.member(name, value);
}
inline void put_time(Writer& out, std::string_view name, WallTime value) {
    if (value != WallTime{}) out.member(name, format_time(value));
}
inline void put_time(Writer& out, std::string_view name, const std::optional<WallTime>& value) {
    if (value) out.member(name, format_time(*value));
}
inline void put_flag(Writer& out, std::string_view name, bool value) {
    if (!value) return;
    out.key(name);
    out.boolean(true);
}
inline void put_count(Writer& out, std::string_view name, std::uint64_t value) {
    if (value != 0) out.member(name, static_cast<std::int64_t>(value));
}
inline void put_strings(Writer& out, std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    out.key(name);
    out.open_array();
    for (const auto& value : values) out.string(value);
    out.close_array();
}
inline void put_ref(Writer& out, const BookingRef& ref) {
    put(out, "id", ref.id.value);
    put(out, "meetingId", ref.meeting.value);
}

template <class Items, class Put>
inline void put_list(Writer& out, std::string_view name, const Items& items, Put&& put_one) {
    if (items.empty()) return;
    out.key(name);
    out.open_array();
    for (const auto& item : items) {
        out.open_object();
        put_one(item);
        out.close_object();
    }
    out.close_array();
}

// --- reading

inline std::uint64_t count(View value) {
    const auto number = value.integer();
    return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}
/// At most as many as an int counts.
inline int small_count(View value) {
    return static_cast<int>(std::min<std::uint64_t>(count(value), std::numeric_limits<int>::max()));
}
inline bool flag(View value) { return value.boolean().value_or(false); }
inline WallTime time_or_epoch(View value) { return read_time(value).value_or(WallTime{}); }
inline std::optional<Since> since(View value) {
    const auto wall = read_time(value);
    if (!wall) return std::nullopt;
    return Since{*wall, MonoTime{}};
}
inline Since since_or_epoch(View value) { return {time_or_epoch(value), MonoTime{}}; }
template <class T, class Read>
inline void read_list(View list, std::vector<T>& into, Read&& read) {
    list.each([&](View item) { into.push_back(read(item)); });
}

}  // namespace hotdesk::codec
