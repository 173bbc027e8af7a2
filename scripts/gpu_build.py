#!/usr/bin/env python3
"""Builds the GPU bundles that scripts/gpu_check.py checks and times on a machine with a GPU.

    scripts/gpu_build.py [--target sm_80] [--output build/gpu-bundles] [--attn-compile build/bin/attn-compile]

Needs ptxas (on the PATH or named by ATTN_PTXAS). Each case of benchmarks/gpu_cases.py becomes a folder of its own.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))


def build(name, description, arguments):
    folder = pathlib.Path(arguments.output) / name
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "attention.mlir"
    text.write_text(description, encoding="utf-8")
    command = [arguments.attn_compile, str(text), f"--target={arguments.target}", "-o", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True)
    return name, run.returncode, run.stderr.strip()


def describe_commit():
    """What the bundles are made of, for the table: the commit, and whether files differ from it."""
    run = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"], capture_output=True, text=True)
    return run.stdout.strip() or "unknown"


def list_changes(folder, names):
    """Cases and targets whose PTX differs from that in the last table of benchmarks/results: these must run on a GPU again."""
    tables = sorted((ROOT / "benchmarks" / "results").glob("gpu-*.md"))
    text = "\n".join(table.read_text(encoding="utf-8") for table in tables)
    known = {(name, target): ptx for name, target, ptx in re.findall(r"^\| (\w+) \| (\w+) \| ([0-9a-f]{12}) \|", text, re.M)}
    changed = []
    for name in names:
        targets = json.loads(next((pathlib.Path(folder) / name).glob("*.json")).read_text())["targets"]
        changed += [f"{name} for {target['target']}" for target in targets if target["ptx_hash"][:12] != known.get((name, target["target"]))]
    return changed


def main():
    import decode_cases
    import gpu_cases

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="sm_80", help="targets, separated by commas")
    parser.add_argument("--output", default=str(ROOT / "build" / "gpu-bundles"))
    parser.add_argument("--attn-compile", default=str(ROOT / "build" / "bin" / "attn-compile"))
    arguments = parser.parse_args()
    descriptions = [(case.name, case.description()) for case in gpu_cases.cases() + decode_cases.cases()] + [(name, gpu_cases.ring_description(name)) for name in gpu_cases.RINGS]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, status, message in pool.map(lambda one: build(*one, arguments), descriptions):
            failures += status != 0
            if status or "warning:" in message:
                print(f"{name}: {message}", file=sys.stderr)
    print(f"{len(descriptions) - failures} built, {failures} failed")
    (pathlib.Path(arguments.output) / "commit").write_text(describe_commit() + "\n", encoding="utf-8")
    if not failures:
        print("changed since they last ran on a GPU:", ", ".join(list_changes(arguments.output, [name for name, _ in descriptions])) or "none")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
