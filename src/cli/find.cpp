#include "cli/find.hpp"

#include "daemon/exit.hpp"

#include <algorithm>

namespace hotdesk::cli {

namespace {

template <class Test>
std::vector<const DeskState*> those(const std::vector<DeskState>& desks, Test&& test) {
    std::vector<const DeskState*> out;
    for (const auto& desk : desks)
        if (test(desk)) out.push_back(&desk);
    return out;
}

}  // namespace

const DeskState& find_desk(const std::vector<DeskState>& desks, const std::string& wanted) {
    const std::string part = "*" + wanted + "*";
    for (auto& found : {those(desks, [&](const DeskState& d) { return d.id.value == wanted; }),
                        those(desks, [&](const DeskState& d) { return same_address(d.display_name, wanted); }),
                        those(desks, [&](const DeskState& d) { return same_address(d.workspace_name, wanted); }),
                        those(desks, [&](const DeskState& d) { return matches_glob(part, d.display_name); })}) {
        if (found.size() == 1) return *found.front();
        if (found.empty()) continue;
        std::string names;
        for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 5); ++i)
            names += (i ? ", " : "") + found[i]->display_name;
        throw Failure(Exit::Failed, "`" + wanted + "` may mean " + std::to_string(found.size()) + " desks (" + names +
                                        (found.size() > 5 ? ", ..." : "") +
                                        "); write more of the name, or the deviceId");
    }
    throw Failure(Exit::Failed, "no desk is called `" + wanted + "`; hotdeskd devices lists those that are known");
}

}  // namespace hotdesk::cli
