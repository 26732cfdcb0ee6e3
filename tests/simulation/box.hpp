#pragma once
// hotdeskd's machine in the simulation: a disk that can be full, slow or broken, and a death between any two steps.

#include "../daemon/doubles.hpp"
#include "../world/virtual_http.hpp"

#include <cstdint>
#include <functional>

namespace hotdesk::sim {

/// The process dies here. Thrown out of a port: nothing of the worker's own survives it.
struct Death {};

/// Counts what the worker does to the world outside it, and kills it at the step that was chosen.
class Fuse {
public:
    /// At the `steps`-th step from now; 0: not at all.
    void set(std::uint64_t steps) { left_ = steps; }
    void step() {
        if (left_ > 0 && --left_ == 0) throw Death{};
    }

private:
    std::uint64_t left_ = 0;
};

/// What is committed stays, whole, whenever the power goes; what is not was never there. That the real store keeps to
/// this is for tests/io/power_cut_test.cpp to show.
class Disk : public test::MemoryStore {
public:
    Disk(test::VirtualHost& host, Fuse& fuse) : host_(host), fuse_(fuse) {}

    Millis slow{0};       ///< what each commit takes
    bool broken = false;  ///< nothing is written, and nothing can be read
    /// Told of each commit that was done.
    std::function<void(std::span<const Change>)> committed;

    Result<void> commit(std::span<const Change> changes) override {
        fuse_.step();  // the power goes before the write is safe
        if (slow > Millis{0}) host_.pass(slow);
        if (broken) return unreadable();
        auto done = MemoryStore::commit(changes);
        if (done.ok() && committed) committed(changes);
        fuse_.step();  // or when it is safe, and the worker has not heard of it
        return done;
    }

    Result<std::optional<std::string>> get(Table table, std::string_view key) override {
        if (broken) return unreadable();
        return MemoryStore::get(table, key);
    }
    Result<void> scan(Table table, std::string_view from,
                      const std::function<bool(std::string_view, std::string_view)>& visit) override {
        if (broken) return unreadable();
        return MemoryStore::scan(table, from, visit);
    }

private:
    static Error unreadable() { return {ErrorKind::Fatal, "the state: Input/output error"}; }

    test::VirtualHost& host_;
    Fuse& fuse_;
};

/// The worker's log goes into the story.
class StoryLog : public Log {
public:
    explicit StoryLog(std::function<void(std::string)> tell) : tell_(std::move(tell)) {}
    void line(Level, std::string_view text, std::span<const Field> fields) override {
        if (!tell_) return;
        std::string out{text};
        for (const auto& [name, value] : fields) out += " " + std::string{name} + "=" + std::string{value};
        tell_(std::move(out));
    }

private:
    std::function<void(std::string)> tell_;
};

}  // namespace hotdesk::sim
