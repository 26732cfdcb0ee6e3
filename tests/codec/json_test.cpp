#include "codec/json.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace hotdesk::codec;

namespace {

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

}  // namespace

TEST_CASE("a view of what is not there answers nothing and does not abort") {
    const json::Document document(R"({"text":"a","list":[1],"none":null})");
    REQUIRE(document.ok());
    const json::View root = document.root();
    CHECK_FALSE(root["text"].integer());
    CHECK_FALSE(root["list"].string());
    CHECK_FALSE(root["none"].boolean());
    CHECK(root["none"].is_null());
    CHECK_FALSE(root["gone"]["deeper"].exists());
    CHECK_FALSE(root["text"]["deeper"].exists());
    CHECK(root["gone"].size() == 0);
    root["text"].each([](json::View) { FAIL("a string has no elements"); });
    root["list"].each_member([](std::string_view, json::View) { FAIL("an array has no members"); });
}

TEST_CASE("both spellings of a value are read and no third") {
    const json::Document document(
        R"([true,"True","true",false,"False","false","TRUE",1,"yes",2,"2","-2","2 ","+2","",2.5,"9999999999999999999"])");
    std::string booleans, integers;
    document.root().each([&](json::View value) {
        const auto boolean = value.spelled_boolean();
        booleans += boolean ? (*boolean ? 't' : 'f') : '-';
        const auto integer = value.spelled_integer();
        integers += integer ? std::to_string(*integer) : "-";
    });
    CHECK(booleans == "tttfff-----------");
    CHECK(integers == "-------1-22-2-----");
}

TEST_CASE("nesting of 64 levels is read and 65 is refused") {
    CHECK(json::Document(nested(64)).ok());
    const json::Document deeper(nested(65));
    CHECK_FALSE(deeper.ok());
    CHECK(deeper.problem() == std::string("nested too deep"));
    CHECK_FALSE(deeper.root().exists());
}

TEST_CASE("a depth bomb is refused without using up the stack") {
    CHECK_FALSE(json::Document(nested(100'000)).ok());
    CHECK_FALSE(json::Document(std::string(json::kMaxBytes, '[')).ok());
    std::string objects;
    for (int level = 0; level < 100'000; ++level) objects += R"({"a":)";
    CHECK_FALSE(json::Document(objects).ok());
}

TEST_CASE("a text over the size limit is refused unread") {
    const json::Document document(std::string(json::kMaxBytes + 1, ' '));
    CHECK(document.problem() == std::string("larger than 8 MiB"));
}

TEST_CASE("what is not exactly one JSON value is refused") {
    using namespace std::string_literals;
    for (const std::string& text :
         {""s, " "s, "{"s, "{}{}"s, "{} x"s, "{}\0{}"s, "{}\0"s, "\"a\0b\""s, "[1,]"s, "{'a':1}"s, "// comment\n{}"s,
          "nul"s, "NaN"s, "\"\x80\""s, "\"\xc3\""s, "\"\xed\xa0\x80\""s, "\"\n\""s, "\xef\xbb\xbf{}"s}) {
        // No INFO: control characters in it would break the test protocol.
        CHECK_FALSE(json::Document(text).ok());
    }
    CHECK(json::Document(" {} \n").ok());
}

TEST_CASE("half a character costs only itself") {
    const auto text = [](const char* json) {
        const json::Document document(json);
        return std::string(document.root().string().value_or("nothing"));
    };
    CHECK(text(R"("a\ud83d")") == "a\x7f");
    CHECK(text(R"("\uDE00b")") ==
          "\x7f"
          "b");
    CHECK(text(R"("\ude00\ud83d")") == "\x7f\x7f");
    CHECK(text(R"("\ud83d\ud83d\ude00\ude00")") == "\x7f\xf0\x9f\x98\x80\x7f");
    CHECK(text(R"("\ud83d\u0041")") ==
          "\x7f"
          "A");
    CHECK(text(R"("\ud83d\n\ud83d\\ude00")") == "\x7f\n\x7f\\ude00");
    CHECK(text(R"("\\ud83d")") == "\\ud83d");  // a backslash, and five letters
    CHECK(text(R"("\ud83")") == "nothing");
    CHECK(text(R"("\ud83x")") == "nothing");
    CHECK(text(R"("\u+d83")") == "nothing");
}

TEST_CASE("a number with more digits than a number holds is rounded") {
    const auto number = [](const char* text) { return *json::Document(text).root().number(); };
    CHECK(number("1629278630.25") == 1629278630.25);
    CHECK(number("18446744073709551615922") == Approx(1.8446744073709552e22));
    CHECK(number("1e-400") == 0.0);
    CHECK_FALSE(json::Document("1e400").ok());
    CHECK(json::Document("9223372036854775807").root().integer() == 9223372036854775807);
    CHECK_FALSE(json::Document("18446744073709551615922").root().integer().has_value());
}

TEST_CASE("bytes that are not UTF-8 are found and characters are left alone") {
    std::string good = "a \xc3\xb8 \xe2\x82\xac \xf0\x9f\x98\x80";
    const std::string before = good;
    CHECK_FALSE(json::scrub_utf8(good));
    CHECK(good == before);

    std::string bad =
        "a\xff"
        "b\xc3"
        "c\xe2\x82"
        "d\xf0\x9f\x98";
    CHECK(json::scrub_utf8(bad));
    CHECK(bad ==
          "a\x7f"
          "b\x7f"
          "c\x7f\x7f"
          "d\x7f\x7f\x7f");
    // overlong, surrogate, beyond U+10FFFF
    for (std::string text :
         {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"})
        CHECK(json::scrub_utf8(text));
}

TEST_CASE("what the writer writes is JSON whatever it is given") {
    json::Writer writer;
    writer.open_object();
    writer.member("text", std::string_view("quote \" line \n nul \0 broken \xc3(", 30));
    writer.member("number", -5);
    writer.key("list");
    writer.open_array();
    writer.boolean(true);
    writer.null();
    writer.close_array();
    writer.close_object();
    const json::Document document(writer.take());
    REQUIRE(document.ok());
    CHECK(document.root()["text"].string() == std::string_view("quote \" line \n nul \0 broken \x7f(", 30));
    CHECK(document.root()["number"].integer() == -5);
    CHECK(document.root()["list"].size() == 2);
}
