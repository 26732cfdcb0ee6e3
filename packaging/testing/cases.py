"""What packaging/test-deb looks at: the life of the packages on a machine, from installing to purging.

The cases build on each other, in the order of this file. Prints the Test Anything Protocol.

usage: cases.py ROOT OLD NEW NEWEST, each of the last three a folder with packages of one version, inside ROOT
"""

import pathlib
import sys
import time
import traceback

import living  # noqa: F401  pylint: disable=unused-import
import upgrading  # noqa: F401  pylint: disable=unused-import
from case import CASES
from life import Life
from machine import Machine


def main():
    root, *folders = sys.argv[1:]
    machine = Machine(root)
    failed = False
    print(f"1..{len(CASES)}", flush=True)
    try:
        machine.boot()
        life = Life(machine, *folders)
        for number, method in enumerate(CASES, 1):
            began = time.monotonic()
            try:
                method(life)
                print(f"ok {number} - {method.__doc__}", flush=True)
            except Exception as error:  # pylint: disable=broad-except
                failed = True
                print(f"not ok {number} - {method.__doc__}", flush=True)
                place = traceback.extract_tb(error.__traceback__)[1]
                for line in f"{pathlib.Path(place.filename).name}:{place.lineno}: {error}".splitlines():
                    print(f"#   {line}", flush=True)
                journal = machine.run("journalctl", "-n", "25", "--no-pager", "-o", "short", check=False).stdout
                for line in journal.splitlines():
                    print(f"#   journal: {line}", flush=True)
            print(f"# {time.monotonic() - began:.1f} s", flush=True)
    finally:
        machine.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
