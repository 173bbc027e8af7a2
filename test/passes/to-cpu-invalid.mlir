// RUN: attn-opt %s --attn-to-cpu --split-input-file --verify-diagnostics

// expected-error @below {{expected a function with the attribute 'attn.target' = #attn.target<...>}}
module {
  func.func @f() {
    return
  }
}

// -----

func.func @f() attributes {attn.target = #attn.target<"x86-64-v3">} {
  return
}
// expected-error @below {{expected one target for all functions of a module, but got #attn.target<"x86-64-v3"> and #attn.target<"x86-64-v4">}}
func.func @g() attributes {attn.target = #attn.target<"x86-64-v4">} {
  return
}

// -----

// expected-error @below {{expected target x86-64, x86-64-v3, x86-64-v4, x86-64-v4+avx512bf16, sm_80, sm_90a, but got 'sm_70'}}
module {
  func.func @f() attributes {attn.target = #attn.target<"sm_70">} {
    return
  }
}
