"""The queue: what may come out of a poll besides messages, and how the worker goes on."""

import datetime
import json
import os

import tap
from lab import LabCase, until

#: Some of these wait 10 s by protocol; meson runs the groups beside one another.
GROUP = os.environ.get("E2E_GROUP", "")


def at(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class QueueCase(LabCase):
    def queue_lab(self):
        return self.lab(sandbox=["--poll-wait", "5s"]).set_up()

    def strike(self, lab, fault):
        """Sets a fault for one poll; how long the worker waited before the next one, in seconds."""
        polls = len(lab.requests("poll"))
        began = now()
        lab.control(f"fault poll {fault} times=1")
        # A poll that is held is struck; if none was held, the next one is.
        struck = lambda: [r for r in lab.requests("poll") if at(r["time"]) > began]
        until(lambda: len(lab.requests("poll")) > polls and self.over(lab, began), f"a poll after `{fault}`")
        return (at(struck()[-1]["time"]) - began).total_seconds()

    def over(self, lab, began):
        last = lab.requests("poll")[-1]
        return at(last["time"]) > began and lab.control("world")["pollOutstanding"]

    def assert_goes_on(self, lab):
        """Messages are taken and acted on as before."""
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        self.assertTrue(lab.worker.running())

    def assert_survives(self, fault, waits_s=10):
        lab = self.queue_lab()
        waited = self.strike(lab, fault)
        self.assertGreaterEqual(waited, waits_s - 0.1, "the next poll came too early")
        self.assert_goes_on(lab)
        return lab


class A(QueueCase):
    """Bodies that are not what they should be."""

    def test_a_page_with_status_200_is_no_batch(self):
        self.assert_survives("html")

    def test_bytes_that_are_no_json_are_no_batch(self):
        self.assert_survives("garbage")

    def test_a_body_of_20_megabytes_is_not_swallowed(self):
        lab = self.assert_survives("body-size=20000000")
        with open(f"/proc/{lab.worker.pid}/status") as file:
            peak_kb = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
        if "asan" not in open(f"/proc/{lab.worker.pid}/maps").read():
            self.assertLess(peak_kb, 60000)


class B(QueueCase):
    """Answers that say wait, and none at all."""

    def test_a_connection_that_is_reset_in_the_middle_of_a_poll_is_made_again(self):
        self.assert_survives("reset")

    def test_a_503_is_waited_out(self):
        lab = self.assert_survives("503")
        self.assertRegex(lab.worker.err, "HTTP 503: .*trackingId=SANDBOX_", "a failure is logged with its tracking id")

    def test_a_429_is_believed(self):
        self.assert_survives("429 retry-after=4", waits_s=4)


class C(QueueCase):
    """Elements that are not what they should be, and the bookkeeping."""

    def status_message(self, lab, desk, personalized, **besides):
        place = lab.desk(desk)
        message = next(p["message"] for p in lab.control("pushed") if p["message"]["type"] == "status")
        return json.dumps({**message, "deviceId": place["deviceId"], "workspaceId": place["workspaceId"],
                           "timestamp": now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z", "isFullSync": False,
                           "changes": {"updated": {"RoomAnalytics.PeoplePresence": personalized}, "removed": []},
                           **besides})

    def lab_with_a_push(self):
        lab = self.queue_lab()
        lab.control("desk-2 presence Yes")
        until(lambda: lab.seen("desk-2")["presence"] == "yes", "a push is taken")
        return lab

    def skipped(self, lab):
        return lab.status()["queue"]["skipped"]

    def test_one_bad_element_costs_that_element(self):
        lab = self.lab_with_a_push()
        before = self.skipped(lab)
        messages = lab.status()["queue"]["messages"]
        bad = ["17", "null", '"text"', "[]", "{}", '{"type":"somethingNew","deviceId":"x"}',
               self.status_message(lab, "desk-1", "Yes", timestamp="yesterday"),
               self.status_message(lab, "desk-1", "Yes", changes=[1, 2])]
        good = [self.status_message(lab, desk, "Yes") for desk in ("desk-1", "desk-3")]
        lab.control('push-body {"messages":[' + ",".join([good[0], *bad, good[1]]) + "]}")
        until(lambda: lab.seen("desk-1")["presence"] == lab.seen("desk-3")["presence"] == "yes",
              "the good elements are taken")
        until(lambda: self.skipped(lab) == before + len(bad), "each bad element is counted")
        self.assertEqual(lab.status()["queue"]["messages"], messages + len(good))
        self.assert_goes_on(lab)

    def test_messages_for_somebody_else_are_skipped_and_counted(self):
        lab = self.lab_with_a_push()
        before = self.skipped(lab)
        lab.control("push " + self.status_message(lab, "desk-1", "Yes", appId="00000000-0000-4000-8000-000000000000"),
                    "push " + self.status_message(lab, "desk-1", "Yes", orgId="somebody-else"))
        until(lambda: self.skipped(lab) == before + 2, "both are counted")
        self.assertNotEqual(lab.seen("desk-1")["presence"], "yes")
        self.assert_goes_on(lab)

    def test_numbers_and_booleans_may_come_as_words(self):
        lab = self.lab(sandbox=["--poll-wait", "5s", "--spelling", "string"]).set_up()
        lab.control("desk-1 book anna@example.com duration=1h", "desk-1 sign-in anna@example.com", "desk-1 call")
        until(lambda: lab.seen("desk-1")["activeCalls"] == 1, "the call is known")
        self.assertIs(lab.wait_for_state("desk-1", "in_use")["personalized"], True)

    def test_a_desk_that_says_everything_twice_changes_nothing(self):
        lab = self.queue_lab()
        lab.control("desk-1 set duplicate on", "desk-1 set stubborn on", "desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        lab.let_graces_pass()
        self.assertEqual(lab.names("desk-1").count("Webex.Registration.Logout"), 1)

    def test_a_backlog_of_a_thousand_messages_is_taken(self):
        lab = self.queue_lab()
        before = lab.status()["queue"]["messages"]
        lab.control("backlog 1000")
        until(lambda: lab.status()["queue"]["messages"] >= before + 1000, "all are taken")
        self.assertEqual(lab.control("world")["queued"], 0)
        self.assertEqual(self.skipped(lab), 0)
        self.assert_goes_on(lab)

    def test_the_worker_polls_while_commands_are_under_way(self):
        lab = self.queue_lab()
        lab.control("desk-1 set slow 25s")
        command = lab.begin("sign-out", "desk-1")
        until(lambda: lab.commands("desk-1"), "a command is under way")
        lab.control("desk-2 presence Yes")
        until(lambda: lab.seen("desk-2")["presence"] == "yes", "messages are taken meanwhile")
        self.assertTrue(lab.control("world")["pollOutstanding"])
        # And another desk does not wait for the slow one.
        lab.control("desk-2 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-2")
        self.assertTrue(command.running(), "the slow command ended: this machine was too slow to see anything")
        self.assertEqual(lab.control("violations"), [])

    def test_a_slow_desk_is_signed_out_in_the_end(self):
        lab = self.queue_lab()
        lab.control("desk-1 set slow 2s", "desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.names("desk-1").count("Webex.Registration.Logout"), 1)


class D(QueueCase):
    """Desks that do not answer."""

    def test_a_sign_out_of_an_offline_desk_is_refused_in_words(self):
        lab = self.queue_lab()
        lab.control("desk-1 set offline on")
        done = lab.run("sign-out", "desk-1", "--json")
        self.assertEqual(done.code, 1, done)
        self.assertEqual(done.json()["outcome"], "refused")
        self.assertNotEqual(done.json()["cause"], "")
        record = next(r for r in lab.records("desk-1") if r["seq"] == done.json()["seq"])
        self.assertTrue(record["trackingId"].startswith("SANDBOX_"), record)
        self.assertTrue(record["result"].startswith("failed"), record)

    def test_a_desk_that_comes_back_is_signed_out_then(self):
        for status in (404, 502):
            with self.subTest(status=status):
                lab = self.lab(sandbox=["--poll-wait", "5s", "--offline-status", str(status)]).set_up()
                lab.control("desk-1 set stubborn on", "desk-1 sign-in anna@example.com", "desk-1 set offline on")
                until(lambda: lab.seen("desk-1")["online"] is False, "the desk is known to be offline")
                lab.let_graces_pass()
                self.assertNotIn("Webex.Registration.Logout", lab.names("desk-1"))
                lab.control("desk-1 set offline off")
                lab.wait_for_signed_out("desk-1")

    def test_a_command_that_failed_is_tried_again(self):
        lab = self.queue_lab()
        lab.control("fault command 503 times=1 name=Webex.Registration.Logout", "desk-1 set stubborn on",
                    "desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.names("desk-1").count("Webex.Registration.Logout"), 2)
        results = [r["result"].split(":")[0] for r in lab.records("desk-1") if r["command"].endswith("Logout")]
        self.assertEqual(results, ["failed", "done"])

    def test_a_desk_that_is_said_to_be_asked_too_often_is_left_in_peace(self):
        lab = self.queue_lab()
        lab.control("fault command 429 retry-after=4 times=1 name=Webex.Registration.Logout",
                    "desk-1 set stubborn on", "desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        refused, taken = [at(r["time"]) for r in lab.requests("command") if r["path"].endswith("Logout")]
        self.assertGreaterEqual((taken - refused).total_seconds(), 3.9)
        # Nobody else was asked anything meanwhile, either: the limit is the organization's.
        between = [r for r in lab.requests() if refused < at(r["time"]) < taken and r["endpoint"] in ("command", "status")]
        self.assertEqual([r for r in between if (at(r["time"]) - refused).total_seconds() < 3.9], [])

    def test_a_command_whose_answer_was_lost_does_no_harm(self):
        lab = self.queue_lab()
        lab.control("fault command reset times=1 name=Webex.Registration.Logout", "desk-1 set stubborn on",
                    "desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        lab.wait_for_state("desk-1", "free")
        lab.let_graces_pass()
        self.assertEqual(lab.names("desk-1").count("Webex.Registration.Logout"), 1)


if __name__ == "__main__":
    if GROUP:
        for name in "ABCD":
            if name != GROUP:
                del globals()[name]
    del QueueCase
    tap.main()
