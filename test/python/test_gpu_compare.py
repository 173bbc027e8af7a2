"""The rule that results of GPUs are held to finds what is wrong; it runs on a CPU as well."""

import math
import pathlib
import sys

import pytest
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import gpu_compare  # noqa: E402

SHAPE = (2, 3, 17, 64)


@pytest.fixture(params=["dense", "misaligned"])
def results(request):
    """An output that is the plain algorithm's, lse with a row that sees nothing, and the truth."""
    exact = torch.randn(*SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    exact_lse = torch.linspace(-5, 5, SHAPE[0] * SHAPE[1] * SHAPE[2], dtype=torch.float64).reshape(SHAPE[:3])
    exact_lse[0, 0, 3] = -math.inf
    plain = exact.to(torch.bfloat16)
    output = gpu_compare.Output(SHAPE, request.param, torch.bfloat16, "cpu")
    output.o.copy_(plain)
    return output, exact_lse.float(), exact, exact_lse, plain


def test_takes_what_is_right(results):
    faults, error, usual = gpu_compare.find_faults(*results)
    assert faults == [] and error == usual > 0


def test_finds_numbers_that_are_wrong(results):
    output = results[0]
    output.o[1, 2, 16, 63] += 0.5
    faults, *_ = gpu_compare.find_faults(*results)
    assert len(faults) == 1 and "largest" in faults[0]
    output.o[1, 2, 16, 63] = math.nan
    assert len(gpu_compare.find_faults(*results)[0]) == 1


def test_finds_a_margin_that_is_written(results):
    output = results[0]
    output.whole[0, 0, 0, 20] = 0
    assert gpu_compare.find_faults(*results)[0] == ["the margin is written"]


@pytest.mark.parametrize("place, number", [((0, 0, 3), 0.0), ((1, 1, 1), 1e3), ((1, 1, 1), math.nan)])
def test_finds_lse_that_is_wrong(results, place, number):
    results[1][place] = number
    assert len(gpu_compare.find_faults(*results)[0]) == 1
    assert gpu_compare.find_faults(results[0], None, *results[2:])[0] == [], "where there is none nothing is asked of it"


@pytest.mark.parametrize("layout, isAligned", [("dense", True), ("by token", True), ("misaligned", False)])
def test_layouts_are_aligned_as_they_say(layout, isAligned):
    operand = gpu_compare.make(SHAPE, layout, torch.bfloat16, torch.Generator().manual_seed(1))
    output = gpu_compare.Output(SHAPE, layout, torch.bfloat16, "cpu").o
    for tensor in (operand, output):
        offset = 2 * tensor.storage_offset()
        assert tensor.shape == SHAPE
        assert all(place % 16 == 0 for place in (offset, *(2 * stride for stride in tensor.stride()[:3]))) == isAligned


@pytest.mark.parametrize("precision, error, isRight", [(None, 1e-6, True), (None, 1e-5, False), ("tf32", 1e-4, True), ("tf32", 1e-3, False)])
def test_f32_is_held_to_its_precision(precision, error, isRight):
    exact = torch.randn(*SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    output = gpu_compare.Output(SHAPE, "dense", torch.float32, "cpu")
    output.o.copy_(exact * (1 + error))
    faults, *_ = gpu_compare.find_faults(output, None, exact, None, exact.float(), precision)
    assert (faults == []) == isRight
