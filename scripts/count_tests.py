#!/usr/bin/env python3
"""Adds up the test results of several suites.

Usage: count_tests.py SUITE... where each SUITE is the path of a JUnit file, with or without `.xml`, as ctest, lit and pytest write
it. Prints one line for each suite and closes with `N passed, N failed`. A suite whose file is missing, unreadable, or has no test
that ran, counts as one failure. The exit status is 0 only if nothing failed.
"""

import os
import sys
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple


class Counts(NamedTuple):
    """How many test cases ended in which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


def outcome(case):
    """'passed', 'failed' or 'skipped' for one <testcase> element."""
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    # ctest says notrun or disabled in the status attribute, GoogleTest too; lit and pytest put a <skipped> element.
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def count_file(path):
    """Counts the test cases of one JUnit file; raises OSError or ElementTree.ParseError."""
    outcomes = [outcome(case) for case in ElementTree.parse(path).iter("testcase")]
    return Counts(*(outcomes.count(kind) for kind in Counts._fields))


def main(suites):
    if not suites:
        print(__doc__, file=sys.stderr)
        return 2
    passed = failed = 0
    for suite in suites:
        path = suite if suite.endswith(".xml") else suite + ".xml"
        name = os.path.basename(path)[: -len(".xml")]
        try:
            counts = count_file(path)
        except (OSError, ElementTree.ParseError) as error:
            print(f"{name}: no result ({error})")
            failed += 1
            continue
        print(f"{name}: {counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped")
        passed += counts.passed
        failed += counts.failed
        if counts.passed + counts.failed == 0:
            print(f"{name}: no test ran, which counts as a failure")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
