#include "daemon/run.hpp"

#include "daemon/engine.hpp"
#include "daemon/home.hpp"
#include "daemon/record_keeper.hpp"
#include "daemon/state.hpp"
#include "daemon/upgrade.hpp"
#include "io/doorbell.hpp"
#include "io/harden.hpp"
#include "io/host.hpp"
#include "io/lock.hpp"
#include "io/service.hpp"
#include "io/signals.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

/// The loop turns at least this often, for the watchdog and for requests that nobody could ring for.
constexpr Millis longest_turn = 20s;
/// What many desks answered at once leaves holes.
constexpr Millis trim_interval = 5min;
/// The sentence for systemctl is renewed at most this often: it counts all desks.
constexpr Millis status_interval = 5s;

/// SIGTERM must be obeyed within a second.
constexpr Millis last_words = 800ms;

class Runner {
public:
    Runner(const std::string& config_file, bool judge_existing)
        : config_file_(config_file),
          judge_existing_(judge_existing),
          config_(load_config(config_file)),
          log_(make_log()),
          host_(io::make_host()),
          service_(io::make_service()) {
        need_client(config_);
        secret_ = load_client_secret(config_);
        if (const auto hardened = io::harden_process(); !hardened.ok())
            log_->line(Level::Warn, hardened.error().message);
        io::give_large_blocks_back();
        auto signals = io::watch_signals();
        if (!signals.ok()) throw Failure(Exit::Failed, signals.error().message);
        signals_ = std::move(*signals);
        lock_ = lock_state(config_);
        upgrade_state(config_, [this](std::string_view what) { log_->line(Level::Info, what); });
        store_ = open_state(config_, StateUse::Write);
        keeper_.emplace(*store_, config_.record_keep);
        http_ = open_http(config_);
        auto doorbell = io::hang_doorbell(config_.runtime_directory);
        if (doorbell.ok())
            doorbell_ = std::move(*doorbell);
        else
            log_->line(Level::Warn, doorbell.error().message + "; requests of the command line are seen every " +
                                        format_duration(longest_turn));
        say_warnings();
    }

    Exit run() {
        while (!stopping_ && !removed_) {
            start_engine();
            while (!stopping_ && !removed_ && !activation_changed_) {
                turn();
                if (store_->broken()) return give_up();
            }
            removed_ = removed_ && clean_up();
        }
        service_->stopping();
        if (removed_) return Exit::Removed;
        if (engine_) engine_->finish_refresh(last_words);
        log_->line(Level::Info, "stopping");
        return Exit::Done;
    }

private:
    /// What is not stored is not done: a process that begins anew goes on from what is. systemd starts it.
    Exit give_up() {
        service_->stopping();
        log_->line(Level::Error,
                   "a write to the state in " + config_.state_directory +
                       " failed half way, and it cannot be used before hotdeskd is started again: stopping. Look for "
                       "disk errors in the kernel's log");
        return Exit::Failed;
    }

    /// Source: technical details, "Read the current integration state": what was set up here is removed. The record of
    /// what was decided is the administrator's. False: an administrator was faster, and a new activation stands.
    bool clean_up() {
        const auto gone = state::forget_gone(*store_, activation_id_);
        if (gone.ok() && !*gone) {
            log_->line(Level::Info, "the activation was replaced");
            return false;
        }
        engine_.reset();
        if (!gone.ok()) log_->line(Level::Error, gone.error().message);
        log_->line(Level::Error,
                   "the integration does not exist any more: its tokens and what was known of desks are removed "
                   "(hotdeskd deactivate also removes the decision record). To use hotdeskd again, activate the "
                   "integration in Control Hub and run hotdeskd activate CODE");
        return true;
    }

    std::unique_ptr<Log> make_log() const {
        io::LogOptions options;
        options.level = config_.log_level;
        options.format = config_.log_format;
        options.mask_addresses = config_.mask_addresses;
        return io::make_log(options);
    }

    void say_warnings() {
        for (const auto& warning : config_.warnings) log_->line(Level::Warn, warning);
    }

    /// A worker on the standing activation. Outstanding calls of an earlier one are given up: it asks every desk anew.
    void start_engine() {
        activation_changed_ = false;
        Activation activation = need_activation(*store_);
        activation_id_ = activation.id;
        if (const auto orphans = state::orphans(*store_); orphans.ok() && !orphans->empty())
            (void)store_->commit(*orphans);
        const std::string org = activation.org_name;
        const Now now = host_->now();
        auto worker = state::load_worker(*store_, std::move(activation), config_.policy_book(), now);
        if (!worker.ok()) throw Failure(Exit::State, worker.error().message);
        if (judge_existing_) worker->fleet().judge_existing();
        if (engine_) http_ = open_http(config_);
        engine_.emplace(EngineParts{*http_, *store_, *host_, log_.get()}, std::move(*worker),
                        Client{config_.client_id, secret_}, config_.jwks_url);
        const Field fields[] = {{"org", org}, {"version", HOTDESKD_VERSION}};
        log_->line(
            Level::Info,
            config_.policy.mode == Mode::Observe ? "starting in observe mode: nothing is sent to desks" : "starting",
            fields);
        engine_->commit();  // what became of unanswered commands, before requests are read again
        engine_->look_at_requests();
    }

    void turn() {
        std::vector<int> wake{signals_->descriptor()};
        if (doorbell_) wake.push_back(doorbell_->descriptor());
        Millis limit = longest_turn;
        if (const auto interval = service_->watchdog_interval()) limit = std::min(limit, *interval);
        engine_->turn(limit, wake);
        service_->watchdog();
        for (const io::Signal signal : signals_->take()) obey(signal);
        const Now now = engine_->now();
        if (!ready_ && engine_->worker().ready()) {
            ready_ = true;
            service_->ready();
        }
        const bool rang = doorbell_ && doorbell_->drain();
        if (rang || now.mono >= look_again_at_) {
            look_again_at_ = now.mono + longest_turn;
            look_outside();
        }
        if (const auto kept = keeper_->look(engine_->webex_now()); !kept.ok())
            log_->line(Level::Warn, "old decisions cannot be removed: " + kept.error().message);
        if (now.mono >= tell_again_at_) {
            tell_again_at_ = now.mono + status_interval;
            service_->status(engine_->worker().sentence(now));
        }
        if (now.mono >= trim_again_at_) {
            trim_again_at_ = now.mono + trim_interval;
            io::give_free_memory_back();
        }
        removed_ = removed_ || engine_->worker().removed();
    }

    /// What other processes left in the store: requests, another activation.
    void look_outside() {
        const auto current = state::current_activation(*store_);
        if (current.ok() && current->empty()) {
            log_->line(Level::Warn, "the activation was removed from the state");
            removed_ = true;
            return;
        }
        if (current.ok() && *current != activation_id_) {
            log_->line(Level::Info, "the activation was replaced");
            activation_changed_ = true;
            return;
        }
        engine_->look_at_requests();
    }

    void obey(io::Signal signal) {
        switch (signal) {
            case io::Signal::Terminate:
            case io::Signal::Interrupt: stopping_ = true; return;
            case io::Signal::Reload:
                service_->reloading();
                reload();
                service_->ready();
                return;
        }
    }

    void reload() {
        try {
            Config next = load_config(config_file_);
            need_client(next);
            Secret secret = load_client_secret(next);
            const bool needs_restart =
                next.app_id != config_.app_id || next.client_id != config_.client_id ||
                next.state_directory != config_.state_directory || next.key_file != config_.key_file ||
                next.runtime_directory != config_.runtime_directory || next.proxy != config_.proxy ||
                next.ca_file != config_.ca_file || next.extra_hosts != config_.extra_hosts;
            secret_ = std::move(secret);
            // Who the client is stays until the next start, and another client's secret is none of its.
            if (next.client_id == config_.client_id) engine_->set_client({config_.client_id, secret_});
            config_ = std::move(next);
            keeper_->set_keep(config_.record_keep);
            log_ = make_log();
            engine_->set_log(*log_);
            engine_->set_policy(config_.policy_book());
            say_warnings();
            log_->line(Level::Info, "the configuration was read again");
            if (needs_restart)
                log_->line(Level::Warn,
                           "changes in [integration], [state] and [http] take effect at the next start: systemctl "
                           "restart hotdeskd");
        } catch (const Failure& failure) {
            log_->line(Level::Error, failure.message + "; the configuration in use stays as it was");
        }
    }

    std::string config_file_;
    bool judge_existing_;
    Config config_;
    std::unique_ptr<Log> log_;
    std::unique_ptr<Host> host_;
    std::unique_ptr<io::Service> service_;
    Secret secret_;
    std::unique_ptr<io::Signals> signals_;
    std::unique_ptr<io::InstanceLock> lock_;
    std::unique_ptr<Store> store_;
    std::optional<RecordKeeper> keeper_;
    std::unique_ptr<Http> http_;
    std::unique_ptr<io::Doorbell> doorbell_;
    std::optional<Engine> engine_;
    std::string activation_id_;
    MonoTime look_again_at_ = MonoTime::min(), tell_again_at_ = MonoTime::min(), trim_again_at_ = MonoTime::min();
    bool ready_ = false, stopping_ = false, removed_ = false, activation_changed_ = false;
};

}  // namespace

Exit run_worker(const std::string& config_file, bool judge_existing) {
    return Runner(config_file, judge_existing).run();
}

}  // namespace hotdesk
