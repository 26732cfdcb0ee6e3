"""A disk that is full, or that may not be written: said clearly, nothing sent without its record, and mended."""

import os
import subprocess
import unittest

import tap
from lab import LabCase, until

LOGOUT = "Webex.Registration.Logout"


def mount(*arguments):
    """Mounts something, or skips: only root may, and not in every container."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest("nothing can be mounted here: " + (done.stderr.strip() or f"exit {done.returncode}"))


class Disk(LabCase):
    def on_tmpfs(self, size="2m"):
        """A lab whose state directory is a small disk of its own."""
        if os.geteuid() != 0:
            self.skipTest("only root can mount a small disk for the state")
        lab = self.lab(sandbox=["--poll-wait", "5s"])
        lab.state.mkdir(mode=0o700)
        mount("-t", "tmpfs", "-o", f"size={size},mode=0700", "hotdeskd-test", str(lab.state))
        # Before the lab is closed, which happens later: cleanups run backwards.
        self.addCleanup(subprocess.run, ["umount", "-l", str(lab.state)], capture_output=True, check=False)
        self.addCleanup(self.end_worker, lab)
        return lab

    @staticmethod
    def end_worker(lab):
        if lab.worker and lab.worker.running():
            lab.stop_worker()

    def fill(self, lab):
        """Takes all the space that is left, to the last page."""
        filler = lab.state / "filler"
        with open(filler, "wb", buffering=0) as file:
            block = 65536
            while block >= 512:
                try:
                    if file.write(b"\0" * block) < block:
                        block //= 2
                except OSError:
                    block //= 2
        return filler

    def test_a_full_disk_is_said_and_nothing_is_sent_until_there_is_space(self):
        lab = self.on_tmpfs()
        lab.set_up()
        lab.control("desk-1 set stubborn on", "desk-1 book anna@example.com duration=1h",
                    "desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        filler = self.fill(lab)
        lab.control("desk-1 delete via=calendar")
        lab.wait_for_log(f"cannot write the state in {lab.state}")
        # A write that is cut short on the way to a full disk is an I/O error for LMDB.
        self.assertRegex(lab.worker.err, "the disk is full|Input/output error")
        # The worker goes on listening: the queue is polled, and drained.
        lab.control("desk-2 presence Yes", "desk-2 presence No")
        until(lambda: lab.control("world")["queued"] == 0, "messages are still taken")
        self.assertTrue(lab.worker.running())
        # The grace is over and the retry of the write has failed at least once: still not a word to a desk.
        polls = len(lab.requests("poll"))
        until(lambda: len(lab.requests("poll")) >= polls + 3, "time passes")
        self.assertEqual(lab.commands(), [])
        self.assertEqual(lab.signed_in("desk-1"), "anna@example.com")
        filler.unlink()
        lab.wait_for_log("can be written again")
        lab.wait_for_signed_out("desk-1")
        logouts = [r for r in lab.records("desk-1") if r["command"] == LOGOUT]
        self.assertEqual([r["result"] for r in logouts][-1:], ["done"])
        self.assertEqual(lab.names("desk-1").count(LOGOUT), 1)
        self.assertEqual(lab.status()["operational"], "operational")

    def test_a_full_disk_spends_no_refresh_token(self):
        lab = self.on_tmpfs()
        lab.set_up()
        filler = self.fill(lab)
        tokens = len(lab.requests("token"))
        lab.control("revoke access", "desk-2 presence Yes")
        # That a refresh begins must be stored before it goes out: a token that is spent now could be lost.
        lab.wait_for_log("cannot write the state")
        self.assertEqual(len(lab.requests("token")), tokens)
        filler.unlink()
        until(lambda: len(lab.requests("token")) > tokens, "a new token is got")
        until(lambda: lab.control("world")["pollOutstanding"] and lab.requests("poll")[-1]["status"] != 401,
              "the worker polls with the new token")
        self.assertEqual([r["status"] for r in lab.requests("token")][tokens:], [200])
        # It was stored: another process life gets along with it.
        lab.stop_worker()
        lab.control("revoke access")
        polls = len(lab.requests("poll"))
        lab.run_worker(wait=False)
        until(lambda: any(r["status"] in (0, 200) for r in lab.requests("poll")[polls:]), "a poll is taken")
        self.assertTrue(all(r["status"] == 200 for r in lab.requests("token")))

    def test_a_disk_without_space_is_no_place_for_an_activation(self):
        lab = self.on_tmpfs("64k")
        filler = self.fill(lab)
        done = lab.run("activate", "-", stdin=lab.code)
        self.assertEqual(done.code, 1, done)
        self.assertIn("the disk is full", done.err)
        self.assertEqual(lab.requests("patch"), [])
        filler.unlink()

    def read_only(self):
        """An activated lab whose state directory may not be written."""
        if os.geteuid() != 0:
            self.skipTest("only root can mount the state read-only")
        lab = self.lab()
        lab.set_up()
        lab.stop_worker()
        mount("--bind", str(lab.state), str(lab.state))
        self.addCleanup(subprocess.run, ["umount", "-l", str(lab.state)], capture_output=True, check=False)
        mount("-o", "remount,bind,ro", str(lab.state))
        return lab

    def test_a_read_only_state_stops_the_worker_at_its_start_in_words(self):
        lab = self.read_only()
        done = lab.run("run")
        self.assertEqual(done.code, 1, done)
        self.assertIn("read-only", done.err)
        self.assertIn(str(lab.state), done.err)

    def test_a_read_only_state_can_still_be_looked_at(self):
        lab = self.read_only()
        self.assertIs(lab.status()["activated"], True)
        self.assertEqual(len(lab.devices()), 3)
        self.assertEqual(lab.run("log").code, 0)

    def test_a_read_only_state_refuses_an_activation_and_keeps_the_old_one(self):
        lab = self.read_only()
        code = lab.new_code()
        done = lab.run("activate", "--replace", "-", stdin=code)
        self.assertEqual(done.code, 1, done)
        self.assertIn("read-only", done.err)
        subprocess.run(["umount", str(lab.state)], check=True)
        lab.activate(code, "--replace")


if __name__ == "__main__":
    tap.main()
