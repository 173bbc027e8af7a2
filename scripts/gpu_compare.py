"""What scripts/gpu_check.py and gpu_decode.py have in common: drawn operands, an output in a margin, and the rule that results are held to."""

import math

import torch

LSE_LIMIT = {torch.bfloat16: 2e-3, torch.float16: 2e-3, torch.float32: 1e-5, "tf32": 2e-3}
FLOOR = {torch.bfloat16: 2e-4, torch.float16: 1e-4, torch.float32: 1e-6, "tf32": 2e-4}
UNTOUCHED = 7.0


def make(shape, layout, dtype, generator):
    """Random normal numbers as a view [batch, head, length, dim]."""
    batch, heads, length, dim = shape
    draw = lambda *sizes: torch.randn(*sizes, generator=generator, device=generator.device).to(dtype)
    if layout == "by token":
        return draw(batch, length, heads, dim).transpose(1, 2)
    if layout == "odd rows":
        return draw(batch, heads, length, dim + 5)[..., :dim]
    if layout == "misaligned":
        return draw(batch, heads, length, dim + 3)[..., 1 : dim + 1]
    return draw(batch, heads, length, dim)


class Output:
    """An output `o` of `shape` in a margin that must stay as it is. The margin keeps rows aligned where they should be: else no kernel that wants this
    would be checked."""

    def __init__(self, shape, layout, dtype, device):
        batch, heads, rows, dim = shape
        self.whole = torch.full((batch, heads, rows + 2, dim + 16), UNTOUCHED, dtype=dtype, device=device)
        shift = 1 if layout == "misaligned" else 8
        self.inside = (slice(None), slice(None), slice(1, rows + 1), slice(shift, shift + dim))
        self.o = self.whole[self.inside]

    def keeps_margin(self):
        margin = self.whole.clone()
        margin[self.inside] = UNTOUCHED
        return bool((margin == UNTOUCHED).all())


def find_faults(output, lse, exact, exact_lse, plain, precision=None):
    """(what is wrong, relative error, that of the plain algorithm). `lse` may be None. The error may be half as much again as the plain algorithm's, the
    largest difference twice as much, beside a floor. `precision`: that of products, where it is not the output's element type."""
    precision = precision or output.o.dtype
    o, floor = output.o.double(), FLOOR[precision]
    norm = float(exact.norm()) or 1.0
    error, usual = float((o - exact).norm()) / norm, float((plain.double() - exact).norm()) / norm
    largest, usual_largest = float((o - exact).abs().max()), float((plain.double() - exact).abs().max())
    faults = []
    if not (error <= 1.5 * usual + floor and largest <= 2 * usual_largest + 10 * floor * float(exact.abs().max())):
        faults.append(f"relative error {error:.2e} (plain {usual:.2e}), largest {largest:.2e} (plain {usual_largest:.2e})")
    if not output.keeps_margin():
        faults.append("the margin is written")
    if lse is not None:
        seen = exact_lse > -math.inf
        difference = float((lse.double() - exact_lse)[seen].abs().max()) if bool(seen.any()) else 0.0
        if not (difference <= LSE_LIMIT[precision] and bool((lse[~seen] == -math.inf).all())):
            faults.append(f"lse differs by {difference:.2e}, or rows that see nothing have another one than -inf")
    return faults, error, usual
