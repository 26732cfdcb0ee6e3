#include "codec/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>

namespace hotdesk::codec {

namespace {

bool continues(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
}

/// Bytes of the well-formed character at `at` (not ASCII); 0: there is none. Unicode, table 3-7.
std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const auto second = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
    if (!continues(text, at + 1) || lead < 0xc2 || lead > 0xf4) return 0;
    if (lead < 0xe0) return 2;
    if (!continues(text, at + 2)) return 0;
    if (lead < 0xf0) {
        const bool overlong = lead == 0xe0 && second < 0xa0;
        const bool surrogate = lead == 0xed && second > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = lead == 0xf0 && second < 0x90;
    const bool too_large = lead == 0xf4 && second > 0x8f;
    return overlong || too_large || !continues(text, at + 3) ? 0 : 4;
}

/// The first byte from `at` on that is not part of a well-formed character; text.size(): there is none.
std::size_t ill_formed(std::string_view text, std::size_t at) {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    while (at < text.size()) {
        std::uint64_t eight = 0;
        if (text.size() - at >= sizeof eight) {
            std::memcpy(&eight, text.data() + at, sizeof eight);
            if ((eight & high_bits) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        if (static_cast<unsigned char>(text[at]) < 0x80) {
            ++at;
        } else if (const std::size_t length = utf8_length(text, at); length != 0) {
            at += length;
        } else {
            return at;
        }
    }
    return at;
}

/// The 16 bits that `\uXXXX` at `at` stands for; empty: no such escape is there.
std::optional<unsigned> escaped_unit(std::string_view json, std::size_t at) {
    const std::string_view escape = json.substr(at, 6);
    unsigned unit = 0;
    if (escape.size() < 6 || escape[1] != 'u' || escape[0] != '\\') return std::nullopt;
    const char* const end = escape.data() + escape.size();
    const auto [stop, failure] = std::from_chars(escape.data() + 2, end, unit, 16);
    return failure == std::errc{} && stop == end ? std::optional{unit} : std::nullopt;
}

}  // namespace

bool json::is_utf8(std::string_view text) { return ill_formed(text, 0) == text.size(); }

bool json::scrub_utf8(std::string& text) {
    bool found = false;
    for (std::size_t at = ill_formed(text, 0); at < text.size(); at = ill_formed(text, at)) {
        text[at++] = 0x7f;
        found = true;
    }
    return found;
}

void json::scrub_surrogates(std::string& json) {
    const auto is_half = [](unsigned unit, unsigned which) { return (unit & 0xfc00U) == which; };
    constexpr unsigned first = 0xd800, second = 0xdc00;
    constexpr std::size_t length = 6;
    for (auto at = json.find('\\'); at != std::string::npos; at = json.find('\\', at)) {
        const auto unit = escaped_unit(json, at);
        if (!unit) {
            at += 2;  // another escape, perhaps that of a backslash
            continue;
        }
        const auto next = is_half(*unit, first) ? escaped_unit(json, at + length) : std::nullopt;
        if (next && is_half(*next, second)) {
            at += 2 * length;
            continue;
        }
        if (is_half(*unit, first) || is_half(*unit, second)) json.replace(at, length, "\\u007f");
        at += length;
    }
}

std::optional<std::string> read_id(json::View value) {
    if (const auto number = value.integer()) return std::to_string(*number);
    const auto text = value.string();
    if (!text || text->empty() || text->size() > kMaxIdBytes) return std::nullopt;
    if (std::any_of(text->begin(), text->end(), is_control)) return std::nullopt;
    return std::string(*text);
}

std::string text_or_empty(json::View value) { return std::string(value.string().value_or(std::string_view{})); }

std::optional<WallTime> read_time(json::View value) {
    const auto text = value.string();
    return text ? parse_time(*text) : std::nullopt;
}

std::optional<std::chrono::minutes> read_minutes(json::View value) {
    constexpr std::int64_t limit_min = std::int64_t{366} * 24 * 60;
    const auto count = value.spelled_integer();
    if (!count || *count < 0 || *count > limit_min) return std::nullopt;
    return std::chrono::minutes{*count};
}

std::vector<std::string> read_strings(json::View value) {
    std::vector<std::string> strings;
    strings.reserve(value.is_array() ? value.size() : 0);
    value.each([&](json::View element) {
        if (const auto text = element.string()) strings.emplace_back(*text);
    });
    return strings;
}

BookingRef read_ref(json::View value) {
    return {id_or_empty<BookingId>(value["Id"]), id_or_empty<MeetingId>(value["MeetingId"])};
}

XapiAccess read_access(json::View value) {
    return {read_strings(value["commands"]), read_strings(value["statuses"]), read_strings(value["events"])};
}

StatusRead read_status(std::string_view path, json::View value, StatusReport& report) {
    if (path == status_path::personalized) {
        const auto signed_in = value.spelled_boolean();
        if (!signed_in) return StatusRead::NotUnderstood;
        report.personalized = Mention<bool>(std::in_place, *signed_in);
        return StatusRead::Taken;
    }
    if (path == status_path::active_calls) {
        const auto calls = value.spelled_integer();
        if (!calls || *calls < 0 || *calls > std::numeric_limits<int>::max()) return StatusRead::NotUnderstood;
        report.active_calls = Mention<int>(std::in_place, static_cast<int>(*calls));
        return StatusRead::Taken;
    }
    if (path == status_path::presence) {
        const auto word = value.string().value_or(std::string_view{});
        if (word != "Yes" && word != "No" && word != "Unknown") return StatusRead::NotUnderstood;
        const Presence presence = word == "Yes" ? Presence::Yes : word == "No" ? Presence::No : Presence::Unknown;
        report.presence = Mention<Presence>(std::in_place, presence);
        return StatusRead::Taken;
    }
    return StatusRead::NotOurs;
}

StatusRead remove_status(std::string_view path, StatusReport& report) {
    if (path == status_path::personalized) {
        report.personalized.emplace(std::nullopt);
    } else if (path == status_path::active_calls) {
        report.active_calls.emplace(std::nullopt);
    } else if (path == status_path::presence) {
        report.presence.emplace(std::nullopt);
    } else {
        return StatusRead::NotOurs;
    }
    return StatusRead::Taken;
}

void write_arguments(json::Writer& writer, const Command& command) {
    writer.open_object();
    for (const auto& argument : command.arguments)
        std::visit([&](const auto& value) { writer.member(argument.first, value); }, argument.second);
    writer.close_object();
}

}  // namespace hotdesk::codec
