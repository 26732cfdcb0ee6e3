#pragma once
// JSON for codec, and the only file that includes RapidJSON. Private to src/codec.
//
// A Document owns the text and is parsed in place: no string is copied until a caller wants to keep it. A View is a
// pointer into a Document. RapidJSON's own getters abort on the wrong type; a View answers nullopt instead, and a View
// of what is not there may be asked like any other. Measured on 2 shared vCPUs: 2 to 3 us for a queue message of 600
// bytes, of which half is the parse.
//
// Bounds: kMaxBytes and kMaxDepth. The parse is iterative, so depth costs no call stack, and the depth is counted
// while parsing, so a bomb costs no memory either. Encoding is validated: text that gets through is UTF-8, and an
// escape for half a character is read as DEL, as which no id is accepted.

#ifdef __SSE2__
#define RAPIDJSON_SSE2  // skips to the end of a string 16 bytes at a time; what it reads beyond the text: see kPadding
#endif
#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <hotdesk/secret.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hotdesk::codec::json {

constexpr std::size_t kMaxBytes = std::size_t{8} * 1024 * 1024;
constexpr int kMaxDepth = 64;  ///< levels of objects and arrays; a flat object is one

// --- encoding --------------------------------------------------------------------------------------------------------

/// Whether all of `text` is well-formed UTF-8. 16 bytes a ns where it is ASCII: the reason why RapidJSON's own check,
/// a byte at a time, is not used.
bool is_utf8(std::string_view text);

/// Replaces every byte that is not part of well-formed UTF-8 by DEL (0x7f), which no name or id contains. Returns
/// whether there was any.
bool scrub_utf8(std::string& text);

/// Replaces every `\uXXXX` of a JSON text that is one half of a character without its other half by `\u007f`. A desk
/// that cuts a title in the middle of a character writes that, and RapidJSON refuses the first halves and makes bytes
/// that are not UTF-8 of the second.
void scrub_surrogates(std::string& json);

// --- reading ---------------------------------------------------------------------------------------------------------

/// A value in a Document, or nothing. Borrowed: lives as long as the Document.
class View {
public:
    View() = default;
    explicit View(const rapidjson::Value* value) : value_(value) {}

    [[nodiscard]] bool exists() const { return value_ != nullptr; }
    [[nodiscard]] bool is_object() const { return value_ != nullptr && value_->IsObject(); }
    [[nodiscard]] bool is_array() const { return value_ != nullptr && value_->IsArray(); }
    [[nodiscard]] bool is_null() const { return value_ != nullptr && value_->IsNull(); }

    /// The member `name` of an object; nothing where there is none or this is no object.
    [[nodiscard]] View operator[](std::string_view name) const {
        if (!is_object()) return {};
        for (auto member = value_->MemberBegin(); member != value_->MemberEnd(); ++member)
            if (text(member->name) == name) return View(&member->value);
        return {};
    }

    [[nodiscard]] std::optional<std::string_view> string() const {
        if (value_ == nullptr || !value_->IsString()) return std::nullopt;
        return text(*value_);
    }
    [[nodiscard]] std::optional<std::int64_t> integer() const {
        if (value_ == nullptr || !value_->IsInt64()) return std::nullopt;
        return value_->GetInt64();
    }
    /// Any number, to some 15 digits.
    [[nodiscard]] std::optional<double> number() const {
        if (value_ == nullptr || !value_->IsNumber()) return std::nullopt;
        return value_->GetDouble();
    }
    [[nodiscard]] std::optional<bool> boolean() const {
        if (value_ == nullptr || !value_->IsBool()) return std::nullopt;
        return value_->GetBool();
    }

    // Desks and cloud write the same value both as a JSON type and as a string: true and "True", 2 and "2".

    /// A boolean in either spelling.
    [[nodiscard]] std::optional<bool> spelled_boolean() const {
        const auto word = string();
        if (!word) return boolean();
        if (*word == "True" || *word == "true") return true;
        if (*word == "False" || *word == "false") return false;
        return std::nullopt;
    }
    /// An integer in either spelling.
    [[nodiscard]] std::optional<std::int64_t> spelled_integer() const {
        const auto word = string();
        if (!word) return integer();
        std::int64_t value = 0;
        const char* const end = word->data() + word->size();
        const auto [stop, failure] = std::from_chars(word->data(), end, value);
        if (failure != std::errc{} || stop != end) return std::nullopt;
        return value;
    }

    /// Calls `visit(View)` for each element; for none where this is no array.
    template <class Visit>
    void each(Visit&& visit) const {
        if (!is_array()) return;
        for (auto element = value_->Begin(); element != value_->End(); ++element) visit(View(&*element));
    }
    /// Calls `visit(std::string_view name, View)` for each member; for none where this is no object.
    template <class Visit>
    void each_member(Visit&& visit) const {
        if (!is_object()) return;
        for (auto member = value_->MemberBegin(); member != value_->MemberEnd(); ++member)
            visit(text(member->name), View(&member->value));
    }
    /// Elements of an array or members of an object; else 0.
    [[nodiscard]] std::size_t size() const {
        if (is_array()) return value_->Size();
        return is_object() ? value_->MemberCount() : 0;
    }

private:
    static std::string_view text(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

    const rapidjson::Value* value_ = nullptr;
};

/// Passes parse events on to a document and ends the parse where it gets too deep.
class DepthGuard {
public:
    DepthGuard(rapidjson::Document& to, int limit) : to_(to), limit_(limit) {}
    // The names are those that RapidJSON calls.
    bool Null() { return to_.Null(); }
    bool Bool(bool value) { return to_.Bool(value); }
    bool Int(int value) { return to_.Int(value); }
    bool Uint(unsigned value) { return to_.Uint(value); }
    bool Int64(std::int64_t value) { return to_.Int64(value); }
    bool Uint64(std::uint64_t value) { return to_.Uint64(value); }
    bool Double(double value) { return to_.Double(value); }
    bool RawNumber(const char* text, rapidjson::SizeType size, bool copy) { return to_.RawNumber(text, size, copy); }
    bool String(const char* text, rapidjson::SizeType size, bool copy) { return to_.String(text, size, copy); }
    bool Key(const char* text, rapidjson::SizeType size, bool copy) { return to_.Key(text, size, copy); }
    bool StartObject() { return ++depth_ <= limit_ && to_.StartObject(); }
    bool EndObject(rapidjson::SizeType members) { return --depth_ >= 0 && to_.EndObject(members); }
    bool StartArray() { return ++depth_ <= limit_ && to_.StartArray(); }
    bool EndArray(rapidjson::SizeType elements) { return --depth_ >= 0 && to_.EndArray(elements); }

private:
    rapidjson::Document& to_;
    int limit_;
    int depth_ = 0;
};

enum class Wipe { No, Yes };

/// Parsed text. Stays where it is: Views point into it.
class Document {
public:
    /// Takes `text` over. `Wipe::Yes` where it holds a secret: it is overwritten at the end.
    explicit Document(std::string text, Wipe wipe = Wipe::No, int max_depth = kMaxDepth)
        : text_(std::move(text)), wipe_(wipe) {
        if (text_.size() > kMaxBytes) {
            problem_ = "larger than 8 MiB";
            return;
        }
        if (!is_utf8(text_)) {
            problem_ = "not UTF-8";
            return;
        }
        // Without kParseFullPrecisionFlag: its code counts the leading zeros of 0 for numbers such as
        // 18446744073709551615922, which is undefined, and nothing here needs a fraction to the last bit.
        constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag;
        scrub_surrogates(text_);
        const std::size_t size = text_.size();
        pad();
        rapidjson::InsituStringStream stream(text_.data());
        rapidjson::Reader reader;
        rapidjson::ParseResult outcome;
        auto generate = [&](rapidjson::Document& document) {
            DepthGuard guard(document, max_depth);
            outcome = reader.Parse<flags>(stream, guard);
            return !outcome.IsError();
        };
        document_.Populate(generate);
        if (outcome.Code() == rapidjson::kParseErrorTermination) {
            problem_ = "nested too deep";
        } else if (outcome.IsError() || stream.Tell() != size) {
            // The reader takes a NUL for the end of the text, hence the second condition.
            problem_ = "not JSON";
        }
    }
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;
    ~Document() {
        if (wipe_ == Wipe::Yes) Secret::wipe(text_);
    }

    [[nodiscard]] bool ok() const { return problem_ == nullptr; }
    /// What is wrong, in a few words without contents; only where ok() is false.
    [[nodiscard]] const char* problem() const { return problem_; }
    /// Nothing where ok() is false.
    [[nodiscard]] View root() const { return ok() ? View(&document_) : View(); }

private:
    /// The parser looks for the end of a string in aligned blocks of 16 bytes: the last one must be ours to read.
    static constexpr std::size_t kPadding = 16;

    /// Growing moves the text; where it is secret the old place is wiped.
    void pad() {
        if (wipe_ == Wipe::Yes && text_.capacity() - text_.size() < kPadding) {
            std::string roomy;
            roomy.reserve(text_.size() + kPadding);
            roomy += text_;
            Secret::wipe(text_);
            text_ = std::move(roomy);
        }
        text_.append(kPadding, '\0');
    }

    std::string text_;
    rapidjson::Document document_;
    const char* problem_ = nullptr;
    Wipe wipe_;
};

// --- writing ---------------------------------------------------------------------------------------------------------

/// Where RapidJSON's writers put their bytes: straight into the string that is handed out.
struct Sink {
    using Ch = char;
    std::string text;
    /// Growing leaves no copy behind: the text may be a secret's.
    void Put(char byte) {
        if (text.size() < text.capacity())
            text.push_back(byte);
        else
            Secret::append(text, {&byte, 1});
    }
    void Flush() {}
};

/// Writes one document. Calls must nest as JSON does: that is the caller's own care, not checked.
template <template <class, class, class, class, unsigned> class Style>
class BasicWriter {
public:
    /// `expected`: bytes to set aside, so that a text with a secret in it is not copied while it grows.
    explicit BasicWriter(std::size_t expected = 256) { sink_.text.reserve(expected); }
    BasicWriter(const BasicWriter&) = delete;
    BasicWriter& operator=(const BasicWriter&) = delete;

    void open_object() { writer_.StartObject(); }
    void close_object() { writer_.EndObject(); }
    void open_array() { writer_.StartArray(); }
    void close_array() { writer_.EndArray(); }
    void key(std::string_view name) { writer_.Key(name.data(), size(name)); }
    /// Bytes that are not UTF-8 are replaced: what is sent is always JSON.
    void string(std::string_view value) {
        if (is_utf8(value)) {
            writer_.String(value.data(), size(value));
            return;
        }
        std::string copy(value);
        scrub_utf8(copy);
        writer_.String(copy.data(), size(copy));
    }
    void integer(std::int64_t value) { writer_.Int64(value); }
    void boolean(bool value) { writer_.Bool(value); }
    void null() { writer_.Null(); }
    /// An object that is JSON already, as it is.
    void raw_object(std::string_view text) { writer_.RawValue(text.data(), text.size(), rapidjson::kObjectType); }

    void member(std::string_view name, std::string_view value) {
        key(name);
        string(value);
    }
    void member(std::string_view name, std::int64_t value) {
        key(name);
        integer(value);
    }

    /// The text; the writer is empty afterwards.
    [[nodiscard]] std::string take() { return std::move(sink_.text); }

private:
    static rapidjson::SizeType size(std::string_view text) { return static_cast<rapidjson::SizeType>(text.size()); }

    Sink sink_;
    Style<Sink, rapidjson::UTF8<>, rapidjson::UTF8<>, rapidjson::CrtAllocator, rapidjson::kWriteDefaultFlags> writer_{
        sink_};
};

using Writer = BasicWriter<rapidjson::Writer>;
/// Indented by four spaces, for people.
using PrettyWriter = BasicWriter<rapidjson::PrettyWriter>;

}  // namespace hotdesk::codec::json
