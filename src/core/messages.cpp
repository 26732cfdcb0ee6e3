#include <hotdesk/messages.hpp>

#include <array>
#include <utility>

namespace hotdesk {

namespace {

constexpr std::array placeholders{
    std::pair{std::string_view{"organizer"}, &Facts::organizer}, std::pair{std::string_view{"start"}, &Facts::start},
    std::pair{std::string_view{"end"}, &Facts::end}, std::pair{std::string_view{"limit"}, &Facts::limit},
    std::pair{std::string_view{"desk"}, &Facts::desk}};

const std::string Facts::*placeholder(std::string_view name) {
    for (const auto& [known, member] : placeholders)
        if (known == name) return member;
    return nullptr;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += begins_character(c) ? 1 : 0;
    return count;
}

/// The first characters of a text, cut between characters and not within one.
std::string shortened(std::string text) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (begins_character(text[i]) && ++count > longest_message) {
            text.resize(i);
            break;
        }
    return text;
}

std::string fill(std::string_view text, const Facts& facts) {
    std::string out;
    while (!text.empty()) {
        const auto open = text.find('{');
        out += text.substr(0, open);
        if (open == std::string_view::npos) break;
        const auto close = text.find('}', open);
        if (close == std::string_view::npos) break;
        if (const auto member = placeholder(text.substr(open + 1, close - open - 1))) {
            const std::string& value = facts.*member;
            out += value.empty() ? "?" : value;
        }
        text.remove_prefix(close + 1);
    }
    return out;
}

}  // namespace

std::string_view default_text(Rule rule) {
    switch (rule) {
        case Rule::SignInGrace: return "You are being signed out: this desk has no booking for you. Book it to use it.";
        case Rule::SignOutGrace: return "You are being signed out: your booking is over.";
        case Rule::MaxCallOverrun:
            return "You are being signed out: your booking is over and the call has gone on too long.";
        case Rule::VerifyIdentity: return "You are being signed out: this desk is booked by {organizer}.";
        case Rule::ReleaseOnSignOut: return "";  // nobody is there to read it
        case Rule::NoShowRelease: return "";     // the same
        case Rule::NoShowWarning:
            return "This desk is booked by {organizer} until {end}. Sign in by {limit}, or the booking is released.";
        case Rule::EndWarning: return "Your booking of this desk ends at {end}.";
        case Rule::AllowAdHoc: return "Not accepted: this desk cannot be booked at the desk itself.";
        case Rule::AllowExtension: return "Not accepted: bookings of this desk cannot be extended.";
        case Rule::OrganizerDeny:
        case Rule::OrganizerDomains: return "Not accepted: {organizer} may not book this desk.";
        case Rule::MaxDuration: return "Not accepted: a booking of this desk may last {limit} at most.";
        case Rule::MaxAdvance: return "Not accepted: this desk can be booked {limit} ahead at most.";
        case Rule::BookingDays: return "Not accepted: this desk can be booked on {limit} only.";
        case Rule::BookingHours: return "Not accepted: this desk can be booked for {limit} only.";
        case Rule::OneDeskAtATime: return "Not accepted: {organizer} has booked another desk for that time.";
        case Rule::MaxBookingsPerDay: return "Not accepted: {organizer} may book {limit} times a day.";
        case Rule::Cli: return "You are being signed out by your administrator.";
    }
    return "";
}

std::string Messages::text(Rule rule, const Facts& facts) const {
    const auto own = texts.find(rule);
    return shortened(fill(own == texts.end() ? default_text(rule) : std::string_view{own->second}, facts));
}

std::string wrong_with_text(std::string_view text) {
    if (characters(text) > longest_message)
        return "is longer than the " + std::to_string(longest_message) + " characters that a desk shows";
    while (true) {
        const auto open = text.find_first_of("{}");
        if (open == std::string_view::npos) return {};
        const auto close = text.find_first_of("{}", open + 1);
        if (text[open] == '}' || close == std::string_view::npos || text[close] == '{')
            return "has a brace without its other half; write {organizer}, {start}, {end}, {limit} or {desk}";
        const auto name = text.substr(open + 1, close - open - 1);
        if (!placeholder(name))
            return "has the unknown placeholder {" + std::string{name} +
                   "}; known are {organizer}, {start}, {end}, {limit} and {desk}";
        text.remove_prefix(close + 1);
    }
}

}  // namespace hotdesk
