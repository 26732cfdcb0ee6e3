#pragma once
// A string that must not be seen: the client secret, tokens, the activation code, the state key.
//
// It cannot be formatted, streamed, compared or implicitly converted; whoever needs the text says `reveal()`, which
// can be searched for. The memory is wiped when the value dies or is assigned over. A moved-from secret is empty.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace hotdesk {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) { wipe(text); }
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
    Secret& operator=(const Secret& other) {
        if (this != &other) {
            wipe(text_);
            text_ = other.text_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe(text_);
            text_ = std::move(other.text_);
            wipe(other.text_);
        }
        return *this;
    }
    ~Secret() { wipe(text_); }

    [[nodiscard]] bool empty() const { return text_.empty(); }
    /// The text itself; lives as long as this secret is neither assigned to nor destroyed.
    [[nodiscard]] std::string_view reveal() const { return text_; }

    /// Appends to a plain string that may hold a secret: where it must grow, the old place is wiped.
    static void append(std::string& text, std::string_view bytes) {
        if (text.capacity() - text.size() < bytes.size()) {
            std::string roomy;
            roomy.reserve(text.capacity() + std::max(text.capacity(), bytes.size()));
            roomy += text;
            wipe(text);
            text = std::move(roomy);
        }
        text += bytes;
    }

    /// Overwrites and empties a plain string that held a secret on its way in. All of its memory: a string that was
    /// moved from or cut still holds what it held, a short one within itself.
    static void wipe(std::string& text) noexcept {
        text.resize(text.capacity());  // never allocates
        // volatile: the compiler may not drop a store to memory that is about to be released.
        for (volatile char* p = text.data(); p != text.data() + text.size(); ++p) *p = 0;
        text.clear();
    }

private:
    std::string text_;
};

}  // namespace hotdesk
