"""Attention in NumPy, float64, obvious: what the kernels of the tests must compute."""

import numpy as np


def attention(q, k, v, visible, scale):
    """o and lse for q [B, H, Tq, D], k [B, Hk, Tk, D], v [B, Hk, Tk, E] and the boolean array visible, which broadcasts to
    [B, H, Tq, Tk]. A row that sees nothing gives o = 0 and lse = -inf."""
    q, k, v = (np.asarray(x, np.float64) for x in (q, k, v))
    group = q.shape[1] // k.shape[1]
    k, v = (np.repeat(x, group, axis=1) for x in (k, v))
    score = np.where(visible, scale * q @ k.swapaxes(-1, -2), -np.inf)
    with np.errstate(divide="ignore"):
        top = np.max(score, axis=-1, keepdims=True, initial=-np.inf)
        top = np.where(np.isinf(top), 0, top)
        p = np.exp(score - top)
        total = p.sum(-1, keepdims=True)
        lse = np.log(total) + top
    return p @ v / np.where(total == 0, 1, total), lse[..., 0]


def fake_attention(q, k, v, lengths, scale, window):
    """What fake_kernel.c computes."""
    i = np.arange(q.shape[2])[:, None] + k.shape[2] - q.shape[2]
    j = np.arange(k.shape[2])[None, :]
    visible = (j >= i - window) & (j < np.asarray(lengths)[:, None, None, None])
    return attention(q, k, v, visible, scale)


def fake_inputs(rng, batch=2, queries=5, keys=7):
    """q, k, v and lengths for the hand-written kernels, f32."""
    q = rng.standard_normal((batch, 4, queries, 8), np.float32)
    k = rng.standard_normal((batch, 2, keys, 8), np.float32)
    v = rng.standard_normal((batch, 2, keys, 8), np.float32)
    return q, k, v, rng.integers(0, keys + 1, batch, dtype=np.int32)
