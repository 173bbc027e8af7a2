"""The benchmark must notice wrong results and disturbed timings, and its verdicts must follow from the times."""

import pathlib
import sys
import types

import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "benchmarks"))
import cells
import measure
import peers
import report
import variants
from variants import Problem

SMALL = Problem(1, 2, 1, 96, 96, 16, torch.float32, variants.WINDOW)


class FakeGuard:
    def __init__(self, quiet):
        self.quiet = quiet

    def time(self, function, repeats):
        function()
        return 1e-3 * repeats, self.quiet


@pytest.fixture
def fake_attn(monkeypatch):
    """An `attn` module whose kernels run the function that the test sets; the texts they were compiled from are kept."""
    module = types.ModuleType("attn")
    module.texts = []
    module.function = None

    def compile(text):
        module.texts.append(text)
        return lambda *arguments: module.function(*arguments)

    module.compile = compile
    monkeypatch.setitem(sys.modules, "attn", module)
    monkeypatch.setattr(measure, "PAUSE", 0.0)
    return module


def window(q, k, v):
    i, j = torch.arange(q.shape[2])[:, None], torch.arange(k.shape[2])[None, :]
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=variants.WINDOW.visible(i, j), enable_gqa=True)


def test_right_results_are_timed(fake_attn):
    fake_attn.function = window
    results = measure.measure(SMALL, ["attn", "SDPA dense mask"], FakeGuard(quiet=True), rounds=3)
    assert [result.quiet for result in results.values()] == [3, 3]
    assert all(0 < result.best <= result.median for result in results.values())
    assert "#attn.window<left = 511>" in fake_attn.texts[0]


def test_wrong_results_are_not_timed(fake_attn):
    fake_attn.function = lambda q, k, v: window(q, k, v) * 1.001
    result = measure.measure(SMALL, ["attn"], FakeGuard(quiet=True), rounds=1)["attn"]
    assert isinstance(result, measure.Failure) and "relative error" in result.reason


def test_nan_is_wrong(fake_attn):
    fake_attn.function = lambda q, k, v: q * float("nan")
    assert isinstance(measure.measure(SMALL, ["attn"], FakeGuard(quiet=True), rounds=1)["attn"], measure.Failure)


def test_disturbed_timings_are_repeated_and_told(fake_attn):
    fake_attn.function = window
    result = measure.measure(SMALL, ["attn"], FakeGuard(quiet=False), rounds=2)["attn"]
    assert result.quiet == 0 and result.disturbed == 2 * measure.TRIES


@pytest.mark.parametrize("mask", [variants.CAUSAL, variants.WINDOW_SINKS, variants.PREFIX, variants.EVERY_64TH])
def test_pairs_are_counted_as_a_loop_counts_them(mask):
    problem = Problem(1, 1, 1, 40, 600, 8, torch.float32, mask)
    assert problem.pairs() == sum(bool(mask.visible(i, j)) for i in range(560, 600) for j in range(600))


def timed(seconds):
    return {"median": seconds, "best": seconds, "quiet": 3, "disturbed": 0, "first_call": 0.0, "error": 0.0}


def verdict(ours, theirs, bar=2.0, share=0.5):
    cell = cells.Cell("work", SMALL, {"SDPA": bar}, share)
    peaks = {"fma_gflops": 100.0, "bf16_gflops": 0.0, "read_gbytes": 10.0}
    part = {"peaks": peaks, "cells": {"work": {"flops": 60e9, "bytes": 0, "candidates": {"attn": ours, "SDPA": theirs}}}}
    return report._Judged(cell, part).verdict()


def test_verdicts():
    assert verdict(timed(1.0), timed(2.0)) == "met"
    assert verdict(timed(1.0), timed(1.9)) == "missed"
    assert verdict(timed(1.3), timed(4.0)) == "missed"  # 46 % of the roof
    assert verdict({**timed(1.0), "quiet": 0}, timed(2.0)) == "undecided"
    assert verdict(timed(1.0), {**timed(2.0), "quiet": 0}) == "undecided"
    assert verdict({"reason": "does not compile"}, timed(1.0)) == "missed"


@pytest.mark.parametrize("native_bf16", [True, False])
def test_every_cell_is_described_and_referenced_cells_exist(native_bf16):
    table = cells.rows("AuthenticAMD", native_bf16)
    names = [cell.name for row in table for cell in row.cells]
    assert len(set(names)) == len(names)
    for row in table:
        for cell in row.cells:
            assert set(cell.ratios) <= set(peers.BY_NAME)
            assert cell.reference is None or cell.reference in names
            assert cell.problem.description().count("attn.attention") == 1


def test_every_description_compiles_and_is_right():
    """With the real compiler: each variant of the table at a small size."""
    for row in cells.rows("AuthenticAMD", True):
        for cell in row.cells:
            queries = min(cell.problem.queries, 130)
            problem = cell.problem._replace(queries=queries, keys=130 if queries > 8 else 700, batch=1)
            tensors = problem.inputs()
            output = torch.as_tensor(peers.ours(problem, tensors)())
            assert peers.relative_error(problem, tensors, output) <= peers.ERROR_BOUND[problem.dtype], cell.name
