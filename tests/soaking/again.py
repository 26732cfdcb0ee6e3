"""What came a second time, and whether something explains it: commands, orders and polls. Like judge.py, functions of
what was seen that return complaints."""

import bisect
import collections
import dataclasses
import json
import re

QUESTIONS = {"Bookings.List", "Bookings.Get"}
ALERT = "UserInterface.Message.Alert.Display"
SECOND_POLL = "a second poll came while one was outstanding"
#: Answers after which the same goes out again: the cloud has not looked at it. A token is new, or a pause is over.
NOT_LOOKED_AT = {401, 429}
#: Answers after which nobody knows: none (0), those of gateways and of a desk that is not there.
NO_ANSWER = {0, 404, 408, 410, 423}
#: hotdeskd waits this long for an answer at most. src/io/curl.cpp, with some for an answer that trickles in.
UNDER_WAY_S = 70
#: What was sent over a line that was down for 9 s comes this long after it is back.
LATE_S = 10
#: The record of a request is made after it came, that of a trouble before it is made.
APART_S = 1


@dataclasses.dataclass
class Trouble:
    """Something that was broken, on purpose. Times are the cloud's."""

    name: str
    began: float
    ended: float = float("inf")
    in_force: float = float("inf")  #: since then surely; an activation asks a few milliseconds later


def strikes(troubles, prefixes, since, until):
    return any(t.name.startswith(prefixes) and t.began <= until and t.ended >= since for t in troubles)


def was_struck(command, troubles):
    """A fault of the endpoint gave its answer; the status that the cloud noted says nothing of that (a page for people
    has 200). One that only delays is no reason."""
    return any(t.name.startswith("command ") and "delay" not in t.name and
               t.began - APART_S <= command["at"] <= t.ended + APART_S for t in troubles)


def was_lost(command, again, troubles):
    """Whether hotdeskd may not have got the answer to a command, as far as was seen from here."""
    if command["status"] in NO_ANSWER or command["status"] >= 500 or was_struck(command, troubles):
        return True
    until = min(again["at"], command["at"] + UNDER_WAY_S)
    return strikes(troubles, ("line ", "worker ", "certificate"), command["at"] - APART_S, until)


def came_late(command, troubles):
    """Whether it may have been sent by a worker that has ended since, over a line that was down: the system sends what
    it has of it once more, in growing steps, when the line is back."""
    at = command["at"]
    return any(t.name.startswith("line ") and t.began <= at <= t.ended + LATE_S and
               strikes(troubles, ("worker ended",), t.began, at) for t in troubles)


def was_asked(asked, device, since, until):
    """asked: device to the sorted times at which its bookings were asked for."""
    times = asked.get(device, [])
    at = bisect.bisect_left(times, since)
    return at < len(times) and times[at] <= until


def canonical(arguments):
    return json.dumps(arguments, sort_keys=True)


def judge_decisions(sent, records, ordered, asked, troubles):
    """Each command that went out has a decision of its own, which was stored before, or its reason to go out again.

    sent: dicts with at, device, name, arguments, status; records: the decisions, with deviceId, command, arguments.
    ordered: MeetingIds that the administrator wanted deleted. What the cloud did not look at may go out again. An
    order whose answer was lost may, once the desk was asked: what it names (BookingRequestUUID, MeetingId) keeps it one
    act. What is only shown may where the answer was lost. Nothing else may.
    """
    wrong = []
    decided = collections.Counter((r["deviceId"], r["command"], canonical(r["arguments"])) for r in records)
    groups = collections.defaultdict(list)
    for command in sorted(sent, key=lambda command: command["at"]):
        groups[command["device"], command["name"], canonical(command["arguments"])].append(command)
    for (device, name, arguments), group in groups.items():
        decisions, excused = decided[device, name, arguments], 0
        is_order = name == "Bookings.Book" or group[0]["arguments"].get("MeetingId") in ordered
        for first, again in zip(group, group[1:]):
            if first["status"] in NOT_LOOKED_AT:
                excused += 1
            elif is_order:
                excused += (was_lost(first, again, troubles) and
                            (was_asked(asked, device, first["at"], again["at"]) or came_late(again, troubles)))
            elif name == ALERT:
                excused += was_lost(first, again, troubles)
        if len(group) > decisions + excused or decisions == 0:
            wrong.append(f"{name} {arguments} went out {len(group)} times, was decided {decisions} times, and "
                         f"{excused} times something explains it: " +
                         ", ".join(f"{command['status']} at {command['at']:.1f}" for command in group[:6]))
    numbers = [record["seq"] for record in records]
    if len(set(numbers)) != len(numbers):
        wrong.append("a number of the decision record was used twice")
    return wrong


def judge_uuids(sent):
    """One order has one BookingRequestUUID, however often it goes out: another one would be another booking. In a soak
    nobody orders the same twice."""
    uuids = collections.defaultdict(set)
    for command in sent:
        if command["name"] == "Bookings.Book":
            what = command["arguments"]
            uuids[command["device"], what["OrganizerEmail"], what["StartTime"]].add(what.get("BookingRequestUUID", ""))
    return [f"the order of {organizer} for {start} went out as {len(found)} bookings: {sorted(found)}"
            for (_, organizer, start), found in uuids.items() if len(found) > 1]


def judge_made(story, organizers):
    """No order was carried out twice, also where one of two bookings went again. A calendar may take the same order
    twice before it has carried out one. story: the sandbox's lines; organizers: whom orders book for, each once."""
    made = collections.Counter(found[1] for found in map(re.compile(r" for (\S+) was made").search, story) if found)
    return [f"the order for {organizer} made {made[organizer]} bookings" for organizer in sorted(organizers)
            if made[organizer] > 1]


def judge_violations(violations, polls, troubles):
    """What broke the protocol, but for a poll that came while the cloud had not heard of the end of the one before:
    the line was cut during that one, and with it went the word that its connection is gone. TCP sends what was cut off
    again after pauses that double, so it may come as long after the cut as the cut lasted, a poll and the word of its
    end together.

    violations: (at, text); polls: (at, status) in the order in which they came.
    """
    wrong = []
    lasting = [dataclasses.replace(t, ended=2 * t.ended - t.began) for t in troubles]
    for at, text in violations:
        before = [came for came, status in polls if came < at and status in (0, 200)]
        cut = before and strikes(lasting, ("line ",), before[-1], at)
        if text != SECOND_POLL:
            wrong.append(text)
        elif not cut:
            last = ", ".join([f"{came - at:.3f} s ({status})" for came, status in polls if came <= at][-4:])
            wrong.append(f"{text}; the last polls came at {last}")
    return wrong
