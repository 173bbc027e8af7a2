"""Loading, compiling, threads, errors."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import attn
from reference import fake_attention, fake_inputs


def run_python(code, **environment):
    """Runs code in a process of its own; returns what it prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_kernel_describes_itself(fake):
    assert fake.name == "fake" and fake.target == "x86-64" and fake.compiler == "by hand"
    assert repr(fake) == (
        "<attn.Kernel fake(q: f32[B, 4, Tq, 8], k: f32[B, 2, Tk, 8], v: f32[B, 2, Tk, 8], lengths: i32[B], scale: f32,"
        " window: i64) -> (o: f32[B, 4, Tq, 8], lse: f32[B, 4, Tq]) for x86-64>"
    )
    q, scale, o = fake.arguments[0], fake.arguments[4], fake.arguments[6]
    assert (q.name, q.role, q.dtype, q.shape) == ("q", "input", "f32", ("B", 4, "Tq", 8))
    assert (scale.name, scale.role, scale.shape) == ("scale", "scalar", ())
    assert o.role == "output"


def test_load_errors(kernels, tmp_path):
    for path, message in [
        (tmp_path / "none.so", f"cannot open '{tmp_path}/none.so': No such file or directory"),
        (kernels, f"'{kernels}': expected the name of one of its kernels: fake, fake_bf16"),
        (__file__, f"'{__file__}': expected a shared object for x86-64, but the file is damaged or something else"),
    ]:
        with pytest.raises(attn.Error) as error:
            attn.load(path)
        assert str(error.value) == message
    with pytest.raises(TypeError):
        attn.load(3)


@pytest.fixture
def fake_compiler(monkeypatch, kernels, tmp_path):
    monkeypatch.setenv("ATTN_LIBRARY", os.environ["ATTN_TEST_COMPILER"])
    monkeypatch.setenv("ATTN_FAKE_KERNEL", str(kernels / "fake.so"))
    monkeypatch.setenv("ATTN_CACHE_DIR", str(tmp_path / "cache"))


COMPILE = "import attn; print(attn.compile('text', {}).name)"


def test_compile_and_cache(fake_compiler, tmp_path):
    assert run_python(COMPILE.format("'fake'")) == "fake"
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert run_python(COMPILE.format("entry='fake'"), ATTN_FAKE_KERNEL="/nowhere") == "fake"


def test_compile_errors(fake_compiler):
    code = """
import attn
for call in [lambda: attn.compile("error:line 3: expected a mask"), lambda: attn.compile("x", target="pdp-11")]:
    try: call()
    except attn.Error as error: print(type(error).__name__, error)
"""
    assert run_python(code).splitlines() == [
        "CompileError line 3: expected a mask",
        "Error compilation: expected one of the targets host, x86-64, x86-64-v3, x86-64-v4, x86-64-v4+avx512bf16, "
        "but got 'pdp-11'",
    ]


def test_missing_compiler_is_an_error():
    code = "import attn\ntry: attn.compile('x')\nexcept attn.Error as error: print(error)"
    message = run_python(code, ATTN_LIBRARY="/nowhere/libattn.so", ATTN_CACHE_DIR="")
    assert message.startswith("cannot open the compiler library (ATTN_LIBRARY names it): /nowhere/libattn.so")


def test_number_of_threads():
    code = "import attn; print(attn.get_num_threads())"
    cpus = len(os.sched_getaffinity(0))
    free = {"ATTN_NUM_THREADS": ""}
    assert run_python("import os; del os.environ['ATTN_NUM_THREADS']; " + code, **free) == str(cpus)
    assert run_python(code, ATTN_NUM_THREADS="3") == "3"
    assert run_python("import attn; attn.set_num_threads(5); print(attn.get_num_threads())") == "5"
    with pytest.raises(attn.ArgumentError, match="expected 1 to 1024, but got 0"):
        attn.set_num_threads(0)


def test_number_of_threads_follows_torch():
    pytest.importorskip("torch")
    code = """
import os
os.environ.pop("ATTN_NUM_THREADS", None)
import torch, attn
torch.set_num_threads(3)
print(attn.get_num_threads())
attn.set_num_threads(2)
print(attn.get_num_threads())
"""
    assert run_python(code).split() == ["3", "2"]


def test_importing_loads_neither_compiler_nor_frameworks():
    code = "import sys, attn; print('torch' in sys.modules, 'numpy' in sys.modules); print(open('/proc/self/maps').read())"
    modules, *maps = run_python(code).splitlines()
    assert modules == "False False"
    assert any("libattn_runtime.so" in line for line in maps) and not any("libattn.so" in line for line in maps)


def test_concurrent_calls_release_the_interpreter(fake):
    inputs = fake_inputs(np.random.default_rng(3), 2, 40, 50)
    expected = fake_attention(*inputs, 0.3, 60)
    failures = []

    def work():
        for _ in range(20):
            for got, want in zip(fake(*inputs, 0.3, 60), expected):
                if not np.allclose(got, want, atol=1e-5):
                    failures.append(got)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_concurrent_first_calls_do_not_wait_for_each_other(kernels):
    code = f"""
import sys, threading, attn, numpy as np
sys.setswitchinterval(1e-6)
fake = attn.load({str(kernels)!r}, "fake")
z = [np.zeros((1, h, 1, 8), np.float32) for h in (4, 2, 2)]
threads = [threading.Thread(target=lambda: fake(*z, np.ones(1, np.int32), 1.0, 1)) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("done")
"""
    for _ in range(5):
        assert run_python(code) == "done"


def test_call_overhead_is_small(fake):
    inputs = fake_inputs(np.random.default_rng(4), 1, 1, 1)
    times = []
    for _ in range(2000):
        start = time.perf_counter()
        fake(*inputs, 0.3, 4)
        times.append(time.perf_counter() - start)
    assert min(times) < 15e-6
