"""`hotdeskd activate`: what a good code brings, and what a bad one leaves behind: nothing."""

import json
import os
import pathlib
import socket
import stat

import tap
from lab import LabCase, until


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def unused_port():
    """A port of the loopback interface at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Activate(LabCase):
    def assert_nothing_left(self, lab):
        self.assertFalse(lab.state.exists(), "a refused code made a state directory")
        self.assertFalse((lab.dir / "state.key").exists(), "a refused code made a key")
        self.assertEqual(lab.requests("token"), [])
        self.assertEqual(lab.requests("patch"), [])
        self.assertEqual(lab.run("devices").code, 3)
        self.assertIs(lab.status()["activated"], False)

    # --- a good code --------------------------------------------------------------------------------------------------

    def test_a_good_code_on_standard_input_activates(self):
        lab = self.lab()
        done = lab.activate()
        self.assertIn("activated", done.out)
        patches = lab.requests("patch")
        self.assertEqual(len(patches), 1)
        body = json.loads(patches[0]["body"])
        self.assertEqual(body["provisioningState"], "completed")
        self.assertEqual(body["queue"], {"state": "enabled"})
        self.assertEqual(body["customer"], {"id": socket.gethostname(), "name": socket.gethostname()})
        self.assertEqual(lab.control("world")["integration"]["provisioningState"], "completed")
        status = lab.status()
        self.assertIs(status["activated"], True)
        self.assertIs(status["running"], False)
        self.assertEqual(status["org"]["name"], "Sandbox")

    def test_a_code_in_a_file_activates(self):
        lab = self.lab()
        done = lab.run("activate", f"@{lab.dir}/activation-code", "--json")
        self.assertEqual(done.code, 0, done)
        self.assertIs(done.json()["activated"], True)

    def test_a_code_as_an_argument_activates(self):
        lab = self.lab()
        done = lab.run("activate", lab.code, code_in_arguments=True)
        self.assertEqual(done.code, 0, done)

    def test_a_code_as_an_argument_does_not_stay_in_the_process_list(self):
        lab = self.lab()
        lab.control("fault jwks delay=3s")
        process = lab.begin("activate", lab.code, code_in_arguments=True)
        until(lambda: lab.requests("jwks"), "the activation is under way")
        shown = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
        self.assertIn(b"activate", shown)
        self.assertNotIn(lab.code[:20].encode(), shown)
        self.assertEqual(process.ended().code, 0)

    def test_the_customer_is_the_configured_one(self):
        lab = self.lab()
        text = lab.config.read_text().replace("[integration]",
                                              '[integration]\ncustomer_id = "site-7"\ncustomer_name = "Seven"', 1)
        lab.config.write_text(text)
        lab.activate()
        self.assertEqual(json.loads(lab.requests("patch")[0]["body"])["customer"], {"id": "site-7", "name": "Seven"})

    def test_what_is_stored_is_for_its_owner_alone(self):
        lab = self.lab()
        old = os.umask(0)
        try:
            lab.activate()
        finally:
            os.umask(old)
        self.assertEqual(mode_of(lab.state), 0o700)
        files = [p for p in lab.state.rglob("*") if p.is_file()]
        self.assertTrue(files)
        for path in [*files, lab.dir / "state.key"]:
            self.assertEqual(oct(mode_of(path)), oct(0o600), path.name)

    def test_a_refresh_token_that_was_replaced_is_used_from_then_on(self):
        lab = self.lab()
        lab.activate()
        lab.control("revoke access")
        lab.run_worker(wait=False)
        until(lambda: any(r["status"] in (0, 200) for r in lab.requests("poll")), "a poll is taken")
        # The token of the code was good once: a second use of it would be refused.
        self.assertEqual([r["status"] for r in lab.requests("token")], [200, 200])

    def test_a_refresh_token_that_stays_is_used_again(self):
        lab = self.lab(sandbox=["--keep-refresh-token"])
        lab.activate()
        lab.control("revoke access")
        lab.run_worker(wait=False)
        until(lambda: len(lab.requests("token")) == 2, "the token is refreshed")
        self.assertEqual([r["status"] for r in lab.requests("token")], [200, 200])

    def test_xapi_access_may_be_an_object(self):
        lab = self.lab()
        lab.activate(lab.new_code("--xapi-access object"))

    # --- refused codes ------------------------------------------------------------------------------------------------

    def refuse(self, words, *codes):
        lab = self.lab()
        for name, code in codes:
            with self.subTest(name):
                done = lab.run("activate", "-", stdin=code(lab) if callable(code) else code)
                self.assertEqual(done.code, 4, done)
                self.assertTrue(done.err.rstrip().endswith(words), f"{name}: {done.err!r}")
                self.assertEqual(done.out, "")
                last = done.err.rstrip().splitlines()[-1]
                self.assertIn("refused", last)
                self.assert_nothing_left(lab)
        # And a good one still works.
        lab.activate()

    def test_what_is_no_code_is_malformed(self):
        self.refuse(
            "malformed",
            ("empty", ""),
            ("blank", " \n"),
            ("no JWT", "not a code\n"),
            ("not JSON", "bm90IGpzb24.bm90IGpzb24.bm90IGpzb24"),
            ("truncated", lambda lab: lab.new_code("--fault truncated")),
            ("without its end", lambda lab: lab.code[:-20] + "!!!!"),
            ("over-long", lambda lab: lab.code + "A" * 20000),
            ("megabytes", "A" * 3_000_000),
            ("bytes above 127", b"\xff\xfe\x80.\x80.\x80"),
            ("numbers for words", lambda lab: lab.new_code("--set appUrl=17")),
            ("no expiry", lambda lab: lab.new_code("--drop expiryTime")),
            ("a broken expiry", lambda lab: lab.new_code("--set expiryTime=tomorrow")),
        )

    def test_another_algorithm_is_unsupported(self):
        self.refuse("unsupported algorithm", ("none", lambda lab: lab.new_code("--fault alg-none")),
                    ("HS256", lambda lab: lab.new_code("--fault hs256")))

    def test_a_key_that_is_not_published_is_unknown(self):
        self.refuse("unknown key", ("unknown key", lambda lab: lab.new_code("--fault unknown-key")))

    def test_a_forged_code_has_a_bad_signature(self):
        self.refuse("bad signature", ("flipped bit", lambda lab: lab.new_code("--fault bad-signature")),
                    ("altered claim", lambda lab: lab.new_code("--fault altered-claim")))

    def test_yesterdays_code_is_expired(self):
        self.refuse("expired", ("expired", lambda lab: lab.new_code("--fault expired")))

    def test_an_old_action_is_too_old(self):
        # An action that has every claim of a provisioning, so that only its age speaks against it.
        self.refuse("too old", ("old", lambda lab: lab.new_code("--set action=update --fault old-iat")))

    def test_a_code_of_another_integration_is_for_the_wrong_app(self):
        self.refuse("wrong app", ("wrong app", lambda lab: lab.new_code("--fault wrong-app")))

    def test_another_action_is_the_wrong_action(self):
        self.refuse("wrong action", ("wrong action", lambda lab: lab.new_code("--fault wrong-action")))

    def test_a_code_is_replayed_when_it_comes_a_second_time(self):
        lab = self.lab()
        lab.activate()
        tokens, patches = len(lab.requests("token")), len(lab.requests("patch"))
        done = lab.run("activate", "--replace", "-", stdin=lab.code)
        self.assertEqual(done.code, 4, done)
        self.assertTrue(done.err.rstrip().endswith("replayed"), done.err)
        self.assertEqual((len(lab.requests("token")), len(lab.requests("patch"))), (tokens, patches))
        lab.run_worker()

    def test_a_code_that_names_a_foreign_host_gets_no_secret(self):
        lab = self.lab()
        done = lab.run("activate", "-", stdin=lab.new_code("--set oauthUrl=https://evil.example.net/token"))
        self.assertNotEqual(done.code, 0, done)
        self.assertIn("evil.example.net", done.err)
        self.assertEqual(lab.run("devices").code, 3)

    # --- a cloud that fails -------------------------------------------------------------------------------------------

    def test_without_network_the_exit_code_is_6_and_the_code_works_afterwards(self):
        lab = self.lab()
        away = lab.dir / "away.toml"
        text = lab.config.read_text()
        port = text.split("https://localhost:")[1].split("/")[0]
        away.write_text(text.replace(f":{port}/", f":{unused_port()}/"))
        done = lab.run("activate", "-", stdin=lab.code, config=away)
        self.assertEqual(done.code, 6, done)
        self.assertFalse(lab.state.exists())
        lab.activate()

    def test_when_the_token_server_is_down_the_code_works_afterwards(self):
        lab = self.lab()
        lab.control("fault token 503")
        done = lab.run("activate", "-", stdin=lab.code)
        self.assertEqual(done.code, 6, done)
        self.assertEqual(lab.requests("patch"), [])
        self.assertIs(lab.status()["activated"], False)
        lab.control("fault off")
        lab.activate()

    def test_a_wrong_client_secret_is_5_and_the_code_works_afterwards(self):
        lab = self.lab()
        secret = lab.dir / "client-secret"
        right = secret.read_text()
        secret.write_text("not-the-right-secret\n")
        lab.secrets_besides.append("not-the-right-secret")
        done = lab.run("activate", "-", stdin=lab.code)
        self.assertEqual(done.code, 5, done)
        self.assertEqual(lab.requests("patch"), [])
        self.assertEqual(lab.run("devices").code, 3)
        secret.write_text(right)
        lab.activate()

    def test_a_key_set_that_is_no_key_set_is_not_a_bad_code(self):
        lab = self.lab()
        for fault in ("html", "garbage", "503"):
            lab.control("fault off", f"fault jwks {fault}")
            done = lab.run("activate", "-", stdin=lab.code)
            self.assertEqual(done.code, 6, done)
        lab.control("fault off")
        lab.activate()

    def test_a_patch_that_fails_for_good_is_reported_and_not_half_kept(self):
        lab = self.lab()
        lab.control("fault patch 400 times=1")
        done = lab.run("activate", "-", stdin=lab.code)
        self.assertNotEqual(done.code, 0, done)
        bodies = [json.loads(r["body"]) for r in lab.requests("patch")]
        self.assertEqual([b["provisioningState"] for b in bodies], ["completed", "error"])
        self.assertNotIn("queue", bodies[1])
        self.assertEqual(lab.control("world")["integration"]["provisioningState"], "error")
        self.assertIs(lab.status()["activated"], False)
        self.assertEqual(lab.run("run").code, 3)
        # The code is spent; another one works.
        again = lab.run("activate", "-", stdin=lab.code)
        self.assertEqual((again.code, again.err.rstrip()[-8:]), (4, "replayed"), again)
        lab.activate(lab.new_code())

    def test_a_patch_that_fails_for_a_moment_is_tried_again(self):
        lab = self.lab()
        lab.control("fault patch 503 times=1")
        lab.activate()
        self.assertEqual([r["status"] for r in lab.requests("patch")], [503, 200])
        self.assertEqual(lab.control("world")["integration"]["provisioningState"], "completed")

    # --- where one stands already -------------------------------------------------------------------------------------

    def test_a_standing_activation_is_kept_and_the_code_is_not_spent(self):
        lab = self.lab()
        lab.activate()
        second = lab.new_code()
        tokens = len(lab.requests("token"))
        done = lab.run("activate", "-", stdin=second)
        self.assertEqual(done.code, 1, done)
        self.assertIn("--replace", done.err)
        self.assertEqual(len(lab.requests("token")), tokens)
        lab.activate(second, "--replace")

    def test_replace_puts_a_new_activation_in_its_place(self):
        lab = self.lab()
        lab.activate()
        lab.activate(lab.new_code(), "--replace")
        lab.run_worker()
        self.assertEqual(lab.status()["activated"], True)

    def test_a_replacement_that_fails_leaves_the_old_one_working(self):
        lab = self.lab()
        lab.activate()
        for fault, codes in (("fault token 503", {6}), ("fault patch 400", {1, 5})):
            lab.control("fault off", fault)
            done = lab.run("activate", "--replace", "-", stdin=lab.new_code())
            self.assertIn(done.code, codes, done)
        lab.control("fault off")
        done = lab.run("activate", "--replace", "-", stdin=lab.new_code("--fault bad-signature"))
        self.assertEqual(done.code, 4, done)
        lab.control("revoke access")
        lab.run_worker(wait=False)
        until(lambda: lab.control("world")["pollOutstanding"], "the old activation polls")

    def test_a_running_worker_takes_up_a_replacement(self):
        lab = self.lab().set_up()
        pid = lab.worker.pid
        lab.activate(lab.new_code(), "--replace")
        lab.wait_for_log("the activation was replaced")
        lab.control("revoke access")
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        self.assertTrue(lab.worker.running())
        self.assertEqual(lab.worker.pid, pid)
        self.assertTrue(all(r["status"] == 200 for r in lab.requests("token")))

    def test_the_code_is_not_in_the_process_list(self):
        lab = self.lab()
        lab.control("fault jwks delay=3s")
        source = lab.root / "code"
        source.write_text(lab.code)
        with open(source, "rb") as text:
            process = lab.begin("activate", "-", stdin=text)
        until(lambda: lab.requests("jwks"), "the activation is under way")
        self.assertNotIn(lab.code.encode(), pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes())
        self.assertEqual(process.ended().code, 0)


if __name__ == "__main__":
    tap.main()
