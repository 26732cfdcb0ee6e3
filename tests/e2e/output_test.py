"""What scripts read: the names in JSON, and one stream for results, another for diagnostics."""

import json
import re

import tap
from lab import LabCase, until

STATUS = {"activated", "running", "org", "region", "tokens", "operational", "queue", "desks", "commands", "lastError"}
DEVICE = {"deviceId", "displayName", "workspaceId", "workspaceName", "online", "personalized", "activeCalls",
          "presence", "state", "booking", "next"}
BOOKING = {"meetingId", "organizerEmail", "start", "end"}
RECORD = {"seq", "time", "deviceId", "rule", "decision", "reason", "command", "arguments", "result", "trackingId"}
#: Names may be added, never changed; whoever adds one says so here.
ADDED_TO_STATUS = {"lastErrorAt", "alerts", "manifestVersion", "updateRequest"}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


class Output(LabCase):
    def test_status_has_its_names(self):
        lab = self.lab()
        before = lab.status()
        self.assertEqual(set(before), STATUS | ADDED_TO_STATUS)
        self.assertEqual((before["activated"], before["running"], before["tokens"]), (False, False, "unknown"))
        lab.set_up()
        lab.control("desk-1 book anna@example.com duration=1h", "desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        status = lab.status()
        self.assertEqual(set(status), STATUS | ADDED_TO_STATUS)
        self.assertEqual(set(status["org"]), {"id", "name"})
        self.assertEqual(set(status["queue"]), {"lastPoll", "lastMessage", "messages", "skipped"})
        self.assertEqual(status["desks"], {"total": 3, "signedIn": 1, "booked": 1})
        self.assertEqual(set(status["commands"]), {"sent", "failed", "pending"})
        self.assertEqual((status["tokens"], status["operational"], status["region"]),
                         ("valid", "operational", "us-east-2_a"))
        self.assertRegex(status["queue"]["lastMessage"], TIME)
        self.assertIsNone(status["lastError"])

    def test_devices_has_its_names(self):
        lab = self.lab().set_up()
        later = lab.control("desk-1 book bob@example.com start=+2h duration=30m")
        now = lab.control("desk-1 book anna@example.com duration=1h")
        lab.control("desk-1 sign-in anna@example.com", "desk-1 call")
        until(lambda: lab.seen("desk-1")["activeCalls"] == 1, "the call is known")
        devices = {d["displayName"]: d for d in lab.devices()}
        self.assertEqual(set(devices), {"desk-1", "desk-2", "desk-3"})
        for device in devices.values():
            self.assertEqual(set(device), DEVICE)
        busy, free = devices["desk-1"], devices["desk-2"]
        self.assertEqual(set(busy["booking"]), BOOKING)
        self.assertEqual((busy["booking"]["meetingId"], busy["next"]["meetingId"]), (now, later))
        self.assertRegex(busy["next"]["start"], TIME)
        place = lab.desk("desk-1")
        for name in ("deviceId", "workspaceId", "workspaceName"):
            self.assertEqual(busy[name], place[name])
        self.assertEqual((busy["online"], busy["personalized"], busy["presence"], busy["state"]),
                         (True, True, "yes", "in_use"))
        self.assertEqual((free["booking"], free["next"], free["state"], free["activeCalls"]), (None, None, "free", 0))

    def test_log_has_its_names_one_object_a_line(self):
        lab = self.lab().set_up()
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        until(lambda: all(r["result"] != "pending" for r in lab.records("desk-1")), "the results are there")
        records = lab.records("desk-1")
        self.assertEqual(len(records), 2)
        for record in records:
            self.assertEqual(set(record), RECORD)
            self.assertEqual(record["deviceId"], lab.device("desk-1"))
            self.assertRegex(record["time"], TIME)
            self.assertTrue(record["trackingId"].startswith("SANDBOX_"))
        self.assertEqual(records[1]["arguments"], {})
        self.assertEqual(set(records[0]["arguments"]), {"Title", "Text", "Duration"})

    def test_log_chooses_by_device_and_time_and_follows(self):
        lab = self.lab().set_up()
        follower = lab.begin("log", "--follow", "--json")
        for desk in ("desk-1", "desk-2"):
            lab.control(f"{desk} sign-in anna@example.com")
            lab.wait_for_signed_out(desk)
        until(lambda: len(follower.out.splitlines()) == 4, "the follower has seen everything")
        self.assertEqual(sorted(json.loads(line)["seq"] for line in follower.out.splitlines()),
                         [r["seq"] for r in lab.records()])
        self.assertEqual(len(lab.records("desk-2")), 2)
        last = lab.records()[-1]["time"]
        self.assertEqual(lab.run("log", "--since", "+1h", "--json").out, "")
        self.assertEqual(len(lab.run("log", "--since", "1h", "--json").lines()), 4)
        self.assertGreaterEqual(len(lab.run("log", "--since", last, "--json").lines()), 1)
        follower.kill()

    def test_results_go_to_stdout_and_diagnostics_to_stderr(self):
        lab = self.lab().set_up()
        for command in (["status"], ["devices"], ["bookings"], ["log"], ["explain", "desk-1"], ["manifest"]):
            done = lab.run(*command)
            self.assertEqual((done.code, done.err), (0, ""), done)
        self.assertEqual(lab.worker.out, "")
        done = lab.run("sign-out", "nowhere", "--json")
        self.assertEqual(done.out, "")

    def test_the_manifest_asks_for_what_the_worker_uses(self):
        lab = self.lab()
        manifest = lab.run("manifest").json()
        access = manifest["xapiAccess"]
        patterns = {entry["path"].replace("*", ".*") for entry in access["commands"]}
        granted = lambda name: any(re.fullmatch(pattern, name) for pattern in patterns)
        lab.set_up()
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        for request in lab.requests("command"):
            self.assertTrue(granted(request["path"].rsplit("/", 1)[-1]), request["path"])

    def test_with_the_least_access_of_the_manifest_everything_works(self):
        lab = self.lab()
        access = lab.run("manifest").json()["xapiAccess"]
        for kind, granted in (("commands", "commands"), ("status", "statuses"), ("events", "events")):
            # An administrator may refuse what is optional.
            needed = [entry["path"] for entry in access[kind] if entry["access"] == "required"]
            lab.control(" ".join(["grant", granted, *needed]))
        lab.set_up()
        meeting = lab.control("desk-1 book anna@example.com duration=1h")
        lab.control("desk-1 set stubborn on", "desk-1 sign-in anna@example.com")
        self.assertEqual(lab.wait_for_state("desk-1", "in_use")["booking"]["meetingId"], meeting)
        lab.control("desk-1 delete via=calendar")
        lab.wait_for_signed_out("desk-1")

    def test_log_lines_may_be_json(self):
        lab = self.lab()
        lab.config.write_text(lab.config.read_text() + '\n[log]\nformat = "json"\nlevel = "debug"\n')
        lab.set_up()
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        lab.stop_worker()
        lines = [json.loads(line) for line in lab.worker.err.splitlines()]
        self.assertTrue(all({"time", "level", "text"} <= set(line) for line in lines))


class TheLabItself(LabCase):
    """What the helper promises must be able to fail."""

    def test_a_second_poll_is_a_violation(self):
        lab = self.lab()
        lab.violations_expected = True
        lab.set_up()
        lab.worker.kill()  # its poll is given up when the sandbox notices
        self.assertIsInstance(lab.control("violations"), list)


if __name__ == "__main__":
    tap.main()
