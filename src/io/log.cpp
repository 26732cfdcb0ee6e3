#include "io/log.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

namespace hotdesk::io {
namespace {

constexpr std::array<std::string_view, 4> level_names{"error", "warn", "info", "debug"};
/// syslog(3): err, warning, info, debug.
constexpr std::array<std::string_view, 4> priorities{"<3>", "<4>", "<6>", "<7>"};
constexpr std::string_view hex_digits = "0123456789abcdef";

/// Length of the UTF-8 character at the front of `text`, 0 when there is none: cut, overlong, surrogate, too large.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    const unsigned second = byte(1);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f))
        return 0;
    return length;
}

enum class Dress { Plain, Quoted, Json };

/// One character of `text` as it may be shown, taken off its front.
std::string next_shown(std::string_view& text, Dress dress) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = utf8_length(text);
    const std::string_view whole = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(whole.size());
    // U+0080 to U+009F: terminals take them for control characters, too.
    const bool upper_control = length == 2 && first == 0xc2 && static_cast<unsigned char>(whole[1]) < 0xa0;
    if (length > 1 && !upper_control) return std::string(whole);
    if (length == 1 && first >= 0x20 && first != 0x7f) {
        const bool escape = (first == '"' && dress != Dress::Plain) || (first == '\\' && dress != Dress::Plain);
        return (escape ? "\\" : "") + std::string(whole);
    }
    if (first == '\n') return "\\n";
    if (first == '\t') return "\\t";
    if (first == '\r') return "\\r";
    if (dress == Dress::Json && length == 0) return "\\ufffd";
    const auto code = static_cast<unsigned char>(upper_control ? whole[1] : whole[0]);
    std::string out = dress == Dress::Json ? "\\u00" : "\\x";
    out += hex_digits[code >> 4];
    out += hex_digits[code & 15];
    return out;
}

/// Appends while there is room; once something did not fit, nothing more is taken.
class Line {
public:
    explicit Line(std::size_t room) : room_(room) {}

    void raw(std::string_view text) {
        if (cut_ || text.size() > room_) {
            cut_ = true;
            return;
        }
        text_ += text;
        room_ -= text.size();
    }
    void shown(std::string_view text, Dress dress) {
        while (!text.empty() && !cut_) raw(next_shown(text, dress));
    }
    /// What must follow whatever happens; its room was kept back.
    void close(std::string_view text) {
        text_ += text;
        room_ -= std::min(room_, text.size());
    }
    [[nodiscard]] bool cut() const { return cut_; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
    std::size_t room_;
    bool cut_ = false;
};

bool needs_quotes(std::string_view value) {
    return value.empty() || value.find_first_of(" \"=\\") != std::string_view::npos;
}

std::string text_line(std::string_view head, std::string_view text, std::span<const Field> fields) {
    constexpr std::string_view cut_mark = " [cut]";
    Line line(max_log_line_bytes - cut_mark.size() - 1);
    line.raw(head);
    line.shown(text, Dress::Plain);
    for (const auto& [name, value] : fields) {
        line.raw(" ");
        line.shown(name, Dress::Plain);
        line.raw("=");
        const bool quoted = needs_quotes(value);
        if (quoted) line.raw("\"");
        line.shown(value, quoted ? Dress::Quoted : Dress::Plain);
        if (quoted) line.raw("\"");
    }
    if (line.cut()) line.close(cut_mark);
    line.close("\n");
    return line.take();
}

std::string json_line(std::string_view time, std::string_view level, std::string_view text,
                      std::span<const Field> fields) {
    // Room kept back for the worst end: an open string, the open fields, the mark.
    constexpr std::string_view worst_end = "\"},\"cut\":true}\n";
    Line line(max_log_line_bytes - worst_end.size());
    line.raw("{\"time\":\"");
    line.raw(time);
    line.raw("\",\"level\":\"");
    line.raw(level);
    line.raw("\",\"text\":\"");
    line.shown(text, Dress::Json);
    line.close("\"");
    bool first = true;
    for (const auto& [name, value] : fields) {
        if (line.cut()) break;
        // A field is begun only when its name fits: half a name would be no JSON.
        Line begin(max_log_line_bytes);
        begin.raw(first ? ",\"fields\":{\"" : ",\"");
        begin.shown(name, Dress::Json);
        begin.raw("\":\"");
        line.raw(begin.take());
        if (line.cut()) break;
        line.shown(value, Dress::Json);
        line.close("\"");
        first = false;
    }
    if (!first) line.close("}");
    line.close(line.cut() ? ",\"cut\":true}\n" : "}\n");
    return line.take();
}

/// systemd sets JOURNAL_STREAM to "device:inode" of the stream that it gave the service; a redirected one differs.
bool is_journal(int fd) {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat info {};
    if (stream == nullptr || ::fstat(fd, &info) != 0) return false;
    return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) == stream;
}

void write_line(int fd, std::string_view line) {
    while (!line.empty()) {
        const ssize_t wrote = ::write(fd, line.data(), line.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return;  // nobody is left to be told
        line.remove_prefix(static_cast<std::size_t>(wrote));
    }
}

/// May stand in the local part of an address. Source: RFC 5322, dot-atom-text; RFC 6531 adds what is not ASCII.
bool is_local(char c) {
    constexpr std::string_view marks = "!#$%&'*+-/=?^_`{|}~.";
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || static_cast<unsigned char>(c) >= 0x80 || marks.find(c) != std::string_view::npos;
}

class LineLog final : public Log {
public:
    explicit LineLog(LogOptions options) : options_(std::move(options)) {
        if (options_.format == LogFormat::Auto)
            options_.format = is_journal(options_.fd) ? LogFormat::Journal : LogFormat::Text;
    }

    void line(Level level, std::string_view text, std::span<const Field> fields) override {
        if (level > options_.level) return;
        if (!options_.mask_addresses) return write(level, text, fields);
        std::vector<std::string> values;
        values.reserve(fields.size());
        std::vector<Field> masked;
        for (const auto& [name, value] : fields) masked.emplace_back(name, values.emplace_back(mask_addresses(value)));
        write(level, mask_addresses(text), masked);
    }

private:
    void write(Level level, std::string_view text, std::span<const Field> fields) {
        const auto rank = static_cast<std::size_t>(level);
        switch (options_.format) {
            case LogFormat::Json:
                write_line(options_.fd, json_line(format_time(now()), level_names[rank], text, fields));
                return;
            case LogFormat::Journal: write_line(options_.fd, text_line(priorities[rank], text, fields)); return;
            case LogFormat::Auto:
            case LogFormat::Text: break;
        }
        std::string head = format_time(std::chrono::floor<std::chrono::seconds>(now()));
        head += ' ';
        head += level_names[rank];
        head.append(6 - level_names[rank].size(), ' ');
        write_line(options_.fd, text_line(head, text, fields));
    }

    [[nodiscard]] WallTime now() const {
        if (options_.clock) return options_.clock();
        return std::chrono::floor<Millis>(std::chrono::system_clock::now());
    }

    LogOptions options_;
};

}  // namespace

std::unique_ptr<Log> make_log(LogOptions options) { return std::make_unique<LineLog>(std::move(options)); }

std::string mask_addresses(std::string_view text) {
    std::string out;
    for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@')) {
        std::size_t begin = at;
        while (begin > 0 && is_local(text[begin - 1])) --begin;
        if (begin == at) {
            out += text.substr(0, at + 1);
        } else {
            const std::size_t length = utf8_length(text.substr(begin, at - begin));
            out += text.substr(0, begin + (length == 0 ? 1 : length));
            out += "***@";
        }
        text.remove_prefix(at + 1);
    }
    out += text;
    return out;
}

std::string shown(std::string_view text) {
    const auto ordinary = [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; };
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto end = std::find_if_not(text.begin(), text.end(), ordinary);
        const auto length = static_cast<std::size_t>(end - text.begin());
        out += text.substr(0, length);
        text.remove_prefix(length);
        if (!text.empty()) out += next_shown(text, Dress::Json);
    }
    return out;
}

std::string_view level_name(Level level) { return level_names[static_cast<std::size_t>(level)]; }

std::optional<Level> parse_level(std::string_view name) {
    for (std::size_t i = 0; i < level_names.size(); ++i)
        if (name == level_names[i]) return static_cast<Level>(i);
    return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view name) {
    if (name == "auto") return LogFormat::Auto;
    if (name == "text") return LogFormat::Text;
    if (name == "json") return LogFormat::Json;
    return std::nullopt;
}

}  // namespace hotdesk::io
