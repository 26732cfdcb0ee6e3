"""Who comes to the desks and what they do there, by a seed; and for each of them what hotdeskd may do about it.

Each person comes once, to one desk, and a desk has one visit at a time. So an oracle is easy: a visit says from when
on its user may be signed out, its booking deleted, or moved back. A visit only ever turns from lawful to unlawful, and
a desk rests before the next one, so that a command which was right when it was sent is right when it arrives.
"""

import dataclasses

#: A command may be this old when it arrives: what was asked, decided and sent, and then waited in a dead connection.
REST_S = 80


@dataclasses.dataclass
class Visit:
    """Times are the cloud's, in seconds."""

    desk: str
    kind: str
    person: str
    began: float
    out_from: float = float("inf")  # hotdeskd may sign the user out
    meeting: str = ""
    ends: float = float("inf")  # of the booking
    delete_from: float = float("inf")
    edit_from: float = float("inf")
    calls: list = dataclasses.field(default_factory=list)  # [began, ended or None]
    must_stay: bool = False  # the booking is there until its end, or until whoever made it deletes it
    over: bool = False


class People:
    """`tell(line)` is the sandbox's console: an answer, or None where it refused. `later(s, function)` calls back."""

    KINDS = (("lawful", 30), ("keeper", 12), ("ad_hoc", 14), ("overstay", 14), ("intruder", 6), ("too_long", 8),
             ("future", 10), ("mover", 6))

    def __init__(self, chance, desks, tell, now, later, complain):
        self.chance, self.tell, self.now, self.later, self.complain = chance, tell, now, later, complain
        self.visits, self.count, self.active = [], 0, False
        self.rest_s = 20  # between two visits, at most
        self.busy, self.offline = set(), set()
        self.desks = list(desks)

    def begin(self, within_s=60):
        """The first ones come within that time."""
        self.active = True
        for desk in self.desks:
            self.later(self.chance.uniform(0, within_s), lambda desk=desk: self.come(desk))

    def pause(self):
        """Nobody does anything any more until begin(); who is there stays. Desks are on the network again: nobody would
        bring them back meanwhile."""
        self.active = False
        for desk in sorted(self.offline):
            self.set_offline(desk, False)

    def come(self, desk):
        if not self.active or desk in self.busy:
            return
        names, weights = zip(*self.KINDS)
        kind = self.chance.choices(names, weights)[0]
        self.count += 1
        visit = Visit(desk, kind, f"p{self.count}-{kind.replace('_', '-')}@example.com", self.now())
        self.visits.append(visit)
        self.busy.add(desk)
        self.go_on(visit, getattr(self, kind)(visit))

    def go_on(self, visit, deeds):
        """The next thing that happens in a visit. Where it pauses it goes on later, also after a pause of all."""
        if not self.active:
            self.later(5, lambda: self.go_on(visit, deeds))
            return
        try:
            wait = next(deeds)
        except StopIteration as end:
            visit.over = True
            self.busy.discard(visit.desk)
            self.later((end.value or 0) + self.chance.uniform(1, self.rest_s), lambda: self.come(visit.desk))
            return
        self.later(wait, lambda: self.go_on(visit, deeds))

    # --- what they do -------------------------------------------------------------------------------------------------

    def do(self, visit, what):
        return self.tell(f"{visit.desk} {what}")

    def set_offline(self, desk, offline):
        (self.offline.add if offline else self.offline.discard)(desk)
        self.tell(f"{desk} set offline {'on' if offline else 'off'}")

    def book(self, visit, hours, start="-1m", who=""):
        """One that runs began a minute ago: with graces of a second, and a clock that may be late by some, hotdeskd
        would not know yet that it runs."""
        meeting = self.do(visit, f"book {who or visit.person} duration={hours}h start={start}")
        offset = {"-1m": -60, "+1h": 3600, "+2h": 7200}[start]
        if meeting:
            visit.meeting, visit.ends = meeting, self.now() + offset + hours * 3600
        return bool(meeting)

    def shown(self, visit):
        return self.tell(f"{visit.desk} show") or {"signedIn": None, "bookings": []}

    def has_booking(self, visit):
        return any(booking["meetingId"] == visit.meeting for booking in self.shown(visit)["bookings"])

    def until_gone(self, visit):
        """Waits for hotdeskd; for ever, for the soak looks at the end whether anybody is left."""
        while self.shown(visit)["signedIn"] == visit.person:
            yield self.chance.uniform(4, 10)

    def call(self, visit):
        # From before the line is carried out: a sign-out in between hits somebody who is in a call.
        if self.do(visit, "call") is not None:
            visit.calls.append([self.now(), None])

    def hang_up(self, visit):
        if visit.calls and visit.calls[-1][1] is None:
            visit.calls[-1][1] = self.now() - 1
            self.do(visit, "hang-up")

    # --- the kinds of visits: generators that yield how long they wait -----------------------------------------------

    def lawful(self, visit):
        if not self.book(visit, self.chance.choice((1, 2, 3))):
            return
        visit.must_stay, visit.out_from = True, visit.ends
        yield self.chance.uniform(0, 2)
        self.do(visit, f"sign-in {visit.person}")
        yield self.chance.uniform(2, 20)
        what = self.chance.random()
        if what < 0.3:
            self.call(visit)
        elif what < 0.4 and self.do(visit, "extend 15m"):
            visit.ends += 900
            visit.out_from = visit.ends
        elif what < 0.5:
            self.do(visit, "reboot")
        elif what < 0.6:
            self.set_offline(visit.desk, True)
            yield self.chance.uniform(3, 15)
            self.set_offline(visit.desk, False)
        yield self.chance.uniform(5, 60)
        self.hang_up(visit)
        if self.now() < visit.ends - 60 and self.shown(visit)["signedIn"] != visit.person:
            self.complain(f"{visit.person} had a right to {visit.desk} and is not signed in any more")
        self.leave(visit)

    def leave(self, visit):
        """The desk deletes the booking by itself when its organizer signs out."""
        if self.now() < visit.ends - 60 and not self.has_booking(visit):
            self.complain(f"the lawful booking of {visit.person} at {visit.desk} is gone")
        visit.must_stay = False
        self.do(visit, "sign-out")

    def keeper(self, visit):
        self.do(visit, "set keeps-booking on")
        if not self.book(visit, 1):
            return None
        visit.must_stay, visit.out_from = True, visit.ends
        self.do(visit, f"sign-in {visit.person}")
        yield self.chance.uniform(62, 75)
        visit.delete_from = self.now() - 1
        self.leave(visit)
        for _ in range(12):
            yield 5
            if not self.has_booking(visit):
                break
        self.do(visit, f"delete {visit.meeting} via=calendar")
        self.do(visit, "set keeps-booking off")
        return REST_S

    def overstaying(self, visit, calling):
        self.do(visit, f"sign-in {visit.person}")
        if calling:
            self.call(visit)
            yield self.chance.uniform(8, 20)
            self.hang_up(visit)
        yield from self.until_gone(visit)
        self.do(visit, "set stubborn off")
        return REST_S

    def ad_hoc(self, visit):
        self.do(visit, "set stubborn on")
        visit.out_from = self.now()
        return (yield from self.overstaying(visit, self.chance.random() < 0.3))

    def overstay(self, visit):
        self.do(visit, "set stubborn on")
        left = self.chance.randint(5, 20)
        visit.meeting = self.do(visit, f"book {visit.person} ends={left}s") or ""
        visit.out_from = visit.ends = self.now() + left
        return (yield from self.overstaying(visit, self.chance.random() < 0.3))

    def intruder(self, visit):
        self.do(visit, "set stubborn on")
        if not self.book(visit, 1, who=f"owner-of-{visit.desk}-{self.count}@example.com"):
            return REST_S
        visit.out_from = self.now()
        wait = yield from self.overstaying(visit, False)
        if self.now() < visit.ends - 60 and not self.has_booking(visit):
            self.complain(f"{visit.person} sat at a booking of {visit.desk}, and the booking went")
        self.do(visit, f"delete {visit.meeting} via=calendar")
        return wait

    def too_long(self, visit):
        visit.delete_from = self.now()
        if self.book(visit, 6, "+1h"):
            while self.has_booking(visit):
                yield self.chance.uniform(4, 10)
        return None

    def future(self, visit):
        if not self.book(visit, 1, "+2h"):
            return
        visit.must_stay = True
        yield self.chance.uniform(10, 40)
        if self.chance.random() < 0.5 and self.do(visit, f"move {visit.meeting} start=+3h"):
            visit.ends = self.now() + 4 * 3600
        yield self.chance.uniform(10, 60)
        if self.now() < visit.ends - 60 and not self.has_booking(visit):
            self.complain(f"the lawful booking of {visit.person} at {visit.desk} is gone")
        visit.must_stay = False
        self.do(visit, f"delete {visit.meeting} via=calendar")

    def mover(self, visit):
        if not self.book(visit, 1, "+2h"):
            return
        yield self.chance.uniform(3, 20)
        # Who hears of the booking only now sees one that was too long from the beginning, and deletes it.
        visit.edit_from = visit.delete_from = self.now()
        self.do(visit, f"move {visit.meeting} duration=6h")
        for _ in range(20):
            yield 4
            if not self.has_booking(visit):
                return
        self.do(visit, f"delete {visit.meeting} via=calendar")
