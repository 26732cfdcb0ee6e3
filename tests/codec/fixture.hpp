#pragma once
// Wire samples for the tests of codec. Their sources: tests/fixtures/wire/README.md.

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <hotdesk/id.hpp>

namespace hotdesk::test {

inline std::string fixture(const std::string& name) {
    std::ifstream file(std::string(HOTDESK_WIRE_FIXTURES) + "/" + name, std::ios::binary);
    if (!file) throw std::runtime_error("no fixture " + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// `text` with the first `from` in it replaced; the test is wrong where there is none.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("nothing to replace: " + from);
    return text.replace(at, from.size(), to);
}

/// As the samples of the guide name them.
inline const AppId kApp{"ac6b6972-538e-11ec-bf63-0242ac130002"};
inline const OrgId kOrg{"Y2lzY29[...]YzVj"};
inline const DeviceId kDevice{"Y2lzY29[...]MjZiYzZm"};
inline const WorkspaceId kWorkspace{"Y2lzY29zcGF[...]NjM="};

}  // namespace hotdesk::test
