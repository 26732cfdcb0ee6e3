#include "run.hpp"

#include "../core/summer_zone.hpp"
#include "../core/words.hpp"

#include "codec/state.hpp"
#include "daemon/state.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;

constexpr Millis sweep_interval = 5min;
/// As the service is set up.
constexpr Millis restart_after = 2s;
/// What the service waits for a token when it is stopped.
constexpr Millis last_words = 800ms;

sandbox::WorldOptions options_of(const Opening& opening) {
    sandbox::WorldOptions options;
    options.identity = opening.identity;
    options.seed = opening.seed;
    options.desks = static_cast<std::size_t>(opening.desks);
    options.rooms = static_cast<std::size_t>(opening.desks / 20);
    options.behaviour.full_sync_every = 6h;
    return options;
}

}  // namespace

Run::Run(const Script& script, std::function<void(const std::string&)> tell)
    : opening_(script.opening),
      happenings_(script.happenings),
      tell_(std::move(tell)),
      host_(opening_.start, opening_.seed),
      world_(options_of(opening_), std::move(sandbox::make_signer().value()), opening_.start),
      disk_(host_, fuse_),
      log_([this](const std::string& line) { story("log: " + line); }),
      oracle_(world_, host_, disk_, opening_, [this](const std::string& line) { story(line); }),
      network_(world_, host_, fuse_, oracle_, opening_.seed + 1),
      next_sweep_(opening_.start) {
    std::size_t number = 0;
    for (const auto& desk : world_.desks())
        if (static_cast<int>(number++ * 37 % 100) < opening_.hybrid) desk->set_calendar(sandbox::Calendar::Hybrid);
}

/// Told, and part of the digest.
void Run::story(const std::string& line) {
    const auto fold = [&](std::string_view text) {
        for (const char c : text) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    };
    const std::string at = format_time(host_.world());
    fold(at);
    fold(line);
    if (tell_) tell_(at + " " + line);
}

Summary Run::play() {
    test::Words keys;
    keys.ordered = opening_.policy;
    policy(keys);
    activate();
    boot();
    bool calm_yet = false;
    bool checked = false;
    const WallTime calm_at = opening_.start + opening_.calm, check_at = calm_at + converge_bound;
    const auto pass_to = [&](WallTime when) {
        if (!calm_yet && when >= calm_at) {
            go_to(calm_at);
            calm();
            calm_yet = true;
        }
        if (!checked && when >= check_at) {
            go_to(check_at);
            oracle_.converged();
            checked = true;
        }
        go_to(when);
    };
    for (const Happening& happening : happenings_) {
        if (happening.at >= opening_.calm) break;
        pass_to(opening_.start + happening.at);
        story("* " + happening.what);
        happen(happening.what);
    }
    pass_to(opening_.start + opening_.end);
    oracle_.converged();
    oracle_.close();
    const Health health = state::load_health(disk_).value();
    summary_.messages = health.messages;
    summary_.commands = oracle_.commands();
    summary_.requests = oracle_.requests();
    summary_.decisions = disk_.count(Table::Record);
    summary_.busiest = oracle_.busiest();
    summary_.longest_overstay = oracle_.longest_overstay();
    summary_.digest = digest_;
    return summary_;
}

/// Whether Webex could be reached as it should be, since when.
void Run::note_reach() {
    oracle_.reachable(engine_ && !stalled_until_ && !disk_well_at_ && !expired_at_ && !withheld_ && network_.is_well());
}

void Run::go_to(WallTime when) {
    while (host_.world() < when) {
        if (host_.world() >= next_sweep_) {
            oracle_.sweep();
            next_sweep_ = host_.world() + sweep_interval;
        }
        WallTime until = std::min(when, next_sweep_);
        // Without an activation there is nothing to start.
        const auto away = expired_at_ ? std::nullopt : away_until_;
        for (const auto& at : {away, stalled_until_, disk_well_at_, expired_at_})
            if (at) until = std::min(until, std::max(*at, host_.world()));
        if (expired_at_ && host_.world() >= *expired_at_) activate();
        if (disk_well_at_ && host_.world() >= *disk_well_at_)
            disk_.full = disk_.failing = false, disk_.slow = 0ms, disk_well_at_.reset(), ring();
        if (stalled_until_ && host_.world() >= *stalled_until_) stalled_until_.reset(), ring();
        if (away_until_ && host_.world() >= *away_until_ && !expired_at_) away_until_.reset(), boot();
        note_reach();
        if (engine_ && !stalled_until_)
            turn(until);
        else
            network_.pass(until);
    }
}

void Run::turn(WallTime until) {
    try {
        const WallTime before = host_.world();
        engine_->turn(until - before, {});
        if (disk_.broken()) return die(restart_after);  // as the daemon ends, to be started again
        oracle_.taken_in();
        if (const auto done = keeper_->look(engine_->webex_now()); !done.ok()) story("log: " + done.error().message);
        if (engine_->worker().removed()) return removed();
        // Nobody but an administrator can mend this, and they have been told.
        if (!expired_at_ && engine_->worker().health().tokens == Tokens::Invalid) expired_at_ = host_.world() + 20min;
    } catch (const Death&) {
        die(restart_after);
    }
}

/// The doorbell, or the loop's own look at what it may have missed.
void Run::ring() {
    if (!engine_ || stalled_until_) return;
    try {
        engine_->look_at_requests();
    } catch (const Death&) {
        die(restart_after);
    }
}

void Run::boot() {
    if (disk_.failing) {
        away_until_ = host_.world() + 30s;  // it says so and ends, and systemd starts it again
        return;
    }
    story("hotdeskd starts");
    try {
        auto activation = state::load_activation(disk_);
        if (!activation.ok()) throw test::Broken("the activation cannot be read: " + activation.error().message);
        if (!*activation) throw test::Broken("the activation is lost");
        auto worker = state::load_worker(disk_, std::move(**activation), policy_, host_.now());
        if (!worker.ok()) throw test::Broken("the state cannot be read: " + worker.error().message);
        engine_.emplace(EngineParts{network_, disk_, host_, &log_}, std::move(*worker),
                        Client{world_.options().client_id, world_.options().client_secret}, world_.jwks_url());
        keeper_.emplace(disk_, Limit{90 * 24h});
        engine_->look_at_requests();
    } catch (const Death&) {
        die(restart_after);
    }
}

/// As a kill or a power cut leaves it: of what was on its way out, what has left arrives.
void Run::die(Millis away) {
    ++summary_.deaths;
    disk_.open_anew();
    story("hotdeskd dies");
    engine_.reset();
    network_.hang_up();
    oracle_.died();
    stalled_until_.reset();
    away_until_ = host_.world() + away;
}

/// As SIGTERM ends it.
void Run::stop(Millis away) {
    story("hotdeskd is stopped");
    try {
        engine_->finish_refresh(last_words);
    } catch (const Death&) {
    }
    die(away);
}

/// Webex seemed to have removed the integration, twice: what it left is removed, and somebody activates it again.
void Run::removed() {
    story("hotdeskd ends: the integration was removed");
    const std::string id = engine_->worker().activation().id;
    engine_.reset();
    network_.hang_up();
    (void)state::forget_gone(disk_, id);
    oracle_.forgotten();
    away_until_ = expired_at_ = host_.world() + 20min;
}

Outcome play(const Script& script, std::function<void(const std::string&)> tell) {
    Run run(script, std::move(tell));
    try {
        return {std::nullopt, run.play()};
    } catch (const std::exception& error) {
        return {format_time(run.now()) + ": " + error.what(), {}};
    }
}

}  // namespace hotdesk::sim
