"""The memory measurement must see what the measured program uses, and nothing of the process that measures."""

import pathlib
import sys

import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "benchmarks"))
import memory


def program(tmp_path, bytes_per_row):
    """A stand-in for attn-run that touches so many bytes for each row of Tq."""
    path = tmp_path / "program"
    path.write_text(
        f"#!{sys.executable} -S\nimport sys\nrows = int(sys.argv[3].split('Tq=')[1].split(',')[0])\n"
        f"held = b'x' * ({bytes_per_row} * rows)\n"
    )
    path.chmod(0o755)
    return str(path)


def test_linear_memory_is_within_the_bound(tmp_path):
    result = memory.measure(program(tmp_path, 1000))
    assert result["short"] < 40e6  # of this process, which holds PyTorch, nothing is counted
    assert 55e6 < result["excess"] < 80e6 < result["allowed"]


def test_too_much_memory_is_seen(tmp_path):
    result = memory.measure(program(tmp_path, 2500))
    assert result["excess"] > result["allowed"]


def test_a_failing_program_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="status 1"):
        memory.measure(program(tmp_path, "undefined"))
