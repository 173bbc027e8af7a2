// RUN: not attn-explain %s --entry=window 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: expected --set W=..., because the function takes this number at run time

// RUN: not attn-explain %s --entry=window --set W=1,X=2 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: expected --set to name scalar arguments of the function, but got 'X'

// RUN: not attn-explain %s --entry=window --set W=1 --shape N=3 2>&1 | FileCheck %s --check-prefix=SIZE
// SIZE: error: expected --shape to name dynamic sizes of the function (B, Tq, Tk), but got 'N'

// RUN: not attn-explain %s --entry=window --set W=1 --target=pdp-11 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: expected {{.*}}target

// RUN: not attn-explain %s --entry=nothing 2>&1 | FileCheck %s --check-prefix=NOTHING
// NOTHING: error: expected an attention in 'nothing', but there is none

!t = tensor<?x2x?x4xf32>
func.func @window(%q: !t, %k: !t, %v: !t, %w: index) -> !t {
  %o = attn.attention %q, %k, %v mask = #attn.window<left = W> symbols(W = %w) : !t, !t, !t -> !t
  return %o : !t
}
func.func @nothing(%q: !t) -> !t {
  return %q : !t
}
