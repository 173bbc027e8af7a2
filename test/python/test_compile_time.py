"""How long descriptions take to become kernels for GPUs.

The aim is 2 s for a causal mask and 3.5 s for a union of segments, from the start of the process to the machine code of a whole family. Machines
differ and are shared, so three times that much is allowed here; ATTN_COMPILE_TIMES=1 prints what it was.
"""

import os
import pathlib
import shutil
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.mlir"))
TARGETS = ("sm_80", "sm_90a")
ALLOWED = 3
pytestmark = pytest.mark.skipif(not (os.environ.get("ATTN_PTXAS") or shutil.which("ptxas")), reason="needs ptxas")


def compile_once(path, target, folder):
    """(seconds, exit status, messages)"""
    begin = time.monotonic()
    done = subprocess.run([shutil.which("attn-compile"), path, f"--target={target}", "-o", folder], capture_output=True, text=True, timeout=300)
    seconds = time.monotonic() - begin
    if os.environ.get("ATTN_COMPILE_TIMES"):
        print(f"{path.stem} for {target}: {seconds:.2f} s")
    return seconds, done.returncode, done.stderr


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name, seconds", [("llama3_8b", 2.0), ("streaming_llm", 3.5)])
def test_one_family(tmp_path, name, seconds, target):
    """The best of two: another process may have been in the way."""
    attempts = [compile_once(ROOT / "examples" / f"{name}.mlir", target, tmp_path / str(attempt)) for attempt in range(2)]
    assert all(status == 0 for _, status, _ in attempts), attempts
    assert min(spent for spent, _, _ in attempts) <= ALLOWED * seconds


def test_all_examples(tmp_path):
    """Every example becomes kernels for every GPU target, without a warning. In all, 3 minutes are the aim."""
    total = 0.0
    for path in EXAMPLES:
        for target in TARGETS:
            seconds, status, messages = compile_once(path, target, tmp_path / target / path.stem)
            total += seconds
            assert "warning" not in messages and "Potential Performance Loss" not in messages, messages
            assert status == 0, messages
            assert (tmp_path / target / path.stem / f"{path.stem}.{target}.cubin").stat().st_size
    assert total <= ALLOWED * 180
