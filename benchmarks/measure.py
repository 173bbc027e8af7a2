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


def _guarded(function, repeats, guard):
    """One timing, repeated while it is disturbed: (seconds, quiet, number of disturbed timings)."""
    seconds = None
    for attempt in range(TRIES):
        time.sleep(PAUSE)
        taken, quiet = guard.time(function, repeats)
        if quiet:
            return taken, True, attempt
        seconds = taken if seconds is None else min(seconds, taken)
    return seconds, False, TRIES


def measure(problem, names, guard, rounds):
    """{name: Result or Failure} of the candidates, timed alternately, in a new order each round."""
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
                seconds, accepted, thrown_away = _guarded(functions[name], repeats[name], guard)
                (quiet if accepted else noisy)[name].append(seconds)
                disturbed[name] += thrown_away
    for name in functions:
        # Without one quiet timing the least disturbed ones stand in; `quiet` = 0 tells so in the tables.
        times = quiet[name] or noisy[name]
        results[name] = Result(statistics.median(times), min(times), len(quiet[name]), disturbed[name], *prepared[name])
    return {name: results[name] for name in names}
