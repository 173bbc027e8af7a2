#!/usr/bin/env python3
"""Writes the programs of docs/phases.md anew: what each phase makes of the description that the page begins with.

    scripts/update_phases.py [--attn-opt PATH] [--check]

A block follows each marker `<!-- phase: NAME -->`. The block of `spec` is the input; the others are replaced. With --check
nothing is written: the status says whether the page is up to date.
"""

import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/phases.md"
PIPELINES = {"normalize": 1, "tile": 2, "schedule": 3, "target": 4}
FLAGS = ["--attn-normalize", "--attn-tile", "--attn-schedule", "--attn-to-cpu"]
BLOCK = r"(<!-- phase: {} -->\n```[a-z]*\n)(.*?)(```\n)"


def run(attn_opt, program, phase):
    command = [attn_opt, *FLAGS[: PIPELINES[phase]]]
    return subprocess.run(command, input=program, check=True, capture_output=True, text=True).stdout


def outdent(lines):
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "".join(line[indent:].rstrip() + "\n" for line in lines)


def functions(text):
    """Without the module around them."""
    return outdent(text.strip().splitlines()[1:-1])


def members(text, shown):
    """The loop of one member in full, the others by their first line, and nothing of what is computed between them."""
    lines = functions(text).splitlines()
    result = [lines[0], "  ..."]
    inside = False
    for line in lines[1:]:
        if line.startswith("  attn.parallel "):
            inside = f'"{shown}"' in line
            result.append(line if inside else line + " ... }")
        elif line.startswith("  attn.") or " = attn.workspace" in line:
            result.append(line)
        elif inside:
            result.append(line)
            inside = not line.startswith("  }")
    return "\n".join(result + ["}"]) + "\n"


def kernel_excerpt(text):
    """The functions that other programs see, and how the first product of a panel kernel begins."""
    lines = text.splitlines()
    signatures = [line.strip() for line in lines if "llvm.func @" in line and "@attn_" not in line]
    exported = [signature.split(" attributes")[0].rstrip(" {") for signature in signatures]
    kernel = next(number for number, line in enumerate(lines) if re.search(r"llvm\.func @attn_panel_\d+", line))
    first = next(number for number in range(kernel, len(lines)) if re.search(r"llvm\.intr\.fma\(.*vector", lines[number]))
    body = outdent(lines[first - 3 : first + 5])
    title = "// From a panel kernel: a key's element times the lanes of queries, which stay in registers.\n"
    return "\n".join(exported) + "\n\n" + title + body


SHOWN = {
    "normalize": functions,
    "tile": lambda text: members(text, "rows"),
    "schedule": lambda text: members(text, "rows"),
    "target": kernel_excerpt,
}


def update(page, attn_opt):
    program = re.search(BLOCK.format("spec"), page, flags=re.DOTALL).group(2)
    for phase, show in SHOWN.items():
        text = show(run(attn_opt, program, phase))
        page, count = re.subn(BLOCK.format(phase), lambda match: match.group(1) + text + match.group(3), page, flags=re.DOTALL)
        if count != 1:
            sys.exit(f"error: expected one block after <!-- phase: {phase} -->, but got {count}")
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attn-opt", default=str(ROOT / "build/bin/attn-opt"))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    old = PAGE.read_text(encoding="utf-8")
    new = update(old, arguments.attn_opt)
    if arguments.check and old != new:
        sys.exit("error: docs/phases.md no longer shows what the compiler does; run scripts/update_phases.py, look at the difference")
    if not arguments.check:
        PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
