"""Attentions with few query rows and many keys: decoding, speculative decoding, the end of a chunked prefill. See gpu_cases.py."""

from typing import NamedTuple

import torch

from gpu_cases import Case
from variants import ALIBI, CAUSAL, SOFT_CAP, Mask, Problem

BF16, F16, F32 = torch.bfloat16, torch.float16, torch.float32
WINDOW = Mask("#attn.all_of<[#attn.causal, #attn.window<left = 299>]>", lambda i, j: (j <= i) & (i - j <= 299))
WINDOW_SINKS = Mask(
    "#attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = 299>, #attn.sinks<4>]>]>",
    lambda i, j: (j <= i) & ((i - j <= 299) | (j < 4)),
)

# (batch rows, queries, keys): single tiles and chunks, their edges, one and several tiles of rows.
SIZES = ((3, 1, 1), (2, 1, 63), (1, 3, 64), (2, 8, 65), (5, 1, 1000), (1, 17, 1000), (2, 8, 4097), (1, 1, 4097), (3, 3, 4097), (1, 100, 300), (1, 1, 20000))


class Timing(NamedTuple):
    batch: int
    queries: int
    keys: int


class DecodeCase(NamedTuple):
    """One description. With lengths, batch rows have as many keys as those say, the queries being the last ones; what lies behind is never read."""

    name: str
    problem: Problem
    lse: bool = False
    has_lengths: bool = False
    timings: tuple = ()

    def description(self):
        text = Case(self.name, self.problem, lse=self.lse).description()
        if not self.has_lengths:
            return text
        text = text.replace(") -> ", ", %lengths: tensor<?xi32>, %offset: tensor<?xi32>) -> ", 1)
        return text.replace("\n       : ", "\n         lengths(%lengths : tensor<?xi32>) offset(%offset : tensor<?xi32>)\n       : ", 1)

    def lengths(self, batch, keys):
        """Keys of each batch row: all, none, one, and something between."""
        return [(keys, 0, 1, keys - keys // 3, min(keys, 65))[row % 5] for row in range(batch)]


def _case(name, heads, key_heads, dim, mask=Mask(), score=None, dtype=BF16, precision=None, **more):
    return DecodeCase(name, Problem(1, heads, key_heads, 1, 1, dim, dtype, mask, score, precision=precision), **more)


def cases():
    """All cases; the sizes in their problems are placeholders."""
    plain = (Timing(1, 1, 4096), Timing(1, 1, 8192), Timing(8, 1, 8192), Timing(8, 1, 32768), Timing(1, 8, 8192), Timing(8, 8, 8192), Timing(8, 8, 32768))
    return [
        _case("decode_32_8_d128", 32, 8, 128, CAUSAL, timings=plain),
        _case("decode_64_8_d128", 64, 8, 128, CAUSAL, timings=plain),
        _case("decode_lengths_d128", 8, 2, 128, CAUSAL, has_lengths=True, lse=True),
        _case("decode_single_d64_f16", 3, 3, 64, dtype=F16, has_lengths=True, lse=True),
        _case("decode_sinks_d96", 8, 1, 96, WINDOW_SINKS, has_lengths=True),
        _case("decode_soft_cap_d256", 8, 2, 256, CAUSAL, SOFT_CAP, has_lengths=True),
        _case("decode_alibi_d128", 8, 2, 128, CAUSAL, ALIBI, has_lengths=True),
        _case("decode_window_d128_f16", 16, 2, 128, WINDOW, dtype=F16),
        _case("decode_full_d80", 4, 4, 80, lse=True),
        _case("decode_full_d32", 3, 3, 32, has_lengths=True, lse=True),
        _case("decode_causal_d33", 6, 2, 33, CAUSAL, has_lengths=True),
        _case("decode_d128_f32", 32, 8, 128, CAUSAL, dtype=F32, timings=(Timing(8, 1, 8192), Timing(8, 8, 8192))),
        _case("decode_lengths_d64_f32", 8, 2, 64, CAUSAL, dtype=F32, has_lengths=True, lse=True),
        _case("decode_full_d256_f32", 2, 2, 256, dtype=F32, has_lengths=True),
        _case("decode_full_d64_tf32", 4, 4, 64, dtype=F32, precision="tf32"),
        _case("decode_causal_d33_f32", 6, 2, 33, CAUSAL, dtype=F32, has_lengths=True),
    ]
