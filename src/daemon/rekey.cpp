#include "daemon/rekey.hpp"

#include "daemon/home.hpp"
#include "daemon/upgrade.hpp"
#include "io/next.hpp"
#include "io/seal.hpp"

#include <array>
#include <chrono>

namespace hotdesk {

namespace {

/// Other commands have the state open for milliseconds, but for `log --follow` and those that wait for the worker.
constexpr Millis patience = std::chrono::seconds{5};

void need(const Result<void>& done) {
    if (!done.ok()) throw Failure(Exit::Failed, done.error().message);
}

}  // namespace

Rekey::Rekey(const Config& config, Say say) : config_(config), say_(std::move(say)) {
    if (key_path(config) != config.key_file)
        throw Failure(Exit::Usage,
                      "the state key comes from systemd's credential state-key, which cannot be replaced "
                      "from here: run rekey outside the service, with state.key_file naming the file that "
                      "the credential is made of, then start the service again");
    running_ = lock_state(config);
    upgrade_state(config, say_);
    auto alone = io::hold_state_alone(config.state_directory, patience);
    if (!alone.ok())
        throw Failure(alone.error().kind == ErrorKind::Rejected ? Exit::AlreadyRunning : Exit::Failed,
                      alone.error().message);
    alone_ = std::move(*alone);
    old_ = find_state(config, true).key;
    auto keys = io::read_key_file(config.key_file);
    if (!keys.ok()) throw Failure(Exit::State, keys.error().message);
    resumes_ = keys->size() == 2;
    in_place_ = resumes_ && old_.reveal() == keys->front().reveal();
    new_ = resumes_ ? std::move(keys->front()) : io::make_key();
}

void Rekey::announce() {
    const std::array both{new_, old_};
    need(io::replace_key_file(config_.key_file, both));
}

void Rekey::write() {
    const auto state = find_state(config_, true);
    const auto count = write_next(config_.state_directory, *state.store, new_, say_);
    if (!count.ok())
        throw Failure(count.error().kind == ErrorKind::Corrupt ? Exit::State : Exit::Failed, count.error().message);
    say_(std::to_string(*count) + " records are sealed under the new key");
}

void Rekey::put_in_place() { need(io::put_next_in_place(config_.state_directory, "")); }

void Rekey::finish() {
    // What an upgrade kept cannot be read without the old key, and by whoever has that key it could.
    remove_backups(config_, say_);
    need(io::replace_key_file(config_.key_file, {&new_, 1}));
}

void rekey(const Config& config, const Say& say) {
    Rekey rekey(config, say);
    if (rekey.resumes()) say("going on with a rekey that was cut short");
    if (!rekey.in_place()) {
        if (!rekey.resumes()) rekey.announce();
        rekey.write();
        rekey.put_in_place();
    }
    rekey.finish();
}

}  // namespace hotdesk
