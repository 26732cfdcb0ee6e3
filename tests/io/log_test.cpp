#include "io/log.hpp"

#include "support.hpp"

#include <sys/stat.h>
#include <cstdlib>

using namespace hotdesk;
using namespace hotdesk::io;

namespace {

/// A log into a pipe, on a stopped clock.
class Captured {
public:
    explicit Captured(LogFormat format, Level level = Level::Info, bool mask = false) {
        REQUIRE(::pipe(fds_) == 0);
        LogOptions options;
        options.level = level;
        options.format = format;
        options.mask_addresses = mask;
        options.fd = fds_[1];
        options.clock = [] { return *parse_time("2026-11-21T10:00:00.250Z"); };
        log_ = make_log(std::move(options));
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    ~Captured() {
        ::close(fds_[0]);
        ::close(fds_[1]);
    }
    std::string line(Level level, std::string_view text, std::vector<Field> fields = {}) {
        log_->line(level, text, fields);
        (void)!::write(fds_[1], "", 1);  // so that a dropped line does not block the read
        std::string out(65536, '\0');
        out.resize(static_cast<std::size_t>(::read(fds_[0], out.data(), out.size())));
        REQUIRE(out.back() == '\0');
        out.pop_back();
        return out;
    }

private:
    int fds_[2]{};
    std::unique_ptr<Log> log_;
};

}  // namespace

TEST_CASE("a text line has time, level, text and fields") {
    Captured log(LogFormat::Text);
    CHECK(log.line(Level::Info, "signed out", {{"rule", "sign_out_grace"}, {"desk", "Oslo 3"}, {"cause", ""}}) ==
          "2026-11-21T10:00:00Z info  signed out rule=sign_out_grace desk=\"Oslo 3\" cause=\"\"\n");
    CHECK(log.line(Level::Error, "no network") == "2026-11-21T10:00:00Z error no network\n");
}

TEST_CASE("under journald a line has a priority and no time") {
    Captured log(LogFormat::Journal, Level::Debug);
    CHECK(log.line(Level::Error, "a") == "<3>a\n");
    CHECK(log.line(Level::Warn, "a") == "<4>a\n");
    CHECK(log.line(Level::Info, "a", {{"k", "v"}}) == "<6>a k=v\n");
    CHECK(log.line(Level::Debug, "a") == "<7>a\n");
}

TEST_CASE("a JSON line is one object") {
    Captured log(LogFormat::Json);
    CHECK(log.line(Level::Warn, "say \"hi\"", {{"path", "C:\\x"}, {"empty", ""}}) ==
          R"({"time":"2026-11-21T10:00:00.250Z","level":"warn","text":"say \"hi\"",)"
          R"("fields":{"path":"C:\\x","empty":""}})"
          "\n");
    CHECK(log.line(Level::Warn, "bare") ==
          "{\"time\":\"2026-11-21T10:00:00.250Z\",\"level\":\"warn\",\"text\":\"bare\"}\n");
}

TEST_CASE("lines below the level are dropped") {
    Captured log(LogFormat::Text, Level::Warn);
    CHECK(log.line(Level::Info, "a").empty());
    CHECK_FALSE(log.line(Level::Warn, "a").empty());
}

TEST_CASE("what comes from outside can neither start a line nor reach the terminal") {
    const std::string evil = "a\nb\r\t\x1b[2J\x7f\xc2\x9b\xff\xe2\x82";
    Captured text(LogFormat::Text);
    CHECK(text.line(Level::Info, evil) == "2026-11-21T10:00:00Z info  a\\nb\\r\\t\\x1b[2J\\x7f\\x9b\\xff\\xe2\\x82\n");
    CHECK(text.line(Level::Info, "t", {{"k", "x\" y=\"z\n"}}) ==
          "2026-11-21T10:00:00Z info  t k=\"x\\\" y=\\\"z\\n\"\n");
    Captured json(LogFormat::Json);
    CHECK(json.line(Level::Info, evil).find(R"("text":"a\nb\r\t\u001b[2J\u007f\u009b\ufffd\ufffd\ufffd"})") !=
          std::string::npos);
    CHECK(text.line(Level::Info, "Zürich 🪑") == "2026-11-21T10:00:00Z info  Zürich 🪑\n");
}

TEST_CASE("a terminal is shown no control characters, and JSON stays JSON") {
    // A desk may be called anything, and so may whoever books it.
    CHECK(shown("Desk\x1b]0;evil\x07 \xc3\xa5\n\xc2\x9b"
                "1\t\x7f\xff") == "Desk\\u001b]0;evil\\u0007 \xc3\xa5\n\\u009b1\\t\\u007f\\ufffd");
    const std::string json = R"({"a":"\u001b \" \\ \n"})";
    CHECK(shown(json) == json);
    CHECK(shown("").empty());
}

TEST_CASE("an over-long line is cut at a character and says so") {
    std::string longest;
    while (longest.size() < 20000) longest += "ü\"";
    for (const LogFormat format : {LogFormat::Text, LogFormat::Journal}) {
        Captured log(format);
        const auto line = log.line(Level::Info, longest, {{"k", "v"}});
        CHECK(line.size() <= max_log_line_bytes);
        CHECK(line.size() > max_log_line_bytes - 16);
        CHECK(line.find(" [cut]\n") == line.size() - 7);
        CHECK(line.find(" k=") == std::string::npos);
    }
}

TEST_CASE("a cut JSON line is still one whole object") {
    // Wherever the limit falls: in the text, in a name, in a value, between fields.
    Captured log(LogFormat::Json);
    for (std::size_t length = 7900; length < 8200; ++length) {
        const std::string text(length, 't');
        const auto line = log.line(Level::Info, text, {{"first", "1\n\n\n\n"}, {"second", "2"}, {"third", "3"}});
        REQUIRE(line.size() <= max_log_line_bytes);
        REQUIRE(line.ends_with("}\n"));
        bool in_string = false;
        int depth = 0;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (in_string && line[i] == '\\')
                ++i;
            else if (line[i] == '"')
                in_string = !in_string;
            else if (!in_string && line[i] == '{')
                ++depth;
            else if (!in_string && line[i] == '}')
                --depth;
        }
        REQUIRE_FALSE(in_string);
        REQUIRE(depth == 0);
        REQUIRE((line.find(R"("third":"3")") == std::string::npos) ==
                (line.find(R"("cut":true)") != std::string::npos));
    }
    std::vector<Field> many(4000, Field{"k", "v"});
    CHECK(log.line(Level::Info, "t", many).size() <= max_log_line_bytes);
}

TEST_CASE("the automatic format is journald's only for journald's own stream") {
    int fds[2];
    REQUIRE(::pipe(fds) == 0);
    struct stat info {};
    REQUIRE(::fstat(fds[1], &info) == 0);
    const auto written = [&](const std::string& stream) {
        ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
        LogOptions options;
        options.fd = fds[1];
        make_log(options)->line(Level::Info, "x");
        ::unsetenv("JOURNAL_STREAM");
        char bytes[256];
        return std::string(bytes, static_cast<std::size_t>(::read(fds[0], bytes, sizeof bytes)));
    };
    CHECK(written(std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino)) == "<6>x\n");
    CHECK(written("1:2").ends_with("Z info  x\n"));
    ::close(fds[0]);
    ::close(fds[1]);
}

TEST_CASE("the words of the configuration name levels and formats") {
    for (const Level level : {Level::Error, Level::Warn, Level::Info, Level::Debug})
        CHECK(parse_level(level_name(level)) == level);
    CHECK_FALSE(parse_level("INFO").has_value());
    CHECK(parse_log_format("json") == LogFormat::Json);
    CHECK_FALSE(parse_log_format("xml").has_value());
}

TEST_CASE("of an e-mail address only the first character and the domain are shown where that is wanted") {
    for (const auto& [text, shown] : std::vector<std::pair<std::string, std::string>>{
             {"the booking of anna.berg@example.com ended", "the booking of a***@example.com ended"},
             {"anna@example.com", "a***@example.com"},
             {"<anna@example.com>,(bob@example.org)", "<a***@example.com>,(b***@example.org)"},
             {"a@b", "a***@b"},
             {"anna+desk%1_2-3@a.example", "a***@a.example"},
             {"o'neil@example.com", "o***@example.com"},
             {"\xc3\xa5sa@example.com", "\xc3\xa5***@example.com"},
             {"\xff\xfe@example.com", "\xff***@example.com"},
             {"a@b@c", "a***@b***@c"},
             {"@", "@"},
             {"at @ desk", "at @ desk"},
             {"@@x", "@@x"},
             {"nobody", "nobody"},
             {"", ""}}) {
        INFO(text);
        CHECK(mask_addresses(text) == shown);
    }
    Captured text(LogFormat::Text, Level::Info, true);
    CHECK(text.line(Level::Info, "anna@example.com is in", {{"who", "bob@example.com"}, {"desk", "Oslo 3"}}) ==
          "2026-11-21T10:00:00Z info  a***@example.com is in who=b***@example.com desk=\"Oslo 3\"\n");
    Captured json(LogFormat::Json, Level::Info, true);
    CHECK(json.line(Level::Info, "x", {{"who", "bob@example.com"}}).find("\"who\":\"b***@example.com\"") !=
          std::string::npos);
    Captured plain(LogFormat::Text);
    CHECK(plain.line(Level::Info, "x", {{"who", "bob@example.com"}}).find("who=bob@example.com") != std::string::npos);
}
