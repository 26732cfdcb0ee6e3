"""The search for secrets, which every test program ends with, finds what it looks for."""

import base64
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import leaks
import tap
from lab import LabCase

SECRET = "Yw3-planted_secret.that+is/long=enough"


class Forms(unittest.TestCase):
    def assert_found(self, text, what):
        blob = b"\x00 before " + text + b" after \xff"
        self.assertTrue(leaks.find([("a file", blob)], leaks.needles_of([SECRET])), what)

    def test_a_secret_is_found_in_each_form_and_wherever_it_stands(self):
        secret = SECRET.encode()
        forms = {"as it is": secret, "backwards": secret[::-1], "hex": secret.hex().encode(),
                 "HEX": secret.hex().upper().encode(), "UTF-16": SECRET.encode("utf-16-le")}
        for before in range(7):
            text = b"{x:" + b"a" * before + secret + b"}"
            forms[f"base64 behind {before}"] = base64.b64encode(text)
            forms[f"base64url behind {before}"] = base64.urlsafe_b64encode(text)
        for name, text in forms.items():
            self.assert_found(text, name)

    def test_a_part_of_a_code_is_found(self):
        needles = leaks.needles_of(["eyJhbGciOiJFUzI1NiJ9.eyJyZWZyZXNoVG9rZW4iOiJ4In0.c2lnbmF0dXJlLW9mLWl0"])
        self.assertTrue(leaks.find([("log", b"claims eyJyZWZyZXNoVG9rZW4iOiJ4In0 refused")], needles))

    def test_what_is_no_secret_is_not_found(self):
        self.assertEqual(leaks.find([("a file", b"planted_secret" * 1000)], leaks.needles_of([SECRET])), [])


class Processes(unittest.TestCase):
    def seen_of(self, arguments, environment, may_tell=False):
        """What a watcher sees of a process that ends when its input does."""
        watcher = leaks.Watcher()
        with subprocess.Popen([sys.executable, "-c", "import sys; print(1, flush=True); sys.stdin.read()", *arguments],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env=dict(os.environ, **environment)) as process:
            watcher.watch(process, "it", may_tell)
            process.stdout.readline()
            process.stdin.close()
            process.wait()
        return leaks.find(watcher.end(), leaks.needles_of([SECRET]))

    def test_a_secret_in_a_command_line_is_found(self):
        self.assertTrue(self.seen_of([SECRET], {}))
        self.assertFalse(self.seen_of([SECRET], {}, may_tell=True))

    def test_a_secret_in_an_environment_is_found(self):
        self.assertTrue(self.seen_of([], {"PLANTED": SECRET}))
        self.assertTrue(self.seen_of([], {"PLANTED": SECRET}, may_tell=True))

    def test_a_secret_in_a_childs_command_line_is_found(self):
        # The parent reads the secret, and hands it on in an argument. The child ends with the parent's end of a pipe. It
        # is there once it has said so: Popen returns while the system still makes the command line.
        parent = ("import subprocess, sys; secret = sys.stdin.readline().strip();"
                  "child = subprocess.Popen([sys.executable, '-c',"
                  "                          'import sys; print(1, flush=True); sys.stdin.read()', secret],"
                  "                         stdin=subprocess.PIPE, stdout=subprocess.PIPE);"
                  "child.stdout.readline(); print(1, flush=True); sys.stdin.read()")
        for may_tell in (False, True):
            watcher = leaks.Watcher()
            with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True) as process:
                process.stdin.write(SECRET + "\n")
                process.stdin.flush()
                process.stdout.readline()
                watcher.watch(process, "it", may_tell)
                process.stdin.close()
                process.wait()
            self.assertTrue(leaks.find(watcher.end(), leaks.needles_of([SECRET])))


class InALab(LabCase):
    def test_the_secrets_of_a_lab_are_known_and_its_files_are_searched(self):
        lab = self.lab().set_up()
        lab.control("revoke access")
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        secrets = lab.secrets()
        told = lab.control("secrets")
        self.assertGreaterEqual(len(told), 6)  # client secret, code, two refresh tokens used up, two access tokens
        for secret in [*told, lab.code, (lab.dir / "client-secret").read_text().strip()]:
            self.assertIn(secret, secrets)
        mode = (lab.dir / "handed-out").stat().st_mode
        self.assertEqual(oct(mode & 0o777), oct(0o600))
        names = {name for name, _ in lab.files()}
        self.assertIn("data.mdb", names)
        self.assertTrue(any(name.endswith("-run.err") for name in names), names)
        self.assertFalse(names & {"client-secret", "handed-out"})
        self.assertIn(bytes.fromhex((lab.dir / "state.key").read_text().strip()), secrets)
        self.assertTrue(any(b"--config" in blob for _, blob in lab.watcher.seen))

    def test_a_secret_that_was_planted_in_a_lab_is_found(self):
        lab = self.lab()
        lab.activate()
        token = lab.control("secrets")[0]
        for folder in (lab.state, lab.dir, lab.outputs, lab.work):
            planted = folder / "core.4711"
            self.assertEqual(leaks.find(lab.files(), leaks.needles_of(lab.secrets())), [])
            planted.write_bytes(b"\x7fELF" + token.encode() + b"\0")
            self.assertTrue(leaks.find(lab.files(), leaks.needles_of(lab.secrets())), folder)
            self.assertEqual(bool(lab.cores()), folder == lab.work)
            planted.unlink()


class Verdict(unittest.TestCase):
    """On totals of its own, so that the program's stay what they are."""

    def setUp(self):
        self.kept = {name: getattr(leaks.Totals, name) for name in ("labs", "secrets", "files", "samples", "findings")}
        for name in self.kept:
            setattr(leaks.Totals, name, [] if name == "findings" else 0)
        self.addCleanup(lambda: [setattr(leaks.Totals, name, value) for name, value in self.kept.items()])

    def test_a_leak_in_one_lab_spoils_the_whole_program(self):
        leaks.add([SECRET], [("log", b"nothing")], [("/proc/x/cmdline", b"x")])
        self.assertTrue(leaks.verdict()[0])
        leaks.add([SECRET], [("log", SECRET.encode())], [("/proc/x/cmdline", b"x")])
        good, details, _ = leaks.verdict()
        self.assertFalse(good)
        self.assertIn("is in log", details[-1])

    def test_a_core_spoils_it_too(self):
        leaks.add([SECRET], [("log", b"")], [("/proc/x/cmdline", b"x")], ["a core was left: core"])
        self.assertFalse(leaks.verdict()[0])

    def test_a_search_for_nothing_proves_nothing(self):
        leaks.add([], [("log", b"")], [("/proc/x/cmdline", b"x")])
        self.assertFalse(leaks.verdict()[0])

    def test_a_search_of_nothing_proves_nothing(self):
        leaks.add([SECRET], [], [])
        self.assertFalse(leaks.verdict()[0])

    def test_files_are_read_below_folders(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "deep").mkdir()
            (pathlib.Path(folder) / "deep" / "kept").write_text(SECRET)
            (pathlib.Path(folder) / "left").write_text("x")
            names = [name for name, _ in leaks.files_below([folder], lambda path: path.name == "left")]
        self.assertEqual(names, ["kept"])


if __name__ == "__main__":
    tap.main()
