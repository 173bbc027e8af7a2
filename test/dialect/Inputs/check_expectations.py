"""Fails if a message of the dialect's parsers and verifiers is expected by no test of this folder. Usage: SOURCE_DIR

Of each statement that emits an error the longest piece of text must stand in an expectation.
"""

import pathlib
import re
import sys

# Rules that only attributes built in C++ can break: the parser has asked already.
NOT_IN_TEXT = {"expected a window with a left or a right side, but got neither"}

root = pathlib.Path(sys.argv[1])
sources = [*sorted((root / "dialect").rglob("*.cpp")), *sorted((root / "dialect").rglob("*.td"))]
expected = ""
for test in sorted((root / "test/dialect").rglob("*.mlir")):
    lines = test.read_text(encoding="utf-8").splitlines(keepends=True)
    expected += "".join(line for line in lines if re.search(r"// (expected-error|ERROR)", line))

missing = total = 0
for source in sources:
    text = source.read_text(encoding="utf-8")
    for match in re.finditer(r"emit(?:Op)?Error\(.*?;|problem = .*?;", text, flags=re.DOTALL):
        pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', match.group(0))
        if not pieces:
            continue  # a function that takes emitError, or hands a message on
        total += 1
        piece = max(pieces, key=len).replace('\\"', '"')
        if piece not in expected and piece not in NOT_IN_TEXT:
            line = text.count("\n", 0, match.start()) + 1
            print(f"error: {source.relative_to(root)}:{line}: no test expects '{piece}'")
            missing += 1
print(f"{total} messages, {missing} without a test")
sys.exit(bool(missing) or not total)
