#include "daemon/check.hpp"

#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "codec/output.hpp"

namespace hotdesk::cli {

namespace {

/// `tried: found; remedy`, whichever there are.
std::string sentence(const CheckLine& line) {
    std::string text = line.tried.empty() ? line.found : line.tried + ": " + line.found;
    if (!line.remedy.empty()) text += "; " + line.remedy;
    return text;
}

}  // namespace

Exit check(const Options& options) {
    const CheckReport report = hotdesk::check(options.config);
    if (options.json) {
        print(codec::check_json(report.lines, report.ok()));
        return report.exit;
    }
    std::vector<std::vector<std::string>> rows;
    for (const CheckLine& line : report.lines)
        rows.push_back({std::string{name_of(line.state)}, line.name, sentence(line)});
    print_table(rows);
    return report.exit;
}

}  // namespace hotdesk::cli
