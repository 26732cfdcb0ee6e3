"""Data at rest and in sight: the state's key, its schema, what its file shows, what the log shows."""

import os
import pathlib
import random
import shutil
import signal
import time

import tap
from lab import POLICY, LabCase, until

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "state"


def files_of(lab):
    """What must not change where something is refused."""
    paths = [p for p in lab.state.rglob("*") if p.is_file() and "lock" not in p.name] + [lab.dir / "state.key"]
    return {str(p): p.read_bytes() for p in paths if p.exists()}


class Rekey(LabCase):
    def set_up(self, **options):
        lab = self.lab(**options).set_up()
        lab.control("desk-1 book anna@example.com duration=1h", "desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        return lab

    def test_a_new_key_is_all_that_changes(self):
        lab = self.set_up()
        lab.stop_worker()
        old, devices, records = (lab.dir / "state.key").read_bytes(), lab.devices(), lab.records()
        done = lab.run("rekey")
        self.assertEqual(done.code, 0, done)
        self.assertIn("new key", done.out)
        key = (lab.dir / "state.key").read_bytes()
        self.assertEqual(len(key), 65)
        self.assertNotEqual(key, old)
        self.assertEqual((lab.dir / "state.key").stat().st_mode & 0o777, 0o600)
        self.assertEqual((lab.devices(), lab.records()), (devices, records))
        self.assertFalse((lab.state / "next").exists())
        lab.run_worker()  # and with the same tokens
        lab.wait_for_state("desk-1", "in_use")
        self.assertEqual(lab.status()["tokens"], "valid")
        lab.stop_worker()
        (lab.dir / "state.key").write_bytes(old)
        self.assertEqual(lab.run("status").code, 9)

    def test_it_waits_for_nobody_and_touches_nothing_while_the_state_is_in_use(self):
        lab = self.set_up()
        self.assertEqual(lab.run("sign-out", "desk-1").code, 0)  # something that the follower shows
        key = (lab.dir / "state.key").read_bytes()
        done = lab.run("rekey")
        self.assertEqual(done.code, 7, done)
        self.assertEqual(lab.devices()[0]["displayName"], "desk-1")
        lab.stop_worker()
        follower = lab.begin("log", "--follow")
        until(lambda: follower.out, "the follower has the state open")
        before = files_of(lab)
        done = lab.run("rekey")
        self.assertEqual(done.code, 7, done)
        self.assertIn("log --follow", done.err)
        self.assertEqual(files_of(lab), before)
        self.assertEqual((lab.dir / "state.key").read_bytes(), key)
        follower.kill(signal.SIGTERM)
        follower.wait()
        self.assertEqual(lab.run("rekey").code, 0)

    def test_without_a_state_or_its_key_it_is_refused(self):
        lab = self.lab()
        self.assertEqual(lab.run("rekey").code, 3)
        lab.activate()
        key = lab.dir / "state.key"
        kept = key.read_bytes()
        for wrong in (b"0" * 64 + b"\n", b"rubbish\n", None):
            if wrong is None:
                key.unlink()
            else:
                key.write_bytes(wrong)
            before = files_of(lab)
            done = lab.run("rekey")
            self.assertEqual(done.code, 9, done)
            self.assertEqual(files_of(lab), before)
        key.write_bytes(kept)
        key.chmod(0o600)
        done = lab.run("rekey", env={"CREDENTIALS_DIRECTORY": str(lab.dir)})
        self.assertEqual(done.code, 0, "a directory without state-key is none of ours")
        shutil.copy(key, lab.dir / "state-key")
        done = lab.run("rekey", env={"CREDENTIALS_DIRECTORY": str(lab.dir)})
        self.assertEqual(done.code, 2, done)
        self.assertIn("outside the service", done.err)
        (lab.dir / "state-key").unlink()

    def test_killed_at_any_moment_it_leaves_a_state_that_opens_and_works(self):
        lab = self.set_up()
        lab.stop_worker()
        devices, records = lab.devices(), lab.records()
        began = time.monotonic()
        self.assertEqual(lab.run("rekey").code, 0)
        whole = time.monotonic() - began
        seed = random.randrange(10**6)
        chance = random.Random(seed)
        print(f"seed {seed}")
        cut = 0
        for round_ in range(40):
            process = lab.begin("rekey")
            # A moment that nobody chose.
            time.sleep(chance.random() * whole)
            process.kill(signal.SIGKILL)
            cut += process.wait() != 0
            if round_ % 8 == 7:
                lab.run_worker()
                lab.stop_worker()
            self.assertEqual({d["displayName"] for d in lab.devices()}, {d["displayName"] for d in devices})
            self.assertEqual(lab.records()[:len(records)], records)
        self.assertGreater(cut, 0)
        self.assertEqual(lab.run("rekey").code, 0)
        self.assertEqual(len((lab.dir / "state.key").read_bytes()), 65)
        self.assertFalse((lab.state / "next").exists())
        lab.run_worker()
        lab.wait_for_state("desk-1", "in_use")

    def test_root_leaves_everything_to_the_service_s_user(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        lab = self.lab()
        lab.activate()
        for path in [lab.state, lab.dir / "state.key", *lab.state.iterdir()]:
            os.chown(path, 12345, 12345)
        self.assertEqual(lab.run("rekey").code, 0)
        owners = {p.name: p.stat().st_uid for p in [lab.dir / "state.key", *lab.state.iterdir()]}
        self.assertEqual(set(owners.values()), {12345}, owners)


class Schema(LabCase):
    def old_state(self, lab):
        lab.state.mkdir(exist_ok=True)
        shutil.copy(FIXTURES / "schema-1.mdb", lab.state / "data.mdb")
        shutil.copy(FIXTURES / "schema-1.key", lab.dir / "state.key")
        for path in (lab.state / "data.mdb", lab.dir / "state.key"):
            path.chmod(0o600)
        return (lab.state / "data.mdb").read_bytes()

    def test_the_worker_brings_an_old_state_up_to_date_and_keeps_it(self):
        lab = self.lab(POLICY + '\n[record]\nkeep = "off"\n')  # its decisions are of long ago
        old = self.old_state(lab)
        for command in (["status"], ["devices"], ["log"], ["sign-out", "Pult 2"]):
            done = lab.run(*command)
            self.assertIn(done.code, (9, 1), done)
            if command[0] != "sign-out":
                self.assertEqual(done.code, 9, done)
                self.assertIn("systemctl restart hotdeskd", done.err)
        self.assertEqual((lab.state / "data.mdb").read_bytes(), old)
        lab.run_worker(wait=False)
        lab.wait_for_log("has schema 2 now")
        backup = lab.state / "data.mdb.schema-1"
        self.assertIn(str(backup), lab.worker.err)
        self.assertEqual(backup.read_bytes(), old)
        self.assertEqual(backup.stat().st_mode & 0o777, 0o600)
        until(lambda: lab.run("status").code == 0, "the state can be read")
        self.assertEqual({d["displayName"] for d in lab.devices()}, {"Pult \u00e5 1", "Pult 2"})
        self.assertEqual([r["seq"] for r in lab.records()][:2], [42, 43])
        lab.stop_worker()
        lab.run_worker(wait=False)
        lab.wait_for_log("starting")
        self.assertNotIn("schema", lab.worker.err)

    def test_activating_anew_brings_an_old_state_up_to_date_as_well(self):
        lab = self.lab()
        self.old_state(lab)
        lab.activate(None, "--replace")
        self.assertTrue((lab.state / "data.mdb.schema-1").exists())
        lab.run_worker()
        self.assertEqual(lab.status()["tokens"], "valid")


class InSight(LabCase):
    def test_the_file_names_no_device_person_or_organization(self):
        lab = self.lab().set_up()
        lab.control("desk-1 book anna@example.com duration=1h", "desk-1 sign-in anna@example.com")
        lab.wait_for_state("desk-1", "in_use")
        found = lab.devices()
        names = {"anna@example.com", "anna"}
        names |= {d[field] for d in found for field in ("deviceId", "displayName", "workspaceName") if d.get(field)}
        names |= {v for k, v in lab.status().items() if k.startswith("org") and isinstance(v, str) and len(v) > 3}
        self.assertGreater(len(names), 6)
        lab.stop_worker()
        data = (lab.state / "data.mdb").read_bytes()
        self.assertEqual([name for name in names if name.encode() in data], [])
        self.assertIn(b"spent_code", data)  # this is the file, and it can be searched

    def test_addresses_are_masked_in_the_log_and_nowhere_else(self):
        policy = POLICY + '\n[log]\nprivacy = "mask"\n'
        policy = policy.replace("[policy]\n", '[policy]\norganizer_deny = ["*@evil.example"]\n')
        lab = self.lab(policy).set_up()
        lab.control("desk-1 book mallory@evil.example start=+1h duration=1h")
        until(lambda: "Bookings.Delete" in lab.names("desk-1"), "the booking is rejected")
        until(lambda: any("mallory@evil.example" in r["reason"] for r in lab.records("desk-1")), "it is recorded")
        lab.wait_for_log("m***@evil.example")
        self.assertNotIn("mallory", lab.worker.err)
        self.assertIn("mallory@evil.example", lab.run("log").out)


if __name__ == "__main__":
    tap.main()
