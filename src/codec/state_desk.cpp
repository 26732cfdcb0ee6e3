#include "codec/state.hpp"
#include "codec/state_fields.hpp"

namespace hotdesk::codec {

namespace {

std::string presence_name(Presence presence) {
    return presence == Presence::Yes ? "Yes" : presence == Presence::No ? "No" : "Unknown";
}

void put_booking(Writer& out, const KnownBooking& known) {
    const Booking& booking = known.booking;
    put_ref(out, booking.ref);
    put_time(out, "start", booking.start);
    put_time(out, "end", booking.end);
    put(out, "organizerEmail", booking.organizer_email);
    put(out, "organizerId", booking.organizer_id);
    put(out, "organizerName", booking.organizer_name);
    put_time(out, "asOf", known.as_of);
}

KnownBooking read_known_booking(View value) {
    KnownBooking known;
    known.booking.ref = {id_or_empty<BookingId>(value["id"]), id_or_empty<MeetingId>(value["meetingId"])};
    known.booking.start = time_or_epoch(value["start"]);
    known.booking.end = time_or_epoch(value["end"]);
    known.booking.organizer_email = text_or_empty(value["organizerEmail"]);
    known.booking.organizer_id = text_or_empty(value["organizerId"]);
    known.booking.organizer_name = text_or_empty(value["organizerName"]);
    known.as_of = time_or_epoch(value["asOf"]);
    return known;
}

void put_sign_in(Writer& out, const SignIn& visit) {
    out.key("signIn");
    out.open_object();
    put_time(out, "since", visit.since.wall);
    put_time(out, "saidAt", visit.said_at);
    if (visit.lapsed) put_time(out, "lapsed", visit.lapsed->wall);
    if (visit.call_ended) put_time(out, "callEnded", visit.call_ended->wall);
    if (visit.cover) {
        out.key("cover");
        out.open_object();
        put_ref(out, visit.cover->ref);
        put(out, "organizerEmail", visit.cover->organizer_email);
        put(out, "organizerId", visit.cover->organizer_id);
        put_time(out, "end", visit.cover->end);
        out.close_object();
    }
    out.close_object();
}

std::optional<SignIn> read_sign_in(View value) {
    const auto began = since(value["since"]);
    if (!began) return std::nullopt;
    SignIn visit{*began, read_time(value["saidAt"]), std::nullopt, since(value["lapsed"]), since(value["callEnded"])};
    if (const View cover = value["cover"]; cover.is_object())
        visit.cover = Cover{{id_or_empty<BookingId>(cover["id"]), id_or_empty<MeetingId>(cover["meetingId"])},
                            text_or_empty(cover["organizerEmail"]),
                            text_or_empty(cover["organizerId"]),
                            time_or_epoch(cover["end"])};
    return visit;
}

void put_attempt(Writer& out, const Attempt& attempt) {
    out.member("act", name_of(attempt.act));
    put_ref(out, attempt.ref);
    put_count(out, "count", static_cast<std::uint64_t>(attempt.count));
    if (attempt.pending) put_count(out, "pending", *attempt.pending);
    put_flag(out, "observed", attempt.observed);
}

std::optional<Attempt> read_attempt(View value) {
    Attempt attempt;
    const auto name = value["act"].string();
    if (name == name_of(Act::SignOut))
        attempt.act = Act::SignOut;
    else if (name == name_of(Act::Release))
        attempt.act = Act::Release;
    else
        return std::nullopt;  // of a later version: the rules will find out again
    attempt.ref = {id_or_empty<BookingId>(value["id"]), id_or_empty<MeetingId>(value["meetingId"])};
    attempt.count = static_cast<int>(count(value["count"]));
    if (const Seq pending = count(value["pending"]); pending != 0) attempt.pending = pending;
    attempt.observed = flag(value["observed"]);
    return attempt;
}

void put_statuses(Writer& out, const DeskState& desk) {
    if (desk.personalized.value) {
        out.key("personalized");
        out.boolean(*desk.personalized.value);
    }
    put_time(out, "personalizedAsOf", desk.personalized.as_of);
    if (desk.active_calls.value) out.member("activeCalls", std::int64_t{*desk.active_calls.value});
    put_time(out, "activeCallsAsOf", desk.active_calls.as_of);
    if (desk.presence.value) out.member("presence", presence_name(*desk.presence.value));
    put_time(out, "presenceAsOf", desk.presence.as_of);
}

void read_statuses(View root, DeskState& desk) {
    desk.personalized = {root["personalized"].boolean(), time_or_epoch(root["personalizedAsOf"])};
    if (const auto calls = root["activeCalls"].integer(); calls && *calls >= 0 && *calls < 1000)
        desk.active_calls.value = static_cast<int>(*calls);
    desk.active_calls.as_of = time_or_epoch(root["activeCallsAsOf"]);
    if (const auto presence = root["presence"].string())
        desk.presence.value = *presence == "Yes" ? Presence::Yes : *presence == "No" ? Presence::No : Presence::Unknown;
    desk.presence.as_of = time_or_epoch(root["presenceAsOf"]);
}

}  // namespace

std::string write_desk(const DeskState& desk) {
    Writer out(1024);
    out.open_object();
    put(out, "id", desk.id.value);
    put(out, "displayName", desk.display_name);
    put(out, "workspace", desk.workspace.value);
    put(out, "workspaceName", desk.workspace_name);
    put(out, "location", desk.location.value);
    if (desk.online) {
        out.key("online");
        out.boolean(*desk.online);
    }
    put_statuses(out, desk);
    put_flag(out, "pushesPersonalized", desk.pushes_personalized);
    put_flag(out, "bookingsAsked", desk.bookings_asked);
    put_list(out, "bookings", desk.bookings, [&](const KnownBooking& known) { put_booking(out, known); });
    put_list(out, "deleted", desk.deleted, [&](const DeletedBooking& deleted) {
        put_ref(out, deleted.ref);
        put_time(out, "asOf", deleted.as_of);
    });
    put_list(out, "requested", desk.requested, [&](const RequestedBooking& request) {
        put(out, "uuid", request.uuid.value);
        put_time(out, "start", request.start);
        put_time(out, "end", request.end);
        put_time(out, "since", request.since.wall);
    });
    if (desk.sign_in) put_sign_in(out, *desk.sign_in);
    if (desk.left) {
        out.key("left");
        out.open_object();
        put_ref(out, desk.left->ref);
        put_time(out, "since", desk.left->since.wall);
        out.close_object();
    }
    put_list(out, "attempts", desk.attempts, [&](const Attempt& attempt) { put_attempt(out, attempt); });
    out.close_object();
    return out.take();
}

Result<DeskState> read_desk(std::string_view bytes) {
    const json::Document document(std::string{bytes});
    const View root = document.root();
    DeskState desk;
    desk.id = id_or_empty<DeviceId>(root["id"]);
    if (desk.id.empty()) return damaged("desk");
    desk.display_name = text_or_empty(root["displayName"]);
    desk.workspace = id_or_empty<WorkspaceId>(root["workspace"]);
    desk.workspace_name = text_or_empty(root["workspaceName"]);
    desk.location = id_or_empty<LocationId>(root["location"]);
    desk.online = root["online"].boolean();
    read_statuses(root, desk);
    desk.pushes_personalized = flag(root["pushesPersonalized"]);
    desk.bookings_asked = flag(root["bookingsAsked"]);
    read_list(root["bookings"], desk.bookings, read_known_booking);
    read_list(root["deleted"], desk.deleted, [](View value) {
        return DeletedBooking{{id_or_empty<BookingId>(value["id"]), id_or_empty<MeetingId>(value["meetingId"])},
                              time_or_epoch(value["asOf"]),
                              MonoTime{}};
    });
    read_list(root["requested"], desk.requested, [](View value) {
        return RequestedBooking{id_or_empty<RequestUuid>(value["uuid"]), time_or_epoch(value["start"]),
                                time_or_epoch(value["end"]), Since{time_or_epoch(value["since"]), MonoTime{}}};
    });
    desk.sign_in = read_sign_in(root["signIn"]);
    if (const View left = root["left"]; left.is_object())
        desk.left = Left{{id_or_empty<BookingId>(left["id"]), id_or_empty<MeetingId>(left["meetingId"])},
                         Since{time_or_epoch(left["since"]), MonoTime{}}};
    root["attempts"].each([&](View value) {
        if (auto attempt = read_attempt(value)) desk.attempts.push_back(std::move(*attempt));
    });
    return desk;
}

}  // namespace hotdesk::codec
