"""scripts/count_tests.py must not report success for suites that failed, broke down or ran nothing."""

import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "count_tests.py"

CTEST = """<testsuite tests="3"><testcase name="a" status="run"/><testcase name="b" status="fail"><failure message=""/></testcase>
<testcase name="c" status="notrun"><skipped message=""/></testcase></testsuite>"""
LIT = '<testsuites><testsuite name="attn"><testcase name="a"/><testcase name="b"/></testsuite></testsuites>'
PYTEST_ERROR = '<testsuites><testsuite><testcase name="a"><error message="setup"/></testcase></testsuite></testsuites>'
ALL_SKIPPED = '<testsuite><testcase name="a"><skipped/></testcase></testsuite>'


def count(tmp_path, **suites):
    paths = []
    for name, text in suites.items():
        if text is not None:
            (tmp_path / f"{name}.xml").write_text(text)
        paths.append(str(tmp_path / name))
    run = subprocess.run([sys.executable, str(SCRIPT), *paths], capture_output=True, text=True)
    return run.stdout.splitlines()[-1], run.returncode


@pytest.mark.parametrize(
    "suites, line, status",
    [
        ({"lit": LIT}, "2 passed, 0 failed", 0),
        ({"unit": CTEST, "lit": LIT}, "3 passed, 1 failed", 1),
        ({"python": PYTEST_ERROR}, "0 passed, 1 failed", 1),
        ({"unit": ALL_SKIPPED, "lit": LIT}, "2 passed, 1 failed", 1),
        ({"unit": None, "lit": LIT}, "2 passed, 1 failed", 1),
        ({"unit": "<testsuite", "lit": LIT}, "2 passed, 1 failed", 1),
    ],
    ids=["all pass", "ctest failure", "error outside a test", "nothing ran", "no file", "damaged file"],
)
def test_closing_line(tmp_path, suites, line, status):
    assert count(tmp_path, **suites) == (line, status)
