// RUN: attn-explain %s --entry=causal --shape Tq=4096,Tk=4096 --target=sm_90a | FileCheck %s --check-prefix=HOPPER
// RUN: attn-explain %s --entry=causal --shape Tq=4096,Tk=4096 --target=sm_80 | FileCheck %s --check-prefix=AMPERE
// RUN: attn-explain %s --entry=causal --shape B=8,Tq=1,Tk=8192 --target=sm_90a | FileCheck %s --check-prefix=DECODE
// RUN: attn-explain %s --entry=capped --target=sm_90a | FileCheck %s --check-prefix=CAPPED
// RUN: attn-explain %s --entry=sloped --target=sm_90a | FileCheck %s --check-prefix=SLOPED
// RUN: attn-explain %s --entry=long_heads --target=sm_90a | FileCheck %s --check-prefix=LONG
// RUN: attn-explain %s --entry=odd --target=sm_90a | FileCheck %s --check-prefix=ODD
// RUN: attn-explain %s --entry=ring --shape Tq=1024,Tk=1024,Tk1=256 --set offset=1024 --target=sm_90a | FileCheck %s --check-prefix=RING
// RUN: attn-explain %s --entry=causal --shape Tq=0,Tk=0 --target=sm_90a | FileCheck %s --check-prefix=NOTHING
// RUN: attn-explain %s --entry=single --shape Tq=4096,Tk=4096 --target=sm_80 | FileCheck %s --check-prefix=SINGLE

// A tile has 128 rows of 4 packed heads, 32 positions: 128 row tiles of each of 8 key heads.
// HOPPER: tiles 128 rows x 128 keys, panels of 64 rows, key bounds to 16; rows of 4 heads are packed
// HOPPER-NEXT: 15872 without guards, 1024 guarded, 15872 of 32768 empty
// HOPPER: kernels for sm_90a; those marked * run for these sizes
// HOPPER-NEXT: * rows 128 rows x 128 keys: 384 threads, {{[0-9]+}} bytes of shared memory, 1 block a multiprocessor
// HOPPER-NEXT: roles: 1 warpgroup copies, with 40 registers a thread; 2 compute 64 rows each, with 232
// HOPPER-NEXT: stages: 2 of keys, 2 of values, 2 of queries; outputs leave as tiles
// HOPPER-NEXT: {{^      few_rows +}}16 rows x 64 keys: 128 threads, {{[0-9]+}} bytes of shared memory, 2 blocks a multiprocessor
// HOPPER-NEXT: warps: 4 of 16 rows x 16 keys
// HOPPER-NEXT: stages: a ring of {{[2-4]}} tiles of keys and values
// HOPPER-NEXT: some_rows 64 rows x 64 keys: 128 threads
// HOPPER-NEXT: warps: 4 of 32 rows x 32 keys
// HOPPER-NEXT: stages: a ring of
// HOPPER-NEXT: combine 1 row: 128 threads
// HOPPER-NEXT: for rows that do not begin at multiples of 16 bytes: rows with 256 threads and 98304 bytes, else the same sizes
// HOPPER-NEXT: tasks 1024 of rows, the longest first for 8 of 8 key heads at a time; 7.76 waves of 132 blocks on 132 multiprocessors
// 128 x 128 x (128 + 128) / 2048 cycles.
// HOPPER-NEXT: key tile cycles of a multiprocessor: products 2048, exponentials 1056, arithmetic {{[0-9]+}}, shared memory 1792
// HOPPER-NEXT: limit products: at least {{.*}} us on an H100, {{.*}} TFLOP/s; memory {{.*}} us; products outlast memory from 295 FLOP/byte on

// AMPERE: tiles 128 rows x 64 keys, panels of 32 rows
// AMPERE: * rows 128 rows x 64 keys: 128 threads, 65536 bytes of shared memory, 2 blocks a multiprocessor
// AMPERE-NEXT: warps: 4 of 32 rows, at most 255 registers a thread
// AMPERE-NEXT: stages: 1 of keys, 1 of values
// AMPERE: for rows that do not begin at multiples of 16 bytes: the same sizes
// AMPERE-NEXT: tasks 1024 of rows, the longest first for 8 of 8 key heads at a time; 4.74 waves of 216 blocks on 108 multiprocessors
// AMPERE-NEXT: key tile cycles of a multiprocessor: products 2048, exponentials {{[0-9]+}}, arithmetic {{[0-9]+}}, shared memory 1536
// AMPERE-NEXT: limit products: at least {{.*}} us on an A100

// The four heads of a group are four of sixteen rows. Reading the keys takes all the time; their chunks fill the device once.
// DECODE: {{^      rows }}
// DECODE: * few_rows
// DECODE: {{^      some_rows }}
// DECODE: * combine
// DECODE: tasks 256 of few_rows; 0.97 waves of 264 blocks on 132 multiprocessors; then 256 of combine
// DECODE: limit memory: at least {{.*}} us on an H100

// A hyperbolic tangent is an exponential and a reciprocal.
// CAPPED: key tile cycles of a multiprocessor: products 2048, exponentials 3104,
// CAPPED-NEXT: limit exponentials:

// Products start from what is added to scores.
// SLOPED: key tile cycles of a multiprocessor: products 2048, exponentials 1056,
// SLOPED-NEXT: limit products:

// LONG: * rows 128 rows x 80 keys: 384 threads
// LONG: stages: 2 of keys, 2 of values, 1 of queries; outputs leave row by row

// Rows of 66 bytes: no asynchronous copy takes them.
// ODD: * rows {{[0-9]+}} rows x {{[0-9]+}} keys: {{[0-9]+}} threads
// ODD-NEXT: warps: {{[0-9]+}} of 16 rows, at most {{[0-9]+}} registers a thread
// ODD-NOT: for rows that do not begin

// Each attention has a family of its own.
// RING: Tq=1024 Tk=1024
// RING: tasks {{[0-9]+}} of {{.*}}rows
// RING: Tq=1024 Tk=256
// RING: tasks {{[0-9]+}} of {{.*}}rows

// NOTHING: kernels for sm_90a
// NOTHING-NOT: tasks
// NOTHING-NOT: limit

// Each product of f32 is three, at half the rate: 128 x 64 x (64 + 64) / 1024 x 6 cycles.
// SINGLE: * rows 128 rows x 64 keys: 256 threads, 65536 bytes of shared memory, 1 block a multiprocessor
// SINGLE-NEXT: warps: 8 of 16 rows
// SINGLE: key tile cycles of a multiprocessor: products 6144,
// SINGLE-NEXT: limit products:

!q = tensor<?x32x?x128xbf16>
!k = tensor<?x8x?x128xbf16>
!h = tensor<?x4x?x256xbf16>
!s = tensor<?x4x?x33xf16>
!r = tensor<?x8x?x64xbf16>
!lse = tensor<?x8x?xf32>
!f = tensor<?x4x?x64xf32>
func.func @causal(%q: !q, %k: !k, %v: !k) -> !q {
  %o = attn.attention %q, %k, %v mask = #attn.causal : !q, !k, !k -> !q
  return %o : !q
}
func.func @capped(%q: !q, %k: !k, %v: !k) -> !q {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %cap = arith.constant 30.0 : f32
      %x = arith.divf %s, %cap : f32
      %t = math.tanh %x : f32
      %y = arith.mulf %t, %cap : f32
      attn.yield %y : f32
    } : !q, !k, !k -> !q
  return %o : !q
}
func.func @sloped(%q: !q, %k: !k, %v: !k) -> !q {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %slope = arith.constant 0.0625 : f32
      %d = arith.subi %j, %i : index
      %n = arith.index_cast %d : index to i32
      %f = arith.sitofp %n : i32 to f32
      %bias = arith.mulf %slope, %f : f32
      %t = arith.addf %s, %bias : f32
      attn.yield %t : f32
    } : !q, !k, !k -> !q
  return %o : !q
}
func.func @long_heads(%q: !h, %k: !h, %v: !h) -> !h {
  %o = attn.attention %q, %k, %v : !h, !h, !h -> !h
  return %o : !h
}
func.func @odd(%q: !s, %k: !s, %v: !s) -> !s {
  %o = attn.attention %q, %k, %v : !s, !s, !s -> !s
  return %o : !s
}
func.func @ring(%q: !r, %k1: !r, %v1: !r, %k2: !r, %v2: !r, %offset: index) -> (!r, !lse) {
  %o1, %lse1 = attn.attention %q, %k1, %v1 mask = #attn.causal offset(%offset : index) : !r, !r, !r -> !r, lse : !lse
  %o2, %lse2 = attn.attention %q, %k2, %v2 : !r, !r, !r -> !r, lse : !lse
  %o, %lse = attn.merge %o1, %lse1 with %o2, %lse2 : !r, !lse
  return %o, %lse : !r, !lse
}
func.func @single(%q: !f, %k: !f, %v: !f) -> !f {
  %o = attn.attention %q, %k, %v : !f, !f, !f -> !f
  return %o : !f
}
