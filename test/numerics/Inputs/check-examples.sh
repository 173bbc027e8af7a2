#!/bin/sh
# check-examples.sh EXAMPLES TYPE SCRATCH: runs every description of the folder EXAMPLES with tensors of element type TYPE against
# the interpreter.
set -eu
for file in "$1"/*.mlir; do
  sed -E "s/(tensor<[?]x[0-9]+x[?]x[0-9]+)x(f32|bf16|f16)>/\1x$2>/g" "$file" >"$3.mlir"
  attn-run "$3.mlir" --check --seed 1 || { echo "in $file as $2" >&2; exit 1; }
done
