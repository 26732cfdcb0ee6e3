"""What goes wrong, by a seed: in the cloud, on the line, with the disk, the clock and the process."""

#: Endpoints that a running worker asks; `jwks` and `patch` are an activation's.
ENDPOINTS = ("poll", "poll", "command", "command", "status", "status", "devices", "workspaces", "app", "token",
             "sessions", "people", "jwks", "patch")
KINDS = ("503", "503 retry-after=2", "500", "502", "429 retry-after=2", "423 retry-after=1", "html", "garbage",
         "body-size=9000000", "hang", "drop", "reset", "lost", "delay=1500ms", "404 times=1", "410 times=1",
         "401 times=1")
#: A token whose answer is lost is spent: then only a new activation helps. The soak plays the administrator, too.
COSTLY = ("reset", "lost", "html", "garbage", "body-size=9000000", "404 times=1", "410 times=1", "401 times=1")


class Faults:
    """`soak`: what there is to break; see run.py. Each fault ends by itself, and all of them by end()."""

    def __init__(self, soak, chance, kills_allowed):
        self.soak, self.chance = soak, chance
        self.kills_allowed = kills_allowed
        self.active = False
        self.count = {}
        self.mends = {}  # name: what ends it

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
        for mend in list(self.mends.values()):
            mend()
        self.mends.clear()
        self.soak.tell("fault off")

    def strike(self, name, begin, mend, seconds):
        """False: the same is broken already."""
        if name in self.mends:
            return False
        self.count[name] = self.count.get(name, 0) + 1
        self.soak.note(f"fault: {name} for {seconds:.1f} s")
        begin()
        self.mends[name] = mend
        self.soak.later(seconds, lambda: self.mend(name, mend))
        return True

    def mend(self, name, mend):
        if self.mends.get(name) is mend:
            del self.mends[name]
            mend()

    # --- the kinds ----------------------------------------------------------------------------------------------------

    def cloud(self):
        endpoint, kind = self.chance.choice(ENDPOINTS), self.chance.choice(KINDS)
        if endpoint == "token" and kind in COSTLY and self.chance.random() < 0.7:
            kind = "503"
        self.strike(f"{endpoint} {kind}", lambda: self.soak.tell(f"fault {endpoint} {kind}"),
                    lambda: self.soak.tell(f"fault {endpoint} off"), self.chance.uniform(1, 8))

    def line(self):
        cable = self.soak.cable
        if cable.missing or any(name.startswith("line") for name in self.mends):
            return
        kind = self.chance.choice(("unplugged", "switched off", "swallowed", "narrow"))
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
        kind = self.chance.choice(("wrong", "wrong by hours", "wall stopped", "stopped"))
        seconds = self.chance.uniform(3, 10)
        before = clock.ahead_s
        right = lambda: clock.set_ahead(before)
        if kind.startswith("wrong"):
            by = self.chance.uniform(-60, 60) * (1 if kind == "wrong" else 360)
            self.strike(f"clock {kind}", lambda: clock.set_ahead(before + by), right, seconds)
        else:

            def go():
                clock.go()
                # It is found to be late, and set, some time after it goes again.
                if self.active:
                    self.soak.later(2, lambda: "clock set" not in self.mends and right())
                else:
                    right()

            self.strike(f"clock {kind}", lambda: clock.stop(kind == "stopped"), go, seconds)

    def certificate(self):
        """The sandbox is started again with new certificates, as far as anybody on the line can see."""
        self.count["certificate"] = self.count.get("certificate", 0) + 1
        self.soak.note("fault: new certificate")
        self.soak.tell("new-certificate")

    def pause(self):
        self.soak.stop_for(self.chance.uniform(0.5, 6))

    def revoke(self):
        self.count["access revoked"] = self.count.get("access revoked", 0) + 1
        self.soak.tell("revoke access")

    def activate(self):
        self.soak.activate_again()

    def restart(self):
        self.count["clean restart"] = self.count.get("clean restart", 0) + 1
        self.soak.restart()
