"""Modes, messages, remote sign-out, and a configuration that is read again."""

import signal

import tap
from lab import CLOCK, POLICY, LabCase, until

LOGOUT = "Webex.Registration.Logout"
ALERT = "UserInterface.Message.Alert.Display"
OBSERVE = POLICY.replace("[policy]", '[policy]\nmode = "observe"', 1)
SILENT = POLICY.replace("[policy]", "[policy]\nmessages = false", 1)
#: Nobody is signed out, whatever happens.
LAX = '[policy]\nsign_in_grace = "off"\nsign_out_grace = "off"\n'


class Policy(LabCase):
    def test_observe_mode_records_and_sends_nothing(self):
        lab = self.lab(OBSERVE).set_up()
        self.assertIn("observe mode", lab.worker.err)
        lab.control("desk-1 set stubborn on", "desk-1 sign-in anna@example.com")
        until(lambda: len(lab.records("desk-1")) == 2, "the decisions are recorded")
        found = lab.records("desk-1")
        self.assertEqual([(r["rule"], r["command"], r["result"]) for r in found],
                         [("sign_in_grace", ALERT, "observed"), ("sign_in_grace", LOGOUT, "observed")])
        # The clock desk's grace is longer: when its decision is there, desk-1 had every chance to be signed out.
        lab.control(f"{CLOCK} sign-in clock@example.com")
        until(lambda: len(lab.records(CLOCK)) == 2, "another desk's decisions are recorded")
        self.assertEqual(lab.commands(), [])
        self.assertEqual(lab.records("desk-1"), found, "decided once, recorded once")
        self.assertEqual(lab.signed_in("desk-1"), "anna@example.com")

    def test_observe_mode_sends_an_administrators_own_command(self):
        lab = self.lab(OBSERVE).set_up()
        lab.control("desk-1 book anna@example.com duration=1h", "desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        done = lab.run("sign-out", "desk-1")
        self.assertEqual(done.code, 0, done)
        self.assertIsNone(lab.signed_in("desk-1"))

    def test_without_messages_nobody_is_told(self):
        lab = self.lab(SILENT).set_up()
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.names("desk-1"), [LOGOUT])
        self.assertEqual(lab.desk("desk-1")["shown"], [])

    def test_the_message_says_why(self):
        lab = self.lab().set_up()
        lab.control("desk-1 set stubborn on", "desk-1 book anna@example.com duration=1h",
                    "desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        lab.control("desk-1 delete via=calendar")
        lab.wait_for_signed_out("desk-1")
        shown = lab.desk("desk-1")["shown"]
        self.assertEqual([s["kind"] for s in shown], ["alert"])
        self.assertIn("booking", shown[0]["text"])

    def test_an_override_holds_for_its_workspace_alone(self):
        policy = LAX + '[[policy.override]]\nworkspace = "oslo 1"\nsign_in_grace = "1s"\n'
        policy += '[[policy.override]]\nworkspace = "Oslo 3"\nsign_in_grace = "3s"\n'
        lab = self.lab(policy).set_up()
        lab.control("desk-2 sign-in bob@example.com", "desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        lab.let_graces_pass()
        self.assertEqual(lab.commands("desk-2"), [])

    def test_an_override_for_an_organizer_holds_for_their_booking(self):
        policy = LAX + '[[policy.override]]\norganizer = "*@visitors.example.com"\nsign_out_grace = "1s"\n'
        policy += '[[policy.override]]\nworkspace = "Oslo 3"\nsign_in_grace = "3s"\n'
        lab = self.lab(policy, sandbox=["--org-domain", "visitors.example.com"]).set_up()
        lab.control("desk-1 set stubborn on", "desk-1 book eve@Visitors.example.com duration=1h",
                    "desk-1 sign-in eve@visitors.example.com")
        lab.wait_for_state("desk-1", "in_use")
        lab.control("desk-1 delete via=calendar")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual({r["rule"] for r in lab.records("desk-1")}, {"sign_out_grace"})

    def test_a_call_may_last_as_long_as_the_overrun_allows(self):
        policy = POLICY.replace("[policy]", '[policy]\nmax_call_overrun = "2s"', 1)
        lab = self.lab(policy).set_up()
        lab.control("desk-1 book anna@example.com duration=1h", "desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        lab.control("desk-1 call", "desk-1 delete via=calendar")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual({r["rule"] for r in lab.records("desk-1")}, {"max_call_overrun"})

    # --- sign-out -----------------------------------------------------------------------------------------------------

    def test_a_sign_out_takes_a_name_a_part_of_it_a_workspace_and_an_id(self):
        lab = self.lab(LAX, desks=2).set_up()
        for name in ("desk-2", "sk-2", "Oslo 2", lab.device("desk-2")):
            lab.control("desk-2 sign-in anna@example.com")
            lab.wait_for_state("desk-2", "ad_hoc")
            done = lab.run("sign-out", name, "--json")
            self.assertEqual(done.code, 0, done)
            self.assertEqual(set(done.json()), {"outcome", "meetingId", "cause", "seq"})
            self.assertIsNone(lab.signed_in("desk-2"))
        self.assertEqual(lab.commands("desk-1"), [])

    def test_a_sign_out_of_an_unknown_desk_is_refused(self):
        lab = self.lab(LAX).set_up()
        for name in ("no-such-desk", "desk"):  # the second one may mean three
            done = lab.run("sign-out", name)
            self.assertEqual(done.code, 1, done)
            self.assertIn(name, done.err)
        self.assertEqual(lab.commands(), [])

    def test_a_sign_out_without_a_worker_is_refused_and_leaves_nothing_behind(self):
        lab = self.lab(LAX).set_up()
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "ad_hoc")
        lab.stop_worker()
        done = lab.run("sign-out", "desk-1")
        self.assertEqual(done.code, 1, done)
        self.assertIn("not running", done.err)
        lab.run_worker()
        lab.control("desk-2 sign-in bob@example.com")
        lab.wait_for_state("desk-2", "ad_hoc")
        self.assertEqual(lab.run("sign-out", "desk-2").code, 0)
        self.assertEqual(lab.commands("desk-1"), [])

    # --- reading the configuration again ------------------------------------------------------------------------------

    def test_sighup_takes_up_a_new_policy(self):
        lab = self.lab(LAX).set_up()
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "ad_hoc")
        lab.config.write_text(lab.config.read_text().replace('sign_in_grace = "off"', 'sign_in_grace = "0s"'))
        lab.worker.kill(signal.SIGHUP)
        lab.wait_for_log("configuration was read again")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.control("violations"), [])

    def test_sighup_with_an_invalid_file_changes_nothing_and_says_so(self):
        lab = self.lab().set_up()
        good = lab.config.read_text()
        lab.config.write_text(good.replace("sign_in_grace", "sign_in_grease", 1))
        lab.worker.kill(signal.SIGHUP)
        lab.wait_for_log("policy.sign_in_grease")
        self.assertIn("stays as it was", lab.worker.err)
        self.assertIn(f"{lab.config}:", lab.worker.err)
        lab.config.write_text(good)  # for the questions below; the worker is not told
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        self.assertTrue(lab.worker.running())

    def test_sighup_while_the_file_is_away_changes_nothing(self):
        lab = self.lab().set_up()
        good = lab.config.read_text()
        lab.config.unlink()
        lab.worker.kill(signal.SIGHUP)
        lab.wait_for_log("stays as it was")
        lab.config.write_text(good)
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")

    def test_sighup_says_which_changes_need_a_restart(self):
        lab = self.lab().set_up()
        lab.config.write_text(lab.config.read_text().replace("[http]\n", '[http]\nproxy = "http://localhost:9"\n'))
        lab.worker.kill(signal.SIGHUP)
        lab.wait_for_log("take effect at the next start")
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")


if __name__ == "__main__":
    tap.main()
