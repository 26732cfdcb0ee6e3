"""A sandbox, a worker and the command line, each in a directory of its own, for one test.

Nothing here waits for a fixed time: `until` looks for a condition until a deadline that is generous enough for a
slow machine with sanitizers. Every process that is started is ended again, by its id.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import leaks

DEADLINE_S = 60
#: The worker believes that its integration is gone when it was told so twice, a minute apart.
REMOVAL_S = 60 + DEADLINE_S

# Whoever runs the tests in the background may have these ignored, and programs inherit that.
for number in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)
LOOK_EVERY_S = 0.05

HOTDESKD = os.environ.get("HOTDESKD", "")
SANDBOX = os.environ.get("HOTDESKD_SANDBOX", "")

#: Graces that a test can wait for. desk-3 (workspace "Oslo 3") is the clock: its graces are longer than everybody
#: else's, so when it has been signed out, whatever was due elsewhere has been done.
POLICY = """
[policy]
sign_in_grace = "1s"
sign_out_grace = "1s"
end_warning = "off"

[[policy.override]]
workspace = "Oslo 3"
sign_in_grace = "3s"
sign_out_grace = "3s"
"""
CLOCK = "desk-3"

#: The files of the sandbox that hold secrets and are there for that.
KEEPERS = {"activation-code", "client-secret", "handed-out", "server.key", "signing.key", "state.key"}

#: Commands that only ask.
QUESTIONS = {"Bookings.List", "Bookings.Get"}


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


class Ended:
    """How a command went."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


class Process:
    """A process whose output goes to files, so that it never blocks and can be searched afterwards."""

    count = 0

    def __init__(self, folder, name, arguments, **options):
        Process.count += 1
        stem = folder / f"{Process.count:03}-{name}"
        self.out_path, self.err_path = stem.with_suffix(".out"), stem.with_suffix(".err")
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            options.setdefault("stdin", subprocess.DEVNULL)
            self.popen = subprocess.Popen(arguments, stdout=out, stderr=err, **options)
        self.pid = self.popen.pid

    @property
    def out(self):
        return self.out_path.read_text(errors="replace")

    @property
    def err(self):
        return self.err_path.read_text(errors="replace")

    def running(self):
        return self.popen.poll() is None

    def kill(self, number=signal.SIGKILL):
        if self.running():
            self.popen.send_signal(number)

    def wait(self, deadline_s=DEADLINE_S):
        try:
            return self.popen.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"process {self.pid} did not end; stderr:\n{self.err}") from None

    def ended(self, deadline_s=DEADLINE_S):
        """Waits for the end and says how it was."""
        code = self.wait(deadline_s)
        return Ended(code, self.out, self.err)


class Lab:
    """The sandbox and what runs against it."""

    def __init__(self, policy=POLICY, sandbox=(), desks=3):
        if not HOTDESKD or not SANDBOX:
            raise unittest.SkipTest("HOTDESKD and HOTDESKD_SANDBOX do not name the programs: run it with meson test")
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="hd-e2e-"))
        self.dir = self.root / "cloud"
        self.outputs = self.root / "outputs"
        self.outputs.mkdir()
        self.work = self.root / "work"  # where processes are, and would leave their cores
        self.work.mkdir()
        self.watcher = leaks.Watcher()
        self.processes = []
        self.worker = None
        self.worker_expected = {0, -signal.SIGKILL}  # how a worker may have ended when the lab is closed
        self.violations_expected = False
        self.policy = policy
        self.extra_environment = {}
        policy_file = self.root / "policy.toml"
        policy_file.write_text(policy)
        self.control_path = str(self.root / "control")
        self.cloud = self.start("sandbox", [SANDBOX, "--dir", str(self.dir), "--desks", str(desks), "--policy",
                                            str(policy_file), "--control", self.control_path, *sandbox])
        until(lambda: "\nready" in self.cloud.out or not self.cloud.running(), "the sandbox is ready")
        if not self.cloud.running():
            raise AssertionError("the sandbox did not start: " + self.cloud.err)
        self.config = self.dir / "hotdeskd.toml"
        self.state = self.dir / "state"
        self.code = (self.dir / "activation-code").read_text().strip()
        self.secrets_besides = []
        until(lambda: os.path.exists(self.control_path), "the control socket")

    # --- processes ---------------------------------------------------------------------------------------------------

    def start(self, name, arguments, code_in_arguments=False, **options):
        """code_in_arguments: the caller passes a code where everybody can see it, because that is what is tested. Its
        command line is the one place that is not searched for secrets."""
        environment = dict(os.environ, **self.extra_environment)
        environment.update(options.pop("env", {}))
        options.setdefault("cwd", self.work)
        process = Process(self.outputs, name, arguments, env=environment, **options)
        if name != "sandbox":
            self.watcher.watch(process.popen, process.err_path.stem, code_in_arguments)
        self.processes.append(process)
        return process

    def begin(self, *arguments, **options):
        """Starts a hotdeskd command and does not wait for it."""
        config = options.pop("config", self.config)
        name = arguments[0][:20] if arguments else "hotdeskd"  # a test may give a code in its place
        return self.start(name, [HOTDESKD, "--config", str(config), *map(str, arguments)], **options)

    def run(self, *arguments, stdin=None, **options):
        """Runs a hotdeskd command to its end."""
        if stdin is not None:
            path = self.root / "stdin"
            path.write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
            with open(path, "rb") as source:
                process = self.begin(*arguments, stdin=source, **options)
            path.unlink()
        else:
            process = self.begin(*arguments, **options)
        return process.ended()

    def activate(self, code=None, *options):
        """Activates; the code goes by standard input, where no process list shows it."""
        done = self.run("activate", *options, "-", stdin=self.code if code is None else code)
        if done.code != 0:
            raise AssertionError(f"activate: {done}")
        return done

    def run_worker(self, wait=True, **options):
        polls = len(self.requests("poll"))
        self.worker = self.begin("run", **options)
        if wait:
            self.wait_for_poll(polls)
        return self.worker

    def wait_for_poll(self, more_than):
        until(lambda: not self.worker.running() or len(self.requests("poll")) > more_than, "a poll goes out")
        if not self.worker.running():
            raise AssertionError(f"the worker ended: {self.worker.ended()}")

    def set_up(self):
        """Activated, the worker polls, and every desk was asked once."""
        self.activate()
        self.run_worker()
        names = {desk["name"] for desk in self.control("desks")}
        until(lambda: {d["displayName"] for d in self.devices() if d["state"] != "unknown"} >= names,
              "the worker knows every desk")
        return self

    def stop_worker(self, number=signal.SIGTERM):
        self.worker.kill(number)
        return self.worker.ended()

    # --- the sandbox --------------------------------------------------------------------------------------------------

    def control(self, *lines):
        """Sends control lines at once; the answer to the last one, read as JSON where it is JSON."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
            wire.settimeout(DEADLINE_S)
            wire.connect(self.control_path)
            wire.sendall("".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape"))
            with wire.makefile("rb") as answers:
                answer = ""
                for line in lines:
                    answer = answers.readline().decode("utf-8", "replace").rstrip("\n")
                    if answer.startswith("error:") or not answer:
                        raise AssertionError(f"control line `{line}`: {answer or 'no answer'}")
        if answer[:1] in "[{":
            return json.loads(answer)
        return answer.removeprefix("ok").strip()

    def new_code(self, *options):
        return self.control(" ".join(("code", *options)))

    def requests(self, endpoint=""):
        return self.control(f"requests {endpoint}".strip())

    def commands(self, desk=None):
        """Commands that change something, as (name, arguments), in the order in which they came."""
        device = self.device(desk) if desk else None
        found = []
        for request in self.requests("command"):
            name, body = request["path"].rsplit("/", 1)[-1], json.loads(request["body"])
            if name not in QUESTIONS and device in (None, body["deviceId"]):
                found.append((name, body["arguments"]))
        return found

    def names(self, desk=None):
        return [name for name, _ in self.commands(desk)]

    def device(self, desk):
        return next(d["deviceId"] for d in self.control("desks") if d["name"] == desk)

    def desk(self, desk):
        return self.control(f"{desk} show")

    def signed_in(self, desk):
        return self.desk(desk)["signedIn"]

    # --- what hotdeskd says -------------------------------------------------------------------------------------------

    def status(self):
        return self.run("status", "--json").json()

    def devices(self):
        done = self.run("devices", "--json")
        if done.code != 0:
            raise AssertionError(f"devices: {done}")
        return done.json()

    def seen(self, desk):
        """The desk as hotdeskd knows it."""
        return next((d for d in self.devices() if d["displayName"] == desk), {"state": "not listed"})

    def records(self, desk=None):
        return self.run("log", "--json", *(["--device", desk] if desk else [])).lines()

    def wait_for_state(self, desk, state):
        return until(lambda: (found := self.seen(desk))["state"] == state and found,
                     f"{desk} is {state}, for hotdeskd")

    def wait_for_signed_out(self, desk):
        until(lambda: self.signed_in(desk) is None, f"the user of {desk} is signed out")

    def wait_for_log(self, text):
        until(lambda: text in self.worker.err, f"the worker's log says `{text}`")

    def let_graces_pass(self):
        """Returns when whatever was due at the other desks by now has been done.

        An ad hoc user of the clock desk overstays; its grace is longer than the others'.
        """
        before = self.names(CLOCK).count("Webex.Registration.Logout")
        self.control(f"{CLOCK} sign-in clock@example.com")
        until(lambda: self.names(CLOCK).count("Webex.Registration.Logout") > before, "the clock desk is signed out")
        self.wait_for_signed_out(CLOCK)

    # --- the end ------------------------------------------------------------------------------------------------------

    def close(self, keep=False):
        """Ends everything and looks at what must hold after every run. `keep`: the files stay, for a look at them."""
        problems = []
        try:
            violations = self.control("violations")
        except (AssertionError, OSError) as error:
            violations = []
            problems.append(f"the sandbox does not answer any more: {error}")
        if self.worker and self.worker.running():
            self.worker.kill(signal.SIGTERM)
            with contextlib.suppress(AssertionError):
                self.worker.wait()
        if self.worker and self.worker.popen.returncode not in self.worker_expected:
            problems.append(f"the worker ended with {self.worker.popen.returncode}")
        self.cloud.kill(signal.SIGTERM)
        with contextlib.suppress(AssertionError):
            self.cloud.wait()
        for process in self.processes:
            if process.running():
                process.kill()
                process.popen.wait()
        if violations and not self.violations_expected:
            problems.append(f"the protocol was broken: {violations}")
        leaks.add(self.secrets(), self.files(), self.watcher.end(), self.cores())  # reported at the program's end
        problems += self.complaints()
        story = self.story() if problems else ""
        if not keep:
            shutil.rmtree(self.root, ignore_errors=True)
        if problems:
            raise AssertionError("\n".join(problems) + "\n" + story)

    def secrets(self):
        """Everything that must not be seen: what the sandbox handed out, and the key of the state."""
        found = [*(self.dir / "handed-out").read_text().splitlines(), self.code, *self.secrets_besides]
        key = self.dir / "state.key"
        if key.exists():
            # 64 hexadecimal digits a line. Of the key in bytes they are one of the disguises.
            found += [bytes.fromhex(line) for line in key.read_text().split() if re.fullmatch("[0-9a-fA-F]{64}", line)]
        return found

    def files(self):
        """(name, bytes) of whatever the processes wrote: outputs, logs, state, runtime directory, cores."""
        return leaks.files_below([self.outputs, self.dir, self.work],
                                 # A configuration may hold a proxy's password, and no program writes one.
                                 lambda path: path.name in KEEPERS or path.suffix == ".toml" or
                                 path.stem.endswith("-sandbox"))

    def cores(self):
        return [f"a core was left: {path.name}" for path in self.work.rglob("core*")]

    def complaints(self):
        """Sanitizers and assertions speak on stderr."""
        words = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "Assertion", "terminate called")
        return [f"{p.err_path.name}: {line}" for p in self.processes for line in p.err.splitlines()
                if any(word in line for word in words)]

    def story(self):
        """The end of every output, for whoever must find out what went wrong."""
        parts = []
        for process in self.processes:
            if process.err.strip() and ("run" in process.err_path.name or "sandbox" in process.err_path.name):
                parts.append(f"--- {process.err_path.name}\n" + "\n".join(process.err.splitlines()[-40:]))
        return "\n".join(parts)


class LabCase(unittest.TestCase):
    """A test case with labs that are closed, and judged, when it ends."""

    maxDiff = None

    def lab(self, policy=POLICY, **options):
        made = Lab(policy, **options)
        self.addCleanup(self.close_lab, made)
        return made

    def close_lab(self, made):
        result = self._outcome.result
        failed = any(getattr(test, "test_case", test) is self for test, _ in result.failures + result.errors)
        # What comes with a defect that is known is known as well.
        known = hasattr(getattr(self, self._testMethodName), "known_defect")
        if failed:
            print(f"--- files kept in {made.root}\n{made.story()}", flush=True)
        try:
            made.close(keep=failed)
        except AssertionError:
            if not failed and not known:
                raise
