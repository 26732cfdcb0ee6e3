"""Looks for secrets wherever they must not be: files, and the command lines and environments of processes.

The sandbox writes down every secret that it hands out. When a lab is closed, everything that its hotdeskd processes
said, wrote and showed is searched for each of them, as it is and in the usual disguises. What is found is kept here
until the end of the test program, which reports it as a case of its own.
"""

import base64
import os
import pathlib
import threading

SAMPLE_EVERY_S = 0.02
#: A part of a code that is shorter is no secret: it turns up by chance.
SHORTEST_PART = 16


class Totals:
    """What the test program has searched so far."""

    labs = secrets = files = samples = 0
    findings = []


def needles_of(secrets):
    """The secrets as bytes; of a code its parts count too: the claims hold a refresh token."""
    parts = {part for secret in secrets for part in (secret, *secret.split("."))
             if part == secret or len(part) >= SHORTEST_PART}
    return {part.encode() for part in parts if part}


def disguises(secret):
    """The bytes of a secret as somebody might write them: name of the form, bytes."""
    yield "as it is", secret
    yield "backwards", secret[::-1]
    yield "in hex", secret.hex().encode()
    yield "in hex", secret.hex().upper().encode()
    yield "in UTF-16", secret.decode("latin-1").encode("utf-16-le")
    for before in range(3):  # where it stands in the text that was encoded decides how it looks
        bits = (before + len(secret)) * 8
        text = base64.b64encode(bytes(before) + secret)[(before * 8 + 5) // 6:bits // 6]
        yield "in base64", text
        yield "in base64url", text.translate(bytes.maketrans(b"+/", b"-_"))


def find(blobs, needles):
    """Which needle is where. blobs: (name, bytes)."""
    blobs = list(blobs)
    found = []
    for needle in needles:
        for form, text in set(disguises(needle)):
            found += [f"a secret ({needle[:12].decode(errors='replace')}..., {form}) is in {name}"
                      for name, blob in blobs if text in blob]
    return found


def files_below(folders, leave_out):
    """(name, bytes) of every file, but those of which leave_out(path) is true."""
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and not leave_out(path):
                yield str(path.name), path.read_bytes()


class Watcher:
    """Samples what the system shows of processes, and of their children, while they run."""

    def __init__(self):
        self.seen = {}  # (name, bytes) once each, in their order
        self.watched = {}
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def watch(self, process, name, arguments_may_tell=False):
        """From now on. Looks at once, so that no process is too short-lived."""
        with self.lock:
            self.watched[process.pid] = (process, name, arguments_may_tell)
            self.look(process.pid, name, arguments_may_tell)

    def run(self):
        while not self.ending.wait(SAMPLE_EVERY_S):
            with self.lock:
                for pid, (process, name, may_tell) in list(self.watched.items()):
                    # Not polled here: whoever waits for the process must be the one who learns its exit code.
                    if process.returncode is not None:
                        del self.watched[pid]
                    else:
                        self.look(pid, name, may_tell)

    def look(self, pid, name, may_tell, kin="", of_parent=None):
        """of_parent: the command line of the parent, if that may tell. A child with the same one is a copy of it."""
        command_line = None
        for place in ("cmdline", "environ"):
            try:
                blob = pathlib.Path(f"/proc/{pid}/{place}").read_bytes()
            except OSError:  # gone, or, as it should be, nobody's business
                continue
            if place == "cmdline":
                command_line = blob if may_tell or blob == of_parent else None
            if place != "cmdline" or command_line is None:
                self.seen.setdefault((f"/proc/{kin or name}/{place}", blob))
        try:
            children = [child for task in os.scandir(f"/proc/{pid}/task")
                        for child in pathlib.Path(task.path, "children").read_text().split()]
        except OSError:
            return
        for child in children:
            self.look(int(child), name, False, f"child of {name}", command_line)

    def end(self):
        self.ending.set()
        self.thread.join()
        return list(self.seen)


def add(secrets, blobs, samples, besides=()):
    """Searches what one lab saw and keeps the outcome. besides: findings that were made otherwise."""
    blobs = list(blobs)
    needles = needles_of(secrets)
    Totals.labs += 1
    Totals.secrets += len(needles)
    Totals.files += len(blobs)
    Totals.samples += len(samples)
    found = [*besides, *find([*blobs, *samples], needles)]
    Totals.findings += found
    return found


def verdict():
    """(good, details, reason to skip): the case at the end of each test program."""
    if not Totals.labs:
        return True, [], "no lab was opened"
    details = [f"searched {Totals.files} files and {Totals.samples} command lines and environments of {Totals.labs} labs "
               f"for {Totals.secrets} secrets"]
    # A search that looked for nothing, or at nothing, proves nothing.
    blind = not (Totals.secrets and Totals.files and Totals.samples)
    return not blind and not Totals.findings, details + Totals.findings, ""
