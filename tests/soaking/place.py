"""Where a soak happens: two network namespaces with a cable between them, a small disk for the state, and clocks that
can be set. Without root there is none of the first two, and the soak says so."""

import ctypes
import mmap
import os
import subprocess
import time

#: Only within the namespaces.
WORKER_IP, CLOUD_IP = "10.99.0.2", "10.99.0.1"
NS = 10**9


def run(*words):
    """The complaint of a command; empty: it did its work."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit {done.returncode}"


class Cable:
    """hotdeskd in a namespace of its own, the sandbox in another, and a pair of virtual Ethernet devices.

    The sandbox listens on 127.0.0.1 and its certificate is for localhost. So the worker's namespace has no loopback
    device that is up, and a route over the cable instead; `route_localnet` makes the kernel let it pass.
    """

    def __init__(self, left_out=""):
        """left_out: why there is to be none."""
        self.worker, self.cloud = f"soak-worker-{os.getpid()}", f"soak-cloud-{os.getpid()}"
        self.missing = left_out or self.build()
        self.shaped = False
        if self.missing:
            self.remove()

    def build(self):
        if os.geteuid() != 0:
            return "only root can make network namespaces"
        inside = ("ip", "netns", "exec")
        for words in (("ip", "netns", "add", self.worker), ("ip", "netns", "add", self.cloud),
                      ("ip", "-n", self.worker, "link", "add", "cable", "type", "veth", "peer", "name", "cable",
                       "netns", self.cloud),
                      ("ip", "-n", self.cloud, "link", "set", "lo", "up"),
                      ("ip", "-n", self.cloud, "addr", "add", CLOUD_IP + "/30", "dev", "cable"),
                      ("ip", "-n", self.worker, "addr", "add", WORKER_IP + "/30", "dev", "cable"),
                      *((*inside, name, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/cable/route_localnet")
                        for name in (self.worker, self.cloud)),
                      ("ip", "-n", self.cloud, "link", "set", "cable", "up")):
            try:
                complaint = run(*words)
            except OSError as error:
                complaint = str(error)
            if complaint:
                return f"no network namespaces here ({' '.join(words[:4])}: {complaint})"
        self.plug()
        return ""

    def prefix(self, which):
        return [] if self.missing else ["nsenter", f"--net=/run/netns/{which}"]

    # What breaks the line, and mends it, returns a complaint where that could not be done.

    def plug(self):
        """The worker's end is up; its routes went when it was down."""
        return (run("ip", "-n", self.worker, "link", "set", "dev", "cable", "up") or
                run("ip", "-n", self.worker, "route", "replace", "127.0.0.1/32", "via", CLOUD_IP, "dev", "cable", "src",
                    WORKER_IP))

    def unplug(self):
        return run("ip", "-n", self.worker, "link", "set", "dev", "cable", "down")

    def switch_off(self):
        """The other end goes down: here nothing is told but that the carrier is gone."""
        return run("ip", "-n", self.cloud, "link", "set", "dev", "cable", "down")

    def switch_on(self):
        return run("ip", "-n", self.cloud, "link", "set", "dev", "cable", "up")

    def swallow(self, on):
        """Whatever the cloud answers is dropped, and nobody is told."""
        return run("ip", "-n", self.cloud, "route", "add" if on else "del", "blackhole", WORKER_IP + "/32")

    def narrow(self, on):
        """A line that is slow, and drops what does not fit."""
        complaint = ""
        if on:
            complaint = run("ip", "netns", "exec", self.worker, "tc", "qdisc", "add", "dev", "cable", "root", "tbf",
                            "rate", "64kbit", "burst", "4k", "latency", "200ms")
            self.shaped = not complaint
        elif self.shaped:
            complaint = run("ip", "netns", "exec", self.worker, "tc", "qdisc", "del", "dev", "cable", "root")
        return complaint

    def remove(self):
        for name in (self.worker, self.cloud):
            run("ip", "netns", "del", name)


class Disk:
    """A small disk of its own for the state."""

    def __init__(self, path, size_mb, left_out=""):
        self.path = path
        path.mkdir(mode=0o700)
        self.missing = left_out or "only root can mount a small disk"
        if not left_out and os.geteuid() == 0:
            self.missing = run("mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0700", "hotdeskd-soak", str(path))

    def fill(self):
        """Takes all the space that is left, to the last page; the complaint, where some is left. What the worker frees
        meanwhile is little."""
        if self.missing:
            return self.missing
        with open(self.path / "filler", "wb", buffering=0) as file:
            free = os.statvfs(self.path).f_bavail * os.statvfs(self.path).f_frsize
            try:
                os.posix_fallocate(file.fileno(), 0, max(free, 1))
                file.seek(0, os.SEEK_END)
            except OSError:
                pass
            try:
                while file.write(b"\0" * 512):
                    pass
            except OSError:
                return ""
        return "the small disk takes no end of bytes"

    def free(self):
        (self.path / "filler").unlink(missing_ok=True)

    def remove(self):
        if not self.missing:
            run("umount", "-l", str(self.path))


class Clock:
    """What clock.c tells one process."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(4096))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 4096)

        # One store each: a number that is half written would be another time altogether.
        self.numbers = [ctypes.c_int64.from_buffer(self.memory, index * 8) for index in range(4)]

    def put(self, index, value):
        self.numbers[index].value = value

    def read(self, index):
        return self.numbers[index].value

    @property
    def ahead_s(self):
        return self.read(0) / NS

    def set_ahead(self, seconds):
        self.put(0, int(seconds * NS))

    def leap(self, seconds, steady=True):
        """Time passes that nobody waits for: on the wall, and for what counts from the start of the machine."""
        for index in (0, 1) if steady else (0,):
            self.put(index, self.read(index) + int(seconds * NS))

    def stop(self, steady):
        self.put(2, time.time_ns() + self.read(0))
        if steady:
            # Boot time is what the worker looks at; it only differs from monotonic time where machines sleep.
            self.put(3, time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self.read(1))

    def go(self):
        """It goes on where it stood."""
        if self.read(2):
            self.put(0, self.read(2) - time.time_ns())
            self.put(2, 0)
        if self.read(3):
            self.put(1, self.read(3) - time.clock_gettime_ns(time.CLOCK_BOOTTIME))
            self.put(3, 0)


def build_clock(source, target):
    """The complaint; empty: it is there."""
    try:
        return run("cc", "-shared", "-fPIC", "-O2", "-o", str(target), str(source))
    except OSError as error:
        return str(error)



def leftovers(pid, folders):
    """What a soak of that process has left on the machine, or has there now: namespaces, mounts, processes, folders."""
    found = [f"namespace {name}" for name in os.listdir("/run/netns") if name in (f"soak-worker-{pid}",
             f"soak-cloud-{pid}")] if os.path.isdir("/run/netns") else []
    folders = [str(folder) for folder in folders]
    with open("/proc/mounts", encoding="utf-8", errors="replace") as mounts:
        found += [f"mount {line.split()[1]}" for line in mounts if line.split()[1].startswith(tuple(folders))]
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                words = file.read().decode("utf-8", "replace")
        except OSError:
            continue
        if any(folder in words for folder in folders):
            found.append(f"process {process} ({words.replace(chr(0), ' ')[:80]})")
    return found + [f"folder {folder}" for folder in folders if os.path.exists(folder)]
