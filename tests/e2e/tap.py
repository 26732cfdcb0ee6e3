"""Runs unittest cases and prints the Test Anything Protocol, a line a case, so that meson counts each of them.

A test's name is its method's name read as a sentence: test_a_call_keeps_its_user is `a call keeps its user`.
"""

import io
import os
import sys
import time
import traceback
import unittest

import leaks


def sentence(case):
    """What a case is called: its file's subject and its method as words."""
    name = case.id().rsplit(".", 1)[-1]
    return name.removeprefix("test_").replace("_", " ")


def known_defect(reason):
    """Marks a test that shows a defect nobody has mended yet: skipped with its reason, and failing once it passes."""

    def mark(method):
        method.known_defect = reason
        return unittest.expectedFailure(method)

    return mark


class TapResult(unittest.TestResult):
    def __init__(self, out):
        super().__init__()
        self.out = out
        self.count = 0
        self.broken = False

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def line(self, ok, test, suffix="", detail=""):
        self.count += 1
        self.broken = self.broken or not ok
        name = sentence(test).replace("#", "no.")
        self.out.write(f"{'ok' if ok else 'not ok'} {self.count} - {name}{suffix}\n")
        took = time.monotonic() - getattr(self, "began", time.monotonic())
        self.out.write(f"# {took:.1f} s\n")
        for text in detail.splitlines():
            self.out.write(f"# {text}\n")
        self.out.flush()

    def addSuccess(self, test):
        self.line(True, test)

    def addSkip(self, test, reason):
        self.line(True, test, " # SKIP " + " ".join(reason.split()))

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        method = getattr(test, test._testMethodName)
        self.line(True, test, f" # SKIP known defect: {method.known_defect}")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.line(False, test, detail="The known defect is gone: take the mark away from this test.")

    def failed(self, test, err):
        kind, value, trace = err
        frames = [f for f in traceback.extract_tb(trace) if "/unittest/" not in f.filename]
        detail = "".join(traceback.format_list(frames) + traceback.format_exception_only(kind, value))
        self.line(False, test, detail=detail)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.failed(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed(subtest, err)


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def main(module="__main__"):
    """Runs the module's cases; words on the command line choose those whose names hold one of them."""
    wanted = [word.replace(" ", "_") for word in sys.argv[1:]]
    tests = list(flatten(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module])))
    if wanted:
        tests = [test for test in tests if any(word in test.id() for word in wanted)]
    # What a test prints must not look like a result.
    out, sys.stdout = sys.stdout, io.TextIOWrapper(os.fdopen(os.dup(2), "wb", 0), write_through=True)
    out.write(f"TAP version 13\n1..{len(tests) + 1}\n")
    out.flush()
    result = TapResult(out)
    unittest.TestSuite(tests).run(result)
    good, details, skipped = leaks.verdict()
    out.write(f"{'ok' if good else 'not ok'} {result.count + 1} - no secret was seen"
              f"{' # SKIP ' + skipped if skipped else ''}\n")
    out.write("".join(f"# {detail}\n" for detail in details))
    out.flush()
    sys.exit(1 if result.broken or not tests or not good else 0)
