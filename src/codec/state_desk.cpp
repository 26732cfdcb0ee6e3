#include "codec/state.hpp"
#include "codec/state_fields.hpp"

#include <array>

namespace hotdesk::codec {

namespace {

std::string presence_name(Presence presence) {
    return presence == Presence::Yes ? "Yes" : presence == Presence::No ? "No" : "Unknown";
}

/// What was decided is stored by name; a name of a later version is passed over, and the rules will find out again.
constexpr std::array acts{Act::SignOut, Act::Release, Act::NoShow,     Act::Reject,
                          Act::Restore, Act::LeaveBe, Act::WarnNoShow, Act::WarnEnd};

template <class Named, class All>
std::optional<Named> by_name(View value, const All& all) {
    const auto name = value.string();
    for (const Named one : all)
        if (name == name_of(one)) return one;
    return std::nullopt;
}

BookingRef read_stored_ref(View value) {
    return {id_or_empty<BookingId>(value["id"]), id_or_empty<MeetingId>(value["meetingId"])};
}

Slot read_slot(View value) { return {time_or_epoch(value["start"]), time_or_epoch(value["end"])}; }

void put_slot(Writer& out, const Slot& slot) {
    put_time(out, "start", slot.start);
    put_time(out, "end", slot.end);
}

void put_objection(Writer& out, std::string_view name, const std::optional<Objection>& objection) {
    if (!objection) return;
    out.key(name);
    out.open_object();
    out.member("rule", name_of(objection->rule));
    put_slot(out, objection->slot);
    put_time(out, "since", objection->since.wall);
    out.close_object();
}

std::optional<Objection> read_objection(View value) {
    const auto rule = by_name<Rule>(value["rule"], all_rules);
    if (!rule) return std::nullopt;
    return Objection{*rule, read_slot(value), since_or_epoch(value["since"])};
}

/// What the rules of admission found out about a booking.
void put_admission(Writer& out, const KnownBooking& known) {
    if (known.admitted) {
        out.key("admitted");
        out.open_object();
        put_slot(out, known.admitted->slot);
        put(out, "organizerEmail", known.admitted->organizer_email);
        put_flag(out, "exempt", known.admitted->exempt);
        out.close_object();
    }
    put_objection(out, "objection", known.objection);
    if (!known.reversals.empty()) {
        out.key("reversals");
        out.open_array();
        for (const WallTime at : known.reversals) out.string(format_time(at));
        out.close_array();
    }
    put_objection(out, "leftAlone", known.left_alone);
}

void read_admission(View value, KnownBooking& known) {
    if (const View admitted = value["admitted"]; admitted.is_object())
        known.admitted =
            Admitted{read_slot(admitted), text_or_empty(admitted["organizerEmail"]), flag(admitted["exempt"])};
    known.objection = read_objection(value["objection"]);
    value["reversals"].each([&](View at) {
        if (const auto time = read_time(at)) known.reversals.push_back(*time);
    });
    known.left_alone = read_objection(value["leftAlone"]);
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
    put(out, "requestUuid", known.request.value);
    put_time(out, "madeAt", known.made_at);
    put_time(out, "movedAt", known.moved_at);
    put_flag(out, "atDesk", known.at_desk);
    put_time(out, "askedAt", known.asked_at);
    put(out, "extends", known.extends.value);
    put_admission(out, known);
    put_flag(out, "arrived", known.arrived);
    if (known.chance) put_time(out, "chance", known.chance->wall);
}

KnownBooking read_known_booking(View value) {
    KnownBooking known;
    known.booking.ref = read_stored_ref(value);
    known.booking.start = time_or_epoch(value["start"]);
    known.booking.end = time_or_epoch(value["end"]);
    known.booking.organizer_email = text_or_empty(value["organizerEmail"]);
    known.booking.organizer_id = text_or_empty(value["organizerId"]);
    known.booking.organizer_name = text_or_empty(value["organizerName"]);
    known.as_of = time_or_epoch(value["asOf"]);
    known.request = id_or_empty<RequestUuid>(value["requestUuid"]);
    known.made_at = time_or_epoch(value["madeAt"]);
    known.moved_at = time_or_epoch(value["movedAt"]);
    known.at_desk = flag(value["atDesk"]);
    known.asked_at = time_or_epoch(value["askedAt"]);
    known.extends = id_or_empty<MeetingId>(value["extends"]);
    read_admission(value, known);
    known.arrived = flag(value["arrived"]);
    known.chance = since(value["chance"]);
    return known;
}

void put_sign_in(Writer& out, const SignIn& visit) {
    out.key("signIn");
    out.open_object();
    put_time(out, "since", visit.since.wall);
    put_time(out, "saidAt", visit.said_at);
    if (visit.lapsed) put_time(out, "lapsed", visit.lapsed->wall);
    if (visit.call_ended) put_time(out, "callEnded", visit.call_ended->wall);
    if (visit.let_stay) out.member("letStay", true);
    if (visit.cover) {
        out.key("cover");
        out.open_object();
        put_ref(out, visit.cover->ref);
        put(out, "organizerEmail", visit.cover->organizer_email);
        put(out, "organizerId", visit.cover->organizer_id);
        put_time(out, "end", visit.cover->end);
        out.close_object();
    }
    if (visit.who) {
        out.key("who");
        out.open_object();
        put(out, "personId", visit.who->id.value);
        put_strings(out, "emails", visit.who->emails);
        put(out, "displayName", visit.who->display_name);
        out.close_object();
    }
    out.close_object();
}

std::optional<SignIn> read_sign_in(View value) {
    const auto began = since(value["since"]);
    if (!began) return std::nullopt;
    SignIn visit{*began, read_time(value["saidAt"]), std::nullopt, since(value["lapsed"]), since(value["callEnded"])};
    visit.let_stay = flag(value["letStay"]);
    if (const View cover = value["cover"]; cover.is_object())
        visit.cover = Cover{read_stored_ref(cover), text_or_empty(cover["organizerEmail"]),
                            text_or_empty(cover["organizerId"]), time_or_epoch(cover["end"])};
    if (const View who = value["who"]; who.is_object())
        visit.who = Person{id_or_empty<PersonId>(who["personId"]), read_strings(who["emails"]),
                           text_or_empty(who["displayName"])};
    return visit;
}

void put_attempt(Writer& out, const Attempt& attempt) {
    out.member("act", name_of(attempt.act));
    put_ref(out, attempt.ref);
    put_count(out, "count", static_cast<std::uint64_t>(attempt.count));
    put_count(out, "failures", static_cast<std::uint64_t>(attempt.failures));
    if (attempt.pending) put_count(out, "pending", *attempt.pending);
    put_flag(out, "observed", attempt.observed);
}

std::optional<Attempt> read_attempt(View value) {
    const auto act = by_name<Act>(value["act"], acts);
    if (!act) return std::nullopt;
    Attempt attempt;
    attempt.act = *act;
    attempt.ref = read_stored_ref(value);
    attempt.count = small_count(value["count"]);
    attempt.failures = small_count(value["failures"]);
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
        put_flag(out, "atDesk", request.at_desk);
        put(out, "extends", request.extends.value);
        put_time(out, "askedAt", request.asked_at);
    });
    put_list(out, "permits", desk.permits, [&](const Permit& permit) {
        put(out, "requestUuid", permit.uuid.value);
        put(out, "meetingId", permit.meeting.value);
        put_slot(out, permit.slot);
        put_time(out, "since", permit.since.wall);
        put(out, "organizerEmail", permit.organizer_email);
    });
    put_time(out, "checksIn", desk.checks_in);
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
        return DeletedBooking{read_stored_ref(value), time_or_epoch(value["asOf"]), MonoTime{}};
    });
    read_list(root["requested"], desk.requested, [](View value) {
        return RequestedBooking{id_or_empty<RequestUuid>(value["uuid"]),
                                time_or_epoch(value["start"]),
                                time_or_epoch(value["end"]),
                                since_or_epoch(value["since"]),
                                flag(value["atDesk"]),
                                id_or_empty<MeetingId>(value["extends"]),
                                time_or_epoch(value["askedAt"])};
    });
    read_list(root["permits"], desk.permits, [](View value) {
        return Permit{id_or_empty<RequestUuid>(value["requestUuid"]), id_or_empty<MeetingId>(value["meetingId"]),
                      read_slot(value), since_or_epoch(value["since"]), text_or_empty(value["organizerEmail"])};
    });
    desk.checks_in = time_or_epoch(root["checksIn"]);
    desk.sign_in = read_sign_in(root["signIn"]);
    if (const View left = root["left"]; left.is_object())
        desk.left = Left{read_stored_ref(left), since_or_epoch(left["since"])};
    root["attempts"].each([&](View value) {
        if (auto attempt = read_attempt(value)) desk.attempts.push_back(std::move(*attempt));
    });
    return desk;
}

}  // namespace hotdesk::codec
