"""Every named mask against a plain predicate, identities of attention, and bits that do not depend on the number of threads."""

import pathlib

import numpy as np
import pytest

import attn

HEADS, DIM = 2, 16

# The predicates are written from the formulas of the masks' definitions, over absolute positions i and j.
MASKS = {
    "#attn.causal": lambda i, j: j <= i,
    "#attn.window<left = 5>": lambda i, j: j >= i - 5,
    "#attn.window<right = 3>": lambda i, j: j <= i + 3,
    "#attn.window<left = 40, right = 7>": lambda i, j: (i - 40 <= j) & (j <= i + 7),
    "#attn.prefix<9>": lambda i, j: j + 0 * i < 9,
    "#attn.sinks<4>": lambda i, j: j + 0 * i < 4,
    "#attn.strided<5>": lambda i, j: (i - j) % 5 == 0,
    "#attn.key_stride<7, 3>": lambda i, j: (j + 0 * i) % 7 == 3,
    "#attn.key_stride<64>": lambda i, j: (j + 0 * i) % 64 == 0,
    "#attn.dilated<3, 8>": lambda i, j: (0 <= i - j) & (i - j <= 3 * 7) & ((i - j) % 3 == 0),
    "#attn.chunked<32>": lambda i, j: i // 32 == j // 32,
    '#attn.set<"(b, h, i, j)[Tq, Tk] : (i - 2 * j >= 0)">': lambda i, j: i - 2 * j >= 0,
    "#attn.not<#attn.causal>": lambda i, j: ~(j <= i),
    "#attn.any_of<[#attn.causal, #attn.prefix<50>]>": lambda i, j: (j <= i) | (j < 50),
    "#attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = 20>, #attn.sinks<4>]>]>": lambda i, j: (j <= i)
    & ((j >= i - 20) | (j < 4)),
}


@pytest.fixture(scope="session", autouse=True)
def compiler():
    library = pathlib.Path(attn.__file__).resolve().parents[2] / "lib" / "libattn.so"
    if not library.exists():
        pytest.skip("the compiler is not built")


def describe(clauses="", heads=HEADS, key_heads=HEADS, lse=False, arguments=""):
    q, kv = f"tensor<?x{heads}x?x{DIM}xf32>", f"tensor<?x{key_heads}x?x{DIM}xf32>"
    statistic = f"tensor<?x{heads}x?xf32>"
    results, types = ("%o#0, %o#1", f"{q}, {statistic}") if lse else ("%o", q)
    return f"""func.func @test(%q: {q}, %k: {kv}, %v: {kv}{arguments}) -> ({types}) {{
      %o{":2" if lse else ""} = attn.attention %q, %k, %v {clauses} : {q}, {kv}, {kv} -> {q}{f", lse : {statistic}" if lse else ""}
      return {results} : {types}
    }}"""


def draw(queries, keys, heads=HEADS, key_heads=HEADS, batch=2, seed=1):
    random = np.random.default_rng(seed)
    shapes = [(batch, heads, queries, DIM)] + 2 * [(batch, key_heads, keys, DIM)]
    return [random.standard_normal(shape, np.float32) for shape in shapes]


def attend(q, k, v, visible):
    """Attention by the definition, in float64; rows that see nothing are 0."""
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    scores = np.where(visible, q @ k.swapaxes(-1, -2) / np.sqrt(DIM), -np.inf)
    largest = scores.max(-1, keepdims=True, initial=-np.inf)
    weights = np.exp(scores - np.where(np.isinf(largest), 0.0, largest))
    total = weights.sum(-1, keepdims=True)
    return weights @ v / np.where(total == 0.0, 1.0, total)


@pytest.mark.parametrize("mask", MASKS)
def test_mask_is_its_predicate(mask):
    kernel = attn.compile(describe(f"mask = {mask} {{}}"))
    for queries, keys in [(1, 1), (7, 131), (130, 130), (97, 33), (1, 500), (385, 384)]:
        q, k, v = draw(queries, keys)
        i, j = np.arange(queries)[:, None] + keys - queries, np.arange(keys)[None]
        visible = np.broadcast_to(MASKS[mask](i, j), (queries, keys))
        o = kernel(q, k, v)
        np.testing.assert_allclose(o, attend(q, k, v, visible), atol=2e-6, err_msg=f"{queries} queries, {keys} keys")
        assert not o[:, :, ~visible.any(-1)].any()


def test_group_is_repeated_heads():
    q, k, v = draw(67, 129, heads=6, key_heads=2)
    grouped = attn.compile(describe("mask = #attn.causal {}", 6, 2))(q, k, v)
    repeated = attn.compile(describe("mask = #attn.causal {}", 6, 6))(q, k.repeat(3, 1), v.repeat(3, 1))
    np.testing.assert_allclose(grouped, repeated, atol=2e-6)


def test_prefill_and_decode_are_the_whole():
    q, k, v = draw(200, 200)
    kernel = attn.compile(describe("mask = #attn.causal {}"))
    whole = kernel(q, k, v)
    np.testing.assert_allclose(kernel(q[:, :, :150], k[:, :, :150], v[:, :, :150]), whole[:, :, :150], atol=2e-6)
    for row in (150, 199):
        step = kernel(q[:, :, row : row + 1], k[:, :, : row + 1], v[:, :, : row + 1])
        np.testing.assert_allclose(step[:, :, 0], whole[:, :, row], atol=2e-6)


def test_order_of_keys_does_not_matter():
    q, k, v = draw(50, 171)
    order = np.random.default_rng(2).permutation(171)
    kernel = attn.compile(describe())
    np.testing.assert_allclose(kernel(q, k[:, :, order], v[:, :, order]), kernel(q, k, v), atol=2e-6)


def test_wide_window_is_causal():
    q, k, v = draw(130, 130)
    window = attn.compile(describe("mask = #attn.all_of<[#attn.causal, #attn.window<left = 129>]> {}"))
    np.testing.assert_allclose(window(q, k, v), attn.compile(describe("mask = #attn.causal {}"))(q, k, v), atol=2e-6)


def test_one_key():
    q, k, v = draw(3, 1)
    o, lse = attn.compile(describe(lse=True))(q, k, v)
    np.testing.assert_allclose(o, np.broadcast_to(v, o.shape), atol=1e-6)
    np.testing.assert_allclose(lse, (q @ k.swapaxes(-1, -2))[..., 0] / np.sqrt(DIM), atol=2e-6)


def test_ring_halves_are_the_whole():
    text = (pathlib.Path(__file__).parents[2] / "examples" / "ring_attention.mlir").read_text()
    random = np.random.default_rng(3)
    q, k, v = (random.standard_normal((1, 8, length, 64), np.float32) for length in (90, 211, 211))
    o, _ = attn.compile(text)(q, k[:, :, :100].copy(), v[:, :, :100].copy(), k[:, :, 100:].copy(), v[:, :, 100:].copy(), 121)
    scores = np.where(np.arange(211)[None] <= np.arange(90)[:, None] + 121, (q @ k.swapaxes(-1, -2)).astype(np.float64) / 8.0, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    np.testing.assert_allclose(o, weights @ v / weights.sum(-1, keepdims=True), atol=2e-6)


@pytest.mark.parametrize("queries, keys", [(500, 500), (1, 5000), (3, 2000)])
def test_bits_do_not_depend_on_threads(queries, keys):
    q, k, v = draw(queries, keys)
    kernel = attn.compile(describe("mask = #attn.causal {}", lse=True))
    before, seen = attn.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            attn.set_num_threads(threads)
            seen.append([x.tobytes() for x in kernel(q, k, v)])
    finally:
        attn.set_num_threads(before)
    assert seen[0] == seen[1] == seen[2]
