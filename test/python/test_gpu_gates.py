"""What can be said of GPU code without a GPU: every case of benchmarks/gpu_cases.py and decode_cases.py assembles for each target, and its machine
code is what it should be.

Needs ptxas (on the PATH or named by ATTN_PTXAS) and nvdisasm (package nvidia-cuda-nvdisasm); scripts/setup.sh brings both.
"""

import concurrent.futures
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import warnings
from typing import NamedTuple

import pytest

import machine_code

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

PTXAS = os.environ.get("ATTN_PTXAS") or shutil.which("ptxas")
TARGETS = ("sm_80", "sm_90a")
# Bytes of shared memory that a block may have.
SHARED_BYTES = {"sm_80": 163 << 10, "sm_90a": 227 << 10}
REGISTERS = 65536  # of a multiprocessor
# Loads and stores of local memory inside a loop with matrix products, in kernels for many rows on sm_80. None is the aim; seen are 0 to 12, and up to
# 22 where a loop has guards or score arithmetic.
MOST_LOCAL = 24
# Bytes of spilled registers in aligned kernels for sm_90a. None is the aim. One of them has three segments of keys. Loops read
# no local memory, but for one below.
SPILLS = {
    ("capped_slope_d128", "some_rows"): 8,
    ("alibi_grouped_lse_d64", "few_rows"): 16,
    ("decode_soft_cap_d256", "some_rows"): 60,
    ("prefix_d128", "few_rows"): 8,
    ("prefix_d128", "some_rows"): 176,
    # Of f32, whose operands take four times the registers.
    ("odd_d256_f32", "rows"): 48,
    ("full_d64_f32", "some_rows"): 8,
    ("grouped_lse_d64_f32", "some_rows"): 8,
    ("ring_f32", "some_rows"): 32,
    ("decode_lengths_d64_f32", "some_rows"): 24,
    ("decode_d128_f32", "few_rows"): 40,
    ("decode_full_d256_f32", "few_rows"): 16,
}
# Loads and stores of local memory in a loop of those: the aim is none. The polynomial for small scores costs this one its last registers.
LOCAL_IN_LOOPS = {("decode_soft_cap_d256", "some_rows"): 15}
# Moves to uniform registers in the loops of warpgroups: the aim is none. Two for each product would mean that descriptors come from vector registers.
MOVES = {
    **{name: 2 for name in ("causal_d256", "full_d256", "decode_soft_cap_d256", "causal_d96", "full_d80", "decode_full_d80")},
    **{name: 2 for name in ("decode_alibi_d128", "decode_lengths_d128", "decode_single_d64_f16", "causal_d192_128")},
    "decode_full_d32": 1,
}


def find_disassembler():
    spec = importlib.util.find_spec("nvidia")
    folders = list(spec.submodule_search_locations) if spec else []
    wheels = [path for folder in folders for path in pathlib.Path(folder).glob("cu*/bin/nvdisasm")]
    return shutil.which("nvdisasm") or (str(wheels[0]) if wheels else None)


NVDISASM = find_disassembler()
pytestmark = pytest.mark.skipif(not PTXAS or not NVDISASM, reason="needs ptxas and nvdisasm")


def run(*command, timeout=300):
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """The folder of the bundles of all cases, and what was said when they were built."""
    folder = tmp_path_factory.mktemp("gpu")
    script = ROOT / "scripts" / "gpu_build.py"
    options = ["--target", ",".join(TARGETS), "--output", folder, "--attn-compile", shutil.which("attn-compile")]
    output = run(sys.executable, script, *options, timeout=900)
    return folder, output


def cases():
    import decode_cases
    import gpu_cases

    return {case.name: case for case in gpu_cases.cases() + decode_cases.cases()}


def rings():
    import gpu_cases

    return gpu_cases.RINGS


def names():
    return [*cases(), *rings()]


def dtype_of(name):
    return rings()[name] if name in rings() else cases()[name].problem.dtype


class Assembled(NamedTuple):
    stages: list  # of the manifest
    kernels: dict  # by symbol


def read_bundle(folder):
    """{target: (stages, kernels)} of a bundle."""
    found = {}
    for target in json.loads(next(folder.glob("*.json")).read_text())["targets"]:
        listing = run(NVDISASM, "-c", folder / target["cubin"])
        kernels = {symbol: machine_code.Kernel(lines) for symbol, lines in machine_code.read_kernels(listing).items()}
        found[target["target"]] = Assembled(target["stages"], kernels)
    return found


@pytest.fixture(scope="module")
def assembled(build):
    """{(case, target): (stages, kernels)}."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bundles = zip(names(), pool.map(read_bundle, [build[0] / name for name in names()]))
    return {(name, target): found for name, bundle in bundles for target, found in bundle.items()}


def count_loops(found, stage, product="HMMA"):
    return found.kernels[stage["symbol"]].find_product_loops(product)


def multiplies(stage):
    return stage["name"] not in ("combine", "merge")


def count_local(counts):
    return counts["LDL"] + counts["STL"]


def test_nothing_is_warned_of(build):
    """Not that products are serialised above all (Potential Performance Loss)."""
    lines = build[1].splitlines()
    warnings.warn(lines[-1])  # shown in the summary: it does not make a test fail, but somebody must run them
    assert not [line for line in lines if "warning" in line or "Potential Performance Loss" in line]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", names())
def test_machine_code(assembled, name, target):
    found = assembled[name, target]
    assert set(found.kernels) == {stage["symbol"] for stage in found.stages}
    for stage in found.stages:
        assert 0 < stage["registers"] and (stage["registers"] + 7) // 8 * 8 * stage["threads"] <= REGISTERS
        assert stage["shared_bytes"] + stage["static_shared_bytes"] <= SHARED_BYTES[target]
        if not multiplies(stage) or stage["persistent"]:
            continue
        loops = count_loops(found, stage)
        assert loops, "a kernel without a loop of matrix products"
        # Loops with and without guards, of one segment or another, do the same products.
        assert len({loop["HMMA"] for loop in loops}) == 1
        if stage["alignment"] == 16:
            assert all(loop["LDGSTS"] for loop in loops), "keys and values are not copied asynchronously"


@pytest.mark.parametrize("name", names())
def test_local_memory_on_ampere(assembled, name):
    """Kernels for few rows keep nothing in local memory inside loops; those for many rows little."""
    found = assembled[name, "sm_80"]
    for stage in found.stages:
        most = MOST_LOCAL if stage["name"] == "rows" else 0
        if stage["alignment"] == 16:
            assert all(count_local(loop) <= most for loop in count_loops(found, stage)), stage["symbol"]


@pytest.mark.parametrize("name", names())
def test_local_memory_on_hopper(assembled, name):
    """No aligned kernel spills, but for those that are named; no loop of theirs reads or writes local memory, but for one that is named."""
    found = assembled[name, "sm_90a"]
    for stage in found.stages:
        allowed = SPILLS.get((name, stage["name"]), 0)
        if stage["alignment"] == 16:
            assert stage["spill_bytes"] <= allowed, stage["symbol"]
            if (name, stage["name"]) not in SPILLS:
                assert not count_local(found.kernels[stage["symbol"]].counts) and not stage["stack_bytes"], stage["symbol"]
            elif stage["name"] != "rows":
                most = LOCAL_IN_LOOPS.get((name, stage["name"]), 0)
                assert all(count_local(loop) <= most for loop in found.kernels[stage["symbol"]].loops), stage["symbol"]


def find_warpgroup_stages(found):
    return [stage for stage in found.stages if stage["persistent"]]


def is_for_warpgroups(name):
    """Whether wgmma multiplies numbers of this type, and TMA can copy rows of this length."""
    return dtype_of(name).itemsize == 2 and (name in rings() or 2 * cases()[name].problem.dim % 16 == 0)


@pytest.mark.parametrize("name", names())
def test_who_gets_warpgroups(assembled, name):
    warpgroups = find_warpgroup_stages(assembled[name, "sm_90a"])
    assert len(warpgroups) == (2 if name == "ring" else int(is_for_warpgroups(name)))
    assert all((stage["name"], stage["alignment"]) == ("rows", 16) for stage in warpgroups)
    assert not find_warpgroup_stages(assembled[name, "sm_80"])


def names_for_warpgroups():
    return list(filter(is_for_warpgroups, names()))


def count_stored(name, stage):
    """Maps of a kernel's outputs. What comes before them in the list of arguments are queries, keys and values."""
    inputs = 5 if name == "ring" else 3
    return sum(which["argument"] >= inputs for which in stage["maps"])


@pytest.mark.parametrize("name", names_for_warpgroups())
def test_warpgroups(assembled, name):
    """What makes a kernel of warpgroups fast can be seen in its code."""
    found = assembled[name, "sm_90a"]
    dim = cases()[name].problem.dim if name in cases() else 64
    for stage in find_warpgroup_stages(found):
        kernel = found.kernels[stage["symbol"]]
        keys = stage["maps"][1]["box_rows"]
        panels = (dim + 63) // 64
        loops = kernel.find_product_loops("HGMMA")
        assert loops
        for loop in loops:
            assert loop["HGMMA"] == (dim + 15) // 16 + keys // 16, "a product for each 16 columns of the head, and for each 16 keys"
            # Two groups of products, each begun once and waited for once. Serialised products are all waited for.
            assert loop["WARPGROUP"] <= 4
            assert loop["R2UR"] <= MOVES.get(name, 0)
        assert not count_local(kernel.counts) and not stage["spill_bytes"] and not stage["stack_bytes"]
        # Everything comes and goes by TMA: a copy for each panel of queries, keys and values, and one for each panel of a warpgroup's results.
        assert not kernel.counts["LDGSTS"] and not kernel.counts["HMMA"]
        consumers = stage["threads"] // 128 - 1
        assert kernel.counts["UTMALDG"] >= (consumers + 2) * panels
        assert any(loop["UTMALDG"] and not loop["HGMMA"] for loop in kernel.loops) and not any(loop["UTMALDG"] for loop in loops)
        assert kernel.counts["UTMASTG"] == count_stored(name, stage) * panels


@pytest.mark.parametrize("name", names_for_warpgroups())
def test_results_leave_by_tma(assembled, name):
    """Where shared memory has room for them: not beside the tiles of the longest rows, and not where they are in f32."""
    expected = 0 if name == "ring" or cases()[name].problem.dim >= 192 else 1
    for stage in find_warpgroup_stages(assembled[name, "sm_90a"]):
        assert count_stored(name, stage) == expected
        # One for queries; keys and values have one for each stride.
        loaded = len(stage["maps"]) - expected
        assert loaded == (5 if name == "window_64th_d128" else 3)


@pytest.mark.parametrize("name", names_for_warpgroups())
def test_registers_of_roles(assembled, name):
    """One role gives registers back, the other takes them: each once, as many as a multiprocessor has."""
    found = assembled[name, "sm_90a"]
    for stage in find_warpgroup_stages(found):
        changes = [one for one in found.kernels[stage["symbol"]].instructions if one.name == "USETMAXREG"]
        counts = {one.opcode.split(".")[1]: int(one.operands.split()[-1], 16) for one in changes}
        assert sorted(counts) == ["DEALLOC", "TRY_ALLOC"] and len(changes) == 2
        consumers = stage["threads"] // 128 - 1
        assert counts["DEALLOC"] < stage["registers"] < counts["TRY_ALLOC"]
        assert 128 * (counts["DEALLOC"] + consumers * counts["TRY_ALLOC"]) <= REGISTERS


@pytest.mark.parametrize("name", ["causal_d128", "window_sinks_d128", "decode_soft_cap_d256"])
def test_bundles_built_twice_are_the_same(build, tmp_path, name):
    folder = build[0] / name
    run(shutil.which("attn-compile"), folder / "attention.mlir", f"--target={','.join(TARGETS)}", "-o", tmp_path)
    for target in TARGETS:
        for kind in ("ptx", "cubin"):
            file = f"attention.{target}.{kind}"
            assert (tmp_path / file).read_bytes() == (folder / file).read_bytes()


@pytest.mark.parametrize("name, dim, keys, rows", [("full_d64", 64, 128, 32), ("full_d128", 128, 64, 32), ("full_d256", 256, 64, 16)])
def test_products(assembled, name, dim, keys, rows):
    """A warp's share of Q K^T and of P V, in products of 16 x 8 x 16."""
    found = assembled[name, "sm_80"]
    loops = count_loops(found, found.stages[0])
    assert {loop["HMMA"] for loop in loops} == {2 * rows * keys * dim // (16 * 8 * 16)}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["decode_64_8_d128", "decode_window_d128_f16", "decode_full_d32", "decode_soft_cap_d256"])
def test_products_of_few_rows(assembled, name, target):
    """Four warps share the products of a tile of 64 keys; in these loops nothing is kept in local memory, but for one that is named."""
    found, dim = assembled[name, target], cases()[name].problem.dim
    for stage in found.stages:
        rows = {"few_rows": 16, "some_rows": 64}.get(stage["name"])
        loops = count_loops(found, stage) if rows else []
        assert all(loop["HMMA"] == 2 * rows * 64 * dim // (16 * 8 * 16) // 4 for loop in loops)
        most = LOCAL_IN_LOOPS.get((name, stage["name"]), 0) if target == "sm_90a" else 0
        assert all(count_local(loop) <= most for loop in loops), (stage["symbol"], [(loop["LDL"], loop["STL"]) for loop in loops])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", [name for name in names() if dtype_of(name).itemsize == 4])
def test_products_of_f32(assembled, name, target):
    """Numbers of f32 meet three times, as pairs of numbers of tf32; nothing else multiplies them."""
    found = assembled[name, target]
    single = name in cases() and cases()[name].problem.precision == "tf32"
    for stage in found.stages:
        loops = count_loops(found, stage) if multiplies(stage) else []
        opcodes = {one.opcode for one in found.kernels[stage["symbol"]].instructions if one.name == "HMMA"}
        assert opcodes == ({"HMMA.1688.F32.TF32"} if loops else set())
        # A product of 16 x 8 x 16 is two on tf32, or six.
        assert all(loop["HMMA"] % (2 if single else 6) == 0 for loop in loops)


@pytest.mark.parametrize("name, rows, keys", [("full_d64_f32", 16, 64), ("causal_d128_f32", 16, 16)])
def test_many_rows_of_f32(assembled, name, rows, keys):
    found, dim = assembled[name, "sm_80"], cases()[name].problem.dim
    assert {loop["HMMA"] for loop in count_loops(found, found.stages[0])} == {6 * 2 * rows * keys * dim // (16 * 8 * 16)}


def sort_by_guards(assembled, name, target):
    """The loops of the kernel for many rows, those without guards first."""
    found = assembled[name, target]
    stage = found.stages[0]
    loops = count_loops(found, stage, "HGMMA" if stage["persistent"] else "HMMA")
    return sorted(loops, key=lambda loop: loop["FSEL"])


@pytest.mark.parametrize("target", TARGETS)
def test_an_unmasked_loop_has_no_guard(assembled, target):
    """Without a mask the main loop selects nothing by key, whereas the loop over the tail does."""
    loops = sort_by_guards(assembled, "full_d128", target)
    assert loops[0]["FSEL"] + 64 <= loops[-1]["FSEL"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["causal_d128", "window_d128", "chunked_d64", "grouped_window_d64"])
def test_guards_are_bits(assembled, name, target):
    """A guard selects once for each score. What to select comes from words of bits, seven at a time, at one end of an interval as at two."""
    loops = sort_by_guards(assembled, name, target)
    free, guarded = loops[0], loops[-1]
    scores = guarded["FSEL"] - free["FSEL"]
    assert scores in (64, 128)
    assert guarded["R2P"] >= scores / 7
    assert guarded["ISETP"] - free["ISETP"] <= 2


@pytest.mark.parametrize("target", TARGETS)
def test_a_linear_bias_starts_the_product(assembled, target):
    """Positions are converted once for each row; a score costs one instruction, which comes before its product."""
    bias, plain = (sort_by_guards(assembled, name, target)[0] for name in ("alibi_causal_d128", "causal_d128"))
    assert bias["I2F"] <= 4
    assert bias["FFMA"] + bias["FMUL"] + bias["FADD"] <= plain["FFMA"] + plain["FMUL"] + plain["FADD"] + 64 + 16
