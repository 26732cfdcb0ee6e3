#pragma once
// A campus by chance: people book, come, call and go at a few desks, and the desks tell hotdeskd the truth about it.
// Beside it an oracle that knows who has a right to what, in its own words and not in those of the rules.
//
// Everything follows from the seed and from what hotdeskd does. What happens is written down as a scenario.

#include "fleet_rig.hpp"

#include <algorithm>
#include <random>

namespace hotdesk::test {

struct Chances {
    bool twice = false;      ///< every message is heard twice
    bool faults = false;     ///< commands fail now and then
    bool crashes = false;    ///< hotdeskd dies now and then
    bool identity = false;   ///< Webex says who is signed in, and desks let wrong users stay
    bool resyncs = false;    ///< every desk is asked again now and then
    bool summer = false;     ///< a zone whose clocks change during the night
    bool overrides = false;  ///< by workspace and by organizer
    bool orders = false;     ///< an administrator books, edits, deletes and signs out
    bool grants = false;     ///< Webex takes access back now and then, and grants it again
    Mode mode = Mode::Enforce;
};

class Campus {
public:
    Campus(std::uint64_t seed, const Chances& chances);

    /// Throws Broken where something is so that must not be.
    void play(int steps);
    /// Nothing happens any more, and desks do as they are told: whoever is still there has a right to be.
    void calm_down();

    [[nodiscard]] const std::string& story() const { return story_; }
    /// Those to each desk in their order.
    [[nodiscard]] std::vector<std::string> commands() const {
        std::vector<std::string> out = commands_;
        std::stable_sort(out.begin(), out.end(), [](const std::string& a, const std::string& b) {
            return a.substr(0, a.find(' ')) < b.substr(0, b.find(' '));
        });
        return out;
    }
    /// What hotdeskd knows, as far as it must not depend on how it was told.
    [[nodiscard]] std::string known() const;
    [[nodiscard]] FleetRig& rig() { return rig_; }
    /// How often access was taken back.
    [[nodiscard]] int withheld_times() const { return withheld_times_; }

private:
    /// What has become of a booking.
    struct Story {
        WallTime made, moved;
        /// Whoever sat there before may be somebody else.
        [[nodiscard]] WallTime from(const Booking& booking) const { return std::max({booking.start, made, moved}); }
        bool at_desk = false, extended = false, came = false, left = false;
        std::optional<Slot> lawful;  ///< the times with which the oracle found nothing wrong
        std::vector<WallTime> edits;
    };
    struct Visitor {
        std::string who;
        WallTime since;
        bool own;  ///< signed in to a booking of their own at some time
    };

    void random_policy();
    void random_overrides();
    [[nodiscard]] Policy policy_of(std::size_t desk, const std::string& organizer) const;
    [[nodiscard]] PolicyBook policy_book() const;
    void step();
    void book(std::size_t desk, bool at_desk);
    void move(std::size_t desk, bool extend);
    void remove(std::size_t desk);
    void sign_in(std::size_t desk);
    void sign_out(std::size_t desk);
    void call(std::size_t desk);
    void presence(std::size_t desk);
    void pass(Millis span);
    void tick();
    void order(std::size_t desk);
    void hand_over(std::size_t desk, Request request);
    [[nodiscard]] bool is_ordered(std::size_t desk, const Command& command);
    void leaves(std::size_t desk);
    void fault();
    void withhold();
    void resync();
    void tidy();

    void hear(std::size_t desk, const Input& input);
    void hear_again();
    void say(std::size_t desk, const EventBody& body);
    void look(std::size_t desk);
    void push(std::size_t desk, const StatusReport& report);
    void on_send(std::size_t desk, const Command& command, int code);
    void judge_new(std::size_t desk, const Booking& booking);
    [[nodiscard]] bool keeps_every_rule(std::size_t desk, const Booking& booking) const;
    [[nodiscard]] bool is_no_show(std::size_t desk, const Booking& booking) const;
    void mark_arrivals(std::size_t desk);
    [[nodiscard]] const Booking* running(std::size_t desk) const;
    [[nodiscard]] std::vector<std::size_t> beside(std::size_t desk) const;

    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_() % below); }
    bool one_in(std::size_t n) { return pick(n) == 0; }
    void tell(std::size_t desk, const std::string& line);

    std::mt19937_64 random_;
    Chances chances_;
    FleetRig rig_;
    Policy policy_;
    struct Override {
        std::string workspace, domain;  ///< one of the two
        std::vector<std::pair<std::string, std::string>> keys;
    };
    std::vector<Override> overrides_;
    std::shared_ptr<const Zone> zone_;
    std::optional<Request> ordered_;  ///< what an administrator asks for at this moment
    std::string sent_order_;          ///< the last one that has gone out
    int orders_ = 0;
    std::map<std::string, Story> stories_;
    std::vector<std::optional<Visitor>> visitors_;
    struct Sight {
        WallTime call, seen;  ///< when the call that is on began, and since when somebody is seen
        WallTime free;        ///< when somebody last signed out
    };
    std::vector<Sight> sights_;
    std::vector<std::string> commands_;
    std::vector<std::pair<std::size_t, Input>> heard_;  ///< to be heard again
    std::vector<std::string> withheld_;                 ///< what is not granted now
    int withheld_times_ = 0;
    std::string story_;
    std::size_t told_ = 0;
    int made_ = 0;
};

}  // namespace hotdesk::test
