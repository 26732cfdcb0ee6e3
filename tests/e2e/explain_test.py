"""What hotdeskd says about its desks: bookings, explain, and the alerts of status."""

import datetime

import tap
from lab import POLICY, LabCase, until

PATIENT = POLICY.replace('sign_in_grace = "1s"', 'sign_in_grace = "1h"', 1)
LIMITED = POLICY.replace("[policy]", '[policy]\nmax_duration = "2h"', 1)
RULES = {"sign_in_grace", "sign_out_grace", "max_call_overrun", "verify_identity", "release_on_sign_out",
         "no_show_release", "no_show_warning", "end_warning", "allow_ad_hoc", "allow_extension", "organizer_deny",
         "organizer_domains", "max_duration", "max_advance", "booking_days", "booking_hours", "one_desk_at_a_time",
         "max_bookings_per_day"}


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Explain(LabCase):
    def explained(self, lab, desk="desk-1"):
        """The explanation, and each rule's first line in it."""
        ended = lab.run("explain", desk, "--json")
        self.assertEqual(ended.code, 0, ended)
        found = ended.json()
        return found, {rule["rule"]: rule for rule in reversed(found["rules"])}

    # --- bookings -----------------------------------------------------------------------------------------------------

    def test_bookings_are_listed_by_desk_and_by_start(self):
        lab = self.lab().set_up()
        self.assertEqual(lab.run("bookings", "--json").json(), [])
        self.assertIn("no booking", lab.run("bookings").out)
        late = lab.control("desk-1 book anna@example.com start=+3h duration=1h")
        early = lab.control("desk-1 book bob@example.com start=-10m duration=1h")
        other = lab.control("desk-2 book eve@example.com start=+1h duration=1h")
        found = until(lambda: len(all_of := lab.run("bookings", "--json").json()) == 3 and all_of, "they are known")
        self.assertEqual([(b["displayName"], b["meetingId"], b["organizerEmail"], b["state"]) for b in found],
                         [("desk-1", early, "bob@example.com", "running"),
                          ("desk-1", late, "anna@example.com", "upcoming"),
                          ("desk-2", other, "eve@example.com", "upcoming")])
        self.assertEqual(set(found[0]), {"deviceId", "displayName", "meetingId", "organizerEmail", "start", "end",
                                         "state", "objection"})
        one = lab.run("bookings", "Oslo 2", "--json").json()
        self.assertEqual([b["meetingId"] for b in one], [other])
        for meeting in (early, late, other):
            self.assertIn(meeting, lab.run("bookings").out)
        self.assertEqual(lab.run("bookings", "no-such-desk").code, 1)

    def test_bookings_are_listed_while_the_worker_does_not_run(self):
        lab = self.lab().set_up()
        meeting = lab.control("desk-1 book anna@example.com start=+3h duration=1h")
        until(lambda: lab.run("bookings", "--json").json(), "it is known")
        lab.stop_worker()
        self.assertEqual([b["meetingId"] for b in lab.run("bookings", "--json").json()], [meeting])

    # --- explain ------------------------------------------------------------------------------------------------------

    def test_every_rule_says_something_about_a_free_desk_and_none_will_act(self):
        lab = self.lab().set_up()
        found, rules = self.explained(lab)
        self.assertEqual(set(found), {"deviceId", "displayName", "workspaceName", "state", "rules"})
        self.assertEqual((found["displayName"], found["workspaceName"], found["state"]), ("desk-1", "Oslo 1", "free"))
        self.assertEqual(set(rules), RULES)
        for rule in found["rules"]:
            self.assertEqual(set(rule), {"rule", "says", "act", "meetingId", "due"})
            self.assertTrue(rule["says"], rule)
            self.assertIsNone(rule["due"], rule)
        human = lab.run("explain", "desk-1")
        self.assertEqual(human.code, 0, human)
        for rule in RULES:
            self.assertIn(f"{rule}: ", human.out)

    def test_a_rule_that_will_act_says_what_and_when(self):
        lab = self.lab(PATIENT).set_up()
        before = datetime.datetime.now(datetime.timezone.utc)
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "ad_hoc")
        after = datetime.datetime.now(datetime.timezone.utc)
        rule = self.explained(lab)[1]["sign_in_grace"]
        self.assertEqual(rule["act"], "sign_out")
        hour, tolerance = datetime.timedelta(hours=1), datetime.timedelta(seconds=2)
        self.assertTrue(before + hour - tolerance <= instant(rule["due"]) <= after + hour + tolerance, rule)
        self.assertIn("will sign out at ", lab.run("explain", "desk-1").out)
        # Whoever looks while the worker does not run sees the same: the clock goes on.
        lab.stop_worker()
        again = self.explained(lab)[1]["sign_in_grace"]
        self.assertLess(abs(instant(again["due"]) - instant(rule["due"])), tolerance)

    def test_explain_needs_a_desk_that_is_known(self):
        lab = self.lab().set_up()
        self.assertEqual(lab.run("explain", "no-such-desk").code, 1)
        self.assertEqual(lab.run("explain").code, 2)

    # --- alerts -------------------------------------------------------------------------------------------------------

    def test_status_says_which_scopes_a_rule_lacks(self):
        lab = self.lab(sandbox=["--no-identity"]).set_up()
        alerts = lab.status()["alerts"]
        self.assertEqual(len(alerts), 2, alerts)
        for scope, alert in zip(("spark-admin:hotdesk_read", "spark-admin:people_read"), alerts):
            self.assertIn(scope, alert)
            self.assertIn("verify_identity rests", alert)
        self.assertIn("alert: " + alerts[0], lab.run("status").out)
        lab.config.write_text(lab.config.read_text().replace("[policy]", '[policy]\nverify_identity = "off"', 1))
        self.assertEqual(lab.status()["alerts"], [])

    def test_without_anything_to_tell_there_is_no_alert(self):
        lab = self.lab().set_up()
        self.assertEqual(lab.status()["alerts"], [])
        self.assertNotIn("alert", lab.run("status").out)

    def test_a_booking_that_was_put_back_twice_and_moved_again_is_an_alert(self):
        lab = self.lab(LIMITED).set_up()
        meeting = lab.control("desk-1 book anna@example.com start=+3h duration=1h")
        until(lambda: lab.run("bookings", "desk-1", "--json").json(), "it is known")
        for times in (1, 2):
            lab.control(f"desk-1 move {meeting} duration=3h via=calendar")
            until(lambda: lab.names("desk-1").count("Bookings.Edit") == times, "the move is reversed")
            until(lambda: not lab.run("bookings", "desk-1", "--json").json()[0]["objection"]
                  and lab.records("desk-1")[-1]["result"] == "done", "the booking has its times back")
        lab.control(f"desk-1 move {meeting} duration=3h via=calendar")
        alerts = until(lambda: lab.status()["alerts"], "the administrator is told")
        self.assertIn("max_duration", alerts[0])
        self.assertTrue(alerts[0].startswith("desk-1: "), alerts)
        self.assertEqual([b["objection"] for b in lab.run("bookings", "desk-1", "--json").json()], ["max_duration"])
        self.assertEqual(lab.names("desk-1").count("Bookings.Edit"), 2)


if __name__ == "__main__":
    tap.main()
