#include "daemon/activate.hpp"

#include "cli/commands.hpp"
#include "cli/print.hpp"
#include "codec/output.hpp"
#include "daemon/home.hpp"
#include "io/file.hpp"
#include "io/harden.hpp"

#include <cstdio>

namespace hotdesk::cli {

namespace {

/// More than any code: what is longer is refused as malformed, not cut.
constexpr std::size_t max_code_bytes = std::size_t{2} << 20;

std::string trimmed(std::string text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && blank(text.back())) text.pop_back();
    std::size_t first = 0;
    while (first < text.size() && blank(text[first])) ++first;
    return text.substr(first);
}

/// The code itself, `-`, or `@FILE`; the last two keep it out of the process list.
Secret read_code(const std::string& argument) {
    if (argument != "-" && argument.substr(0, 1) != "@") return Secret{argument};
    auto text = argument == "-" ? io::read_all(0, "standard input", max_code_bytes)
                                : io::read_file(argument.substr(1), max_code_bytes);
    if (!text.ok() && text.error().kind == ErrorKind::Rejected)  // longer than any code
        throw Failure(Exit::Refused, "the activation code is refused: malformed");
    if (!text.ok()) throw Failure(Exit::Failed, "the activation code cannot be read: " + text.error().message);
    Secret code{trimmed(*text)};
    Secret::wipe(*text);
    return code;
}

}  // namespace

Exit activate(const Options& options) {
    const Config config = load_config(options.config);
    need_client(config);
    (void)io::harden_process();
    const Secret code = read_code(options.code);
    const auto say = [&](std::string_view what) {
        if (!options.json) std::fprintf(stderr, "%.*s ...\n", static_cast<int>(what.size()), what.data());
    };
    const Activation activation = hotdesk::activate(config, code, options.replace, say);
    if (options.json) {
        print(codec::activation_json(activation));
    } else {
        print("hotdeskd is activated for " + activation.org_name + " (region " + activation.region + ").");
        print("Next: start the worker: systemctl restart hotdeskd, or in the foreground hotdeskd run.");
    }
    return Exit::Done;
}

}  // namespace hotdesk::cli
