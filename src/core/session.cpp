#include "core/session.hpp"

#include "core/rules.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

constexpr Millis retry_first = 10s, retry_most = 5min;
/// A refused refresh is no matter of seconds: somebody must act.
constexpr Millis refused_again = 1h;
/// A refresh token that ends within this is exchanged, at most so often.
constexpr Millis early_exchange = 7 * 24h, early_again = 24h;
/// How often in a row Webex must say that the integration is gone, and how far apart: a fault on the way that looks
/// like it passes sooner.
constexpr int removals_needed = 2;
constexpr Millis removal_again = 1min;
/// Between two refreshes for which a 401 was the reason; doubled while they do not help.
constexpr Millis forced_first = 1min, forced_most = 1h;
/// A new access token this long before the old one ends, or a tenth of its life if that is shorter.
constexpr Millis refresh_ahead = 10min;
/// A token that ends within this is not used: the call might arrive too late.
constexpr Millis token_slack = 5s;
/// The queue keeps messages for 10 minutes; a bit less, since our clock starts when an answer arrives.
/// Source: technical details, "Queue Polling".
constexpr Millis retention = 9min;
/// A poll is answered within half of this, messages or not. Source: technical details, Queue Polling.
constexpr Millis deaf_after = 1min;
/// Source: contract, exit 8: appUrl is read at start, hourly, and after a poll that was refused.
constexpr Millis app_interval = 1h;
constexpr Millis inventory_interval = 6h, inventory_least = 1min;
/// Devices or workspaces of an organization: far more than there are anywhere.
constexpr std::size_t most_items = 1000000;
/// Retry-After is believed between these.
constexpr Millis pause_least = 1s, pause_most = 1h;

Millis pause_of(const Error& error) {
    const Millis asked = error.retry_after ? Millis{*error.retry_after} : retry_first;
    return std::clamp(asked, pause_least, pause_most);
}

/// Refused because of who asks or what is asked for: the integration's own state says more.
bool refused(const Error& error) {
    return error.kind == ErrorKind::AuthExpired || error.kind == ErrorKind::Gone || error.http_status == 403 ||
           error.http_status == 404;
}

/// Webex may have handed messages out, and each is handed out once.
bool may_be_lost(const Error& error) { return error.kind == ErrorKind::Transient && rules::may_be_done(error); }

}  // namespace

Session::Session(Activation activation, Now now) : activation_(std::move(activation)), last_poll_(now.mono) {
    const Millis left = activation_.access_expires - now.wall;
    access_until_ = now.mono + std::clamp(left, Millis{0}, Millis{24h});
    refresh_at_ = access_until_ - std::clamp(Millis{left / 10}, Millis{0}, refresh_ahead);
    inventory_at_ = now.mono + inventory_interval;
    app_.not_before = now.mono;
    unanswered_ = activation_.refresh_begun.has_value();
}

void Session::failed(Task& task, const Error& error, Now now, double chance) {
    ++task.failures;
    const bool limited = error.kind == ErrorKind::RateLimited;
    if (limited || error.retry_after) task.pause(pause_of(error), now);
    if (limited) return;
    Millis wait = rules::backoff(retry_first, retry_most, task.failures);
    wait += Millis{static_cast<Millis::rep>(static_cast<double>(wait.count()) * chance / 4)};
    task.not_before = std::max(task.asked_for, now.mono + wait);
}

bool Session::token_usable(Now now) const {
    return !dirty_ && !refresh_forced_ && !activation_.access_token.empty() && now.mono + token_slack < access_until_;
}

bool Session::open(Now now) const { return token_usable(now) && now.mono >= pause_until_; }

bool Session::token_near_its_end(WallTime now) const {
    return activation_.refresh_expires && now + early_exchange >= *activation_.refresh_expires;
}

bool Session::refresh_wanted(Now now) const {
    return refresh_forced_ || renewing_ || activation_.access_token.empty() || now.mono >= refresh_at_ ||
           now.mono + token_slack >= access_until_ || (now.mono >= early_at_ && token_near_its_end(now.wall));
}

bool Session::refresh_due(Now now) const {
    return !refresh_.under_way && now.mono >= refresh_.not_before && refresh_wanted(now);
}

void Session::prepare(Now now) {
    if (dirty_ || activation_.refresh_begun || !refresh_due(now)) return;
    activation_.refresh_begun = now.wall;
    dirty_ = true;
}

void Session::take_calls(std::vector<Call>& calls, Now now) {
    const auto due = [&](const Task& task) { return !task.under_way && now.mono >= task.not_before; };
    if (dirty_) return;  // nothing before the token is safe
    if (refresh_due(now) && activation_.refresh_begun) {
        refresh_.under_way = true;
        calls.emplace_back(call::Refresh{activation_.oauth_url, activation_.refresh_token});
    }
    if (!token_usable(now)) return;
    if (due(poll_)) {
        poll_.under_way = polled_once_ = true;
        calls.emplace_back(call::Poll{activation_.poll_url});
    }
    if (now.mono < pause_until_) return;
    if (due(app_)) {
        app_.under_way = true;
        calls.emplace_back(call::ReadApp{activation_.app_url});
    }
    const bool listing =
        devices_.under_way || workspaces_.under_way || !devices_next_.empty() || !workspaces_next_.empty();
    if (!listing && may_list_ && now.mono >= inventory_allowed_at_ &&
        (inventory_wanted_ || now.mono >= inventory_at_)) {
        inventory_wanted_ = false;
        inventory_allowed_at_ = now.mono + inventory_least;
        listed_ = {};
        // Source: REST description, /devices and /workspaces: `max` a page.
        devices_next_ = activation_.webexapis_base_url + "/devices?max=100";
        workspaces_next_ = activation_.webexapis_base_url + "/workspaces?max=100";
    }
    if (!devices_next_.empty() && due(devices_)) {
        devices_.under_way = true;
        calls.emplace_back(call::ListDevices{devices_next_});
    }
    if (!workspaces_next_.empty() && due(workspaces_)) {
        workspaces_.under_way = true;
        calls.emplace_back(call::ListWorkspaces{workspaces_next_});
    }
}

std::optional<MonoTime> Session::wake_at(Now now) const {
    if (dirty_) return std::nullopt;  // the store comes first, and has a time of its own
    std::optional<MonoTime> at;
    const auto consider = [&](const Task& task, MonoTime when) {
        if (!task.under_way) at = std::min(at.value_or(MonoTime::max()), std::max(when, task.not_before));
    };
    consider(refresh_, refresh_wanted(now) ? now.mono : refresh_at_);
    if (pause_until_ > now.mono) at = std::min(at.value_or(MonoTime::max()), pause_until_);
    if (!token_usable(now)) return at;
    consider(poll_, now.mono);
    consider(app_, pause_until_);
    if (!devices_next_.empty() || !workspaces_next_.empty()) {
        if (!devices_next_.empty()) consider(devices_, pause_until_);
        if (!workspaces_next_.empty()) consider(workspaces_, pause_until_);
    } else if (may_list_ && !devices_.under_way && !workspaces_.under_way) {
        consider(devices_,
                 std::max({pause_until_, inventory_allowed_at_, inventory_wanted_ ? now.mono : inventory_at_}));
    }
    return at;
}

bool Session::warned(const Error& error, MonoTime started, Now now) {
    if (error.kind == ErrorKind::RateLimited && error.http_status != 423) {
        pause_until_ = std::max(pause_until_, now.mono + pause_of(error));
        return true;
    }
    if (error.kind != ErrorKind::AuthExpired) return false;
    if (error.retry_after) pause_until_ = std::max(pause_until_, now.mono + pause_of(error));
    if (started < obtained_at_ || refresh_forced_) return true;
    // A new token may help, unless it was just got for the same reason: then the fault is elsewhere.
    const bool had_one = obtained_at_ != MonoTime::min();
    if (had_one && now.mono - obtained_at_ > forced_most) forced_in_a_row_ = 0;
    if (forced_in_a_row_ > 0 && now.mono - obtained_at_ < rules::backoff(forced_first, forced_most, forced_in_a_row_))
        return false;
    ++forced_in_a_row_;
    refresh_forced_ = true;
    return true;
}

void Session::want_inventory(Now) { inventory_wanted_ = true; }

void Session::renew(Now now) {
    renewing_ = true;
    refresh_.at_once(now);
}

void Session::retry_now(Now now) {
    for (Task* task : {&refresh_, &poll_, &app_, &devices_, &workspaces_}) task->at_once(now);
}

bool Session::listing_fails() const { return devices_.failures > 0 || workspaces_.failures > 0; }

Session::Task& Session::task_of(const Call& call) {
    if (std::holds_alternative<call::ReadApp>(call)) return app_;
    if (std::holds_alternative<call::ListDevices>(call)) return devices_;
    if (std::holds_alternative<call::ListWorkspaces>(call)) return workspaces_;
    return poll_;
}

SessionNews Session::answered(const Call& call, Result<Reply>&& reply, MonoTime started, Now now, double chance) {
    SessionNews news;
    if (std::holds_alternative<call::Refresh>(call)) {
        refreshed(std::move(reply), now, chance, news);
        return news;
    }
    if (!reply.ok()) {
        // A token that ran out is no failure of the call: it goes out again with the next one.
        if (warned(reply.error(), started, now) && reply.error().kind == ErrorKind::AuthExpired) {
            Task& task = task_of(call);
            task.under_way = false;
            if (reply.error().retry_after) task.pause(pause_of(reply.error()), now);
            return news;
        }
        news.note = reply.error().message;
        news.trouble = true;
    }
    if (std::holds_alternative<call::Poll>(call))
        polled(std::move(reply), now, chance, news);
    else if (std::holds_alternative<call::ReadApp>(call))
        app_read(std::move(reply), now, chance, news);
    else if (std::holds_alternative<call::ListDevices>(call))
        listed(devices_, listed_.devices, devices_next_, std::move(reply), now, chance, news);
    else if (std::holds_alternative<call::ListWorkspaces>(call))
        listed(workspaces_, listed_.workspaces, workspaces_next_, std::move(reply), now, chance, news);
    return news;
}

void Session::refreshed(Result<Reply>&& reply, Now now, double chance, SessionNews& news) {
    refresh_.under_way = false;
    if (!reply.ok()) {
        failed(refresh_, reply.error(), now, chance);
        refresh_refused(reply.error(), now, news);
        return;
    }
    if (std::exchange(renewing_, false)) {
        app_again_ = app_.under_way;  // what is under way was asked with the old token
        if (!app_again_) app_.at_once(now);
    }
    unanswered_ = false;
    activation_.refresh_begun.reset();
    auto& grant = std::get<TokenGrant>(*reply);
    refresh_ = {};
    // However short a token lives, and whatever `expires_in` says: refreshes do not chase each other.
    refresh_.not_before = now.mono + std::clamp(Millis{grant.expires_in} / 2, Millis{1s}, forced_first);
    // One whose time had come anyway begins a new row: its token has not been refused yet.
    if (!std::exchange(refresh_forced_, false)) forced_in_a_row_ = 0;
    tokens_ = Tokens::Valid;
    activation_.access_token = std::move(grant.access_token);
    activation_.access_expires = now.wall + grant.expires_in;
    if (!grant.refresh_token.empty()) activation_.refresh_token = std::move(grant.refresh_token);
    if (grant.refresh_expires_in) activation_.refresh_expires = now.wall + *grant.refresh_expires_in;
    obtained_at_ = now.mono;
    access_until_ = now.mono + grant.expires_in;
    // By chance up to a tenth earlier, so that many boxes do not ask at the same time.
    const Millis ahead = std::min(refresh_ahead, Millis{grant.expires_in} / 10);
    refresh_at_ = access_until_ - ahead - Millis{static_cast<Millis::rep>(static_cast<double>(ahead.count()) * chance)};
    dirty_ = true;
    news.note = "got a new access token";
    if (now.mono < early_at_ || !token_near_its_end(now.wall)) return;
    early_at_ = now.mono + early_again;
    news.note = "the refresh token ends at " + format_time(*activation_.refresh_expires) +
                " and Webex does not renew it: before that, generate a new activation code in Control Hub and run "
                "hotdeskd activate --replace CODE";
    news.trouble = true;
}

void Session::refresh_refused(const Error& error, Now now, SessionNews& news) {
    news.note = error.message;
    news.trouble = true;
    if (error.kind != ErrorKind::Rejected) {
        // An answer that did not come, or came broken or from a gateway, may have been the one with the new token.
        unanswered_ = unanswered_ || (!error.unsent && (error.http_status < 300 || error.http_status >= 500));
        return;
    }
    renewing_ = false;
    early_at_ = now.mono + early_again;
    if (unanswered_) {
        news.note += "; the token refresh that was begun at " + format_time(*activation_.refresh_begun) +
                     " got no answer: most likely Webex spent the refresh token then, and the new one was lost on the "
                     "way";
    } else {
        activation_.refresh_begun.reset();  // answered: nothing is in the air
        dirty_ = true;
    }
    // A token that still works is used up to its end; perhaps a proxy refused, and not Webex.
    if (!refresh_forced_ && !activation_.access_token.empty() && now.mono + token_slack < access_until_) {
        refresh_.not_before = std::max(refresh_.not_before, now.mono + retry_most);
        return;
    }
    tokens_ = Tokens::Invalid;
    refresh_.not_before = now.mono + refused_again;
    activation_.access_token = Secret{};
}

bool Session::deaf(Now now) const { return poll_was_lost_ || now.mono - last_poll_ > deaf_after; }

void Session::polled(Result<Reply>&& reply, Now now, double chance, SessionNews& news) {
    poll_.under_way = false;
    if (!reply.ok()) {
        failed(poll_, reply.error(), now, chance);
        // Source: technical details, "Queue Polling": any failure waits before the next attempt. A new token may help.
        if (reply.error().kind != ErrorKind::RateLimited)
            poll_.asked_for = std::max(poll_.asked_for, now.mono + retry_first);
        if (refused(reply.error()) && removals_ == 0) app_.at_once(now);
        queue_refused_ = reply.error().http_status == 404 || reply.error().http_status == 410;
        // A message that was handed out is gone, also when its batch could not be read or broke off.
        const Error& error = reply.error();
        if (error.kind == ErrorKind::Corrupt) news.gap = "a batch of messages could not be read";
        poll_was_lost_ = poll_was_lost_ || may_be_lost(error);
        return;
    }
    if (poll_was_lost_) news.gap = "the answer to a poll was lost, perhaps with messages";
    if (now.mono - last_poll_ > retention) news.gap = "no poll was answered for longer than the queue keeps messages";
    poll_was_lost_ = queue_refused_ = false;
    last_poll_ = now.mono;
    poll_ = {};
    tokens_ = Tokens::Valid;
    news.batch = std::move(std::get<MessageBatch>(*reply));
}

void Session::app_read(Result<Reply>&& reply, Now now, double chance, SessionNews& news) {
    app_.under_way = false;
    if (!reply.ok()) {
        failed(app_, reply.error(), now, chance);
        if (reply.error().kind == ErrorKind::Gone)
            maybe_removed("appUrl answers HTTP " + std::to_string(reply.error().http_status), now, news);
        else
            removals_ = 0;
        return;
    }
    tokens_ = Tokens::Valid;
    app_ = {};
    app_.not_before = std::exchange(app_again_, false) ? now.mono : now.mono + app_interval;
    auto& details = std::get<AppDetails>(*reply);
    if (queue_refused_ && details.poll_url.empty() && details.queue_state != "enabled")
        maybe_removed("its queue is gone", now, news);
    else
        removals_ = 0;
    Activation next = activation_;
    if (!details.poll_url.empty()) next.poll_url = details.poll_url;
    // How long the old queue was refused is no reason to keep the new one waiting: it holds messages for minutes.
    if (next.poll_url != activation_.poll_url) poll_.not_before = now.mono;
    if (!details.scopes.empty()) next.scopes = details.scopes;
    const XapiAccess none;
    if (!(details.xapi == none)) {
        next.xapi = details.xapi;
        // The documented answer has no events: what the code or an update said of them stands.
        if (next.xapi.events.empty()) next.xapi.events = activation_.xapi.events;
    }
    if (details.manifest_version != 0) next.manifest_version = details.manifest_version;
    next.update = details.update;
    if (next.poll_url == activation_.poll_url && next.scopes == activation_.scopes && next.xapi == activation_.xapi &&
        next.manifest_version == activation_.manifest_version && next.update == activation_.update)
        return;
    activation_ = std::move(next);
    dirty_ = true;
}

/// One answer may be a mistake on the way; what follows cannot be taken back.
void Session::maybe_removed(std::string how, Now now, SessionNews& news) {
    if (++removals_ < removals_needed)
        app_.not_before = std::max(app_.asked_for, now.mono + removal_again);
    else
        news.removed = std::move(how);
}

template <class T>
void Session::listed(Task& task, std::vector<T>& items, std::string& next, Result<Reply>&& reply, Now now,
                     double chance, SessionNews& news) {
    task.under_way = false;
    if (next.empty()) return;  // it was given up meanwhile
    if (!reply.ok()) {
        // The same page again: what was listed so far stays good.
        failed(task, reply.error(), now, chance);
        return;
    }
    task = {};
    auto& page = std::get<Page<T>>(*reply);
    std::move(page.items.begin(), page.items.end(), std::back_inserter(items));
    next = std::move(page.next_url);
    if (items.size() > most_items) {
        // A list that leads back to itself, or a world beyond our bounds: given up until the next regular listing.
        devices_next_.clear();
        workspaces_next_.clear();
        news.note = "the list of devices and workspaces has no end; it was given up";
        news.trouble = true;
        task.failures = 1;
        inventory_at_ = now.mono + inventory_interval;
        return;
    }
    list_complete(now, news);
}

void Session::list_complete(Now now, SessionNews& news) {
    if (devices_.under_way || workspaces_.under_way || !devices_next_.empty() || !workspaces_next_.empty()) return;
    inventory_at_ = now.mono + inventory_interval;
    news.inventory = std::move(listed_);
    listed_ = {};
}

}  // namespace hotdesk
