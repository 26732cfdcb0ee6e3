"""Bookings made, moved and deleted from the command line, on the calendar that E2E_CALENDAR names."""

import datetime
import os

import tap
from lab import POLICY, LabCase, until

CALENDAR = os.environ.get("E2E_CALENDAR", "local")
BOOK, EDIT, DELETE = "Bookings.Book", "Bookings.Edit", "Bookings.Delete"
LIMITED = POLICY.replace("[policy]", '[policy]\nmax_duration = "2h"', 1)
ANNA = "anna@example.com"
#: Longer than the worker waits for a desk to confirm: two minutes.
UNKNOWN_S = 200


def utc(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def tomorrow(hour, minute=0):
    day = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    return utc(day.replace(hour=hour, minute=minute, second=0, microsecond=0))


class Book(LabCase):
    def desk_lab(self, policy=POLICY):
        return self.lab(policy, sandbox=["--calendar", CALENDAR, "--poll-wait", "5s"]).set_up()

    def bookings(self, lab, desk="desk-1"):
        """What the desk has: (MeetingId, organizer, start, end)."""
        return [(b["meetingId"], b["organizer"], b["start"], b["end"]) for b in lab.desk(desk)["bookings"]]

    def names_of_changes(self, lab, desk="desk-1"):
        return [name for name in lab.names(desk) if name.startswith("Bookings.")]

    def done(self, ended):
        self.assertEqual(ended.code, 0, ended)
        outcome = ended.json()
        self.assertEqual(set(outcome), {"outcome", "meetingId", "cause", "seq"})
        self.assertEqual((outcome["outcome"], outcome["cause"]), ("done", None))
        return outcome

    def refused(self, ended, *words):
        self.assertEqual(ended.code, 1, ended)
        outcome = ended.json()
        self.assertEqual(outcome["outcome"], "refused", ended)
        for word in words:
            self.assertIn(word, outcome["cause"])
            self.assertIn(word, ended.err)
        return outcome

    def book(self, lab, *options, desk="desk-1", organizer=ANNA):
        return lab.run("book", desk, "--organizer", organizer, "--json", *options)

    def booked(self, lab, *options):
        """A booking of desk-1 from 10:00 to 11:00 tomorrow; its MeetingId."""
        return self.done(self.book(lab, "--start", tomorrow(10), *options))["meetingId"]

    # --- done ---------------------------------------------------------------------------------------------------------

    def test_a_booking_is_made_confirmed_and_named(self):
        lab = self.desk_lab()
        outcome = self.done(self.book(lab, "--start", tomorrow(10), "--duration", "90m", "--title", "Plan B"))
        self.assertEqual(self.bookings(lab), [(outcome["meetingId"], ANNA, tomorrow(10), tomorrow(11, 30))])
        self.assertEqual(lab.desk("desk-1")["bookings"][0]["title"], "Plan B")
        record = next(r for r in lab.records("desk-1") if r["seq"] == outcome["seq"])
        self.assertEqual((record["rule"], record["decision"], record["command"], record["result"]),
                         ("cli", "book", BOOK, "done"))
        listed = lab.run("bookings", "desk-1", "--json").json()
        self.assertEqual([(b["meetingId"], b["organizerEmail"], b["start"], b["end"], b["state"], b["objection"])
                          for b in listed],
                         [(outcome["meetingId"], ANNA, tomorrow(10), tomorrow(11, 30), "upcoming", None)])

    def test_without_times_it_is_an_hour_from_this_minute_on(self):
        lab = self.desk_lab()
        ended = lab.run("book", "Oslo 1", "--organizer", ANNA)
        self.assertEqual(ended.code, 0, ended)
        (meeting, organizer, start, end), = self.bookings(lab)
        self.assertIn(meeting, ended.out)
        self.assertIn("desk-1", ended.out)
        self.assertIn("asking the worker", ended.err)
        begin, finish = (datetime.datetime.fromisoformat(t.replace("Z", "+00:00")) for t in (start, end))
        self.assertEqual(finish - begin, datetime.timedelta(hours=1))
        self.assertEqual(begin.second, 0)
        self.assertEqual(organizer, ANNA)
        lab.wait_for_state("desk-1", "reserved")

    def test_a_booking_is_moved_with_its_length_and_given_another_length(self):
        lab = self.desk_lab()
        meeting = self.booked(lab)
        moved = self.done(lab.run("edit", meeting, "--start", tomorrow(12), "--json"))
        self.assertEqual(moved["meetingId"], meeting)
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(12), tomorrow(13))])
        self.done(lab.run("edit", meeting, "--duration", "30m", "--json"))
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(12), tomorrow(12, 30))])

    def test_a_booking_is_deleted(self):
        lab = self.desk_lab()
        meeting = self.booked(lab)
        self.assertEqual(self.done(lab.run("delete", meeting, "--json"))["meetingId"], meeting)
        self.assertEqual(self.bookings(lab), [])
        again = lab.run("delete", meeting)
        self.assertEqual(again.code, 1, again)

    def test_the_same_booking_asked_for_twice_is_booked_once(self):
        lab = self.desk_lab()
        meeting = self.booked(lab)
        self.assertEqual(self.booked(lab), meeting)
        self.assertEqual(len(self.bookings(lab)), 1)
        self.assertEqual(lab.names("desk-1").count(BOOK), 1)

    # --- refused ------------------------------------------------------------------------------------------------------

    def test_what_the_calendar_declines_is_refused_with_its_cause(self):
        lab = self.desk_lab()
        lab.control("desk-1 set fail-next Decline")
        self.refused(self.book(lab, "--start", tomorrow(10)), "Decline")
        self.assertEqual(self.bookings(lab), [])
        meeting = self.booked(lab)
        lab.control("desk-1 set fail-next Decline")
        self.refused(lab.run("edit", meeting, "--start", tomorrow(12), "--json"), "Decline")
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(10), tomorrow(11))])

    def test_a_time_that_is_taken_is_refused(self):
        lab = self.desk_lab()
        first = self.booked(lab)
        self.refused(self.book(lab, "--start", tomorrow(10, 30), organizer="bob@example.com"))
        self.assertEqual([b[0] for b in self.bookings(lab)], [first])

    def test_what_the_policy_is_against_is_refused_and_recorded(self):
        lab = self.desk_lab(LIMITED)
        outcome = self.refused(self.book(lab, "--start", tomorrow(10), "--duration", "3h"), "max_duration", "--force")
        self.assertEqual(self.names_of_changes(lab), [])
        record = next(r for r in lab.records("desk-1") if r["seq"] == outcome["seq"])
        self.assertEqual((record["rule"], record["command"]), ("max_duration", None))
        meeting = self.booked(lab)
        self.refused(lab.run("edit", meeting, "--duration", "3h", "--json"), "max_duration")
        self.assertEqual(self.names_of_changes(lab), [BOOK])
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(10), tomorrow(11))])

    def test_with_force_it_is_done_against_the_policy_and_stays(self):
        lab = self.desk_lab(LIMITED)
        meeting = self.booked(lab, "--duration", "3h", "--force")
        self.done(lab.run("edit", meeting, "--duration", "4h", "--force", "--json"))
        lab.let_graces_pass()
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(10), tomorrow(14))])
        self.assertEqual(self.names_of_changes(lab), [BOOK, EDIT])
        self.assertTrue(any("--force" in r["reason"] and "max_duration" in r["reason"] for r in lab.records("desk-1")))
        # Forced once is not forced for ever: another move is judged again.
        lab.control(f"desk-1 move {meeting} duration=5h via=calendar")
        until(lambda: self.bookings(lab) == [(meeting, ANNA, tomorrow(10), tomorrow(14))], "the move is reversed")

    # --- when something is lost ---------------------------------------------------------------------------------------

    def test_a_confirmation_that_is_lost_is_found_by_asking_the_desk(self):
        lab = self.desk_lab()
        lab.control("desk-1 set narrow on")  # pushes neither BookingCreated nor BookingMoved
        meeting = self.booked(lab)
        self.assertEqual([b[0] for b in self.bookings(lab)], [meeting])
        self.done(lab.run("edit", meeting, "--duration", "30m", "--json"))
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(10), tomorrow(10, 30))])
        self.assertEqual(self.names_of_changes(lab), [BOOK, EDIT])

    def test_an_answer_that_is_lost_does_not_book_twice(self):
        lab = self.desk_lab()
        lab.control("desk-1 set narrow on", f"fault command reset times=1 name={BOOK}")
        meeting = self.booked(lab)
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(10), tomorrow(11))])

    def test_a_command_that_did_not_arrive_is_sent_again(self):
        lab = self.desk_lab()
        lab.control(f"fault command 503 times=1 name={BOOK}")
        meeting = self.booked(lab)
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(10), tomorrow(11))])
        sent = {arguments["BookingRequestUUID"] for name, arguments in lab.commands("desk-1") if name == BOOK}
        self.assertEqual(len(sent), 1, "by its UUID the desk knows it for the same request")

    def test_a_worker_that_is_killed_meanwhile_books_once(self):
        lab = self.desk_lab()
        lab.control(f"fault command hang times=1 name={BOOK}")
        asking = lab.begin("book", "desk-1", "--organizer", ANNA, "--start", tomorrow(10), "--json")
        until(lambda: BOOK in lab.names("desk-1"), "the command is out")
        lab.worker.kill()
        lab.worker.wait()
        lab.control("fault off")
        lab.run_worker()
        meeting = self.done(asking.ended())["meetingId"]
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(10), tomorrow(11))])

    def test_a_desk_that_is_offline_and_comes_back_is_booked(self):
        lab = self.desk_lab()
        lab.control("desk-1 set offline on")
        asking = lab.begin("book", "desk-1", "--organizer", ANNA, "--start", tomorrow(10), "--json")
        until(lambda: BOOK in lab.names("desk-1"), "the command is out")
        lab.control("desk-1 set offline off")
        meeting = self.done(asking.ended())["meetingId"]
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(10), tomorrow(11))])

    def test_a_desk_that_stays_offline_is_not_booked_and_that_is_said(self):
        if CALENDAR != "local":
            self.skipTest("takes two minutes, and is the same for both calendars")
        lab = self.desk_lab()
        lab.control("desk-1 set offline on")
        asking = lab.begin("book", "desk-1", "--organizer", ANNA, "--start", tomorrow(10))
        until(lambda: "waiting for the desk" in asking.err, "it says how far it is")
        self.assertEqual(asking.wait(UNKNOWN_S), 1, asking.err)
        self.assertEqual(asking.out, "")
        self.assertRegex(asking.err, "refused|unknown")
        self.assertEqual(self.bookings(lab), [])

    # --- before anything is sent --------------------------------------------------------------------------------------

    def test_without_a_worker_nothing_is_asked_for(self):
        lab = self.desk_lab()
        meeting = self.booked(lab)
        lab.stop_worker()
        for ended in (self.book(lab, "--start", tomorrow(14)), lab.run("edit", meeting, "--duration", "30m"),
                      lab.run("delete", meeting)):
            self.assertEqual(ended.code, 1, ended)
            self.assertEqual(ended.out, "")
            self.assertIn("not running", ended.err)
        lab.run_worker()
        self.done(self.book(lab, "--start", tomorrow(16), desk="desk-2"))
        self.assertEqual(self.bookings(lab), [(meeting, ANNA, tomorrow(10), tomorrow(11))])

    def test_what_cannot_be_meant_is_a_usage_error(self):
        lab = self.desk_lab()
        anna = ["--organizer", ANNA]
        yesterday = utc(datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1))
        for arguments, word in ((["book", "desk-1"], "organizer"), (["book", "desk-1", "--organizer", "anna"], "anna"),
                                (["book", "desk-1", *anna, "--duration", "90s"], "90s"),
                                (["book", "desk-1", *anna, "--duration", "0m"], "0m"),
                                (["book", "desk-1", *anna, "--duration", "25h"], "25h"),
                                (["book", "desk-1", *anna, "--duration", "off"], "off"),
                                (["book", "desk-1", *anna, "--start", "soon"], "soon"),
                                (["book", "desk-1", *anna, "--start", yesterday], "over already"),
                                (["book", "desk-1", *anna, "--title", "x" * 129], "--title"),
                                (["edit", "some-meeting"], "--start"), (["edit"], "MEETING-ID"),
                                (["delete"], "MEETING-ID")):
            ended = lab.run(*arguments)
            self.assertEqual(ended.code, 2, (arguments, ended))
            self.assertIn(word, ended.err)
        self.assertEqual(lab.commands(), [])

    def test_a_booking_that_no_desk_has_is_not_looked_for_at_the_desks(self):
        lab = self.desk_lab()
        for command in (["edit", "no-such-meeting", "--duration", "1h"], ["delete", "no-such-meeting"]):
            ended = lab.run(*command)
            self.assertEqual(ended.code, 1, ended)
            self.assertIn("no-such-meeting", ended.err)
            self.assertIn("hotdeskd bookings", ended.err)
        self.assertEqual(lab.commands(), [])


if __name__ == "__main__":
    tap.main()
