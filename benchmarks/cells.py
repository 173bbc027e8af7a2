"""The rows of the CPU table: work, bars, and the cells measured for each."""

from typing import NamedTuple, Optional

import torch

from variants import ALIBI, CAUSAL, EVERY_64TH, PREFIX, SOFT_CAP, WINDOW, WINDOW_SINKS, Mask, Problem

F32, BF16, F16 = torch.float32, torch.bfloat16, torch.float16
FMA, BF16_DOT, READ = "FMA peak", "bf16 dot peak", "stream read"


class Cell(NamedTuple):
    """One problem and what is asked of it. `share` is the least part of `roof`; `ratios` the least multiple of each peer's speed;
    `reference` names a cell of the same run of whose rate `reference_share` is asked. The bars hold for one thread."""

    name: str
    problem: Problem
    ratios: dict
    share: Optional[float] = None
    roof: str = FMA
    reference: Optional[str] = None
    reference_share: float = 0.85
    quick: bool = False


class Row(NamedTuple):
    """`key` is what --rows takes."""

    key: str
    title: str
    cells: list


def _square(dim, length, dtype=F32, mask=Mask(), score=None, heads=None):
    heads = heads or (4 if length <= 1024 else 1)
    return Problem(1, heads, heads, length, length, dim, dtype, mask, score)


def _decode(query_heads, heads, queries, dtype):
    return Problem(4, query_heads, heads, queries, 8192, 128, dtype)


def rows(vendor, native_bf16):
    """The table for a machine: Intel's CPUs have bars of their own where MKL uses AVX-512."""
    intel = vendor == "GenuineIntel"
    name = lambda text, dim, length, dtype="": f"{text} D={dim} T={length}{' ' + dtype if dtype else ''}"
    table = []

    full_ratio = 1.25 if intel else 2.2
    table.append(
        Row(
            "full",
            "f32 full, T >= 1k, D = 64, 128",
            [
                Cell(name("full", d, t), _square(d, t), {"SDPA": full_ratio}, 0.72 if intel else 0.80, quick=t in (1024, 4096))
                for d, lengths in ((64, (1024, 2048, 4096, 8192, 16384)), (128, (1024, 4096, 8192)))
                for t in lengths
            ],
        )
    )
    causal_bar = lambda t: {} if intel else {"SDPA causal": 3.0 if t <= 1024 else 2.5}
    causal_share = lambda t: (0.60 if intel else 0.72) if t < 4096 else (0.72 if intel else 0.80)
    table.append(
        Row(
            "causal",
            "f32 causal, T = 1k / >= 4k",
            [
                Cell(name("causal", d, t), _square(d, t, mask=CAUSAL), causal_bar(t) or {"SDPA causal": None}, causal_share(t), quick=True)
                for d, lengths in ((64, (1024, 4096, 8192, 16384)), (128, (1024, 4096)))
                for t in lengths
            ],
        )
    )
    table.append(
        Row(
            "window",
            "window 512 causal, T = 4k",
            [
                Cell(
                    name("window 512", d, 4096),
                    _square(d, 4096, mask=WINDOW, heads=2),
                    {"SDPA dense mask": 10, "FlexAttention": 2},
                    0.60,
                    quick=True,
                )
                for d in (64, 128)
            ],
        )
    )
    table.append(
        Row(
            "sets",
            "window + sinks, prefix",
            [
                Cell(
                    name(text, 64, 4096),
                    _square(64, 4096, mask=mask, heads=2 if mask is WINDOW_SINKS else 1),
                    {"SDPA dense mask": dense, "FlexAttention": 2.2},
                    reference=name(*same_pairs, 4096),
                    quick=True,
                )
                for text, mask, same_pairs, dense in (
                    ("window 512 + 4 sinks", WINDOW_SINKS, ("window 512", 64), 10),
                    # Half of all pairs are visible here: ten times a dense mask is more than the peak.
                    ("prefix 512", PREFIX, ("causal", 64), None),
                )
            ],
        )
    )
    table.append(
        Row(
            "strided",
            "every 64th key, causal, T = 16k",
            [Cell(name("every 64th key", 64, 16384), _square(64, 16384, mask=EVERY_64TH), {"FlexAttention": 50})],
        )
    )
    table.append(
        Row(
            "scores",
            "soft-cap, ALiBi causal T = 4k",
            [
                Cell(name(text, d, 4096), _square(d, 4096, mask=CAUSAL, score=score, heads=2), {"FlexAttention": 2.2}, share, quick=d == 64)
                for text, score, share in (("soft-cap 30", SOFT_CAP, 0.65), ("ALiBi", ALIBI, 0.75))
                for d in (64, 128)
            ],
        )
    )
    if native_bf16:
        table.append(
            Row(
                "bf16",
                "bf16 with avx512_bf16, full and causal",
                [
                    Cell(name("full", d, t, "bf16"), _square(d, t, BF16), {"SDPA": 4.2}, 0.75, BF16_DOT, quick=t == 4096)
                    for d in (64, 128)
                    for t in (4096, 8192)
                ]
                + [
                    Cell(
                        name("causal", d, t, "bf16"),
                        _square(d, t, BF16, CAUSAL),
                        {"SDPA causal": 5.5 if t == 1024 else 4.6},
                        0.65 if t == 1024 else 0.75,
                        BF16_DOT,
                        quick=t <= 4096,
                    )
                    for d in (64, 128)
                    for t in (1024, 4096, 8192)
                ],
            )
        )
    converted = [(F16, "f16", 3.2)] + ([] if native_bf16 else [(BF16, "bf16", 2.2)])
    table.append(
        Row(
            "converted",
            "bf16, f16 without native products",
            [
                Cell(
                    name("full", d, 4096, text),
                    _square(d, 4096, dtype),
                    {"SDPA": ratio},
                    reference=name("full", d, 4096),
                    reference_share=0.95,
                    quick=d == 64,
                )
                for dtype, text, ratio in converted
                for d in (64, 128)
            ],
        )
    )
    table.append(
        Row(
            "decode",
            "decode, Tq = 1, one head per group",
            [
                Cell(f"decode 8/8 {text}", _decode(8, 8, 1, dtype), {"SDPA": ratio}, 0.88, READ, quick=True)
                for dtype, text, ratio in ((F32, "f32", 2.5), (BF16, "bf16", 12))
            ],
        )
    )
    table.append(
        Row(
            "decode-groups",
            "decode, Tq = 1, groups of 4",
            [
                Cell(f"decode 32/8 {text}", _decode(32, 8, 1, dtype), {"SDPA": ratio}, share, READ, quick=True)
                for dtype, text, ratio, share in ((F32, "f32", 4.3, 0.70), (BF16, "bf16", 40, 0.75))
            ],
        )
    )
    table.append(
        Row(
            "decode-8",
            "decode, Tq = 8, groups of 4",
            [
                Cell(f"decode 32/8 Tq=8 {text}", _decode(32, 8, 8, dtype), {"SDPA": ratio}, 0.70, roof, quick=dtype == F32)
                for dtype, text, ratio, roof in (
                    (F32, "f32", 4.2, FMA),
                    (BF16, "bf16", 7.5, BF16_DOT if native_bf16 else FMA),
                )
            ],
        )
    )
    return table
