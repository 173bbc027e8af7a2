#!/usr/bin/env python3
"""The CPU benchmark: our kernels beside PyTorch's attention, in one process, pinned, under a guard against disturbed timings.

    PYTHONPATH=build/python .venv/bin/python benchmarks/cpu.py [--threads 1,2] [--rows full,causal,...] [--quick]

Prints the table with its bars and verdicts and writes it, with machine, versions, commit and command, to benchmarks/results/
(--output NAME chooses another stem). Each number of threads runs in a process of its own, pinned to as many cores.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import machine

FOLDER = pathlib.Path(__file__).parent


@dataclasses.dataclass
class Options:
    threads: list
    rows: list
    rounds: int
    quick: bool
    peers_only: bool
    compile_time: bool
    memory: bool
    attn_run: str
    output: str


def parse_arguments():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default=f"1,{min(2, cores)}", help="numbers of threads, separated by commas")
    parser.add_argument("--rows", default="", help="rows to measure, separated by commas; all by default")
    parser.add_argument("--rounds", type=int, default=0, help="timings of each candidate (7; 3 with --quick)")
    parser.add_argument("--quick", action="store_true", help="fewer sizes and rounds")
    parser.add_argument("--peers-only", action="store_true", help="measure PyTorch alone")
    parser.add_argument("--no-compile-time", action="store_true", help="leave out the compile times")
    parser.add_argument("--no-memory", action="store_true", help="leave out the memory measurement")
    parser.add_argument("--attn-run", default=str(FOLDER.parent / "build" / "bin" / "attn-run"), help="for the memory measurement")
    parser.add_argument("--output", default="", help="stem of the result files")
    parser.add_argument("--worker", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    threads = sorted({int(number) for number in given.threads.split(",")})
    if threads[0] < 1 or threads[-1] > cores:
        parser.error(f"expected 1 to {cores} threads, but got {given.threads}")
    options = Options(
        threads=threads,
        rows=[key for key in given.rows.split(",") if key],
        rounds=given.rounds or (3 if given.quick else 7),
        quick=given.quick,
        peers_only=given.peers_only,
        compile_time=not (given.no_compile_time or given.peers_only or given.rows),
        memory=not (given.no_memory or given.peers_only or given.rows),
        attn_run=given.attn_run,
        output=given.output,
    )
    return options, given.worker


def work(options, threads):
    """Measures all cells with this many threads, in this process; prints a line of JSON for each and returns all as a dictionary."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    os.sched_setaffinity(0, set(cores))  # before any thread starts
    import torch

    import cells
    import measure

    torch.set_num_threads(threads)
    if not options.peers_only:
        import attn

        attn.set_num_threads(threads)
    guard = machine.Guard(cores)
    peaks = guard.measure()
    table = cells.rows(machine.identity()["vendor"], peaks.bf16_gflops > 0)
    unknown = set(options.rows) - {row.key for row in table}
    if unknown:
        sys.exit(f"error: expected rows among {', '.join(row.key for row in table)}, but got {', '.join(sorted(unknown))}")
    measured = {}
    for row in table:
        for cell in row.cells:
            if (options.rows and row.key not in options.rows) or (options.quick and not cell.quick):
                continue
            names = ([] if options.peers_only else ["attn"]) + list(cell.ratios)
            results = measure.measure(cell.problem, names, guard, options.rounds, beside_reads=cell.roof == cells.READ)
            measured[cell.name] = {
                "flops": cell.problem.flops(),
                "bytes": cell.problem.key_bytes(),
                "candidates": {name: result._asdict() for name, result in results.items()},
            }
            rates = ", ".join(
                f"{name} {result.reason if hasattr(result, 'reason') else f'{cell.problem.flops() / result.median / 1e9:.1f}'}"
                for name, result in results.items()
            )
            print(f"{threads} thread(s), {cell.name}: GFLOP/s: {rates}", file=sys.stderr, flush=True)
    return {"peaks": peaks._asdict(), "quiet_probe_gflops": guard.quiet, "torch": torch.__version__, "cells": measured}


def spawn(threads):
    """Runs work() in a fresh process; returns its dictionary."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        command = [sys.executable, __file__, *sys.argv[1:], "--worker", str(threads)]
        status = subprocess.run(command, env={**os.environ, "ATTN_BENCHMARK_JSON": file.name}).returncode
        if status:
            sys.exit(status)
        return json.load(file)


def main():
    options, worker = parse_arguments()
    if worker:
        with open(os.environ["ATTN_BENCHMARK_JSON"], "w", encoding="utf-8") as file:
            json.dump(work(options, worker), file)
        return 0

    import compile_time
    import memory
    import report

    run = {
        "machine": machine.identity(),
        "commit": machine.commit(),
        "command": " ".join(["benchmarks/cpu.py", *sys.argv[1:]]),
        "threads": {str(threads): spawn(threads) for threads in options.threads},
    }
    if options.compile_time:
        run["compile_time"] = compile_time.measure(options.rounds)
    if options.memory:
        run["memory"] = memory.measure(options.attn_run)
    text = report.markdown(run)
    print(text)
    stem = FOLDER / "results" / (options.output or report.stem(run))
    stem.parent.mkdir(exist_ok=True)
    stem.with_suffix(".json").write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
