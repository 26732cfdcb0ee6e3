// What the oracle sees of the desks: who is there since when, and what becomes of bookings.

#include "oracle.hpp"

#include "../core/summer_zone.hpp"
#include "../core/words.hpp"

#include "sandbox/person.hpp"

#include <algorithm>

namespace hotdesk::sim {

namespace {

using namespace std::chrono_literals;
using sandbox::same_address;

/// How long what was true is remembered.
constexpr Millis memory = 10min;
/// A booking that is over counts for the day.
constexpr Millis day = 25h;
/// Whoever is there so long before a booking may seem to be there for it.
constexpr Millis about_to_start = 1min;
constexpr Millis moment = 6s;
constexpr std::size_t versions_kept = 30;
/// A request for a booking that is sent again within this is the same one: a calendar can take minutes.
constexpr Millis retry_window = 3min;

}  // namespace

Policy Rules::of(const std::string& workspace, const std::string& organizer) const {
    Policy policy = base;
    for (const auto& one : overrides) {
        bool matches = true;
        for (const auto& [key, value] : one) {
            if (key == "workspace") matches = matches && matches_glob(value, workspace);
            if (key == "organizer") matches = matches && matches_glob(value, organizer);
        }
        if (!matches) continue;
        for (const auto& [key, value] : one)
            if (key != "workspace" && key != "organizer") test::set_key(policy, key, value);
    }
    return policy;
}

Oracle::Oracle(sandbox::World& world, test::VirtualHost& host, Disk& disk, const Opening& opening, Tell tell)
    : world_(world), host_(host), disk_(disk), tell_(std::move(tell)), identity_(opening.identity) {
    if (opening.summer) zone_ = std::make_shared<test::SummerZone>(1h);
    granted_since_ = host_.world();
    disk_.committed = [this](std::span<const Change> changes) { committed(changes); };
    for (const auto& desk : world_.desks()) {
        by_device_[desk->place().device.value] = by_name_[desk->place().name] = views_.size();
        View view;
        view.desk = desk.get();
        views_.push_back(std::move(view));
    }
    for (View& view : views_) look(*view.desk);
}

/// Says what hotdeskd knows of the desk that it is about.
void Oracle::wrong(const std::string& why) const {
    const auto at = why.find("desk-");
    if (at != std::string::npos && tell_) {
        const std::string name = why.substr(at, why.find_first_not_of("0123456789", at + 5) - at);
        if (const auto found = by_name_.find(name); found != by_name_.end()) {
            const auto known = disk_.records.find({Table::Desk, views_[found->second].desk->place().device.value});
            tell_("what is known of " + name + ": " + (known == disk_.records.end() ? "nothing" : known->second));
        }
    }
    throw test::Broken(why);
}

Oracle::View* Oracle::view(const std::string& device) {
    const auto at = by_device_.find(device);
    return at == by_device_.end() ? nullptr : &views_[at->second];
}

void Oracle::rules(Rules rules) {
    rules_.push_back(std::move(rules));
    policy_since_ = host_.world();
}

void Oracle::reachable(bool yes) {
    if (!yes)
        reachable_since_.reset();
    else if (!reachable_since_)
        reachable_since_ = host_.world();
}

void Oracle::granted(bool all) {
    granted_since_.reset();
    if (all) granted_since_ = host_.world();
}

void Oracle::in_doubt(const sandbox::Desk& desk) {
    View* const there = view(desk.place().device.value);
    if (there && there->well_since != WallTime::max()) there->well_since = host_.world();
}

bool Oracle::was_kept_back(const sandbox::Desk& desk) {
    const View* const there = view(desk.place().device.value);
    return there && !there->truths.empty() && there->hears_since > there->truths.back().since;
}

bool Oracle::seems_taken(const sandbox::Desk& desk) {
    const View* const there = view(desk.place().device.value);
    if (!there || there->truths.size() < 2) return false;
    const Truth &now = there->truths.back(), &before = there->truths[there->truths.size() - 2];
    return now.user.empty() && !before.user.empty() && there->told.user < now.version.user;
}

void Oracle::died() {
    ++deaths_;
    news_.clear();
    paused_.clear();
}

void Oracle::forgotten() {
    paused_.clear();
    for (View& view : views_) view.first_listed = WallTime::max();
    for (auto& [meeting, fact] : facts_) {
        fact.edits.clear();
        fact.sent_again.clear();
        for (Version& version : fact.versions) version.told.reset(), version.by_event = false;
    }
}

const Oracle::Slice* Oracle::Truth::find(const std::string& meeting) const {
    for (const Slice& slice : bookings)
        if (slice.meeting.value == meeting) return &slice;
    return nullptr;
}

const Oracle::Slice* Oracle::Truth::running(WallTime at) const {
    for (const Slice& slice : bookings)
        if (slice.start <= at && at < slice.end) return &slice;
    return nullptr;
}

void Oracle::something_happened() {
    for (const sandbox::StoryLine& line : world_.take_story()) {
        if (tell_) tell_(line.desk + ": " + line.sentence);
        look(*views_[by_name_.at(line.desk)].desk);
    }
    if (!world_.violations().empty()) wrong("the cloud objects: " + world_.violations().front().second);
}

void Oracle::look(sandbox::Desk& desk) {
    View& view = views_[by_name_.at(desk.place().name)];
    note_health(view);
    Truth now;
    now.from = host_.world();
    if (desk.user()) now.user = desk.user()->email, now.since = desk.user()->since;
    now.calls = desk.calls();
    for (const sandbox::Field& field : desk.status(now.from))
        if (field.name == "RoomAnalytics.PeoplePresence") now.seen = field.value == sandbox::Value{std::string{"Yes"}};
    for (const sandbox::Booking& booking : desk.bookings())
        now.bookings.push_back({booking.meeting_id, booking.organizer, booking.start, booking.end});
    const Truth before = view.truths.empty() ? Truth{} : view.truths.back();
    update_visit(view, before, now);
    const bool same = before.user == now.user && before.since == now.since && before.calls == now.calls &&
                      before.seen == now.seen && before.entitled == now.entitled && before.booked == now.booked &&
                      before.lax == now.lax && before.stayed == now.stayed && before.bookings == now.bookings;
    if (same && !view.truths.empty()) return;
    update_facts(view, before, now);
    mark_arrivals(view, now);
    view.truths.push_back(std::move(now));
    // The last one of before the memory begins still counts for its beginning.
    while (view.truths.size() > 1 && view.truths[1].from + memory < host_.world()) view.truths.pop_front();
}

/// One that answers too late, or does nothing, cannot be helped.
void Oracle::note_health(View& view) const {
    const sandbox::Behaviour& how = view.desk->behaviour;
    const auto since = [&](WallTime& at, bool bad) {
        if (bad)
            at = WallTime::max();
        else if (at == WallTime::max())
            at = host_.world();
    };
    since(view.well_since, !view.desk->reachable() || how.ignores_logout || how.slow > 10s);
    since(view.hears_since, how.narrow || how.mute);
}

void Oracle::update_visit(const View& view, const Truth& before, Truth& now) const {
    const bool same_visit = !now.user.empty() && now.user == before.user && now.since == before.since;
    const bool same_user = now.user == before.user && now.since == before.since;
    now.version.user = before.version.user + (same_user ? 0 : 1);
    now.version.calls = before.version.calls + (now.calls == before.calls ? 0 : 1);
    now.call_ended = before.calls > 0 && now.calls == 0 ? now.from : before.call_ended;
    now.call_version = now.calls > 0 ? now.version.calls : same_visit ? before.call_version : 0;
    const Slice* const running = now.running(now.from);
    now.booked = running != nullptr;
    if (now.user.empty()) return;
    now.entitled = running && same_address(running->organizer, now.user);
    now.covered = (same_visit && before.covered) || running;
    now.lax = (same_visit && before.lax) || view.desk->behaviour.stubborn;
    now.stayed = (same_visit && before.stayed) || (running && !now.entitled && now.calls > 0);
    now.alone_since = same_visit && !before.booked ? before.alone_since : now.from;
    if (now.entitled) {
        const bool still = same_visit && before.entitled;
        now.entitled_since = still ? before.entitled_since : now.from;
        now.unentitled_before = still ? before.unentitled_before : same_visit ? before.unentitled_since : now.from;
        now.covered_before = still ? before.covered_before : same_visit && before.covered;
        return;
    }
    now.unentitled_since = same_visit && !before.entitled ? before.unentitled_since : now.from;
    if (!same_visit) return;
    now.unentitled_before = before.unentitled_before;
    now.covered_before = before.covered_before;
    now.hardly_entitled = before.entitled ? before.entitled_since + moment >= now.from : before.hardly_entitled;
}

// --- bookings --------------------------------------------------------------------------------------------------------

void Oracle::update_facts(View& view, const Truth& before, const Truth& now) {
    if (before.bookings == now.bookings) return;
    for (const Slice& slice : now.bookings) {
        const Slice* const old = before.find(slice.meeting.value);
        if (!old || *old != slice) note_version(view, slice, old, now.from);
    }
    for (const Slice& slice : before.bookings) {
        if (now.find(slice.meeting.value)) continue;
        Fact& fact = facts_[slice.meeting.value];
        fact.gone = true;
        fact.gone_at = now.from;
        // Over, as hotdeskd knows by itself.
        if (slice.end <= now.from) fact.gone_told = now.from;
    }
    // No more than count for somebody's day.
    std::erase_if(facts_, [&](const auto& entry) {
        return entry.second.gone && entry.second.slice.end + day < now.from && entry.second.changed + day < now.from;
    });
}

void Oracle::note_version(View& view, const Slice& slice, const Slice* old, WallTime at) {
    Fact& fact = facts_[slice.meeting.value];
    if (!old) {
        fact = Fact{};
        fact.desk = static_cast<std::size_t>(&view - views_.data());
        fact.made = fact.start_changed = at;
        fact.at_desk = at_desk_.count(slice.meeting.value) > 0;
        made_for_order(view, slice);
    } else if (old->start != slice.start) {
        // They come anew.
        fact.start_changed = at;
        fact.warned_before = fact.warned;
        fact.came.reset(), fact.left.reset(), fact.stayed.reset(), fact.warned.reset();
        fact.touched = fact.touched && slice.start <= at;  // of one that goes on running hotdeskd says that they came
    }
    fact.changed = at;
    fact.slice = slice;
    fact.extended =
        slice.start <= at && std::any_of(fact.versions.begin(), fact.versions.end(), [&](const Version& version) {
            return version.slice.start == slice.start && version.slice.end < slice.end;
        });
    if (fact.versions.size() >= versions_kept) fact.versions.erase(fact.versions.begin() + 1);
    fact.versions.push_back({slice, at, std::nullopt, false});
}

void Oracle::made_for_order(const View& view, const Slice& slice) {
    const RequestUuid request = request_of(view, slice);
    for (Order& order : orders_) {
        if (request.empty() || order.request.uuid != request) continue;
        // Two that arrived within the time in which one is tried again are one, however long the calendar takes.
        if (++order.made > 1 && *order.last_arrival - *order.first_arrival > retry_window)
            wrong("a booking was made twice for one order at " + view.desk->place().name);
    }
}

/// Who is there for a minute, is in a call or is seen has come; but nobody for somebody else.
void Oracle::mark_arrivals(View& view, const Truth& now) {
    const Truth* const before = view.truths.empty() ? nullptr : &view.truths.back();
    const bool somebody = !now.user.empty() || (before && !before->user.empty()) || now.calls > 0 ||
                          (before && before->calls > 0) || now.seen;
    for (const Slice& slice : now.bookings) {
        if (slice.start > now.from + about_to_start || now.from >= slice.end) continue;
        Fact& fact = facts_.at(slice.meeting.value);
        if (somebody) fact.touched = true;
        if (slice.start > now.from) continue;
        const bool organizer = !now.user.empty() && same_address(now.user, slice.organizer);
        const bool left = before && !before->user.empty() && now.user.empty();
        // Whoever sat there before and leaves with a call may be anybody.
        const bool nameless = left && before->since < slice.start && !knows_who(view, before->user) &&
                              (before->calls > 0 || now.from - before->call_ended < 50s);
        if (left && !nameless && same_address(before->user, slice.organizer) && fact.stayed &&
            now.from - *fact.stayed >= 50s)
            fact.came = fact.came.value_or(now.from), fact.left = now.from;
        // A desk that lets anybody sit there tells nobody who it was either.
        if (left && (nameless || before->lax)) fact.left = now.from;
        if (left && !fact.came) {
            fact.chance = now.from;
            fact.chance_version = before->version.user;
        }
        if (!now.user.empty()) fact.left.reset();
        if (!organizer) fact.stayed.reset();
        if (organizer && !fact.stayed) fact.stayed = std::max(now.from, slice.start);
        // What goes on since before the booking, or since somebody else sat there, may be theirs.
        const auto is_theirs = [&](const auto& goes_on) {
            const auto began = std::find_if_not(view.truths.rbegin(), view.truths.rend(), goes_on);
            return std::any_of(view.truths.rbegin(), began, [&](const Truth& then) {
                return then.from < slice.start || (!then.user.empty() && !same_address(then.user, slice.organizer));
            });
        };
        const bool calls = now.calls > 0 && !is_theirs([](const Truth& then) { return then.calls > 0; });
        const bool seen = now.seen && !is_theirs([](const Truth& then) { return then.seen; });
        if ((now.user.empty() || organizer) && (calls || seen) && !fact.came) fact.came = now.from;
    }
}

}  // namespace hotdesk::sim
