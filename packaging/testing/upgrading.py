"""Upgraded, downgraded, removed and purged; and without the package's service."""

import contextlib
import json
import pathlib
import shutil
import threading

from case import case
from life import CONFIG, KEY, POLICY, has, same
from machine import until

#: A whole state of the first schema, and its key.
FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "tests/fixtures/state"

DATA = "/var/lib/hotdeskd/data.mdb"

# --- upgrading --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def another_state(life, name):
    """The service is stopped and has the state NAME of the fixtures in the place of its own; afterwards all is as before."""
    machine, aside = life.machine, "/var/lib/hotdeskd-aside"
    machine.run("systemctl", "stop", "hotdeskd")
    machine.run("cp", "-a", "/var/lib/hotdeskd", aside)
    machine.run("cp", "-a", KEY, aside + ".key")
    machine.run("sh", "-c", "rm -f /var/lib/hotdeskd/*.mdb")
    for source, path, owner in ((name, DATA, "hotdeskd:hotdeskd"), ("schema-1.key", KEY, "root:root")):
        shutil.copy(FIXTURES / source, machine.path(path))
        machine.run("chown", owner, path)
        machine.run("chmod", "600", path)
    try:
        yield machine.out("sha256sum", DATA).split()[0]
    finally:
        machine.run("systemctl", "stop", "hotdeskd")
        machine.run("rm", "-rf", "/var/lib/hotdeskd")
        machine.run("mv", aside, "/var/lib/hotdeskd")
        machine.run("mv", aside + ".key", KEY)
        machine.run("systemctl", "reset-failed", "hotdeskd", check=False)
        machine.run("systemctl", "start", "hotdeskd")
        machine.wait_active("hotdeskd")


@case
def older_schema(life):
    "a state of an earlier schema is brought up to date when the service starts, with the old file kept beside it"
    with another_state(life, "schema-1.mdb") as old:
        done = life.hotdeskd("status", check=False)  # what only looks leaves it alone, and says what to do
        same(done.returncode, 9)
        has(done.stderr, "systemctl restart hotdeskd")
        life.machine.run("systemctl", "start", "--no-block", "hotdeskd")
        until(lambda: life.hotdeskd("status", check=False).returncode == 0, "the state can be read")
        backup = DATA + ".schema-1"
        same(life.machine.out("sha256sum", backup).split()[0], old)
        same(life.ls(backup), {backup: "600 hotdeskd hotdeskd"})
        has(life.hotdeskd("status").stdout, "Example")


@case
def newer_schema(life):
    "a state of a newer schema is refused with exit 9 and the version to install, is not touched, and not tried again"
    with another_state(life, "schema-99.mdb") as old:
        life.machine.run("systemctl", "start", "hotdeskd", check=False)
        same(life.machine.show("hotdeskd", "ActiveState", "ExecMainStatus"),
             {"ActiveState": "failed", "ExecMainStatus": "9"})
        for command in ("status", "devices", "rekey"):
            done = life.hotdeskd(command, check=False)
            same((command, done.returncode), (command, 9))
            has(done.stderr, "schema 99", "9.9.9")
        same(life.machine.out("sha256sum", DATA).split()[0], old)


@case
def upgrades(life):
    "an upgrade keeps activation, state, configuration and key, and loses no message"
    kept, pid, oslo = life.what_is_kept(), life.pid(), life.pid("hotdeskd@oslo")
    life.control("desk-2 book dan@example.com duration=3h")
    until(lambda: (life.desk("desk-2").get("booking") or {}).get("organizerEmail") == "dan@example.com", "it is known")
    # While dpkg works, people go on: a booking at one desk, a user without one at another.
    events = threading.Thread(target=lambda: (life.control("desk-3 book eve@example.com duration=2h"),
                                              life.control("desk-4 sign-in fay@example.com")))
    events.start()
    life.install(life.new)
    events.join()
    same(life.version(), life.version_in(life.new))
    life.machine.wait_active("hotdeskd")
    same(life.pid() == pid, False)
    same(life.what_is_kept(), kept)
    until(lambda: life.signed_in("desk-4") is None, "who signed in meanwhile is signed out")
    until(lambda: (life.desk("desk-3").get("booking") or {}).get("organizerEmail") == "eve@example.com",
          "what was booked meanwhile is known")
    same((life.desk("desk-2").get("booking") or {}).get("organizerEmail"), "dan@example.com")
    has(life.hotdeskd("log").stdout, "desk-1", "desk-4")
    same(life.control("violations"), "[]")
    life.machine.wait_active("hotdeskd@oslo")
    same(life.pid("hotdeskd@oslo") == oslo, False)
    life.no_door()


@case
def conffile(life):
    "an upgrade that brings another conffile leaves the administrator's as it is"
    kept = life.what_is_kept()
    life.install(life.newest, "hotdeskd", options=["--force-confold"])
    same(life.version(), life.version_in(life.newest))
    life.machine.wait_active("hotdeskd")
    same(life.what_is_kept(), kept)
    has(life.machine.path(CONFIG + ".dpkg-dist").read_text(), "# Another one.")


@case
def downgrades(life):
    "a downgrade within one schema goes on with the same activation"
    kept = life.what_is_kept()
    life.install(life.old, options=["--force-confold"])
    same(life.version(), life.version_in(life.old))
    life.machine.wait_active("hotdeskd")
    same(life.what_is_kept(), kept)
    life.signs_out("desk-1", "gus@example.com")


# --- removing ---------------------------------------------------------------------------------------------------------


@case
def removes(life):
    "removing stops the workers and keeps state, configuration and secrets"
    kept, pids = life.what_is_kept(), [life.pid(), life.pid("hotdeskd@oslo")]
    life.machine.run("dpkg", "-r", "hotdeskd")
    for pid in pids:
        same(life.machine.run("test", "-d", f"/proc/{pid}", check=False).returncode, 1)
    for path in ("/usr/bin/hotdeskd", "/lib/systemd/system/hotdeskd.service", "/usr/share/doc/hotdeskd"):
        same(life.machine.path(path).exists(), False)
    same(life.owners(), kept["owners"])
    same({"key": life.machine.out("sha256sum", KEY), "config": life.machine.out("sha256sum", CONFIG)},
         {"key": kept["key"], "config": kept["config"]})
    life.install(life.old, "hotdeskd")
    life.machine.wait_active("hotdeskd")
    same(life.what_is_kept(), kept)


@case
def deactivates(life):
    "deactivate removes the state, the worker ends with 8, and is not started again"
    life.hotdeskd("deactivate")
    until(lambda: life.machine.show("hotdeskd", "ActiveState") == "failed", "the worker ends")
    same(life.machine.show("hotdeskd", "ExecMainStatus", "NRestarts"), {"ExecMainStatus": "8", "NRestarts": "0"})
    same(life.status()["activated"], False)


@case
def purges(life):
    "purging leaves no state, no user data, no key and no unit, and the machine as well as before"
    life.machine.run("dpkg", "-P", "hotdeskd")
    left = life.machine.out("sh", "-c", "ls -d /etc/hotdeskd* /var/lib/hotdeskd* /var/lib/private/hotdeskd* "
                            "/run/hotdeskd* /usr/share/doc/hotdeskd /etc/systemd/system/*/hotdeskd* 2>/dev/null; true")
    same(left, "")
    life.machine.run("systemctl", "daemon-reload")
    same(life.machine.show("hotdeskd", "LoadState"), "not-found")
    same(life.machine.out("dpkg-query", "-W", "-f", "${db:Status-Status}", "hotdeskd"), "not-installed")
    life.machine.run("systemctl", "reset-failed")
    same(life.machine.out("systemctl", "is-system-running"), "running")


# --- without systemd --------------------------------------------------------------------------------------------------


@case
def container(life):
    "as in a container: the binary runs read-only, as a user without a name, with a volume and a secret file"
    machine = life.machine
    life.install(life.old, "hotdeskd")
    # As compose.yaml has it: the image is read-only, the volume and a tmpfs are the user's.
    machine.run("install", "-d", "-o", "10001", "-g", "10001", "-m", "0700", "/srv/volume", "/run/hotdeskd-box")
    machine.run("install", "-m", "0600", "-o", "10001", "-g", "10001", "/srv/one/cloud/client-secret", "/srv/secret")
    config = life.config_for("one", POLICY).replace(
        "[integration]\n", '[integration]\nclient_secret_file = "/srv/secret"\n', 1)
    machine.write("/srv/box.toml", config + '\n[state]\ndirectory = "/srv/volume/hotdeskd"\nkey_file = '
                  '"/srv/volume/state.key"\nruntime_directory = "/run/hotdeskd-box"\n')
    box = ("unshare --mount sh -c 'mount --bind /srv/volume /srv/volume && mount -o remount,bind,ro / && "
           "exec setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "
           "{}'")
    hotdeskd = "hotdeskd --config /srv/box.toml"
    refused = machine.run("sh", "-c", box.format("touch /srv/here /usr/here"), check=False)
    has(refused.stderr, "Read-only file system")
    machine.run("sh", "-c", box.format(f"{hotdeskd} activate -"), stdin=life.control("code"))
    machine.run("systemd-run", "--unit=box", "--collect", "sh", "-c", box.format(f"{hotdeskd} run"))
    until(lambda: json.loads(machine.out("sh", "-c", box.format(f"{hotdeskd} status --json")))["desks"]["total"] == 4,
          "its desks are known")
    life.signs_out("desk-1", "hal@example.com")
    life.no_door("box")
    machine.run("systemctl", "stop", "box")
