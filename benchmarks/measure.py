"""Times candidates in turns under the guard, after checking what they compute."""

import math
import random
import statistics
import time
from typing import NamedTuple

import torch

import peers

PAUSE = 0.05  # seconds: the threads of PyTorch's OpenMP spin for a while after each call and would disturb the next candidate
SHORTEST = 0.01  # seconds: shorter calls are timed several at once
TRIES = 8  # for one timing, as long as it is disturbed


class Result(NamedTuple):
    """One candidate on one problem. Times in seconds per call."""

    median: float
    best: float
    quiet: int  # accepted timings
    disturbed: int  # timings thrown away
    first_call: float  # building the candidate and its first call, compilation included
    error: float  # relative L2 against float64
    reads: float  # GB/s of plain reads beside the timings, the median; 0 where it was not asked for
    read_share: float  # bytes per second in parts of the reads beside each timing, the median


class Failure(NamedTuple):
    """Why a candidate has no result."""

    reason: str


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _prepare(name, problem, tensors):
    """The candidate, its first call's seconds and its error; a candidate that is wrong is not timed."""
    start = time.perf_counter()
    function = peers.BY_NAME[name](problem, tensors)
    result = torch.as_tensor(function())
    first_call = time.perf_counter() - start
    error = peers.relative_error(problem, tensors, result)
    if not error <= peers.ERROR_BOUND[problem.dtype]:
        raise ValueError(f"result is wrong: relative error {error:.1e}, allowed {peers.ERROR_BOUND[problem.dtype]:.1e}")
    return function, first_call, error


def _guarded(function, repeats, guard, beside_reads):
    """One timing, repeated while it is disturbed: (seconds, GB/s of reads beside it or 0, quiet, number of disturbed timings)."""
    least = None
    for attempt in range(TRIES):
        time.sleep(PAUSE)
        seconds, quiet, *reads = guard.time_beside_reads(function, repeats) if beside_reads else guard.time(function, repeats)
        timing = (seconds, *(reads or (0.0,)))
        if quiet:
            return *timing, True, attempt
        least = timing if least is None else min(least, timing)
    return *least, False, TRIES


def measure(problem, names, guard, rounds, beside_reads=False):
    """{name: Result or Failure} of the candidates, timed alternately, in a new order each round, each beside plain reads if that is asked."""
    tensors = problem.inputs()
    results, functions, prepared = {}, {}, {}
    with torch.inference_mode():
        for name in names:
            try:
                functions[name], *prepared[name] = _prepare(name, problem, tensors)
            except Exception as exception:  # a peer that cannot do this problem must not end the run
                results[name] = Failure(f"{type(exception).__name__}: {exception}".splitlines()[0])
        repeats = {name: max(1, math.ceil(SHORTEST / _seconds(function))) for name, function in functions.items()}
        quiet = {name: [] for name in functions}
        noisy = {name: [] for name in functions}
        disturbed = dict.fromkeys(functions, 0)
        for number in range(rounds):
            order = list(functions)
            random.Random(number).shuffle(order)
            for name in order:
                *timing, accepted, thrown_away = _guarded(functions[name], repeats[name], guard, beside_reads)
                (quiet if accepted else noisy)[name].append(timing)
                disturbed[name] += thrown_away
    for name in functions:
        # Without one quiet timing the least disturbed ones stand in; `quiet` = 0 tells so in the tables.
        timings = quiet[name] or noisy[name]
        times, reads = zip(*timings)
        shares = [problem.key_bytes() / seconds / 1e9 / read if read else 0.0 for seconds, read in timings]
        results[name] = Result(
            statistics.median(times), min(times), len(quiet[name]), disturbed[name], *prepared[name], statistics.median(reads), statistics.median(shares)
        )
    return {name: results[name] for name in names}
