"""What the cases of packaging/test-deb share: the packages on a machine, and the sandboxes beside them."""

import contextlib
import json
import re

from machine import until

SECRET, KEY = "/etc/hotdeskd/client-secret", "/etc/hotdeskd/state.key"
CONFIG = "/etc/hotdeskd/hotdeskd.toml"
POLICY = """
[policy]
sign_in_grace = "2s"
sign_out_grace = "1s"
end_warning = "off"
"""


class Life:
    """`old`, `new`, `newest`: folders below the machine's root, each with the packages of one version."""

    def __init__(self, machine, old, new, newest):
        self.machine, self.old, self.new, self.newest = machine, old, new, newest

    @contextlib.contextmanager
    def drop_in(self, settings):
        """Other settings of the service, for as long as this lasts; a running worker goes on with what it has."""
        folder = "/run/systemd/system/hotdeskd.service.d"
        self.machine.run("mkdir", "-p", folder)
        self.machine.run("tee", f"{folder}/test.conf", stdin=f"[Service]\n{settings}\n")
        self.machine.run("systemctl", "daemon-reload")
        try:
            yield
        finally:
            self.machine.run("rm", "-r", folder)
            self.machine.run("systemctl", "daemon-reload")

    # --- helpers ------------------------------------------------------------------------------------------------------

    def install(self, folder, *packages, options=()):
        names = [str(p.relative_to(self.machine.root)) for p in sorted((self.machine.root / folder).glob("*.deb"))
                 if "dbgsym" not in p.name and p.name.split("_")[0] in (packages or ("hotdeskd", "hotdeskd-sandbox"))]
        return self.machine.run("dpkg", *options, "-i", *(f"/{n}" for n in names), deadline_s=200)

    def version(self, package="hotdeskd"):
        return self.machine.out("dpkg-query", "-W", "-f", "${Version}", package)

    def version_in(self, folder):
        return next((self.machine.root / folder).glob("hotdeskd_*.deb")).name.split("_")[1]

    def ls(self, *paths):
        """Path: mode, owner, group."""
        lines = self.machine.out("stat", "-c", "%n %a %U %G", *paths).splitlines()
        return {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines}

    def start_sandbox(self, name, *options):
        machine, folder = self.machine, f"/srv/{name}"
        machine.run("mkdir", "-p", folder)
        machine.run("systemd-run", f"--unit=sandbox-{name}", "--collect", "/usr/bin/hotdeskd-sandbox", "--dir",
                    f"{folder}/cloud", "--control", f"{folder}/control", "--poll-wait", "5s", "--desks", "4", *options)
        until(lambda: machine.path(f"{folder}/control").exists() and
              machine.path(f"{folder}/cloud/hotdeskd.toml").exists(), f"the sandbox {name} is ready")

    def config_for(self, name, extra=""):
        """The sandbox's configuration with the package's own paths in place of the sandbox's."""
        text = self.machine.path(f"/srv/{name}/cloud/hotdeskd.toml").read_text()
        own = re.compile(r"^(client_secret_file|directory|key_file|runtime_directory) = .*\n|^\[state\]\n", re.M)
        return own.sub("", text) + extra

    def put_secret(self, name, path):
        self.machine.write(path, self.machine.path(f"/srv/{name}/cloud/client-secret").read_text(), 0o600)

    def control(self, line, name="one"):
        return self.machine.control(f"/srv/{name}/control", line)

    def hotdeskd(self, *arguments, **options):
        return self.machine.run("hotdeskd", *arguments, **options)

    def status(self):
        return json.loads(self.hotdeskd("status", "--json").stdout)

    def desk(self, name):
        return next((d for d in json.loads(self.hotdeskd("devices", "--json").stdout) if d["displayName"] == name), {})

    def signed_in(self, desk, name="one"):
        return json.loads(self.control(f"{desk} show", name))["signedIn"]

    def pid(self, unit="hotdeskd"):
        return int(self.machine.show(unit, "MainPID"))

    def signs_out(self, desk, who, name="one"):
        """Somebody signs in at a desk without a booking: the worker, and nobody else, signs them out."""
        before = self.control("requests command", name).count("Webex.Registration.Logout")
        self.control(f"{desk} sign-in {who}", name)
        until(lambda: self.signed_in(desk, name) is None, f"the worker signs the user of {desk} out")
        same(self.control("requests command", name).count("Webex.Registration.Logout"), before + 1)

    def no_door(self, unit="hotdeskd"):
        same(self.machine.listening(self.pid(unit)), [])

    def may_not_read(self, user, path):
        group = "nogroup" if user == "nobody" else user
        done = self.machine.run("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "cat", path,
                                check=False)
        has(done.stderr, "Permission denied")

    def what_is_kept(self):
        """What an upgrade may not touch."""
        state = self.status()
        return {"org": state["org"], "region": state["region"], "key": self.machine.out("sha256sum", KEY),
                "secret": self.machine.out("sha256sum", SECRET), "config": self.machine.out("sha256sum", CONFIG),
                "activations": self.control("requests app").count("PATCH"), "owners": self.owners()}

    def owners(self):
        return self.ls(*(f"/var/lib/hotdeskd{name}" for name in ("", "/data.mdb", "/lock.mdb", "/lock")))


def same(seen, wanted):
    if seen != wanted:
        raise AssertionError(f"this is {seen!r}\nand should be {wanted!r}")


def has(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"`{part}` is missing in:\n{text}")
