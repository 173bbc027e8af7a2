"""What can be said of GPU code without a GPU: every case of benchmarks/gpu_cases.py and decode_cases.py assembles, and its machine code is what it should be.

Needs ptxas (on the PATH or named by ATTN_PTXAS) and nvdisasm (package nvidia-cuda-nvdisasm); scripts/setup.sh brings both.
"""

import collections
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

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

PTXAS = os.environ.get("ATTN_PTXAS") or shutil.which("ptxas")
# Loads and stores of local memory inside a loop with matrix products. None is the aim; seen are 0 to 12, and up to 22 where a loop has guards
# or score arithmetic.
MOST_LOCAL = 24


def find_disassembler():
    spec = importlib.util.find_spec("nvidia")
    folders = list(spec.submodule_search_locations) if spec else []
    wheels = [path for folder in folders for path in pathlib.Path(folder).glob("cu*/bin/nvdisasm")]
    return shutil.which("nvdisasm") or (str(wheels[0]) if wheels else None)


NVDISASM = find_disassembler()
pytestmark = pytest.mark.skipif(not PTXAS or not NVDISASM, reason="needs ptxas and nvdisasm")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr}"
    return done.stdout + done.stderr


def read_kernels(cubin):
    """{kernel: [(label or None, instruction), ...]} of a cubin."""
    kernels, current = {}, None
    for line in run(NVDISASM, "-c", cubin).splitlines():
        if section := re.match(r"\.section\s+\.text\.(\w+)", line.strip()):
            current = kernels.setdefault(section.group(1), [])
        elif label := re.match(r"(\.L_x_\d+):", line):
            current.append((label.group(1), ""))
        elif current is not None and (instruction := re.search(r"/\*[0-9a-f]{4,}\*/\s+(.*?);", line)):
            current.append((None, instruction.group(1)))
    return kernels


def count_loops(lines):
    """How often each opcode stands in each loop with matrix products."""
    places = {label: index for index, (label, _) in enumerate(lines) if label}
    loops = []
    for index, (_, text) in enumerate(lines):
        target = re.search(r"BRA.*(\.L_x_\d+)", text)
        if target and places.get(target.group(1), index) < index:
            loops.append((places[target.group(1)], index))
    opcode = lambda text: re.sub(r"^@!?U?P\w+\s+", "", text).split()[0].split(".")[0]
    counts = [collections.Counter(opcode(text) for _, text in lines[begin : end + 1] if text) for begin, end in loops]
    return [count for count in counts if count["HMMA"]]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """Folder of the bundles of all cases."""
    folder = tmp_path_factory.mktemp("gpu")
    command = [sys.executable, ROOT / "scripts" / "gpu_build.py", "--output", folder, "--attn-compile", shutil.which("attn-compile")]
    warnings.warn(run(*command).splitlines()[-1])  # shown in the summary: it does not make a test fail, but somebody must run them
    return folder


def names():
    import decode_cases
    import gpu_cases

    return [case.name for case in gpu_cases.cases() + decode_cases.cases()]


@pytest.fixture(scope="module")
def assembled(bundles):
    """{case: (manifest, what ptxas says, kernels)}."""

    def assemble(name):
        folder = bundles / name
        manifest = json.loads((folder / "attention.json").read_text())
        target = manifest["targets"][0]
        report = run(PTXAS, f"-arch={target['target']}", "-v", folder / target["ptx"], "-o", os.devnull)
        return name, (target, report, read_kernels(folder / target["cubin"]))

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(pool.map(assemble, names()))


@pytest.mark.parametrize("name", names())
def test_machine_code(assembled, name):
    target, report, kernels = assembled[name]
    assert "Potential Performance Loss" not in report
    assert set(kernels) == {stage["symbol"] for stage in target["stages"]}
    for stage in target["stages"]:
        loops = count_loops(kernels[stage["symbol"]])
        if stage["name"] == "combine":
            continue  # it only adds up
        assert loops, "a kernel without a loop of matrix products"
        # Loops with and without guards, of one segment or another, do the same products.
        assert len({loop["HMMA"] for loop in loops}) == 1
        if stage["alignment"] == 16:
            assert all(loop["LDGSTS"] for loop in loops), "keys and values are not copied asynchronously"
            assert all(loop["LDL"] + loop["STL"] <= MOST_LOCAL for loop in loops), [(loop["LDL"], loop["STL"]) for loop in loops]


@pytest.mark.parametrize("name, dim, keys, rows", [("full_d64", 64, 128, 32), ("full_d128", 128, 64, 32), ("full_d256", 256, 64, 16)])
def test_products(assembled, name, dim, keys, rows):
    """A warp's share of Q K^T and of P V, in products of 16 x 8 x 16."""
    target, _, kernels = assembled[name]
    loops = count_loops(kernels[target["stages"][0]["symbol"]])
    assert {loop["HMMA"] for loop in loops} == {2 * rows * keys * dim // (16 * 8 * 16)}


@pytest.mark.parametrize("name, dim", [("decode_64_8_d128", 128), ("decode_window_d128_f16", 128), ("decode_full_d32", 32), ("decode_soft_cap_d256", 256)])
def test_products_of_few_rows(assembled, name, dim):
    """Four warps share the products of a tile of 64 keys; in these kernels nothing is kept in local memory."""
    target, _, kernels = assembled[name]
    for stage in target["stages"]:
        rows = {"few_rows": 16, "some_rows": 64}.get(stage["name"])
        loops = count_loops(kernels[stage["symbol"]]) if rows else []
        assert all(loop["HMMA"] == 2 * rows * 64 * dim // (16 * 8 * 16) // 4 for loop in loops)
        assert all(not loop["LDL"] + loop["STL"] for loop in loops), (stage["symbol"], [(loop["LDL"], loop["STL"]) for loop in loops])


def test_an_unmasked_loop_has_no_guard(assembled):
    """Without a mask the main loop selects nothing by key, whereas the loop over the tail does."""
    target, _, kernels = assembled["full_d128"]
    loops = sorted(count_loops(kernels[target["stages"][0]["symbol"]]), key=lambda loop: loop["FSEL"])
    assert loops[0]["FSEL"] + 64 <= loops[-1]["FSEL"]


@pytest.mark.parametrize("name", ["causal_d128", "window_d128", "chunked_d64", "grouped_window_d64"])
def test_guards_are_bits(assembled, name):
    """A guard selects once for each score. What to select comes from words of bits, seven at a time, at one end of an interval as at two."""
    target, _, kernels = assembled[name]
    loops = sorted(count_loops(kernels[target["stages"][0]["symbol"]]), key=lambda loop: loop["FSEL"])
    free, guarded = loops[0], loops[-1]
    scores = guarded["FSEL"] - free["FSEL"]
    assert scores in (64, 128)
    assert guarded["R2P"] >= scores / 7
    assert guarded["ISETP"] - free["ISETP"] <= 2


def test_a_linear_bias_starts_the_product(assembled):
    """Positions are converted once for each row; a score costs one instruction, which comes before its product."""
    loops = {name: count_loops(assembled[name][2][assembled[name][0]["stages"][0]["symbol"]])[0] for name in ("alibi_causal_d128", "causal_d128")}
    bias, plain = loops["alibi_causal_d128"], loops["causal_d128"]
    assert bias["I2F"] <= 4
    assert bias["FFMA"] + bias["FMUL"] + bias["FADD"] <= plain["FFMA"] + plain["FMUL"] + plain["FADD"] + 64 + 16
