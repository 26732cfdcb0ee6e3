#include "codec/organization.hpp"

#include "codec/base64url.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hotdesk::codec {

namespace {

/// What follows `/ORGANIZATION/` in a decoded id; empty: it is no such id.
std::string name_of(std::string_view id) {
    while (!id.empty() && id.back() == '=') id.remove_suffix(1);
    const auto uri = base64url_decode(id);
    constexpr std::string_view mark = "/ORGANIZATION/";
    const auto at = uri ? uri->rfind(mark) : std::string::npos;
    if (at == std::string::npos || uri->compare(0, 13, "ciscospark://") != 0) return {};
    return uri->substr(at + mark.size());
}

}  // namespace

bool same_organization(const OrgId& a, const OrgId& b) {
    if (a == b) return true;
    const std::string name = name_of(a.value);
    return !name.empty() && name == name_of(b.value);
}

}  // namespace hotdesk::codec
