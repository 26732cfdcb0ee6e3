"""A Debian with a real systemd in a folder, booted by systemd-nspawn and driven from outside. For packaging/test-deb.

It has a network of its own, with a loopback interface and nothing else.
"""

import os
import pathlib
import shlex
import signal
import socket
import subprocess
import time

LOOK_EVERY_S = 0.1
DEADLINE_S = 60


def until(condition, what, deadline_s=DEADLINE_S):
    """Returns the first true value of condition(); fails when the deadline has passed."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s in vain: {what}")
        time.sleep(LOOK_EVERY_S)


class Machine:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.process = self.leader = None

    def boot(self):
        """Returns when systemd says that everything is up. AssertionError: this host cannot do that."""
        log = open(self.root.parent / "boot.log", "wb")
        self.process = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "-D", str(self.root), "--register=no", "--keep-unit", "--boot",
             "-M", f"hotdeskd-{os.getpid()}", "--private-network", "--console=pipe"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

        def up():
            if self.process.poll() is not None:
                raise AssertionError("systemd-nspawn ended: " + (self.root.parent / "boot.log").read_text()[-500:])
            children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            # The first child only prepares the second, which becomes systemd: whoever is there now is asked.
            self.leader = children[-1] if children else None
            return self.leader and self.run("systemctl", "is-system-running", check=False).stdout.strip() == "running"

        until(up, "systemd is up")
        return self

    def run(self, *command, check=True, stdin=None, deadline_s=120):
        """Runs a command in the machine, as root, and returns how it went."""
        done = subprocess.run(
            ["nsenter", "-t", self.leader, "-a", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
             "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=", *command],
            capture_output=True, text=True, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
            timeout=deadline_s, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{shlex.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def out(self, *command, **options):
        return self.run(*command, **options).stdout.strip()

    def path(self, name):
        return self.root / name.lstrip("/")

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        path.write_text(text)
        path.chmod(mode)

    def control(self, name, line):
        """One line to a sandbox's control socket, and its answer. The path may be longer than a socket's may be."""
        folder = os.open(self.path(name).parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
                wire.settimeout(DEADLINE_S)
                wire.connect(f"/proc/self/fd/{folder}/{pathlib.Path(name).name}")
                wire.sendall((line + "\n").encode())
                with wire.makefile("r") as answers:
                    answer = answers.readline().rstrip("\n")
        finally:
            os.close(folder)
        if answer.startswith("error:"):
            raise AssertionError(f"the sandbox to `{line}`: {answer}")
        return answer.removeprefix("ok").strip()

    # --- systemd ------------------------------------------------------------------------------------------------------

    def show(self, unit, *properties):
        """Properties of a unit: one as it is, several as a dict."""
        lines = self.out("systemctl", "show", unit, *(f"--property={p}" for p in properties)).splitlines()
        found = dict(line.split("=", 1) for line in lines)
        return found[properties[0]] if len(properties) == 1 else found

    def journal(self, unit, cursor=None):
        return self.out("journalctl", "-u", unit, "-o", "cat", "--no-pager",
                        *([f"--after-cursor={cursor}"] if cursor else []))

    def now(self):
        """A place in the journal."""
        return self.out("journalctl", "-n", "1", "-o", "cat", "--show-cursor").splitlines()[-1].split("-- cursor: ")[-1]

    def wait_active(self, unit):
        until(lambda: self.show(unit, "ActiveState", "SubState") == {"ActiveState": "active", "SubState": "running"},
              f"{unit} is active (running); it is {self.show(unit, 'ActiveState', 'SubState', 'Result')}")

    def listening(self, pid):
        """TCP and UDP sockets on which a process can be reached."""
        return [line for line in self.out("ss", "-Hlntup").splitlines() if f"pid={pid}," in line]

    def close(self):
        if not self.process:
            return
        if self.process.poll() is None and self.leader:
            self.run("kill", "-s", "RTMIN+4", "1", check=False)  # power off
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
