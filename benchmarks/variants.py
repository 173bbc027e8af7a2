"""The attention variants of the CPU table, each said three times: as a description for the compiler, as a predicate and score
function for the peers, and as a float64 reference."""

from typing import Callable, NamedTuple, Optional

import torch

ELEMENT = {torch.float32: "f32", torch.bfloat16: "bf16", torch.float16: "f16"}


class Mask(NamedTuple):
    """`visible(i, j)` works on numbers, NumPy arrays and tensors alike; None: everything is visible."""

    attribute: Optional[str] = None
    visible: Optional[Callable] = None


class Score(NamedTuple):
    """Score arithmetic: the lines of the region's body, and the same as function of (score, h, i, j, slopes)."""

    body: str
    apply: Callable


class Problem(NamedTuple):
    """One attention call. All sizes in elements; the layout is [batch, head, sequence, dim], contiguous."""

    batch: int
    query_heads: int
    heads: int
    queries: int
    keys: int
    dim: int
    dtype: torch.dtype
    mask: Mask = Mask()
    score: Optional[Score] = None
    value_dim: int = 0  # 0: the same as `dim`
    precision: Optional[str] = None  # "tf32": of the products, where operands are f32

    def value_width(self):
        """Elements of a row of values, and of outputs."""
        return self.value_dim or self.dim

    def pairs(self):
        """Visible (query, key) pairs of one head."""
        if self.mask.visible is None:
            return self.queries * self.keys
        j = torch.arange(self.keys)
        rows = torch.arange(self.keys - self.queries, self.keys).split(1024)
        return sum(int(self.mask.visible(i[:, None], j[None, :]).sum()) for i in rows)

    def flops(self):
        return 2 * self.batch * self.query_heads * (self.dim + self.value_width()) * self.pairs()

    def key_bytes(self):
        """Bytes of K and V, all of which decoding has to read."""
        return self.batch * self.heads * self.keys * (self.dim + self.value_width()) * self.dtype.itemsize

    def inputs(self, seed=1):
        generator = torch.Generator().manual_seed(seed)
        make = lambda heads, length, dim: torch.randn(self.batch, heads, length, dim, generator=generator).to(self.dtype)
        return make(self.query_heads, self.queries, self.dim), make(self.heads, self.keys, self.dim), make(self.heads, self.keys, self.value_width())

    def round_operand(self, tensor):
        """Numbers as products take them: in the element type, or rounded to the 11 bits of tf32."""
        tensor = tensor.to(self.dtype)
        if self.precision != "tf32":
            return tensor
        return ((tensor.contiguous().view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)

    def slopes(self):
        """ALiBi's slopes, one for each query head."""
        return torch.tensor([2.0 ** (-8.0 * (head + 1) / self.query_heads) for head in range(self.query_heads)])

    def needs_slopes(self):
        return self.score is ALIBI

    def description(self):
        """The text for the compiler."""
        element = ELEMENT[self.dtype]
        q = f"tensor<?x{self.query_heads}x?x{self.dim}x{element}>"
        k = f"tensor<?x{self.heads}x?x{self.dim}x{element}>"
        v = f"tensor<?x{self.heads}x?x{self.value_width()}x{element}>"
        o = f"tensor<?x{self.query_heads}x?x{self.value_width()}x{element}>"
        slopes = f", %slopes: tensor<{self.query_heads}xf32>" if self.needs_slopes() else ""
        mask = f"\n         mask = {self.mask.attribute}" if self.mask.attribute else ""
        precision = f"\n         precision = {self.precision}" if self.precision else ""
        score = ""
        if self.score:
            score = (
                "\n         score {\n         ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):\n"
                + "".join(f"           {line}\n" for line in self.score.body.format(heads=self.query_heads).splitlines())
                + "           attn.yield %t : f32\n         }"
            )
        return (
            f"func.func @attention(%q: {q}, %k: {k}, %v: {v}{slopes}) -> {o} {{\n"
            f"  %o = attn.attention %q, %k, %v{mask}{precision}{score}\n       : {q}, {k}, {v} -> {o}\n  return %o : {o}\n}}\n"
        )


CAUSAL = Mask("#attn.causal", lambda i, j: j <= i)
WINDOW = Mask("#attn.all_of<[#attn.causal, #attn.window<left = 511>]>", lambda i, j: (j <= i) & (i - j <= 511))
WINDOW_SINKS = Mask(
    "#attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = 511>, #attn.sinks<4>]>]>",
    lambda i, j: (j <= i) & ((i - j <= 511) | (j < 4)),
)
PREFIX = Mask("#attn.any_of<[#attn.causal, #attn.prefix<512>]>", lambda i, j: (j <= i) | (j < 512))
EVERY_64TH = Mask("#attn.all_of<[#attn.causal, #attn.key_stride<64, 0>]>", lambda i, j: (j <= i) & (j % 64 == 0))

SOFT_CAP = Score(
    """%cap = arith.constant 3.000000e+01 : f32
%x = arith.divf %s, %cap : f32
%y = math.tanh %x : f32
%t = arith.mulf %y, %cap : f32""",
    lambda score, h, i, j, slopes: 30.0 * torch.tanh(score / 30.0),
)
ALIBI = Score(
    """%slope = tensor.extract %slopes[%h] : tensor<{heads}xf32>
%d = arith.subi %j, %i : index
%n = arith.index_cast %d : index to i32
%f = arith.sitofp %n : i32 to f32
%bias = arith.mulf %slope, %f : f32
%t = arith.addf %s, %bias : f32""",
    lambda score, h, i, j, slopes: score + slopes[h] * (j - i),
)
