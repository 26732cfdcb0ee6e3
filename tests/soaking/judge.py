"""What must hold, as functions of what was seen: each returns complaints, none when all is well. The soak's own tests
feed them worlds that are wrong."""

import collections
import statistics

from again import QUESTIONS

#: The clocks of cloud and worker differ by this at most before the worker goes by the cloud's. src/core/rules.hpp.
CLOCKS_S = 10
#: Of resident memory, and of descriptors: kept connections come and go.
MEMORY_GROWTH, DESCRIPTORS_MORE = 1.10, 16


def judge_commands(sent, visits, ordered):
    """No command against somebody's right. sent: dicts with at, desk, name, arguments. visits: of all desks.
    ordered: MeetingIds that the administrator wanted deleted."""
    by_desk, by_meeting = collections.defaultdict(list), {}
    for visit in visits:
        by_desk[visit.desk].append(visit)
        if visit.meeting:
            by_meeting[visit.meeting] = visit
    wrong = []
    for command in sent:
        name, at, desk = command["name"], command["at"], command["desk"]
        if name == "Webex.Registration.Logout":
            past = [visit for visit in by_desk[desk] if visit.began <= at]
            if not past:
                wrong.append(f"{desk} at {at:.1f}: a sign-out before anybody came")
                continue
            visit = past[-1]
            if at < visit.out_from - CLOCKS_S:
                wrong.append(f"{desk} at {at:.1f}: {visit.person} was signed out with a right to be there")
            if any(began < at < (ended or float("inf")) for began, ended in visit.calls):
                wrong.append(f"{desk} at {at:.1f}: {visit.person} was signed out in a call")
        elif name in ("Bookings.Delete", "Bookings.Edit"):
            meeting = command["arguments"].get("MeetingId", "")
            visit = by_meeting.get(meeting)
            allowed = float("inf")
            if visit:
                allowed = visit.delete_from if name == "Bookings.Delete" else visit.edit_from
            if at < allowed - CLOCKS_S and meeting not in ordered:
                wrong.append(f"{desk} at {at:.1f}: {name} of the lawful booking of "
                             f"{visit.person if visit else 'nobody known'} ({command['arguments']})")
    return wrong


def judge_views(truth, devices, bookings, now):
    """What hotdeskd knows is what is. truth: the sandbox's description of each desk."""
    wrong = []
    known = {device["displayName"]: device for device in devices}
    listed = collections.defaultdict(set)
    for booking in bookings:
        listed[booking["displayName"]].add((booking["meetingId"], booking["start"], booking["end"]))
    for desk in truth:
        name, seen = desk["name"], known.get(desk["name"])
        if seen is None:
            wrong.append(f"{name} is not known")
            continue
        if bool(seen["personalized"]) != (desk["signedIn"] is not None):
            wrong.append(f"{name}: signed in is {desk['signedIn']}, hotdeskd says {seen['personalized']}")
        if (seen["activeCalls"] or 0) != desk["calls"]:
            wrong.append(f"{name}: {desk['calls']} calls, hotdeskd says {seen['activeCalls']}")
        there = {(b["meetingId"], b["start"], b["end"]) for b in desk["bookings"] if b["end"] > now}
        for meeting, start, end in there ^ listed[name]:
            if end > now:
                who = "the desk" if (meeting, start, end) in there else "hotdeskd"
                wrong.append(f"{name}: only {who} has a booking {start} to {end} {meeting}")
    wrong += [f"hotdeskd lists {name} twice" for name, count in
              collections.Counter(device["displayName"] for device in devices).items() if count > 1]
    return wrong


def judge_rights(truth, max_hours=4):
    """Nobody is signed in without a right, and no booking breaks the rules. For the calm."""
    wrong = []
    for desk in truth:
        active = [b for b in desk["bookings"] if b["active"]]
        if desk["signedIn"] and desk["calls"] == 0 and not any(b["organizer"] == desk["signedIn"] for b in active):
            wrong.append(f"{desk['name']}: {desk['signedIn']} is signed in without a right")
        wrong += [f"{desk['name']}: the booking of {b['organizer']} is too long" for b in desk["bookings"]
                  if b["hours"] > max_hours]
    return wrong


def judge_stay(truth, visits, now):
    """Lawful bookings that nobody took back are there."""
    there = {b["meetingId"] for desk in truth for b in desk["bookings"]}
    return [f"the lawful booking of {v.person} at {v.desk} is gone" for v in visits
            if v.must_stay and v.meeting and v.ends > now + 60 and v.meeting not in there]


def quarters(samples):
    """The medians around the ends of the four quarters: of the first, and of the later ones."""
    size = len(samples) // 4
    if size < 5:
        return None
    return [statistics.median(samples[(i + 1) * size - max(3, size // 3):(i + 1) * size]) for i in range(4)]


def judge_memory(resident_kb):
    """Of one process, in equal steps."""
    marks = quarters(resident_kb)
    if marks is None:
        return [f"only {len(resident_kb)} samples of memory: no process lived long enough to judge"]
    if max(marks[1:]) > marks[0] * MEMORY_GROWTH:
        return ["memory grew after the first quarter: " + ", ".join(f"{mark:.0f} kB" for mark in marks)]
    return []


def judge_descriptors(counts):
    marks = quarters(counts)
    if marks is not None and max(marks[1:]) > marks[0] + DESCRIPTORS_MORE:
        return ["descriptors grew: " + ", ".join(f"{mark:.0f}" for mark in marks)]
    return []


def burst(requests):
    """In the minute after a return, which began with the first of them: the most within a second, and the most about
    one desk. requests: dicts with at, endpoint, device."""
    returned = min((r["at"] for r in requests), default=0)
    requests = [r for r in requests if r["at"] < returned + 60]
    times = sorted(r["at"] for r in requests if r["endpoint"] != "poll")
    first = 0
    most = 0
    for last, at in enumerate(times):
        while times[first] <= at - 1:
            first += 1
        most = max(most, last - first + 1)
    return most, max(collections.Counter(r["device"] for r in requests if r["device"]).values(), default=0)


def judge_burst(requests, most_a_second, most_a_desk):
    a_second, a_desk = burst(requests)
    return [f"{most} requests {what}, {bound} are the bound" for most, bound, what in
            ((a_second, most_a_second, "in a second"), (a_desk, most_a_desk, "about one desk in a minute"))
            if most > bound]


def judge_all_asked(requests, names):
    """After a return that was too late for the queue: names is a dict from device to name."""
    asked = {r["device"] for r in requests if r["endpoint"] == "status"}
    return [f"{name} was not asked after messages were lost" for device, name in names.items() if device not in asked]


def judge_asked_first(requests):
    """After a return: nothing is changed at a desk before its status and its bookings were asked for."""
    status, listed, wrong = set(), set(), []
    for request in sorted(requests, key=lambda request: request["at"]):
        device, name = request["device"], request.get("name", "")
        if request["endpoint"] == "status":
            status.add(device)
        elif name in QUESTIONS:
            listed.add(device)
        elif name in ("Webex.Registration.Logout", "Bookings.Delete", "Bookings.Edit"):
            if device not in status or device not in listed:
                wrong.append(f"{name} was sent to {request.get('desk', device)} before it was asked")
    return wrong
