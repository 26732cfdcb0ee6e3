#pragma once
// hotdeskd's machine in the simulation: a disk that can be full, slow or broken, and a death between any two steps.

#include "../daemon/doubles.hpp"
#include "../world/virtual_http.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

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

    Millis slow{0};        ///< what each commit takes
    bool failing = false;  ///< nothing is written, and nothing can be read
    /// Told of each commit that was done.
    std::function<void(std::span<const Change>)> committed;

    /// The next commit fails half way with an I/O error; what it held is on the disk or not. Then nothing can be read
    /// or written before the store is opened anew, by another process.
    void fail_next(bool kept) { next_is_kept_ = kept; }
    void open_anew() { broken_ = false; }
    void mend() { next_is_kept_.reset(), broken_ = false; }

    [[nodiscard]] bool broken() const override { return broken_; }
    Result<std::optional<std::string>> get(Table table, std::string_view key) override {
        if (broken_ || failing) return input_output_error();
        return MemoryStore::get(table, key);
    }
    Result<void> scan(Table table, std::string_view from,
                      const std::function<bool(std::string_view, std::string_view)>& visit) override {
        if (broken_ || failing) return input_output_error();
        return MemoryStore::scan(table, from, visit);
    }
    Result<void> commit(std::span<const Change> changes) override {
        if (broken_) return input_output_error();
        if (const auto kept = std::exchange(next_is_kept_, std::nullopt)) {
            broken_ = true;
            if (*kept && MemoryStore::commit(changes).ok() && committed) committed(changes);
            return input_output_error();
        }
        fuse_.step();  // the power goes before the write is safe
        if (slow > Millis{0}) host_.pass(slow);
        if (failing) return input_output_error();
        auto done = MemoryStore::commit(changes);
        if (done.ok() && committed) committed(changes);
        fuse_.step();  // or when it is safe, and the worker has not heard of it
        return done;
    }

private:
    static Error input_output_error() { return {ErrorKind::Fatal, "Input/output error"}; }

    test::VirtualHost& host_;
    Fuse& fuse_;
    std::optional<bool> next_is_kept_;
    bool broken_ = false;
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
