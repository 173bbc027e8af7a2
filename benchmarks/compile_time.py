"""How long it takes from a description to a kernel that can be called, cold and from the on-disk cache.

Each timing is taken in a fresh process. The libraries are loaded beforehand, by compiling a text that does not parse; the clock
then runs over attn.compile and one short call (well below a millisecond), because members of a kernel's family are made when first
needed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

CHILD = """
import json, sys, time
import torch, attn
text, *sizes = json.load(sys.stdin)
try:
    attn.compile("not a description")
except Exception:
    pass
q, k, v = (torch.randn(*size) for size in sizes)
start = time.perf_counter()
kernel = attn.compile(text)
kernel(q, k, v)
print(json.dumps(time.perf_counter() - start))
"""


def _descriptions():
    """Name to (text, sizes of q, k and v): one simple mask, one union of segments, one decode shape."""
    import torch

    from variants import CAUSAL, WINDOW_SINKS, Mask, Problem

    problem = lambda mask, heads, queries: Problem(1, heads, 1, queries, 64, 128, torch.float32, mask)
    problems = {
        "causal": problem(CAUSAL, 1, 64),
        "window + sinks": problem(WINDOW_SINKS, 1, 64),
        "decode, groups of 4": problem(Mask(), 4, 1),
    }
    size = lambda p, heads, length: (p.batch, heads, length, p.dim)
    return {
        name: (p.description(), size(p, p.query_heads, p.queries), size(p, p.heads, p.keys), size(p, p.heads, p.keys))
        for name, p in problems.items()
    }


def _child(arguments, cache):
    run = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps(arguments),
        env={**os.environ, "ATTN_CACHE_DIR": cache, "ATTN_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise RuntimeError(f"the compile-time process failed: {run.stderr.strip().splitlines()[-1]}")
    return json.loads(run.stdout)


def measure(rounds):
    """{description: median and least seconds to a kernel that was called, cold and cached}."""
    results = {}
    for name, arguments in _descriptions().items():
        cold, cached = [], []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as cache:
                cold.append(_child(arguments, cache))
                cached.append(_child(arguments, cache))
        results[name] = {
            "cold": statistics.median(cold),
            "cold_best": min(cold),
            "cached": statistics.median(cached),
            "cached_best": min(cached),
        }
    return results
