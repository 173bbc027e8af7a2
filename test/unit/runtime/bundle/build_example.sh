#!/bin/sh
# Builds examples/c with nothing but a C compiler and runs it. The bundle's object file is made of the kernel written by hand.
#   build_example.sh ROOT OUT [CC]
set -eu
root=$1 out=$2 cc=${3:-cc}
rm -rf "$out"
mkdir -p "$out"
cp "$root/runtime/attn_abi.h" "$root/test/unit/runtime/bundle/attention.h" "$out"
for part in kernel check plan run; do
  renames="${renames:-} -Dattn_bundle_$part=attention_$part"
done
# shellcheck disable=SC2086
for source in "$root/test/unit/runtime/fake_kernel.c" "$root/codegen/cpu/BundleSupport.c"; do
  "$cc" -std=c11 -O2 -I "$root" $renames -c "$source" -o "$out/$(basename "$source" .c).o"
done
"$cc" -nostdlib -r -o "$out/attention.o" "$out/fake_kernel.o" "$out/BundleSupport.o"
make -s -C "$root/examples/c" CC="$cc" BUNDLE="$out" OUT="$out"
"$out/example"
