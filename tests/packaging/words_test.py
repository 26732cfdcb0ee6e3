"""What is said beside the programs, held against what the programs say: man pages, README, completions, units."""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import tap

HOTDESKD = os.environ.get("HOTDESKD", "")
SANDBOX = os.environ.get("HOTDESKD_SANDBOX", "")
ROOT = pathlib.Path(os.environ.get("HOTDESK_SOURCE_ROOT", "."))
PACKAGING = ROOT / "packaging"
#: Of every command; the completions say them once.
COMMON = {"--help", "--version", "--config"}
OPTION = re.compile(r"--[a-z][a-z-]*")


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def output(*arguments, **options):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False, **options)
    return done


@functools.cache
def commands():
    """Each command with its options, as the program's own help has them."""
    listed = output(HOTDESKD, "--help").stdout.split("Subcommands:")[1]
    names = re.findall(r"^  ([a-z-]+) ", listed, re.M)
    return {name: options_in_help(output(HOTDESKD, name, "--help").stdout) for name in names}


def options_in_help(text_of_help):
    return {o for line in text_of_help.splitlines() if re.match(r"  -", line) for o in OPTION.findall(line)} - COMMON


def man_section(page, title):
    """The text of one section of a man page's source."""
    return re.split(r"^# ", text(f"packaging/man/{page}.scd").split(f"\n# {title}\n")[1], maxsplit=1, flags=re.M)[0]


def need(program):
    path = shutil.which(program)
    if not path:
        raise unittest.SkipTest(f"{program} is not installed")
    return path


class Words(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        if not HOTDESKD:
            self.skipTest("HOTDESKD does not name the program: run it with meson test")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hd-words-"))
        self.addCleanup(shutil.rmtree, self.folder)

    # --- man pages and README -----------------------------------------------------------------------------------------

    def test_hotdeskd_8_names_every_command_with_its_options_and_no_other(self):
        said = {}
        for line in man_section("hotdeskd.8", "COMMANDS").splitlines():
            # The term of a definition; the paragraph that begins with names of commands has a comma behind the first.
            match = re.match(r"\*([a-z-]+)\*(?!,)", line)
            if match:
                said[match.group(1)] = set(OPTION.findall(line))
        self.assertEqual(said, commands())

    def test_the_readme_names_every_command(self):
        table = text("README.md").split("## Operate")[1].split("| exit code")[0]
        self.assertEqual(set(re.findall(r"^\| `hotdeskd ([a-z-]+)", table, re.M)), set(commands()))

    def test_exit_codes_are_those_of_the_program(self):
        codes = re.findall(r"^\s+[A-Z]\w+ = (\d+),", text("src/daemon/exit.hpp"), re.M)
        self.assertGreater(len(codes), 5)
        self.assertEqual(re.findall(r"^\*(\d+)\*$", man_section("hotdeskd.8", "EXIT STATUS"), re.M), codes)
        table = text("README.md").split("| exit code")[1].split("###")[0]
        self.assertEqual(re.findall(r"^\| (\d+) \|", table, re.M), codes)

    def test_the_units_do_not_restart_what_a_restart_cannot_mend(self):
        for unit in ("hotdeskd.service.in", "hotdeskd@.service.in"):
            self.assertIn("\nRestartPreventExitStatus=2 3 8 9\n", text(f"packaging/systemd/{unit}"))

    def test_the_readme_names_every_key(self):
        keys, section = set(), ""
        for line in text("packaging/hotdeskd.toml").splitlines():
            if match := re.match(r"\[([a-z]+)\]$", line):
                section = match.group(1)
            elif match := re.match(r"#([a-z_]+) = ", line):
                keys.add((section, match.group(1)))
        # An override's own keys are told in the text; messages are named after rules, in a list.
        keys -= {("policy", "workspace"), ("policy", "organizer")}
        readme, said = text("README.md").split("## Configure")[1].split("## Operate")[0], set()
        for section, table in re.findall(r"^\| `\[([a-z]+)\]` \|(.*?)\n\n", readme, re.M | re.S):
            said |= {(section, key) for key in re.findall(r"^\| `([a-z_]+)` \|", table, re.M)}
        rules = re.search(r"Rules that tell something: (.*?)\. A text", readme, re.S).group(1)
        said |= {("messages", rule) for rule in re.findall(r"`([a-z_]+)`", rules)}
        self.assertEqual(said, keys)

    def test_hotdeskd_sandbox_1_names_every_option_and_command(self):
        if not pathlib.Path(SANDBOX).exists():
            self.skipTest("hotdeskd-sandbox was not built")
        shown = output(SANDBOX, "--help").stdout
        said = re.findall(r"^\*(--[a-z-]+)\*", man_section("hotdeskd-sandbox.1", "OPTIONS"), re.M)
        self.assertEqual(set(said), options_in_help(shown) | {"--help", "--version"})
        told = man_section("hotdeskd-sandbox.1", "COMMANDS").split("```")[1].strip()
        self.assertEqual(told, shown[shown.index("desk-N sign-in"):].strip())

    def test_man_pages_are_rendered_without_a_warning(self):
        scdoc, man = need("scdoc"), need("man")
        for source in sorted((PACKAGING / "man").glob("*.scd")):
            page = self.folder / source.stem
            page.write_bytes(subprocess.run([scdoc], stdin=source.open("rb"), capture_output=True, check=True).stdout)
            done = output(man, "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page),
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), source)
            self.assertGreater(len(done.stdout), 1000)

    # --- completions --------------------------------------------------------------------------------------------------

    def test_bash_completes_what_there_is(self):
        for command, options in commands().items():
            self.assertEqual(set(self.bash("hotdeskd", command, "--")) - COMMON, options, command)
        self.assertEqual({w for w in self.bash("hotdeskd", "") if not w.startswith("-")}, set(commands()))

    def test_zsh_and_fish_complete_what_there_is(self):
        zsh, fish = text("packaging/completions/_hotdeskd"), text("packaging/completions/hotdeskd.fish")
        described = zsh.split("commands=(")[1].split("\n    )\n")[0]
        self.assertEqual(set(re.findall(r"^\s+'([a-z-]+):", described, re.M)), set(commands()))
        self.assertEqual(set(re.search(r"^set -l commands (.*)$", fish, re.M).group(1).split()), set(commands()))
        self.assertEqual(set(re.findall(r"-n \$none -a ([a-z-]+) ", fish)), set(commands()))
        in_zsh, in_fish = {}, {}
        for names, body in re.findall(r"^ +([a-z| -]+)\)(?! *_describe)(.*?);;$", zsh.split("argument)")[1], re.M | re.S):
            for name in names.split("|"):
                in_zsh[name.strip()] = set(re.findall(r"'(--[a-z-]+)\[", body))
        for names, option in re.findall(r"__fish_seen_subcommand_from ([a-z -]+)' -l ([a-z-]+) ", fish):
            for name in names.split():
                in_fish.setdefault(name, set()).add("--" + option)
        self.assertEqual(in_zsh, commands())
        self.assertEqual(in_fish, {name: options for name, options in commands().items() if options})

    def pretend(self, script):
        """A hotdeskd that knows desks, or that may not say."""
        program = self.folder / "hotdeskd"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        return {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}

    def knowing(self, *names):
        devices = json.dumps([{"deviceId": "x", "displayName": name} for name in names], separators=(",", ":"))
        return self.pretend(f"""[ "$*" = "devices --json" ] && echo '{devices}'\n""")

    def bash(self, *words, env=None):
        helpers = pathlib.Path("/usr/share/bash-completion/bash_completion")
        if not helpers.exists():
            self.skipTest("bash-completion is not installed")
        script = (f"source {helpers}; source {PACKAGING}/completions/hotdeskd.bash; COMP_WORDS=(\"$@\"); "
                  "COMP_CWORD=$(($# - 1)); COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}; _hotdeskd; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = output("bash", "-c", script, "bash", *words, env=env)
        self.assertEqual(done.stderr, "")
        return [line for line in done.stdout.splitlines() if line]

    def test_bash_completes_names_of_desks(self):
        env = self.knowing("desk-1", "Desk by the window", "desk-2")
        for words in (["explain"], ["sign-out"], ["bookings"], ["book"], ["log", "--device"]):
            self.assertEqual(self.bash("hotdeskd", *words, "desk", env=env), ["desk-1", "desk-2"])
        self.assertEqual(self.bash("hotdeskd", "explain", "D", env=env), ["Desk\\ by\\ the\\ window"])

    def test_bash_is_silent_where_the_state_may_not_be_read(self):
        env = self.pretend("echo 'hotdeskd: the state cannot be read: Permission denied' >&2\nexit 9\n")
        self.assertEqual(self.bash("hotdeskd", "explain", "", env=env), [])

    def fish(self, line, env):
        done = output(need("fish"), "--no-config", "-c",
                      f"source {PACKAGING}/completions/hotdeskd.fish; complete -C '{line}'",
                      env={**env, "HOME": str(self.folder)})
        self.assertEqual(done.stderr, "")
        return [entry.split("\t")[0] for entry in done.stdout.splitlines()]

    def test_fish_completes_commands_and_names_of_desks(self):
        env = self.knowing("desk-1", "Desk by the window")
        self.assertEqual(set(self.fish("hotdeskd ", env)), set(commands()))
        self.assertEqual(self.fish("hotdeskd explain desk-", env), ["desk-1"])
        self.assertEqual(self.fish("hotdeskd log --device desk-", env), ["desk-1"])
        quiet = self.pretend("echo no >&2\nexit 9\n")
        self.assertEqual(self.fish("hotdeskd explain ", quiet), [])

    def test_zsh_can_read_its_completion(self):
        done = output(need("zsh"), "-f", "-n", str(PACKAGING / "completions/_hotdeskd"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    # --- units --------------------------------------------------------------------------------------------------------

    def units(self):
        """Both units as they are installed, beside a program that is there."""
        program = self.folder / "bin" / "hotdeskd"
        program.parent.mkdir()
        program.symlink_to(HOTDESKD)
        hardening = text("packaging/systemd/hardening.conf").strip() + "\n"
        for name in ("hotdeskd.service", "hotdeskd@.service"):
            unit = text(f"packaging/systemd/{name}.in").replace("@bindir@", str(program.parent))
            (self.folder / name).write_text(unit.replace("@hardening@", hardening))
        return self.folder / "hotdeskd.service", self.folder / "hotdeskd@oslo.service"

    def test_systemd_understands_the_units(self):
        analyze = need("systemd-analyze")
        for unit in self.units():
            done = output(analyze, "verify", "--man=no", "--recursive-errors=no", str(unit))
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), unit)

    def test_the_units_are_exposed_by_no_more_than_1_2(self):
        analyze = need("systemd-analyze")
        for unit in self.units():
            done = output(analyze, "security", "--offline=true", "--threshold=12", "--no-pager", str(unit))
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertIn("OK", done.stdout)

    def test_each_line_that_takes_something_away_is_explained(self):
        comment = False
        for line in text("packaging/systemd/hardening.conf").splitlines():
            if line.startswith("#"):
                comment = True
            elif not line:
                comment = False
            else:
                self.assertTrue(comment, f"nothing above says why: {line}")


if __name__ == "__main__":
    tap.main()
