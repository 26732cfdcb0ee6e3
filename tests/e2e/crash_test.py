"""What is left when the worker dies in the middle of something."""

import random
import signal
import time

import tap
from lab import CLOCK, LabCase, until

LOGOUT = "Webex.Registration.Logout"


class Crash(LabCase):
    def test_desks_end_right_however_often_the_worker_is_killed(self):
        lab = self.lab(desks=8, sandbox=["--poll-wait", "5s"]).set_up()
        seed = random.randrange(10**6)
        chance = random.Random(seed)
        print(f"seed {seed}")
        overstaying = ["desk-1", "desk-2", "desk-4", "desk-5"]
        lawful = ["desk-6", "desk-7"]
        for desk in lawful:
            lab.control(f"{desk} book {desk}@example.com start=-10m duration=2h", f"{desk} sign-in {desk}@example.com")
        for round_ in range(8):
            for desk in overstaying:
                if lab.signed_in(desk) is None and chance.random() < 0.7:
                    lab.control(f"{desk} set stubborn on", f"{desk} sign-in guest{round_}@example.com")
            # A moment of the worker's life that nobody chose; no condition is waited for here.
            time.sleep(chance.random() * 1.5)
            lab.worker.kill(signal.SIGKILL)
            self.assertEqual(lab.worker.wait(), -signal.SIGKILL)
            lab.run_worker(wait=False)
        for desk in overstaying:
            if lab.signed_in(desk) is None:
                lab.control(f"{desk} sign-in last@example.com")
        for desk in overstaying:
            lab.wait_for_signed_out(desk)
        for desk in lawful:
            lab.wait_for_state(desk, "in_use")
            self.assertEqual(lab.signed_in(desk), f"{desk}@example.com")
            self.assertEqual(lab.commands(desk), [])
        self.assertNotIn("Bookings.Delete", lab.names())
        until(lambda: lab.status()["commands"]["pending"] == 0, "nothing is left pending")
        self.assertNotIn("pending", [r["result"] for r in lab.records()])
        seqs = [r["seq"] for r in lab.records()]
        self.assertEqual(seqs, sorted(set(seqs)), "numbers of the record are used once")

    def test_a_command_whose_answer_never_came_is_decided_anew(self):
        lab = self.lab().set_up()
        lab.control("fault command hang name=Webex.Registration.Logout", "desk-1 set stubborn on",
                    "desk-1 sign-in anna@example.com")
        until(lambda: LOGOUT in lab.names("desk-1"), "the command is under way")
        # The answer to the message before it need not be stored yet when the command goes out.
        until(lambda: lab.status()["commands"]["pending"] == 1, "nothing else is waiting")
        lab.worker.kill(signal.SIGKILL)
        lab.worker.wait()
        self.assertEqual(lab.status()["commands"]["pending"], 1)
        lab.control("fault off")
        lab.run_worker()
        lab.wait_for_signed_out("desk-1")
        results = [r["result"].split(":")[0] for r in lab.records("desk-1") if r["command"] == LOGOUT]
        self.assertEqual(results, ["dropped", "done"])

    def test_a_user_who_left_while_the_worker_was_dead_costs_nothing(self):
        lab = self.lab().set_up()
        lab.control("fault command hang name=Webex.Registration.Logout", "desk-1 set stubborn on",
                    "desk-1 sign-in anna@example.com")
        until(lambda: LOGOUT in lab.names("desk-1"), "the command is under way")
        lab.worker.kill(signal.SIGKILL)
        lab.worker.wait()
        before = len(lab.commands("desk-1"))
        lab.control("fault off", "desk-1 sign-out", "desk-1 book bob@example.com duration=1h",
                    "desk-1 sign-in bob@example.com")
        lab.run_worker()
        lab.wait_for_state("desk-1", "in_use")
        lab.let_graces_pass()
        self.assertEqual(lab.commands("desk-1")[before:], [])
        self.assertEqual(lab.signed_in("desk-1"), "bob@example.com")

    def test_a_state_is_whole_after_a_kill_during_an_activation(self):
        lab = self.lab()
        code = lab.root / "code"
        chance = random.Random(1)
        for _ in range(6):
            code.write_text(lab.new_code())  # not as an argument: the process list is searched for it
            process = lab.begin("activate", "--replace", f"@{code}")
            time.sleep(chance.random() * 0.2)
            process.kill(signal.SIGKILL)
            process.wait()
            self.assertIn(lab.run("devices").code, (0, 3))
        lab.activate(lab.new_code(), "--replace")
        lab.run_worker()
        lab.control(f"{CLOCK} sign-in anna@example.com")
        lab.wait_for_signed_out(CLOCK)


if __name__ == "__main__":
    tap.main()
