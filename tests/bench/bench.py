"""Measures hotdeskd against the sandbox on loopback: real binaries, real TLS, real commits.

Once with the state on the disk and once in memory, for a commit waits for the disk and nothing else does. Figures of
one machine compare with each other, not with those of another one; the disk's own fdatasync stands beside them.
"""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

WORKER, SANDBOX = (os.path.abspath(path) for path in sys.argv[1:3])
DESKS = 200
BACKLOG = 20000
POLICY = '[policy]\nsign_out_grace = "0s"\nmessages = false\n[log]\nlevel = "error"\n'


def micros():
    return time.monotonic_ns() // 1000


def wait_until(what, condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("gave up waiting until " + what)
        time.sleep(0.02)


class Sandbox:
    def __init__(self, directory):
        self.directory = directory
        self.timing = os.path.join(directory, "timing")
        policy = os.path.join(directory, "policy.toml")
        with open(policy, "w") as file:
            file.write(POLICY)
        control = os.path.join(directory, "control")
        self.process = subprocess.Popen(
            [SANDBOX, "--dir", directory, "--control", control, "--desks", str(DESKS), "--policy", policy,
             "--timing", self.timing, "--check-delay", "1ms"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(control)
        self.lines = self.socket.makefile("r")
        self.config = os.path.join(directory, "hotdeskd.toml")

    def say(self, line):
        self.socket.sendall((line + "\n").encode())
        answer = self.lines.readline().strip()
        if answer.startswith("error"):
            sys.exit(line + ": " + answer)
        return answer

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def times(self):
        """came, answered, method, path of every request; complete after end()."""
        with open(self.timing) as file:
            return [(int(a), int(b), c, d) for a, b, c, d in (line.split() for line in file)]


def hotdeskd(sandbox, *arguments):
    done = subprocess.run([WORKER, "--config", sandbox.config, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return done.stdout


def status(sandbox):
    return json.loads(hotdeskd(sandbox, "status", "--json"))


def memory(pid):
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {name: int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon")}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fdatasync_ms(directory):
    path = os.path.join(directory, "sync")
    spans = []
    with open(path, "wb") as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            began = time.monotonic()
            os.fdatasync(file.fileno())
            spans.append((time.monotonic() - began) * 1000)
    os.unlink(path)
    return statistics.median(spans)


def react(sandbox):
    """Ends the booking of each desk in turn; returns when each was ended."""
    for n in range(1, DESKS + 1):
        sandbox.say(f"desk-{n} set stubborn on")
        sandbox.say(f"desk-{n} book user{n}@example.com start=-30m duration=1h")
        sandbox.say(f"desk-{n} sign-in user{n}@example.com")
    wait_until("all desks are in use", lambda: status(sandbox)["desks"]["signedIn"] == DESKS)
    ended = []
    for n in range(1, DESKS + 1):
        ended.append(micros())
        sandbox.say(f"desk-{n} delete")
        wait_until(f"desk-{n} is signed out", lambda: json.loads(sandbox.say(f"desk-{n} show"))["signedIn"] is None)
    return ended


def reactions(times, ended):
    polls = sorted(b for _, b, _, path in times if path.endswith("/poll"))
    logouts = sorted(a for a, _, _, path in times if path.endswith("Webex.Registration.Logout"))
    spans = []
    for began in ended:
        handed_out = next(t for t in polls if t >= began)
        spans.append((next(t for t in logouts if t >= handed_out) - handed_out) / 1000)
    return spans


def measure(place, parent):
    directory = tempfile.mkdtemp(prefix="hotdeskd-bench-", dir=parent)
    started = []
    try:
        print(f"state {place} (fdatasync of 4 KiB: {fdatasync_ms(directory):.2f} ms median)")
        sandbox = Sandbox(directory)
        started.append(sandbox.process)
        hotdeskd(sandbox, "activate", "@" + os.path.join(directory, "activation-code"), "--json")
        began = micros()
        worker = subprocess.Popen([WORKER, "--config", sandbox.config, "run"])
        started.append(worker)
        wait_until("the desks are known", lambda: status(sandbox)["desks"]["total"] == DESKS)
        time.sleep(1)
        idle = memory(worker.pid)

        ended = react(sandbox)

        before, cpu = status(sandbox)["queue"]["messages"], cpu_seconds(worker.pid)
        wall = time.monotonic()
        sandbox.say(f"backlog {BACKLOG}")
        wait_until("the backlog is drained", lambda: status(sandbox)["queue"]["messages"] >= before + BACKLOG, 300)
        wall = time.monotonic() - wall
        cpu = cpu_seconds(worker.pid) - cpu
        after = memory(worker.pid)

        worker.send_signal(signal.SIGTERM)
        stopping = time.monotonic()
        worker.wait()
        stopping = time.monotonic() - stopping
        sandbox.end()
        times = sandbox.times()
        first_poll = min(a for a, _, _, path in times if path.endswith("/poll")) - began
        spans = sorted(reactions(times, ended))
        print(f"  process start to first poll        {first_poll / 1000:8.1f} ms")
        print(f"  idle, {DESKS} desks                    {idle['VmRSS']:8.1f} MB resident, {idle['RssAnon']:.1f} MB of it anonymous")
        print(f"  message handed out to sign-out     {statistics.median(spans):8.2f} ms median, "
              f"{spans[int(len(spans) * 0.99) - 1]:.2f} ms 99th percentile of {len(spans)}")
        print(f"  CPU a message, backlog of {BACKLOG}    {cpu / BACKLOG * 1e6:8.1f} us ({BACKLOG / wall:.0f} messages/s)")
        print(f"  after it                           {after['VmRSS']:8.1f} MB resident, {after['RssAnon']:.1f} MB of it anonymous")
        print(f"  SIGTERM to exit                    {stopping * 1000:8.1f} ms")
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(directory)


if __name__ == "__main__":
    measure("on the disk", None)
    if os.path.isdir("/dev/shm"):
        measure("in memory", "/dev/shm")
