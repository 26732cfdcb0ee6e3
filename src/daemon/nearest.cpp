#include "daemon/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

namespace hotdesk {

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string_view>& known) {
    std::string_view best;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (const auto candidate : known)
        if (const auto d = distance(name, candidate); d < least) least = d, best = candidate;
    return best.empty() ? "" : "; the nearest known one is `" + std::string{best} + "`";
}

}  // namespace hotdesk
