#pragma once
// How a script is made: the world and its rules (generate.cpp), people (people.cpp), what breaks (faults.cpp).

#include "draws.hpp"
#include "generate.hpp"

#include <initializer_list>

namespace hotdesk::sim {

class Generator {
public:
    Generator(std::uint64_t seed, Size size) : draws_(seed), size_(size) { script_.opening.seed = seed; }
    Script make();

private:
    // generate.cpp
    void opening();
    void policy();
    void overrides();
    void orders();
    void order(int number);
    void changes_of_mind();
    // people.cpp
    void people();
    [[nodiscard]] bool is_weekend(int day) const;
    std::string somebody();
    void visit(const std::string& desk, Millis start);
    void booked_visit(const std::string& desk, Millis start, Millis length);
    void changes_before(const std::string& desk, Millis start, Millis ahead, Millis length);
    void ad_hoc_visit(const std::string& desk, Millis start, Millis length);
    void while_there(const std::string& desk, Millis from, Millis to);
    void departure(const std::string& desk, Millis from, Millis end);
    // faults.cpp
    void faults();
    void network_faults();
    void queue_faults();
    void box_faults();
    void disk_faults();
    void token_faults();
    void desk_faults();
    void desk_fault(const std::string& desk, Millis at);

    void add(Happening happening) { script_.happenings.push_back(std::move(happening)); }
    static std::string text(std::initializer_list<std::string> parts) {
        std::string out;
        for (const std::string& part : parts) out += part;
        return out;
    }
    static std::string span(Millis span) { return std::to_string(span.count() / 1000) + "s"; }
    /// ` in=1800s for=3600s`
    static std::string when(Millis in, Millis length) { return text({" in=", span(in), " for=", span(length)}); }
    std::string desk() { return "desk-" + std::to_string(1 + draws_.pick(script_.opening.desks)); }
    std::string by_calendar() { return draws_.one_in(2) ? " calendar" : ""; }
    Millis any_time() {
        const auto until = static_cast<std::uint64_t>(script_.opening.calm.count());
        return Millis{static_cast<Millis::rep>(draws_.bits() % until)};
    }

    Draws draws_;
    Size size_;
    Script script_;
};

}  // namespace hotdesk::sim
