"""What Webex has not granted is known before it is tried: the rule rests, status says so, and the cloud is never asked."""

import tap
from lab import CLOCK, POLICY, LabCase, until

LIMITED = POLICY.replace("[policy]", '[policy]\nmax_duration = "2h"', 1)


class Grants(LabCase):
    def take_up(self, lab):
        """A reload has the worker read appUrl at once, and not within the hour."""
        reads = len(lab.requests("app"))
        lab.worker.kill(1)  # SIGHUP
        until(lambda: len(lab.requests("app")) > reads, "the integration's details are read")

    def refused(self, lab):
        return [r["path"] for r in lab.requests() if r["status"] == 403]

    def says(self, lab, rule, desk="desk-1"):
        rules = lab.run("explain", desk, "--json").json()["rules"]
        return [r["says"] for r in rules if r["rule"] == rule][0]

    def test_a_rule_without_its_command_rests_and_acts_once_it_is_granted(self):
        lab = self.lab(LIMITED, sandbox=["--withhold", "Bookings.Delete"]).set_up()
        alerts = lab.status()["alerts"]
        self.assertEqual(len(alerts), 1, alerts)
        for word in ("Bookings.Delete", "release_on_sign_out", "max_duration", "hotdeskd manifest --request-update",
                     "Control Hub"):
            self.assertIn(word, alerts[0])
        self.assertIn("alert: " + alerts[0], lab.run("status").out)
        self.assertEqual(lab.worker.err.count("Bookings.Delete (command) was not granted"), 1)

        lab.control("desk-1 book anna@example.com start=+3h duration=5h")
        until(lambda: [b["objection"] for b in lab.run("bookings", "desk-1", "--json").json()] == ["max_duration"],
              "the worker objects to the booking")
        lab.let_graces_pass()
        self.assertNotIn("Bookings.Delete", lab.names())
        self.assertEqual(lab.records("desk-1"), [])
        self.assertTrue(self.says(lab, "max_duration").startswith("rests: Bookings.Delete was not granted"))

        meeting = lab.run("bookings", "desk-1", "--json").json()[0]["meetingId"]
        order = lab.run("delete", meeting)
        self.assertEqual(order.code, 1, order)
        self.assertIn("Bookings.Delete was not granted", order.err)
        self.assertNotIn("Bookings.Delete", lab.names())
        self.assertEqual(self.refused(lab), [])

        lab.control("withhold")
        self.take_up(lab)
        until(lambda: "Bookings.Delete" in lab.names("desk-1"), "the rule wakes")
        until(lambda: lab.run("bookings", "desk-1", "--json").json() == [], "the booking is gone")
        lab.wait_for_log("Bookings.Delete is granted now")
        self.assertEqual(lab.status()["alerts"], [])
        self.assertEqual([r["rule"] for r in lab.records("desk-1") if r["command"] == "Bookings.Delete"],
                         ["max_duration"])

    def test_what_is_asked_for_and_approved_wakes_the_rule(self):
        lab = self.lab(LIMITED, sandbox=["--withhold", "Bookings.Delete"]).set_up()
        lab.control("desk-1 book anna@example.com start=+3h duration=5h")
        until(lambda: [b["objection"] for b in lab.run("bookings", "desk-1", "--json").json()] == ["max_duration"],
              "the worker objects to the booking")
        asked = lab.run("manifest", "--request-update")
        self.assertEqual(asked.code, 0, asked)
        lab.control("approve-update", "push-action updateApproved")
        until(lambda: "Bookings.Delete" in lab.names("desk-1"), "the rule wakes")
        until(lambda: lab.status()["alerts"] == [], "nothing is missing any more")
        self.assertEqual(self.refused(lab), [])

    def test_nobody_is_signed_out_where_that_was_not_granted(self):
        lab = self.lab(sandbox=["--withhold", "Webex.Registration.Logout", "--withhold",
                                "UserInterface.Message.Alert.Display"]).set_up()
        self.assertEqual(len(lab.status()["alerts"]), 2)
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "ad_hoc")
        self.assertTrue(self.says(lab, "sign_in_grace").startswith("rests: Webex.Registration.Logout"))
        order = lab.run("sign-out", "desk-1", "--json")
        self.assertEqual((order.code, order.json()["outcome"]), (1, "refused"), order)
        self.assertIn("Webex.Registration.Logout was not granted", order.json()["cause"])
        self.assertEqual(lab.names(), [])
        # The message alone is still missing: who must go goes without a word.
        lab.control("withhold UserInterface.Message.Alert.Display")
        self.take_up(lab)
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(set(lab.names()), {"Webex.Registration.Logout"})
        self.assertEqual(self.refused(lab), [])

    def test_where_desks_may_not_be_asked_nothing_is_decided(self):
        for name in ("spark:xapi_commands", "Bookings.List", "Webex.DevicePersonalization.Personalized"):
            with self.subTest(name):
                lab = self.lab(sandbox=["--withhold", name])
                lab.activate()
                lab.run_worker()
                until(lambda: len(lab.devices()) == 3, "the desks are known")
                self.assertTrue(any(name in alert for alert in lab.status()["alerts"]))
                lab.control("desk-1 sign-in anna@example.com", f"{CLOCK} sign-in bob@example.com")
                until(lambda: self.says(lab, "sign_in_grace") == f"rests: {name} was not granted", "the rule rests")
                self.assertEqual(lab.requests("status") + lab.requests("command"), [])
                lab.control("withhold")
                self.take_up(lab)
                lab.wait_for_signed_out("desk-1")
                lab.wait_for_signed_out(CLOCK)
                self.assertEqual(self.refused(lab), [])

    def test_access_that_is_taken_back_is_used_no_more(self):
        lab = self.lab(LIMITED).set_up()
        self.assertEqual(lab.status()["alerts"], [])
        lab.control("withhold Bookings.Edit SystemUnit.State.NumberOfActiveCalls")
        self.take_up(lab)
        until(lambda: len(lab.status()["alerts"]) == 2, "both are missed")
        lab.control("desk-1 sign-in anna@example.com", "desk-2 book bob@example.com start=+3h duration=5h")
        until(lambda: "Bookings.Delete" in lab.names("desk-2"), "what may be done is done")
        lab.control("desk-1 full-sync")
        until(lambda: self.says(lab, "sign_in_grace").startswith("rests: SystemUnit.State.NumberOfActiveCalls"),
              "the rule rests")
        self.assertNotIn("Webex.Registration.Logout", lab.names())
        self.assertEqual(self.refused(lab), [])

    def test_the_sandbox_refuses_to_hold_back_what_there_is_not(self):
        lab = self.lab()
        with self.assertRaisesRegex(AssertionError, "nothing called 'Bookings.Explode'"):
            lab.control("withhold Bookings.Explode")


if __name__ == "__main__":
    tap.main()
