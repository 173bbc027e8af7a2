"""Parses every ```mlir example of the ODS files, README.md and docs/ with attn-opt, prints it, parses that and compares.

Usage: ATTN_OPT TBLGEN SOURCE_DIR MLIR_INCLUDE_DIR

Every op, attribute and type must have an example that uses it. An example of an attribute or a type is one per line, or
continues on lines that are indented; it is put into an attribute of an empty module.
"""

import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from records import PREFIXES, mlir_blocks, read_records, td_sources

attn_opt, tblgen, root, mlir_include = sys.argv[1:]


def to_modules(block):
    """The modules to parse for one block."""
    if block[0] not in "#!":
        return [block]
    pieces = re.split(r"\n(?=[#!])", block)
    return ["module attributes {attn.example = " + piece + "} {}" for piece in pieces]


def parse(text):
    """None, or the message."""
    done = subprocess.run([attn_opt, "--verify-roundtrip", "-o", "/dev/null"], input=text, capture_output=True, text=True)
    return done.stderr if done.returncode else None


def collect():
    """(title, module) of every example, and what is missing."""
    examples, missing = [], []
    for record in read_records(tblgen, td_sources(root)[0], [root, mlir_include]):
        title = PREFIXES[record.kind] + record.name
        blocks = list(mlir_blocks(record.description))
        if not any(re.search(re.escape(title) + r"(?!\w)", block) for block in blocks):
            missing.append(f"{record.kind} {title}: expected an example that uses it")
        examples += [(title, module) for block in blocks for module in to_modules(block)]
    pages = [pathlib.Path(root) / "README.md", *sorted(pathlib.Path(root, "docs").glob("*.md"))]
    for page in pages:
        blocks = list(mlir_blocks(page.read_text(encoding="utf-8"))) if page.exists() else []
        examples += [(page.name, module) for block in blocks for module in to_modules(block)]
    return examples, missing


examples, failures = collect()
with ThreadPoolExecutor(max_workers=2) as pool:
    for (title, module), message in zip(examples, pool.map(parse, [module for _, module in examples])):
        if message:
            failures.append(f"the example of {title} does not parse:\n{module}\n{message}")
for failure in failures:
    print("error:", failure)
print(f"{len(examples)} examples parsed, {len(failures)} failures")
sys.exit(bool(failures) or not examples)
