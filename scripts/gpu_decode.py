"""Few query rows and many keys: checks and timings for scripts/gpu_check.py.

Keys and values have to be read once, so that a timing is a rate of bytes; the roof is what PyTorch's sum over a large buffer reaches in the same run. Calls
lie in CUDA graphs, one for each of several buffers in turn, so that the second cache never holds what is read.
"""

import math
import statistics
import time

import torch

import decode_cases
import gpu_compare

CACHE_BYTES = 50e6


def cases():
    return decode_cases.cases()


def is_decode(case):
    return isinstance(case, decode_cases.DecodeCase)


def sizes():
    return decode_cases.SIZES


def reference(problem, q, k, v, lengths, plain):
    """Output and lse of each batch row over its own keys. float64, or the plain algorithm of the element type."""
    dtype = torch.float32 if plain else torch.float64
    group, queries = problem.query_heads // problem.heads, q.shape[2]
    output = torch.zeros(q.shape, dtype=dtype, device="cuda")
    lse = torch.full(q.shape[:3], -math.inf, dtype=dtype, device="cuda")
    slopes = problem.slopes().to("cuda", dtype)
    if plain:
        q, k, v = (problem.round_operand(tensor) for tensor in (q, k, v))
    for row, length in enumerate(lengths):
        i = (torch.arange(queries, device="cuda") + offset(length, queries))[:, None]
        j = torch.arange(length, device="cuda")[None, :]
        visible = (problem.mask.visible(i, j) if problem.mask.visible else torch.ones(queries, length, dtype=torch.bool, device="cuda"))
        for head in range(problem.query_heads if length else 0):
            key, value = k[row, head // group, :length].to(dtype), v[row, head // group, :length].to(dtype)
            scores = q[row, head].to(dtype) @ key.T * problem.dim**-0.5
            if problem.score:
                scores = problem.score.apply(scores, head, i, j, slopes)
            scores = scores.masked_fill(~visible, -math.inf)
            weights = torch.softmax(scores, dim=-1).masked_fill(~visible.any(-1, keepdim=True), 0.0)
            output[row, head] = (problem.round_operand(weights).to(dtype) if plain else weights) @ value
            lse[row, head] = torch.logsumexp(scores, dim=-1)
    return output.to(problem.dtype) if plain else output, lse


def offset(length, queries):
    """Position of the first query: the queries are the last keys, where there are as many."""
    return max(0, length - queries)


def check(bundle, case, size, layout, wait):
    batch, queries, keys = size
    problem = case.problem
    generator = torch.Generator("cuda").manual_seed(queries * 1000 + keys)
    q = gpu_compare.make((batch, problem.query_heads, queries, problem.dim), layout, problem.dtype, generator)
    k, v = (gpu_compare.make((batch, problem.heads, keys, problem.dim), layout, problem.dtype, generator) for _ in range(2))
    lengths = case.lengths(batch, keys) if case.has_lengths else [keys] * batch
    for row, length in enumerate(lengths):
        k[row, :, length:] = math.nan
        v[row, :, length:] = math.nan
    output = gpu_compare.Output(q.shape, layout, problem.dtype, "cuda")
    lse = torch.full((batch, problem.query_heads, queries + 3), math.nan, device="cuda")[..., 1 : queries + 1]
    numbers = lambda values: torch.tensor(values, dtype=torch.int32, device="cuda")
    arguments = [q, k, v] + ([problem.slopes().cuda()] if problem.needs_slopes() else [])
    if case.has_lengths:
        arguments += [numbers(lengths), numbers([offset(length, queries) for length in lengths])]
    what = f"{case.name} {size} {layout}"
    launch = bundle.prepare(arguments + [output.o] + ([lse] if case.lse else []))
    launch()
    wait(what)
    first = output.o.clone()
    launch()
    wait(what)
    (exact, exact_lse), (plain, _) = reference(problem, q, k, v, lengths, False), reference(problem, q, k, v, lengths, True)
    faults, error, usual = gpu_compare.find_faults(output, lse if case.lse else None, exact, exact_lse, plain, problem.precision)
    if not torch.equal(first, output.o):
        faults.append("a second run has other bits")
    if faults:
        print(f"FAILED {what}: {'; '.join(faults)}", flush=True)
    return not faults, error, usual


# ---------------------------------------------------------------------------------------------------------------------------------
# Fast
# ---------------------------------------------------------------------------------------------------------------------------------


def peers(q, k, v):
    """PyTorch's backends. With several queries they see all keys, which spares them the mask."""

    def call(backend):
        def run():
            with torch.nn.attention.sdpa_kernel(backend):
                return torch.nn.functional.scaled_dot_product_attention(q, k, v, enable_gqa=True)

        return run

    backend = torch.nn.attention.SDPBackend
    return {"cudnn": call(backend.CUDNN_ATTENTION), "flash": call(backend.FLASH_ATTENTION)}


def capture(functions):
    """One graph of all calls, or None where a backend does not take them."""
    try:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for function in functions:
                function()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            kept = [function() for function in functions]
        graph.kept = kept
        return graph
    except RuntimeError as error:
        print(f"  not measured: {str(error).splitlines()[0]}", flush=True)
        return None


def once(graph, repeats, rest):
    if rest:
        torch.cuda.synchronize()
        time.sleep(0.1)
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(repeats):
        graph.replay()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) * 1e-3 / repeats


def measure_graphs(graphs, calls, rounds=7):
    """{name: (burst, sustained) seconds of a call}."""
    times = {name: {True: [], False: []} for name in graphs}
    repeats = {name: max(1, int(0.02 / once(graph, 3, False))) for name, graph in graphs.items()}
    order = list(graphs)
    for number in range(rounds):
        for rest in (True, False):
            for name in order[number % len(order) :] + order[: number % len(order)]:
                times[name][rest].append(once(graphs[name], repeats[name], rest) / calls)
    return {name: tuple(statistics.median(taken[rest]) for rest in (True, False)) for name, taken in times.items()}


def measure_roof():
    """Bytes a second of a sum over a buffer that no cache holds."""
    buffer = torch.ones(1 << 28, device="cuda")
    graph = capture([buffer.sum])
    return tuple(buffer.nbytes / seconds for seconds in measure_graphs({"sum": graph}, 1)["sum"])


def measure(bundle, case, timing, wait):
    """({name: (burst, sustained) seconds}, bytes of keys and values)."""
    problem = case.problem._replace(batch=timing.batch, queries=timing.queries, keys=timing.keys)
    count = max(2, math.ceil(4 * CACHE_BYTES / problem.key_bytes()))
    calls = {}
    for seed in range(count):
        generator = torch.Generator("cuda").manual_seed(seed)
        q = gpu_compare.make((timing.batch, problem.query_heads, timing.queries, problem.dim), "dense", problem.dtype, generator)
        k, v = (gpu_compare.make((timing.batch, problem.heads, timing.keys, problem.dim), "dense", problem.dtype, generator) for _ in range(2))
        ours = bundle.prepare([q, k, v, torch.empty_like(q)])
        for name, call in {"attn": ours, **peers(q, k, v)}.items():
            calls.setdefault(name, []).append(call)
    graphs = {name: capture(functions) for name, functions in calls.items()}
    graphs = {name: graph for name, graph in graphs.items() if graph}
    for name, graph in graphs.items():
        graph.replay()
        wait(f"{case.name} {timing} {name}")
    return measure_graphs(graphs, count), problem.key_bytes()


def report(bundle, case, wait, roof, lines):
    """Adds the rows of one case to the table."""
    for timing in case.timings:
        times, size = measure(bundle, case, timing, wait)
        ours = times.pop("attn")
        cell = lambda pair: f"{pair[0] * 1e6:.1f} / {pair[1] * 1e6:.1f} us, {size / pair[0] * 1e-12:.2f} TB/s"
        others = "; ".join(f"{name} {cell(pair)}, {pair[0] / ours[0]:.2f}x" for name, pair in times.items()) or "-"
        what = f"{timing.batch} x {timing.keys}, {size / 1e6:.0f} MB, Tq = {timing.queries}"
        lines.append(f"| {case.name} | {bundle.target} | {what} | {cell(ours)}, {100 * size / ours[0] / roof[0]:.0f} % | {others} |")
        print(f"  {what}: {cell(ours)}; {others}", flush=True)


def table(roof, rows):
    """The lines of the table that report filled."""
    return [
        "",
        "## Decode",
        "",
        f"Time of a call in a graph, burst / sustained, and bytes of keys and values a second in bursts; read roof (sum over 1 GB) {roof[0] * 1e-12:.2f} /"
        f" {roof[1] * 1e-12:.2f} TB/s, of which ours is the percentage. Peers see all keys where there are several queries.",
        "",
        "| case | target | batch x keys | attn | peers (ratio in burst) |",
        "|---|---|---|---|---|",
        *rows,
    ]
