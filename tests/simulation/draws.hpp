#pragma once
// Chance, the same with every compiler and library: only the engine's bits are the standard's, so what is made of them
// is made here. Of two draws in one expression the compiler chooses which is first: each stands in a statement of its
// own, or in braces, which are gone through from left to right.

#include <hotdesk/time.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace hotdesk::sim {

class Draws {
public:
    explicit Draws(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t bits() { return engine_(); }
    /// 0 to n - 1.
    int pick(int n) { return static_cast<int>(bits() % static_cast<std::uint64_t>(n)); }
    bool one_in(int n) { return pick(n) == 0; }
    bool percent(int p) { return pick(100) < p; }
    Millis minutes(int from, int to) {
        const int seconds = from * 60 + pick((to - from) * 60 + 1);
        return Millis{seconds * 1000 + pick(1000)};
    }
    const std::string& of(const std::vector<std::string>& all) {
        return all[static_cast<std::size_t>(pick(static_cast<int>(all.size())))];
    }
    template <class T>
    void shuffle(std::vector<T>& all) {
        for (std::size_t left = all.size(); left > 1; --left) std::swap(all[left - 1], all[bits() % left]);
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace hotdesk::sim
