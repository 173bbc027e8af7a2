"""The attentions that are built for GPUs, checked and timed there: see scripts/gpu_build.py and scripts/gpu_check.py."""

import pathlib
from typing import NamedTuple, Optional

import torch

from variants import ALIBI, CAUSAL, ELEMENT, EVERY_64TH, SOFT_CAP, Mask, Problem, Score

BF16, F16, F32 = torch.bfloat16, torch.float16, torch.float32
WINDOW = Mask("#attn.all_of<[#attn.causal, #attn.window<left = 1023>]>", lambda i, j: (j <= i) & (i - j <= 1023))
WINDOW_SINKS = Mask(
    "#attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = 1023>, #attn.sinks<4>]>]>",
    lambda i, j: (j <= i) & ((i - j <= 1023) | (j < 4)),
)
WINDOW_4096 = Mask("#attn.all_of<[#attn.causal, #attn.window<left = 4095>]>", lambda i, j: (j <= i) & (i - j <= 4095))
WINDOW_64TH = Mask(
    "#attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = 1023>, #attn.key_stride<64, 0>]>]>",
    lambda i, j: (j <= i) & ((i - j <= 1023) | (j % 64 == 0)),
)
PREFIX = Mask("#attn.any_of<[#attn.causal, #attn.prefix<1024>]>", lambda i, j: (j <= i) | (j < 1024))
NARROW = Mask("#attn.window<left = 5, right = 3>", lambda i, j: (i - j <= 5) & (j - i <= 3))
DILATED = Mask("#attn.dilated<3, 20>", lambda i, j: (i - j >= 0) & (i - j <= 57) & ((i - j) % 3 == 0))
ODD = Mask("#attn.window<left = 37, right = 91>", lambda i, j: (i - j <= 37) & (j - i <= 91))
CHUNKED = Mask("#attn.chunked<100>", lambda i, j: i // 100 == j // 100)

# Added to scores, but no line over the keys.
DISTANCE = Score(
    """%d = arith.subi %j, %i : index
%n = arith.index_cast %d : index to i32
%f = arith.sitofp %n : i32 to f32
%a = math.absf %f : f32
%one = arith.constant 1.000000e+00 : f32
%p = arith.addf %a, %one : f32
%l = math.log %p : f32
%t = arith.subf %s, %l : f32""",
    lambda score, h, i, j, slopes: score - torch.log1p((j - i).abs().to(score.dtype)),
)
# What is added before a soft-cap stays behind the product.
CAPPED_SLOPE = Score(
    """%d = arith.subi %j, %i : index
%n = arith.index_cast %d : index to i32
%f = arith.sitofp %n : i32 to f32
%slope = arith.constant 6.250000e-02 : f32
%bias = arith.mulf %slope, %f : f32
%u = arith.addf %s, %bias : f32
%cap = arith.constant 3.000000e+01 : f32
%x = arith.divf %u, %cap : f32
%y = math.tanh %x : f32
%t = arith.mulf %y, %cap : f32""",
    lambda score, h, i, j, slopes: 30.0 * torch.tanh((score + 0.0625 * (j - i)) / 30.0),
)

# Rows that see nothing are part of these: more queries than keys under a causal mask. The last two make enough tasks for the kernels for many rows also
# where there are few heads.
SIZES = (
    *((1, 1, 1), (2, 17, 33), (1, 64, 64), (1, 129, 200), (2, 300, 300), (1, 777, 777), (1, 200, 129), (1, 1500, 1500)),
    *((17, 300, 300), (12, 350, 350)),
)

# What runs under a sanitizer, which takes long: every way to copy, to multiply and to store.
SANITIZED = ("full_d64", "causal_d128", "full_d256", "window_sinks_d128", "alibi_every_64th_d64", "causal_d33_f16", "grouped_lse_d128", "decode_lengths_d128", "decode_sinks_d96")


class Case(NamedTuple):
    """One description and the lengths it is timed at (batch * length = 16k), more of them on Hopper. Peers: PyTorch's "flash", "cudnn" and "efficient", and
    "flex"; the first one is measured on Ampere's code, the others on Hopper's."""

    name: str
    problem: Problem
    lengths: tuple = ()
    more_lengths: tuple = ()
    peers: tuple = ("flash", "cudnn")
    lse: bool = False
    query_scale: float = 1.0  # of the queries in checks

    def description(self):
        """The text for the compiler; with lse as a second result where the case has it."""
        text = self.problem.description()
        if not self.lse:
            return text
        lse = f"tensor<?x{self.problem.query_heads}x?xf32>"
        head, result = text.split(") -> ", 1)
        output = result.split(" {", 1)[0]
        body = result.split(" {", 1)[1].replace("%o = ", "%o, %lse = ").replace(f"-> {output}\n", f"-> {output}, lse : {lse}\n")
        return f"{head}) -> ({output}, {lse}) {{" + body.replace(f"return %o : {output}", f"return %o, %lse : {output}, {lse}")


def _case(name, dim, mask=Mask(), score: Optional[Score] = None, heads=None, key_heads=None, dtype=BF16, value_dim=0, precision=None, **more):
    heads = heads or max(1, 2048 // dim)
    return Case(name, Problem(1, heads, key_heads or heads, 1, 1, dim, dtype, mask, score, value_dim, precision), **more)


def cases():
    """All cases; the sizes in their problems are placeholders."""
    few = {"lengths": (2048, 8192), "more_lengths": (512, 1024, 4096, 16384)}
    long = {"lengths": (16384,), "peers": (None, "flex")}
    full_precision = {"lengths": (8192,), "peers": ("efficient", "efficient")}
    return [
        *(_case(f"full_d{dim}", dim, **few) for dim in (64, 128)),
        *(_case(f"causal_d{dim}", dim, CAUSAL, **few) for dim in (64, 128)),
        _case("full_d256", 256, **few),
        _case("causal_d256", 256, CAUSAL, **few),
        _case("causal_d128_f16", 128, CAUSAL, dtype=F16, lengths=(8192,)),
        _case("grouped_causal_d128", 128, CAUSAL, heads=32, key_heads=8, lengths=(8192,)),
        _case("window_d128", 128, WINDOW, **long),
        _case("window_4096_d128", 128, WINDOW_4096, **long),
        _case("window_sinks_d128", 128, WINDOW_SINKS, **long),
        _case("prefix_d128", 128, PREFIX, **long),
        _case("every_64th_d128", 128, EVERY_64TH, **long),
        _case("window_64th_d128", 128, WINDOW_64TH, **long),
        _case("soft_cap_full_d128", 128, score=SOFT_CAP, **long),
        _case("soft_cap_causal_d128", 128, CAUSAL, SOFT_CAP, **long),
        _case("soft_cap_d64_f16", 64, CAUSAL, SOFT_CAP, heads=4, dtype=F16),
        _case("soft_cap_reached_d64", 64, CAUSAL, SOFT_CAP, heads=4, query_scale=16.0),
        _case("soft_cap_reached_d64_f16", 64, CAUSAL, SOFT_CAP, heads=4, dtype=F16, query_scale=16.0),
        _case("alibi_causal_d128", 128, CAUSAL, ALIBI, **long),
        _case("alibi_d64_f16", 64, score=ALIBI, heads=4, dtype=F16),
        _case("alibi_grouped_lse_d64", 64, CAUSAL, ALIBI, heads=12, key_heads=4, lse=True),
        _case("alibi_every_64th_d64", 64, EVERY_64TH, ALIBI, heads=2),
        _case("distance_lse_d128", 128, ODD, DISTANCE, heads=2, lse=True),
        _case("capped_slope_d128", 128, CAUSAL, CAPPED_SLOPE, heads=2),
        _case("odd_d128", 128, ODD, heads=2),
        _case("full_d80", 80, heads=16, lengths=(8192,)),
        _case("causal_d96", 96, CAUSAL, heads=16, lengths=(8192,)),
        _case("causal_d192_128", 192, CAUSAL, heads=16, value_dim=128, lengths=(8192,), peers=(None, "cudnn")),
        _case("causal_d36", 36, CAUSAL, heads=3),
        _case("causal_d33_f16", 33, CAUSAL, heads=2, dtype=F16),
        _case("grouped_lse_d128", 128, CAUSAL, heads=8, key_heads=2, lse=True),
        _case("window_lse_d64_f16", 64, WINDOW_SINKS, heads=2, dtype=F16, lse=True),
        _case("narrow_d64", 64, NARROW, heads=2),
        _case("dilated_d64", 64, DILATED, heads=2),
        _case("chunked_d64", 64, CHUNKED, heads=2),
        _case("grouped_window_d64", 64, WINDOW, heads=12, key_heads=4),
        _case("full_d64_f32", 64, dtype=F32, **full_precision),
        _case("causal_d128_f32", 128, CAUSAL, dtype=F32, **full_precision),
        _case("full_d32_f32", 32, heads=3, dtype=F32, lse=True),
        _case("causal_d33_f32", 33, CAUSAL, heads=2, dtype=F32),
        _case("grouped_lse_d64_f32", 64, CAUSAL, heads=6, key_heads=2, dtype=F32, lse=True),
        _case("soft_cap_window_d64_f32", 64, WINDOW_SINKS, SOFT_CAP, heads=2, dtype=F32),
        _case("alibi_every_64th_d96_f32", 96, EVERY_64TH, ALIBI, heads=2, dtype=F32),
        _case("odd_d256_f32", 256, ODD, heads=2, dtype=F32),
        _case("causal_lse_d64_tf32", 64, CAUSAL, dtype=F32, precision="tf32", lse=True, **full_precision),
    ]


# Element types of ring attention.
RINGS = {"ring": BF16, "ring_f32": F32}


def ring_description(name):
    """Ring attention of examples/ring_attention.mlir: two attentions and the merge of their results."""
    text = (pathlib.Path(__file__).parent.parent / "examples" / "ring_attention.mlir").read_text(encoding="utf-8")
    return text.replace("x64xf32>", f"x64x{ELEMENT[RINGS[name]]}>")
