#pragma once
// What a person at a desk is told: one short text a rule, which the administrator may write in their own words.

#include <hotdesk/policy.hpp>

#include <map>
#include <string>
#include <string_view>

namespace hotdesk {

/// What the placeholders of a text stand for: `{organizer}`, `{start}`, `{end}`, `{limit}`, `{desk}`. Empty: not known.
struct Facts {
    std::string organizer;   ///< name, else address, of the booking's organizer
    std::string start, end;  ///< of the booking, `HH:MM` in the policy's time zone
    std::string limit;       ///< the rule's value, e.g. `4h` or `15m`
    std::string desk;        ///< display name
};

/// The most that an alert can show, in characters. Source: xAPI schema, UserInterface.Message.Alert.Display: Text and
/// Title, MaxLength 255.
inline constexpr std::size_t longest_message = 255;

/// The texts that differ from the defaults. Source: hotdeskd.toml, section `[messages]`; keys are the rules' names.
struct Messages {
    std::string title = "Hot desk";
    std::map<Rule, std::string> texts;

    /// The text of a rule with its placeholders filled in, cut to longest_message. Empty: this rule tells nothing.
    [[nodiscard]] std::string text(Rule rule, const Facts& facts) const;
    bool operator==(const Messages&) const = default;
};

/// In English. Empty: the rule tells nothing.
std::string_view default_text(Rule rule);

/// What is wrong with a text as an administrator wrote it, in words; empty: nothing. An unknown placeholder, a brace
/// that is not closed, or too long.
std::string wrong_with_text(std::string_view text);

}  // namespace hotdesk
