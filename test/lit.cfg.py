"""How lit finds and runs the tests of this folder.

ATTN_VERIFY_ROUNDTRIP=1 runs every `attn-opt` of the suite with --verify-roundtrip: whatever a test feeds it must print and parse
back to the same IR.
"""

import os
import shutil
import subprocess

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "attn"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".sh"]
config.excludes = ["unit", "python", "lib", "Inputs", "CMakeLists.txt", "lit.cfg.py"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.attn_build_dir, "test")

# Tests neither see nor fill the user's kernel cache.
config.environment["ATTN_CACHE_DIR"] = os.path.join(config.test_exec_root, "kernel-cache")
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
for name in ("ATTN_NUM_THREADS", "ATTN_PTXAS", "ATTN_TARGET", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
if os.environ.get("ATTN_PTXAS") or shutil.which("ptxas"):
    config.available_features.add("ptxas")
if config.attn_sanitize:
    config.available_features.add("sanitizer")
    config.environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")

attn_opt_arguments = ["--verify-roundtrip"] if os.environ.get("ATTN_VERIFY_ROUNDTRIP") == "1" else []
tools = [
    ToolSubst("attn-opt", extra_args=attn_opt_arguments, unresolved="ignore"),
    ToolSubst("attn-run", unresolved="ignore"),
    ToolSubst("attn-compile", unresolved="ignore"),
    ToolSubst("attn-explain", unresolved="ignore"),
    ToolSubst("attn-lsp-server", unresolved="ignore"),
    ToolSubst("llvm-tblgen"),
]
llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)
llvm_config.with_environment("PATH", config.attn_tools_dir, append_path=True)
llvm_config.use_default_substitutions()
llvm_config.add_tool_substitutions(tools, [config.attn_tools_dir, config.llvm_tools_dir])
config.substitutions.append(("%python", f'"{config.python}"'))
config.substitutions.append(("%examples", os.path.join(config.attn_source_dir, "examples")))
config.substitutions.append(("%source_dir", config.attn_source_dir))
config.substitutions.append(("%build_dir", config.attn_build_dir))
config.substitutions.append(("%mlir_include_dir", config.mlir_include_dir))


def cpu_features():
    """The instruction sets a test may ask for with REQUIRES, as this machine's kernel names them."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as cpuinfo:
            flags = next((line for line in cpuinfo if line.startswith("flags")), "")
    except OSError:
        return set()
    return set(flags.split()) & {"avx2", "f16c", "avx512f", "avx512_bf16"}


def can_mount():
    """Whether a test may mount a file system that only it sees: a full disk, a read-only one."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0


config.available_features |= cpu_features()
if can_mount():
    config.available_features.add("private-mount")
