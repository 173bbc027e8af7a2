// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule --attn-to-cpu | FileCheck %s

!t = tensor<?x2x?x64xf32>

// Nothing but the LLVM dialect is left: the pass itself says so. What is exported is a function per stage and the plan.
// CHECK-NOT: func.func
// CHECK: llvm.func @f_stage_0(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64)
// CHECK: llvm.func @f_plan(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr)
// No function of a library is called.
// CHECK-NOT: llvm.func @{{(malloc|free|memcpy|exp|tanh)}}
func.func @f(%q: !t) -> !t attributes {attn.target = #attn.target<"x86-64-v3">} {
  %o = attn.attention %q, %q, %q mask = #attn.causal score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %y = math.tanh %s : f32
      attn.yield %y : f32
  } : !t, !t, !t -> !t
  return %o : !t
}
