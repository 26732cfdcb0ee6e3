#pragma once
// What must be so whatever happens, in words that are not those of the rules.
//
// It sees the world as it is, every request that goes out, and the store. A thing that must not be throws test::Broken.
// hotdeskd cannot know more than it was told: what it does is held against all that was true from the moment at which
// the desk answered its last questions until the command arrives there, but for what it had been told of since.

#include "box.hpp"
#include "network.hpp"
#include "script.hpp"

#include <hotdesk/policy.hpp>
#include <hotdesk/record.hpp>

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hotdesk::sim {

/// What is promised, beyond the graces of the policy.
inline constexpr Millis overstay_bound = std::chrono::minutes{35};  ///< somebody without a right to be there, at most
/// In somebody else's booking, where Webex refused to say who it is: it is asked again when appUrl is read.
inline constexpr Millis identity_bound = std::chrono::minutes{65};
inline constexpr Millis converge_bound = std::chrono::minutes{40};  ///< until what is known is what is
inline constexpr Millis freshness_bound =
    std::chrono::seconds{150};  ///< a desk was asked so long before an act at most
/// A desk that does not say everything is asked when it sends all that it says.
inline constexpr Millis silent_bound = std::chrono::hours{6} + std::chrono::minutes{30};
/// Where nothing has been wrong for so long, what is due is done at once.
inline constexpr Millis recovered_after = std::chrono::minutes{35}, calm_bound = std::chrono::minutes{5};
inline constexpr int requests_a_desk_an_hour = 120;
inline constexpr std::size_t most_in_flight = 64;
/// An order of the command line is carried out, and its outcome told, within this, tries included.
inline constexpr Millis order_life = std::chrono::minutes{10};
/// Less than this apart two moments may be in any order for hotdeskd.
inline constexpr Millis hair = std::chrono::seconds{1};

/// Day and time, for people.
inline std::string clock_of(WallTime time) { return format_time(time).substr(5, 14); }

/// The policy with its overrides, as the oracle reads it.
struct Rules {
    Policy base;
    std::vector<std::vector<std::pair<std::string, std::string>>> overrides;
    [[nodiscard]] Policy of(const std::string& workspace, const std::string& organizer) const;
};

class Oracle : public Watcher {
public:
    using Tell = std::function<void(const std::string&)>;
    Oracle(sandbox::World& world, test::VirtualHost& host, Disk& disk, const Opening& opening, Tell tell);

    // What the run lets it know.
    void rules(Rules rules);
    void identity(bool granted) { identity_ = granted; }
    /// Something is wrong with the box, the network or the grants from now on, or nothing is any more.
    void reachable(bool yes);
    /// Webex grants all, or not.
    void granted(bool all);
    /// The desk has said that messages of it may be missing: what was known of it begins anew.
    void in_doubt(const sandbox::Desk& desk);
    /// Whoever is signed in came while the desk did not say all.
    [[nodiscard]] bool was_kept_back(const sandbox::Desk& desk);
    void died();
    /// What was known of desks was thrown away.
    void forgotten();
    /// The worker has been through a turn: what it was told is in its store.
    void taken_in();
    void booked_at_desk(const MeetingId& meeting) { at_desk_.insert(meeting.value); }
    /// hotdeskd has not been told yet that nobody is signed in any more.
    bool seems_taken(const sandbox::Desk& desk);
    /// An administrator asks for something.
    void ordered(const Request& request) { orders_.push_back({request, host_.world(), {}, {}, {}, 0, false}); }
    /// A person did something at the desk that the cloud tells nobody.
    void look(sandbox::Desk& desk);
    /// Looks at all desks: to be called every few minutes.
    void sweep();
    /// Nothing is wrong any more, and has not been for converge_bound: what is known is what is.
    void converged();
    /// At the end: the record, and what is left in the store.
    void close();

    [[nodiscard]] std::uint64_t commands() const { return commands_; }
    [[nodiscard]] std::uint64_t requests() const { return requests_; }
    /// The most requests that any desk got within an hour, and the longest overstay, for the curious.
    [[nodiscard]] int busiest() const { return busiest_; }
    [[nodiscard]] Millis longest_overstay() const { return longest_overstay_; }

    void sent(const Exchange& exchange) override;
    void arrives(const Exchange& exchange) override;
    void carried_out(const Exchange& exchange, const sandbox::Reply& reply) override;
    void answered(const Exchange& exchange, const Result<HttpReply>& reply) override;
    void given_up(const Exchange& exchange) override;
    void something_happened() override;

private:
    struct Slice {
        MeetingId meeting;
        std::string organizer;
        WallTime start, end;
        bool operator==(const Slice&) const = default;
    };
    /// Who is there and whether a call is on, each counted by its changes. A change that hotdeskd was told of is no
    /// excuse any more.
    struct Seen {
        std::uint64_t user = 0, calls = 0;
        std::uint64_t pushed = 0;  ///< of the changes of user, the last one that a push told: no answer tells who went
    };
    /// How it was at a desk from `from` on.
    struct Truth {
        WallTime from;
        std::string user;
        WallTime since;  ///< when they signed in
        bool entitled = false;
        bool covered = false;  ///< at some moment of this visit a booking ran
        bool lax = false;      ///< and at some moment of it the desk let anybody sit there
        bool stayed = false;   ///< in a call over the beginning of somebody else's booking
        WallTime unentitled_since, entitled_since;
        WallTime unentitled_before;  ///< and whether a booking had run, when the last one of their own began
        bool covered_before = false;
        bool hardly_entitled = false;  ///< that one was gone again before hotdeskd can have heard of it
        bool booked = false;           ///< a booking runs
        WallTime alone_since;          ///< since when no booking has been running
        int calls = 0;
        WallTime call_ended;
        bool seen = false;
        Seen version;
        std::uint64_t call_version = 0;  ///< of the last call in this visit; 0: there was none
        std::vector<Slice> bookings;
        [[nodiscard]] const Slice* find(const std::string& meeting) const;
        [[nodiscard]] const Slice* running(WallTime at) const;
    };
    /// A booking with the times that it had from `from` on.
    struct Version {
        Slice slice;
        WallTime from;
        std::optional<WallTime> told;  ///< when hotdeskd knew
        bool by_event = false;         ///< by an event, which says when it was
    };
    /// What has become of a booking.
    struct Fact {
        Slice slice;
        std::size_t desk = 0;
        WallTime made, changed, start_changed;
        bool at_desk = false, extended = false;
        std::vector<Version> versions;
        std::optional<WallTime> stayed;  ///< since when its organizer has been there
        std::optional<WallTime> came, left;
        bool touched = false;                   ///< while it ran somebody was there, whoever it was
        std::optional<WallTime> chance;         ///< the desk was taken by somebody else until then
        std::uint64_t chance_version = 0;       ///< of who that was
        std::optional<WallTime> warned;         ///< the desk has shown that it will be released
        std::optional<WallTime> warned_before;  ///< before it was moved to another start
        std::vector<WallTime> edits;            ///< reversals; one that is sent again is one
        std::vector<WallTime> sent_again;       ///< of them, those that hotdeskd may have taken for the one before
        Slice edited_to;                        ///< the times that the last one gives back
        WallTime edited_version;                ///< which version the last one was about
        int edits_of_version = 0;               ///< how often that one was sent
        bool gone = false;
        std::optional<WallTime> gone_at, gone_told;
    };
    struct View {
        sandbox::Desk* desk = nullptr;
        std::deque<Truth> truths;
        WallTime status_served, list_served;  ///< when the desk answered what hotdeskd has read
        /// When it was first asked for its bookings: what it had by then is not judged. max(): not yet.
        WallTime first_listed = WallTime::max();
        WallTime well_since;   ///< max(): it is not
        WallTime hears_since;  ///< max(): it does not say all
        WallTime word;         ///< when a message to the person there went out
        Seen told;
        std::int64_t hour = 0;
        int requests = 0;
        std::deque<WallTime> asked;  ///< for its status, of late
    };
    struct Order {
        Request request;
        WallTime at;
        std::optional<WallTime> first_arrival, last_arrival;
        std::optional<std::uint64_t> answered_life;
        int made = 0;
        bool looked_at = false;
        [[nodiscard]] bool wants(const Slice& slice) const;
    };
    /// When a decision was stored, and what hotdeskd had been told of its desk by then.
    struct Decided {
        WallTime at;
        Seen told;
    };
    /// What is known of a request on its way.
    struct Flight {
        WallTime sent, arrived;
        Record record;  ///< the decision behind it
        Decided decided;
        WallTime known_since;  ///< the desk's last answers are of then
        std::string refresh_token;
        [[nodiscard]] const std::string& rule() const { return record.rule; }
    };
    /// What an answer on its way into the store tells.
    struct News {
        std::string device, meeting;
        WallTime at;
        enum class Of { User, Calls, Booking, Gone, Status, List } of{};
    };

    // oracle.cpp
    View* view(const std::string& device);
    void update_facts(View& view, const Truth& before, const Truth& now);
    void update_visit(const View& view, const Truth& before, Truth& now) const;
    void note_version(View& view, const Slice& slice, const Slice* old, WallTime at);
    void made_for_order(const View& view, const Slice& slice);
    void mark_arrivals(View& view, const Truth& now);
    void note_health(View& view) const;
    [[noreturn]] void wrong(const std::string& why) const;

    // traffic.cpp
    void committed(std::span<const Change> changes);
    void check_decision(const Exchange& exchange, const std::string& command, Flight& flight);
    void check_words(const std::string& command, const Record& record) const;
    void check_tokens(const Exchange& exchange, Flight& flight);
    void check_pace(const Exchange& exchange);
    void note_pace(const Exchange& exchange, const Result<HttpReply>& reply);
    void count_request(View& view, const Exchange& exchange);
    void read_poll(const std::string& body);
    void learn(const News& news);
    void learn_of_booking(const News& news);

    // judgement.cpp
    void judge_command(const std::string& command, const Flight& flight, View& view);
    void judge_order(const std::string& command, const Flight& flight, const View& view);
    void judge_sign_out(const View& view, const Flight& flight) const;
    void judge_delete(const View& view, const Flight& flight, const std::string& meeting) const;
    void judge_edit(const View& view, const Flight& flight, const std::string& meeting);
    void count_reversal(Fact& fact, const Slice& wanted, WallTime decided);
    static bool warns_of_no_show(const std::string& command, const Flight& flight);
    /// The desk has shown that what runs there will be released, or does not want to.
    void note_warning(const View& view);
    void demand_words(const View& view, const Flight& flight, const Fact& fact) const;
    [[nodiscard]] std::string why_not_sign_out(const View& view, const Truth& truth, const Flight& flight) const;
    [[nodiscard]] std::vector<Truth> seemings(const View& view, const Truth& truth, const Flight& flight) const;
    [[nodiscard]] std::string why_not_in_call(const Truth& truth, const Flight& flight,
                                              const std::vector<Policy>& all) const;
    [[nodiscard]] std::string why_not_release(const View& view, const Fact& fact, const Flight& flight) const;
    [[nodiscard]] std::string why_not_no_show(const View& view, const Truth& truth, const Fact& fact,
                                              const Flight& flight) const;
    [[nodiscard]] std::string why_not_put_back(const View& view, const Fact& fact, const Slice& wanted,
                                               const Flight& flight) const;
    [[nodiscard]] std::vector<const Truth*> excuses(const View& view, const Flight& flight) const;
    [[nodiscard]] std::vector<Policy> policies(const View& view, const std::string& organizer) const;
    [[nodiscard]] bool knows_who(const View& view, const std::string& user) const;

    // lawful.cpp
    [[nodiscard]] std::string why_lawful(const View& view, const Fact& fact, const Slice& slice,
                                         const std::string& rule, const Flight& flight) const;
    [[nodiscard]] bool breaks(const Policy& policy, const Fact& fact, const Slice& slice, const std::string& rule,
                              WallTime decided) const;
    [[nodiscard]] bool breaks_plainly(const Policy& policy, const Fact& fact, const Slice& slice) const;
    [[nodiscard]] bool within_hours(const Policy& policy, const Slice& slice, bool every_day) const;
    [[nodiscard]] std::vector<const Version*> believable(const Fact& fact, WallTime at) const;
    [[nodiscard]] static bool may_be_first(const Version& version, const Fact& fact);
    [[nodiscard]] bool is_elsewhere(const Fact& fact, const Slice& slice, WallTime decided) const;
    [[nodiscard]] int others_that_day(const Fact& fact, const Slice& slice, WallTime decided) const;
    [[nodiscard]] bool is_ordered(const Slice& slice, const RequestUuid& request) const;
    [[nodiscard]] RequestUuid request_of(const View& view, const Slice& slice) const;

    // duties.cpp
    void check_overstay(const View& view);
    [[nodiscard]] WallTime seems_booked_until(const View& view) const;
    void check_bookings(const View& view) const;
    static WallTime first_judged(const View& view);
    void check_breach(const View& view, const Fact& fact, const std::vector<Policy>& all) const;
    void check_conflict(const View& view, const Fact& fact) const;
    void check_no_show(const View& view, const Fact& fact, const std::vector<Policy>& all) const;
    void check_orders();
    [[nodiscard]] std::optional<WallTime> well_since(const View& view) const;

    sandbox::World& world_;
    test::VirtualHost& host_;
    Disk& disk_;
    Tell tell_;
    std::vector<Rules> rules_;  ///< the one of now is the last one; earlier ones may still be gone by
    std::shared_ptr<const Zone> zone_;
    WallTime policy_since_;
    bool identity_ = false;
    std::optional<WallTime> reachable_since_, granted_since_;
    std::vector<View> views_;
    std::map<std::string, std::size_t> by_device_, by_name_;
    std::map<std::string, Fact> facts_;  ///< by MeetingId
    std::set<std::string> at_desk_;
    std::vector<Order> orders_;
    std::map<std::uint64_t, Flight> flights_;
    std::map<std::string, Decided> decided_;  ///< by the key of the decision's record
    std::vector<News> news_;                  ///< answered, and not taken in yet
    std::map<std::string, WallTime> paused_;  ///< until when Webex wants to hear nothing, by what it was asked
    std::size_t in_flight_ = 0, polls_ = 0, refreshes_ = 0;
    std::map<std::string, std::string> successors_;  ///< of refresh tokens that Webex has spent, as it answered
    std::string bearer_;
    std::uint64_t deaths_ = 0, commands_ = 0, requests_ = 0;
    int busiest_ = 0;
    Millis longest_overstay_{0};
};

}  // namespace hotdesk::sim
