// RUN: attn-explain %s --entry=causal --shape Tq=512,Tk=512 | FileCheck %s --check-prefix=CAUSAL
// RUN: attn-explain %s --entry=streaming --shape B=2,Tq=1024,Tk=1024 --set W=127 | FileCheck %s --check-prefix=STREAMING
// RUN: attn-explain %s --entry=strided --shape Tq=640,Tk=640 | FileCheck %s --check-prefix=STRIDED
// RUN: attn-explain %s --entry=future --shape Tq=4,Tk=4 | FileCheck %s --check-prefix=FUTURE
// RUN: attn-explain %s --entry=causal --target=x86-64-v3 | FileCheck %s --check-prefix=MACHINE
// RUN: attn-explain %s --entry=causal --shape Tq=0,Tk=0 | FileCheck %s --check-prefix=NOTHING

// CAUSAL: attention of f32, B=1 Hq=4 Hk=2 Tq=512 Tk=512 Dk=64 Dv=32
// CAUSAL-NEXT: mask #attn.causal
// CAUSAL-NEXT: segments 1
// CAUSAL-NEXT: key j: j < i + 1
// CAUSAL-NEXT: tiles 128 rows x 128 keys (target: not given)
// CAUSAL-NEXT: 24 without guards, 16 guarded, 24 of 64 empty
// CAUSAL-NEXT: empty rows none
// 4 heads x 512 * 513 / 2 pairs, 2 * (64 + 32) operations for each.
// CAUSAL-NEXT: pairs 525312 visible, 50.1 % of all
// CAUSAL-NEXT: work 0.1009 GFLOP on visible pairs, 1.18 MB
// CAUSAL: {{^ +\+\.+$}}
// CAUSAL: {{^ +#+\+$}}

// STREAMING: B=2 {{.*}} W=127
// STREAMING: segments 2
// STREAMING-DAG: key j: j >= i - W, j < i + 1
// STREAMING-DAG: key j: j < min(
// STREAMING: empty rows none

// STRIDED: segments 1, for each residue class of queries i = 5 x + R
// STRIDED-NEXT: key 5 y + R: y < x + 1
// STRIDED: guarded, in strided views; 25 in a sweep over all pairs

// FUTURE: empty rows row 3 of batch 0, head 0 sees no key
// FUTURE: {{^ +}}.###
// FUTURE-NEXT: {{^ +}}..##

// MACHINE: tiles {{[0-9]+}} rows x {{[0-9]+}} keys, panels of {{[0-9]+}} rows, key bounds to {{[0-9]+}}

// NOTHING: pairs 0 visible, 0 % of all
// NOTHING-NOT: map

!q = tensor<?x4x?x64xf32>
!k = tensor<?x2x?x64xf32>
!v = tensor<?x2x?x32xf32>
!o = tensor<?x4x?x32xf32>
!s = tensor<?x1x?x64xf32>
func.func @causal(%q: !q, %k: !k, %v: !v) -> !o {
  %o = attn.attention %q, %k, %v mask = #attn.causal : !q, !k, !v -> !o
  return %o : !o
}
func.func @streaming(%q: !q, %k: !k, %v: !v, %w: index) -> !o {
  %o = attn.attention %q, %k, %v mask = #attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = W>, #attn.sinks<4>]>]> symbols(W = %w)
    : !q, !k, !v -> !o
  return %o : !o
}
func.func @strided(%q: !s, %k: !s, %v: !s) -> !s {
  %o = attn.attention %q, %k, %v mask = #attn.all_of<[#attn.causal, #attn.strided<5>]> : !s, !s, !s -> !s
  return %o : !s
}
func.func @future(%q: !s, %k: !s, %v: !s) -> !s {
  %o = attn.attention %q, %k, %v mask = #attn.not<#attn.causal> : !s, !s, !s -> !s
  return %o : !s
}
