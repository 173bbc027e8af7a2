"""Fails if an op, attribute, type or pass has no summary or no description. Usage: TBLGEN SOURCE_DIR MLIR_INCLUDE_DIR"""

import sys

from records import PREFIXES, read_records, td_sources

tblgen, root, mlir_include = sys.argv[1:]
failures = total = 0
for source in td_sources(root):
    records = read_records(tblgen, source, [root, mlir_include])
    if not records:
        print(f"error: {source}: expected ops, attributes, types or passes, but got none")
        failures += 1
    for record in records:
        total += 1
        title = f"{record.kind} {PREFIXES[record.kind]}{record.name}"
        if not record.summary:
            print(f"error: {title}: expected a summary")
            failures += 1
        words = record.description.split("```")[0].replace("Example:", "").split()
        if len(words) < 4:
            print(f"error: {title}: expected a description before the example, but got: {' '.join(words) or 'nothing'}")
            failures += 1
print(f"{total} descriptions read, {failures} missing")
sys.exit(failures != 0)
