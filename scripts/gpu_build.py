#!/usr/bin/env python3
"""Builds the GPU bundles that scripts/gpu_check.py checks and times on a machine with a GPU.

    scripts/gpu_build.py [--target sm_80] [--output build/gpu-bundles] [--attn-compile build/bin/attn-compile]

Needs ptxas (on the PATH or named by ATTN_PTXAS). Each case of benchmarks/gpu_cases.py becomes a folder of its own.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))


def build(case, arguments):
    folder = pathlib.Path(arguments.output) / case.name
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "attention.mlir"
    text.write_text(case.description(), encoding="utf-8")
    command = [arguments.attn_compile, str(text), f"--target={arguments.target}", "-o", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True)
    return case.name, run.returncode, run.stderr.strip()


def main():
    import gpu_cases

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="sm_80", help="targets, separated by commas")
    parser.add_argument("--output", default=str(ROOT / "build" / "gpu-bundles"))
    parser.add_argument("--attn-compile", default=str(ROOT / "build" / "bin" / "attn-compile"))
    arguments = parser.parse_args()
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, status, message in pool.map(lambda case: build(case, arguments), gpu_cases.cases()):
            failures += status != 0
            if status:
                print(f"{name}: {message}", file=sys.stderr)
    print(f"{len(gpu_cases.cases()) - failures} built, {failures} failed")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
