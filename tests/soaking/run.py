"""The course of a soak: a storm, two absences, a stretch without kills, and a calm in which all must come right."""

import time

import again
import judge
from bench import Bench
from faults import Faults, never_happened
from orders import PATIENCE_S, Orders, judge_orders, stamp
from people import People

KILLS_A_MINUTE = 20
#: Parts of the time: the storm with its kills, then the absences, then at least a third without kills.
STORM = 0.55
STEADY = 1 / 3
#: After the last fault every desk is right within this: where a poll was lost every desk is asked again, but at most
#: every 5 minutes (src/core/rules.hpp, doubt_rest), and one that did not answer then is asked again later.
CONVERGE_S = 480
#: The queue is handed out within this, on however slow a machine.
DRAIN_S = 240
#: What a desk takes to answer after a return, and what follows from 8 desks asked at a time (two questions each) and
#: 32 commands under way, with some for lists and tokens.
SLOW_S = 0.2
MOST_A_SECOND = int((8 * 2 + 32) / SLOW_S) + 10
MOST_A_DESK = 24
AWAY_SHORT_S, AWAY_LONG_S = 5 * 60, 60 * 60
TELL_EVERY_S = 15
LEAST_STEADY_S = 60
#: Between two visits of a desk at most, without kills.
QUIET_REST_S = 600
#: Of the desks that an administrator books every third has a calendar that takes this long.
CALENDAR_S = 12


class Soak(Bench):
    def __init__(self, options, folder, say):
        super().__init__(options, folder, say)
        self.total_s = options.minutes * 60
        self.kills_wanted = max(1, round(KILLS_A_MINUTE * options.minutes))
        desks = [f"desk-{n + 1}" for n in range(options.desks)]
        booked = max(2, options.desks // 10)
        self.people = People(self.chance, desks[:-booked], self.tell, self.now, self.later_if_possible,
                             self.complain)
        self.orders = Orders(self, self.chance, desks[-booked:])
        self.faults = Faults(self, self.chance, True)
        self.without = options.without
        self.checks, self.figures = [], []
        self.clock_is_fake = bool(self.lab.clocks)

    def check(self, name, wrong):
        """Keeps the outcome of a check; complaints are said at once."""
        for text in wrong[:20]:
            self.complain(f"{name}: {text}")
        if len(wrong) > 20:
            self.complain(f"{name}: and {len(wrong) - 20} more")
        self.checks.append((name, len(wrong)))

    def run(self):
        self.lab.activate()
        self.learn_names()
        for desk in list(self.names.values())[::10]:
            self.tell(f"{desk} set duplicate on")
        for desk in self.orders.desks[::3]:
            self.tell(f"{desk} set calendar hybrid")
            self.tell(f"{desk} set backend-delay {CALENDAR_S}s")
        self.start_worker()
        self.every(2, self.collect)
        self.every(1, self.sample)
        self.every(3, self.ask_status)
        self.every(TELL_EVERY_S, self.progress)
        if not self.converged(CONVERGE_S, "at the start"):
            return
        self.began = time.monotonic()
        self.storm()
        self.away(AWAY_SHORT_S, "five minutes away")
        self.away(AWAY_LONG_S, "an hour away")
        self.steady(max(self.total_s * STEADY, self.total_s - (time.monotonic() - self.began)))
        self.calm()

    def progress(self):
        decided = self.last_status.get("commands", {}).get("sent", "?")
        memory = f"{self.resident[-1] / 1024:.1f} MB" if self.resident else "-"
        files = self.descriptors[-1] if self.descriptors else "-"
        self.say(f"# minute {self.minutes():6.2f}: {self.kills} kills, {self.starts} starts, "
                 f"{len(self.faults.troubles)} troubles, memory {memory}, {files} descriptors, "
                 f"{self.request_count} requests, {decided} commands sent, {len(self.people.visits)} visits, "
                 f"{len(self.orders.finished)} orders, {self.activations} activations, {len(self.failures)} wrong")
        self.diary.flush()
        self.look_for_violations()

    # --- the parts ----------------------------------------------------------------------------------------------------

    def storm(self):
        length = self.total_s * STORM
        self.say(f"# the storm: {length:.0f} s with {self.kills_wanted} kills")
        end = time.monotonic() + length
        # Over a minute where there is time for it; longer than the queue keeps messages in a run of an hour.
        stop = 620 if self.total_s >= 3600 else min(65, self.total_s / 8)
        stop_at = self.chance.uniform(0.2, 0.5) * length
        for _ in range(self.kills_wanted):
            at = self.chance.uniform(0, length - stop)
            self.later(at if at < stop_at else at + stop, self.kill_worker)
        self.later(stop_at, lambda: self.stop_long(stop))
        self.people.begin()
        self.orders.begin()
        self.faults.begin()
        # A slow machine takes longer: one that is being killed must have begun to live.
        self.run_until(lambda: time.monotonic() >= end and self.kills >= self.kills_wanted, length * 4 + 600)
        self.check("the kills were made", [] if self.kills >= self.kills_wanted else [f"only {self.kills}"])
        self.settle("after the storm")

    def stop_long(self, seconds):
        if not self.worker or not self.worker.running() or self.stopped_until:
            self.later(0.5, lambda: self.stop_long(seconds))
            return
        self.say(f"# SIGSTOP for {seconds:.0f} s")
        self.stop_for(seconds, "long SIGSTOP")

    def settle(self, when):
        """Nobody moves, nothing fails: hotdeskd gets right what is not."""
        self.people.pause()
        self.orders.pause()
        self.faults.end()
        return self.converged(CONVERGE_S, when)

    def differences(self):
        now = stamp(self.now())
        devices, bookings = self.lab.run("devices", "--json"), self.lab.run("bookings", "--json")
        if devices.code or bookings.code:
            return [f"devices: exit {devices.code}, bookings: exit {bookings.code}: {devices.err[-200:]}"]
        truth = self.truth()
        return judge.judge_views(truth, devices.json(), bookings.json(), now) + judge.judge_rights(truth)

    def converged(self, within_s, when):
        began = time.monotonic()
        end = began + within_s
        wrong = ["never looked at"]
        while wrong and time.monotonic() < end:
            self.run_for(2)
            wrong = self.differences()
        took = time.monotonic() - began
        self.say(f"# {when}: {'every desk is right' if not wrong else 'not right'} after {took:.0f} s")
        self.check(f"{when} every desk is right within {within_s} s", wrong)
        return not wrong

    def away(self, seconds, name):
        """The worker is not there for that long by every clock, and a day of the desks goes on without it."""
        if not self.clock_is_fake:
            self.say(f"# {name}: left out, for the clocks cannot be set")
            return
        self.say(f"# {name}")
        self.collect()
        messages = self.status_now()["queue"]["messages"]
        self.end_worker()
        expired = self.tell("world")["expired"]
        self.look_for_violations()
        self.tell("forget")
        self.violations_seen = 0
        self.people.begin(8)
        steps = 10
        for _ in range(steps):
            self.run_for(1)
            for clock in self.lab.clocks.values():
                clock.leap(seconds / steps - 1, steady=clock is self.clock)
            self.tell("desks")  # a sandbox that is asked notices its clock
        self.people.pause()
        pushed = len(self.tell("pushed"))
        self.note(f"{pushed} messages were pushed meanwhile")
        for desk in self.names.values():
            self.tell(f"{desk} set slow {int(SLOW_S * 1000)}ms")
        self.collect()
        self.requests.clear()
        self.start_worker()
        self.run_until(lambda: self.tell("world")["queued"] == 0, DRAIN_S)
        lost = self.tell("world")["expired"] - expired
        if seconds <= AWAY_SHORT_S:
            self.check(f"{name}: nothing was lost", [f"{lost} messages expired"] if lost or not pushed else [])
            got = lambda: self.status_now()["queue"]["messages"] - messages
            self.run_until(lambda: got() >= pushed, DRAIN_S)
            self.check(f"{name}: the queue is drained",
                       [] if got() >= pushed else [f"{got()} of {pushed} messages were heard"])
            resync = [line for line in self.worker.err.splitlines() if "asking every desk" in line]
            self.check(f"{name}: no resync", resync)
        else:
            self.check(f"{name}: messages are lost", [] if lost else ["none expired, so nothing was tried"])
        self.converged(CONVERGE_S, name)
        self.run_for(max(0, 60 - self.since_return()))
        self.collect()
        self.check(f"{name}: no burst", judge.judge_burst(self.requests, MOST_A_SECOND, MOST_A_DESK))
        self.check(f"{name}: every desk is asked first", judge.judge_asked_first(self.requests))
        if seconds > AWAY_SHORT_S:
            self.check(f"{name}: every desk is asked", judge.judge_all_asked(self.requests, self.names))
        a_second, a_desk = judge.burst(self.requests)
        self.figures.append(f"{name}: {pushed} messages pushed, {lost} lost; in the minute after the return at most "
                            f"{a_second} requests a second ({MOST_A_SECOND} are the bound), {a_desk} about one desk "
                            f"({MOST_A_DESK})")
        self.faults.happened(name)
        for desk in self.names.values():
            self.tell(f"{desk} set slow off")

    def since_return(self):
        return self.now() - min((r["at"] for r in self.requests), default=self.now())

    def status_now(self):
        done = self.lab.run("status", "--json")
        if done.code != 0:
            raise AssertionError(f"status: {done}")
        return done.json()

    def steady(self, length):
        """Faults as before, but the process lives: what it holds may not grow."""
        self.say(f"# {length:.0f} s without kills")
        self.faults.kills_allowed = False
        # A desk remembers a booking that is gone for an hour, one that is over for a day: what is learned of hundreds
        # of visits a minute would be taken for a leak.
        self.people.rest_s = QUIET_REST_S
        self.faults.begin()
        self.people.begin()
        self.orders.begin()
        pid = self.worker.pid if self.worker else None
        self.resident, self.descriptors = [], []
        self.requests.clear()
        end = time.monotonic() + length
        while time.monotonic() < end:
            self.run_for(min(5, max(0.1, end - time.monotonic())))
            del self.requests[:-10000]
        alive = self.worker and self.worker.pid == pid
        self.check("the process lives", [] if alive else ["it ended by itself, or was activated anew"])
        if length < LEAST_STEADY_S:
            self.say(f"# memory is not judged: {length:.0f} s are too short")
            return
        marks = judge.quarters(self.resident) or [1]
        self.figures.append("memory at the ends of the quarters: " +
                            ", ".join(f"{mark / 1024:.2f} MB" for mark in marks) +
                            f" ({(max(marks) / marks[0] - 1) * 100:+.1f} % after the first)")
        self.figures.append("descriptors at the ends of the quarters: " +
                            ", ".join(f"{mark:.0f}" for mark in judge.quarters(self.descriptors) or []))
        self.check("memory does not grow", judge.judge_memory(self.resident))
        self.check("descriptors do not grow", judge.judge_descriptors(self.descriptors))

    def calm(self):
        self.settle("after the last fault")
        self.run_until(lambda: self.orders.reap() or not self.orders.running, PATIENCE_S)
        self.people.pause()
        self.converged(CONVERGE_S, "at the end")
        self.collect()
        log = self.lab.run("log", "--json")
        records = log.lines()
        self.say(f"# {len(self.sent)} commands arrived, {len(records)} decisions are recorded")
        truth = {desk["name"]: desk for desk in self.truth()}
        ordered = {order.meeting for order in self.orders.finished if order.verb == "delete"}
        self.check("no command is against anybody's right",
                   judge.judge_commands(self.sent, self.people.visits, ordered))
        self.check("each command that went out has its decision",
                   again.judge_decisions(self.sent, records, ordered, self.asked, self.faults.troubles))
        self.check("an order has one UUID", again.judge_uuids(self.sent))
        with open(self.folder / "story", encoding="utf-8", errors="replace") as story:
            organizers = {order.organizer for order in self.orders.finished}
            self.check("an order makes one booking", again.judge_made(story, organizers))
        self.check("lawful bookings stay", judge.judge_stay(truth.values(), self.people.visits, self.now()))
        self.check("orders are carried out once", judge_orders(self.orders.finished, truth))
        pending = [r["seq"] for r in records if r["result"] == "pending"]
        self.check("no decision is left pending", [f"seq {seq}" for seq in pending])
        self.look_for_violations()
        self.checks.append(("one poll, and the protocol kept", len(self.violations)))
        self.figures.append(f"{self.excused_polls} polls came before the cloud had heard of a cut line")
        self.check("everything that is promised happened", never_happened(self.faults.count, self.without))

    def finish(self):
        """Ends everything; complaints of the lab are checks, too."""
        self.end_worker()
        if self.asking:
            self.asking[0].kill()
        try:
            self.lab.violations_expected = True  # said already
            self.lab.close(keep=True)
            self.check("the programs ended well", [])
        except AssertionError as error:
            self.check("the programs ended well", [str(error)[:2000]])
