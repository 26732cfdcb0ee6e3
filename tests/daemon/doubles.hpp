#pragma once
// The ports in memory: a store that can fail and be looked into, a host with a clock of its own, a network whose
// answers the test decides on.

#include <hotdesk/ports.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hotdesk::test {

class MemoryStore : public Store {
public:
    bool full = false;
    int commits = 0;
    std::map<std::pair<Table, std::string>, std::string> records;

    Result<void> commit(std::span<const Change> changes) override {
        if (full) return Error{ErrorKind::Fatal, "no space left in the state directory"};
        ++commits;
        for (const Change& change : changes) {
            if (change.value)
                records[{change.table, change.key}] = *change.value;
            else
                records.erase({change.table, change.key});
        }
        return {};
    }
    Result<std::optional<std::string>> get(Table table, std::string_view key) override {
        const auto at = records.find({table, std::string{key}});
        if (at == records.end()) return std::optional<std::string>{};
        return std::optional{at->second};
    }
    Result<void> scan(Table table, std::string_view from,
                      const std::function<bool(std::string_view, std::string_view)>& visit) override {
        for (auto at = records.lower_bound({table, std::string{from}}); at != records.end() && at->first.first == table;
             ++at)
            if (!visit(at->first.second, at->second)) break;
        return {};
    }
    std::size_t count(Table table) const {
        std::size_t n = 0;
        for (const auto& [key, value] : records) n += key.first == table ? 1 : 0;
        return n;
    }
};

class ManualHost : public Host {
public:
    Now time{*parse_time("2026-03-02T09:00:00Z"), MonoTime{} + std::chrono::seconds{1000}};
    void pass(Millis span) {
        time.wall += span;
        time.mono += span;
    }
    Now now() override { return time; }
    std::string random(std::size_t bytes) override { return std::string(bytes, '\0'); }
};

/// Requests pile up in `waiting` until the test answers them.
class ManualHttp : public Http {
public:
    explicit ManualHttp(ManualHost& host) : host_(host) {}

    std::map<CallId, HttpRequest> waiting;
    std::vector<HttpRequest> all;
    std::optional<WallTime> date;  ///< of Webex, in each answer from now on
    Millis clock_moves{0};         ///< by so much the machine's clock is set during the next wait

    /// Everything but `evil.example`.
    [[nodiscard]] Result<void> allows(const std::string& url) const override {
        if (url.find("evil.example") == std::string::npos) return {};
        return Error{ErrorKind::Fatal, "names the host evil.example, which is not one of Webex's"};
    }
    void start(CallId id, HttpRequest request) override {
        all.push_back(request);
        waiting.emplace(id, std::move(request));
    }
    void cancel(CallId id) override { waiting.erase(id); }
    std::vector<HttpDone> wait(Millis limit, std::span<const int>) override {
        if (done_.empty()) host_.pass(limit);  // nobody answers: time passes
        host_.time.wall += std::exchange(clock_moves, Millis{0});
        return std::exchange(done_, {});
    }
    /// Answers the first waiting request whose URL holds `part`; false: there is none.
    bool answer(const std::string& part, int status, const std::string& body) {
        for (const auto& [id, request] : waiting) {
            if (request.url.find(part) == std::string::npos) continue;
            HttpReply reply;
            reply.status = status;
            reply.body = body;
            reply.date = date;
            done_.push_back({id, std::move(reply)});
            waiting.erase(id);
            return true;
        }
        return false;
    }
    bool fail(const std::string& part) {
        for (const auto& [id, request] : waiting) {
            if (request.url.find(part) == std::string::npos) continue;
            done_.push_back({id, Error{ErrorKind::Transient, "the connection was lost"}});
            waiting.erase(id);
            return true;
        }
        return false;
    }
    bool is_waiting(const std::string& part) const {
        for (const auto& [id, request] : waiting)
            if (request.url.find(part) != std::string::npos) return true;
        return false;
    }

private:
    ManualHost& host_;
    std::vector<HttpDone> done_;
};

class ListLog : public Log {
public:
    std::vector<std::string> lines;
    void line(Level, std::string_view text, std::span<const Field> fields) override {
        std::string out{text};
        for (const auto& [name, value] : fields) out += " " + std::string{name} + "=" + std::string{value};
        lines.push_back(std::move(out));
    }
    bool has(const std::string& part) const {
        for (const auto& text : lines)
            if (text.find(part) != std::string::npos) return true;
        return false;
    }
};

}  // namespace hotdesk::test
