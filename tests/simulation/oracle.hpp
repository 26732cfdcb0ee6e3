#pragma once
// What must be so whatever happens, in words that are not those of the rules.
//
// It sees the world as it is, every request that goes out, and the store. A thing that must not be throws test::Broken.
// hotdeskd cannot know more than it was told: what it does is held against all that was true from the moment at which
// the desk answered its last questions until the command arrives there.

#include "box.hpp"
#include "network.hpp"
#include "script.hpp"

#include <hotdesk/policy.hpp>

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
inline constexpr int requests_a_desk_an_hour = 150;
inline constexpr std::size_t most_in_flight = 64;

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
    void died() { ++deaths_; }
    void booked_at_desk(const MeetingId& meeting) { at_desk_.insert(meeting.value); }
    /// An administrator asked for something at this desk; for `book`, the BookingRequestUUID of it.
    void ordered(const std::string& device, const std::string& uuid);
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
    /// How it was at a desk from `from` on.
    struct Truth {
        WallTime from;
        std::string user;
        WallTime since;  ///< when they signed in
        bool entitled = false;
        bool covered = false;  ///< at some moment of this visit a booking ran
        WallTime unentitled_since;
        bool booked = false;   ///< a booking runs
        WallTime alone_since;  ///< since when no booking has been running
        int calls = 0;
        WallTime call_ended;
        bool seen = false;
        std::vector<Slice> bookings;
        [[nodiscard]] const Slice* find(const std::string& meeting) const;
        [[nodiscard]] const Slice* running(WallTime at) const;
    };
    /// What has become of a booking.
    struct Fact {
        Slice slice;
        std::size_t desk = 0;
        WallTime made, changed;
        bool at_desk = false, extended = false;
        std::optional<Slice> ordered;    ///< as an administrator wanted it
        std::optional<WallTime> stayed;  ///< since when its organizer has been there
        std::optional<WallTime> came, left;
        std::optional<WallTime> chance;  ///< the desk was taken by somebody else until then
        std::deque<WallTime> edits;
        bool gone = false;
    };
    struct View {
        sandbox::Desk* desk = nullptr;
        std::deque<Truth> truths;
        WallTime status_served, list_served;  ///< when the desk answered what hotdeskd has read
        WallTime well_since;                  ///< max(): it is not
        WallTime told;                        ///< when a message to the person there went out
        WallTime ordered;
        WallTime edited;  ///< when an administrator's Edit arrived
        std::int64_t hour = 0;
        int requests = 0;
    };
    /// What is known of a request on its way.
    struct Flight {
        WallTime sent, arrived;
        std::string rule;      ///< of the decision behind it; `cli`: an administrator's
        WallTime known_since;  ///< the desk's last answers are of then
        std::string refresh_token;
    };

    // oracle.cpp
    View* view(const std::string& device);
    void update_facts(View& view, const Truth& before, const Truth& now);
    static void update_visit(const Truth& before, Truth& now);
    void mark_arrivals(View& view, const Truth& now);
    void check_decision(const Exchange& exchange, const std::string& command, Flight& flight);
    void check_tokens(const Exchange& exchange, Flight& flight);
    void count_request(View& view);
    [[noreturn]] void wrong(const std::string& why) const;

    // judgement.cpp
    void judge_command(const Exchange& exchange, const std::string& command, const Flight& flight, View& view);
    void judge_sign_out(const View& view, const Flight& flight) const;
    void judge_delete(const View& view, const Flight& flight, const std::string& meeting) const;
    void judge_edit(View& view, const Flight& flight, const std::string& meeting);
    [[nodiscard]] std::string why_not_sign_out(const View& view, const Truth& truth, WallTime sent) const;
    [[nodiscard]] std::string why_lawful(const View& view, const Fact& fact, const Slice& slice) const;
    [[nodiscard]] bool conflicts(const Fact& fact, const Slice& slice, const Policy& policy) const;
    [[nodiscard]] std::vector<const Truth*> truths_between(const View& view, WallTime from, WallTime to) const;
    [[nodiscard]] std::vector<Policy> policies(const View& view, const std::string& organizer) const;
    void check_overstay(const View& view);
    [[nodiscard]] bool knows_who(const View& view, const std::string& user) const;

    sandbox::World& world_;
    test::VirtualHost& host_;
    Disk& disk_;
    Tell tell_;
    std::vector<Rules> rules_;  ///< the one of now is the last one; earlier ones may still be gone by
    std::shared_ptr<const Zone> zone_;
    bool identity_ = false;
    std::optional<WallTime> reachable_since_;
    std::vector<View> views_;
    std::map<std::string, std::size_t> by_device_, by_name_;
    std::map<std::string, Fact> facts_;  ///< by MeetingId
    std::set<std::string> at_desk_, ordered_uuids_;
    std::map<std::string, int> books_;  ///< by BookingRequestUUID: how often one was made
    std::map<std::uint64_t, Flight> flights_;
    std::size_t in_flight_ = 0, polls_ = 0, refreshes_ = 0;
    std::map<std::string, std::uint64_t> spent_;  ///< refresh tokens whose answer arrived, and the deaths until then
    std::string bearer_;
    std::uint64_t deaths_ = 0, commands_ = 0, requests_ = 0;
    int busiest_ = 0;
    Millis longest_overstay_{0};
};

}  // namespace hotdesk::sim
