#include "sandbox/runtime.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

#include "sandbox/control.hpp"

namespace hotdesk::sandbox {

namespace {

/// How often a waiting answer looks whether anybody still waits for it.
constexpr Millis look_every{100};
/// A fault of hanging ends some time, or threads would pile up.
constexpr std::chrono::minutes hang_at_most{10};

/// RFC 3339 with milliseconds always, so that lines stand under one another.
std::string stamp(WallTime time) {
    std::string out = format_time(std::chrono::floor<std::chrono::seconds>(time));
    out.pop_back();
    out += '.';
    hotdesk::detail::put_digits(out, static_cast<int>((time.time_since_epoch() % std::chrono::seconds{1}).count()), 3);
    return out + 'Z';
}

}  // namespace

Runtime::Runtime(std::unique_ptr<World> world, const Options& options)
    : world_(std::move(world)), verbose_(options.verbose) {
    if (!options.story_file.empty()) story_.open(options.story_file, std::ios::app);
    if (!options.timing_file.empty()) timing_.open(options.timing_file, std::ios::app);
    if (!options.secrets_file.empty()) secrets_.open(options.secrets_file, std::ios::app);
    thread_ = std::thread([this] { run(); });
}

Runtime::~Runtime() { stop(); }

void Runtime::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    poll_.notify_all();
    tick_.notify_all();
    if (thread_.joinable()) thread_.join();
}

WallTime Runtime::now() {
    // The world's time must not run backwards, whatever the machine's clock does.
    latest_ = std::max(latest_, std::chrono::floor<Millis>(std::chrono::system_clock::now()));
    return latest_;
}

void Runtime::changed() {
    for (const StoryLine& line : world_->take_story())
        if (story_.is_open()) story_ << stamp(line.at) << ' ' << line.desk << ' ' << line.sentence << '\n';
    if (story_.is_open()) story_.flush();
    if (secrets_.is_open()) {
        for (const std::string& secret : world_->secrets())
            if (secrets_told_.insert(secret).second) secrets_ << secret << '\n';
        secrets_.flush();
    }
    if (world_->poll_outstanding()) poll_.notify_all();
    tick_.notify_one();
}

Reply Runtime::answer(const Request& request, const Alive& alive) {
    const auto came = std::chrono::steady_clock::now();
    Reply reply;
    {
        std::unique_lock lock(mutex_);
        // Whoever was killed during a poll does not count as polling.
        for (auto held = held_.begin(); held != held_.end();) {
            if (!held->second()) {
                world_->abandon(held->first);
                held = held_.erase(held);
            } else {
                ++held;
            }
        }
        Handled handled = world_->handle(request, now());
        changed();
        if (const auto* held = std::get_if<Held>(&handled))
            reply = wait_for_poll(*held, alive, lock);
        else
            reply = std::get<Reply>(std::move(handled));
        if (verbose_) log(request, reply);
        const auto until = std::chrono::steady_clock::now() + reply.delay;
        while (reply.delay > Millis{0} && !stopping_ && std::chrono::steady_clock::now() < until)
            poll_.wait_until(lock, until);
        if (timing_.is_open()) time(request, came);
    }
    if (reply.delivery == Delivery::Hang) hang(alive);
    return reply;
}

void Runtime::time(const Request& request, std::chrono::steady_clock::time_point came) {
    const auto us = [](std::chrono::steady_clock::time_point at) {
        return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
    };
    timing_ << us(came) << ' ' << us(std::chrono::steady_clock::now()) << ' ' << request.method << ' '
            << request.target.substr(0, request.target.find('?')) << '\n';
}

Reply Runtime::wait_for_poll(const Held& held, const Alive& alive, std::unique_lock<std::mutex>& lock) {
    held_[held.ticket] = alive;
    Reply gone;
    gone.delivery = Delivery::Close;
    while (true) {
        if (auto reply = world_->collect(held.ticket, now())) {
            held_.erase(held.ticket);
            return *std::move(reply);
        }
        if (stopping_ || !alive()) {
            world_->abandon(held.ticket);
            held_.erase(held.ticket);
            return gone;
        }
        poll_.wait_for(lock, std::clamp<Millis>(held.until - now(), Millis{1}, look_every));
    }
}

void Runtime::hang(const Alive& alive) {
    const auto until = std::chrono::steady_clock::now() + hang_at_most;
    std::unique_lock lock(mutex_);
    while (!stopping_ && alive() && std::chrono::steady_clock::now() < until) poll_.wait_for(lock, look_every);
}

std::string Runtime::command(std::string_view line) {
    const std::lock_guard lock(mutex_);
    std::string answer = control(*world_, line, now());
    changed();
    return answer;
}

void Runtime::schedule(WallTime at, std::string line) {
    const std::lock_guard lock(mutex_);
    scheduled_.emplace(at, std::move(line));
    tick_.notify_one();
}

void Runtime::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const WallTime moment = now();
        while (!scheduled_.empty() && scheduled_.begin()->first <= moment) {
            const std::string line = scheduled_.begin()->second;
            scheduled_.erase(scheduled_.begin());
            const std::string answer = control(*world_, line, moment);
            if (answer.rfind("error:", 0) == 0) std::cerr << line << ": " << answer << '\n';
            changed();
        }
        WallTime due = world_->next_due();
        if (due <= moment) {
            world_->advance(moment);
            changed();
            continue;
        }
        if (!scheduled_.empty()) due = std::min(due, scheduled_.begin()->first);
        // A minute at most: a clock that is put forward must be noticed.
        tick_.wait_for(lock, std::min<Millis>(due - moment, std::chrono::minutes{1}));
    }
}

void Runtime::log(const Request& request, const Reply& reply) {
    constexpr std::size_t shown_max = 2000;
    std::cerr << stamp(latest_) << ' ' << request.method << ' ' << request.target << ' '
              << request.body.substr(0, shown_max) << '\n'
              << stamp(latest_) << " -> ";
    if (reply.delivery != Delivery::Whole) std::cerr << "(a fault) ";
    std::cerr << reply.status << ' ' << reply.body.substr(0, shown_max) << '\n';
}

}  // namespace hotdesk::sandbox
