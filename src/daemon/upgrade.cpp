#include "daemon/upgrade.hpp"

#include "codec/state.hpp"
#include "daemon/home.hpp"
#include "io/next.hpp"

#include <chrono>

namespace hotdesk {

namespace {

/// Nobody can have an old state open for long: all commands but the worker turn away from it.
constexpr Millis patience = std::chrono::seconds{10};

Exit exit_of(const Error& error) { return error.kind == ErrorKind::Corrupt ? Exit::State : Exit::Failed; }

}  // namespace

std::string backup_name(int schema) { return "data.mdb.schema-" + std::to_string(schema); }

void remove_backups(const Config& config, const Say& say) {
    for (int schema = 1; schema < codec::state_schema; ++schema) {
        const std::string backup = backup_name(schema);
        if (io::remove_backup(config.state_directory, backup)) say("removed " + config.state_directory + "/" + backup);
    }
}

bool is_outdated(const Config& config) {
    try {
        const int schema = find_state(config).schema;
        return schema != 0 && schema < codec::state_schema;
    } catch (const Failure& failure) {
        if (failure.code != Exit::NotActivated) throw;
        return false;
    }
}

void upgrade_state(const Config& config, const Say& say) {
    const std::string& directory = config.state_directory;
    io::discard_next(directory);
    if (!is_outdated(config)) return;
    const auto alone = io::hold_state_alone(directory, patience);
    if (!alone.ok())
        throw Failure(alone.error().kind == ErrorKind::Rejected ? Exit::AlreadyRunning : Exit::Failed,
                      alone.error().message);
    StandingState old = find_state(config, true);
    const std::string backup = backup_name(old.schema), ours = std::to_string(codec::state_schema);
    say("bringing the state from schema " + std::to_string(old.schema) + " to schema " + ours);
    const auto count = write_next(directory, *old.store, old.key, say);
    if (!count.ok()) throw Failure(exit_of(count.error()), count.error().message);
    old.store.reset();
    if (const auto done = io::put_next_in_place(directory, backup); !done.ok())
        throw Failure(Exit::Failed, done.error().message);
    say("the state has schema " + ours + " now, with " + std::to_string(*count) +
        " records. As it was, it is kept in " + directory + "/" + backup +
        ": to go back to the version before, stop hotdeskd, install that version and move "
        "the file to data.mdb; else remove it some day");
}

}  // namespace hotdesk
