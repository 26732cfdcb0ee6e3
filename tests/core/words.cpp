#include "words.hpp"

#include <sstream>

namespace hotdesk::test {

Words words_of(const std::string& line) {
    Words words;
    const std::string text = line.substr(0, line.find('#'));
    std::istringstream in(text);
    if (!(in >> words.first)) return words;
    std::getline(in >> std::ws, words.rest);
    while (!words.rest.empty() && words.rest.back() == ' ') words.rest.pop_back();
    std::istringstream rest(words.rest);
    for (std::string word; rest >> word;) {
        const auto equals = word.find('=');
        if (equals == std::string::npos) {
            words.plain.push_back(word);
            continue;
        }
        const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
        words.ordered.emplace_back(key, value);
        words.named[key] = value;
    }
    return words;
}

Millis span_of(const std::string& text) {
    const bool back = !text.empty() && text[0] == '-', sign = back || (!text.empty() && text[0] == '+');
    const auto duration = parse_duration(sign ? text.substr(1) : text);
    if (!duration) throw Broken("no duration: " + text);
    return back ? -*duration : *duration;
}

bool yes(const std::string& text) {
    if (text != "yes" && text != "no") throw Broken("yes or no, not " + text);
    return text == "yes";
}

namespace {

Limit limit(const std::string& text) { return text == "off" ? off : Limit{span_of(text)}; }

std::vector<std::string> list_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string item; std::getline(in, item, ',');) out.push_back(item);
    return out;
}

std::chrono::minutes of_day(const std::string& text) {
    const auto hour = detail::digits(text, 0, 2), minute = detail::digits(text, 3, 2);
    if (!hour || !minute || text.size() != 5) throw Broken("no time of day: " + text);
    return std::chrono::minutes{*hour * 60 + *minute};
}

void set_days(Policy& policy, const std::string& text) {
    static const std::array<std::string, 7> names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    policy.booking_days.fill(false);
    for (const std::string& day : list_of(text)) {
        bool known = false;
        for (std::size_t i = 0; i < names.size(); ++i)
            if (names[i] == day) policy.booking_days[i] = known = true;
        if (!known) throw Broken("no day: " + day);
    }
}

/// The keys that are a length of time, and those that are yes or no.
const std::map<std::string, Limit Policy::*> limits{{"sign_in_grace", &Policy::sign_in_grace},
                                                    {"sign_out_grace", &Policy::sign_out_grace},
                                                    {"max_call_overrun", &Policy::max_call_overrun},
                                                    {"no_show_release", &Policy::no_show_release},
                                                    {"no_show_warning", &Policy::no_show_warning},
                                                    {"no_show_exempt_duration", &Policy::no_show_exempt_duration},
                                                    {"end_warning", &Policy::end_warning},
                                                    {"max_duration", &Policy::max_duration},
                                                    {"max_advance", &Policy::max_advance}};
const std::map<std::string, bool Policy::*> switches{{"release_on_sign_out", &Policy::release_on_sign_out},
                                                     {"allow_ad_hoc", &Policy::allow_ad_hoc},
                                                     {"allow_extension", &Policy::allow_extension},
                                                     {"one_desk_at_a_time", &Policy::one_desk_at_a_time},
                                                     {"messages", &Policy::messages}};

}  // namespace

void set_key(Policy& policy, const std::string& key, const std::string& value) {
    if (const auto at = limits.find(key); at != limits.end()) {
        policy.*at->second = limit(value);
    } else if (const auto is = switches.find(key); is != switches.end()) {
        policy.*is->second = yes(value);
    } else if (key == "mode") {
        policy.mode = value == "observe" ? Mode::Observe : Mode::Enforce;
    } else if (key == "max_bookings_per_day") {
        policy.max_bookings_per_day = std::stoi(value);
    } else if (key == "booking_days") {
        set_days(policy, value);
    } else if (key == "booking_hours") {
        policy.booking_from = of_day(value.substr(0, value.find('-')));
        policy.booking_to = of_day(value.substr(value.find('-') + 1));
    } else if (key == "time_zone") {
        policy.time_zone = value;
    } else if (key == "organizer_domains") {
        policy.organizer_domains = list_of(value);
    } else if (key == "organizer_deny") {
        policy.organizer_deny = list_of(value);
    } else if (key == "verify_identity") {
        policy.verify_identity = value == "off"  ? VerifyIdentity::Off
                                 : value == "on" ? VerifyIdentity::On
                                                 : VerifyIdentity::Auto;
    } else {
        throw Broken("unknown policy key: " + key);
    }
}

Rule rule_named(const std::string& name) {
    for (const Rule rule : all_rules)
        if (name_of(rule) == name) return rule;
    throw Broken("there is no rule " + name);
}

}  // namespace hotdesk::test
