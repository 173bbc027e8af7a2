"""Peak resident memory of a long run against a short one: a kernel must not keep a Tq x Tk buffer anywhere."""

import subprocess
import sys
import tempfile

import torch

from variants import CAUSAL, Problem

SHORT, LONG, DIM = 1024, 65536, 64
TENSORS = 4 * LONG * DIM * 4  # bytes of q, k, v and o
ALLOWED = TENSORS + 32_000_000


# A process inherits the peak of the one that starts it, so a small interpreter starts the measured program and reports its peak.
LAUNCHER = """
import os, sys
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]), 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_bytes(attn_run, length):
    """Peak resident bytes of one attn-run, one head, causal, f32."""
    problem = Problem(1, 1, 1, length, length, DIM, torch.float32, CAUSAL)
    with tempfile.NamedTemporaryFile("w", suffix=".mlir") as file:
        file.write(problem.description())
        file.flush()
        command = [attn_run, file.name, "--shape", f"B=1,Tq={length},Tk={length}", "--seed", "1"]
        run = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, *command], stdout=subprocess.PIPE, text=True)
    if run.returncode:
        raise RuntimeError(f"{attn_run} ended with status {run.returncode} at length {length}")
    return int(run.stdout) * 1024


def measure(attn_run):
    peaks = {length: peak_bytes(attn_run, length) for length in (SHORT, LONG)}
    return {
        "short": peaks[SHORT],
        "long": peaks[LONG],
        "excess": peaks[LONG] - peaks[SHORT],
        "allowed": ALLOWED,
    }
