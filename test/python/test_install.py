"""`pip install .` in a fresh environment gives a package that compiles and runs, far from the source tree.

It builds the compiler once more, so it runs only where ATTN_TEST_INSTALL=1 asks for it. The environment borrows NumPy and the
build tools from the one that runs this test, so that nothing is downloaded.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

PROGRAM = """
import numpy as np, attn, os, sys
assert not attn.__file__.startswith(sys.argv[1]), attn.__file__
text = '''
func.func @f(%q: tensor<?x2x?x8xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32> {
  %o = attn.attention %q, %k, %v mask = #attn.causal
     : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32> -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}'''
q, k, v = np.random.default_rng(1).standard_normal((3, 1, 2, 40, 8), dtype=np.float32)
s = np.where(np.tri(40, dtype=bool), np.exp(np.einsum("bhid,bhjd->bhij", q, k) / np.sqrt(8)), 0)
expected = np.einsum("bhij,bhjd->bhid", s / s.sum(-1, keepdims=True), v)
np.testing.assert_allclose(attn.compile(text)(q, k, v), expected, atol=1e-5)
print("installed", attn.__version__)
"""

pytestmark = pytest.mark.skipif(os.environ.get("ATTN_TEST_INSTALL") != "1", reason="ATTN_TEST_INSTALL=1 asks for it")


def test_pip_install(tmp_path):
    # A copy, so that the build leaves nothing in the tree; what version control ignores stays behind. It lies where it lay in the
    # run before, so that a compiler cache knows it.
    source = ROOT / "build/install-test/source"
    shutil.rmtree(source, ignore_errors=True)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    borrowed = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin/python"
    query = [python, "-c", "import site; print(site.getsitepackages()[0])"]
    packages = pathlib.Path(subprocess.run(query, check=True, capture_output=True, text=True).stdout.strip())
    (packages / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ATTN_LIBRARY")}
    variables["ATTN_CACHE_DIR"] = str(tmp_path / "cache")
    if shutil.which("ccache"):
        variables.update(
            CMAKE_C_COMPILER_LAUNCHER="ccache",
            CMAKE_CXX_COMPILER_LAUNCHER="ccache",
            CXXFLAGS="-Xclang -fno-pch-timestamp",
            CCACHE_SLOPPINESS="pch_defines,time_macros,include_file_mtime,include_file_ctime",
        )
    pip = [python, "-m", "pip", "install", "--no-build-isolation", "--no-deps", "--no-index", str(source)]
    subprocess.run(pip, check=True, env=variables, cwd=tmp_path)
    done = subprocess.run([python, "-c", PROGRAM, str(ROOT)], check=True, env=variables, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.startswith("installed ")
    for library in ("libattn.so", "libattn_runtime.so"):
        assert (packages / "attn" / library).is_file()
