"""What an administrator orders on the command line while everything fails, and what must come of it."""

import calendar
import dataclasses
import json
import time

PATIENCE_S = 300
MOST_AT_ONCE = 6


@dataclasses.dataclass
class Order:
    desk: str
    verb: str
    organizer: str
    start: float = 0  # the cloud's time
    process: object = None
    began: float = 0
    code: int = None
    outcome: str = ""
    meeting: str = ""


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def seconds(text):
    """RFC 3339 in UTC, with or without a fraction."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + (float("0." + fraction) if fraction else 0)


class Orders:
    def __init__(self, soak, chance, desks):
        self.soak, self.chance, self.desks = soak, chance, list(desks)
        self.active = False
        self.running, self.finished = [], []
        self.slots = {desk: 0 for desk in self.desks}
        self.count = 0
        self.base = soak.now() // 60 * 60 + 30 * 3600

    def begin(self):
        self.active = True
        self.soak.later(1, self.tick)

    def pause(self):
        self.active = False

    def tick(self):
        self.reap()
        if not self.active:
            return
        if len(self.running) < MOST_AT_ONCE:
            self.give()
        self.soak.later(self.chance.uniform(0.5, 2.5), self.tick)

    def reap(self):
        for order in list(self.running):
            if order.process.running() and time.monotonic() - order.began > PATIENCE_S:
                self.soak.complain(f"hotdeskd {order.verb} at {order.desk} did not end within {PATIENCE_S} s")
                order.process.kill()
                order.process.wait()
            if order.process.running():
                continue
            self.running.remove(order)
            self.finished.append(order)
            ended = order.process.ended()
            order.code = ended.code
            try:
                answer = json.loads(ended.out)
                order.outcome, order.meeting = answer["outcome"], answer["meetingId"] or order.meeting
            except (ValueError, KeyError, TypeError):
                order.outcome = ""
            if order.code not in (0, 1, 3, 5, 6, 9):
                self.soak.complain(f"hotdeskd {order.verb} ended with {order.code}: {ended.err[-300:]}")

    def give(self):
        desk = self.chance.choice(self.desks)
        if any(order.desk == desk for order in self.running):
            return
        self.count += 1
        deletable = [o for o in self.finished if o.verb == "book" and o.desk == desk and o.code == 0]
        deleted = {o.meeting for o in self.finished if o.verb == "delete"}
        deletable = [o for o in deletable if o.meeting not in deleted]
        if deletable and self.chance.random() < 0.3:
            made = self.chance.choice(deletable)
            order = Order(desk, "delete", made.organizer, meeting=made.meeting)
            words = ["delete", made.meeting, "--json"]
        else:
            start = self.base + self.slots[desk] * 6000
            self.slots[desk] += 1
            order = Order(desk, "book", f"order{self.count}@example.com", start)
            words = ["book", desk, "--organizer", order.organizer, "--start", stamp(start), "--json"]
        order.process, order.began = self.soak.lab.begin(*words), time.monotonic()
        self.running.append(order)


def judge_orders(finished, truth):
    """Nothing made twice, and what was confirmed is there. truth: desk name to its description by the sandbox."""
    wrong = []
    deletes = {}
    for order in finished:
        if order.verb == "delete":
            deletes.setdefault(order.meeting, []).append(order)
    for order in finished:
        if order.verb != "book":
            continue
        there = [b for b in truth[order.desk]["bookings"] if b["organizer"] == order.organizer]
        what = f"`book {order.desk} --organizer {order.organizer}` ended with {order.code} {order.outcome}"
        if len(there) > 1:
            wrong.append(f"{what}, and there are {len(there)} bookings")
        for booking in there:
            if seconds(booking["start"]) != order.start:
                wrong.append(f"{what}, and it begins at {booking['start']}")
        tried = deletes.get(order.meeting, []) if order.meeting else []
        if order.code == 0 and not there and not tried:
            wrong.append(f"{what}, and there is no booking")
        if order.outcome == "refused" and there:
            wrong.append(f"{what}, and there is a booking")
        if there and any(o.code == 0 for o in tried):
            wrong.append(f"{what}; `delete` said done, and it is there")
    return wrong
