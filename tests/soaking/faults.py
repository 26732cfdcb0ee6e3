"""What goes wrong, by a seed: in the cloud, on the line, with the disk, the clock and the process."""

from again import Trouble

#: Endpoints that a running worker asks; often those that are asked all the time.
ENDPOINTS = ("poll", "poll", "command", "command", "status", "status", "devices", "workspaces", "app", "token",
             "sessions", "people")
#: Those that only an activation asks.
OF_ACTIVATION = ("jwks", "patch")
KINDS = ("503", "503 retry-after=2", "500", "502", "429 retry-after=2", "423 retry-after=1", "html", "garbage",
         "body-size=9000000", "hang", "drop", "reset", "lost", "delay=1500ms", "404 times=1", "410 times=1",
         "401 times=1")
#: A token whose answer is lost is spent: then only a new activation helps. The soak plays the administrator, too.
COSTLY = ("reset", "lost", "html", "garbage", "body-size=9000000", "404 times=1", "410 times=1", "401 times=1")
LINES = ("unplugged", "switched off", "swallowed", "narrow")
CLOCKS = ("wrong", "wrong by hours", "wall stopped", "stopped")
PROCESS = ("kill -9", "SIGSTOP", "long SIGSTOP", "clean restart")
#: What `--without` names, and the kinds that then need not happen.
OF_PLACE = {"network": {f"line {kind}" for kind in LINES}, "disk": {"disk full"},
            "clock": {f"clock {kind}" for kind in CLOCKS} | {"five minutes away", "an hour away"}}
#: Each of these happens in every run. A fault in the cloud has happened when a request met it.
PROMISED = ({f"at {endpoint}" for endpoint in ENDPOINTS + OF_ACTIVATION} | {f"answer {kind}" for kind in KINDS} |
            set(PROCESS) | {"certificate", "access revoked", "activation"}).union(*OF_PLACE.values())


def never_happened(count, without):
    """Of what is promised. count: kind to how often; without: what was left out, as --without names it."""
    excused = set().union(*(OF_PLACE[place] for place in without))
    return sorted(f"{kind}: never happened" for kind in PROMISED - excused if not count.get(kind))


class Deck:
    """Deals each of its cards once before any comes again, so that each comes also in a short run."""

    def __init__(self, chance, cards):
        self.chance, self.cards, self.left = chance, list(cards), []

    def deal(self):
        if not self.left:
            self.left = self.chance.sample(self.cards, len(self.cards))
        return self.left.pop()


class Faults:
    """`soak`: what there is to break; see run.py. Each fault ends by itself, and all of them by end()."""

    def __init__(self, soak, chance, kills_allowed):
        self.soak, self.chance = soak, chance
        self.kills_allowed = kills_allowed
        self.active = False
        self.count = {}
        self.troubles = []  # all that ever was broken, for the judge
        self.mends = {}  # name: what ends it, and its trouble
        self.decks = {name: Deck(chance, cards) for name, cards in
                      (("endpoint", ENDPOINTS), ("kind", KINDS), ("line", LINES), ("clock", CLOCKS),
                       ("activation", ("", "") + OF_ACTIVATION))}

    def begin(self):
        self.active = True
        plans = [(2.5, self.cloud), (15, self.line), (20, self.disk), (17, self.clock), (45, self.certificate),
                 (12, self.pause), (60, self.revoke),
                 (50, self.activate)]
        if self.kills_allowed:
            plans.append((40, self.restart))
        for every, fault in plans:
            self.plan(every, fault)

    def plan(self, every, fault):
        def strike():
            if not self.active:
                return
            fault()
            self.plan(every, fault)

        self.soak.later(self.chance.uniform(0.5, 1.5) * every, strike)

    def end(self):
        """Everything works again."""
        self.active = False
        for name in list(self.mends):
            self.mend(name, self.mends[name][0])
        self.soak.tell("fault off")

    # --- what happened ------------------------------------------------------------------------------------------------

    def happened(self, name):
        self.count[name] = self.count.get(name, 0) + 1

    def met(self, endpoint, at, status):
        """A request came: the faults at its endpoint have happened."""
        for name, (_, trouble) in self.mends.items():
            where, _, kind = name.partition(" ")
            if where == endpoint and trouble.in_force < at and kind and self.shows(kind, status):
                self.happened(f"at {endpoint}")
                self.happened(f"answer {kind}")

    @staticmethod
    def shows(kind, status):
        """Whether the cloud's note of an answer is that of a fault of this kind."""
        if kind[:3].isdigit():
            return status == int(kind[:3])
        return status == (0 if kind in ("hang", "drop", "reset", "lost") else 200)

    def strike(self, name, begin, mend, seconds):
        """begin() and mend() return a complaint where it could not be done. False: it was not, or the same is broken
        already."""
        if name in self.mends:
            return False
        self.soak.note(f"fault: {name} for {seconds:.1f} s")
        trouble = Trouble(name, self.soak.now())
        complaint = begin()
        trouble.in_force = self.soak.now()
        if complaint:
            self.soak.complain(f"fault {name}: {complaint}")
            return False
        self.troubles.append(trouble)
        self.happened(name)
        self.mends[name] = mend, trouble
        self.soak.later(seconds, lambda: self.mend(name, mend))
        return True

    def mend(self, name, mend):
        if name not in self.mends or self.mends[name][0] is not mend:
            return
        self.soak.collect()  # who met it is known while it is there
        _, trouble = self.mends.pop(name)
        complaint = mend()
        trouble.ended = self.soak.now()
        if complaint:
            self.soak.complain(f"fault {name} could not be mended: {complaint}")

    # --- the kinds ----------------------------------------------------------------------------------------------------

    def order(self, line):
        """To the sandbox; the complaint."""
        return f"the sandbox refused `{line}`" if self.soak.tell(line) is None else ""

    def cloud(self):
        endpoint = self.decks["endpoint"].deal()
        if self.is_struck(endpoint):
            return
        kind = self.decks["kind"].deal()
        if endpoint == "token" and kind in COSTLY and self.chance.random() < 0.7:
            kind = "503"
        self.at_endpoint(endpoint, kind, self.chance.uniform(1, 8))

    def is_struck(self, endpoint):
        """One fault at a time there: another one would end with the first."""
        return any(name.startswith(endpoint + " ") for name in self.mends)

    def at_endpoint(self, endpoint, kind, seconds):
        self.strike(f"{endpoint} {kind}", lambda: self.order(f"fault {endpoint} {kind}"),
                    lambda: self.order(f"fault {endpoint} off"), seconds)

    def line(self):
        cable = self.soak.cable
        if cable.missing or any(name.startswith("line") for name in self.mends):
            return
        kind = self.decks["line"].deal()
        begin, mend = {
            "unplugged": (cable.unplug, cable.plug),
            "switched off": (cable.switch_off, cable.switch_on),
            "swallowed": (lambda: cable.swallow(True), lambda: cable.swallow(False)),
            "narrow": (lambda: cable.narrow(True), lambda: cable.narrow(False)),
        }[kind]
        self.strike("line " + kind, begin, mend, self.chance.uniform(1, 9))

    def disk(self):
        if not self.soak.disk.missing:
            self.strike("disk full", self.soak.disk.fill, self.soak.disk.free, self.chance.uniform(2, 8))

    def clock(self):
        clock = self.soak.clock
        if clock is None or any(name.startswith("clock") for name in self.mends):
            return
        kind = self.decks["clock"].deal()
        seconds = self.chance.uniform(3, 10)
        right_s = self.soak.ahead_s()
        right = lambda: clock.set_ahead(right_s)
        if kind.startswith("wrong"):
            by = self.chance.uniform(-60, 60) * (1 if kind == "wrong" else 360)
            self.strike(f"clock {kind}", lambda: clock.set_ahead(right_s + by), right, seconds)
        else:

            def go():
                clock.go()
                # It is found to be late, and set, some time after it goes again.
                if self.active:
                    self.soak.later(2, lambda: not any(name.startswith("clock") for name in self.mends) and right())
                else:
                    right()

            self.strike(f"clock {kind}", lambda: clock.stop(kind == "stopped"), go, seconds)

    def certificate(self):
        """The sandbox is started again with new certificates, as far as anybody on the line can see."""
        self.soak.note("fault: new certificate")
        trouble = Trouble("certificate", self.soak.now())
        complaint = self.order("new-certificate")
        if complaint:
            return self.soak.complain(complaint)
        self.happened("certificate")
        trouble.ended = self.soak.now()
        self.troubles.append(trouble)

    def pause(self):
        self.soak.stop_for(self.chance.uniform(0.5, 6), "SIGSTOP")

    def revoke(self):
        complaint = self.order("revoke access")
        if complaint:
            return self.soak.complain(complaint)
        self.happened("access revoked")

    def activate(self):
        """Now and then while the endpoints that only an activation asks fail."""
        endpoint = self.decks["activation"].deal()
        if endpoint and not self.is_struck(endpoint):
            self.at_endpoint(endpoint, self.decks["kind"].deal(), self.chance.uniform(10, 20))
        self.soak.activate_again()

    def restart(self):
        if self.soak.restart():
            self.happened("clean restart")
