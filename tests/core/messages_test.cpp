#include <hotdesk/messages.hpp>

#include <catch2/catch.hpp>

using namespace hotdesk;

TEST_CASE("every default text is one that an administrator could have written", "[messages]") {
    for (const Rule rule : all_rules) {
        INFO(name_of(rule));
        CHECK(wrong_with_text(default_text(rule)).empty());
        CHECK_FALSE(name_of(rule).empty());
    }
}

TEST_CASE("placeholders are filled in", "[messages]") {
    Messages messages;
    messages.texts[Rule::MaxDuration] = "{organizer}: {start}-{end}, {limit} an {desk}";
    CHECK(messages.text(Rule::MaxDuration, {"Anna", "09:00", "18:00", "8h", "Oslo 1"}) ==
          "Anna: 09:00-18:00, 8h an Oslo 1");
    CHECK(messages.text(Rule::MaxDuration, {"", "", "", "", ""}) == "?: ?-?, ? an ?");
    CHECK(messages.text(Rule::ReleaseOnSignOut, {}).empty());
}

TEST_CASE("a text fits the desk, cut between characters", "[messages]") {
    Messages messages;
    std::string long_name;
    for (int i = 0; i < 300; ++i) long_name += "\xC3\xB8";  // two bytes, one character
    messages.texts[Rule::Cli] = "{desk}";
    const std::string text = messages.text(Rule::Cli, {"", "", "", "", long_name});
    CHECK(text.size() == 2 * longest_message);
    CHECK(text == long_name.substr(0, 2 * longest_message));
}

TEST_CASE("what is wrong with a text is said", "[messages]") {
    CHECK(wrong_with_text("plain").empty());
    CHECK(wrong_with_text("{who}").find("{who}") != std::string::npos);
    for (const char* broken : {"{limit", "limit}", "{{limit}", "{"}) CHECK_FALSE(wrong_with_text(broken).empty());
    CHECK_FALSE(wrong_with_text(std::string(longest_message + 1, 'x')).empty());
    CHECK(wrong_with_text(std::string(longest_message, 'x')).empty());
    // Characters are counted, and not bytes.
    std::string wide;
    for (std::size_t i = 0; i < longest_message; ++i) wide += "\xC3\xB8";
    CHECK(wrong_with_text(wide).empty());
    CHECK_FALSE(wrong_with_text(wide + "x").empty());
}
