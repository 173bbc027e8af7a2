#!/bin/sh
# Compares random descriptions with the interpreter: scripts/fuzz.sh [COUNT [SEED]]. Needs a build (scripts/test.sh makes one);
# ATTN_BUILD_DIR names it if it is not build/. Exits with 0 only if every description was right.
set -eu
cd "$(dirname "$0")/.."
program="${ATTN_BUILD_DIR:-build}/bin/attn-fuzz"
if [ ! -x "$program" ]; then
  echo "expected $program, but there is none: run scripts/test.sh first" >&2
  exit 1
fi
exec "$program" --count="${1:-10000}" --seed="${2:-2026}"
