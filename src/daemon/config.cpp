#include "daemon/config.hpp"

// The compiled library, not the header-only form: it is large.
#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include "codec/text.hpp"
#include "daemon/nearest.hpp"
#include "io/zone.hpp"

#include <algorithm>
#include <functional>

namespace hotdesk {

namespace {

/// What is wrong with a value, in words; empty: nothing.
using Wrong = std::string;
template <class Target>
using Setter = std::function<Wrong(Target&, const toml::node&)>;

template <class Target>
struct Key {
    std::string_view name;
    Setter<Target> set;
    bool acted_on = true;  ///< false: read and checked, but this version does nothing with it
};

// --- values

Wrong take(std::string& into, const toml::node& node) {
    const auto value = node.value_exact<std::string>();
    if (!value) return "must be a string in quotes";
    into = *value;
    return {};
}

Wrong take(bool& into, const toml::node& node) {
    const auto value = node.value_exact<bool>();
    if (!value) return "must be true or false";
    into = *value;
    return {};
}

Wrong take(int& into, const toml::node& node) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 0 || *value > 1000000) return "must be a whole number from 0 to 1000000";
    into = static_cast<int>(*value);
    return {};
}

Wrong take(std::vector<std::string>& into, const toml::node& node) {
    const toml::array* const list = node.as_array();
    if (!list) return "must be a list of strings";
    into.clear();
    for (const auto& element : *list) {
        const auto value = element.value_exact<std::string>();
        if (!value) return "must be a list of strings";
        into.push_back(*value);
    }
    return {};
}

Wrong take(Limit& into, const toml::node& node) {
    const auto value = node.value_exact<std::string>();
    if (value == "off") {
        into = off;
        return {};
    }
    const auto duration = value ? parse_duration(*value) : std::nullopt;
    if (!duration) return R"(must be a duration such as "90s", "15m", "8h", "1d", or "off")";
    into = *duration;
    return {};
}

template <class Enum>
Wrong take_word(Enum& into, const toml::node& node, std::initializer_list<std::pair<std::string_view, Enum>> words) {
    const auto value = node.value_exact<std::string>();
    std::string known;
    for (const auto& [word, meaning] : words) {
        if (value == word) {
            into = meaning;
            return {};
        }
        known += (known.empty() ? "\"" : ", \"") + std::string{word} + "\"";
    }
    return "must be one of " + known;
}

template <class Target, class Member>
Key<Target> key(std::string_view name, Member Target::*member, bool acted_on = true) {
    return {name, [member](Target& target, const toml::node& node) { return take(target.*member, node); }, acted_on};
}

/// A secret in the place of the name of its file must not come to be repeated as a name.
Wrong take_secret_file(std::string& into, const toml::node& node) {
    if (Wrong wrong = take(into, node); !wrong.empty()) return wrong;
    const bool good = into.substr(0, 1) == "/" || into.substr(0, 2) == "./";
    return good ? "" : "must be the path of a file, such as \"/etc/hotdeskd/client-secret\", and not the secret itself";
}

Wrong take_https(std::string& into, const toml::node& node) {
    if (Wrong wrong = take(into, node); !wrong.empty()) return wrong;
    const bool good = into.empty() || (into.size() > 8 && same_address(into.substr(0, 8), "https://"));
    return good ? "" : "must be a URL that begins with https://";
}

Wrong take_days(Policy& policy, const toml::node& node) {
    constexpr std::array<std::string_view, 7> names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    std::vector<std::string> days;
    const Wrong expected = R"(must be a list of "mon", "tue", "wed", "thu", "fri", "sat", "sun")";
    if (!take(days, node).empty()) return expected;
    policy.booking_days.fill(false);
    for (const auto& day : days) {
        const auto at = std::find(names.begin(), names.end(), day);
        if (at == names.end()) return expected;
        policy.booking_days[static_cast<std::size_t>(at - names.begin())] = true;
    }
    return {};
}

std::optional<std::chrono::minutes> clock_time(std::string_view text) {
    const auto hour = detail::digits(text, 0, 2), minute = detail::digits(text, 3, 2);
    if (text.size() != 5 || text[2] != ':' || !hour || !minute || *minute > 59) return std::nullopt;
    const std::chrono::minutes time{*hour * 60 + *minute};
    return time <= std::chrono::hours{24} ? std::optional{time} : std::nullopt;
}

Wrong take_hours(Policy& policy, const toml::node& node) {
    const std::string text = node.value_exact<std::string>().value_or("");
    const auto from = clock_time(std::string_view{text}.substr(0, 5));
    auto to = text.size() == 11 && text[5] == '-' ? clock_time(std::string_view{text}.substr(6)) : std::nullopt;
    if (!from || !to || *from == std::chrono::hours{24})
        return R"(must be hours of a day such as "08:00-18:00", "22:00-06:00" (the next morning) or "00:00-24:00")";
    if (*from == *to) {
        // From midnight to midnight is plain enough; of any other hour it may as well be a slip.
        if (from->count() != 0) return R"(begins and ends at the same time; write "00:00-24:00" for the whole day)";
        to = std::chrono::hours{24};
    }
    policy.booking_from = *from;
    policy.booking_to = *to;
    return {};
}

Wrong take_zone(Policy& policy, const toml::node& node) {
    if (Wrong wrong = take(policy.time_zone, node); !wrong.empty()) return wrong;
    const auto zone = io::make_zone(policy.time_zone);
    return zone.ok() || policy.time_zone.empty() ? "" : zone.error().message;
}

Wrong take_text(std::string& into, const toml::node& node) {
    if (Wrong wrong = take(into, node); !wrong.empty()) return wrong;
    return wrong_with_text(into);
}

Wrong take_title(Config& config, const toml::node& node) {
    if (Wrong wrong = take_text(config.messages.title, node); !wrong.empty()) return wrong;
    return config.messages.title.find_first_of("{}") == std::string::npos ? "" : "takes no placeholders";
}

/// Source: technical details, `actionsUrl`: "Must be an HTTPS URL".
Wrong take_actions_url(Config& config, const toml::node& node) {
    if (Wrong wrong = take(config.actions_url, node); !wrong.empty()) return wrong;
    const bool good = config.actions_url.empty() || config.actions_url.rfind("https://", 0) == 0;
    return good ? "" : "must be an https URL, or empty";
}

// --- the table of keys

const std::vector<Key<Config>>& integration_keys() {
    static const std::vector<Key<Config>> keys{
        {"app_id", [](Config& c, const toml::node& n) { return take(c.app_id.value, n); }},
        key("client_id", &Config::client_id),
        {"client_secret_file",
         [](Config& c, const toml::node& n) { return take_secret_file(c.client_secret_file, n); }},
        key("customer_id", &Config::customer_id),
        key("customer_name", &Config::customer_name),
        {"actions_url", take_actions_url},
    };
    return keys;
}

const std::vector<Key<Config>>& state_keys() {
    static const std::vector<Key<Config>> keys{
        key("directory", &Config::state_directory),
        key("key_file", &Config::key_file),
        key("runtime_directory", &Config::runtime_directory),
    };
    return keys;
}

const std::vector<Key<Config>>& http_keys() {
    static const std::vector<Key<Config>> keys{
        key("proxy", &Config::proxy),
        key("ca_file", &Config::ca_file),
        {"jwks_url", [](Config& c, const toml::node& n) { return take_https(c.jwks_url, n); }},
        key("extra_hosts", &Config::extra_hosts),
    };
    return keys;
}

/// A key for each rule that tells somebody something.
const std::vector<Key<Config>>& messages_keys() {
    static const std::vector<Key<Config>> keys = [] {
        std::vector<Key<Config>> made{{"title", take_title}};
        for (const Rule rule : all_rules)
            if (!default_text(rule).empty())
                made.push_back({name_of(rule), [rule](Config& c, const toml::node& n) {
                                    return take_text(c.messages.texts[rule], n);
                                }});
        return made;
    }();
    return keys;
}

const std::vector<Key<Config>>& log_keys() {
    static const std::vector<Key<Config>> keys{
        {"level",
         [](Config& c, const toml::node& n) {
             return take_word(
                 c.log_level, n,
                 {{"error", Level::Error}, {"warn", Level::Warn}, {"info", Level::Info}, {"debug", Level::Debug}});
         }},
        {"format",
         [](Config& c, const toml::node& n) {
             using io::LogFormat;
             return take_word(c.log_format, n,
                              {{"text", LogFormat::Text}, {"json", LogFormat::Json}, {"auto", LogFormat::Auto}});
         }},
        {"privacy",
         [](Config& c, const toml::node& n) {
             return take_word(c.mask_addresses, n, {{"off", false}, {"mask", true}});
         }},
    };
    return keys;
}

const std::vector<Key<Config>>& record_keys() {
    static const std::vector<Key<Config>> keys{key("keep", &Config::record_keep)};
    return keys;
}

const std::vector<Key<Config>>& metrics_keys() {
    static const std::vector<Key<Config>> keys{key("textfile", &Config::metrics_textfile, false)};
    return keys;
}

const std::vector<Key<Policy>>& policy_keys() {
    static const std::vector<Key<Policy>> keys{
        {"mode",
         [](Policy& p, const toml::node& n) {
             return take_word(p.mode, n, {{"enforce", Mode::Enforce}, {"observe", Mode::Observe}});
         }},
        key("sign_in_grace", &Policy::sign_in_grace),
        key("sign_out_grace", &Policy::sign_out_grace),
        key("max_call_overrun", &Policy::max_call_overrun),
        key("release_on_sign_out", &Policy::release_on_sign_out),
        key("no_show_release", &Policy::no_show_release),
        key("no_show_warning", &Policy::no_show_warning),
        key("no_show_exempt_duration", &Policy::no_show_exempt_duration),
        key("end_warning", &Policy::end_warning),
        key("allow_ad_hoc", &Policy::allow_ad_hoc),
        key("allow_extension", &Policy::allow_extension),
        key("max_duration", &Policy::max_duration),
        key("max_advance", &Policy::max_advance),
        key("max_bookings_per_day", &Policy::max_bookings_per_day),
        key("one_desk_at_a_time", &Policy::one_desk_at_a_time),
        {"booking_days", take_days},
        {"booking_hours", take_hours},
        {"time_zone", take_zone},
        key("organizer_domains", &Policy::organizer_domains),
        key("organizer_deny", &Policy::organizer_deny),
        {"verify_identity",
         [](Policy& p, const toml::node& n) {
             return take_word(
                 p.verify_identity, n,
                 {{"auto", VerifyIdentity::Auto}, {"off", VerifyIdentity::Off}, {"on", VerifyIdentity::On}});
         }},
        key("messages", &Policy::messages),
    };
    return keys;
}

struct Section {
    std::string_view name;
    const std::vector<Key<Config>>& (*keys)();
};
constexpr std::array sections{
    Section{"integration", integration_keys}, Section{"state", state_keys}, Section{"http", http_keys},
    Section{"messages", messages_keys},       Section{"log", log_keys},     Section{"record", record_keys},
    Section{"metrics", metrics_keys}};

template <class Target>
std::vector<std::string_view> names(const std::vector<Key<Target>>& keys) {
    std::vector<std::string_view> out;
    for (const auto& key : keys) out.push_back(key.name);
    return out;
}

// --- reading

/// One line, and no more of the file's own words than somebody reads.
Error wrong_at(const std::string& file, const toml::source_region& place, std::string_view what) {
    return {ErrorKind::Rejected, file + ":" + std::to_string(place.begin.line) + ": " + codec::one_line(what, 500)};
}

class Reader {
public:
    explicit Reader(const std::string& file) : file_(file) {}

    Config config;
    std::optional<Error> error;

    void read(const toml::table& root) {
        for (const auto& [name, node] : root) {
            if (name.str() == "policy") {
                if (const auto* table = table_of("policy", node)) read_policy(*table);
                continue;
            }
            const auto section = std::find_if(sections.begin(), sections.end(),
                                              [n = name.str()](const Section& s) { return s.name == n; });
            if (section == sections.end()) {
                std::vector<std::string_view> known{"policy"};
                for (const auto& s : sections) known.push_back(s.name);
                fail(node, std::string{name.str()}, "is not a known section" + nearest(name.str(), known));
            } else if (const auto* table = table_of(name.str(), node)) {
                for (const auto& [key, value] : *table)
                    set(config, section->keys(), std::string{name.str()} + ".", key.str(), value);
            }
        }
    }

    /// A zone that was named is known by now; the system's may be a mystery, and nobody is to be turned away for that.
    void find_zone() {
        auto zone = io::make_zone(config.policy.time_zone);
        if (zone.ok())
            config.zone = std::move(*zone);
        else
            config.warnings.push_back("policy.time_zone is not set, and " + zone.error().message +
                                      "; days and hours are those of UTC until then");
    }

private:
    void fail(const toml::node& node, const std::string& key, const std::string& what) {
        if (!error) error = wrong_at(file_, node.source(), codec::one_line(key, 120) + ": " + what);
    }

    const toml::table* table_of(std::string_view name, const toml::node& node) {
        const auto* table = node.as_table();
        if (!table) fail(node, std::string{name}, "must be a section: write [" + std::string{name} + "]");
        return table;
    }

    /// Sets one key; false: it was not there or not right, and the error is kept.
    template <class Target>
    bool set(Target& target, const std::vector<Key<Target>>& keys, const std::string& prefix, std::string_view name,
             const toml::node& node) {
        const auto at = std::find_if(keys.begin(), keys.end(), [&](const Key<Target>& k) { return k.name == name; });
        const std::string full = prefix + std::string{name};
        if (at == keys.end()) {
            fail(node, full, "is not a known key" + nearest(name, names(keys)));
            return false;
        }
        if (const Wrong wrong = at->set(target, node); !wrong.empty()) {
            fail(node, full, wrong);
            return false;
        }
        if (!at->acted_on) config.warnings.push_back(full + " is set, but this version does not act on it yet");
        return true;
    }

    void read_policy(const toml::table& table) {
        for (const auto& [name, node] : table) {
            if (name.str() != "override") {
                set(config.policy, policy_keys(), "policy.", name.str(), node);
                continue;
            }
            const auto* const list = node.as_array();
            if (!list || !list->is_array_of_tables()) {
                fail(node, "policy.override", "must be written as [[policy.override]]");
                continue;
            }
            for (const auto& element : *list) read_override(*element.as_table());
        }
    }

    void read_override(const toml::table& table) {
        PolicyOverride entry;
        for (const auto& [name, node] : table) {
            const std::string_view key = name.str();
            if (key == "workspace" || key == "organizer") {
                std::string& into = key == "workspace" ? entry.workspace : entry.organizer;
                if (const Wrong wrong = take(into, node); !wrong.empty())
                    fail(node, "policy.override." + std::string{key}, wrong);
                continue;
            }
            if (key == "mode" || key == "time_zone") {
                fail(node, "policy.override." + std::string{key}, "cannot be overridden; set it in [policy]");
                continue;
            }
            add_set(entry, key, node);
        }
        if (entry.workspace.empty() && entry.organizer.empty())
            fail(table, "policy.override", "needs `workspace`, `organizer` or both");
        config.overrides.push_back(std::move(entry));
    }

    /// The value is read now, so that an error has its line, and copied into each policy that it applies to.
    void add_set(PolicyOverride& entry, std::string_view key, const toml::node& node) {
        Policy read;
        if (!set(read, policy_keys(), "policy.override.", key, node)) return;
        const auto at = std::find_if(policy_keys().begin(), policy_keys().end(),
                                     [&](const Key<Policy>& k) { return k.name == key; });
        // The node dies with the document: a setter keeps its own copy of it.
        std::shared_ptr<toml::table> kept = std::make_shared<toml::table>();
        kept->insert(key, node);
        entry.sets.push_back(
            [kept, at, name = std::string{key}](Policy& policy) { (void)at->set(policy, *kept->get(name)); });
    }

    const std::string& file_;
};

}  // namespace

Result<Config> read_config(std::string_view text, const std::string& file) {
    try {
        const toml::table root = toml::parse(text, file);
        Reader reader(file);
        reader.read(root);
        if (reader.error) return *reader.error;
        reader.find_zone();
        return std::move(reader.config);
    } catch (const toml::parse_error& failure) {
        return wrong_at(file, failure.source(), failure.description());
    }
}

std::vector<std::string> config_keys() {
    std::vector<std::string> out;
    for (const auto& section : sections) {
        for (const auto& key : section.keys()) out.push_back(std::string{section.name} + "." + std::string{key.name});
        if (section.name == "http")
            for (const auto& key : policy_keys()) out.push_back("policy." + std::string{key.name});
    }
    return out;
}

}  // namespace hotdesk
