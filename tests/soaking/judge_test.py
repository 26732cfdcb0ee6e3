"""The soak's judgement: what is right passes, and each thing that can be wrong is found."""

import copy
import pathlib
import random
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import judge  # noqa: E402
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
    record = {"seq": 1, "deviceId": "D1", "command": LOGOUT, "arguments": {}}

    def test_a_command_with_a_decision_is_right(self):
        self.assertEqual(judge.judge_decisions([command(1, LOGOUT)], [self.record]), [])

    def test_a_command_without_a_decision_or_sent_twice_is_wrong(self):
        self.assertEqual(len(judge.judge_decisions([command(1, LOGOUT)], [])), 1)
        self.assertEqual(len(judge.judge_decisions([command(1, LOGOUT)] * 2, [self.record])), 1)

    def test_an_order_may_be_sent_again_where_no_answer_came(self):
        lost = dict(command(1, "Bookings.Delete", MeetingId="M9"), status=0)
        again = dict(lost, status=200)
        record = dict(self.record, command="Bookings.Delete", arguments={"MeetingId": "M9"})
        self.assertEqual(judge.judge_decisions([lost, again], [record], ["M9"]), [])
        self.assertEqual(len(judge.judge_decisions([lost, again], [record])), 1)
        self.assertEqual(len(judge.judge_decisions([again, again], [record], ["M9"])), 1)

    def test_a_number_that_is_used_twice_is_wrong(self):
        self.assertEqual(len(judge.judge_decisions([], [self.record] * 2)), 1)


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
