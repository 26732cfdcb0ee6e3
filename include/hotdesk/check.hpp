#pragma once
// What the doctor says: a line for everything that it looks at.

#include <string>
#include <string_view>

namespace hotdesk {

enum class CheckState {
    Ok,
    Warn,  ///< works, and will not for long, or not as well as it could
    Fail,
    Skip  ///< not looked at; `found` says why
};
/// `ok`, `warn`, `fail`, `skip`.
constexpr std::string_view name_of(CheckState state) {
    switch (state) {
        case CheckState::Ok: return "ok";
        case CheckState::Warn: return "warn";
        case CheckState::Fail: return "fail";
        case CheckState::Skip: return "skip";
    }
    return "";
}

/// No field holds a secret.
struct CheckLine {
    std::string name;  ///< e.g. `clock`; of several lines of a kind, `tried` tells which
    CheckState state{};
    std::string tried;   ///< what was looked at
    std::string found;   ///< in words
    std::string remedy;  ///< what to do; empty: nothing
};

}  // namespace hotdesk
