#include "codec/manifest.hpp"

#include "codec/json.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace hotdesk;

namespace {

const codec::ManifestNeeds kNeeds{
    AppId("ac6b6972-538e-11ec-bf63-0242ac130002"),
    3,
    {{"spark-admin:devices_read", "id_readonly_admin", true}, {"spark:xapi_commands", "", false}},
    {{"Bookings.List", true}},
    {{"SystemUnit.State.NumberOfActiveCalls", true}, {"RoomAnalytics.PeoplePresence", false}},
    {{"BootEvent", true}},
};

}  // namespace

TEST_CASE("the manifest has every field that the guide requires of a private integration") {
    const codec::json::Document document(codec::manifest(kNeeds));
    REQUIRE(document.ok());
    const auto root = document.root();
    CHECK(root["id"].string() == "ac6b6972-538e-11ec-bf63-0242ac130002");
    CHECK(root["manifestVersion"].integer() == 3);
    for (const char* name : {"displayName", "vendor", "email", "description"})
        CHECK_FALSE(root[name].string().value_or("").empty());
    CHECK(root["availability"].string() == "org_private");
    CHECK(root["provisioning"]["type"].string() == "manual");
    CHECK_FALSE(root["provisioning"]["url"].exists());
    for (const char* kind : {"status", "commands", "events"}) CHECK(root["xapiAccess"][kind].is_array());
}

TEST_CASE("the manifest asks for what is needed in the order given, and says what may be opted out of") {
    const std::string expected = R"(    "apiAccess": [
        {
            "scope": "spark-admin:devices_read",
            "access": "required",
            "role": "id_readonly_admin"
        },
        {
            "scope": "spark:xapi_commands",
            "access": "optional"
        }
    ],
    "xapiAccess": {
        "status": [
            {
                "path": "SystemUnit.State.NumberOfActiveCalls",
                "access": "required"
            },
            {
                "path": "RoomAnalytics.PeoplePresence",
                "access": "optional"
            }
        ],
        "commands": [
            {
                "path": "Bookings.List",
                "access": "required"
            }
        ],
        "events": [
            {
                "path": "BootEvent",
                "access": "required"
            }
        ]
    },)";
    const bool found = codec::manifest(kNeeds).find(expected) != std::string::npos;
    CHECK(found);
    CHECK(codec::manifest(kNeeds).back() == '\n');
}
