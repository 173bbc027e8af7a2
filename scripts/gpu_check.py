#!/usr/bin/env python3
"""Checks GPU bundles against PyTorch in float64 and times them beside PyTorch's own kernels, on a machine with a GPU. No LLVM needed.

    scripts/gpu_check.py [--bundles build/gpu-bundles] [--output FILE.md] [--only NAME,...] [--jobs 8] [--no-timing]

The bundles are those of scripts/gpu_build.py. Every launch has a time limit; one that does not come back ends the run as a failure.
Rates are TFLOP/s on visible pairs; "burst" timings have 0.1 s of rest before them, "sustained" ones none. Peers run in the same process, in
turns.
"""

import argparse
import ctypes
import datetime
import importlib
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
sys.path.insert(0, str(ROOT / "scripts"))

import torch  # noqa: E402

import gpu_cases  # noqa: E402
import gpu_compare  # noqa: E402
import gpu_decode  # noqa: E402

LAUNCH_LIMIT = 20.0  # seconds
MAX_RANK, MAX_STAGES = 4, 32  # runtime/attn_abi.h
SHARED_ATTRIBUTE = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES


class Plan(ctypes.Structure):
    _fields_ = [("scratch", ctypes.c_int64), ("workspace", ctypes.c_int64), ("tasks", ctypes.c_int64 * MAX_STAGES)]


class LaunchAttribute(ctypes.Structure):
    """CUlaunchAttribute, of which the value takes 64 bytes."""

    _fields_ = [("id", ctypes.c_int32), ("padding", ctypes.c_int32), ("number", ctypes.c_int32), ("rest", ctypes.c_byte * 60)]


class LaunchConfig(ctypes.Structure):
    """CUlaunchConfig."""

    _fields_ = [*((name, ctypes.c_uint32) for name in ("gx", "gy", "gz", "bx", "by", "bz", "shared_bytes")), ("stream", ctypes.c_void_p),
                ("attributes", ctypes.POINTER(LaunchAttribute)), ("num_attributes", ctypes.c_uint32)]


PROGRAMMATIC = 6  # CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION


class Target(ctypes.Structure):
    """attn_gpu_target of runtime/attn_gpu_abi.h."""

    _fields_ = [("name", ctypes.c_char_p), ("capability", ctypes.c_int32), ("exact", ctypes.c_int32), ("ptx", ctypes.c_void_p), ("ptx_bytes", ctypes.c_int64),
                ("cubin", ctypes.c_void_p), ("cubin_bytes", ctypes.c_int64), ("plan", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Plan))),
                ("num_kernels", ctypes.c_int32), ("num_stages", ctypes.c_int32), ("kernels", ctypes.c_void_p)]


class FamilyTail(ctypes.Structure):
    """What follows the attn_kernel in an attn_gpu_family."""

    _fields_ = [("abi_version", ctypes.c_int32), ("num_targets", ctypes.c_int32), ("argument_bytes", ctypes.c_int64), ("targets", ctypes.POINTER(Target))]


KERNEL_BYTES = 80  # sizeof(attn_kernel) in runtime/attn_abi.h
GPU_ABI_VERSION = 1  # ATTN_GPU_ABI_VERSION


def plan_of(library, name, target):
    """The function of a bundle's library that plans the launches of a target. Each target has its own: their tiles differ."""
    family = FamilyTail.from_address(ctypes.addressof(ctypes.c_char.in_dll(library, f"{name}_gpu")) + KERNEL_BYTES)
    if family.abi_version != GPU_ABI_VERSION:
        raise RuntimeError(f"{name}: expected version {GPU_ABI_VERSION} of attn_gpu_abi.h, but got {family.abi_version}")
    found = [family.targets[index] for index in range(family.num_targets) if family.targets[index].name.decode() == target]
    if len(found) != 1:
        raise RuntimeError(f"{name}: the library has {len(found)} targets '{target}'")
    return found[0].plan


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


def manifest_of(folder):
    return json.loads(next(folder.glob("*.json")).read_text())


def encode_map(driver, tensor, which):
    """The tensor map of a kernel for an argument, or None where there cannot be one. See runtime/attn_gpu_abi.h."""
    batch, heads, length, dim = tensor.shape
    size = tensor.element_size()
    batch_stride, head_stride, row_stride = (stride * size for stride in tensor.stride()[:3])
    group, step, phase, rows = which["group"], which["step"], which["phase"], which["box_rows"]
    address, box = tensor.data_ptr(), [which["box_columns"], rows, 1, 1]
    if group > 1:
        dims, strides, box = [dim, group, length, heads // group, batch], [head_stride, row_stride, group * head_stride, batch_stride], [box[0], group, rows // group, 1, 1]
    elif phase < 0:
        if length % step:
            return None
        dims, strides, box = [dim, step, length // step, heads, batch], [row_stride, step * row_stride, head_stride, batch_stride], [box[0], 1, rows, 1, 1]
    else:
        dims, strides = [dim, -((phase - length) // step), heads, batch], [step * row_stride, head_stride, batch_stride]
        address += phase * row_stride
    if address % 16 or any(stride % 16 or stride >= 1 << 40 for stride in strides) or any(not 1 <= extent <= 1 << 32 for extent in dims):
        return None
    # A dimension of size 1 is never stepped along, whatever its stride says.
    strides = [stride or 16 for stride in strides]
    rank, array = len(dims), lambda kind, values: (kind * len(values))(*values)
    memory = ctypes.create_string_buffer(128 + 64)
    start = -(-ctypes.addressof(memory) // 64) * 64
    status = driver.library.cuTensorMapEncodeTiled(
        ctypes.c_void_p(start), 9 if tensor.dtype == torch.bfloat16 else 6, ctypes.c_uint32(rank), ctypes.c_void_p(address), array(ctypes.c_uint64, dims),
        array(ctypes.c_uint64, strides), array(ctypes.c_uint32, box), array(ctypes.c_uint32, [1] * rank), 0, 3, 3, 0)
    return None if status else (start, memory)


class Bundle:
    """A loaded bundle; calling it runs the kernels on PyTorch's current stream."""

    def __init__(self, driver, folder, target):
        self.driver = driver
        manifest = manifest_of(folder)
        self.name = manifest["name"]
        target = next(entry for entry in manifest["targets"] if entry["target"] == target)
        self.target, self.hash, self.stages = target["target"], target["ptx_hash"], target["stages"]
        self.argument_bytes = target["argument_bytes"]
        self.library = ctypes.CDLL(str((folder / manifest["files"]["so"]).resolve()))
        self.plan_function = plan_of(self.library, self.name, self.target)
        self.module, self.functions = ctypes.c_void_p(), []
        # A cubin loads on its own architecture only; for others the driver compiles the PTX for the device that is there.
        major, minor = torch.cuda.get_device_capability()
        isExact = target["target"].rstrip("a") == f"sm_{major}{minor}"
        image = (folder / target["cubin" if isExact else "ptx"]).read_bytes() + b"\0"
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
        # Kernels may count in the first bytes of it, which are zero before and after each launch.
        workspace = torch.zeros(max(1, plan.workspace), dtype=torch.uint8, device="cuda")
        pointer = ctypes.c_uint64(workspace.data_ptr())
        # The most demanding kernel of each stage that the operands allow. Statistics are written number by number wherever they lie.
        places = [place for t in tensors if not isinstance(t, int) and t.dim() == 4 for place in (t.data_ptr(), *(stride * t.element_size() for stride in t.stride()[:-1]))]
        allowed = [pair for pair in zip(self.stages, self.functions) if all(place % pair[0]["alignment"] == 0 for place in places[:])]
        best = {}
        for stage, function in allowed:
            if stage["number"] in best and best[stage["number"]][0]["alignment"] >= stage["alignment"]:
                continue
            maps = [encode_map(self.driver, tensors[which["argument"]], which) for which in stage.get("maps", [])]
            if all(maps):
                best[stage["number"]] = (stage, function, maps)
        processors = torch.cuda.get_device_properties("cuda").multi_processor_count
        calls = []
        for number in sorted(best):
            stage, function, maps = best[number]
            tasks = plan.tasks[number]
            count = ctypes.c_int32(tasks)
            blocks = min(tasks, stage["persistent"] * processors) if stage.get("persistent") else tasks
            places = [ctypes.addressof(block), ctypes.addressof(pointer)] + ([ctypes.addressof(count)] if stage.get("persistent") else []) + [start for start, _ in maps]
            if tasks:
                calls.append((stage, function, blocks, (ctypes.c_void_p * len(places))(*places), count, maps))

        def launch(_kept=(block, workspace, pointer, tensors)):
            stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
            for stage, function, blocks, parameters, *_ in calls:
                if stage.get("dependent"):
                    attribute = LaunchAttribute(PROGRAMMATIC, 0, 1)
                    config = LaunchConfig(blocks, 1, 1, stage["threads"], 1, 1, stage["shared_bytes"], stream, ctypes.pointer(attribute), 1)
                    self.driver("cuLaunchKernelEx", ctypes.byref(config), function, parameters, None)
                    continue
                self.driver("cuLaunchKernel", function, ctypes.c_uint(blocks), 1, 1, stage["threads"], 1, 1, stage["shared_bytes"], stream, parameters, None)

        launch.kernels = [stage["symbol"] for stage, *_ in calls]
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
    if plain:
        q, k, v = (problem.round_operand(tensor) for tensor in (q, k, v))
    for head in range(problem.query_heads):
        key, value = k[:, head // group].to(dtype), v[:, head // group].to(dtype)
        scores = q[:, head].to(dtype) @ key.transpose(1, 2) * problem.dim**-0.5
        if problem.score:
            scores = problem.score.apply(scores, head, i, j, slopes)
        scores = scores.masked_fill(~visible, -math.inf)
        weights = torch.softmax(scores, dim=-1).masked_fill(~visible.any(-1, keepdim=True), 0.0)
        output[:, head] = (problem.round_operand(weights).to(dtype) if plain else weights) @ value
        lse[:, head] = torch.logsumexp(scores, dim=-1)
    return output.to(problem.dtype) if plain else output, lse


def check(bundle, case, size, layout, wait):
    batch, queries, keys = size
    problem = case.problem
    generator = torch.Generator("cuda").manual_seed(queries * 1000 + keys)
    q = gpu_compare.make((batch, problem.query_heads, queries, problem.dim), layout, problem.dtype, generator)
    q.mul_(case.query_scale)
    k = gpu_compare.make((batch, problem.heads, keys, problem.dim), layout, problem.dtype, generator)
    v = gpu_compare.make((batch, problem.heads, keys, problem.value_width()), layout, problem.dtype, generator)
    output = gpu_compare.Output((*q.shape[:3], problem.value_width()), layout, problem.dtype, "cuda")
    lse = torch.full((batch, problem.query_heads, queries + 3), math.nan, device="cuda")[..., 1 : queries + 1]
    arguments = [q, k, v] + ([problem.slopes().cuda()] if problem.needs_slopes() else []) + [output.o] + ([lse] if case.lse else [])
    what = f"{case.name} {size} {layout}"
    bundle.prepare(arguments)()
    wait(what)
    (exact, exact_lse), (plain, _) = reference(problem, q, k, v, False), reference(problem, q, k, v, True)
    faults, error, usual = gpu_compare.find_faults(output, lse if case.lse else None, exact, exact_lse, plain, problem.precision)
    if faults:
        print(f"FAILED {what}: {'; '.join(faults)}", flush=True)
    return not faults, error, usual


# Each part is rounded, and the merge once more.
RING_LIMIT = {torch.bfloat16: 5e-3, torch.float32: 2e-6}


def check_ring(bundle, name, size):
    """Queries that follow the keys of a first rank meet these and their own, and the results are merged: causal attention over both."""
    batch, queries, earlier = size
    dtype = gpu_cases.RINGS[name]
    generator = torch.Generator("cuda").manual_seed(queries + earlier)
    draw = lambda length: torch.randn(batch, 8, length, 64, generator=generator, device="cuda").to(dtype)
    q, k1, v1, k2, v2 = draw(queries), draw(earlier), draw(earlier), draw(queries), draw(queries)
    o, lse = torch.empty_like(q), torch.empty(batch, 8, queries, device="cuda")
    bundle.prepare([q, k1, v1, k2, v2, earlier, o, lse])()
    wait(f"{name} {size}")
    i = (torch.arange(queries, device="cuda") + earlier)[:, None]
    visible = torch.arange(queries + earlier, device="cuda")[None, :] <= i
    scores = (q.double() @ torch.cat((k1, k2), 2).double().transpose(2, 3) / 8).masked_fill(~visible, -math.inf)
    exact = torch.softmax(scores, -1) @ torch.cat((v1, v2), 2).double()
    error = float((o.double() - exact).norm() / exact.norm())
    lse_error = float((lse.double() - torch.logsumexp(scores, -1)).abs().max())
    ok = error <= RING_LIMIT[dtype] and lse_error <= gpu_compare.LSE_LIMIT[dtype]
    print(f"{name} {size}: {'ok' if ok else 'FAILED'}, error {error:.2e}, lse {lse_error:.2e}", flush=True)
    return ok


# ---------------------------------------------------------------------------------------------------------------------------------
# Fast
# ---------------------------------------------------------------------------------------------------------------------------------


def sdpa(name, problem, q, k, v):
    backend = getattr(torch.nn.attention.SDPBackend, f"{name.upper()}_ATTENTION")

    def call():
        with torch.nn.attention.sdpa_kernel(backend):
            return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=problem.mask is gpu_cases.CAUSAL, enable_gqa=q.shape[1] != k.shape[1])

    return call


def flex(problem, q, k, v):
    """FlexAttention, compiled for these shapes."""
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    # Each case is a compilation of its own; beyond a limit PyTorch would run them uncompiled and say nothing.
    torch._dynamo.config.recompile_limit = 1000
    torch._dynamo.config.fail_on_recompile_limit_hit = True
    slopes = problem.slopes().cuda()
    mask = problem.mask.visible and create_block_mask(lambda b, h, i, j: problem.mask.visible(i, j), None, None, q.shape[2], k.shape[2], device="cuda")
    score = problem.score and (lambda score, b, h, i, j: problem.score.apply(score, h, i, j, slopes))
    compiled = torch.compile(flex_attention, dynamic=False)
    return lambda: compiled(q, k, v, score_mod=score, block_mask=mask, enable_gqa=q.shape[1] != k.shape[1])


def peer(name, problem, q, k, v):
    if name in ("flash", "cudnn", "efficient"):
        return sdpa(name, problem, q, k, v)
    if name == "flex":
        return flex(problem, q, k, v)
    window = {gpu_cases.WINDOW: 1024, gpu_cases.WINDOW_4096: 4096}.get(problem.mask)
    return getattr(importlib.import_module("gpu_peers"), name)(q, k, v, problem.mask.visible is not None, window)


def peers_of(case, target, others):
    """Names of a case's peers, without those that make no sense for it. `others`: functions of the module gpu_peers, for plain masks in bf16."""
    problem = case.problem
    names = case.peers[:1] if target == "sm_80" else case.peers[1:]
    plain = (gpu_cases.Mask(), gpu_cases.CAUSAL, gpu_cases.WINDOW, gpu_cases.WINDOW_4096)
    isPlain = problem.mask in plain and not problem.score and problem.dtype == torch.bfloat16 and problem.heads == problem.query_heads and not problem.value_dim
    if target != "sm_80" and isPlain and problem.dim in (64, 128, 256):
        names += others
    return [name for name in names if name]


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


def measure(bundle, case, length, others=(), rounds=7):
    batch = max(1, 16384 // length)
    problem = case.problem._replace(batch=batch, queries=length, keys=length)
    sets = []
    for seed in (1, 2):
        generator = torch.Generator("cuda").manual_seed(seed)
        q = gpu_compare.make((batch, problem.query_heads, length, problem.dim), "dense", problem.dtype, generator)
        k = gpu_compare.make((batch, problem.heads, length, problem.dim), "dense", problem.dtype, generator)
        v = gpu_compare.make((batch, problem.heads, length, problem.value_width()), "dense", problem.dtype, generator)
        o = q.new_empty((*q.shape[:3], problem.value_width()))
        arguments = [q, k, v] + ([problem.slopes().cuda()] if problem.needs_slopes() else []) + [o]
        arguments += [torch.empty(q.shape[:3], device="cuda")] if case.lse else []
        sets.append({"attn": bundle.prepare(arguments)})
        for name in peers_of(case, bundle.target, others):
            try:
                call = peer(name, problem, q, k, v)
                call()
                torch.cuda.synchronize()
                sets[-1][name] = call
            except Exception as exception:  # a peer that cannot do a case must not hide the others
                print(f"  {case.name} {length}: no {name}: {str(exception).splitlines()[0]}", flush=True)
    sets = [{name: call for name, call in calls.items() if all(name in other for other in sets)} for calls in sets]
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


def commit(folder):
    """That of which the bundles were built: where they run there may be another one, or none."""
    written = folder / "commit"
    return written.read_text(encoding="utf-8").strip() if written.exists() else "unknown"


def driver_version():
    run = subprocess.run(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"], capture_output=True, text=True)
    return run.stdout.split("\n")[0].strip() or "unknown"


def is_ring(case):
    """Ring attention has a name alone."""
    return isinstance(case, str)


def name_of(case):
    return case if is_ring(case) else case.name


class Checked(NamedTuple):
    """What the checks of one case for one target found: how many sizes are right and wrong; the largest relative error and the plain algorithm's there."""

    passed: int
    failed: int
    hash: str
    error: float
    usual: float


def check_ring_sizes(bundle, name):
    right = [check_ring(bundle, name, size) for size in ((1, 1, 1), (2, 33, 17), (1, 300, 129), (1, 1000, 777))]
    return Checked(sum(right), len(right) - sum(right), bundle.hash, 0.0, 0.0)


def check_case(bundle, case, few):
    sizes, one = (gpu_decode.sizes(), gpu_decode.check) if gpu_decode.is_decode(case) else (gpu_cases.SIZES, check)
    passed, worst = 0, (0.0, 0.0)
    sizes = [size for size in sizes if not few or size[1] * size[2] <= 40000]
    for number, size in enumerate(sizes):
        ok, error, usual = one(bundle, case, size, ("dense", "by token", "misaligned")[number % 3], wait)
        passed, worst = passed + ok, max(worst, (error, usual))
    return Checked(passed, len(sizes) - passed, bundle.hash, *worst)


def check_all(driver, folder, pairs, few=False):
    """{"case target": Checked}. `few`: the smaller sizes alone."""
    found = {}
    for case, target in pairs:
        start = time.monotonic()
        name = name_of(case)
        try:
            bundle = Bundle(driver, folder / name, target)
            result = check_ring_sizes(bundle, name) if is_ring(case) else check_case(bundle, case, few)
        except Exception as exception:
            print(f"FAILED {name} {target}: {exception}", flush=True)
            result = Checked(0, 1, "", math.nan, math.nan)
        found[f"{name} {target}"] = result
        print(f"{name} {target}: {'WRONG' if result.failed else 'ok'}, error {result.error:.2e} (plain {result.usual:.2e}), {time.monotonic() - start:.1f} s", flush=True)
    return found


def check_in_processes(arguments, pairs):
    """check_all, by several processes: the driver compiles PTX on one core, and PyTorch's references keep a GPU waiting."""
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for number in range(arguments.jobs):
            names = [f"{name_of(case)}:{target}" for case, target in pairs[number :: arguments.jobs]]
            results = pathlib.Path(folder) / f"{number}.json"
            command = [sys.executable, __file__, "--bundles", arguments.bundles, "--only", ",".join(names), "--results", results]
            if names:
                running.append((names, results, subprocess.Popen(command)))
        found = {}
        for names, results, process in running:
            process.wait()
            done = json.loads(results.read_text()) if results.exists() else {}
            # A process that ends before its time leaves nothing: none of its cases counts as right.
            found |= {name.replace(":", " "): Checked(*done.get(name.replace(":", " "), (0, 1, "", math.nan, math.nan))) for name in names}
        return found


def sanitize(arguments):
    """Runs some cases under tools of compute-sanitizer; whether all found nothing."""
    good = True
    if not shutil.which("compute-sanitizer"):
        sys.exit("error: expected the program 'compute-sanitizer' on the PATH for --sanitize")
    for tool in arguments.sanitize.split(","):
        command = ["compute-sanitizer", "--tool", tool, "--kernel-regex", "kns=_stage_", "--error-exitcode", "9", sys.executable, __file__]
        names = arguments.only or ",".join(gpu_cases.SANITIZED)
        with tempfile.TemporaryDirectory() as folder:
            results = pathlib.Path(folder) / "results.json"
            options = ["--bundles", arguments.bundles, "--only", names, "--target", arguments.target, "--few", "--results", results]
            run = subprocess.run([*command, *options], capture_output=True, text=True)
            found = json.loads(results.read_text()) if results.exists() else {}
        failed = sum(one[1] for one in found.values())
        isGood = run.returncode == 0 and bool(found) and not failed
        print(f"{tool}: {len(found)} bundles, {'nothing found' if isGood else 'FAILED'}", flush=True)
        if not isGood:
            print("\n".join((run.stdout + run.stderr).splitlines()[-40:]), flush=True)
        good &= isGood
    return good


def warm_flex(arguments, pairs):
    """Compiles in several processes, one for each case."""
    cases = {case.name: case for case, _ in pairs if not is_ring(case) and not gpu_decode.is_decode(case) and "flex" in case.peers}
    if arguments.jobs > 1:
        running = [subprocess.Popen([sys.executable, __file__, "--bundles", arguments.bundles, "--only", name, "--warm-flex"]) for name in cases]
        return max([process.wait() for process in running], default=0)
    for case in cases.values():
        for length in case.lengths:
            problem = case.problem._replace(queries=length, keys=length)
            q, k, v = (torch.zeros(16384 // length, heads, length, problem.dim, dtype=problem.dtype, device="cuda") for heads in (problem.query_heads, problem.heads, problem.heads))
            flex(problem, q, k, v)()
            torch.cuda.synchronize()
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundles", default=str(ROOT / "build" / "gpu-bundles"))
    parser.add_argument("--output", default="")
    parser.add_argument("--only", default="", help="cases, or cases of one target as CASE:TARGET")
    parser.add_argument("--target", default="", help="only this target of each bundle")
    parser.add_argument("--jobs", type=int, default=1, help="processes that check; timing is done by one")
    parser.add_argument("--no-timing", action="store_true")
    parser.add_argument("--no-checks", action="store_true", help="time without checking first")
    parser.add_argument("--others", default="", help="functions of a module gpu_peers on PYTHONPATH, separated by commas: more peers for plain masks. "
                        "NAME(q, k, v, causal, window) gives a function that launches")
    parser.add_argument("--warm-flex", action="store_true", help="only compile FlexAttention for the cases, so that a later run finds it in its cache")
    parser.add_argument("--sanitize", default="", help="tools of compute-sanitizer, separated by commas: run some small checks under these, and nothing else")
    parser.add_argument("--few", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--results", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    others = tuple(name for name in arguments.others.split(",") if name)
    if arguments.sanitize:
        return 0 if sanitize(arguments) else 1
    torch.backends.cuda.matmul.allow_tf32 = False
    folder = pathlib.Path(arguments.bundles)
    wanted = set(arguments.only.split(",")) - {""}
    pairs = []
    for case in [*gpu_cases.cases(), *gpu_decode.cases(), *gpu_cases.RINGS]:
        name = name_of(case)
        if wanted and not any(one.split(":")[0] == name for one in wanted):
            continue
        if not list((folder / name).glob("*.json")):
            sys.exit(f"error: no bundle of '{name}' in {folder}: scripts/gpu_build.py makes them")
        for target in [entry["target"] for entry in manifest_of(folder / name)["targets"]]:
            if arguments.target in ("", target) and (not wanted or name in wanted or f"{name}:{target}" in wanted):
                pairs.append((case, target))
    if not pairs:
        sys.exit(f"error: no case of this name and target: --only '{arguments.only}', --target '{arguments.target}'")
    if arguments.warm_flex:
        return warm_flex(arguments, pairs)
    if arguments.no_checks:
        found = {}
    elif arguments.jobs > 1:
        found = check_in_processes(arguments, pairs)
    else:
        torch.zeros(1, device="cuda")
        found = check_all(Driver(), folder, pairs, arguments.few)
    if arguments.results:
        pathlib.Path(arguments.results).write_text(json.dumps(found))
        return 0
    torch.zeros(1, device="cuda")
    driver = Driver()
    lines = [
        "# GPU kernels",
        "",
        f"{datetime.date.today()}; {torch.cuda.get_device_name()}, driver {driver_version()}; PyTorch {torch.__version__}; cuDNN {torch.backends.cudnn.version()};"
        f" commit {commit(folder)}; `scripts/gpu_check.py`.",
        "Rates: TFLOP/s on visible pairs, burst / sustained. Error: the largest relative error over all sizes and layouts, beside the plain algorithm's.",
        "",
        "| case | target | PTX | error / plain | length | attn | peers (burst / sustained, ratio in burst) |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = []
    roof = None
    for case, target in pairs:
        name = name_of(case)
        checked = found.get(f"{name} {target}")
        state = "not checked" if not checked else "wrong" if checked.failed else "right" if is_ring(case) else f"{checked.error:.1e} / {checked.usual:.1e}"
        ptx_hash = next(entry["ptx_hash"] for entry in manifest_of(folder / name)["targets"] if entry["target"] == target)
        head = f"| {name} | {target} | {ptx_hash[:12]} | {state} |"
        isTimed = not arguments.no_timing and not (checked and checked.failed)
        if is_ring(case) or gpu_decode.is_decode(case) or not isTimed or not case.lengths:
            lines.append(f"{head} - | - | - |")
        # Where only PTX fits, loading a bundle takes seconds.
        if is_ring(case) or not isTimed or not (case.timings if gpu_decode.is_decode(case) else case.lengths):
            continue
        bundle = Bundle(driver, folder / name, target)
        if gpu_decode.is_decode(case):
            roof = roof or gpu_decode.measure_roof()
            gpu_decode.report(bundle, case, wait, roof, rows)
            continue
        for length in sorted(case.lengths + (case.more_lengths if target == "sm_90a" else ())):
            rates = measure(bundle, case, length, others)
            ours = rates.pop("attn")
            peers = "; ".join(f"{name} {burst:.0f} / {sustained:.0f}, {ours[0] / burst:.2f}x" for name, (burst, sustained) in rates.items()) or "-"
            lines.append(f"{head} {length} | {ours[0]:.0f} / {ours[1]:.0f} | {peers} |")
            print(f"  {case.name} {target} {length}: {ours[0]:.0f} / {ours[1]:.0f}; {peers}", flush=True)
    text = "\n".join(lines + (gpu_decode.table(roof, rows) if rows else [])) + "\n"
    if arguments.output:
        pathlib.Path(arguments.output).write_text(text, encoding="utf-8")
    print(text)
    passed, failed = (sum(getattr(one, which) for one in found.values()) for which in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
