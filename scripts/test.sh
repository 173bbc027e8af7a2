#!/usr/bin/env bash
# Builds what is left to build and runs the tests:
#
#   scripts/test.sh [--preset dev|release|asan] [SUITE...]
#
# Suites: unit (GoogleTest, through ctest), lit, roundtrip (lit once more, with every attn-opt under --verify-roundtrip), python.
# Without names: unit, lit and python; unit and lit under asan, which has no Python module. The last line is
# `N passed, N failed`; the status is non-zero if a test failed, or if a suite ran none.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

usage() {
  sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

preset=release
suites=()
while (($# > 0)); do
  case "$1" in
    --preset) preset="${2:-}" && shift 2 || attn_fail "--preset needs a name: dev, release or asan" ;;
    --preset=*) preset="${1#*=}" && shift ;;
    -h | --help) usage && exit 0 ;;
    unit | lit | roundtrip | python) suites+=("$1") && shift ;;
    *) attn_fail "expected a suite (unit, lit, roundtrip, python) or --preset NAME, but got '$1'" ;;
  esac
done
build="$(attn_build_folder "$preset")"
if ((${#suites[@]} == 0)); then
  suites=(unit lit)
  [[ "$preset" == asan ]] || suites+=(python)
fi
[[ "$preset" != asan || " ${suites[*]} " != *" python "* ]] || attn_fail "the asan preset has no Python module to test"

results="$build/test-results"
jobs="${ATTN_JOBS:-$(nproc)}"
limit=2400 # seconds a suite may take: a test that hangs ends its suite, which then counts as failed

run_unit() {
  ctest --test-dir "$build" --parallel "$jobs" --timeout 600 --output-on-failure --output-junit "$results/unit.xml"
}
run_lit() { # NAME OF THE RESULT FILE
  timeout "$limit" "$attn_python" /usr/lib/llvm-22/bin/lit -sv --no-progress-bar --workers "$jobs" --xunit-xml-output "$results/$1.xml" "$build/test"
}
run_python() {
  PYTHONPATH="$build/python${PYTHONPATH:+:$PYTHONPATH}" PATH="$build/bin:$PATH" ATTN_CACHE_DIR="$build/test/kernel-cache" \
    ATTN_TEST_KERNELS="$build/test/unit/runtime/kernels" ATTN_TEST_COMPILER="$build/test/unit/runtime/libfake_attn.so" \
    timeout "$limit" "$attn_python" -m pytest -q -p no:cacheprovider --junitxml "$results/python.xml" "$attn_root/test/python"
}

attn_install_packages
attn_prepare_python
# Old results must not be counted if what writes the new ones breaks down.
rm -rf "$results" && mkdir -p "$results"
attn_build "$preset" || { echo "0 passed, 1 failed" && exit 1; }
for suite in "${suites[@]}"; do
  # A failing suite shows in its result file, and a suite without one counts as failed: so go on to the others.
  case "$suite" in
    unit) attn_step "unit tests ($preset)" run_unit || true ;;
    lit) attn_step "lit ($preset)" run_lit lit || true ;;
    roundtrip) ATTN_VERIFY_ROUNDTRIP=1 attn_step "lit --verify-roundtrip ($preset)" run_lit roundtrip || true ;;
    python) attn_step "Python tests ($preset)" run_python || true ;;
  esac
done
"$attn_python" "$attn_root/scripts/count_tests.py" "${suites[@]/#/$results/}"
