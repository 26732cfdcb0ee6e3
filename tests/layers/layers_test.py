"""Holds the folders to their rules, and each rule to a small tree that breaks it."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import rules
import tap

ROOT = pathlib.Path(os.environ.get("HOTDESK_SOURCE_ROOT", pathlib.Path(__file__).resolve().parents[2]))


def project():
    """The project's files: those that git knows, or, in an exported tree, what looks like source."""
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True,
                          text=True) if shutil.which("git") else None
    if done and done.returncode == 0 and done.stdout:
        return rules.Tree(ROOT, done.stdout.splitlines())
    folders = ("include", "src", "tests", "packaging", "docs", ".ci")
    files = [p.relative_to(ROOT) for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file()]
    files += [p.relative_to(ROOT) for p in ROOT.iterdir() if p.is_file()]
    return rules.Tree(ROOT, [str(f) for f in files if "__pycache__" not in f.parts and ".pyc" not in f.suffix])


class TheProject(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.tree = project()

    def test_there_is_something_to_look_at(self):
        for folder in ("include/hotdesk", *(layer for layer in rules.LAYERS)):
            self.assertTrue(self.tree.sources(folder), f"no sources in {folder}")


def add_rule(rule):
    def test(self):
        found = list(rule(self.tree))
        self.assertEqual(found, [], "\n" + "\n".join(found))

    setattr(TheProject, f"test_the_project_keeps_the_rule_of_{rule.__name__}", test)


for each in rules.RULES:
    add_rule(each)


class TheRules(unittest.TestCase):
    """A rule that cannot be broken is none."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="hd-layers-"))
        self.addCleanup(shutil.rmtree, self.root)

    def tree(self, files):
        """A tree of these files, text by name."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return rules.Tree(self.root)

    def assert_broken(self, rule, files, times=1):
        found = list(rule(self.tree(files)))
        self.assertEqual(len(found), times, found)
        return found

    def assert_kept(self, rule, files):
        self.assertEqual(list(rule(self.tree(files))), [])

    def test_the_vocabulary_includes_no_layer(self):
        text = '#include <vector>\n#include "core/b.hpp"\n'
        found = self.assert_broken(rules.layers, {"include/hotdesk/a.hpp": text})
        self.assertIn("include/hotdesk/a.hpp:2:", found[0])

    def test_each_layer_has_layers_it_may_not_include(self):
        forbidden = {
            "core": ["codec", "io", "daemon", "cli", "sandbox"],
            "codec": ["core", "io", "daemon", "cli", "sandbox"],
            "io": ["core", "codec", "daemon", "cli", "sandbox"],
            "daemon": ["cli", "sandbox"],
            "cli": ["sandbox"],
            "sandbox": ["core", "codec", "io", "daemon", "cli"],
        }
        for layer, others in forbidden.items():
            text = "".join(f'#include "{other}/x.hpp"\n' for other in others)
            self.assert_broken(rules.layers, {f"src/{layer}/a.cpp": text}, times=len(others))
            shutil.rmtree(self.root / "src")

    def test_each_layer_may_include_those_below(self):
        self.assert_kept(rules.layers, {
            "src/core/a.cpp": '#include <hotdesk/desk.hpp>\n#include "core/b.hpp"\n#include <chrono>\n',
            "src/daemon/a.cpp": '#include "core/b.hpp"\n#include "io/c.hpp"\n#include <unistd.h>\n',
            "src/sandbox/a.cpp": '#include "hotdesk/time.hpp"\n#include "sandbox/b.hpp"\n#include <httplib.h>\n'})

    def test_a_folder_without_a_rule_is_refused(self):
        self.assert_broken(rules.layers, {"src/surprise/a.cpp": "int x;\n"})

    def test_a_library_that_nobody_knows_is_refused(self):
        self.assert_broken(rules.layers, {"src/io/a.cpp": "#include <boost/asio.hpp>\n"})

    def test_the_sandbox_shares_four_words_of_the_vocabulary(self):
        self.assert_broken(rules.layers, {"src/sandbox/a.cpp": "".join(
            f'#include "hotdesk/{name}.hpp"\n' for name in ("id", "time", "result", "secret", "message", "cloud"))},
            times=2)

    def test_pure_code_asks_nobody(self):
        self.assert_broken(rules.purity, {"src/core/a.cpp": "#include <unistd.h>\n#include <random>\n",
                                          "src/codec/b.cpp": "#include <fstream>\n",
                                          "src/core/c.cpp": "auto t = std::chrono::system_clock::now();\n",
                                          "include/hotdesk/d.hpp": 'auto e = std::getenv("HOME");\n'}, times=5)

    def test_a_library_stays_at_home(self):
        for library, path in (("RapidJSON", "rapidjson/document.h"), ("cpp-jwt", "jwt/jwt.hpp"),
                              ("OpenSSL", "openssl/evp.h"), ("libcurl", "curl/curl.h"), ("LMDB", "lmdb.h"),
                              ("libsystemd", "systemd/sd-daemon.h"), ("toml++", "toml++/toml.h"),
                              ("CLI11", "CLI/CLI.hpp"), ("fmt", "fmt/format.h"), ("nlohmann", "nlohmann/json.hpp"),
                              ("cpp-httplib", "httplib.h"), ("Catch2", "catch2/catch.hpp")):
            include = f"#include <{path}>\n"
            found = self.assert_broken(rules.libraries, {"src/daemon/loop.cpp": include})
            self.assertIn(library, found[0])
            shutil.rmtree(self.root / "src")
            self.assert_kept(rules.libraries, {home: include for home in rules.HOMES[library]})
            shutil.rmtree(self.root / "src", ignore_errors=True)

    def test_no_header_shows_a_third_party(self):
        self.assert_broken(rules.headers, {"src/io/a.hpp": "#pragma once\n#include <curl/curl.h>\n"})

    def test_a_header_without_a_guard_is_found(self):
        self.assert_broken(rules.headers, {"src/io/a.hpp": "int f();\n"})

    def test_the_owners_of_json_may_be_headers(self):
        self.assert_kept(rules.headers, {"src/codec/json.hpp": "#pragma once\n#include <rapidjson/reader.h>\n",
                                         "src/sandbox/json.hpp": "#pragma once\n#include <nlohmann/json.hpp>\n"})

    def test_tests_of_one_side_leave_the_other_alone(self):
        self.assert_broken(rules.sandbox_side, {"tests/sandbox/a_test.cpp": '#include "codec/json.hpp"\n',
                                                "tests/core/b_test.cpp": '#include "io/curl.hpp"\n'}, times=2)

    def test_a_test_that_nobody_runs_is_found(self):
        build = "foreach name : ['one']\n  executable(name + '_test.cpp')\nendforeach\ntest(files('two_test.py'))\n"
        files = {"tests/x/meson.build": build, "tests/x/one_test.cpp": "", "tests/x/two_test.py": ""}
        self.assert_kept(rules.registered, files)
        lost = {"tests/x/three_test.cpp": "", "tests/x/four_test.py": "", "tests/lost/five.scn": ""}
        self.assert_broken(rules.registered, {**files, **lost}, times=3)

    def test_a_folder_of_scenarios_is_registered_by_its_name(self):
        self.assert_kept(rules.registered, {"tests/core/meson.build": "test(args: here / '..' / 'stories')\n",
                                            "tests/stories/a.scn": ""})

    def test_a_listening_socket_is_found(self):
        self.assert_broken(rules.no_doors, {"src/io/a.cpp": "  ::listen(fd, 1);\n  int c = accept4(fd, 0, 0, 0);\n"},
                           times=2)
        self.assert_kept(rules.no_doors, {"src/io/a.cpp": "  store.accept(x); // listen(fd) is not called\n",
                                          "src/sandbox/b.cpp": "::listen(fd, 1);\n"})

    def test_a_file_that_is_too_long_is_found(self):
        self.assert_broken(rules.lengths, {"src/io/a.cpp": "\n" * 451})
        self.assert_kept(rules.lengths, {"src/io/a.cpp": "\n" * 450})

    def test_leftovers_are_found(self):
        marks = ["TO" + "DO later", "FIX" + "ME", "/ho" + "me/me/x", "/wo" + "rk/main", "task " + "#12", "see #" + "123"]
        for mark in marks:
            self.assert_broken(rules.leftovers, {"src/io/a.cpp": f"// {mark}\n"})
        self.assert_kept(rules.leftovers, {"src/io/a.cpp": "// /etc/hotdeskd, /usr/bin, C#, color #ffffff\n"})


if __name__ == "__main__":
    tap.main()
