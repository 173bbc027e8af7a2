#!/usr/bin/env python3
"""Checks every way to launch a GPU bundle, on a machine with a GPU, PyTorch and a C compiler. No LLVM needed.

    scripts/gpu_launch_check.py [--bundles build/gpu-bundles] [--runtime build/lib/libattn_runtime.so] [--python build/python] [--cc cc]

The bundles are those of scripts/gpu_build.py; only those in BUNDLES are used. Three ways are tried: the C launcher of the bundle, compiled here;
libattn_runtime; the Python package. The last two are left out, with a line that says so, where they do not load. Each check is one line, "ok" or
"FAILED"; the exit status is 0 only if none failed. A launch that does not come back ends the run as a failure.
"""

import argparse
import ctypes
import faulthandler
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import torch  # noqa: E402

import gpu_cases  # noqa: E402
import gpu_compare  # noqa: E402

LAUNCH_LIMIT = 20.0  # seconds
CHECK_LIMIT = 180  # seconds for one check, the driver's compiler included
TOLERANCE = {torch.bfloat16: 6e-3, torch.float16: 1e-3}  # relative, beside float64
LSE_TOLERANCE = 2e-3
BUNDLES = ("causal_d128", "full_d64", "grouped_causal_d128", "window_sinks_d128", "causal_d36", "grouped_lse_d128", "causal_d128_f16", "ring")
SIZES = ((1, 1, 1), (2, 17, 33), (1, 200, 129), (1, 777, 777))
LAYOUTS = ("dense", "by token", "odd rows", "misaligned")
DTYPES = {torch.float32: 0, torch.bfloat16: 1, torch.float16: 2, torch.float64: 3, torch.int32: 4, torch.int64: 5}
INVALID_ARGUMENT, NOT_A_KERNEL, NO_DEVICE = 1, 3, 8  # attn_status


class Refused(Exception):
    """A launcher's status and message."""

    def __init__(self, status, message):
        super().__init__(f"status {status}: {message}")
        self.status, self.message = status, message


def current_stream(device):
    return torch.cuda.current_stream(device).cuda_stream


# ---------------------------------------------------------------------------------------------------------------------------------
# The ways to launch. Each has launch(arguments, workspace=None, stream=None, device=0), where arguments are inputs and then outputs, workspace is a
# tensor of bytes, and stream is PyTorch's current one if it is left out; and workspace_bytes(arguments, device=0).
# ---------------------------------------------------------------------------------------------------------------------------------


class CLauncher:
    name = "C launcher"
    brings_workspace = False

    def __init__(self, folder, options):
        self.kernel = json.loads(next(folder.glob("*.json")).read_text())["name"]
        self.scratch = tempfile.TemporaryDirectory()
        library = pathlib.Path(self.scratch.name) / "launcher.so"
        command = [options.cc, "-std=c99", "-O1", "-shared", "-fPIC", "-o", library]
        files = [folder / f"{self.kernel}.c", folder / f"{self.kernel}_gpu.o"]
        run = subprocess.run([*command, *files, "-ldl", "-pthread"], capture_output=True, text=True, timeout=120)
        if run.returncode:
            raise RuntimeError(run.stderr)
        self.library = ctypes.CDLL(str(library))
        self.workspaces = {}

    def block(self, arguments):
        words = []
        for value in arguments:
            if isinstance(value, int):
                words.append(value)
                continue
            pad = [0] * (4 - value.dim())
            words += [value.data_ptr(), *value.shape, *pad, *value.stride(), *pad]
        return (ctypes.c_int64 * len(words))(*words)

    def call(self, function, *arguments):
        message = ctypes.create_string_buffer(1024)
        status = getattr(self.library, f"{self.kernel}_{function}")(*arguments, message, ctypes.c_int64(len(message)))
        if status:
            raise Refused(status, message.value.decode())

    def workspace_bytes(self, arguments, device=0):
        count = ctypes.c_int64(-1)
        self.call("workspace_bytes", self.block(arguments), device, ctypes.byref(count))
        return count.value

    def launch(self, arguments, workspace=None, stream=None, device=0):
        stream = current_stream(device) if stream is None else stream
        workspace = self.own_workspace(arguments, stream, device) if workspace is None else workspace
        address, size = (workspace.data_ptr(), workspace.numel()) if workspace is not None else (None, 0)
        self.call("launch", self.block(arguments), device, ctypes.c_void_p(stream), ctypes.c_void_p(address), ctypes.c_int64(size))

    def own_workspace(self, arguments, stream, device):
        """What a caller of C would keep: memory for each stream, as launches that may run at the same time must not share any."""
        count = self.workspace_bytes(arguments, device) if device < torch.cuda.device_count() else 0
        kept = self.workspaces.get((stream, device))
        if count and (kept is None or kept.numel() < count):
            torch.cuda.synchronize(device)  # launches may still use what is given up
            kept = self.workspaces[stream, device] = torch.zeros(count, dtype=torch.uint8, device=f"cuda:{device}")
            torch.cuda.synchronize(device)
        return kept

    def close(self):
        self.library[f"{self.kernel}_unload"]()


class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("dtype", ctypes.c_int32), ("rank", ctypes.c_int32), ("shape", ctypes.c_int64 * 4),
                ("strides", ctypes.c_int64 * 4)]


class Union(ctypes.Union):
    _fields_ = [("tensor", Tensor), ("integer", ctypes.c_int64), ("number", ctypes.c_double)]


class Value(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int32), ("value", Union)]


class Runtime:
    name = "runtime library"
    brings_workspace = True

    def __init__(self, folder, options):
        self.library = ctypes.CDLL(str(options.runtime), mode=ctypes.RTLD_GLOBAL)
        self.library.attn_last_error.restype = ctypes.c_char_p
        self.kernel = ctypes.c_void_p()
        self.check(self.library.attn_load(str(folder).encode(), None, ctypes.byref(self.kernel)))

    def check(self, status):
        if status:
            raise Refused(status, self.library.attn_last_error().decode())

    def values(self, arguments):
        values = (Value * len(arguments))()
        for value, argument in zip(values, arguments):
            if isinstance(argument, int):
                value.kind, value.value.integer = 1, argument
                continue
            rank = argument.dim()
            shape, strides = (ctypes.c_int64 * 4)(*argument.shape), (ctypes.c_int64 * 4)(*argument.stride())
            value.value.tensor = Tensor(argument.data_ptr(), DTYPES[argument.dtype], rank, shape, strides)
        return values

    def workspace_bytes(self, arguments, device=0):
        count = ctypes.c_int64(-1)
        self.check(self.library.attn_gpu_workspace_bytes(self.kernel, self.values(arguments), len(arguments), device, ctypes.byref(count)))
        return count.value

    def launch(self, arguments, workspace=None, stream=None, device=0):
        stream = current_stream(device) if stream is None else stream
        address, size = (workspace.data_ptr(), workspace.numel()) if workspace is not None else (None, 0)
        values = self.values(arguments)
        self.check(self.library.attn_launch_gpu(self.kernel, values, len(values), device, ctypes.c_void_p(stream), ctypes.c_void_p(address),
                                                ctypes.c_int64(size)))

    def close(self):
        self.library.attn_free(self.kernel)


class Python:
    name = "Python package"
    brings_workspace = True

    def __init__(self, folder, options):
        # The library it needs may have been built elsewhere: what is loaded already is taken.
        ctypes.CDLL(str(options.runtime), mode=ctypes.RTLD_GLOBAL)
        if str(options.python) not in sys.path:
            sys.path.insert(0, str(options.python))
        import attn

        self.attn, self.kernel = attn, attn.load(folder)
        self.outputs = sum(argument.role == "output" for argument in self.kernel.arguments)

    def workspace_bytes(self, arguments, device=0):
        return 0  # it brings what is needed

    def launch(self, arguments, workspace=None, stream=None, device=0):
        inputs, outputs = arguments[: -self.outputs], tuple(arguments[-self.outputs :])
        try:
            with torch.cuda.stream(torch.cuda.current_stream(device) if stream is None else torch.cuda.ExternalStream(stream)):
                self.kernel(*inputs, out=outputs)
        except self.attn.ArgumentError as error:
            raise Refused(INVALID_ARGUMENT, str(error)) from None
        except self.attn.Error as error:
            raise Refused(NOT_A_KERNEL, str(error)) from None

    def close(self):
        del self.kernel


# ---------------------------------------------------------------------------------------------------------------------------------
# What is right
# ---------------------------------------------------------------------------------------------------------------------------------


def wait(device=0):
    """Waits for the device's current stream, but not for ever."""
    event = torch.cuda.Event()
    event.record(torch.cuda.current_stream(device))
    end = time.monotonic() + LAUNCH_LIMIT
    while not event.query():
        if time.monotonic() > end:
            print(f"FAILED: no result after {LAUNCH_LIMIT:.0f} s", flush=True)
            os._exit(2)
        time.sleep(0.0005)


class Inputs:
    """Arguments of one case, and what the results should be."""

    def __init__(self, case, size, layout="dense", seed=1, device=0):
        batch, queries, keys = size
        problem = case.problem
        generator = torch.Generator(f"cuda:{device}").manual_seed(seed)
        self.case, self.dtype = case, problem.dtype
        self.q = gpu_compare.make((batch, problem.query_heads, queries, problem.dim), layout, problem.dtype, generator)
        self.k = gpu_compare.make((batch, problem.heads, keys, problem.dim), layout, problem.dtype, generator)
        self.v = gpu_compare.make((batch, problem.heads, keys, problem.dim), layout, problem.dtype, generator)
        self.o = gpu_compare.make((batch, problem.query_heads, queries, problem.dim), layout, problem.dtype, generator).fill_(7.0)
        self.lse = [torch.full((batch, problem.query_heads, queries), 7.0, device=self.q.device)] if case.lse else []

    @property
    def arguments(self):
        return [self.q, self.k, self.v, self.o, *self.lse]

    def refill(self, seed):
        generator = torch.Generator(self.q.device).manual_seed(seed)
        for tensor in (self.q, self.k, self.v):
            tensor.copy_(torch.randn(tensor.shape, generator=generator, device=tensor.device).to(tensor.dtype))

    def error(self):
        """None if the results are right, else what is wrong."""
        problem = self.case.problem
        queries, keys = self.q.shape[2], self.k.shape[2]
        device = self.q.device
        i, j = (torch.arange(queries, device=device) + keys - queries)[:, None], torch.arange(keys, device=device)[None, :]
        visible = problem.mask.visible(i, j) if problem.mask.visible else torch.ones(queries, keys, dtype=torch.bool, device=device)
        exact = torch.nn.functional.scaled_dot_product_attention(
            self.q.double(), self.k.double(), self.v.double(), attn_mask=visible, enable_gqa=problem.query_heads != problem.heads)
        exact = exact.masked_fill(~visible.any(-1)[:, None], 0.0)
        error = float((self.o.double() - exact).norm()) / (float(exact.norm()) or 1.0)
        if not error <= TOLERANCE[self.dtype]:
            return f"relative error {error:.2e}"
        if self.lse:
            group = problem.query_heads // problem.heads
            scores = self.q.double() @ self.k.double().repeat_interleave(group, 1).transpose(2, 3) * problem.dim**-0.5
            expected = torch.logsumexp(scores.masked_fill(~visible, -math.inf), -1)
            seen = expected > -math.inf
            if not torch.equal(self.lse[0] > -math.inf, seen) or not bool(((self.lse[0].double() - expected)[seen].abs() <= LSE_TOLERANCE).all()):
                return "lse is wrong"
        return None

    def is_untouched(self):
        return bool((self.o == 7.0).all())


class RingInputs:
    """Causal attention over the keys of an earlier rank and over its own, merged: a kernel with a scalar and a workspace."""

    def __init__(self, size=(2, 33, 17), seed=1):
        batch, queries, earlier = size
        generator = torch.Generator("cuda").manual_seed(seed)
        draw = lambda length: torch.randn(batch, 8, length, 64, generator=generator, device="cuda").to(torch.bfloat16)
        self.q, self.k1, self.v1, self.k2, self.v2 = draw(queries), draw(earlier), draw(earlier), draw(queries), draw(queries)
        self.earlier = earlier
        self.o, self.lse = torch.full_like(self.q, 7.0), torch.full((batch, 8, queries), 7.0, device="cuda")

    @property
    def arguments(self):
        return [self.q, self.k1, self.v1, self.k2, self.v2, self.earlier, self.o, self.lse]

    def error(self):
        queries = self.q.shape[2]
        i = (torch.arange(queries, device="cuda") + self.earlier)[:, None]
        visible = torch.arange(queries + self.earlier, device="cuda")[None, :] <= i
        exact = torch.nn.functional.scaled_dot_product_attention(
            self.q.double(), torch.cat((self.k1, self.k2), 2).double(), torch.cat((self.v1, self.v2), 2).double(), attn_mask=visible)
        error = float((self.o.double() - exact).norm() / exact.norm())
        return None if error <= TOLERANCE[torch.bfloat16] else f"relative error {error:.2e}"

    def is_untouched(self):
        return bool((self.o == 7.0).all())


def workspace_for(way, inputs, device=0):
    """Zeros, as the counters in it must be; None where none is needed."""
    count = way.workspace_bytes(inputs.arguments, device)
    return torch.zeros(count, dtype=torch.uint8, device=f"cuda:{device}") if count else None


def run_and_compare(way, inputs, device=0):
    way.launch(inputs.arguments, workspace_for(way, inputs, device), device=device)
    wait(device)
    return inputs.error()


def refusal(call, status, part):
    """None if `call` is refused with this status and a message with this part."""
    try:
        call()
    except Refused as refused:
        right = refused.status == status and part in refused.message
        return None if right else f"expected status {status} with '{part}', but got {refused}"
    return "it was not refused"


# ---------------------------------------------------------------------------------------------------------------------------------
# Checks. Each gives None, or what is wrong.
# ---------------------------------------------------------------------------------------------------------------------------------


class Checks:
    def __init__(self, options):
        self.options, self.passed, self.failed = options, 0, 0
        self.cases = {case.name: case for case in gpu_cases.cases()}

    def folder(self, bundle):
        return pathlib.Path(self.options.bundles) / bundle

    def check(self, what, body):
        faulthandler.dump_traceback_later(CHECK_LIMIT, exit=True)
        try:
            wrong = body()
            torch.cuda.synchronize()
        except Exception as exception:  # one check that breaks must not hide the others
            wrong = f"{type(exception).__name__}: {exception}"
        faulthandler.cancel_dump_traceback_later()
        self.passed, self.failed = self.passed + (wrong is None), self.failed + (wrong is not None)
        print(f"ok {what}" if wrong is None else f"FAILED {what}: {wrong}", flush=True)

    def sizes(self, way, bundle):
        if bundle == "ring":
            for size in ((1, 1, 1), (2, 33, 17), (1, 300, 129)):
                self.check(f"{way.name}: ring {size}", lambda: run_and_compare(way, RingInputs(size)))
            return
        for number, size in enumerate(SIZES):
            for layout in (LAYOUTS[number % 4], LAYOUTS[(number + 2) % 4]):
                self.check(f"{way.name}: {bundle} {size} {layout}", lambda: run_and_compare(way, Inputs(self.cases[bundle], size, layout)))

    def graph(self, way, bundle):
        def body():
            inputs = RingInputs() if bundle == "ring" else Inputs(self.cases[bundle], (1, 300, 300))
            workspace = workspace_for(way, inputs)
            way.launch(inputs.arguments, workspace)  # loads the code
            wait()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                way.launch(inputs.arguments, workspace)
            for seed in (5, 6):
                if bundle == "ring":
                    inputs.q.copy_(RingInputs(seed=seed).q)
                else:
                    inputs.refill(seed)
                inputs.o.fill_(7.0)
                graph.replay()
                wait()
                if wrong := inputs.error():
                    return wrong
            return None

        self.check(f"{way.name}: {bundle} in a CUDA graph", body)

    def streams(self, way, bundle):
        def body():
            streams = [torch.cuda.Stream(), torch.cuda.Stream()]
            work = [Inputs(self.cases[bundle], (1, 500 + 77 * number, 700), seed=number) for number in range(2)]
            torch.cuda.synchronize()
            for _ in range(20):
                for stream, inputs in zip(streams, work):
                    way.launch(inputs.arguments, stream=stream.cuda_stream)
            for stream in streams:
                torch.cuda.current_stream().wait_stream(stream)
            wait()
            return next((wrong for inputs in work if (wrong := inputs.error())), None)

        self.check(f"{way.name}: {bundle} on two streams", body)

    def threads(self, way, bundle):
        def body():
            work = [Inputs(self.cases[bundle], (1, 100 + 64 * number, 300), seed=number) for number in range(4)]
            torch.cuda.synchronize()
            errors = []

            def launch(inputs):
                try:
                    stream = torch.cuda.Stream()
                    for _ in range(25):
                        way.launch(inputs.arguments, stream=stream.cuda_stream)
                    stream.synchronize()
                except Exception as exception:
                    errors.append(str(exception))

            threads = [threading.Thread(target=launch, args=(inputs,), daemon=True) for inputs in work]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(LAUNCH_LIMIT)
            if errors or any(thread.is_alive() for thread in threads):
                return errors[0] if errors else "a thread does not come back"
            return next((wrong for inputs in work if (wrong := inputs.error())), None)

        self.check(f"{way.name}: {bundle} from four threads", body)

    def bad_input(self, way, bundle):
        case = self.cases[bundle]

        def refused(change, part):
            def body():
                inputs = Inputs(case, (1, 64, 64))
                arguments = inputs.arguments
                change(arguments)
                wrong = refusal(lambda: way.launch(arguments), INVALID_ARGUMENT, part)
                wait()
                # Nothing was written, and the device is as usable as before.
                return wrong or (None if inputs.is_untouched() else "something was written") or run_and_compare(way, Inputs(case, (1, 64, 64)))

            return body

        def shorter(arguments):
            arguments[2] = arguments[2][:, :, 1:]

        def on_the_host(arguments):
            arguments[1] = arguments[1].cpu()

        def columns(arguments):
            arguments[0] = arguments[0].transpose(2, 3).contiguous().transpose(2, 3)

        def twice(arguments):
            arguments[3] = arguments[0]

        self.check(f"{way.name}: {bundle} refuses other lengths", refused(shorter, "argument 'v'"))
        self.check(f"{way.name}: {bundle} refuses memory of the host", refused(on_the_host, "argument 'k'"))
        self.check(f"{way.name}: {bundle} refuses rows that are not contiguous", refused(columns, "stride of the last dimension"))
        if not isinstance(way, CLauncher):
            self.check(f"{way.name}: {bundle} refuses an output that is an input", refused(twice, "an output must not overlap"))
        for size in ((0, 64, 64), (1, 0, 64)):
            self.check(f"{way.name}: {bundle} takes empty sizes {size}", lambda: run_empty(way, Inputs(case, size)))
        self.check(f"{way.name}: {bundle} without keys gives zeros", lambda: run_without_keys(way, Inputs(case, (1, 100, 0))))

    def devices(self, way, bundle):
        count = torch.cuda.device_count()
        if not isinstance(way, Python):
            inputs = Inputs(self.cases[bundle], (1, 64, 64))
            self.check(f"{way.name}: {bundle} refuses a device that is not there",
                       lambda: refusal(lambda: way.launch(inputs.arguments, stream=0, device=count), NO_DEVICE, "expected a GPU from 0"))
        if count < 2:
            return

        def other():
            inputs = Inputs(self.cases[bundle], (1, 200, 200), device=1)
            torch.cuda.synchronize(1)
            with torch.cuda.device(1):
                return run_and_compare(way, inputs, device=1)

        def mixed():
            arguments = Inputs(self.cases[bundle], (1, 64, 64)).arguments
            arguments[1] = arguments[1].to("cuda:1")
            return refusal(lambda: way.launch(arguments), INVALID_ARGUMENT, "argument 'k'")

        self.check(f"{way.name}: {bundle} on a second device", other)
        self.check(f"{way.name}: {bundle} refuses memory of another device", mixed)

    def workspace(self, way):
        def too_small():
            inputs = RingInputs()
            count = way.workspace_bytes(inputs.arguments)
            if count <= 0:
                return "expected this kernel to need a workspace"
            small = torch.zeros(count - 1, dtype=torch.uint8, device="cuda")
            wrong = refusal(lambda: way.launch(inputs.arguments, small), INVALID_ARGUMENT, f"expected a workspace of {count} bytes")
            wait()
            return wrong or (None if inputs.is_untouched() else "something was written") or run_and_compare(way, RingInputs())

        def in_capture():
            inputs = RingInputs()
            way.launch(inputs.arguments, workspace_for(way, inputs))
            wait()
            outcome = []
            with torch.cuda.graph(torch.cuda.CUDAGraph(), stream=torch.cuda.Stream()):
                outcome.append(refusal(lambda: way.launch(inputs.arguments), INVALID_ARGUMENT, "while its stream is being captured"))
                inputs.lse.zero_()  # so that the graph is not empty
            return outcome[0] or run_and_compare(way, RingInputs())

        def cached():
            inputs = [RingInputs(size, seed=3) for size in ((1, 33, 17), (1, 3000, 129), (1, 40, 17))]
            for one in inputs:  # grows while the first launch may still run
                way.launch(one.arguments)
            wait()
            return next((wrong for one in inputs if (wrong := one.error())), None)

        if not isinstance(way, Python):
            self.check(f"{way.name}: ring refuses a workspace that is too small", too_small)
        if isinstance(way, Runtime):
            self.check(f"{way.name}: ring allocates nothing in a capture", in_capture)
        if way.brings_workspace:
            self.check(f"{way.name}: ring with the library's workspace", cached)

    def damage(self, kind, bundle):
        """Images that the driver must refuse: without a cubin the PTX is taken; without both there is a status, and the GPU is as usable as before."""
        folder = self.folder(bundle)
        manifest = json.loads(next(folder.glob("*.json")).read_text())

        def copy(into, broken):
            for file in folder.iterdir():
                contents = bytearray(file.read_bytes())
                if file.suffix in (".o", ".so"):
                    for target in manifest["targets"]:
                        for key in broken:
                            image = (folder / target[key]).read_bytes()
                            place = contents.find(image)
                            assert place >= 0, f"{file.name} does not hold {target[key]}"
                            # Not the first two bytes of PTX, a comment: what follows is no PTX either.
                            contents[place : place + 64] = b"\xa5" * 64
                (pathlib.Path(into) / file.name).write_bytes(contents)

        def attempt(broken, body):
            with tempfile.TemporaryDirectory() as into:
                copy(into, broken)
                way = kind(pathlib.Path(into), self.options)
                try:
                    return body(way)
                finally:
                    way.close()

        inputs = lambda: Inputs(self.cases[bundle], (1, 300, 300))
        self.check(f"{kind.name}: {bundle} with a damaged cubin", lambda: attempt(["cubin"], lambda way: run_and_compare(way, inputs())))

        def nothing_left(way):
            wrong = refusal(lambda: way.launch(inputs().arguments), NOT_A_KERNEL, "the CUDA driver re")
            return wrong or attempt([], lambda whole: run_and_compare(whole, inputs()))

        self.check(f"{kind.name}: {bundle} with nothing but damaged code", lambda: attempt(["cubin", "ptx"], nothing_left))

    def python_only(self, way, bundle):
        def outputs():
            inputs = Inputs(self.cases[bundle], (2, 100, 100))
            inputs.o = way.kernel(inputs.q, inputs.k, inputs.v)
            wait()
            if inputs.o.device != inputs.q.device or inputs.o.dtype != inputs.q.dtype:
                return f"an output of {inputs.o.dtype} on {inputs.o.device}"
            return inputs.error()

        def side_stream():
            inputs = Inputs(self.cases[bundle], (1, 2000, 2000))
            stream = torch.cuda.Stream()
            torch.cuda.synchronize()
            with torch.cuda.stream(stream):
                torch.cuda._sleep(20_000_000)  # what is launched on another stream would run before this
                inputs.refill(9)
                inputs.o = way.kernel(inputs.q, inputs.k, inputs.v)
            torch.cuda.current_stream().wait_stream(stream)
            wait()
            return inputs.error()

        def freed_early():
            inputs = Inputs(self.cases[bundle], (1, 3000, 3000))
            with tempfile.TemporaryDirectory() as into:
                # Of a file of its own, or the code would stay for the other object. The kernel is gone before it has run.
                copied = shutil.copytree(self.folder(bundle), pathlib.Path(into) / "copy")
                inputs.o = way.attn.load(copied)(inputs.q, inputs.k, inputs.v)
            wait()
            return inputs.error()

        self.check(f"{way.name}: {bundle} makes its outputs", outputs)
        self.check(f"{way.name}: {bundle} follows the current stream", side_stream)
        self.check(f"{way.name}: {bundle} outlives its object", freed_early)

    def overhead(self, way, bundle):
        """Microseconds on the host for one launch; the check is that it can be launched."""

        def body():
            inputs = Inputs(self.cases[bundle], (1, 64, 64))
            times = []
            for _ in range(30):
                start = time.perf_counter()
                for _ in range(20):
                    way.launch(inputs.arguments)
                times.append((time.perf_counter() - start) / 20)
                wait()
            print(f"   {way.name}: {statistics.median(times) * 1e6:.1f} us on the host for a launch through this script", flush=True)

        self.check(f"{way.name}: {bundle} many times", body)


def run_empty(way, inputs):
    way.launch(inputs.arguments)
    wait()
    return None


def run_without_keys(way, inputs):
    way.launch(inputs.arguments)
    wait()
    return None if bool((inputs.o == 0).all()) else "expected zeros"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundles", default=str(ROOT / "build" / "gpu-bundles"))
    parser.add_argument("--runtime", default=str(ROOT / "build" / "lib" / "libattn_runtime.so"))
    parser.add_argument("--python", default=str(ROOT / "build" / "python"))
    parser.add_argument("--cc", default="cc")
    options = parser.parse_args()
    torch.zeros(1, device="cuda")
    checks = Checks(options)
    print(f"{torch.cuda.get_device_name()}, {torch.cuda.device_count()} device(s), PyTorch {torch.__version__}")
    for kind in (CLauncher, Runtime, Python):
        try:
            kind(checks.folder(BUNDLES[0]), options).close()
        except (OSError, ImportError) as exception:
            # The C launcher needs nothing that could be missing here.
            if kind is CLauncher:
                raise
            print(f"   left out: the {kind.name} does not load: {exception}")
            continue
        for bundle in BUNDLES:
            way = kind(checks.folder(bundle), options)
            checks.sizes(way, bundle)
            if bundle in ("causal_d128", "causal_d36", "ring"):
                checks.graph(way, bundle)
            if bundle in ("causal_d128", "grouped_causal_d128"):
                checks.streams(way, bundle)
                checks.threads(way, bundle)
                checks.bad_input(way, bundle)
                checks.devices(way, bundle)
            if bundle == "causal_d128":
                checks.overhead(way, bundle)
                if kind is Python:
                    checks.python_only(way, bundle)
            if bundle == "ring":
                checks.workspace(way)
            torch.cuda.synchronize()
            way.close()
        checks.damage(kind, "causal_d128")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return checks.failed != 0


if __name__ == "__main__":
    sys.exit(main())
