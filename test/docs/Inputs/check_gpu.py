"""Compares the tables of tiles in docs/gpu.md with what attn-explain prints. Usage: PAGE ATTN_EXPLAIN

A row of the tables for Hopper, for Ampere and for f32 begins with the elements of a head; its other cells are made of the report's numbers.
"""

import pathlib
import re
import subprocess
import sys

page, attn_explain = sys.argv[1:]
HOPPER = "| head | rows x keys | threads | registers of a thread: copies, computes | stages of queries | results leave |"
AMPERE = "| head | warps | rows of a warp x keys | blocks of a multiprocessor |"
SINGLE = AMPERE.replace("head", "head of f32")


def explain(head, target, element="bf16"):
    """The lines of the member for many rows."""
    tensor = f"tensor<?x8x?x{head}x{element}>"
    text = f"func.func @f(%q: {tensor}, %k: {tensor}, %v: {tensor}) -> {tensor} {{\n  %o = attn.attention %q, %k, %v : {tensor}, {tensor}, {tensor} -> {tensor}\n  return %o : {tensor}\n}}"
    report = subprocess.run([attn_explain, "-", f"--target={target}"], input=text, check=True, capture_output=True, text=True).stdout
    return re.search(r"\* rows.*\n.*\n.*\n", report).group()


def hopper_row(head):
    report = explain(head, "sm_90a")
    rows, keys, threads = re.search(r"(\d+) rows x (\d+) keys: (\d+) threads", report).groups()
    copies, computes = re.search(r"copies, with (\d+) registers.* with (\d+)\n", report).groups()
    stages = re.search(r"(\d+) of queries", report).group(1)
    return f"| {head} | {rows} x {keys} | {threads} | {copies}, {computes} | {stages} | {'as a tile' if 'as tiles' in report else 'row by row'} |"


def ampere_row(head, element="bf16"):
    report = explain(head, "sm_80", element)
    keys, blocks = re.search(r"x (\d+) keys: .* (\d+) blocks? a multiprocessor", report).groups()
    warps, rows = re.search(r"warps: (\d+) of (\d+) rows", report).groups()
    return f"| {head} | {warps} | {rows} x {keys} | {blocks} |"


def single_row(head):
    return ampere_row(head, "f32")


lines, failures, checked = [line.strip() for line in pathlib.Path(page).read_text(encoding="utf-8").splitlines()], 0, 0
for title, make in ((HOPPER, hopper_row), (AMPERE, ampere_row), (SINGLE, single_row)):
    for line in lines[lines.index(title) + 2 :]:
        head = re.match(r"\| (\d+) \|", line)
        if not head:
            break
        checked += 1
        if line != make(int(head.group(1))):
            print(f"error: expected the row\n  {make(int(head.group(1)))}\nbut got\n  {line}")
            failures += 1
print(f"{checked} rows, {failures} differ")
sys.exit(bool(failures) or checked < 6)
