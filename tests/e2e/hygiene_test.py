"""What secrets must not do: stay in a core, be quoted in a complaint, be seen by others. That nothing was quoted is
judged by the search that every test program ends with; here it is given something to find."""

import os
import pathlib
import re
import resource
import signal
import subprocess

import tap
from lab import HOTDESKD, LabCase, until

PASSWORD = "hunter2-and-some-more-of-it"

#: What commands cannot do without; the others are started as they are.
ARGUMENTS = {
    "activate": ["-"],
    "action": ["-"],
    "book": ["desk-1", "--organizer", "anna@example.com"],
    "delete": ["meeting"],
    "edit": ["meeting", "--start", "12:00"],
    "explain": ["desk-1"],
    "sign-out": ["desk-1"],
}


def commands():
    told = subprocess.run([HOTDESKD, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ([a-z][a-z-]*)  ", told.split("Subcommands:")[1], re.MULTILINE)


class Cores(LabCase):
    def test_no_command_can_leave_a_core(self):
        lab = self.lab()
        found = commands()
        self.assertIn("run", found)
        self.assertGreater(len(found), 10)
        for command in found:
            with self.subTest(command):
                # The configuration is read first of all, and this one is there when somebody writes into it.
                config = lab.root / "config-of-the-test"
                os.mkfifo(config)
                process = lab.begin(command, *ARGUMENTS.get(command, []), config=config,
                                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20)))

                def writer():
                    if not process.running():
                        raise AssertionError(f"{command} ended without its configuration: {process.ended()}")
                    try:
                        return os.open(config, os.O_WRONLY | os.O_NONBLOCK)
                    except OSError:  # nobody reads yet
                        return None

                end = until(writer, f"{command} opens its configuration")
                limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
                os.write(end, b"no configuration\n")
                os.close(end)
                self.assertRegex(limits, r"Max core file size +0 +0 ")
                self.assertEqual(process.ended().code, 2, command)
                config.unlink()

    def test_a_worker_that_is_quit_leaves_no_core(self):
        lab = self.lab()
        lab.activate()
        lab.run_worker(preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
        lab.worker_expected.add(-signal.SIGQUIT)
        self.assertEqual(lab.stop_worker(signal.SIGQUIT).code, -signal.SIGQUIT)
        self.assertEqual(lab.cores(), [])


class Complaints(LabCase):
    def assert_not_quoted(self, lab, code, *arguments, secret=None, **options):
        done = lab.run(*arguments, code_in_arguments=True, **options)
        self.assertEqual(done.code, code, done)
        self.assertTrue((done.err + done.out).strip(), done)
        for part in (secret or lab.code).split("."):
            self.assertNotIn(part, done.err + done.out)
        return done

    def changed(self, lab, what, by):
        text = lab.config.read_text()
        self.assertRegex(text, what)
        path = lab.root / "changed.toml"  # where the lab's own files are, which are not searched
        path.write_text(re.sub(what, lambda _: by, text, count=1))
        return path

    def test_a_code_without_its_command_is_not_quoted(self):
        lab = self.lab()
        self.assert_not_quoted(lab, 2, lab.code)

    def test_a_code_that_is_one_too_many_is_not_quoted(self):
        lab = self.lab()
        self.assert_not_quoted(lab, 2, "activate", "-", lab.code)
        self.assert_not_quoted(lab, 2, "status", lab.code)
        self.assert_not_quoted(lab, 2, "activate", "-", f"--code={lab.code}")

    def test_a_code_taken_for_a_file_is_not_quoted(self):
        lab = self.lab()
        self.assert_not_quoted(lab, 1, "activate", f"@{lab.code}")

    def test_a_secret_in_the_place_of_its_file_is_not_quoted(self):
        lab = self.lab()
        secret = (lab.dir / "client-secret").read_text().strip()
        config = self.changed(lab, 'client_secret_file = ".*"', f'client_secret_file = "{secret}"')
        for command in (["activate", "-"], ["check"], ["run"], ["status"]):
            done = self.assert_not_quoted(lab, 2, *command, stdin=lab.code, config=config, secret=secret)
            self.assertRegex(done.err + done.out, r"changed\.toml:\d+: integration\.client_secret_file: must be the path of a file")

    def test_a_proxys_password_is_not_quoted(self):
        lab = self.lab()
        lab.secrets_besides.append(PASSWORD)
        for proxy in ("http://user:{}@127.0.0.1:1", "htp://user:{}@127.0.0.1:1", "user:{}@127.0.0.1:1",
                      "http://user:{}@nowhere.invalid:3128", "http://user:{}@:3128", "http://us er:{}@127.0.0.1:1"):
            url = proxy.format(PASSWORD)
            with self.subTest(proxy):
                config = self.changed(lab, r"\[http\]", f'[http]\nproxy = "{url}"')
                done = lab.run("activate", "-", stdin=lab.code, config=config)
                self.assertIn(done.code, (2, 6), done)
                self.assertNotIn(PASSWORD, done.err + done.out)

    def test_a_password_of_the_environments_proxy_is_not_quoted(self):
        lab = self.lab()
        for scheme in ("http", "htp"):
            url = f"{scheme}://user:{PASSWORD}@127.0.0.1:1"
            done = lab.run("activate", "-", stdin=lab.code, env={"https_proxy": url, "no_proxy": ""})
            self.assertIn(done.code, (2, 6), done)
            self.assertNotIn(PASSWORD, done.err + done.out)

    def test_a_key_set_that_is_not_https_is_refused_with_its_line(self):
        lab = self.lab()
        config = self.changed(lab, 'jwks_url = "https:', 'jwks_url = "http:')
        done = lab.run("activate", "-", stdin=lab.code, config=config)
        self.assertEqual(done.code, 2, done)
        self.assertRegex(done.err, r"changed\.toml:\d+: http\.jwks_url: must be a URL that begins with https://")
        self.assertEqual(lab.requests("jwks"), [])


if __name__ == "__main__":
    tap.main()
