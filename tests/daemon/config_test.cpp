#include <catch2/catch.hpp>

#include "codec/text.hpp"
#include "daemon/config.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace hotdesk;
using namespace std::chrono_literals;

namespace {

Config good(const std::string& text) {
    auto config = read_config(text, "hotdeskd.toml");
    if (!config.ok()) FAIL(config.error().message);
    return std::move(*config);
}

std::string wrong(const std::string& text) {
    const auto config = read_config(text, "hotdeskd.toml");
    return config.ok() ? "" : config.error().message;
}

}  // namespace

TEST_CASE("an empty file is the defaults", "[config]") {
    const Config config = good("");
    CHECK(config.policy == Policy{});
    CHECK(config.state_directory == "/var/lib/hotdeskd");
    CHECK(config.key_file == "/etc/hotdeskd/state.key");
    CHECK(config.client_secret_file == "/etc/hotdeskd/client-secret");
    CHECK(config.runtime_directory == "/run/hotdeskd");
    CHECK_FALSE(config.mask_addresses);
    CHECK(config.record_keep == Limit{24h * 90});
    CHECK(good("[record]\nkeep = \"off\"\n").record_keep == off);
    CHECK(config.warnings.empty());
}

TEST_CASE("every key of the contract is read", "[config]") {
    const Config config = good(R"([integration]
app_id = "ac6b6972-538e-11ec-bf63-0242ac130002"
client_id = "C1"
client_secret_file = "/s"
customer_id = "c"
customer_name = "n"
[state]
directory = "/d"
key_file = "/k"
runtime_directory = "/r"
[http]
proxy = "http://p:3128"
ca_file = "/ca"
jwks_url = "https://localhost/jwks"
extra_hosts = ["localhost"]
[policy]
mode = "observe"
sign_in_grace = "10m"
sign_out_grace = "off"
max_call_overrun = "1h"
release_on_sign_out = false
no_show_release = "15m"
no_show_warning = "off"
no_show_exempt_duration = "4h"
end_warning = "5m"
allow_ad_hoc = false
allow_extension = false
max_duration = "8h"
max_advance = "14d"
max_bookings_per_day = 2
one_desk_at_a_time = true
booking_days = ["mon", "fri"]
booking_hours = "08:00-18:30"
time_zone = "Europe/Oslo"
organizer_domains = ["example.com"]
organizer_deny = ["*@evil.example"]
verify_identity = "on"
messages = false
[messages]
title = "Rezeption"
max_duration = "No more than {limit}."
[log]
level = "debug"
format = "json"
privacy = "mask"
[record]
keep = "30d"
[metrics]
textfile = "/m.prom"
)");
    CHECK(config.app_id.value == "ac6b6972-538e-11ec-bf63-0242ac130002");
    CHECK(config.extra_hosts == std::vector<std::string>{"localhost"});
    CHECK(config.policy.mode == Mode::Observe);
    CHECK(config.policy.sign_in_grace == Limit{10min});
    CHECK(config.policy.sign_out_grace == off);
    CHECK(config.policy.max_call_overrun == Limit{1h});
    CHECK_FALSE(config.policy.release_on_sign_out);
    CHECK(config.policy.max_advance == Limit{24h * 14});
    CHECK(config.policy.booking_days == std::array<bool, 7>{true, false, false, false, true, false, false});
    CHECK(config.policy.booking_from == 8h);
    CHECK(config.policy.booking_to == 18h + 30min);
    CHECK(config.policy.verify_identity == VerifyIdentity::On);
    CHECK(config.log_level == Level::Debug);
    CHECK(config.mask_addresses);
    CHECK(config.record_keep == Limit{24h * 30});
    CHECK(config.metrics_textfile == "/m.prom");
    CHECK(config.policy.no_show_exempt_duration == Limit{4h});
    CHECK(config.messages.title == "Rezeption");
    CHECK(config.messages.texts == std::map<Rule, std::string>{{Rule::MaxDuration, "No more than {limit}."}});
    // What is read and not acted on yet is said.
    CHECK(config.warnings ==
          std::vector<std::string>{"metrics.textfile is set, but this version does not act on it yet"});
}

TEST_CASE("an error names file, line, key and the nearest known one", "[config]") {
    CHECK(wrong("[policy]\nmode = \"enforce\"\nsign_in_grase = \"5m\"\n") ==
          "hotdeskd.toml:3: policy.sign_in_grase: is not a known key; the nearest known one is `sign_in_grace`");
    CHECK(wrong("[polcy]\n") == "hotdeskd.toml:1: polcy: is not a known section; the nearest known one is `policy`");
    CHECK(wrong("[policy]\nsign_in_grace = 5\n") ==
          "hotdeskd.toml:2: policy.sign_in_grace: must be a duration such as \"90s\", \"15m\", \"8h\", \"1d\", or "
          "\"off\"");
    CHECK(wrong("[policy]\nmode = \"maybe\"\n") ==
          "hotdeskd.toml:2: policy.mode: must be one of \"enforce\", \"observe\"");
    CHECK(wrong("[policy]\nmessages = \"yes\"\n") == "hotdeskd.toml:2: policy.messages: must be true or false");
    CHECK(wrong("[policy]\nmax_bookings_per_day = -1\n")
              .find("hotdeskd.toml:2: policy.max_bookings_per_day: must be a whole number") == 0);
    CHECK(wrong("[http]\nextra_hosts = \"localhost\"\n") ==
          "hotdeskd.toml:2: http.extra_hosts: must be a list of strings");
    CHECK(wrong("[integration]\napp_id = 7\n") == "hotdeskd.toml:2: integration.app_id: must be a string in quotes");
    CHECK(wrong("[log]\nprivacy = true\n") == "hotdeskd.toml:2: log.privacy: must be one of \"off\", \"mask\"");
    CHECK(wrong("[record]\nkeep = 90\n").find("hotdeskd.toml:2: record.keep: must be a duration") == 0);
    CHECK(wrong("integration = 7\n") == "hotdeskd.toml:1: integration: must be a section: write [integration]");
    CHECK(wrong("[policy\n").find("hotdeskd.toml:1: ") == 0);
    CHECK(wrong("[policy]\nmode = \"enforce\"\nmode = \"observe\"\n").find("hotdeskd.toml:3: ") == 0);
    for (const char* hours :
         {"08:00", "8:00-9:00", "00:00-24:01", "08:00-08:00", "24:00-06:00", "24:00-24:00", "08:60-09:00", ""})
        CHECK(wrong("[policy]\nbooking_hours = \"" + std::string{hours} + "\"\n")
                  .find("hotdeskd.toml:2: policy.booking_hours: ") == 0);
    CHECK(wrong("[policy]\nbooking_days = [\"monday\"]\n").find("hotdeskd.toml:2: policy.booking_days: ") == 0);
}

TEST_CASE("an error is one line of a length to be read, whatever the file calls its keys", "[config]") {
    for (const std::string& file : {std::string("\"a\\nb\" = 1\n"), "[policy]\n" + std::string(60000, 'k') + " = 1\n",
                                    "[policy]\ntime_zone = \"a\\u001b\\n" + std::string(60000, 'z') + "\"\n",
                                    "[policy]\nmode = \"" + std::string(60000, 'm') + "\n"}) {
        const std::string message = wrong(file);
        INFO(message);
        CHECK(message.size() < 640);
        CHECK(message.rfind("hotdeskd.toml:", 0) == 0);
        CHECK(std::none_of(message.begin(), message.end(), codec::is_control));
    }
    CHECK(wrong("[policy]\n" + std::string(60000, 'k') + " = 1\n").find("is not a known key") != std::string::npos);
}

TEST_CASE("overrides are read, copied and checked", "[config]") {
    const Config config = good(R"([[policy.override]]
workspace = "Oslo*"
sign_in_grace = "1m"
messages = false
[[policy.override]]
organizer = "*@partner.example"
sign_in_grace = "off"
)");
    const PolicyBook book = config.policy_book();
    const WorkspaceId workspace{"w"};
    const LocationId location;
    const auto policy = [&](const std::string& name, std::string_view who) {
        return book.policy_for({workspace, name, location, who});
    };
    CHECK(policy("Oslo 1", "").sign_in_grace == Limit{1min});
    CHECK_FALSE(policy("Oslo 1", "").messages);
    CHECK(policy("Bergen", "a@partner.example").sign_in_grace == off);
    CHECK(policy("Bergen", "").sign_in_grace == Policy{}.sign_in_grace);

    CHECK(wrong("[[policy.override]]\nmessages = false\n") ==
          "hotdeskd.toml:1: policy.override: needs `workspace`, `organizer` or both");
    CHECK(wrong("[[policy.override]]\nworkspace = \"*\"\nmode = \"observe\"\n") ==
          "hotdeskd.toml:3: policy.override.mode: cannot be overridden; set it in [policy]");
    CHECK(wrong("[[policy.override]]\nworkspace = \"*\"\nmax_duraton = \"1h\"\n") ==
          "hotdeskd.toml:3: policy.override.max_duraton: is not a known key; the nearest known one is `max_duration`");
    CHECK(wrong("[policy]\noverride = 3\n") ==
          "hotdeskd.toml:2: policy.override: must be written as [[policy.override]]");
}

TEST_CASE("booking hours may end the next morning", "[config]") {
    const auto hours = [](const std::string& text) {
        const Policy policy = good("[policy]\nbooking_hours = \"" + text + "\"\n").policy;
        return std::pair{policy.booking_from, policy.booking_to};
    };
    CHECK(hours("22:00-06:00") == std::pair{22h + 0min, 6h + 0min});
    CHECK(hours("08:00-00:00") == std::pair{8h + 0min, 0h + 0min});
    CHECK(hours("08:00-24:00") == std::pair{8h + 0min, 24h + 0min});
    CHECK(hours("00:00-24:00") == std::pair{0h + 0min, 24h + 0min});
    CHECK(hours("00:00-00:00") == hours("00:00-24:00"));
    CHECK(
        wrong("[policy]\nbooking_hours = \"08:00-08:00\"\n") ==
        "hotdeskd.toml:2: policy.booking_hours: begins and ends at the same time; write \"00:00-24:00\" for the whole "
        "day");
}

TEST_CASE("the time zone is looked up when the file is read", "[config]") {
    const Config config = good("[policy]\ntime_zone = \"Asia/Kathmandu\"\n");
    CHECK(config.policy_book().zone().offset_at(WallTime{}) == 5h + 30min);  // as it was in 1970
    CHECK(config.policy_book().zone().offset_at(*parse_time("2026-03-02T00:00:00Z")) == 5h + 45min);
    CHECK(good("[policy]\ntime_zone = \"\"\n").zone != nullptr);
    CHECK(wrong("[policy]\nmode = \"enforce\"\ntime_zone = \"Europe/Olso\"\n")
              .find("hotdeskd.toml:3: policy.time_zone: `Europe/Olso` is no time zone that this system knows") == 0);
    CHECK(wrong("[policy]\ntime_zone = 1\n") == "hotdeskd.toml:2: policy.time_zone: must be a string in quotes");
}

TEST_CASE("each rule that tells something may be given a text of the administrator's own", "[config]") {
    for (const Rule rule : all_rules) {
        const std::string name{name_of(rule)};
        const std::string text = "[messages]\n" + name + " = \"{desk}: {organizer}\"\n";
        INFO(name);
        if (default_text(rule).empty())
            CHECK(wrong(text).find("hotdeskd.toml:2: messages." + name + ": is not a known key") == 0);
        else
            CHECK(good(text).policy_book().messages().text(rule, {"Ada", "", "", "", "Desk 1"}) == "Desk 1: Ada");
    }
    CHECK(wrong("[messages]\nmax_duraton = \"No\"\n") ==
          "hotdeskd.toml:2: messages.max_duraton: is not a known key; the nearest known one is `max_duration`");
    CHECK(wrong("[messages]\nmax_duration = \"No {more}\"\n") ==
          "hotdeskd.toml:2: messages.max_duration: " + wrong_with_text("No {more}"));
    CHECK(wrong("[messages]\nmax_duration = 7\n") ==
          "hotdeskd.toml:2: messages.max_duration: must be a string in quotes");
    CHECK(wrong("[messages]\ntitle = \"{desk}\"\n") == "hotdeskd.toml:2: messages.title: takes no placeholders");
    CHECK(wrong("[messages]\ntitle = \"" + std::string(256, 'x') + "\"\n").find("hotdeskd.toml:2: messages.title: ") ==
          0);
    CHECK(good("[messages]\nmax_duration = \"" + std::string(255, 'x') + "\"\n").messages.texts.size() == 1);
}

TEST_CASE("a URL for actions must be https", "[config]") {
    CHECK(good("[integration]\nactions_url = \"https://desks.example.com/a\"\n").actions_url ==
          "https://desks.example.com/a");
    CHECK(good("[integration]\nactions_url = \"\"\n").actions_url.empty());
    CHECK(wrong("[integration]\nactions_url = \"http://desks.example.com/a\"\n") ==
          "hotdeskd.toml:2: integration.actions_url: must be an https URL, or empty");
}

TEST_CASE("the list of keys names each once", "[config]") {
    const auto keys = config_keys();
    CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == keys.size());
    for (const Rule rule : all_rules)
        CHECK(std::count(keys.begin(), keys.end(), "messages." + std::string{name_of(rule)}) ==
              (default_text(rule).empty() ? 0 : 1));
    for (const char* key :
         {"integration.actions_url", "policy.no_show_exempt_duration", "messages.title", "messages.max_duration"})
        CHECK(std::count(keys.begin(), keys.end(), key) == 1);
}

TEST_CASE("no complaint repeats what may be a secret", "[config]") {
    for (const std::string line : {"[http]\nproxy = http://u:hunter2@p",
                                   "[http]\nproxy = \"http://u:hunter2@p",
                                   "[http]\nproxy = \"a\" hunter2",
                                   "[http]\nproxy = true_hunter2",
                                   "[http]\nproxy = 12hunter2",
                                   "[http]\nproxy = nan_hunter2",
                                   "[http]\nproxy = \"\\hunter2\"",
                                   "[http]\nproxy = 0xhunter2",
                                   "[http]\nproxy = 2021-01-01T00:00hunter2",
                                   "[http]\nproxy = ['hunter2",
                                   "[http]\nproxy = {hunter2",
                                   "[http]\nproxy = 'hunter2",
                                   "[http]\nproxy = [\"hunter2\"]",
                                   "[http]\njwks_url = \"http://hunter2/\"",
                                   "[integration]\nclient_secret_file = \"hunter2\"",
                                   "[integration]\nclient_secret_file = hunter2",
                                   "[integration]\nclient_secret_file = 'a'hunter2",
                                   "[integration]\nclient_secret_file = {a = \"hunter2\"}",
                                   "[log]\nlevel = \"hunter2\"",
                                   "[policy]\nsign_in_grace = \"hunter2\"",
                                   "[policy]\nbooking_hours = \"hunter2\""}) {
        INFO(line);
        CHECK_FALSE(wrong(line).empty());
        CHECK(wrong(line).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a key set comes by https", "[config]") {
    for (const char* url : {"http://localhost/jwks", "file:///jwks", "localhost/jwks", "https:/localhost", "https://",
                            " https://localhost/jwks", "httpsx://localhost"})
        CHECK(wrong("[http]\njwks_url = \"" + std::string{url} + "\"") ==
              "hotdeskd.toml:2: http.jwks_url: must be a URL that begins with https://");
    CHECK(good("[http]\njwks_url = \"HTTPS://localhost/jwks\"").jwks_url == "HTTPS://localhost/jwks");
    CHECK(good("[http]\njwks_url = \"\"").jwks_url.empty());
}
