"""Installed, set up, and living."""

import json
import re

from case import case
from life import CONFIG, KEY, POLICY, SECRET, has, same
from machine import until

# --- installing -------------------------------------------------------------------------------------------------------


@case
def installs(life):
    "the packages install on a Debian 12 without a question"
    life.install(life.old)
    same(life.version(), life.version_in(life.old))
    has(life.hotdeskd("--version").stdout, "hotdeskd ")


@case
def files(life):
    "files, modes and owners are as they should be, and the configuration is a conffile"
    same(life.ls("/usr/bin/hotdeskd", "/etc/hotdeskd", CONFIG, "/var/lib/hotdeskd",
                 "/lib/systemd/system/hotdeskd.service", "/lib/systemd/system/hotdeskd@.service"),
         {"/usr/bin/hotdeskd": "755 root root", "/etc/hotdeskd": "755 root root", CONFIG: "644 root root",
          "/var/lib/hotdeskd": "700 hotdeskd hotdeskd", "/lib/systemd/system/hotdeskd.service": "644 root root",
          "/lib/systemd/system/hotdeskd@.service": "644 root root"})
    same(life.machine.out("dpkg-query", "-W", "-f", "${Conffiles}", "hotdeskd").split()[0], CONFIG)
    listed = life.machine.out("dpkg", "-L", "hotdeskd") + "\n" + life.machine.out("dpkg", "-L", "hotdeskd-sandbox")
    has(listed, "/man8/hotdeskd.8.gz", "/man5/hotdeskd.toml.5.gz", "/man1/hotdeskd-sandbox.1.gz",
        "/bash-completion/completions/hotdeskd", "/site-functions/_hotdeskd", "/vendor_completions.d/hotdeskd.fish",
        "/examples/small-office.toml", "/examples/large-campus.toml", "/examples/observe-only.toml",
        "/examples/manifest.json", "/examples/container/Dockerfile", "/usr/share/doc/hotdeskd/README.Debian")
    has(life.machine.out("getent", "passwd", "hotdeskd"), "/var/lib/hotdeskd", "nologin")


@case
def debug_symbols(life):
    "debug symbols of both programs were built and belong to them"
    symbols = sorted((life.machine.root / life.old).glob("*-dbgsym_*.deb"))
    same([p.name.split("_")[0] for p in symbols], ["hotdeskd-dbgsym", "hotdeskd-sandbox-dbgsym"])
    build_id = life.machine.out("sh", "-c", "dpkg-deb -f /%s Build-Ids" % symbols[0].relative_to(life.machine.root))
    notes = life.machine.path("/usr/bin/hotdeskd").read_bytes()
    if bytes.fromhex(build_id) not in notes:
        raise AssertionError(f"/usr/bin/hotdeskd has another build id than {build_id}")


@case
def says_what_to_do(life):
    "after installing, systemctl status says in two lines what to do, and the service waits for it"
    until(lambda: life.machine.show("hotdeskd", "ActiveState") == "failed", "the first start has ended")
    same(life.machine.out("systemctl", "is-enabled", "hotdeskd"), "enabled")
    same(life.machine.show("hotdeskd", "ExecMainStatus", "NRestarts", "SubState"),
         {"ExecMainStatus": "2", "NRestarts": "0", "SubState": "failed"})
    shown = life.machine.run("systemctl", "status", "--full", "--no-pager", "hotdeskd", check=False).stdout
    has(shown, "app_id", "hotdeskd manifest", "client secret", "hotdeskd activate", "man hotdeskd")
    said = [line for line in life.machine.journal("hotdeskd").splitlines() if re.search("app_id|manifest", line)]
    same(len(said), 2)


@case
def units(life):
    "systemd finds nothing wrong with the units, an exposure of 1.2 at most, and restarts them without end"
    for unit in ("hotdeskd.service", "hotdeskd@oslo.service"):
        done = life.machine.run("systemd-analyze", "verify", "--man=no", f"/lib/systemd/system/{unit}")
        same((done.stdout, done.stderr), ("", ""))
        has(life.machine.out("systemd-analyze", "security", "--threshold=12", unit), "OK")
        same(life.machine.show(unit, "Restart", "StartLimitIntervalUSec", "RestartPreventExitStatus", "Type"),
             {"Restart": "on-failure", "StartLimitIntervalUSec": "0", "RestartPreventExitStatus": "2 3 8 9",
              "Type": "notify"})


# --- setting up -------------------------------------------------------------------------------------------------------


@case
def missing_secret(life):
    "a missing client secret gives hotdeskd's own word and exit 2, and not systemd's 243"
    life.start_sandbox("one")
    life.machine.write(CONFIG, life.config_for("one", POLICY))
    same(life.machine.path(SECRET).exists(), False)
    cursor = life.machine.now()
    life.machine.run("systemctl", "restart", "hotdeskd", check=False)
    same(life.machine.show("hotdeskd", "ExecMainStatus", "NRestarts", "ActiveState"),
         {"ExecMainStatus": "2", "NRestarts": "0", "ActiveState": "failed"})
    has(life.machine.journal("hotdeskd", cursor), SECRET, "does not exist", "put the secret")


@case
def not_activated(life):
    "without an activation the service ends with 3, says so, and is not started again"
    life.put_secret("one", SECRET)
    cursor = life.machine.now()
    life.machine.run("systemctl", "restart", "hotdeskd", check=False)
    same(life.machine.show("hotdeskd", "ExecMainStatus", "NRestarts", "ActiveState"),
         {"ExecMainStatus": "3", "NRestarts": "0", "ActiveState": "failed"})
    has(life.machine.journal("hotdeskd", cursor), "not activated", "hotdeskd activate @FILE", "systemctl restart")


@case
def activates(life):
    "activate under root leaves what the service can read: the state is its user's, the secrets are root's"
    done = life.hotdeskd("activate", "@/srv/one/cloud/activation-code")
    has(done.stdout, "activated", "systemctl restart hotdeskd")
    same(life.ls(KEY, SECRET), {KEY: "600 root root", SECRET: "600 root root"})
    same(life.ls("/var/lib/hotdeskd", "/var/lib/hotdeskd/data.mdb", "/var/lib/hotdeskd/lock.mdb"),
         {"/var/lib/hotdeskd": "700 hotdeskd hotdeskd", "/var/lib/hotdeskd/data.mdb": "600 hotdeskd hotdeskd",
          "/var/lib/hotdeskd/lock.mdb": "600 hotdeskd hotdeskd"})


@case
def runs(life):
    "the worker is active (running) and signs the user of a desk out"
    life.machine.run("systemctl", "restart", "hotdeskd")
    life.machine.wait_active("hotdeskd")
    until(lambda: life.status()["desks"]["total"] == 4, "the worker knows the desks")
    life.signs_out("desk-1", "ada@example.com")
    until(lambda: "sign_in_grace" in life.hotdeskd("log").stdout, "the decision is recorded")
    until(lambda: "4 desks" in life.machine.show("hotdeskd", "StatusText"), "systemctl status tells of the desks")


@case
def powerless(life):
    "the worker runs as its own user, without a capability, and with its system calls filtered"
    status = life.machine.out("cat", f"/proc/{life.pid()}/status")
    user = life.machine.out("id", "-u", "hotdeskd")
    has(status, f"Uid:\t{user}\t{user}\t{user}\t{user}", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1", "Seccomp:\t2")
    same(life.ls("/run/hotdeskd", "/run/hotdeskd/doorbell"),
         {"/run/hotdeskd": "755 hotdeskd hotdeskd", "/run/hotdeskd/doorbell": "600 hotdeskd hotdeskd"})


@case
def no_door(life):
    "hotdeskd listens on no TCP or UDP port, and the sandbox beside it does"
    life.no_door()
    has("\n".join(life.machine.listening(life.pid("sandbox-one"))), "127.0.0.1:")


@case
def nobody_else(life):
    "other users of the machine read neither state nor secrets"
    for path in (SECRET, KEY, "/var/lib/hotdeskd/data.mdb"):
        life.may_not_read("nobody", path)
    life.may_not_read("hotdeskd", KEY)


@case
def rsyslog(life):
    "rsyslog gets plain lines under the tag hotdeskd"
    lines = life.machine.path("/var/log/syslog")
    line = until(lambda: re.search(r"^.* hotdeskd\[\d+\]: starting .*$", lines.read_text(), re.M),
                 "the start shows in /var/log/syslog").group(0)
    has(line, "org=", "version=")


# --- operating --------------------------------------------------------------------------------------------------------


@case
def killed(life):
    "a worker that is killed is started again, and goes on"
    pid = life.pid()
    life.machine.run("kill", "-KILL", str(pid))
    until(lambda: life.pid() not in (0, pid), "another process runs")
    life.machine.wait_active("hotdeskd")
    life.signs_out("desk-1", "bob@example.com")
    life.no_door()


@case
def reloads(life):
    "reload reads the configuration again, and an invalid one changes nothing and says so"
    pid, cursor = life.pid(), life.machine.now()
    good = life.machine.path(CONFIG).read_text()
    life.machine.write(CONFIG, good.replace('sign_in_grace = "2s"', 'sign_in_grace = "1s"'))
    life.machine.run("systemctl", "reload", "hotdeskd")
    until(lambda: "the configuration was read again" in life.machine.journal("hotdeskd", cursor), "it is read again")
    life.machine.write(CONFIG, good + "sing_out_grace = \"1s\"\n")
    life.machine.run("systemctl", "reload", "hotdeskd")
    until(lambda: "stays as it was" in life.machine.journal("hotdeskd", cursor), "the invalid one is refused")
    has(life.machine.journal("hotdeskd", cursor), "sing_out_grace", CONFIG)
    life.machine.write(CONFIG, good)
    life.machine.run("systemctl", "reload", "hotdeskd")
    life.machine.wait_active("hotdeskd")
    same(life.pid(), pid)


@case
def watchdog(life):
    "a worker that hangs is ended by the watchdog and started again"
    with life.drop_in("WatchdogSec=3\nRestartSec=1"):
        life.machine.run("systemctl", "restart", "hotdeskd")
        pid, cursor = life.pid(), life.machine.now()
        life.machine.run("kill", "-STOP", str(pid))
        until(lambda: life.pid() not in (0, pid), "another process runs")
        life.machine.wait_active("hotdeskd")
        has(life.machine.journal("hotdeskd", cursor), "Watchdog timeout")


@case
def never_gives_up(life):
    "a worker that dies again and again is started every time, however often"
    with life.drop_in("RestartSec=100ms"):
        life.machine.run("systemctl", "restart", "hotdeskd")
        # systemd's own limit is five within ten seconds.
        for deaths in range(1, 8):
            pid = life.pid()
            life.machine.run("kill", "-KILL", str(pid))
            until(lambda: life.pid() not in (0, pid), f"another process runs after death {deaths}")
    life.machine.wait_active("hotdeskd")
    same(int(life.machine.show("hotdeskd", "NRestarts")), 7)
    life.signs_out("desk-1", "ben@example.com")


@case
def checks(life):
    "hotdeskd check, the doctor, finds everything in order"
    done = life.hotdeskd("check", check=False)
    same((done.returncode, [line for line in done.stdout.splitlines() if line.startswith("fail")]), (0, []))


@case
def new_key(life):
    "rekey gives the state another key, which is root's, and the service goes on with it"
    old = life.machine.out("sha256sum", KEY)
    life.machine.run("systemctl", "stop", "hotdeskd")
    life.hotdeskd("rekey")
    same(life.machine.out("sha256sum", KEY) == old, False)
    same(life.ls(KEY), {KEY: "600 root root"})
    life.machine.run("systemctl", "start", "hotdeskd")
    life.machine.wait_active("hotdeskd")
    same(life.owners()["/var/lib/hotdeskd/data.mdb"], "600 hotdeskd hotdeskd")
    life.signs_out("desk-1", "cal@example.com")


@case
def several_organizations(life):
    "a second organization has its own configuration, user, state, secrets and runtime directory"
    life.start_sandbox("oslo", "--seed", "2")
    secret = 'client_secret_file = "/etc/hotdeskd/oslo.client-secret"\n'
    state = ('\n[state]\ndirectory = "/var/lib/hotdeskd-oslo"\nkey_file = "/etc/hotdeskd/oslo.state.key"\n'
             'runtime_directory = "/run/hotdeskd-oslo"\n')
    config = life.config_for("oslo", POLICY).replace("[integration]\n", "[integration]\n" + secret, 1) + state
    life.machine.write("/etc/hotdeskd/oslo.toml", config)
    life.put_secret("oslo", "/etc/hotdeskd/oslo.client-secret")
    oslo = ("--config", "/etc/hotdeskd/oslo.toml")
    life.hotdeskd(*oslo, "activate", "@/srv/oslo/cloud/activation-code")
    life.machine.run("systemctl", "enable", "--now", "hotdeskd@oslo")
    life.machine.wait_active("hotdeskd@oslo")
    until(lambda: json.loads(life.hotdeskd(*oslo, "status", "--json").stdout)["desks"]["total"] == 4,
          "its desks are known")
    life.signs_out("desk-2", "cleo@example.com", "oslo")
    life.no_door("hotdeskd@oslo")
    users = [life.machine.out("stat", "-c", "%u", f"/proc/{life.pid(unit)}") for unit in ("hotdeskd", "hotdeskd@oslo")]
    same(len(set(users)), 2)
    same(life.ls("/var/lib/private/hotdeskd-oslo", "/etc/hotdeskd/oslo.state.key")["/etc/hotdeskd/oslo.state.key"],
         "600 root root")
    same(life.machine.out("stat", "-c", "%a %u", "/var/lib/private/hotdeskd-oslo"), f"700 {users[1]}")
    for user, path in ((users[0], "/var/lib/hotdeskd-oslo/data.mdb"), (users[1], "/var/lib/hotdeskd/data.mdb")):
        life.may_not_read(user, path)
