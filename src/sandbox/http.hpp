#pragma once
// A request and its answer as the world sees them: no socket, no library.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hotdesk/time.hpp"

namespace hotdesk::sandbox {

struct Request {
    std::string method;                          ///< upper case
    std::string target;                          ///< path and query, as sent
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    [[nodiscard]] std::string header(const std::string& lower_case_name) const {
        const auto found = headers.find(lower_case_name);
        return found == headers.end() ? std::string{} : found->second;
    }
};

/// What the connection does with an answer. All but Whole are faults that somebody asked for.
enum class Delivery {
    Whole,
    Cut,    ///< half of the body, then the connection is closed
    Close,  ///< nothing at all, and the connection is closed
    Hang,   ///< nothing at all, until the other side gives up
};

struct Reply {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    Delivery delivery = Delivery::Whole;
    Millis delay{0};  ///< to wait before the answer is sent; what it reports has happened already
};

/// A long poll that is waiting; see World::collect.
struct Held {
    std::uint64_t ticket = 0;
    WallTime until;  ///< when it is answered at the latest
};

using Handled = std::variant<Reply, Held>;

/// Percent-decoded name and value pairs of a target's query, in order, repeated names kept.
std::vector<std::pair<std::string, std::string>> query_of(std::string_view target);
/// The target without its query.
std::string_view path_of(std::string_view target);
std::string percent_encode(std::string_view text);
std::string percent_decode(std::string_view text);
/// RFC 9110 date, e.g. `Sun, 06 Nov 1994 08:49:37 GMT`.
std::string http_date(WallTime time);
/// `path` is under `pattern`: dotted, equal or `Prefix.*` for all below.
bool matches_path(std::string_view pattern, std::string_view path);

}  // namespace hotdesk::sandbox
