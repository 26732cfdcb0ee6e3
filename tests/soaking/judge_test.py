"""The soak's judgement: what is right passes, and each thing that can be wrong is found."""

import copy
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import again  # noqa: E402
import bench  # noqa: E402
import faults  # noqa: E402
import judge  # noqa: E402
import place  # noqa: E402
import run  # noqa: E402
import tap  # noqa: E402
from orders import Order, judge_orders, seconds, stamp  # noqa: E402
from people import People, Visit  # noqa: E402

LOGOUT = "Webex.Registration.Logout"
NOW = "2026-03-02T12:00:00Z"


def command(at, name, **arguments):
    return {"at": at, "desk": "desk-1", "device": "D1", "name": name, "arguments": arguments, "status": 200}


def visits():
    """Ada has a right, then Bob overstays from 150 on, and hangs up at 170; then a booking is too long from 300 on."""
    return [Visit("desk-1", "lawful", "ada", 0, out_from=100, meeting="M1", ends=100, must_stay=True),
            Visit("desk-1", "ad_hoc", "bob", 140, out_from=150, calls=[[155, 170]]),
            Visit("desk-1", "too_long", "carl", 290, meeting="M3", delete_from=300)]


def booking(meeting, organizer, start="2026-03-02T11:00:00Z", end="2026-03-02T13:00:00Z"):
    return {"meetingId": meeting, "organizer": organizer, "start": start, "end": end, "active": start <= NOW < end,
            "hours": (seconds(end) - seconds(start)) / 3600}


TRUTH = [{"name": "desk-1", "signedIn": "ada", "calls": 0, "bookings": [booking("M1", "ada")]},
         {"name": "desk-2", "signedIn": None, "calls": 0, "bookings": []}]
DEVICES = [{"displayName": "desk-1", "personalized": True, "activeCalls": 0},
           {"displayName": "desk-2", "personalized": False, "activeCalls": None}]
BOOKINGS = [{"displayName": "desk-1", "meetingId": "M1", "start": "2026-03-02T11:00:00Z",
             "end": "2026-03-02T13:00:00Z"}]


class Commands(unittest.TestCase):
    def wrong(self, *sent, ordered=()):
        return judge.judge_commands(sent, visits(), set(ordered))

    def test_who_overstays_may_be_signed_out(self):
        self.assertEqual(self.wrong(command(180, LOGOUT)), [])

    def test_who_has_a_right_may_not(self):
        self.assertIn("with a right", self.wrong(command(50, LOGOUT))[0])

    def test_a_call_may_not_be_ended(self):
        self.assertIn("in a call", self.wrong(command(165, LOGOUT))[0])

    def test_a_sign_out_before_anybody_came_is_wrong(self):
        self.assertEqual(len(self.wrong(command(-1, LOGOUT))), 1)

    def test_a_booking_against_the_rules_may_be_deleted(self):
        self.assertEqual(self.wrong(command(301, "Bookings.Delete", MeetingId="M3")), [])

    def test_a_lawful_booking_may_not_be_deleted_or_moved(self):
        for name in ("Bookings.Delete", "Bookings.Edit"):
            self.assertIn("lawful booking of ada", self.wrong(command(50, name, MeetingId="M1"))[0])
        self.assertIn("lawful booking", self.wrong(command(50, "Bookings.Delete", MeetingId="M9"))[0])

    def test_what_an_administrator_wants_deleted_may_be_deleted(self):
        self.assertEqual(self.wrong(command(50, "Bookings.Delete", MeetingId="M9"), ordered=["M9"]), [])


class Decisions(unittest.TestCase):
    def wrong(self, *sent, decided=1, ordered=(), asked=(), troubles=()):
        """Of one command, in its copies."""
        records = [{"seq": seq, "deviceId": "D1", "command": sent[0]["name"], "arguments": sent[0]["arguments"]}
                   for seq in range(decided)]
        return again.judge_decisions(sent, records, ordered, {"D1": list(asked)}, troubles)

    def order(self, at, status=200):
        return dict(command(at, "Bookings.Book", BookingRequestUUID="U1", OrganizerEmail="eve", StartTime="S"),
                    status=status)

    def test_a_command_with_a_decision_is_right(self):
        self.assertEqual(self.wrong(command(1, LOGOUT)), [])
        self.assertEqual(self.wrong(command(1, LOGOUT), command(90, LOGOUT), decided=2), [])

    def test_a_command_without_a_decision_or_sent_twice_is_wrong(self):
        self.assertEqual(len(self.wrong(command(1, LOGOUT), decided=0)), 1)
        self.assertEqual(len(self.wrong(command(1, LOGOUT), command(2, LOGOUT))), 1)
        lost = dict(command(1, LOGOUT), status=0)
        self.assertEqual(len(self.wrong(lost, command(9, LOGOUT), asked=[5])), 1)

    def test_what_got_401_goes_out_again_with_a_new_token(self):
        for made in (command(1, LOGOUT), self.order(1), command(1, again.ALERT, Text="t")):
            self.assertEqual(self.wrong(dict(made, status=401), dict(made, at=3)), [])
            self.assertEqual(self.wrong(dict(made, status=429), dict(made, at=3)), [])
            self.assertEqual(len(self.wrong(dict(made, status=401), dict(made, at=3), dict(made, at=4))), 1)

    def test_an_order_goes_out_again_where_no_answer_came_and_the_desk_was_asked(self):
        for status in (0, 503):
            self.assertEqual(self.wrong(self.order(1, status), self.order(9), asked=[6]), [])
        self.assertEqual(len(self.wrong(self.order(1, 0), self.order(9))), 1)
        self.assertEqual(len(self.wrong(self.order(1, 0), self.order(9), asked=[0.5, 9.5])), 1)
        deleted = command(1, "Bookings.Delete", MeetingId="M9")
        lost = dict(deleted, status=0)
        self.assertEqual(self.wrong(lost, dict(deleted, at=9), asked=[6], ordered=["M9"]), [])
        self.assertEqual(len(self.wrong(lost, dict(deleted, at=9), asked=[6])), 1)

    def test_a_blind_resend_is_wrong(self):
        self.assertEqual(len(self.wrong(self.order(1), self.order(9))), 1)
        self.assertEqual(len(self.wrong(self.order(1), self.order(9), asked=[6])), 1)

    def test_a_slow_calendar_may_be_asked_again_after_an_answer_that_was_lost_on_the_line(self):
        for name in ("line swallowed", "worker ended", "worker replaced", "certificate"):
            cut = [again.Trouble(name, 1.5, 2)]
            self.assertEqual(self.wrong(self.order(1), self.order(9), asked=[6], troubles=cut), [])
            self.assertEqual(len(self.wrong(self.order(1), self.order(9), troubles=cut)), 1)
            later = [again.Trouble(name, 95, 96)]
            self.assertEqual(len(self.wrong(self.order(1), self.order(99), asked=[6], troubles=later)), 1)

    def test_what_a_dead_worker_sent_over_a_line_that_was_down_comes_late(self):
        down, ended = again.Trouble("line unplugged", 1, 5), again.Trouble("worker ended", 3, 3)
        twice = (self.order(6), self.order(9))
        self.assertEqual(self.wrong(*twice, troubles=[down, ended, again.Trouble("worker ended", 7, 7)]), [])
        self.assertEqual(len(self.wrong(*twice, troubles=[down, again.Trouble("certificate", 7, 7)])), 1)
        self.assertEqual(len(self.wrong(*twice, troubles=[ended, again.Trouble("worker ended", 7, 7)])), 1)
        late = (self.order(60), self.order(63))
        self.assertEqual(len(self.wrong(*late, troubles=[down, ended, again.Trouble("worker ended", 61, 61)])), 1)

    def test_a_fault_that_gave_the_answer_is_a_reason_and_a_late_answer_is_none(self):
        page = [again.Trouble("command html", 0, 2)]
        self.assertEqual(self.wrong(self.order(1), self.order(9), asked=[6], troubles=page), [])
        late = [again.Trouble("command delay=1500ms", 0, 2)]
        self.assertEqual(len(self.wrong(self.order(1), self.order(9), asked=[6], troubles=late)), 1)

    def test_what_is_carried_out_twice_is_wrong_whatever_explains_it(self):
        made = "12:00:00Z desk-1 booking 23:19-00:19 for eve@example.com was made\n"
        other = made.replace("eve@", "ada@")
        self.assertEqual(again.judge_made([made, other, other], ["eve@example.com"]), [])
        self.assertEqual(len(again.judge_made([made, other, made], ["eve@example.com"])), 1)

    def test_an_alert_is_shown_twice_only_where_something_explains_it(self):
        alert = command(1, again.ALERT, Text="over")
        self.assertEqual(self.wrong(dict(alert, status=0), dict(alert, at=3)), [])
        self.assertEqual(self.wrong(dict(alert, status=502), dict(alert, at=3)), [])
        self.assertEqual(len(self.wrong(alert, dict(alert, at=3))), 1)

    def test_an_order_with_two_uuids_is_wrong(self):
        other = command(9, "Bookings.Book", BookingRequestUUID="U2", OrganizerEmail="eve", StartTime="S")
        self.assertEqual(again.judge_uuids([self.order(1), self.order(9)]), [])
        self.assertEqual(len(again.judge_uuids([self.order(1), other])), 1)

    def test_a_number_that_is_used_twice_is_wrong(self):
        record = {"seq": 1, "deviceId": "D1", "command": LOGOUT, "arguments": {}}
        self.assertEqual(len(again.judge_decisions([], [record] * 2, (), {}, ())), 1)


class Polls(unittest.TestCase):
    violation = (20, again.SECOND_POLL)
    polls = [(2, 200), (10, 0), (20, 409)]

    def wrong(self, *troubles, violation=violation):
        return again.judge_violations([violation], self.polls, troubles)

    def test_two_polls_are_wrong(self):
        self.assertEqual(len(self.wrong()), 1)

    def test_a_poll_after_a_cut_of_the_one_before_is_excused(self):
        self.assertEqual(self.wrong(again.Trouble("line swallowed", 8, 12)), [])
        self.assertEqual(self.wrong(again.Trouble("line unplugged", 13, 15)), [])

    def test_what_was_cut_off_comes_late(self):
        self.assertEqual(self.wrong(again.Trouble("line narrow", 3, 7)), [])

    def test_a_cut_before_that_poll_or_another_trouble_excuses_nothing(self):
        self.assertEqual(len(self.wrong(again.Trouble("line swallowed", 3, 6))), 1)
        self.assertEqual(len(self.wrong(again.Trouble("poll lost", 8, 22))), 1)

    def test_nothing_else_is_excused(self):
        self.assertEqual(len(self.wrong(again.Trouble("line swallowed", 8, 12), violation=(20, "no JSON"))), 1)


class Promises(unittest.TestCase):
    def test_each_kind_must_have_happened(self):
        all_of_it = {kind: 1 for kind in faults.PROMISED}
        self.assertEqual(faults.never_happened(all_of_it, []), [])
        for kind in faults.PROMISED:
            self.assertEqual(faults.never_happened(dict(all_of_it, **{kind: 0}), []), [f"{kind}: never happened"])

    def test_only_what_is_left_out_is_excused(self):
        count = {kind: 1 for kind in faults.PROMISED if not kind.startswith("line ")}
        self.assertEqual(faults.never_happened(count, ["network"]), [])
        self.assertEqual(len(faults.never_happened(count, ["disk", "clock"])), 4)

    def test_a_deck_deals_each_card_before_any_comes_again(self):
        deck = faults.Deck(random.Random(1), range(10))
        self.assertEqual(sorted(deck.deal() for _ in range(20)), sorted([*range(10)] * 2))

    def test_a_fault_that_could_not_be_made_or_met_nobody_has_not_happened(self):
        soak = unittest.mock.Mock(now=lambda: 5.0)
        made = faults.Faults(soak, random.Random(1), True)
        self.assertFalse(made.strike("line narrow", lambda: "no tc here", lambda: "", 1))
        soak.complain.assert_called_once()
        self.assertEqual(made.count, {})
        self.assertTrue(made.strike("poll hang", lambda: "", lambda: "", 1))
        self.assertNotIn("at poll", made.count)
        made.met("status", 6, 0)
        made.met("poll", 6, 200)
        self.assertNotIn("at poll", made.count)
        made.met("poll", 6, 0)
        self.assertEqual((made.count["at poll"], made.count["answer hang"]), (1, 1))

    def test_a_request_right_after_a_fault_was_made_has_met_it_and_one_before_has_not(self):
        times = iter([5.0, 5.02])  # before the sandbox is told, and after
        made = faults.Faults(unittest.mock.Mock(now=lambda: next(times)), random.Random(1), True)
        self.assertTrue(made.strike("jwks 503", lambda: "", lambda: "", 1))
        made.met("jwks", 5.01, 503)
        self.assertNotIn("at jwks", made.count)
        made.met("jwks", 5.03, 503)
        self.assertEqual(made.count["at jwks"], 1)

    def test_what_cannot_be_broken_is_an_error_unless_it_is_left_out(self):
        made = object.__new__(bench.Bench)
        made.say = lambda text: None
        self.assertRaises(bench.Missing, made.demand, "disk", "no tmpfs", ["network"])
        made.demand("disk", "no tmpfs", ["disk"])
        made.demand("disk", "", [])


class Endings(unittest.TestCase):
    def test_a_signal_ends_the_loop_between_two_turns(self):
        made = object.__new__(bench.Bench)
        with unittest.mock.patch.object(bench.Bench, "ended_by", "SIGTERM"):
            self.assertRaises(KeyboardInterrupt, made.turn)

    def test_what_is_left_behind_is_found(self):
        folder = tempfile.mkdtemp(prefix="hd-soak-test-")
        says = "import time; print(flush=True); time.sleep(100)"
        process = subprocess.Popen([sys.executable, "-c", says, folder], stdout=subprocess.PIPE)
        process.stdout.readline()  # it has begun
        found = place.leftovers(os.getpid(), [folder])
        process.kill()
        process.communicate()
        os.rmdir(folder)
        self.assertEqual(sorted(what.split()[0] for what in found), ["folder", "process"])
        self.assertEqual(place.leftovers(os.getpid(), [folder]), [])


class Views(unittest.TestCase):
    def wrong(self, change):
        truth, devices, bookings = copy.deepcopy((TRUTH, DEVICES, BOOKINGS))
        change(truth, devices, bookings)
        return judge.judge_views(truth, devices, bookings, NOW)

    def test_what_is_known_as_it_is_is_right(self):
        self.assertEqual(self.wrong(lambda *_: None), [])

    def test_each_difference_is_found(self):
        changes = {
            "is not known": lambda truth, devices, bookings: devices.pop(),
            "twice": lambda truth, devices, bookings: devices.append(devices[0]),
            "signed in": lambda truth, devices, bookings: devices[1].update(personalized=True),
            "calls": lambda truth, devices, bookings: truth[0].update(calls=1),
            "only the desk": lambda truth, devices, bookings: bookings.clear(),
            "only hotdeskd": lambda truth, devices, bookings: truth[0]["bookings"].clear(),
        }
        for words, change in changes.items():
            self.assertIn(words, " ".join(self.wrong(change)))

    def test_a_booking_that_is_over_is_no_difference(self):
        over = dict(BOOKINGS[0], meetingId="M0", end="2026-03-02T11:59:00Z")
        self.assertEqual(self.wrong(lambda truth, devices, bookings: bookings.append(over)), [])


class Rights(unittest.TestCase):
    def test_who_has_a_booking_or_a_call_may_be_there(self):
        self.assertEqual(judge.judge_rights(TRUTH), [])
        self.assertEqual(judge.judge_rights([dict(TRUTH[1], signedIn="bob", calls=1)]), [])

    def test_who_has_neither_may_not(self):
        self.assertEqual(len(judge.judge_rights([dict(TRUTH[1], signedIn="bob")])), 1)
        self.assertEqual(len(judge.judge_rights([dict(TRUTH[0], signedIn="bob")])), 1)

    def test_a_booking_that_is_too_long_is_found(self):
        long = booking("M2", "ada", "2026-03-02T13:00:00Z", "2026-03-02T19:00:00Z")
        self.assertEqual(len(judge.judge_rights([dict(TRUTH[1], bookings=[long])])), 1)

    def test_a_lawful_booking_that_is_gone_is_found(self):
        self.assertEqual(judge.judge_stay(TRUTH, visits(), 20), [])
        self.assertEqual(len(judge.judge_stay([], visits(), 20)), 1)


class OrdersOfAnAdministrator(unittest.TestCase):
    def wrong(self, code, outcome, bookings, *more):
        order = Order("desk-1", "book", "eve", seconds("2026-03-02T11:00:00Z"), code=code, outcome=outcome,
                      meeting="M5")
        return judge_orders([order, *more], {"desk-1": {"bookings": bookings}})

    def test_what_came_of_orders(self):
        made = [booking("M5", "eve")]
        self.assertEqual(self.wrong(0, "done", made), [])
        self.assertEqual(self.wrong(1, "unknown", made), [])
        self.assertEqual(self.wrong(1, "unknown", []), [])
        self.assertEqual(self.wrong(1, "refused", []), [])
        self.assertEqual(len(self.wrong(0, "done", [])), 1)
        self.assertEqual(len(self.wrong(1, "refused", made)), 1)
        self.assertEqual(len(self.wrong(1, "unknown", made * 2)), 1)
        self.assertEqual(len(self.wrong(0, "done", [booking("M5", "eve", "2026-03-02T12:00:00Z")])), 1)
        gone = Order("desk-1", "delete", "eve", code=0, meeting="M5")
        self.assertEqual(self.wrong(0, "done", [], gone), [])
        self.assertEqual(len(self.wrong(0, "done", made, gone)), 1)

    def test_times_are_read_as_they_are_written(self):
        self.assertEqual(seconds(stamp(1772452800)), 1772452800)
        self.assertAlmostEqual(seconds("2026-03-02T12:00:00.250Z") - seconds("2026-03-02T12:00:00Z"), 0.25, places=5)


class Growth(unittest.TestCase):
    def test_what_stays_is_right_and_what_grows_is_not(self):
        chance = random.Random(1)
        flat = [20000 + chance.randint(-300, 300) for _ in range(200)]
        self.assertEqual(judge.judge_memory(flat), [])
        self.assertEqual(len(judge.judge_memory([size + 20 * i for i, size in enumerate(flat)])), 1)
        self.assertEqual(judge.judge_descriptors([chance.randint(20, 30) for _ in range(200)]), [])
        self.assertEqual(len(judge.judge_descriptors([20 + i // 4 for i in range(200)])), 1)

    def test_growth_before_the_end_of_the_first_quarter_is_the_start(self):
        self.assertEqual(judge.judge_memory([10000 + 100 * min(i, 30) for i in range(200)]), [])

    def test_too_few_samples_are_no_proof(self):
        self.assertEqual(len(judge.judge_memory([20000] * 8)), 1)


class Returns(unittest.TestCase):
    def ask(self, at, endpoint="status", device="D1", name=""):
        return {"at": at, "endpoint": endpoint, "device": device, "name": name}

    def test_a_burst_is_found(self):
        calm = [self.ask(i / 10, device=f"D{i}") for i in range(100)]
        self.assertEqual(judge.judge_burst(calm, 20, 5), [])
        self.assertEqual(len(judge.judge_burst([dict(r, at=r["at"] / 10) for r in calm], 20, 5)), 1)
        self.assertEqual(len(judge.judge_burst([self.ask(i) for i in range(10)], 20, 5)), 1)

    def test_an_act_before_the_questions_is_found(self):
        asked = [self.ask(1), self.ask(2, "command", name="Bookings.List")]
        act = self.ask(3, "command", name=LOGOUT)
        self.assertEqual(judge.judge_asked_first([*asked, act]), [])
        for left_out in asked:
            self.assertEqual(len(judge.judge_asked_first([*(r for r in asked if r is not left_out), act])), 1)
        self.assertEqual(len(judge.judge_asked_first([*asked, dict(act, at=0)])), 1)


    def test_a_burst_counts_in_the_first_minute_only(self):
        late = [self.ask(0), *(self.ask(61 + i / 10) for i in range(50))]
        self.assertEqual(judge.burst(late), (1, 1))

    def test_a_desk_that_is_not_asked_after_a_loss_is_found(self):
        names = {"D1": "desk-1", "D2": "desk-2"}
        self.assertEqual(judge.judge_all_asked([self.ask(1), self.ask(2, device="D2")], names), [])
        self.assertEqual(len(judge.judge_all_asked([self.ask(1)], names)), 1)


class Calms(unittest.TestCase):
    def test_desks_that_were_taken_off_the_network_are_on_it_in_the_calm(self):
        said = []
        people = People(random.Random(1), ["desk-1", "desk-2"], said.append, lambda: 0, lambda wait, what: None, None)
        people.set_offline("desk-1", True)
        people.set_offline("desk-2", True)
        people.set_offline("desk-2", False)
        said.clear()
        people.pause()
        self.assertEqual(said, ["desk-1 set offline off"])

    def test_what_a_lost_poll_hid_is_asked_again_within_the_calm(self):
        self.assertGreaterEqual(run.CONVERGE_S, 480)


class Plans(unittest.TestCase):
    def day(self, seed):
        """What people do when nobody answers anything but yes."""
        said, agenda, time = [], [], [0.0]

        def tell(line):
            said.append(line)
            return {"signedIn": None, "bookings": []} if line.endswith("show") else "M"

        people = People(random.Random(seed), ["desk-1", "desk-2"], tell, lambda: time[0],
                        lambda wait, what: agenda.append((time[0] + wait, len(agenda), what)), lambda text: None)
        people.begin()
        while time[0] < 2000:
            agenda.sort(key=lambda entry: entry[:2])
            time[0], _, what = agenda.pop(0)
            what()
        return said

    def test_the_same_seed_makes_the_same_day_and_another_one_another(self):
        self.assertGreater(len(self.day(1)), 50)
        self.assertEqual(self.day(1), self.day(1))
        self.assertNotEqual(self.day(1), self.day(2))


if __name__ == "__main__":
    tap.main()
