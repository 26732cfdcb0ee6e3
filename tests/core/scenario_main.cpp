// Plays scenario files, or all of a folder, with the bare rules.

#include "core_stage.hpp"
#include "scenario.hpp"
#include "summer_zone.hpp"
#include "words.hpp"

int main(int argc, char** argv) {
    using namespace hotdesk::test;
    const ZoneMaker zone = [](const std::string& name) -> std::shared_ptr<const hotdesk::Zone> {
        using std::chrono::hours;
        if (name.empty() || name == "UTC") return nullptr;
        if (name == "Europe/Oslo") return std::make_shared<SummerZone>(hours{1});
        if (name == "Europe/Helsinki") return std::make_shared<SummerZone>(hours{2});
        throw Broken("the tests of the core know no zone " + name);
    };
    return run_scenarios({argv + 1, argv + argc}, make_core_stage, zone, true);
}
