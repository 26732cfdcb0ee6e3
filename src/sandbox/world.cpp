#include "sandbox/world.hpp"

#include <algorithm>
#include <array>

#include "sandbox/access.hpp"
#include "sandbox/json.hpp"
#include "sandbox/person.hpp"

namespace hotdesk::sandbox {

namespace {

constexpr std::size_t records_kept = 100000;

/// What a `narrow` desk pushes. Source: technical details, "Supported Events" and "Supported Status".
constexpr std::array<std::string_view, 7> narrow_events = {
    "Bookings.Start", "Bookings.End",  "Bookings.ExtensionRequested", "Bookings.Deleted", "BootEvent",
    "CallDisconnect", "CallSuccessful"};
constexpr std::array<std::string_view, 5> narrow_statuses = {"Standby.State", "SystemUnit.State.NumberOfActiveCalls",
                                                             "RoomAnalytics.PeoplePresence", "SystemUnit.State.System",
                                                             "Bookings.Availability.Status"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view key) {
    return std::find(list.begin(), list.end(), key) != list.end();
}

template <class T>
void keep(std::deque<T>& list, T item) {
    if (list.size() >= records_kept) list.pop_front();
    list.push_back(std::move(item));
}

}  // namespace

Reply json_reply(std::string body) {
    Reply reply;
    reply.headers = {{"Content-Type", "application/json"}};
    reply.body = std::move(body);
    return reply;
}

Reply error_reply(int status, std::string_view message) {
    const Json body = {
        {"message", message}, {"errors", Json::array({{{"description", message}}})}, {"trackingId", "{tracking-id}"}};
    Reply reply = json_reply(to_text(body));
    reply.status = status;
    return reply;
}

World::World(WorldOptions options, std::unique_ptr<Signer> signer, WallTime now)
    : options_(std::move(options)),
      signer_(std::move(signer)),
      random_(options_.seed),
      org_(cloud_id("ORGANIZATION", random_.uuid())),
      key_id_(random_.token(24)),
      tokens_(random_.next()),
      queue_(options_.retention),
      integration_(options_.app, {}, {}, now) {
    grant();
    tokens_.access_lives = options_.access_lives;
    tokens_.rotate = options_.rotate_refresh;
    if (options_.places.empty()) populate(now);
    for (const Desk::Place& place : options_.places) add_desk(place, Calendar::Local, now);
}

void World::add_desk(const Desk::Place& place, Calendar calendar, WallTime now) {
    auto desk = std::make_unique<Desk>(place, calendar, options_.behaviour, random_.next(), now);
    by_name_.emplace(place.name, desk.get());
    by_device_.emplace(place.device.value, desk.get());
    due_[desk.get()].number = desks_.size();
    desks_.push_back(std::move(desk));
    settle(*desks_.back());
}

void World::populate(WallTime now) {
    static constexpr std::array<const char*, 3> cities = {"Oslo", "Bergen", "Tromso"};
    std::array<std::string, cities.size()> locations;
    for (std::string& location : locations) location = cloud_id("LOCATION", random_.uuid());
    for (std::size_t i = 0; i < options_.desks + options_.rooms; ++i) {
        const bool room = i >= options_.desks;
        // A site has a hundred desks; most sandboxes have one site.
        const std::size_t site = i / 100 % cities.size();
        const std::string number = std::to_string(room ? i - options_.desks + 1 : i + 1);
        Desk::Place place;
        place.name = (room ? "room-" : "desk-") + number;
        place.device = DeviceId(cloud_id("DEVICE", random_.uuid()));
        place.workspace = WorkspaceId(cloud_id("PLACE", random_.uuid()));
        place.workspace_name = std::string(cities[site]) + (room ? " Room " : " ") + number;
        place.location = LocationId(locations[site]);
        place.organization_domain = options_.org_domain;
        if (room) {
            rooms_.push_back(std::move(place));
            continue;
        }
        Calendar calendar = options_.calendars == Calendars::Hybrid ? Calendar::Hybrid : Calendar::Local;
        if (options_.calendars == Calendars::Mixed && i % 2 == 1) calendar = Calendar::Hybrid;
        add_desk(place, calendar, now);
    }
}

Desk* World::desk(std::string_view name) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

Desk* World::desk_by_id(std::string_view device) {
    const auto found = by_device_.find(device);
    return found == by_device_.end() ? nullptr : found->second;
}

void World::settle(Desk& desk) {
    for (const Emission& emission : desk.take_emissions()) {
        deliver(desk, emission);
        if (desk.behaviour.duplicate) deliver(desk, emission);
    }
    for (Told& told : desk.take_story()) story_.push_back({told.at, desk.place().name, std::move(told.sentence)});
    if (desk.user()) people_.emplace(person_of(desk.user()->email).id, desk.user()->email);
    Due& due = due_.at(&desk);
    agenda_.erase({due.at, due.number});
    due.at = desk.next_due();
    agenda_.emplace(due.at, due.number);
}

void World::advance(WallTime now) {
    while (!agenda_.empty() && agenda_.begin()->first <= now) {
        const auto [due, number] = *agenda_.begin();
        Desk& desk = *desks_[number];
        desk.advance(due);
        settle(desk);
    }
}

WallTime World::next_due() const { return agenda_.empty() ? WallTime::max() : agenda_.begin()->first; }

void World::deliver(const Desk& desk, const Emission& emission) {
    if (integration_.queue() != Integration::QueueState::Enabled) return;
    const Behaviour& how = desk.behaviour;
    const auto value_json = [&](const Value& value) {
        if (how.spelling == Spelling::Mixed) mixed_flip_ = !mixed_flip_;
        const bool as_text = how.spelling == Spelling::String || (how.spelling == Spelling::Mixed && mixed_flip_);
        return as_text ? Json(spelled(value)) : to_json(value);
    };
    const auto* event = std::get_if<DeskEvent>(&emission);
    const auto* status = std::get_if<DeskStatus>(&emission);
    const WallTime at = event != nullptr ? event->at : status->at;
    Json message = {{"appId", options_.app.value},
                    {"deviceId", desk.place().device.value},
                    {"workspaceId", desk.place().workspace.value},
                    {"orgId", org_.value},
                    {"timestamp", format_time(at)}};
    if (event != nullptr) {
        if (!is_granted(integration_.access.events, event->key)) return;
        if (how.narrow && !contains(narrow_events, event->key)) return;
        Json value = Json::object();
        for (const Field& field : event->value) value[field.name] = value_json(field.value);
        message["type"] = "events";
        message["events"] =
            Json::array({{{"key", event->key}, {"value", std::move(value)}, {"timestamp", format_time(at)}}});
    } else {
        const auto passes = [&](const std::string& name) {
            return is_granted(integration_.access.statuses, name) && (!how.narrow || contains(narrow_statuses, name));
        };
        Json updated = Json::object();
        for (const Field& field : status->updated)
            if (passes(field.name)) updated[field.name] = value_json(field.value);
        Json removed = Json::array();
        for (const std::string& name : status->removed)
            if (passes(name)) removed.push_back(name);
        if (updated.empty() && removed.empty()) return;
        message["type"] = "status";
        message["changes"] = {{"updated", std::move(updated)}, {"removed", std::move(removed)}};
        message["isFullSync"] = status->full_sync;
    }
    std::string text = to_text(message);
    keep(pushed_, Pushed{at, desk.place().name, text});
    queue_.put(std::move(text), at);
}

void World::push_raw(std::string message, WallTime now) {
    keep(pushed_, Pushed{now, "", message});
    queue_.put(std::move(message), now);
}

void World::backlog(std::size_t count, WallTime now) {
    if (desks_.empty()) return;
    for (std::size_t i = 0; i < count; ++i) {
        const Desk& desk = *desks_[i % desks_.size()];
        // Presence: changes what is known about the desk, and no rule acts on it.
        DeskStatus status;
        status.at = now;
        status.updated.emplace_back("RoomAnalytics.PeoplePresence",
                                    std::string(i / desks_.size() % 2 == 0 ? "Yes" : "No"));
        deliver(desk, status);
    }
}

void World::violation(std::string text, WallTime now) { violations_.emplace_back(now, std::move(text)); }

void World::set_identity(bool identity) {
    options_.identity = identity;
    grant();
}

void World::set_withheld(std::vector<std::string> names) {
    options_.withheld = std::move(names);
    grant();
}

void World::grant() {
    Granted granted = grant_all_but(options_.withheld, options_.identity);
    integration_.scopes = std::move(granted.scopes);
    integration_.access = std::move(granted.access);
}

std::vector<std::string> World::secrets() const {
    std::vector<std::string> out = tokens_.handed_out();
    out.emplace_back(options_.client_secret.reveal());
    out.insert(out.end(), codes_.begin(), codes_.end());
    return out;
}

void World::forget_asked() {
    asked_dropped_ += asked_.size();
    asked_.clear();
}

void World::forget_records() {
    forget_asked();
    pushed_.clear();
    violations_.clear();
}

std::string World::code(const CodeWish& wish, WallTime now) {
    CodeFacts facts;
    facts.org = org_;
    facts.org_name = options_.org_name;
    facts.app = options_.app;
    facts.region = options_.region;
    facts.oauth_url = options_.base_url + "/v1/access_token";
    facts.app_url = options_.base_url + app_path();
    facts.manifest_url = options_.base_url + "/xapi/api/organizations/sandbox/appManifests/" + options_.app.value;
    facts.webexapis_base_url = options_.base_url + "/v1";
    if (wish.action == "provision" || wish.action == "update") facts.refresh_token = tokens_.new_refresh(now);
    for (const std::string& scope : integration_.scopes) facts.scopes += (facts.scopes.empty() ? "" : ",") + scope;
    facts.access = integration_.access;
    facts.manifest_version = std::to_string(integration_.manifest_version());
    facts.key_id = key_id_;
    facts.jti = random_.token(22) + "==";
    codes_.push_back(mint(*signer_, facts, wish, now));
    return codes_.back();
}

std::string World::app_path() const {
    const std::string cluster = moves_ == 0 ? "" : std::to_string(moves_) + "/";
    return "/xapi/api/organizations/sandbox/apps/" + cluster + options_.app.value;
}

void World::rotate_key(std::unique_ptr<Signer> signer) {
    signer_ = std::move(signer);
    key_id_ = random_.token(24);
}

void World::remove_queue() {
    integration_.remove_queue();
    queue_.clear();
}

void World::move_region(const std::string& region) {
    options_.region = region;
    ++moves_;
    remove_queue();
    tokens_.revoke_access();
    tokens_.revoke_refresh();
}

}  // namespace hotdesk::sandbox
