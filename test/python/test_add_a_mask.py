"""Follows docs/add_a_mask.md to the letter, in a copy of the sources with a build of its own."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

import attn

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(attn.__file__).resolve().parents[2]
PAGE = ROOT / "docs/add_a_mask.md"
# What a build of the tools needs, and the folder of the new test (without the unit tests).
COPIED = ["CMakeLists.txt", "cmake", "dialect", "passes", "codegen", "runtime", "tools", "docs", "test"]
KEPT = ["CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER", "CMAKE_C_COMPILER_LAUNCHER", "CMAKE_CXX_COMPILER_LAUNCHER",
        "CMAKE_CXX_FLAGS", "CMAKE_EXE_LINKER_FLAGS", "CMAKE_SHARED_LINKER_FLAGS", "MLIR_DIR", "LLVM_DIR", "Python3_EXECUTABLE", "Python_EXECUTABLE"]


def read_steps(page):
    """(verb, path, text) of each file to write, and the commands to run."""
    edits = re.findall(r"^(Create|Append to) `([^`]+)`:\n\n(````?)\w+\n(.*?)^\3\n", page, flags=re.MULTILINE | re.DOTALL)
    commands = re.findall(r"^```bash\n(.*?)^```\n", page, flags=re.MULTILINE | re.DOTALL)
    return [(verb, path, text) for verb, path, _, text in edits], "".join(commands).splitlines()


def test_the_steps_are_found():
    edits, commands = read_steps(PAGE.read_text(encoding="utf-8"))
    assert [verb for verb, _, _ in edits] == ["Create", "Append to", "Create"]
    assert len(commands) == 2


def cached_settings():
    """How the build under test was configured."""
    cache = dict(re.findall(r"^(\w+):\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(encoding="utf-8"), flags=re.MULTILINE))
    return [f"-D{name}={cache[name]}" for name in KEPT if cache.get(name)]


def run(command, folder, **options):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.mark.skipif(not (BUILD / "CMakeCache.txt").exists(), reason="needs a build tree")
def test_the_steps_add_a_mask(tmp_path):
    edits, commands = read_steps(PAGE.read_text(encoding="utf-8"))
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("unit", "lib", "__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    for verb, path, text in edits:
        target = tmp_path / path
        assert target.exists() == (verb == "Append to")
        with target.open("a", encoding="utf-8") as file:
            file.write(text)
    # Nothing is measured here, so the build is the quickest one; with ccache, only the first of its kind takes its time.
    environment = {**os.environ, "CCACHE_BASEDIR": str(tmp_path), "CCACHE_NOHASHDIR": "1"}
    quick = ["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O0", "-DCMAKE_C_FLAGS_RELEASE=-O0"]
    run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", *cached_settings(), *quick], tmp_path, env=environment)
    for command in commands:
        output = run(command, tmp_path, shell=True, env=environment)
    assert "Passed: 1" in re.sub(r" +", " ", output)
