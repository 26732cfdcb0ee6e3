// The main() of every Catch2 program, and its way of telling meson what happened: TAP with a line a test case.
//
// Catch2's own TAP reporter has a line an assertion. That counts a loop of a thousand checks as a thousand tests, and
// what an assertion compared may be bytes that no log can hold.

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <cstddef>
#include <sstream>
#include <string>

namespace {

/// As comments, and with nothing in it but what can be printed.
std::string comment(const std::string& text) {
    std::string out = "# ";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n')
            out += "\n# ";
        else
            out += byte >= 0x20 && byte < 0x7f ? c : '?';
    }
    return out + '\n';
}

class CaseTap : public Catch::StreamingReporterBase<CaseTap> {
public:
    using StreamingReporterBase::StreamingReporterBase;

    static std::string getDescription() { return "TAP with a line a test case"; }

    void noMatchingTestCases(const std::string& spec) override { stream << comment("no test case is called " + spec); }

    void assertionStarting(const Catch::AssertionInfo&) override {}

    bool assertionEnded(const Catch::AssertionStats& stats) override {
        const Catch::AssertionResult& result = stats.assertionResult;
        const bool warning = result.getResultType() == Catch::ResultWas::Warning;
        if (result.isOk() && !warning) return true;
        std::ostringstream said;
        said << result.getSourceInfo().file << ':' << result.getSourceInfo().line << ": ";
        if (result.hasExpression()) said << result.getExpressionInMacro();
        if (result.hasExpandedExpression()) said << "\nwith " << result.getExpandedExpression();
        if (result.hasMessage()) said << (result.hasExpression() ? "\n" : "") << result.getMessage();
        for (const Catch::MessageInfo& info : stats.infoMessages)
            if (info.message != result.getMessage().c_str()) said << '\n' << info.message;
        details_ += comment(said.str());
        return true;
    }

    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        std::string name = stats.testInfo.name;
        for (char& c : name)
            if (c == '#') c = '.';  // would begin a directive
        stream << (stats.totals.assertions.allOk() ? "ok " : "not ok ") << ++count_ << " - " << name << '\n'
               << details_;
        stream.flush();  // a test that forks must not say it twice
        details_.clear();
        StreamingReporterBase::testCaseEnded(stats);
    }

    void testRunEnded(const Catch::TestRunStats& stats) override {
        stream << "1.." << count_ << '\n';
        stream.flush();
        StreamingReporterBase::testRunEnded(stats);
    }

private:
    std::string details_;
    std::size_t count_ = 0;
};

CATCH_REGISTER_REPORTER("tap", CaseTap)

}  // namespace
