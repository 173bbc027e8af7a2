"""Compares the peak resident memory of attn-run at T = 1,024 and T = 65,536, one head of 64 in f32."""

import os
import subprocess
import sys

TENSORS, ALLOWANCE = 66.0, 32.0  # MB: q, k, v and o at the larger size, and everything else


def peak(description, length):
    """Megabytes."""
    run = subprocess.Popen(["attn-run", description, "--shape", f"B=1,Tq={length},Tk={length}"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(run.pid, 0)
    if status:
        sys.exit(f"attn-run failed at {length} keys")
    return usage.ru_maxrss * 1024 / 1e6


small, large = peak(sys.argv[1], 1024), peak(sys.argv[1], 65536)
print(f"peak memory: {small:.1f} MB at 1,024 keys, {large:.1f} MB at 65,536")
if large - small > TENSORS + ALLOWANCE:
    sys.exit(f"expected at most {TENSORS + ALLOWANCE} MB more, but got {large - small:.1f}")
