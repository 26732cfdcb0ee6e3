"""`hotdeskd check`: the good case, and each line that fails, with what it says to do."""

import datetime
import json
import os
import re
import unittest

import tap
from lab import LabCase, until
from wire import Nginx, TinyProxy, Wire, free_port, missing

#: Every line, in order.
NAMES = ["configuration", "configuration file", "client secret", "state key", "state directory", "state files",
         "disk space", "runtime directory", "state", "activation", "worker", "unit", "proxy", "dns", "tls", "clock",
         "key set", "token", "grants", "queue", "messages"]
NO_PROXIES = {name: "" for stem in ("https_proxy", "all_proxy", "no_proxy") for name in (stem, stem.upper())}


class Check(LabCase):
    def doctored(self, **options):
        lab = self.lab(**options)
        lab.extra_environment.update(NO_PROXIES)
        return lab

    def wired(self):
        if missing():
            raise unittest.SkipTest(f"not installed: {missing()}")
        return Wire(self.doctored())

    def check(self, lab, code, **options):
        done = lab.run("check", "--json", **options)
        self.assertEqual(done.code, code, done)
        report = done.json()
        self.assertIs(report["ok"], code == 0)
        for line in report["checks"]:
            self.assertEqual(set(line), {"name", "state", "tried", "found", "remedy"})
            self.assertIn(line["state"], ("ok", "warn", "fail", "skip"))
            self.assertTrue(line["found"], line)
            # Whatever is wrong has a remedy, and nothing else has.
            self.assertEqual(bool(line["remedy"]), line["state"] in ("warn", "fail"), line)
        return report["checks"]

    def states(self, lines, state):
        return [line["name"] for line in lines if line["state"] == state]

    def fails(self, lab, code, name, *words, **options):
        """That line alone fails, and says this."""
        lines = self.check(lab, code, **options)
        failed = [line for line in lines if line["state"] == "fail"]
        self.assertEqual({line["name"] for line in failed}, {name}, failed)
        for word in words:
            self.assertIn(word, " ".join(failed[0][key] for key in ("tried", "found", "remedy")))
        return lines

    def line(self, lines, name):
        return next(line for line in lines if line["name"] == name)

    # --- nothing is wrong ---------------------------------------------------------------------------------------------

    def test_all_is_well_beside_a_running_worker(self):
        lab = self.doctored().set_up()
        lab.control("desk-1 sign-in anna@example.com")
        until(lambda: lab.status()["queue"]["lastMessage"], "a message has come")
        lines = self.check(lab, 0)
        self.assertEqual([line["name"] for line in lines], NAMES)
        self.assertEqual(set(self.states(lines, "skip")) - {"unit"}, {"proxy"}, lines)
        self.assertEqual(self.states(lines, "warn"), [], lines)
        tls = self.line(lines, "tls")
        self.assertRegex(tls["found"], r"^TLSv1\.[23], trusted, certificate until 20\d\d-")
        self.assertEqual(self.line(lines, "key set")["found"], "1 P-256 key")
        self.assertTrue(lab.worker.running())

    def test_people_get_a_line_each(self):
        lab = self.doctored()
        lab.activate()
        done = lab.run("check")
        self.assertEqual(done.code, 0, done)
        lines = done.out.splitlines()
        self.assertEqual(len(lines), len(NAMES))
        for line, name in zip(lines, NAMES):
            self.assertRegex(line, rf"^(ok|warn|skip)  +{name}  +\S")
        self.assertIn("not running; systemctl start hotdeskd", done.out)

    def test_it_renews_no_token_and_changes_nothing(self):
        lab = self.doctored()
        lab.activate()
        before = (lab.state / "data.mdb").read_bytes()
        tokens = len(lab.requests("token"))
        lab.control("revoke access")
        line = self.line(self.check(lab, 0), "token")
        self.assertEqual(line["state"], "warn")
        self.assertIn("the worker gets a new one by itself", line["remedy"])
        self.assertEqual(len(lab.requests("token")), tokens)
        self.assertEqual((lab.state / "data.mdb").read_bytes(), before)

    def test_a_token_that_is_over_is_not_tried(self):
        lab = self.doctored(sandbox=["--access-token-lifetime", "1s"])
        lab.activate()
        line = until(lambda: (found := self.line(self.check(lab, 0), "token"))["state"] == "skip" and found,
                     "the token is over")
        self.assertIn("the worker does when it runs", line["found"])
        apps = len(lab.requests("app"))
        self.check(lab, 0)
        self.assertEqual(len(lab.requests("app")), apps)
        self.assertEqual(len(lab.requests("token")), 1)

    # --- the configuration --------------------------------------------------------------------------------------------

    def test_a_broken_configuration_fails_alone_with_2(self):
        lab = self.doctored()
        path = lab.dir / "broken.toml"
        for text, words in (("[policy]\nmood = 1\n", "policy.mood"), ("[http", "broken.toml:1"),
                            (lab.config.read_text().replace("client_id", "#"), "client_id is not set"),
                            (lab.config.read_text().replace("ca.pem", "no.pem"), "no.pem")):
            path.write_text(text)
            lines = self.fails(lab, 2, "configuration", words, config=path)
            self.assertEqual([line["name"] for line in lines], NAMES)
            self.assertEqual(self.states(lines, "skip"), NAMES[1:])
        self.fails(lab, 2, "configuration", "nowhere", config="/nowhere")
        self.assertEqual(lab.requests(), [])

    # --- this machine -------------------------------------------------------------------------------------------------

    def test_wrong_permissions_are_named_with_the_command_that_corrects_them(self):
        lab = self.doctored()
        lab.activate()
        for path, mode, name in ((lab.config, 0o666, "configuration file"),
                                 (lab.dir / "client-secret", 0o644, "client secret"),
                                 (lab.dir / "state.key", 0o640, "state key"),
                                 (lab.state, 0o755, "state directory"),
                                 (lab.state / "data.mdb", 0o644, "state files")):
            with self.subTest(name):
                right = path.stat().st_mode & 0o7777
                path.chmod(mode)
                # A key that others can read is not used: the state is then as good as locked.
                self.fails(lab, 9 if name == "state key" else 1, name, "chmod 0", str(path))
                path.chmod(right)
        self.check(lab, 0)

    @unittest.skipIf(os.geteuid() != 0, "only root can give files away")
    def test_a_state_file_of_another_user_is_named(self):
        lab = self.doctored()
        lab.activate()
        os.chown(lab.state / "data.mdb", 65534, 65534)
        self.fails(lab, 1, "state files", "chown -R root: ", "it belongs to nobody")

    def test_a_missing_key_and_a_wrong_one_are_9(self):
        lab, other = self.doctored(), self.doctored()
        lab.activate()
        other.activate()
        key = lab.dir / "state.key"
        right = key.read_bytes()
        key.unlink()
        lines = self.check(lab, 9)
        self.assertEqual(self.states(lines, "fail"), ["state key"])
        self.assertIn("restore", self.line(lines, "state key")["remedy"])
        self.assertEqual(self.line(lines, "token")["found"], "the state cannot be read")
        key.write_bytes((other.dir / "state.key").read_bytes())
        key.chmod(0o600)
        self.fails(lab, 9, "state", "restore the right key")
        key.write_bytes(right)
        self.check(lab, 0)

    def test_a_missing_client_secret_is_named(self):
        lab = self.doctored()
        lab.activate()
        (lab.dir / "client-secret").unlink()
        self.fails(lab, 1, "client secret", str(lab.dir / "client-secret"))

    def test_a_secret_in_the_place_of_its_files_name_is_not_repeated(self):
        lab = self.doctored()
        secret = (lab.dir / "client-secret").read_text().strip()
        right = lab.config.read_text()
        lab.config.write_text(re.sub("client_secret_file = .*", f'client_secret_file = "{secret}"',
                                     right))
        lines = self.fails(lab, 2, "configuration", "integration.client_secret_file: must be the path of a file")
        lab.config.write_text(right)  # the one place where it stood
        self.assertNotIn(secret, json.dumps(lines))

    # --- not activated, no network ------------------------------------------------------------------------------------

    def test_before_the_activation_the_way_to_webex_is_looked_at_and_the_exit_is_3(self):
        lab = self.doctored()
        lines = self.fails(lab, 3, "activation", "hotdeskd activate")
        self.assertEqual([line["name"] for line in lines], NAMES)
        for name in ("token", "grants", "queue", "messages"):
            self.assertEqual(self.line(lines, name)["found"], "not activated")
        for name in ("dns", "tls", "clock", "key set"):
            self.assertEqual(self.line(lines, name)["state"], "ok")
        self.assertFalse(lab.state.exists())

    def test_without_a_network_what_is_known_is_judged_and_the_exit_is_6(self):
        lab = self.doctored()
        lab.activate()
        port = free_port()
        real = lab.cloud.out.split("base-url ", 1)[1].split()[0]
        lab.extra_environment["https_proxy"] = f"http://localhost:{port}"  # the way out, and nobody is there
        lines = self.fails(lab, 6, "proxy", "the proxy of https_proxy refuses the connection")
        for name in ("tls", "clock", "key set", "token", "queue"):
            self.assertEqual(self.line(lines, name)["state"], "skip")
        self.assertEqual(self.line(lines, "grants")["state"], "ok")
        lab.extra_environment["https_proxy"] = ""
        lab.config.write_text(lab.config.read_text().replace(real, f"https://{'n' * 64}.webex.com"))
        lines = self.check(lab, 6)
        self.assertEqual(self.states(lines, "fail"), ["dns", "key set"], lines)

    # --- the wire -----------------------------------------------------------------------------------------------------

    def test_a_certificate_that_is_bad_or_soon_will_be_is_named(self):
        wire = self.wired().through_nginx()
        lab = wire.lab
        lab.activate()
        for name, how, words in wire.bad():
            with self.subTest(name):
                wire.nginx.serve(**how)
                lines = self.fails(lab, 6, "tls", words)
                self.assertEqual(self.line(lines, "tls")["tried"], f"localhost:{wire.nginx.port}")
                self.assertEqual(self.line(lines, "token")["found"], "no host can be reached")
        wire.nginx.serve(wire.certificates.issue(end=datetime.timedelta(days=5)))
        line = self.line(self.check(lab, 0), "tls")
        self.assertEqual(line["state"], "warn")
        self.assertIn("4 days from now", line["found"])

    def test_a_token_does_not_go_to_a_host_with_a_bad_certificate(self):
        wire = self.wired()
        lab = wire.lab
        second = Nginx(lab, "second").serve(wire.good)
        # The keys come from the sandbox with its own CA; the integration lives behind another.
        both = lab.root / "both.pem"
        both.write_text((lab.dir / "ca.pem").read_text() + wire.certificates.ca.read_text())
        lab.config.write_text(re.sub('ca_file = .*', f'ca_file = "{both}"', lab.config.read_text()))
        lab.control(f"set base-url {second.url}")
        lab.activate(lab.new_code())
        second.serve(wire.certificates.issue("other.example"))
        seen = len(second.seen())
        lines = self.check(lab, 6)
        self.assertEqual(set(self.states(lines, "fail")), {"tls", "token"})
        self.assertEqual(self.states(lines, "ok").count("tls"), 1)
        self.assertEqual(second.seen()[seen:], [])

    def test_proxies_are_named_without_their_password(self):
        wire = self.wired()
        lab = wire.lab
        lab.activate()
        proxy = TinyProxy(lab, "tinyproxy").serve("hotdeskd", "right-password-here")
        lab.extra_environment["https_proxy"] = f"http://hotdeskd:right-password-here@localhost:{proxy.port}"
        lines = self.check(lab, 0)
        line = self.line(lines, "proxy")
        self.assertEqual((line["state"], line["tried"]), ("ok", f"http://localhost:{proxy.port} (https_proxy)"))
        self.assertEqual(self.line(lines, "dns")["found"], "the proxy looks it up")
        self.assertNotIn("password-here", json.dumps(lines))
        lab.extra_environment["https_proxy"] = f"http://hotdeskd:wrong-password-here@localhost:{proxy.port}"
        lines = self.fails(lab, 6, "proxy", "does not accept the user name and password that stand in https_proxy")
        self.assertNotIn("password-here", json.dumps(lines))
        lab.extra_environment["no_proxy"] = "localhost"
        self.assertIn("not used", self.line(self.check(lab, 0), "proxy")["found"])

    # --- Webex --------------------------------------------------------------------------------------------------------

    def test_a_wrong_clock_is_named(self):
        lab = self.doctored()
        lab.activate()
        lab.control("set date-skew +1m")
        line = self.line(self.check(lab, 0), "clock")
        self.assertEqual(line["state"], "warn")
        self.assertRegex(line["found"], r"this machine's clock is (59|60|61) s behind")
        lab.control("set date-skew -10m")
        self.fails(lab, 1, "clock", " s ahead", "timedatectl")

    def test_a_key_set_that_cannot_be_had_is_named(self):
        lab = self.doctored()
        lab.activate()
        for fault, code in (("503", 6), ("garbage", 1)):
            lab.control("fault off", f"fault jwks {fault}")
            self.fails(lab, code, "key set", "/jwks")

    def test_tokens_that_webex_does_not_take_are_5(self):
        lab = self.doctored()
        lab.activate()
        lab.control("fault app 403")
        self.fails(lab, 5, "token", "hotdeskd activate --replace")
        lab.control("fault off", "revoke access", "revoke refresh")
        lab.run_worker(wait=False)
        until(lambda: lab.status()["tokens"] == "invalid", "the worker knows")
        lines = self.check(lab, 5)
        self.assertEqual(self.states(lines, "fail"), ["token"])

    def test_an_integration_that_was_removed_is_8(self):
        lab = self.doctored()
        lab.activate()
        lab.control("fault app 404")
        self.fails(lab, 8, "token", "hotdeskd activate --replace")

    def test_what_was_not_granted_is_named_with_the_rules_that_rest(self):
        lab = self.doctored(policy='[policy]\nmax_duration = "1h"\n')
        lab.activate()
        lab.control("grant commands Bookings.List Webex.Registration.Logout")
        lines = self.fails(lab, 1, "grants", "Bookings.Delete")
        self.assertIn("max_duration", json.dumps([line for line in lines if line["name"] == "grants"]))

    def test_a_queue_that_is_off_is_named(self):
        lab = self.doctored()
        lab.activate()
        lab.control("set queue disabled")
        self.fails(lab, 1, "queue", "disabled: no message arrives")
        lab.control("set queue remove")
        self.fails(lab, 1, "queue", "there is no queue")


if __name__ == "__main__":
    tap.main()
