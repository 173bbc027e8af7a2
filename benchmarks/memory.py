"""Peak resident memory of a long run against a short one: a kernel must not keep a Tq x Tk buffer anywhere."""

import os
import subprocess
import tempfile

import torch

from variants import CAUSAL, Problem

SHORT, LONG, DIM = 1024, 65536, 64
TENSORS = 4 * LONG * DIM * 4  # bytes of q, k, v and o
ALLOWED = TENSORS + 32_000_000


def peak_bytes(attn_run, length):
    """Peak resident bytes of one attn-run, one head, causal, f32."""
    problem = Problem(1, 1, 1, length, length, DIM, torch.float32, CAUSAL)
    with tempfile.NamedTemporaryFile("w", suffix=".mlir") as file:
        file.write(problem.description())
        file.flush()
        process = subprocess.Popen([attn_run, file.name, "--shape", f"B=1,Tq={length},Tk={length}", "--seed", "1"], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{attn_run} ended with status {process.returncode} at length {length}")
    return usage.ru_maxrss * 1024


def measure(attn_run):
    peaks = {length: peak_bytes(attn_run, length) for length in (SHORT, LONG)}
    return {
        "short": peaks[SHORT],
        "long": peaks[LONG],
        "excess": peaks[LONG] - peaks[SHORT],
        "allowed": ALLOWED,
    }
