#pragma once
// The simulated Webex cloud with its desks: everything but sockets, threads and clocks.
//
// Every call says what time it is; time must not run backwards. Whoever drives a world calls advance() at next_due(),
// hands requests to handle(), and asks collect() about a held poll whenever something may have changed. Not safe for
// threads: one caller at a time. Two worlds made from the same options and called alike do the same, but for the
// signatures of the codes.
//
// **Source:** technical details (queue, appUrl, tokens); REST description (paths, parameters, answers).

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hotdesk/id.hpp"
#include "hotdesk/result.hpp"
#include "hotdesk/secret.hpp"
#include "hotdesk/time.hpp"
#include "sandbox/activation.hpp"
#include "sandbox/crypto.hpp"
#include "sandbox/desk.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/http.hpp"
#include "sandbox/integration.hpp"
#include "sandbox/queue.hpp"
#include "sandbox/random.hpp"
#include "sandbox/tokens.hpp"

namespace hotdesk::sandbox {

enum class Calendars { Local, Hybrid, Mixed };

struct WorldOptions {
    std::string base_url = "https://localhost";  ///< without a path
    AppId app{"ac6b6972-538e-11ec-bf63-0242ac130002"};
    std::string client_id = "Csandbox0000000000000000000000000000";
    Secret client_secret{"sandbox-client-secret"};
    std::string org_name = "Sandbox";
    std::string org_domain = "example.com";
    std::string region = "us-east-2_a";
    std::size_t desks = 3;
    std::vector<Desk::Place> places;  ///< of the desks; empty: made up, as many as `desks`
    std::size_t rooms = 0;            ///< workspaces without hot desking, a device in each
    Calendars calendars = Calendars::Local;
    Behaviour behaviour;  ///< of every desk to begin with
    std::size_t page_size = 100;
    Millis poll_wait{std::chrono::seconds{20}};
    Millis retention{std::chrono::minutes{10}};
    Millis access_lives{std::chrono::seconds{7199}};
    bool rotate_refresh = true;
    bool identity = true;               ///< hotdesk/sessions and people are granted
    std::vector<std::string> withheld;  ///< scopes and paths that are not granted
    int offline_status = 404;           ///< how xAPI answers for a desk that cannot be reached
    std::uint64_t seed = 1;
};

/// A request that came, for `requests`.
struct Asked {
    WallTime at;
    std::string method;
    std::string target;
    std::string body;
    std::string endpoint;
    std::string tracking_id;
    int status = 0;  ///< 0: held, hung or cut
};

/// A message that went into the queue, for `pushed`.
struct Pushed {
    WallTime at;
    std::string desk;
    std::string message;
};

struct StoryLine {
    WallTime at;
    std::string desk;
    std::string sentence;
};

class World {
public:
    World(WorldOptions options, std::unique_ptr<Signer> signer, WallTime now);

    Handled handle(const Request& request, WallTime now);
    /// The answer of a held poll, once there is one.
    std::optional<Reply> collect(std::uint64_t ticket, WallTime now);
    /// The other side of a held poll has gone away.
    void abandon(std::uint64_t ticket);

    void advance(WallTime now);
    /// When a desk does something next; WallTime::max(): never. Held polls know their own end.
    [[nodiscard]] WallTime next_due() const;

    [[nodiscard]] Desk* desk(std::string_view name);
    /// Collects what a desk has said; to be called after everything that was done with desk().
    void settle(Desk& desk);
    [[nodiscard]] const std::vector<std::unique_ptr<Desk>>& desks() const { return desks_; }

    std::string code(const CodeWish& wish, WallTime now);
    [[nodiscard]] std::string jwks_url() const { return options_.base_url + "/jwks"; }
    [[nodiscard]] const WorldOptions& options() const { return options_; }
    [[nodiscard]] const OrgId& org() const { return org_; }
    void set_base_url(std::string url) { options_.base_url = std::move(url); }
    /// What the Date header is wrong by: the cloud's clock as clients see it.
    void set_date_skew(Millis skew) { date_skew_ = skew; }
    /// Another signing key; codes that were made before are signed with one that is in no key set any more.
    void rotate_key(std::unique_ptr<Signer> signer);
    /// The organization moves: another appUrl, another queue, and no token of before works.
    /// Source: technical details, "Update": "Cluster changes will revoke the existing refresh token".
    void move_region(const std::string& region);
    /// The queue is gone, as if another holder of the tokens had removed it.
    void remove_queue();
    Result<void> approve_update(WallTime now) { return integration_.approve(now); }
    void set_identity(bool granted);
    /// Scopes and paths that are not granted from now on; all others are.
    void set_withheld(std::vector<std::string> names);
    /// What the integration may use from now on; patterns as in the manifest.
    void set_access(Access access) { integration_.access = std::move(access); }
    /// `enabled`, `disabled` or `remove`, as a PATCH of the integration says.
    Result<void> set_queue(std::string_view state, WallTime now) {
        return integration_.patch(R"({"queue":{"state":")" + std::string(state) + R"("}})", now);
    }
    void set_offline_status(int status) { options_.offline_status = status; }

    /// Puts a message into the queue as it is, also while there is none.
    void push_raw(std::string message, WallTime now);
    /// The next poll is answered with these bytes.
    void push_body(std::string body) { poll_bodies_.push_back(std::move(body)); }
    /// Status messages over all desks in turn, as fast as they can be made.
    void backlog(std::size_t count, WallTime now);
    void violation(std::string text, WallTime now);

    Faults& faults() { return faults_; }
    Tokens& tokens() { return tokens_; }
    Queue& queue() { return queue_; }
    [[nodiscard]] const Integration& integration() const { return integration_; }
    [[nodiscard]] bool poll_outstanding() const { return held_.has_value(); }
    [[nodiscard]] const std::deque<Asked>& asked() const { return asked_; }
    [[nodiscard]] const std::deque<Pushed>& pushed() const { return pushed_; }
    [[nodiscard]] const std::vector<std::pair<WallTime, std::string>>& violations() const { return violations_; }
    /// Client secret, tokens and codes: what must not turn up anywhere else.
    [[nodiscard]] std::vector<std::string> secrets() const;
    std::vector<StoryLine> take_story() { return std::exchange(story_, {}); }
    void forget_records();
    /// Empties asked() alone.
    void forget_asked();

private:
    struct Route {
        Endpoint endpoint = Endpoint::Unknown;
        std::string rest;  ///< what follows in the path: the command's name, the person's id
    };
    struct HeldPoll {
        std::uint64_t ticket = 0;
        WallTime until;
        std::size_t record = 0;
    };

    // world.cpp: routing and the queue
    void populate(WallTime now);
    void grant();
    void add_desk(const Desk::Place& place, Calendar calendar, WallTime now);
    [[nodiscard]] Route route(const Request& request) const;
    Handled serve(const Route& route, const Request& request, WallTime now);
    Handled answer(const Route& route, const Request& request, WallTime now);
    Handled poll(const Request& request, WallTime now);
    std::optional<Reply> poll_reply(WallTime now);
    void finish(Reply& reply, const std::string& tracking_id, WallTime now) const;
    void deliver(const Desk& desk, const Emission& emission);
    [[nodiscard]] std::string poll_url() const;
    [[nodiscard]] std::string app_path() const;
    [[nodiscard]] bool authorized(const Request& request, WallTime now) const;
    [[nodiscard]] Desk* desk_by_id(std::string_view device);
    [[nodiscard]] std::string desk_asked_about(const Route& route, const Request& request);
    void record(const Request& request, const Route& route, const std::string& tracking_id, WallTime now);
    Asked* recorded(std::size_t number);

    // cloud.cpp: tokens and the integration
    Reply token(const Request& request, WallTime now);
    Reply patch_app(const Request& request, WallTime now);

    // rest.cpp: the REST API
    [[nodiscard]] std::optional<Reply> lacks_scope(Endpoint endpoint) const;
    Reply devices(const Request& request);
    Reply workspaces(const Request& request);
    Reply status(const Request& request, WallTime now);
    Reply command(const std::string& name, const Request& request, WallTime now);
    void tell_companions(const Desk& told, const std::string& name, const std::string& arguments, WallTime now);
    Reply sessions(const Request& request);
    Reply person(const std::string& id);
    Reply page(const Request& request, std::size_t count, const std::function<std::string(std::size_t)>& item) const;

    WorldOptions options_;
    std::unique_ptr<Signer> signer_;
    Random random_;
    OrgId org_;
    std::string key_id_;
    Tokens tokens_;
    Queue queue_;
    Faults faults_;
    Integration integration_;
    std::vector<std::unique_ptr<Desk>> desks_;
    std::vector<Desk::Place> rooms_;
    std::map<std::string, Desk*, std::less<>> by_name_;
    std::map<std::string, Desk*, std::less<>> by_device_;
    struct Due {
        std::size_t number = 0;  ///< of the desk, in desks_: who goes first at the same moment
        WallTime at;
    };
    std::set<std::pair<WallTime, std::size_t>> agenda_;
    std::map<const Desk*, Due> due_;
    std::optional<HeldPoll> held_;
    std::uint64_t last_ticket_ = 0;
    int moves_ = 0;         ///< how often the organization moved
    int queue_number_ = 0;  ///< a queue that was removed and made again has another URL
    std::deque<std::string> poll_bodies_;
    std::deque<Asked> asked_;
    std::size_t asked_dropped_ = 0;
    std::deque<Pushed> pushed_;
    std::vector<std::pair<WallTime, std::string>> violations_;
    std::vector<StoryLine> story_;
    std::vector<std::string> codes_;
    std::map<std::string, std::string, std::less<>> people_;  ///< person id to address
    bool mixed_flip_ = false;
    Millis date_skew_{0};
};

/// An answer of the kind that the REST API gives. Source: REST description; errors carry message, errors, trackingId.
Reply json_reply(std::string body);
Reply error_reply(int status, std::string_view message);

}  // namespace hotdesk::sandbox
