#include "cli/commands.hpp"
#include "cli/find.hpp"
#include "cli/print.hpp"
#include "cli/read.hpp"
#include "codec/output.hpp"
#include "codec/state.hpp"
#include "daemon/home.hpp"
#include "daemon/state.hpp"
#include "io/host.hpp"

#include <set>
#include <thread>
#include <unordered_map>

namespace hotdesk::cli {

namespace {

using namespace std::chrono_literals;

/// How often --follow looks. A look at a state where nothing happened costs microseconds.
constexpr Millis follow_interval = 250ms;

class Reader {
public:
    Reader(const Options& options, Store& store, WallTime now) : options_(options), store_(store) {
        const auto desks = must(state::load_desks(store_));
        for (const auto& desk : desks) names_[desk.id] = desk.display_name;
        if (!options.device.empty()) device_ = find_desk(desks, options.device).id;
        if (!options.since.empty()) since_ = parse_moment(options.since, now);
    }

    /// Prints what is new. A decision is printed once, when it has its result; `all`: also those that wait for theirs.
    void read(bool all) {
        std::set<Seq> waiting;
        must(store_.scan(Table::Record, codec::seq_key(from_), [&](std::string_view, std::string_view value) {
            const Record record = must(codec::read_record(value));
            const bool new_here = record.seq >= next_ || waiting_.count(record.seq) > 0;
            next_ = std::max(next_, record.seq + 1);
            if (!new_here || !wanted(record)) return true;
            if (record.result == result_pending && !all)
                waiting.insert(record.seq);
            else
                show(record);
            return true;
        }));
        waiting_ = std::move(waiting);
        from_ = waiting_.empty() ? next_ : *waiting_.begin();
    }

private:
    bool wanted(const Record& record) const {
        return (!since_ || record.time >= *since_) && (!device_ || record.device == *device_);
    }

    void show(const Record& record) const {
        if (options_.json) {
            print(codec::record_json(record));
            return;
        }
        const auto name = names_.find(record.device);
        print(local_time(record.time) + "  " + (name == names_.end() ? record.device.value : name->second) + "  " +
              record.rule + ": " + record.decision + " because " + record.reason + "  [" + record.command.name + ": " +
              record.result + "]");
    }

    const Options& options_;
    Store& store_;
    std::unordered_map<DeviceId, std::string> names_;
    std::optional<DeviceId> device_;
    std::optional<WallTime> since_;
    std::set<Seq> waiting_;  ///< seen without a result
    Seq from_ = 0, next_ = 0;
};

}  // namespace

Exit log(const Options& options) {
    const Config config = load_config(options.config);
    const auto store = open_state(config, StateUse::Read);
    Reader reader(options, *store, cloud_now(*store).wall);
    reader.read(!options.follow);
    while (options.follow) {
        std::this_thread::sleep_for(follow_interval);
        reader.read(false);
    }
    return Exit::Done;
}

}  // namespace hotdesk::cli
