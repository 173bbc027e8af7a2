#!/usr/bin/env python3
"""Checks GPU bundles against PyTorch in float64 and times them beside PyTorch's own kernels, on a machine with a GPU. No LLVM needed.

    scripts/gpu_check.py [--bundles build/gpu-bundles] [--output FILE.md] [--only NAME,...] [--no-timing]

The bundles are those of scripts/gpu_build.py. Every launch has a time limit; one that does not come back ends the run as a failure.
Rates are TFLOP/s on visible pairs; "burst" timings have 0.1 s of rest before them, "sustained" ones none. Peers run in the same process, in
turns.
"""

import argparse
import ctypes
import datetime
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import torch  # noqa: E402

import gpu_cases  # noqa: E402

LAUNCH_LIMIT = 20.0  # seconds
MAX_RANK, MAX_STAGES = 4, 32  # runtime/attn_abi.h
SHARED_ATTRIBUTE = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
LSE_LIMIT = 2e-3
FLOOR = {torch.bfloat16: 2e-4, torch.float16: 1e-4}


class Plan(ctypes.Structure):
    _fields_ = [("scratch", ctypes.c_int64), ("workspace", ctypes.c_int64), ("tasks", ctypes.c_int64 * MAX_STAGES)]


class Driver:
    """The few functions of the CUDA driver that a launch needs."""

    def __init__(self):
        self.library = ctypes.CDLL("libcuda.so.1")

    def __call__(self, name, *arguments):
        status = getattr(self.library, name)(*arguments)
        if status:
            text = ctypes.c_char_p()
            self.library.cuGetErrorString(status, ctypes.byref(text))
            raise RuntimeError(f"{name}: {text.value.decode() if text.value else status}")


class Bundle:
    """A loaded bundle; calling it runs the kernels on PyTorch's current stream."""

    def __init__(self, driver, folder):
        self.driver = driver
        manifest = json.loads(next(folder.glob("*.json")).read_text())
        self.name = manifest["name"]
        target = manifest["targets"][0]
        self.target, self.hash, self.stages = target["target"], target["ptx_hash"], target["stages"]
        self.argument_bytes = target["argument_bytes"]
        self.plan_function = getattr(ctypes.CDLL(str((folder / manifest["files"]["so"]).resolve())), f"{self.name}_plan")
        self.module, self.functions = ctypes.c_void_p(), []
        # The driver compiles the PTX for the device that is there: a cubin for another one does not load.
        image = (folder / target["ptx"]).read_bytes() + b"\0"
        start = time.perf_counter()
        driver("cuModuleLoadData", ctypes.byref(self.module), image)
        self.load_seconds = time.perf_counter() - start
        for stage in self.stages:
            function = ctypes.c_void_p()
            driver("cuModuleGetFunction", ctypes.byref(function), self.module, stage["symbol"].encode())
            driver("cuFuncSetAttribute", function, SHARED_ATTRIBUTE, stage["shared_bytes"])
            self.functions.append(function)

    def block(self, tensors):
        words = []
        for tensor in tensors:
            if isinstance(tensor, int):
                words.append(tensor)
                continue
            pad = [0] * (MAX_RANK - tensor.dim())
            words += [tensor.data_ptr(), *tensor.shape, *pad, *tensor.stride(), *pad]
        block = (ctypes.c_int64 * len(words))(*words)
        assert ctypes.sizeof(block) == self.argument_bytes, (ctypes.sizeof(block), self.argument_bytes)
        return block

    def prepare(self, tensors):
        """A function that launches on these tensors."""
        block, plan = self.block(tensors), Plan()
        self.plan_function(ctypes.byref(block), ctypes.byref(plan))
        workspace = torch.empty(max(1, plan.workspace), dtype=torch.uint8, device="cuda")
        pointer = ctypes.c_uint64(workspace.data_ptr())
        # The most demanding kernel of each stage that the operands allow.
        places = [place for t in tensors if not isinstance(t, int) and t.dim() > 1 for place in (t.data_ptr(), *(stride * t.element_size() for stride in t.stride()[:-1]))]
        allowed = [pair for pair in zip(self.stages, self.functions) if all(place % pair[0]["alignment"] == 0 for place in places[:])]
        best = {}
        for stage, function in allowed:
            if stage["number"] not in best or best[stage["number"]][0]["alignment"] < stage["alignment"]:
                best[stage["number"]] = (stage, function)
        chosen = [best[number] for number in sorted(best)]
        parameters = (ctypes.c_void_p * 2)(ctypes.addressof(block), ctypes.addressof(pointer))

        def launch(_kept=(block, workspace, pointer, tensors)):
            stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
            for stage, function in chosen:
                if tasks := plan.tasks[stage["number"]]:
                    self.driver(
                        "cuLaunchKernel", function, ctypes.c_uint(tasks), 1, 1, stage["threads"], 1, 1, stage["shared_bytes"], stream, parameters, None
                    )

        return launch


def wait(what):
    """Waits for the device, but not for ever."""
    event = torch.cuda.Event()
    event.record()
    end = time.monotonic() + LAUNCH_LIMIT
    while not event.query():
        if time.monotonic() > end:
            print(f"FAILED {what}: no result after {LAUNCH_LIMIT:.0f} s", flush=True)
            os._exit(2)
        time.sleep(0.0005)


# ---------------------------------------------------------------------------------------------------------------------------------
# Right
# ---------------------------------------------------------------------------------------------------------------------------------


def reference(problem, q, k, v, plain):
    """Output and lse. float64, or the plain algorithm of the element type: products in f32, softmax in f32, weights rounded, output rounded once."""
    dtype = torch.float32 if plain else torch.float64
    group = problem.query_heads // problem.heads
    tq, tk = q.shape[2], k.shape[2]
    i = (torch.arange(tq, device="cuda") + tk - tq)[:, None]
    j = torch.arange(tk, device="cuda")[None, :]
    visible = problem.mask.visible(i, j) if problem.mask.visible else torch.ones(tq, tk, dtype=torch.bool, device="cuda")
    output = torch.empty(q.shape[0], problem.query_heads, tq, v.shape[3], dtype=dtype, device="cuda")
    lse = torch.empty(output.shape[:3], dtype=dtype, device="cuda")
    slopes = problem.slopes().to("cuda", dtype)
    for head in range(problem.query_heads):
        key, value = k[:, head // group].to(dtype), v[:, head // group].to(dtype)
        scores = q[:, head].to(dtype) @ key.transpose(1, 2) * problem.dim**-0.5
        if problem.score:
            scores = problem.score.apply(scores, head, i, j, slopes)
        scores = scores.masked_fill(~visible, -math.inf)
        weights = torch.softmax(scores, dim=-1).masked_fill(~visible.any(-1, keepdim=True), 0.0)
        output[:, head] = (weights.to(problem.dtype).to(dtype) if plain else weights) @ value
        lse[:, head] = torch.logsumexp(scores, dim=-1)
    return output.to(problem.dtype) if plain else output, lse


def make(shape, layout, dtype, generator):
    """Random normal numbers as a view [batch, head, length, dim]."""
    batch, heads, length, dim = shape
    draw = lambda *sizes: torch.randn(*sizes, generator=generator, device="cuda").to(dtype)
    if layout == "by token":
        return draw(batch, length, heads, dim).transpose(1, 2)
    if layout == "misaligned":
        return draw(batch, heads, length, dim + 3)[..., 1 : dim + 1]
    return draw(batch, heads, length, dim)


def check(bundle, case, size, layout):
    batch, queries, keys = size
    problem = case.problem
    generator = torch.Generator("cuda").manual_seed(queries * 1000 + keys)
    q = make((batch, problem.query_heads, queries, problem.dim), layout, problem.dtype, generator)
    q.mul_(case.query_scale)
    k = make((batch, problem.heads, keys, problem.dim), layout, problem.dtype, generator)
    v = make((batch, problem.heads, keys, problem.dim), layout, problem.dtype, generator)
    # A margin that must stay as it is lies around the output.
    whole = torch.full((batch, problem.query_heads, queries + 2, problem.dim + 4), 7.0, dtype=problem.dtype, device="cuda")
    shift = 1 if layout == "misaligned" else 2
    o = whole[:, :, 1 : queries + 1, shift : shift + problem.dim]
    lse = torch.full((batch, problem.query_heads, queries + 3), math.nan, device="cuda")[..., 1 : queries + 1]
    arguments = [q, k, v] + ([problem.slopes().cuda()] if problem.needs_slopes() else []) + [o] + ([lse] if case.lse else [])
    what = f"{case.name} {size} {layout}"
    bundle.prepare(arguments)()
    wait(what)
    (exact, exact_lse), (plain, _) = reference(problem, q, k, v, False), reference(problem, q, k, v, True)
    floor = FLOOR[problem.dtype]
    norm = float(exact.norm()) or 1.0
    error, usual = float((o.double() - exact).norm()) / norm, float((plain.double() - exact).norm()) / norm
    largest, usual_largest = float((o.double() - exact).abs().max()), float((plain.double() - exact).abs().max())
    margin = whole.clone()
    margin[:, :, 1 : queries + 1, shift : shift + problem.dim] = 7.0
    ok = error <= 1.5 * usual + floor and largest <= 2 * usual_largest + 10 * floor * float(exact.abs().max()) and bool((margin == 7.0).all())
    if case.lse:
        seen = exact_lse > -math.inf
        lse_error = float((lse.double() - exact_lse)[seen].abs().max()) if bool(seen.any()) else 0.0
        lse_ok = lse_error <= LSE_LIMIT and bool((lse[~seen] == -math.inf).all())
        if not lse_ok:
            print(f"FAILED {what}: lse differs by {lse_error:.2e}, or rows that see nothing have another one than -inf", flush=True)
        ok = ok and lse_ok
    if not ok:
        print(f"FAILED {what}: relative error {error:.2e} (plain {usual:.2e}), largest {largest:.2e} (plain {usual_largest:.2e}), "
              f"margin {'kept' if bool((margin == 7.0).all()) else 'WRITTEN'}", flush=True)
    return ok, error, usual


def check_ring(bundle, size):
    """Queries that follow the keys of a first rank meet these and their own, and the results are merged: causal attention over both."""
    batch, queries, earlier = size
    generator = torch.Generator("cuda").manual_seed(queries + earlier)
    draw = lambda length: torch.randn(batch, 8, length, 64, generator=generator, device="cuda").to(torch.bfloat16)
    q, k1, v1, k2, v2 = draw(queries), draw(earlier), draw(earlier), draw(queries), draw(queries)
    o, lse = torch.empty_like(q), torch.empty(batch, 8, queries, device="cuda")
    bundle.prepare([q, k1, v1, k2, v2, earlier, o, lse])()
    wait(f"ring {size}")
    i = (torch.arange(queries, device="cuda") + earlier)[:, None]
    visible = torch.arange(queries + earlier, device="cuda")[None, :] <= i
    scores = (q.double() @ torch.cat((k1, k2), 2).double().transpose(2, 3) / 8).masked_fill(~visible, -math.inf)
    exact = torch.softmax(scores, -1) @ torch.cat((v1, v2), 2).double()
    error = float((o.double() - exact).norm() / exact.norm())
    lse_error = float((lse.double() - torch.logsumexp(scores, -1)).abs().max())
    # Each part is rounded, and the merge once more.
    ok = error <= 5e-3 and lse_error <= LSE_LIMIT
    print(f"ring {size}: {'ok' if ok else 'FAILED'}, error {error:.2e}, lse {lse_error:.2e}", flush=True)
    return ok


# ---------------------------------------------------------------------------------------------------------------------------------
# Fast
# ---------------------------------------------------------------------------------------------------------------------------------


def peer(name, q, k, v):
    backend = torch.nn.attention.SDPBackend.FLASH_ATTENTION if name.startswith("flash") else torch.nn.attention.SDPBackend.CUDNN_ATTENTION

    def call():
        with torch.nn.attention.sdpa_kernel(backend):
            return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=name.endswith("causal"), enable_gqa=q.shape[1] != k.shape[1])

    return call


def once(function, seconds_hint, rest):
    if rest:
        torch.cuda.synchronize()
        time.sleep(0.1)
    repeats = max(1, int(0.02 / seconds_hint))
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(repeats):
        function()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) * 1e-3 / repeats


def measure(bundle, case, length, rounds=7):
    batch = max(1, 16384 // length)
    problem = case.problem._replace(batch=batch, queries=length, keys=length)
    sets = []
    for seed in (1, 2):
        generator = torch.Generator("cuda").manual_seed(seed)
        q = make((batch, problem.query_heads, length, problem.dim), "dense", problem.dtype, generator)
        k = make((batch, problem.heads, length, problem.dim), "dense", problem.dtype, generator)
        v = make((batch, problem.heads, length, problem.dim), "dense", problem.dtype, generator)
        o = torch.empty_like(q)
        arguments = [q, k, v] + ([problem.slopes().cuda()] if problem.needs_slopes() else []) + [o]
        sets.append({"attn": bundle.prepare(arguments), **{name: peer(name, q, k, v) for name in case.peers}})
    hints, times = {}, {}
    for name in sets[0]:
        sets[0][name]()
        wait(f"{case.name} {length} {name}")
        hints[name] = once(sets[0][name], 1.0, False)
        times[name] = {True: [], False: []}
    order = list(sets[0])
    for round_number in range(rounds):
        for rest in (True, False):
            for name in order[round_number % len(order) :] + order[: round_number % len(order)]:
                times[name][rest].append(once(sets[round_number % 2][name], hints[name], rest))
    flops = problem.flops()
    return {name: tuple(flops / statistics.median(taken[rest]) / 1e12 for rest in (True, False)) for name, taken in times.items()}


# ---------------------------------------------------------------------------------------------------------------------------------
# Report
# ---------------------------------------------------------------------------------------------------------------------------------


def commit():
    given = os.environ.get("ATTN_COMMIT")
    run = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    return given or run.stdout.strip() or "unknown"


def driver_version():
    run = subprocess.run(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"], capture_output=True, text=True)
    return run.stdout.split("\n")[0].strip() or "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundles", default=str(ROOT / "build" / "gpu-bundles"))
    parser.add_argument("--output", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--no-timing", action="store_true")
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.zeros(1, device="cuda")
    driver, wanted = Driver(), set(arguments.only.split(",")) - {""}
    lines = [
        "# GPU kernels",
        "",
        f"{datetime.date.today()}; {torch.cuda.get_device_name()}, driver {driver_version()}; PyTorch {torch.__version__}; commit {commit()};"
        " `scripts/gpu_check.py`.",
        "Rates: TFLOP/s on visible pairs, burst / sustained. Error: the largest relative error over all sizes and layouts, beside the plain algorithm's.",
        "",
        "| case | target | PTX | error / plain | length | attn | peers (burst / sustained, ratio in burst) |",
        "|---|---|---|---|---|---|---|",
    ]
    passed = failed = 0
    for case in gpu_cases.cases():
        if wanted and case.name not in wanted:
            continue
        try:
            bundle = Bundle(driver, pathlib.Path(arguments.bundles) / case.name)
        except Exception as exception:
            print(f"FAILED {case.name}: {exception}", flush=True)
            failed += 1
            continue
        worst = (0.0, 0.0)
        right = True
        for number, size in enumerate(gpu_cases.SIZES):
            ok, error, usual = check(bundle, case, size, ("dense", "by token", "misaligned")[number % 3])
            passed, failed, right = passed + ok, failed + (not ok), right and ok
            worst = max(worst, (error, usual))
        print(f"{case.name}: {'ok' if right else 'WRONG'}, error {worst[0]:.2e} (plain {worst[1]:.2e})", flush=True)
        head = f"| {case.name} | {bundle.target} | {bundle.hash[:12]} | {worst[0]:.1e} / {worst[1]:.1e} |"
        if arguments.no_timing or not right or not case.lengths:
            lines.append(f"{head} - | {'-' if right else 'wrong'} | - |")
            continue
        for length in case.lengths:
            rates = measure(bundle, case, length)
            ours = rates.pop("attn")
            peers = "; ".join(f"{name} {burst:.0f} / {sustained:.0f}, {ours[0] / burst:.2f}x" for name, (burst, sustained) in rates.items()) or "-"
            lines.append(f"{head} {length} | {ours[0]:.0f} / {ours[1]:.0f} | {peers} |")
            print(f"  {length}: {ours[0]:.0f} / {ours[1]:.0f}; {peers}", flush=True)
    if not wanted or "ring" in wanted:
        bundle = Bundle(driver, pathlib.Path(arguments.bundles) / "ring")
        right = [check_ring(bundle, size) for size in ((1, 1, 1), (2, 33, 17), (1, 300, 129), (1, 1000, 777))]
        passed, failed = passed + sum(right), failed + len(right) - sum(right)
        lines.append(f"| ring | {bundle.target} | {bundle.hash[:12]} | {'right' if all(right) else 'wrong'} | - | - | - |")
    text = "\n".join(lines) + "\n"
    if arguments.output:
        pathlib.Path(arguments.output).write_text(text, encoding="utf-8")
    print(text)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
