#pragma once
// The `expect` lines of a scenario.

#include "stage.hpp"
#include "words.hpp"

namespace hotdesk::test {

class Expectations {
public:
    Expectations(Stage& stage, std::size_t desks) : stage_(stage), asked_(desks) {}

    /// Throws Broken where it is not so. `order`: the key of the last order.
    void check(const Words& words, std::size_t desk, const DeviceId& device, const std::string& order);
    /// Nothing was sent that was not expected.
    void nothing_left();

private:
    void sent(const Words& words, std::size_t desk);
    void outcome(const Words& words, const std::string& order);
    void record(const Words& words, const DeviceId& device);
    void booking(const Words& words, std::size_t desk);
    void alert(const std::string& part, std::size_t desk);
    void says(const std::string& rule, const std::string& text, std::size_t desk);
    void asked(int times, std::size_t desk);

    Stage& stage_;
    std::vector<int> asked_;  ///< as last looked at
};

}  // namespace hotdesk::test
