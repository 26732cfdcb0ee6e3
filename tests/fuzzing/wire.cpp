// Answers of Webex: the queue, desks, the integration's endpoints.

#include "oracle.hpp"
#include "targets.hpp"

#include "codec/call.hpp"
#include "codec/jwt.hpp"
#include "codec/queue.hpp"
#include "codec/state.hpp"
#include "core/translate.hpp"

#include <hotdesk/desk.hpp>
#include <hotdesk/reconcile.hpp>

#include <set>
#include <type_traits>

namespace hotdesk::fuzz {

namespace {

// As the fixtures have them, so that what is made of the fixtures is for us.
const AppId app{"ac6b6972-538e-11ec-bf63-0242ac130002"};
const OrgId org{"Y2lzY29[...]YzVj"};
const std::string base{"https://webexapis.com/v1"}, client{"client"}, next_page{"https://webexapis.com/v1/next"};
const Secret secret{"client-secret"}, token{"access-token"};

void must_be_times(WallTime start, WallTime end) { must(start <= end, "what ends has begun before"); }

void must_be_booking(const Booking& booking) {
    must(!booking.ref.empty(), "a booking has a name");
    must(is_id_or_empty(booking.ref.id.value) && is_id_or_empty(booking.ref.meeting.value),
         "names of bookings are ids");
    must_be_times(booking.start, booking.end);
}

void must_be_report(const StatusReport& report) {
    must(!report.active_calls || !*report.active_calls || **report.active_calls >= 0, "calls are counted from 0");
}

/// Ids, times and lengths of whatever an event has of them.
struct MustBeEvent {
    template <class Body>
    void operator()(const Body& body) const {
        if constexpr (requires { body.booking; }) must_be_booking(body.booking);
        if constexpr (requires { body.uuid; }) must(is_id_or_empty(body.uuid.value), "a request's uuid is an id");
        if constexpr (requires { body.ref; })
            must(is_id_or_empty(body.ref.id.value) && is_id_or_empty(body.ref.meeting.value),
                 "bookings' names are ids");
        if constexpr (requires { body.meeting; }) must(is_id(body.meeting.value), "a meeting's name is an id");
        if constexpr (requires { body.original; }) must(is_id_or_empty(body.original.value), "an original is an id");
        if constexpr (requires { body.duration; })
            must(body.duration >= std::chrono::minutes{0} && body.duration <= std::chrono::days{366},
                 "a booking lasts from no time to a year");
        if constexpr (requires { body.end; }) must_be_times(body.start, body.end);
    }
};

/// How many inputs a message is for the rules.
std::size_t must_be_message(const Message& message) {
    const auto* const events = std::get_if<EventsMessage>(&message.body);
    const auto* const status = std::get_if<StatusMessage>(&message.body);
    must(is_id(message.device.value) == (events != nullptr || status != nullptr), "messages of desks name the desk");
    must(is_id(message.workspace.value) == (events != nullptr || status != nullptr), "and its workspace");
    if (status != nullptr) must_be_report(status->report);
    if (events != nullptr)
        for (const Event& event : events->events) std::visit(MustBeEvent{}, event.body);
    if (const auto* const action = std::get_if<ActionMessage>(&message.body)) (void)codec::peek(action->jwt.reveal());
    return events != nullptr ? events->events.size() : status != nullptr ? 1 : 0;
}

/// The desk has it all in bounds, and what is stored of it is read again as it was.
void must_be_desk(const Desk& desk) {
    must(desk.bookings.size() <= max_bookings_a_desk && desk.deleted.size() <= max_deleted_a_desk &&
             desk.requested.size() <= max_requested_a_desk && desk.permits.size() <= max_permits_a_desk,
         "a desk's lists are bounded");
    const std::string stored = codec::write_desk(desk);
    const auto read = codec::read_desk(stored);
    must(read.ok() && codec::write_desk(*read) == stored, "what is stored of a desk is read again as it was");
}

const Now now{*parse_time("2026-03-02T09:00:00Z"), MonoTime{std::chrono::hours{1}}};

Desk a_desk() {
    Desk desk;
    desk.id = DeviceId{"d"};
    return desk;
}

struct MustBeReply {
    std::size_t size;  ///< of the body

    void operator()(const TokenGrant& grant) const {
        constexpr std::chrono::seconds longest = std::chrono::days{3660};
        must(!grant.access_token.empty(), "a grant grants a token");
        must(grant.expires_in >= std::chrono::seconds{0} && grant.expires_in <= longest, "for ten years at most");
        must(!grant.refresh_expires_in ||
                 (*grant.refresh_expires_in >= std::chrono::seconds{0} && *grant.refresh_expires_in <= longest),
             "and so is what refreshes it");
    }
    void operator()(const MessageBatch& batch) const {
        must(batch.messages.size() + batch.skipped <= size, "no more messages than bytes");
    }
    void operator()(const AppDetails& details) const {
        must(details.manifest_version >= 0 && details.update.manifest_version >= 0, "versions are not negative");
        must(details.update.manifest_version == 0 || !details.update.state.empty(), "an update has a state");
    }
    void operator()(const std::vector<Jwk>& keys) const { must(keys.size() <= size, "no more keys than bytes"); }
    template <class Item>
    void operator()(const Page<Item>& page) const {
        must(page.items.size() <= size / 8, "no more items than can be written in so many bytes");
        must(page.next_url == next_page, "the next page is the one that the header names");
        for (const Item& item : page.items)
            must(is_id(item.id.value) && is_id_or_empty(item.location.value), "an item has an id");
    }
    void operator()(const StatusReport& report) const { must_be_report(report); }
    void operator()(const BookingList& list) const {
        must(list.bookings.size() + list.skipped <= size, "no more bookings than bytes");
        for (const Booking& booking : list.bookings) must_be_booking(booking);
        Desk desk = a_desk();
        observe(desk, input::BookingsAnswered{list.bookings, now.mono}, now);
        must_be_desk(desk);
    }
    void operator()(const std::vector<HotdeskSession>& sessions) const {
        for (const HotdeskSession& session : sessions)
            must(is_id(session.workspace.value) && is_id(session.person.value), "a session is somebody's somewhere");
    }
    void operator()(const Person& person) const { must(is_id(person.id.value), "a person has an id"); }
    void operator()(const CommandDone&) const {}
};

void decode(const Call& call, int status, std::string_view bytes) {
    const codec::Wire wire{app, org, base, client, secret, token};
    HttpReply reply;
    reply.status = status;
    reply.body = bytes;
    reply.link_next = next_page;
    const auto result = codec::decode(call, std::move(reply), wire);
    if (result.ok()) {
        must(status >= 200 && status < 300, "only a success is one");
        std::visit(MustBeReply{bytes.size()}, *result);
        return;
    }
    must_be_lawful(result.error());
    must(result.error().http_status == status, "an error has its status");
    must(result.error().message.find(token.reveal()) == std::string::npos &&
             result.error().message.find(secret.reveal()) == std::string::npos,
         "no secret comes back in an error");
}

/// With every status that is read in a way of its own.
void refuse(const Call& call, std::string_view bytes) {
    for (const int status : {302, 400, 401, 403, 404, 410, 429, 503}) decode(call, status, bytes);
}

}  // namespace

void queue(std::string_view bytes) {
    auto batch = codec::decode_queue(std::string{bytes}, app, org);
    if (!batch.ok()) return must_be_lawful(batch.error());
    // {"type":"healthCheck"} is the shortest message, {"key":"BootEvent"} the shortest event.
    must(batch->messages.size() <= bytes.size() / 22, "no more messages than can be written in so many bytes");
    must(batch->skipped <= bytes.size(), "no more is skipped than there is");
    must(batch->notes.size() <= codec::kMaxNotes, "notes are bounded");
    for (const std::string& note : batch->notes) must(is_line(note, 160), "a note is one short line");
    must(std::set<std::string>(batch->notes.begin(), batch->notes.end()).size() == batch->notes.size(),
         "nothing is noted twice");
    Desk desk = a_desk();
    std::size_t events = 0;
    for (Message& message : batch->messages) {
        const std::size_t expected = must_be_message(message);
        const auto inputs = translate(std::move(message));
        must(inputs.size() == expected, "each event and each status is an input");
        events += expected;
        for (const Input& input : inputs) observe(desk, input, now);
    }
    must(events <= bytes.size() / 19, "no more events than can be written in so many bytes");
    must_be_desk(desk);
}

void xapi(std::string_view bytes) {
    decode(call::AskStatus{DeviceId{"d"}}, 200, bytes);
    decode(call::AskStatus{DeviceId{"d"}, true}, 200, bytes);
    decode(call::AskSessions{DeviceId{"d"}, WorkspaceId{"w"}}, 200, bytes);
    decode(call::AskPerson{DeviceId{"d"}, PersonId{"p"}}, 200, bytes);
    decode(call::AskBookings{DeviceId{"d"}}, 200, bytes);
    decode(call::ListDevices{base}, 200, bytes);
    decode(call::ListWorkspaces{base}, 200, bytes);
    const call::Send send{1, DeviceId{"d"}, {"Webex.Registration.Logout", {}}};
    decode(send, 200, bytes);
    decode(send, 204, bytes);
    refuse(send, bytes);
}

void cloud(std::string_view bytes) {
    const call::Refresh refresh{base, Secret{"refresh-token"}};
    decode(refresh, 200, bytes);
    decode(call::ReadApp{base}, 200, bytes);
    decode(call::PatchApp{base, {}, "c", "n", "", ""}, 200, bytes);
    decode(call::ReadKeys{base}, 200, bytes);
    decode(call::Poll{base}, 200, bytes);
    refuse(refresh, bytes);
    refuse(call::ReadApp{base + "?token=of-the-url"}, bytes);
}

}  // namespace hotdesk::fuzz
