"""Fixtures of the Python tests.

scripts/test.sh runs them on the build tree: PYTHONPATH names build/python, ATTN_TEST_KERNELS the directory of the kernels written by
hand for the tests of the runtime, ATTN_TEST_COMPILER the library that stands in for the compiler.
"""

import os
import pathlib

import pytest

import attn


@pytest.fixture(scope="session")
def kernels():
    """The directory of fake.so and fake_bf16.so."""
    return pathlib.Path(os.environ["ATTN_TEST_KERNELS"])


@pytest.fixture(scope="session")
def fake(kernels):
    """Attention in f32, 4 heads over 2, head dim 8: o, lse = fake(q, k, v, lengths, scale, window)."""
    return attn.load(kernels, "fake")


@pytest.fixture(scope="session")
def fake_bf16(kernels):
    return attn.load(kernels, "fake_bf16")
