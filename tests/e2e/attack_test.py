"""The attack table against the program: exit code 4, one line that ends with the contract's word, nothing on stdout,
and a state that is byte for byte what it was.

E2E_GROUP chooses what the codes are: `fresh` and `standing` for activation codes, else the action of `hotdeskd action`.
Where nothing stands yet the whole table is run; elsewhere, since it is the same reader, every third row and whatever
is refused for what it says.
"""

import base64
import hashlib
import os
import pathlib
import re
import subprocess
import time
import unittest

import tap
from lab import HOTDESKD, LabCase

GROUP = os.environ.get("E2E_GROUP", "fresh")
ATTACK_CODES = os.environ.get("ATTACK_CODES", "")
#: An action is too old after 5 minutes, and a slow machine may need longer than that for all of them.
TABLE_LIFE_S = 60
JUDGED = {"expired", "too old", "wrong app", "wrong action"}


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def state_of(lab):
    """Names and modes of what there is, and the bytes of what counts. LMDB's lock file is no state: a reader leaves
    its process id there."""
    found = {}
    for folder in (lab.state, lab.dir / "run", lab.dir / "state.key"):
        for path in [folder, *sorted(folder.rglob("*"))] if folder.exists() else []:
            keeps = path.is_file() and path.name != "lock.mdb"
            found[str(path.relative_to(lab.dir))] = (
                oct(path.stat().st_mode), hashlib.sha256(path.read_bytes()).hexdigest() if keeps else "")
    return found


class Table:
    """The rows, made again when they are about to age."""

    def __init__(self, lab, action):
        self.lab, self.action, self.made_at = lab, action, None

    def rows(self):
        if self.made_at is None or time.monotonic() - self.made_at > TABLE_LIFE_S:
            codes = [self.lab.new_code(f"--action {self.action}") for _ in range(2)]
            made = subprocess.run([ATTACK_CODES, str(self.lab.dir / "signing.key"), self.action], check=True,
                                  input="\n".join(codes) + "\n", capture_output=True, text=True).stdout
            self.table = [line.split("\t") for line in made.splitlines()]
            self.good, self.made_at = codes[0], time.monotonic()
        return self.table


class Attacks(LabCase):
    def attack(self, lab, action, command, chosen):
        table = Table(lab, action)
        attacked = 0
        before = state_of(lab)
        asked = [len(lab.requests(endpoint)) for endpoint in ("token", "patch", "app")]
        for i in range(len(table.rows())):
            name, word, bytes_ = table.rows()[i]
            if word == "-" or not chosen(i, word):
                continue
            attacked += 1
            with self.subTest(name):
                done = lab.run(*command, "-", stdin=decoded(bytes_))
                self.assertEqual(done.code, 4, f"{name}: {done}")
                self.assertEqual(done.out, "", name)
                lines = done.err.splitlines()
                self.assertEqual(len(lines), 1, f"{name}: {done}")
                self.assertIn(" refused: ", lines[0], name)
                self.assertTrue(lines[0].endswith(": " + word), f"{name}: {word} expected: {done}")
                self.assertEqual(state_of(lab), before, name)
        self.assertGreater(attacked, 30)
        # Nobody was asked for a token, and nobody was told anything.
        self.assertEqual([len(lab.requests(endpoint)) for endpoint in ("token", "patch", "app")], asked)
        # Most of them carried the jti of this code: it was not spent by a code that did not verify.
        return table.good

    @unittest.skipUnless(GROUP == "fresh", "another group")
    def test_no_attack_gets_in_and_nothing_is_made(self):
        lab = self.lab()
        good = self.attack(lab, "provision", ["activate", "--json"], lambda i, word: True)
        self.assertEqual(state_of(lab), {})
        self.assertEqual(lab.run("devices").code, 3)
        lab.activate(good)

    @unittest.skipUnless(GROUP == "standing", "another group")
    def test_no_attack_replaces_what_stands(self):
        lab = self.lab()
        lab.activate()
        good = self.attack(lab, "provision", ["activate", "--replace", "--json"],
                           lambda i, word: word in JUDGED or i % 3 == 0)
        # Replayed: also by another process, for a day.
        lab.activate(good, "--replace")
        before = state_of(lab)
        for _ in range(2):
            done = lab.run("activate", "--replace", "--json", "-", stdin=good)
            self.assertEqual((done.code, done.out), (4, ""), done)
            self.assertTrue(done.err.rstrip().endswith("refused: replayed"), done)
            self.assertEqual(state_of(lab), before)
        lab.run_worker()

    @unittest.skipIf(GROUP in ("fresh", "standing"), "another group")
    def test_no_attack_passes_for_an_action(self):
        # `action --help` would say nothing: where there is no such command, --help is the program's.
        known = subprocess.run([HOTDESKD, "--help"], capture_output=True, text=True, check=True).stdout
        if not re.search(r"^ +action\b", known, re.MULTILINE):
            self.skipTest("this hotdeskd has no command `action`")
        lab = self.lab()
        lab.activate()
        good = self.attack(lab, GROUP, ["action", "--json"], lambda i, word: word in JUDGED or i % 3 == 0)
        done = lab.run("action", "-", stdin=good)
        self.assertEqual(done.code, 0, done)
        if GROUP != "deprovision":  # which leaves no state that could know
            before = state_of(lab)
            done = lab.run("action", "--json", "-", stdin=good)
            self.assertEqual((done.code, done.out), (4, ""), done)
            self.assertTrue(done.err.rstrip().endswith("replayed"), done)
            self.assertEqual(state_of(lab), before)


class Faces(LabCase):
    """The other ways to hand a code over lead through the same gate."""

    @unittest.skipUnless(GROUP == "fresh", "another group")
    def test_an_argument_and_a_file_are_refused_alike(self):
        lab = self.lab()
        code = lab.new_code("--fault bad-signature")
        file = pathlib.Path(lab.root / "code")
        file.write_text(code)
        for argument in (code, f"@{file}"):
            done = lab.run("activate", "--json", argument, code_in_arguments=True)
            self.assertEqual((done.code, done.out), (4, ""), done)
            self.assertEqual(done.err, "hotdeskd: the activation code is refused: bad signature\n")
        self.assertEqual(state_of(lab), {})


if __name__ == "__main__":
    tap.main()
