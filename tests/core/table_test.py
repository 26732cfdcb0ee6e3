"""Every row of the transition table and every key of the policy has scenarios: for the act, and for its legal twin."""

import os
import pathlib
import re
import unittest

import tap

ROOT = pathlib.Path(os.environ.get("HOTDESK_SOURCE_ROOT", pathlib.Path(__file__).resolve().parents[2]))
SCENARIOS = ROOT / "tests" / "scenarios"
#: What is sent, decided or refused; and what shows that nothing was.
ACT = re.compile(r"^expect (sent|rule|decision|outcome refused)", re.M)
TWIN = re.compile(r"^expect (nothing|admitted)", re.M)


def rows(header):
    """(first cell, what is done) of each row; a row that goes on is indented."""
    found = []
    for line in header.splitlines():
        if not line.startswith("//   ") or line.count("|") != 3:
            continue
        cells = line[2:].split("|")
        if line[5] != " ":
            found.append([cells[0].strip(), cells[3].strip()])
        elif found:
            found[-1][0] = f"{found[-1][0]} {cells[0].strip()}".strip()
    return [tuple(row) for row in found if row[0] != "what is"]


def keys(header):
    """The keys of the policy, as an administrator writes them."""
    body = re.search(r"^struct Policy \{\n(.*?)^\};", header, re.M | re.S).group(1)
    found = {"override"}
    for line in body.splitlines():
        member = re.match(r"\s+[\w:<>, ]+ (\w+)[ {;]", line)
        if member and "operator" not in line and "///" not in line[:8]:
            found.add(re.sub(r"booking_(from|to)", "booking_hours", member.group(1)))
    return found


def table(text):
    """name -> {"acts": [...], "leaves": [...]} for rows and for keys."""
    found = {"row": {}, "key": {}}
    current = None
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if not line or word == "#" or line == "#":
            continue
        if word in found:
            current = found[word].setdefault(rest, {"acts": [], "leaves": []})
        else:
            current[word] += rest.split()
    return found


class Table(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.rows = dict(rows((ROOT / "include/hotdesk/reconcile.hpp").read_text()))
        cls.keys = keys((ROOT / "include/hotdesk/policy.hpp").read_text())
        cls.table = table((SCENARIOS / "table.txt").read_text())

    def test_every_row_of_the_transition_table_is_named_and_no_other(self):
        self.assertGreater(len(self.rows), 20)
        self.assertEqual(sorted(self.table["row"]), sorted(self.rows))

    def test_every_key_of_the_policy_is_named_and_no_other(self):
        self.assertGreater(len(self.keys), 20)
        self.assertEqual(sorted(self.table["key"]), sorted(self.keys))

    def test_every_act_has_its_legal_twin(self):
        for kind, entries in self.table.items():
            for name, entry in entries.items():
                acts = kind == "key" or self.rows[name] != "-"
                self.assertTrue(entry["leaves"], f"{kind} {name}: nothing shows where it does nothing")
                self.assertTrue(entry["acts"] or not acts, f"{kind} {name}: nothing shows that it acts")

    def test_the_scenarios_exist_and_show_what_they_stand_for(self):
        for kind, entries in self.table.items():
            for name, entry in entries.items():
                for what, sign in (("acts", ACT), ("leaves", TWIN)):
                    for scenario in entry[what]:
                        path = SCENARIOS / f"{scenario}.scn"
                        self.assertTrue(path.exists(), f"{kind} {name}: there is no scenario {scenario}")
                        self.assertRegex(path.read_text(), sign, f"{kind} {name}: {scenario} does not show it")

    def test_every_key_is_set_or_at_its_default_where_it_acts(self):
        for name, entry in self.table["key"].items():
            texts = [(SCENARIOS / f"{scenario}.scn").read_text() for scenario in entry["acts"] + entry["leaves"]]
            self.assertTrue(any(name in text for text in texts), f"no scenario of {name} sets it")


if __name__ == "__main__":
    tap.main()
