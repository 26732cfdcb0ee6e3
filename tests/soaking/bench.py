"""The programs of a soak: the sandbox, the worker that is killed and started again, and what they say."""

import heapq
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e")]

import lab as labs  # noqa: E402
import place  # noqa: E402
from again import Trouble, judge_violations  # noqa: E402
from orders import seconds  # noqa: E402

POLICY = """
[policy]
sign_in_grace = "1s"
sign_out_grace = "1s"
end_warning = "off"
max_duration = "4h"
"""
#: Ends of the worker that are no defect: wanted, killed, and those of a start on a full disk or without a way out.
FINE_ENDS = {0, -signal.SIGKILL}
POOR_ENDS = {1, 6}
TURN_S = 0.02
#: `hotdeskd status` hangs when it takes this long, on however slow a machine.
STATUS_S = 300


class Rig(labs.Lab):
    """A lab whose worker lives behind a cable, with a clock of its own."""

    def __init__(self, folder, cable, preload, **options):
        self.cable, self.preload, self.wire = cable, preload, None
        self.clocks = {name: place.Clock(folder / f"clock-{name}") for name in ("worker", "cloud")} if preload else {}
        try:
            super().__init__(**options)
        except BaseException:
            self.end_processes()
            shutil.rmtree(self.root, ignore_errors=True)
            raise
        self.extra_environment = {"no_proxy": "localhost"}
        self.worker_expected = FINE_ENDS | POOR_ENDS

    def end_processes(self):
        for process in getattr(self, "processes", []):
            if process.running():
                process.kill(signal.SIGCONT)
                process.kill()
                process.popen.wait()

    def control(self, *lines):
        """As the lab's, over one connection: thousands of lines a minute go this way."""
        if self.wire is None:
            self.wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.wire.settimeout(labs.DEADLINE_S)
            self.wire.connect(self.control_path)
            self.answers = self.wire.makefile("rb")
        answer = ""
        for line in lines:
            self.wire.sendall(line.encode() + b"\n")
            answer = self.answers.readline().decode("utf-8", "replace").rstrip("\n")
            if answer.startswith("error:") or not answer:
                raise AssertionError(f"control line `{line}`: {answer or 'no answer'}")
        return json.loads(answer) if answer[:1] in "[{" else answer.removeprefix("ok").strip()

    def start(self, name, arguments, code_in_arguments=False, **options):
        side = "cloud" if name == "sandbox" else "worker"
        prefix = self.cable.prefix(getattr(self.cable, side))
        environment = options.pop("env", {})
        if self.preload:
            environment |= {"LD_PRELOAD": str(self.preload), "SOAK_CLOCK": str(self.clocks[side].path)}
        return super().start(name, prefix + arguments, code_in_arguments, env=environment, **options)


class Missing(Exception):
    """This machine cannot break what the soak promises to break, and nobody has said that it need not."""


class Bench:
    """Everything that runs, on one loop. Times that begin with `at` are the cloud's."""

    #: The name of a signal that ends the soak. It is looked at between two turns of the loop, so that whatever is being
    #: made then is there to be taken away.
    ended_by = ""

    def __init__(self, options, folder, say):
        self.say, self.folder = say, folder
        self.chance = random.Random(options.seed)
        self.began = time.monotonic()
        self.failures, self.agenda, self.order = [], [], itertools.count()
        self.late_s = 0.0  # the agenda is behind by this
        self.diary = open(folder / "diary", "w", encoding="utf-8")
        self.journal = open(folder / "requests", "w", encoding="utf-8")
        preload = folder / "clock.so"
        self.lab = self.disk = None
        left_out = {name: "left out by --without" if name in options.without else ""
                    for name in ("network", "disk", "clock")}
        complaint = left_out["clock"] or place.build_clock(HERE / "clock.c", preload)
        self.cable = place.Cable(left_out["network"])
        try:
            self.demand("clock", complaint, options.without)
            self.demand("network", self.cable.missing, options.without)
            preload = None if complaint else preload
            self.lab = Rig(folder, self.cable, preload, policy=POLICY, desks=options.desks,
                           sandbox=["--story", str(folder / "story"), "--seed", str(options.seed)])
            self.disk = place.Disk(self.lab.state, 32 + 4 * int(options.minutes), left_out["disk"])
            self.demand("disk", self.disk.missing, options.without)
        except BaseException:
            self.clean_up()
            if self.lab:
                shutil.rmtree(self.lab.root, ignore_errors=True)
            raise
        self.clock = self.lab.clocks.get("worker")
        self.worker = self.dying = None
        self.wanted = False  # the worker should run
        self.stopped_until = self.stop = None
        self.kills = self.starts = self.poor_ends = self.activations = 0
        self.down_since = time.monotonic()
        self.sent, self.requests, self.names = [], [], {}
        self.polls, self.asked = [], {}  # as again.py takes them
        self.request_count = 0
        self.violations, self.violations_seen, self.excused_polls = [], 0, 0
        self.looked_at = time.time()
        self.resident, self.descriptors = [], []
        self.last_status = {}
        self.asking = None  # the status command that is under way
        self.activating = self.replacing = None  # and an activation, and what it does to the worker

    def demand(self, name, complaint, without):
        if complaint and name not in without:
            raise Missing(f"{name}: {complaint}; --without {name} does without")
        if complaint:
            self.say(f"# {name}: {complaint}")

    # --- time ---------------------------------------------------------------------------------------------------------

    def now(self):
        """The cloud's time."""
        return time.time() + self.ahead_s()

    def ahead_s(self):
        """Of the cloud's clock, and of the worker's when it is right."""
        return self.lab.clocks["cloud"].ahead_s if self.lab.clocks else 0

    def minutes(self):
        return (time.monotonic() - self.began) / 60

    def later(self, wait_s, what):
        heapq.heappush(self.agenda, (time.monotonic() + wait_s, next(self.order), what))

    def later_if_possible(self, wait_s, what):
        """For people, who can wait: where everything is late, they do less."""
        self.later(wait_s + 5 * self.late_s, what)

    def every(self, period_s, what):
        def again():
            what()
            self.later(period_s, again)

        self.later(period_s, again)

    def run_until(self, done, deadline_s):
        """Turns the loop until done() or the deadline; returns what done() said last."""
        end = time.monotonic() + deadline_s
        while not (said := done()) and time.monotonic() < end:
            self.turn()
        return said

    def run_for(self, seconds_):
        self.run_until(lambda: False, seconds_)

    def turn(self):
        if Bench.ended_by:
            raise KeyboardInterrupt(Bench.ended_by)
        self.look_after_worker()
        # On a machine that is too slow for all of it the worker is looked after all the same.
        until = time.monotonic() + TURN_S
        while self.agenda and self.agenda[0][0] <= time.monotonic() < until:
            due, _, what = heapq.heappop(self.agenda)
            self.late_s = time.monotonic() - due
            what()
        wait = TURN_S if not self.agenda else min(TURN_S, max(0.0, self.agenda[0][0] - time.monotonic()))
        time.sleep(wait)

    # --- words --------------------------------------------------------------------------------------------------------

    def note(self, text):
        clock = time.strftime("%T", time.gmtime(self.now()))
        self.diary.write(f"{self.minutes():8.3f} {clock} {text}\n")

    def complain(self, text):
        self.failures.append(text)
        self.note("WRONG: " + text)
        self.diary.flush()
        if len(self.failures) <= 40:
            self.say(f"# wrong, at minute {self.minutes():.2f}: {text}")

    def tell(self, line):
        """The sandbox's console; None where it refuses."""
        try:
            return self.lab.control(line)
        except AssertionError as refused:
            if "no answer" in str(refused):
                raise
            self.note(f"refused: {refused}")
            return None

    # --- the worker ---------------------------------------------------------------------------------------------------

    def start_worker(self):
        self.starts += 1
        self.worker = self.lab.worker = self.lab.begin("run")
        self.wanted = True
        self.resident, self.descriptors = [], []

    def look_after_worker(self):
        """What systemd does: one that has ended is started again."""
        try:
            self.look_at_worker()
        finally:
            self.looked_at = self.now()

    def look_at_worker(self):
        if self.stopped_until and time.monotonic() >= self.stopped_until:
            self.stopped_until = None
            self.note("SIGCONT")
            self.worker.kill(signal.SIGCONT)
            self.stop.ended = self.now()
        if self.worker is None or self.worker.running():
            return
        code = self.worker.popen.returncode
        self.worker = None
        # Between two looks: it may have ended a while ago.
        self.faults.troubles.append(Trouble("worker ended", self.looked_at, self.now()))
        if code in POOR_ENDS:
            self.poor_ends += 1
            self.note(f"the worker ended with {code}")
        elif code not in FINE_ENDS:
            self.complain(f"the worker ended with {code}: {self.lab.worker.err[-500:]}")
        if self.wanted:
            self.later(self.chance.uniform(0, 0.3) if code in FINE_ENDS else 1,
                       lambda: self.wanted and self.worker is None and self.start_worker())

    def has_begun(self):
        """Until its first word nothing has begun, and SIGTERM ends it like any program."""
        return self.worker.err_path.stat().st_size > 0

    def kill_worker(self):
        if self.stopped_until:
            self.later(self.chance.uniform(0.5, 2), self.kill_worker)
            return
        if self.worker is None or self.dying is self.worker or not self.worker.running():
            self.later(self.chance.uniform(0.05, 1), self.kill_worker)
            return
        # One that has not said its first word is spared now and then: where starting is slow, it never would.
        if not self.has_begun() and self.chance.random() < 0.8:
            self.later(self.chance.uniform(0.2, 2), self.kill_worker)
            return
        self.kills += 1
        self.faults.happened("kill -9")
        self.dying = self.worker
        self.worker.kill(signal.SIGKILL)

    def restart(self):
        """False: it is not there, or stopped, or does not listen yet."""
        if self.worker is None or not self.worker.running() or self.stopped_until or not self.has_begun():
            return False
        self.worker.kill(signal.SIGTERM)
        return True

    def end_worker(self):
        """Ends it properly and keeps it down."""
        self.wanted = False
        if self.worker:
            began, listens = time.monotonic(), self.has_begun()
            self.worker.kill(signal.SIGTERM)
            code = self.worker.wait()
            if code != 0 and (listens or code != -signal.SIGTERM):
                self.complain(f"SIGTERM ended the worker with {code}")
            if time.monotonic() - began > 45:
                self.complain(f"SIGTERM took {time.monotonic() - began:.0f} s")
            self.worker = None

    def stop_for(self, seconds_, name):
        """False: there is nobody to stop."""
        if self.worker is None or not self.worker.running() or self.stopped_until:
            return False
        self.note(f"SIGSTOP for {seconds_:.1f} s")
        self.stop = Trouble("worker stopped", self.now())
        self.worker.kill(signal.SIGSTOP)
        self.stopped_until = time.monotonic() + seconds_
        self.faults.troubles.append(self.stop)
        self.faults.happened(name)
        return True

    def sample(self):
        """Memory that is the process's own (pages of the state are the disk's) and descriptors."""
        if not self.worker or not self.worker.running():
            return
        try:
            with open(f"/proc/{self.worker.pid}/status", encoding="ascii") as file:
                fields = dict(line.split(":", 1) for line in file)
            count = len(os.listdir(f"/proc/{self.worker.pid}/fd"))
        except OSError:
            return
        kilobytes = {name: int(fields[name].split()[0]) for name in ("VmRSS", "RssShmem") if name in fields}
        if len(kilobytes) == 2:
            self.resident.append(kilobytes["VmRSS"] - kilobytes["RssShmem"])
            self.descriptors.append(count)

    # --- what is seen -------------------------------------------------------------------------------------------------

    def learn_names(self):
        self.names = {desk["deviceId"]: desk["name"] for desk in self.tell("desks")}

    def collect(self):
        """The sandbox's record of requests, taken over in parts."""
        for request in self.tell("take-requests") or []:
            entry = {"at": seconds(request["time"]), "endpoint": request["endpoint"], "status": request["status"],
                     "device": ""}
            if request["endpoint"] == "command":
                name, body = request["path"].rsplit("/", 1)[-1], json.loads(request["body"])
                entry |= {"name": name, "device": body["deviceId"], "arguments": body["arguments"],
                          "desk": self.names.get(body["deviceId"], "?")}
                if name not in labs.QUESTIONS:
                    self.sent.append(entry)
                elif entry["status"] == 200:
                    self.asked.setdefault(entry["device"], []).append(entry["at"])
            elif request["endpoint"] == "status":
                entry["device"] = request["path"].partition("deviceId=")[2].partition("&")[0]
            elif request["endpoint"] == "poll":
                self.polls.append((entry["at"], entry["status"]))
            self.faults.met(entry["endpoint"], entry["at"], entry["status"])
            self.requests.append(entry)
            if entry["device"]:
                desk = self.names.get(entry["device"], "?")
                self.journal.write(f"{entry['at']:.3f} {desk} {entry.get('name', 'status')} {entry['status']}\n")
            self.request_count += 1

    def look_for_violations(self):
        found = self.tell("violations") or []
        self.collect()
        new = [(seconds(entry["time"]), entry["violation"]) for entry in found[self.violations_seen:]]
        self.violations_seen = len(found)
        wrong = judge_violations(new, self.polls, self.faults.troubles)
        for text in wrong:
            self.complain(f"the protocol was broken: {text}")
        self.violations += wrong
        self.excused_polls += len(new) - len(wrong)
        del self.polls[:-1000]

    def ask_status(self):
        """In the background; the administrator looks at it and acts when the tokens are gone."""
        if self.activating:
            self.look_at_activation()
        if self.asking is None:
            self.asking = (self.lab.begin("status", "--json"), time.monotonic())
            return
        process, began = self.asking
        if process.running():
            if time.monotonic() - began > STATUS_S:
                self.complain(f"`hotdeskd status` did not end within {STATUS_S} s")
                process.kill()
            return
        self.asking = None
        ended = process.ended()
        if ended.code != 0:
            if ended.code not in (1, 9, -signal.SIGKILL):
                self.complain(f"`hotdeskd status` ended with {ended.code}: {ended.err[-300:]}")
            self.note(f"status ended with {ended.code}: {ended.err[-200:].strip()}")
            return
        self.last_status = ended.json()
        if not self.last_status["activated"] or self.last_status["tokens"] == "invalid":
            self.activate_again()

    def activate_again(self):
        """The answer to a token refresh was lost, with the process or on the line: what the README says to do. Now and
        then an administrator also does it for no reason."""
        if self.activating:
            return
        self.note("activate --replace")
        # The worker gives up what is under way for the activation that it had.
        self.replacing = Trouble("worker replaced", self.now())
        self.faults.troubles.append(self.replacing)
        path = self.lab.root / "code"
        path.write_text(self.lab.new_code())
        with open(path, "rb") as code:
            self.activating = self.lab.begin("activate", "--replace", "-", stdin=code)

    def look_at_activation(self):
        if self.activating.running():
            return
        ended = self.activating.ended()
        self.activating = None
        self.replacing.ended = self.now()
        if ended.code != 0:
            self.faults.troubles.remove(self.replacing)
        self.activations += ended.code == 0
        if ended.code == 0:
            self.faults.happened("activation")
        self.note(f"activate --replace ended with {ended.code}: {ended.err[-200:].strip()}")

    def truth(self):
        """The sandbox's description of each desk."""
        desks = self.lab.control("world")["desks"]
        for desk in desks:
            for booking in desk["bookings"]:
                booking["hours"] = (seconds(booking["end"]) - seconds(booking["start"])) / 3600
        return desks

    def clean_up(self):
        if self.lab:
            if self.lab.wire:
                self.lab.wire.close()
            self.lab.end_processes()
        if self.disk:
            self.disk.remove()
        self.cable.remove()
        self.diary.close()
        self.journal.close()
