#include "cli/code.hpp"

#include "cli/ask.hpp"
#include "codec/integration.hpp"
#include "io/file.hpp"

#include <cstdio>

namespace hotdesk::cli {

namespace {

/// More than any code: what is longer is refused as malformed, not cut.
constexpr std::size_t max_code_bytes = std::size_t{2} << 20;
/// Of a file, without its directory. What is longer is rather a code, and is not repeated.
constexpr std::size_t longest_name = 255;
/// A refresh takes a second, or a minute where Webex is slow and an answer must be waited for.
constexpr std::chrono::seconds renew_patience{90};

}  // namespace

Secret read_code(const std::string& argument, const std::string& what) {
    if (argument != "-" && argument.substr(0, 1) != "@") return Secret{argument};
    auto text = argument == "-" ? io::read_all(0, "standard input", max_code_bytes)
                                : io::read_file(argument.substr(1), max_code_bytes);
    if (!text.ok() && text.error().kind == ErrorKind::Rejected)  // longer than any code
        throw Failure(Exit::Refused, "the " + what + " is refused: malformed");
    if (!text.ok() && argument.find('.') != std::string::npos && argument.size() > longest_name)
        throw Failure(Exit::Failed,
                      "the " + what +
                          " cannot be read: @ is for the name of a file; give the code itself without it, "
                          "or - for standard input");
    if (!text.ok()) throw Failure(Exit::Failed, "the " + what + " cannot be read: " + text.error().message);
    return codec::decode_handed_over(std::move(*text));
}

std::function<void(std::string_view)> progress(const Options& options) {
    return [&options](std::string_view what) {
        if (!options.json) std::fprintf(stderr, "%.*s ...\n", static_cast<int>(what.size()), what.data());
    };
}

Standing::AskWorker by_worker(const Config& config, const Options& options) {
    return [&config, &options](Store& store, Request request) {
        const Asking asking{"get a new access token", "hotdeskd status shows its tokens", renew_patience};
        return ask_worker(config, store, std::move(request), asking, options.json);
    };
}

}  // namespace hotdesk::cli
