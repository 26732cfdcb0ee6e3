#pragma once
// The conversation with the cloud that is about no single desk: tokens, the poll, the integration's state, the lists
// of devices and workspaces. Sans-IO: says which calls to make, is told the answers.
//
// Tokens. One refresh at a time, ahead of expiry or after a 401 of a call that used the current token. That it begins
// is committed before it goes out (prepare()), and a new refresh token before the access token that came with it is
// used: no call goes out between the answer and committed(). So a process that dies between any two steps leaves either
// a token that works, or the knowledge that an answer was lost on the way. A refused refresh means `invalid`: nothing
// but an administrator helps, so it is tried again hourly only. A refresh token that comes near its own end is
// exchanged once a day, whatever the access token's age.
//
// The end of it all. appUrl that answers 404 or 410 twice in a row, or a queue that is refused so while appUrl shows
// none, twice in a row: the integration was removed. Source: technical details, "Read the current integration state".
//
// Poll. One outstanding at any time. A failed one waits 10 s, doubled up to 5 min, plus up to a quarter by chance.
// Source: technical details, "Queue Polling": any failure waits before the next attempt; its example waits 10 s.

#include <hotdesk/cloud.hpp>
#include <hotdesk/record.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/time.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace hotdesk {

/// All devices and workspaces of the organization.
struct Inventory {
    std::vector<DeviceInfo> devices;
    std::vector<WorkspaceInfo> workspaces;
};

/// What an answer meant beyond the session itself.
struct SessionNews {
    std::optional<MessageBatch> batch;
    std::optional<Inventory> inventory;
    std::string gap;       ///< why messages may be missing; empty: none are
    std::string removed;   ///< how it is known that the integration was removed on the Webex side; empty: it was not
    std::string note;      ///< for the log; empty: nothing
    bool trouble = false;  ///< the note is an error
};

class Session {
public:
    Session(Activation activation, Now now);

    const Activation& activation() const { return activation_; }
    Tokens tokens() const { return tokens_; }
    /// The poll is answered, or being answered for the first time.
    bool polling() const { return poll_.failures == 0; }
    /// What desks say may be missing just now: no poll was answered for a minute, or an answer was lost.
    bool deaf(Now now) const;
    bool polled_once() const { return polled_once_; }

    /// Calls of desks may go out: there is a token and nobody asked for a pause.
    bool open(Now now) const;
    /// Notes that a refresh is about to go out, where one is due; it goes out once that is stored. To be called before
    /// the commit of a turn.
    void prepare(Now now);
    /// Adds what must be asked now.
    void take_calls(std::vector<Call>& calls, Now now);
    std::optional<MonoTime> wake_at(Now now) const;

    /// One of take_calls()'s calls was answered; `started` is when it went out, `chance` in [0, 1).
    SessionNews answered(const Call& call, Result<Reply>&& reply, MonoTime started, Now now, double chance);
    /// A call came back with an error. True when it is about us and will pass: a token that is being renewed or was
    /// renewed meanwhile, a pause that was asked for.
    bool warned(const Error& error, MonoTime started, Now now);
    /// Devices and workspaces could not be listed lately.
    bool listing_fails() const;

    /// The activation changed and must be stored; true until committed().
    bool dirty() const { return dirty_; }
    void committed() { dirty_ = false; }

    /// Devices or workspaces may have changed: list them again, but not more than once a minute.
    void want_inventory(Now now);
    /// Devices and workspaces may be listed: both scopes are granted. False: nothing is listed until they are.
    void set_may_list(bool granted) { may_list_ = granted; }
    /// Credentials may have changed: try again as soon as the other side allows.
    void retry_now(Now now);
    /// Something was granted or is in doubt: gets a new access token, and reads appUrl with it.
    void renew(Now now);
    bool renewing() const { return renewing_; }
    /// A call that went out then used the access token of now.
    bool used_current_token(MonoTime started) const { return started >= obtained_at_; }

private:
    struct Task {
        bool under_way = false;
        MonoTime not_before{MonoTime::min()};
        MonoTime asked_for{MonoTime::min()};  ///< the end of the pause that the other side asked for
        int failures = 0;

        /// As soon as the other side allows.
        void at_once(Now now) { not_before = std::max(now.mono, asked_for); }
        void pause(Millis wait, Now now) { not_before = asked_for = now.mono + wait; }
    };

    /// Of a call that goes out with the access token.
    Task& task_of(const Call& call);
    bool token_usable(Now now) const;
    bool refresh_wanted(Now now) const;
    bool refresh_due(Now now) const;
    void refreshed(Result<Reply>&& reply, Now now, double chance, SessionNews& news);
    void polled(Result<Reply>&& reply, Now now, double chance, SessionNews& news);
    void app_read(Result<Reply>&& reply, Now now, double chance, SessionNews& news);
    void maybe_removed(std::string how, Now now, SessionNews& news);
    bool token_near_its_end(WallTime now) const;
    void refresh_refused(const Error& error, Now now, SessionNews& news);
    template <class T>
    void listed(Task& task, std::vector<T>& items, std::string& next, Result<Reply>&& reply, Now now, double chance,
                SessionNews& news);
    void list_complete(Now now, SessionNews& news);
    static void failed(Task& task, const Error& error, Now now, double chance);

    Activation activation_;
    Tokens tokens_ = Tokens::Unknown;
    bool dirty_ = false;
    bool polled_once_ = false;

    MonoTime access_until_;                   ///< the access token's end
    MonoTime refresh_at_;                     ///< when it is time for a new one
    MonoTime obtained_at_ = MonoTime::min();  ///< when the current one came
    bool refresh_forced_ = false;
    bool renewing_ = false;                   ///< renew() waits for its token
    bool app_again_ = false;                  ///< appUrl is to be read again, once a read under way has ended
    bool unanswered_ = false;                 ///< an earlier refresh got no answer
    MonoTime early_at_ = MonoTime::min();     ///< the next exchange of a refresh token that is near its end
    int forced_in_a_row_ = 0;                 ///< refreshes that a 401 asked for, not long apart
    MonoTime pause_until_ = MonoTime::min();  ///< 429

    bool poll_was_lost_ = false;  ///< an answer did not arrive whole: what it held is lost
    bool queue_refused_ = false;  ///< the last poll was answered with 404 or 410
    int removals_ = 0;            ///< signs in a row that the integration was removed
    Task refresh_, poll_, app_, devices_, workspaces_;
    MonoTime last_poll_;
    bool inventory_wanted_ = true, may_list_ = true;
    MonoTime inventory_at_;  ///< the next regular listing
    MonoTime inventory_allowed_at_ = MonoTime::min();
    Inventory listed_;
    std::string devices_next_, workspaces_next_;  ///< the page to get; empty: all are there
};

}  // namespace hotdesk
