#include "daemon/activate.hpp"

#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "codec/output.hpp"
#include "daemon/home.hpp"
#include "io/file.hpp"

#include <algorithm>
#include <cstdio>

namespace hotdesk::cli {

namespace {

/// More than any code: what is longer is refused as malformed, not cut.
constexpr std::size_t max_code_bytes = std::size_t{2} << 20;

/// Of a file, without its directory. What is longer is rather a code, and is not repeated.
constexpr std::size_t longest_name = 255;

/// In place: a copy would have to be wiped as well.
void trim(std::string& text) {
    constexpr const char* blank = " \t\r\n";
    text.erase(0, std::min(text.find_first_not_of(blank), text.size()));
    text.erase(text.find_last_not_of(blank) + 1);
}

/// The code itself, `-`, or `@FILE`; the last two keep it out of the process list.
Secret read_code(const std::string& argument) {
    if (argument != "-" && argument.substr(0, 1) != "@") return Secret{argument};
    auto text = argument == "-" ? io::read_all(0, "standard input", max_code_bytes)
                                : io::read_file(argument.substr(1), max_code_bytes);
    if (!text.ok() && text.error().kind == ErrorKind::Rejected)  // longer than any code
        throw Failure(Exit::Refused, "the activation code is refused: malformed");
    if (!text.ok() && argument.find('.') != std::string::npos && argument.size() > longest_name)
        throw Failure(Exit::Failed,
                      "the activation code cannot be read: @ is for the name of a file; give the code itself "
                      "without it, or - for standard input");
    if (!text.ok()) throw Failure(Exit::Failed, "the activation code cannot be read: " + text.error().message);
    trim(*text);
    return Secret{std::move(*text)};
}

}  // namespace

Exit activate(const Options& options) {
    const Config config = load_config(options.config);
    need_client(config);
    const Secret code = read_code(options.code);
    const auto say = [&](std::string_view what) {
        if (!options.json) std::fprintf(stderr, "%.*s ...\n", static_cast<int>(what.size()), what.data());
    };
    const Activation activation = hotdesk::activate(config, code, options.replace, say);
    if (options.json) {
        print(codec::activation_json(activation));
    } else {
        print("hotdeskd is activated for " + activation.org_name + " (region " + activation.region + ").");
        print("Next: start the worker, as a service or in the foreground with hotdeskd run.");
    }
    return Exit::Done;
}

}  // namespace hotdesk::cli
