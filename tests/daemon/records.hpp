#pragma once
// A whole state, to be compared with another one.

#include <hotdesk/ports.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <utility>

namespace hotdesk::test {

using Records = std::map<std::pair<Table, std::string>, std::string>;

/// All records but those that say who wrote them.
inline Records all_of(Store& store) {
    Records found;
    for (const Table table : {Table::Meta, Table::Desk, Table::Outbox, Table::Record, Table::Request, Table::SpentCode})
        REQUIRE(store
                    .scan(table, "",
                          [&](std::string_view key, std::string_view value) {
                              found[{table, std::string{key}}] = value;
                              return true;
                          })
                    .ok());
    found.erase({Table::Meta, "schema"});
    found.erase({Table::Meta, "written-by"});
    return found;
}

}  // namespace hotdesk::test
