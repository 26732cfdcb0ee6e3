"""The flows of the hot-desking guide: what a desk must be told, and what it must not."""

import datetime
import json
import os

import tap
from lab import POLICY, LabCase, until

LOGOUT = "Webex.Registration.Logout"
DELETE = "Bookings.Delete"
ALERT = "UserInterface.Message.Alert.Display"

#: The same flows hold for both kinds of calendar.
CALENDAR = os.environ.get("E2E_CALENDAR", "local")

#: A sign-in has time, for tests that need some between a sign-in and what follows.
PATIENT = POLICY.replace('sign_in_grace = "1s"', 'sign_in_grace = "1h"', 1)


class Flows(LabCase):
    def desk_lab(self, policy=POLICY):
        return self.lab(policy, sandbox=["--calendar", CALENDAR, "--poll-wait", "5s"]).set_up()

    def booked(self, lab, organizer="anna@example.com", how=""):
        """A booking of desk-1 that hotdeskd knows of; its MeetingId."""
        meeting = lab.control(f"desk-1 book {organizer} {how or 'start=-10m duration=1h'}")
        until(lambda: (lab.seen("desk-1")["booking"] or lab.seen("desk-1")["next"] or {}).get("meetingId") == meeting,
              "the booking is known")
        return meeting

    def in_use(self, lab):
        """anna is signed in to her booking, and hotdeskd knows it."""
        meeting = self.booked(lab)
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        return meeting

    def assert_left_alone(self, lab, desk="desk-1"):
        lab.let_graces_pass()
        self.assertEqual(lab.commands(desk), [])

    # 1
    def test_an_ad_hoc_user_who_books_is_left_alone(self):
        lab = self.desk_lab(PATIENT)
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "ad_hoc")
        lab.control("desk-1 book anna@example.com duration=1h")
        found = until(lambda: (seen := lab.seen("desk-1"))["booking"] and seen, "the booking is known")
        self.assertEqual(found["state"], "in_use")
        self.assertEqual(found["booking"]["organizerEmail"], "anna@example.com")
        self.assertIs(found["personalized"], True)
        self.assert_left_alone(lab)
        self.assertEqual(lab.signed_in("desk-1"), "anna@example.com")

    def test_a_booking_that_fails_is_left_to_the_desk(self):
        lab = self.desk_lab(PATIENT)
        lab.control("desk-1 set fail-next Decline", "desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "ad_hoc")
        lab.control("desk-1 book anna@example.com duration=1h")
        lab.wait_for_signed_out("desk-1")
        lab.wait_for_state("desk-1", "free")
        self.assert_left_alone(lab)

    def test_an_ad_hoc_user_who_never_books_is_told_and_signed_out(self):
        lab = self.desk_lab()
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.names("desk-1"), [ALERT, LOGOUT])
        lab.wait_for_state("desk-1", "free")
        rules = {(record["rule"], record["command"], record["result"]) for record in lab.records("desk-1")}
        self.assertEqual(rules, {("sign_in_grace", ALERT, "done"), ("sign_in_grace", LOGOUT, "done")})

    # 2
    def test_an_ad_hoc_user_who_cancels_is_left_alone(self):
        lab = self.desk_lab()
        lab.control("desk-1 sign-in anna@example.com", "desk-1 cancel")
        self.assert_left_alone(lab)
        self.assertEqual(lab.seen("desk-1")["state"], "free")

    # 3
    def test_a_sign_in_to_a_booking_is_left_alone(self):
        lab = self.desk_lab()
        meeting = self.in_use(lab)
        self.assert_left_alone(lab)
        self.assertEqual(lab.signed_in("desk-1"), "anna@example.com")
        self.assertEqual(lab.seen("desk-1")["booking"]["meetingId"], meeting)

    # 5
    def test_a_wrong_user_costs_nobody_the_booking(self):
        lab = self.desk_lab()
        meeting = self.booked(lab)
        lab.control("desk-1 sign-in bob@example.com")
        lab.wait_for_signed_out("desk-1")
        self.assert_left_alone(lab)
        self.assertEqual([b["meetingId"] for b in lab.desk("desk-1")["bookings"]], [meeting])
        self.assertEqual(lab.seen("desk-1")["state"], "reserved")

    # 6
    def test_a_desk_that_signs_out_at_the_end_is_left_alone(self):
        lab = self.desk_lab()
        self.in_use(lab)
        lab.control("desk-1 move start=-59m58s duration=1h via=calendar")
        lab.wait_for_signed_out("desk-1")
        self.assert_left_alone(lab)
        self.assertEqual(lab.seen("desk-1")["state"], "free")

    def test_a_stubborn_desk_is_signed_out_after_the_end(self):
        lab = self.desk_lab()
        lab.control("desk-1 set stubborn on")
        self.in_use(lab)
        lab.control("desk-1 move start=-59m58s duration=1h via=calendar")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.names("desk-1"), [ALERT, LOGOUT])
        self.assertEqual({r["rule"] for r in lab.records("desk-1")}, {"sign_out_grace"})
        self.assert_sent_once(lab)

    def assert_sent_once(self, lab):
        lab.let_graces_pass()
        self.assertEqual(lab.names("desk-1").count(LOGOUT), 1)
        self.assertNotIn(DELETE, lab.names("desk-1"))

    def test_a_stubborn_desk_is_signed_out_after_its_booking_was_deleted(self):
        lab = self.desk_lab()
        lab.control("desk-1 set stubborn on")
        self.in_use(lab)
        lab.control("desk-1 delete via=calendar")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.names("desk-1"), [ALERT, LOGOUT])
        self.assert_sent_once(lab)

    def test_a_desk_that_signs_out_at_a_deletion_is_left_alone(self):
        lab = self.desk_lab()
        self.in_use(lab)
        lab.control("desk-1 delete via=calendar")
        lab.wait_for_signed_out("desk-1")
        self.assert_left_alone(lab)

    def test_a_call_keeps_its_user_and_the_desk_ends_the_visit(self):
        lab = self.desk_lab()
        self.in_use(lab)
        lab.control("desk-1 call", "desk-1 delete via=calendar")
        found = lab.wait_for_state("desk-1", "ending")
        self.assertEqual(found["activeCalls"], 1)
        self.assert_left_alone(lab)
        self.assertEqual(lab.signed_in("desk-1"), "anna@example.com")
        lab.control("desk-1 hang-up")
        self.assertIsNone(lab.signed_in("desk-1"))
        self.assert_left_alone(lab)

    def test_after_a_call_a_stubborn_desk_has_the_grace_again(self):
        lab = self.desk_lab()
        lab.control("desk-1 set stubborn on")
        self.in_use(lab)
        lab.control("desk-1 call", "desk-1 delete via=calendar")
        lab.wait_for_state("desk-1", "ending")
        self.assert_left_alone(lab)
        lab.control("desk-1 hang-up")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.names("desk-1"), [ALERT, LOGOUT])
        self.assert_sent_once(lab)

    # 7
    def test_a_move_that_still_covers_now_is_left_alone(self):
        lab = self.desk_lab()
        meeting = self.in_use(lab)
        lab.control("desk-1 move start=-20m duration=2h via=calendar")
        until(lambda: lab.seen("desk-1")["booking"]["end"] == lab.desk("desk-1")["bookings"][0]["end"],
              "the move is known")
        self.assert_left_alone(lab)
        self.assertEqual(lab.signed_in("desk-1"), "anna@example.com")
        self.assertEqual(lab.seen("desk-1")["booking"]["meetingId"], meeting)

    def test_a_move_away_is_left_to_the_desk(self):
        lab = self.desk_lab()
        meeting = self.in_use(lab)
        lab.control("desk-1 move start=+2h via=calendar")
        self.assertIsNone(lab.signed_in("desk-1"))
        self.assert_left_alone(lab)
        self.assertEqual(lab.seen("desk-1")["next"]["meetingId"], meeting)

    def test_a_stubborn_desk_is_signed_out_after_a_move_away(self):
        lab = self.desk_lab()
        lab.control("desk-1 set stubborn on")
        meeting = self.in_use(lab)
        lab.control("desk-1 move start=+2h via=calendar")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.names("desk-1"), [ALERT, LOGOUT])
        self.assert_sent_once(lab)
        self.assertEqual([b["meetingId"] for b in lab.desk("desk-1")["bookings"]], [meeting])

    # 8
    def test_a_local_sign_out_is_left_alone(self):
        lab = self.desk_lab()
        self.in_use(lab)
        lab.control("desk-1 sign-out")
        self.assert_left_alone(lab)
        self.assertEqual(lab.desk("desk-1")["bookings"], [])
        self.assertEqual(lab.seen("desk-1")["state"], "free")

    def test_a_booking_that_the_desk_keeps_is_released_after_a_long_stay(self):
        lab = self.desk_lab()
        meeting = self.booked(lab)
        lab.control("desk-1 set keeps-booking on")
        # The stay counts by the desk's clock: a push that comes late tells of a sign-in five minutes ago.
        lab.control(self.signed_in_earlier(lab, minutes=5), "desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        lab.control("desk-1 sign-out")
        until(lambda: lab.desk("desk-1")["bookings"] == [], "the booking is released")
        self.assertEqual(lab.commands("desk-1"), [(DELETE, {"MeetingId": meeting})])
        lab.let_graces_pass()
        self.assertEqual(lab.names("desk-1"), [DELETE])
        self.assertEqual({r["rule"] for r in lab.records("desk-1")}, {"release_on_sign_out"})

    def signed_in_earlier(self, lab, minutes):
        pushes = [p["message"] for p in lab.control("pushed") if p["message"]["type"] == "status"]
        place = lab.desk("desk-1")
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
        message = dict(pushes[-1])
        message.update(deviceId=place["deviceId"], workspaceId=place["workspaceId"],
                       timestamp=at.strftime("%Y-%m-%dT%H:%M:%SZ"), isFullSync=False,
                       changes={"updated": {"Webex.DevicePersonalization.Personalized": True}, "removed": []})
        return "push " + json.dumps(message)

    def test_a_booking_that_the_desk_keeps_survives_a_short_visit(self):
        lab = self.desk_lab()
        lab.control("desk-1 set keeps-booking on")
        meeting = self.in_use(lab)
        lab.control("desk-1 sign-out")
        self.assert_left_alone(lab)
        self.assertEqual([b["meetingId"] for b in lab.desk("desk-1")["bookings"]], [meeting])
        self.assertEqual(lab.seen("desk-1")["state"], "reserved")

    # 9
    def test_a_remote_sign_out_ends_visit_call_and_booking(self):
        lab = self.desk_lab()
        self.in_use(lab)
        lab.control("desk-1 call")
        done = lab.run("sign-out", "desk-1", "--json")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json()["outcome"], "done")
        self.assertIsNone(lab.signed_in("desk-1"))
        self.assertEqual(lab.names("desk-1"), [ALERT, LOGOUT])
        lab.wait_for_state("desk-1", "free")
        seq = done.json()["seq"]
        record = next(r for r in lab.records("desk-1") if r["seq"] == seq)
        self.assertEqual((record["rule"], record["command"], record["result"]), ("cli", LOGOUT, "done"))

    # 10
    def test_an_organizer_from_elsewhere_is_left_to_the_desk(self):
        lab = self.desk_lab(PATIENT)
        lab.control("desk-1 book stranger@elsewhere.example start=-10m duration=1h via=calendar")
        until(lambda: lab.desk("desk-1")["bookings"] == [], "the desk deletes the booking")
        self.assert_left_alone(lab)
        self.assertEqual(lab.seen("desk-1")["state"], "free")

    # 13
    def test_what_changed_without_a_word_is_read_again_when_sync_is_required(self):
        lab = self.desk_lab()
        gone = self.booked(lab)
        lab.control("desk-1 set offline on", f"desk-1 delete {gone} via=calendar",
                    "desk-1 book bob@example.com start=-5m duration=1h via=calendar")
        lists = lambda: sum(r["path"].endswith("Bookings.List") and lab.device("desk-1") in r["body"]
                            for r in lab.requests("command"))
        before = lists()
        lab.control("desk-1 set offline off")
        until(lambda: (lab.seen("desk-1")["booking"] or {}).get("organizerEmail") == "bob@example.com",
              "the new booking is known")
        self.assertGreater(lists(), before)
        self.assert_left_alone(lab)

    def test_a_desk_that_restarts_is_asked_again(self):
        lab = self.desk_lab()
        lab.control("desk-1 set boot-time 500ms")
        meeting = self.in_use(lab)
        before = len(lab.requests("status"))
        lab.control("desk-1 reboot")
        until(lambda: len(lab.requests("status")) > before, "the desk is asked")
        until(lambda: lab.desk("desk-1")["online"], "the desk is back")
        until(lambda: (s := lab.seen("desk-1"))["state"] == "in_use" and s["online"], "the desk is known to be in use")
        self.assert_left_alone(lab)
        self.assertEqual(lab.seen("desk-1")["booking"]["meetingId"], meeting)


if __name__ == "__main__":
    tap.main()
