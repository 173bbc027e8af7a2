"""Bundles that attn-compile made, loaded and called."""

import shutil
import subprocess

import numpy as np
import pytest

import attn

STATIC_KEYS = """
func.func @padded(%q: tensor<?x2x?x8xf32>, %k: tensor<?x2x24x8xf32>, %v: tensor<?x2x24x8xf32>, %n: tensor<?xi32>) -> tensor<?x2x?x8xf32> {
  %o = attn.attention %q, %k, %v lengths(%n : tensor<?xi32>)
     : tensor<?x2x?x8xf32>, tensor<?x2x24x8xf32>, tensor<?x2x24x8xf32> -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}
"""

pytestmark = pytest.mark.skipif(shutil.which("attn-compile") is None, reason="attn-compile is not on the path")


@pytest.fixture
def build(tmp_path):
    """Compiles a description to a bundle and gives its directory."""

    def build(text, *options):
        source = tmp_path / "description.mlir"
        source.write_text(text)
        subprocess.run(["attn-compile", source, "-o", tmp_path / "bundle", *options], check=True)
        return tmp_path / "bundle"

    return build


def make_inputs():
    random = np.random.default_rng(3)
    q, k, v = (random.standard_normal(shape, dtype=np.float32) for shape in [(3, 2, 5, 8), (3, 2, 24, 8), (3, 2, 24, 8)])
    return q, k, v, np.array([24, 7, 0], np.int32)


def attention(q, k, v, lengths):
    scores = np.einsum("bhid,bhjd->bhij", q, k) / np.sqrt(q.shape[-1])
    visible = np.arange(k.shape[2]) < lengths[:, None, None, None]
    weights = np.where(visible, np.exp(scores), 0)
    return np.einsum("bhij,bhjd->bhid", weights / np.maximum(weights.sum(-1, keepdims=True), 1e-30), v)


@pytest.mark.parametrize("target", ["host", "x86-64", "x86-64,host"])
@pytest.mark.parametrize("what", ["directory", "file"])
def test_load(build, target, what):
    bundle = build(STATIC_KEYS, "--target=" + target)
    kernel = attn.load(bundle if what == "directory" else bundle / "padded.so")
    assert kernel.name == "padded"
    assert kernel.target == (attn.host_target() if target == "host" else "x86-64")
    inputs = make_inputs()
    np.testing.assert_allclose(kernel(*inputs), attention(*inputs), atol=1e-5)


def test_a_bundle_computes_what_the_compiler_in_the_process_does(build):
    inputs = make_inputs()
    loaded = attn.load(build(STATIC_KEYS, "--target=x86-64," + attn.host_target()))
    np.testing.assert_array_equal(loaded(*inputs), attn.compile(STATIC_KEYS)(*inputs))


def test_lengths_are_bounded_by_a_static_number_of_keys(build):
    q, k, v, lengths = make_inputs()
    lengths[1] = 25
    for kernel in (attn.load(build(STATIC_KEYS)), attn.compile(STATIC_KEYS)):
        with pytest.raises(attn.ArgumentError, match=r"argument 'lengths': element \(1\): expected a value from 0 to 24, but got 25"):
            kernel(q, k, v, lengths)


def test_a_damaged_library_is_refused(build):
    library = build(STATIC_KEYS) / "padded.so"
    library.write_bytes(library.read_bytes()[:4096])
    with pytest.raises(attn.Error, match="damaged"):
        attn.load(library.parent)


def test_compiling_fills_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTN_CACHE_DIR", str(tmp_path / "cache"))
    attn.compile(STATIC_KEYS.replace("@padded", "@cached"))
    assert attn.last_warning() == ""
    assert len(list((tmp_path / "cache").iterdir())) == 1
