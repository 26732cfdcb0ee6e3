"""Exit codes: each names a reason that a script, systemd or a person can act on."""

import os
import re
import shutil

import tap
from lab import LabCase, REMOVAL_S, until


class ExitCodes(LabCase):
    def write_config(self, lab, change):
        path = lab.dir / "changed.toml"
        path.write_text(change(lab.config.read_text()))
        return path

    # --- 2: usage and configuration -----------------------------------------------------------------------------------

    def assert_config_refused(self, change, *words, command=("status",)):
        lab = self.lab()
        path = self.write_config(lab, change)
        done = lab.run(*command, config=path)
        self.assertEqual(done.code, 2, done)
        for word in (str(path), *words):
            self.assertIn(word, done.err)
        return lab, path, done

    def test_an_unknown_key_is_named_with_file_line_and_the_nearest_one(self):
        def change(text):
            return text.replace("[policy]\n", '[policy]\nsing_out_grace = "5s"\n', 1)

        _, path, done = self.assert_config_refused(change, "policy.sing_out_grace", "`sign_out_grace`")
        line = next(i for i, text in enumerate(path.read_text().splitlines(), 1) if "sing_out" in text)
        self.assertIn(f"{path}:{line}: policy.sing_out_grace:", done.err)

    def test_an_unknown_section_is_named(self):
        self.assert_config_refused(lambda text: text + '\n[polycy]\nmode = "observe"\n', "polycy", "`policy`")

    def test_an_unknown_key_of_an_override_is_named(self):
        self.assert_config_refused(lambda text: text + '\n[[policy.override]]\nworkspace = "x"\nmodes = 1\n', "modes")

    def test_a_value_of_the_wrong_type_is_named(self):
        _, path, done = self.assert_config_refused(
            lambda text: text.replace('sign_in_grace = "1s"', "sign_in_grace = 60", 1), "policy.sign_in_grace")
        self.assertRegex(done.err, re.escape(str(path)) + r":\d+: ")

    def test_a_word_that_is_no_mode_is_refused_with_those_that_are(self):
        self.assert_config_refused(lambda text: text.replace("[policy]", '[policy]\nmode = "dry"', 1), "enforce",
                                   "observe")

    def test_what_is_not_toml_is_refused_with_its_line(self):
        _, path, done = self.assert_config_refused(lambda text: text + "\nthis is = = not toml\n")
        self.assertRegex(done.err, re.escape(str(path)) + r":\d+")

    def test_a_missing_configuration_is_2(self):
        lab = self.lab()
        for command in (["status"], ["run"], ["activate", "-"], ["devices"], ["manifest"]):
            done = lab.run(*command, config=lab.dir / "nowhere.toml")
            self.assertEqual(done.code, 2, done)
            self.assertIn("nowhere.toml", done.err)

    def test_a_bad_configuration_is_2_before_anything_else_is_wrong(self):
        lab = self.lab()
        path = self.write_config(lab, lambda text: text + "\n[log]\nlevel = 3\n")
        for command in (["run"], ["activate", "-"], ["devices"], ["sign-out", "desk-1"], ["log"]):
            self.assertEqual(lab.run(*command, config=path).code, 2)

    def test_a_missing_client_secret_is_2(self):
        lab = self.lab()
        (lab.dir / "client-secret").unlink()
        for command in (["activate", "-"], ["run"]):
            done = lab.run(*command, stdin=lab.code)
            self.assertEqual(done.code, 2, done)
            self.assertIn(str(lab.dir / "client-secret"), done.err)
        self.assertEqual(lab.requests(), [])

    def test_a_client_secret_that_everybody_may_read_is_2(self):
        lab = self.lab()
        secret = lab.dir / "client-secret"
        secret.chmod(0o644)
        for command in (["activate", "-"], ["run"]):
            done = lab.run(*command, stdin=lab.code)
            self.assertEqual(done.code, 2, done)
            self.assertIn("chmod 0600", done.err)
        secret.chmod(0o600)
        lab.activate()

    def test_a_systemd_credential_goes_before_the_file(self):
        lab = self.lab()
        credentials = lab.root / "credentials"
        credentials.mkdir(mode=0o700)
        shutil.move(lab.dir / "client-secret", credentials / "client-secret")
        lab.extra_environment["CREDENTIALS_DIRECTORY"] = str(credentials)
        lab.activate()
        lab.run_worker()

    def test_wrong_usage_is_2(self):
        lab = self.lab()
        for command in ([], ["no-such-command"], ["activate"], ["sign-out"], ["explain"], ["book"], ["edit"], ["delete"],
                        ["status", "--no-such-flag"]):
            done = lab.run(*command)
            self.assertEqual(done.code, 2, done)
            self.assertNotEqual(done.err, "")

    def test_help_and_version_are_0_everywhere(self):
        lab = self.lab()
        for command in ("activate", "run", "status", "devices", "bookings", "log", "explain", "sign-out", "book", "edit",
                        "delete", "manifest", "action", "deactivate", "check"):
            for flag in ("--help", "--version"):
                done = lab.run(command, flag, config="/nowhere")
                self.assertEqual(done.code, 0, done)
                self.assertNotEqual(done.out, "")

    # --- 3: not activated ---------------------------------------------------------------------------------------------

    def test_without_an_activation_the_exit_code_is_3(self):
        lab = self.lab()
        for command in (["run"], ["devices"], ["log"], ["sign-out", "desk-1"]):
            done = lab.run(*command)
            self.assertEqual(done.code, 3, done)
            self.assertIn("hotdeskd activate", done.err)
        self.assertFalse(lab.state.exists())
        self.assertEqual(lab.run("status").code, 0)

    # --- 7: another instance ------------------------------------------------------------------------------------------

    def test_a_second_worker_on_one_state_ends_with_7(self):
        lab = self.lab().set_up()
        second = lab.run("run")
        self.assertEqual(second.code, 7, second)
        self.assertIn(str(lab.state), second.err)
        self.assertTrue(lab.worker.running())
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")

    # --- 8: removed on the Webex side ---------------------------------------------------------------------------------

    def test_an_integration_that_is_gone_ends_the_worker_with_8(self):
        labs = []
        for status, at_start in ((404, False), (410, False), (404, True)):
            lab = self.lab(sandbox=["--poll-wait", "2s"])
            lab.activate()
            if not at_start:
                lab.run_worker()
            lab.control(f"fault app {status}", f"fault poll {status}")
            if at_start:
                lab.run_worker(wait=False)
            lab.worker_expected = {8}
            labs.append(lab)
        for lab in labs:  # Webex must say it twice, a minute apart: all wait for that at the same time
            done = lab.worker.ended(REMOVAL_S)
            self.assertEqual(done.code, 8, done)
            self.assertIn("removed", done.err)
            self.assertIn("hotdeskd activate", done.err)

    def test_a_queue_that_is_gone_does_not_end_the_worker_while_the_integration_stands(self):
        lab = self.lab(sandbox=["--poll-wait", "2s"]).set_up()
        apps = len(lab.requests("app"))
        lab.control("fault poll 404 times=1")
        until(lambda: len(lab.requests("app")) > apps, "the integration is read")
        until(lambda: lab.requests("poll")[-1]["status"] != 404, "the next poll goes out")
        self.assertTrue(lab.worker.running())

    # --- 9: a state that cannot be read -------------------------------------------------------------------------------

    COMMANDS = (["run"], ["devices"], ["status"], ["log"], ["sign-out", "desk-1"], ["activate", "--replace", "-"])

    def assert_state_unreadable(self, lab, *words):
        before = (lab.state / "data.mdb").read_bytes()
        requests = len(lab.requests())
        for command in self.COMMANDS:
            done = lab.run(*command, stdin=lab.new_code())
            self.assertEqual(done.code, 9, f"{command}: {done}")
            for word in words:
                self.assertIn(word, done.err)
            self.assertEqual(done.out, "")
        self.assertEqual((lab.state / "data.mdb").read_bytes(), before, "the state was touched")
        self.assertEqual([r for r in lab.requests()[requests:] if r["endpoint"] != "jwks"], [])

    def stored(self):
        lab = self.lab()
        lab.activate()
        return lab

    def test_a_wrong_key_is_9_and_nothing_is_changed(self):
        lab = self.stored()
        key = lab.dir / "state.key"
        right = key.read_bytes()
        other = self.stored()
        key.write_bytes((other.dir / "state.key").read_bytes())
        self.assert_state_unreadable(lab)
        key.write_bytes(right)
        lab.run_worker()

    def test_a_missing_key_is_9_and_no_other_is_made(self):
        lab = self.stored()
        key = lab.dir / "state.key"
        right = key.read_bytes()
        key.unlink()
        self.assert_state_unreadable(lab, "state.key")
        self.assertFalse(key.exists())
        key.write_bytes(right)
        key.chmod(0o600)
        lab.run_worker()

    def pages(self, lab):
        """The data pages of the state, by their offset; the first two say where the others are."""
        data = (lab.state / "data.mdb").read_bytes()
        return {at: data[at:at + 4096] for at in range(8192, len(data), 4096)}

    def overwrite(self, lab, at, data):
        with open(lab.state / "data.mdb", "r+b") as file:
            file.seek(at)
            file.write(data)

    def test_damaged_data_is_9(self):
        lab = self.stored()
        for at, page in self.pages(lab).items():
            # The end of a page is the end of the first value that was put there. The page of tables is spared.
            if b"spent_code" not in page:
                self.overwrite(lab, at + 4096 - 24, bytes(byte ^ 0x55 for byte in page[-24:]))
        self.assert_state_unreadable(lab)

    def test_a_state_whose_tables_are_damaged_is_9(self):
        lab = self.stored()
        for at, page in self.pages(lab).items():
            for name in (b"meta", b"desk", b"outbox", b"record", b"request", b"spent_code"):
                page = page.replace(name, bytes(byte ^ 0x15 for byte in name))
            self.overwrite(lab, at, page)
        self.assert_state_unreadable(lab)

    def test_a_file_that_is_no_state_is_9(self):
        lab = self.stored()
        (lab.state / "data.mdb").write_bytes(b"not a state at all\n" * 2000)
        self.assert_state_unreadable(lab)

    def test_a_truncated_state_is_9(self):
        lab = self.stored()
        os.truncate(lab.state / "data.mdb", 8192)
        self.assert_state_unreadable(lab)


if __name__ == "__main__":
    tap.main()
