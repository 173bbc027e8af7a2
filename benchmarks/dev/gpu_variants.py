#!/usr/bin/env python3
"""Times several builds of the same GPU cases side by side, with cuDNN, on a machine with a GPU.

    benchmarks/dev/gpu_variants.py FOLDER CASE:LENGTH,... [--peers cudnn,flash]

FOLDER holds one folder of bundles for each build. Every build is checked on one size before it is timed. Burst rates in TFLOP/s and the ratio to
the first peer, medians of 7 rounds in turns.
"""

import argparse
import pathlib
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
sys.path.insert(0, str(ROOT / "benchmarks"))

import torch  # noqa: E402

import gpu_cases  # noqa: E402
import gpu_check  # noqa: E402
import gpu_compare  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("cells")
    parser.add_argument("--peers", default="cudnn")
    arguments = parser.parse_args()
    torch.zeros(1, device="cuda")
    driver = gpu_check.Driver()
    cases = {case.name: case for case in gpu_cases.cases()}
    builds = sorted(path for path in pathlib.Path(arguments.folder).iterdir() if path.is_dir())
    for cell in arguments.cells.split(","):
        name, length = cell.split(":")
        case, length = cases[name], int(length)
        last_target = lambda folder: gpu_check.manifest_of(folder)["targets"][-1]["target"]
        folders = {path.name: path / name for path in builds if (path / name).exists()}
        bundles = {build: gpu_check.Bundle(driver, folder, last_target(folder)) for build, folder in folders.items()}
        wrong = [build for build, bundle in bundles.items() if not gpu_check.check(bundle, case, (1, 777, 777), "dense", gpu_check.wait)[0]]
        problem = case.problem._replace(batch=max(1, 16384 // length), queries=length, keys=length)
        shapes = [(problem.batch, heads, length, dim) for heads, dim in ((problem.query_heads, problem.dim), (problem.heads, problem.dim), (problem.heads, problem.value_width()))]
        generator = torch.Generator("cuda").manual_seed(1)
        q, k, v = (gpu_compare.make(shape, "dense", problem.dtype, generator) for shape in shapes)
        extra = [problem.slopes().cuda()] if problem.needs_slopes() else []
        calls = {build: bundle.prepare([q, k, v, *extra, q.new_empty((*q.shape[:3], problem.value_width()))]) for build, bundle in bundles.items()}
        calls |= {peer: gpu_check.peer(peer, problem, q, k, v) for peer in arguments.peers.split(",") if peer}
        hints = {}
        for build, call in calls.items():
            call()
            gpu_check.wait(f"{cell} {build}")
            hints[build] = gpu_check.once(call, 1.0, False)
        times = {build: [] for build in calls}
        order = list(calls)
        for turn in range(7):
            for build in order[turn % len(order) :] + order[: turn % len(order)]:
                times[build].append(gpu_check.once(calls[build], hints[build], True))
        rates = {build: problem.flops() / statistics.median(taken) / 1e12 for build, taken in times.items()}
        base = rates.get(arguments.peers.split(",")[0])
        print(cell, "; ".join(f"{build}{' WRONG' if build in wrong else ''} {rate:.0f}" + (f" {rate / base:.3f}" if base else "") for build, rate in rates.items()),
              flush=True)


if __name__ == "__main__":
    main()
