// Plays scenario files, or all of a folder, through the whole worker.

#include "../core/scenario.hpp"
#include "../core/words.hpp"
#include "world_stage.hpp"

#include "io/zone.hpp"

int main(int argc, char** argv) {
    using namespace hotdesk;
    const test::ZoneMaker zone = [](const std::string& name) -> std::shared_ptr<const Zone> {
        if (name.empty() || name == "UTC") return nullptr;
        auto made = io::make_zone(name);
        if (!made.ok()) throw test::Broken(made.error().message);
        return *made;
    };
    return test::run_scenarios({argv + 1, argv + argc}, test::make_world_stage, zone, false);
}
