"""Fails if README.md or a page of docs/ links to, or names in backticks, a file that does not exist. Usage: SOURCE_DIR"""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
# What a page tells its reader to create, and what the build makes.
EXPECTED_ABSENT = re.compile(r"build/|bundle/|.*[Nn]eighbor_?[Cc]hunks|.*/NAME\.")
broken = total = 0
for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
    text = page.read_text(encoding="utf-8")
    links = [(page.parent / link, link) for link in re.findall(r"\]\(([^)#:]+)\)", text)]
    names = [(root / name, name) for name in re.findall(r"`((?:[\w.-]+/)+(?:[\w-]+\.\w+)?)`", text)]
    for path, shown in links + names:
        if EXPECTED_ABSENT.match(shown):
            continue
        total += 1
        if not path.exists():
            print(f"error: {page.relative_to(root)}: '{shown}' does not exist")
            broken += 1
print(f"{total} links and names, {broken} broken")
sys.exit(bool(broken) or not total)
