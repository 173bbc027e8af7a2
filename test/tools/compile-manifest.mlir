// The manifest: what a program has to know of a bundle without reading its code.

// RUN: rm -rf %t && attn-compile %s --target=x86-64-v3,x86-64 -o %t && FileCheck %s --input-file %t/layer.json
// RUN: %python -c "import json; m = json.load(open(r'%t/layer.json')); print([a['name'] for a in m['arguments']], [t['target'] for t in m['targets']])" | FileCheck %s --check-prefix=PARSED
// PARSED: ['q', 'k', 'v', 'lengths', 'scale', 'o'] ['x86-64', 'x86-64-v3']

// The hash tells descriptions and targets apart.
// RUN: sed 's/layer(/layer( /' %s > %t/other.mlir
// RUN: attn-compile %t/other.mlir --target=x86-64-v3,x86-64 -o %t/other
// RUN: cat %t/layer.json %t/other/layer.json | grep source_hash | sort -u | count 4

// CHECK-DAG: "abi_version": 1,
// CHECK-DAG: "compiler": "{{.*}} (LLVM 22.{{.*}})",
// CHECK-DAG: "entry": "layer",
// CHECK-DAG: "format": 1,
// CHECK-DAG: "name": "layer",
// CHECK-DAG: "requires": "x86-64",
// CHECK-DAG: "source": "compile-manifest.mlir",
// CHECK-DAG: "mask": "#attn.causal",
// CHECK-DAG: "head_dim": 16,
// CHECK-DAG: "value_dim": 24
// CHECK-DAG: "key_heads": 2,
// CHECK-DAG: "query_heads": 8,
// CHECK-DAG: "normalizer": "#attn.softmax",
// CHECK-DAG: "values_at_most": [
// CHECK-DAG: "values": "above zero"
// CHECK-DAG: "scratch_bytes_per_worker": {{[1-9][0-9]+}},
// CHECK-DAG: "small_rows",
// CHECK-DAG: "split_keys",
// CHECK-DAG: "reproducible":
// CHECK-DAG: "workspace_bytes": "layer_plan tells, from the sizes"

func.func @layer(%q: tensor<?x8x?x16xbf16>, %k: tensor<?x2x64x16xbf16>, %v: tensor<?x2x64x24xbf16>, %lengths: tensor<?xi32>, %scale: f32)
    -> tensor<?x8x?x24xf32> {
  %o = attn.attention %q, %k, %v mask = #attn.causal scale(%scale) lengths(%lengths : tensor<?xi32>)
    : tensor<?x8x?x16xbf16>, tensor<?x2x64x16xbf16>, tensor<?x2x64x24xbf16> -> tensor<?x8x?x24xf32>
  return %o : tensor<?x8x?x24xf32>
}
