"""The worker as a service: what it tells systemd, how it stops, and which sockets it has."""

import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import time

import tap
from lab import HOTDESKD, LabCase, until


class Notifications:
    """The other end of NOTIFY_SOCKET: everything that was said, line by line, in its order."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.said = []

    def read(self):
        while select.select([self.socket], [], [], 0)[0]:
            self.said += self.socket.recv(65536).decode().splitlines()
        return self.said

    def heard(self, start):
        return [line for line in self.read() if line.startswith(start)]


class Service(LabCase):
    def notified_lab(self, *options):
        lab = self.lab(sandbox=["--poll-wait", "5s", *options])
        notifications = Notifications(lab.root)
        self.addCleanup(notifications.socket.close)
        lab.extra_environment["NOTIFY_SOCKET"] = notifications.path
        return lab, notifications

    def test_ready_is_said_only_when_the_first_poll_is_out(self):
        lab, notifications = self.notified_lab("--access-token-lifetime", "1s")
        lab.activate()
        # The token has run out and no other is to be had: no poll can go out.
        lab.control("fault token 503", "set access-token-lifetime 1h")
        lab.run_worker(wait=False)
        until(lambda: any(r["status"] == 503 for r in lab.requests("token")), "a token is asked for in vain")
        until(lambda: notifications.heard("STATUS="), "something is said")
        self.assertEqual(notifications.heard("READY=1"), [])
        self.assertEqual(lab.requests("poll"), [])
        lab.control("fault off")
        until(lambda: notifications.heard("READY=1"), "the worker is ready")
        # The request and the word go different ways: the word may be here first, by as much as the network takes.
        until(lambda: lab.requests("poll"), "a poll is out")

    def test_the_status_is_a_sentence_about_the_desks(self):
        lab, notifications = self.notified_lab()
        lab.set_up()
        until(lambda: any("3 desks" in line for line in notifications.heard("STATUS=")), "the desks are counted")

    def test_the_watchdog_is_fed_as_often_as_it_wants(self):
        lab, notifications = self.notified_lab()
        lab.activate()
        lab.extra_environment["WATCHDOG_USEC"] = "1000000"
        lab.run_worker()
        # The process itself is the one that is watched: WATCHDOG_PID is not set, as under systemd for a main process.
        until(lambda: len(notifications.heard("WATCHDOG=1")) >= 4, "the watchdog is fed again and again")

    def test_a_reload_is_announced_and_ended(self):
        lab, notifications = self.notified_lab()
        lab.set_up()
        until(lambda: notifications.heard("READY=1"), "ready")
        lab.worker.kill(signal.SIGHUP)
        until(lambda: len(notifications.heard("READY=1")) == 2, "ready again")
        said = [line for line in notifications.said if line in ("READY=1", "RELOADING=1")]
        self.assertEqual(said, ["READY=1", "RELOADING=1", "READY=1"])
        self.assertTrue(notifications.heard("MONOTONIC_USEC="))

    def test_stopping_is_said(self):
        lab, notifications = self.notified_lab()
        lab.set_up()
        self.assertEqual(notifications.heard("STOPPING=1"), [])
        self.assertEqual(lab.stop_worker().code, 0)
        self.assertEqual(notifications.heard("STOPPING=1"), ["STOPPING=1"])

    def test_a_certificate_of_a_new_authority_is_believed_once_it_is_in_the_ca_file(self):
        lab = self.lab(sandbox=["--poll-wait", "5s"]).set_up()
        polls = len(lab.requests("poll"))
        lab.control("new-certificate", "desk-1 sign-in anna@example.com")
        lab.wait_for_poll(polls)
        lab.wait_for_signed_out("desk-1")
        self.assertNotIn("certificate", lab.status()["lastError"] or "")

    # --- stopping -----------------------------------------------------------------------------------------------------

    def assert_stops_at_once(self, number):
        lab = self.lab(sandbox=["--poll-wait", "10m"]).set_up()
        until(lambda: lab.control("world")["pollOutstanding"], "a poll is held")
        began = time.monotonic()
        done = lab.stop_worker(number)
        self.assertEqual(done.code, 0, done)
        # A second is meant; ten allow for a busy machine and are still far less than the poll.
        self.assertLess(time.monotonic() - began, 10)
        self.assertIs(lab.status()["running"], False)
        self.assertFalse((lab.dir / "run" / "doorbell").exists())

    def test_sigterm_does_not_wait_for_the_poll(self):
        self.assert_stops_at_once(signal.SIGTERM)

    def test_sigint_does_not_wait_for_the_poll(self):
        self.assert_stops_at_once(signal.SIGINT)

    def test_sigterm_does_not_wait_for_a_slow_desk(self):
        lab = self.lab(sandbox=["--poll-wait", "10m"]).set_up()
        lab.control("desk-1 set slow 10m", "desk-1 sign-in anna@example.com")
        until(lambda: any("desk" in r["path"] or "Personalized" in r["path"] for r in lab.requests("status")), "asked")
        began = time.monotonic()
        self.assertEqual(lab.stop_worker().code, 0)
        self.assertLess(time.monotonic() - began, 10)

    def test_what_was_known_is_known_after_a_restart(self):
        lab = self.lab().set_up()
        meeting = lab.control("desk-1 book anna@example.com duration=1h")
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        lab.stop_worker()
        # Nobody is asked here: it is in the state.
        self.assertEqual(lab.seen("desk-1")["booking"]["meetingId"], meeting)
        lab.run_worker()
        lab.let_graces_pass()
        self.assertEqual(lab.commands("desk-1"), [])

    # --- sockets ------------------------------------------------------------------------------------------------------

    def test_no_socket_listens(self):
        lab = self.lab().set_up()
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        try:
            links = [os.readlink(f"/proc/{lab.worker.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{lab.worker.pid}/fd")]
        except PermissionError:
            self.skipTest("the worker hides its descriptors from everybody but root, and this is not root")
        inodes = {m.group(1) for link in links if (m := re.fullmatch(r"socket:\[(\d+)\]", link))}
        self.assertTrue(inodes, "not even a connection to the cloud")
        connected = 0
        for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
            path = pathlib.Path("/proc/net") / table
            for line in path.read_text().splitlines()[1:] if path.exists() else []:
                fields = line.split()
                if fields[9] not in inodes:
                    continue
                self.assertIn(table, ("tcp", "tcp6"), line)
                self.assertNotEqual(fields[3], "0A", f"a listening socket: {line}")
                connected += fields[3] == "01"
        self.assertGreater(connected, 0)

    def test_the_program_cannot_listen(self):
        if not shutil.which("nm"):
            self.skipTest("nm is not here (package binutils)")
        listed = subprocess.run(["nm", "-D", "--undefined-only", HOTDESKD], capture_output=True, text=True, check=True)
        names = {line.split()[-1].split("@")[0] for line in listed.stdout.splitlines() if line.strip()}
        self.assertIn("connect", names, "nm shows nothing of use")
        self.assertEqual(names & {"listen", "accept", "accept4"}, set())


if __name__ == "__main__":
    tap.main()
