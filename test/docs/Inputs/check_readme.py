"""Runs what README.md shows: its first description, with the commands of the console block, must print the lines shown.

Usage: README TOOLS_DIR SCRATCH_DIR

Lines of `...` stand for what is left out. Errors depend on the machine and are shown as they were on one: for attn-run,
numbers count as equal.
"""

import pathlib
import re
import shlex
import subprocess
import sys

readme, tools, scratch = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
text = readme.read_text(encoding="utf-8")
description = re.search(r"^```mlir\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL).group(1)
console = re.search(r"^```console\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL).group(1)
scratch.mkdir(parents=True, exist_ok=True)
(scratch / "streaming.mlir").write_text(description, encoding="utf-8")

shown = 0
for session in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
    command, *expected = session.splitlines()
    program, *arguments = shlex.split(command)
    done = subprocess.run([tools / program, *arguments], cwd=scratch, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: '{command}' failed:\n{done.stderr}")
    normal = (lambda line: re.sub(r"[0-9][-+.e0-9]*", "N", line)) if program == "attn-run" else (lambda line: line)
    printed = iter(normal(line.strip()) for line in done.stdout.splitlines())
    for line in expected:
        if line.strip() in ("", "..."):
            continue
        shown += 1
        if normal(line.strip()) not in printed:
            sys.exit(f"error: '{command}' does not print (in this order)\n  {line}\nbut\n{done.stdout}")
if shown < 3:
    sys.exit(f"error: expected at least three lines of output in {readme.name}, but got {shown}")
