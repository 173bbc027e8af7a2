// RUN: attn-opt %s --allow-unregistered-dialect --attn-normalize --attn-tile --attn-schedule --attn-to-nvptx --split-input-file --verify-diagnostics

// expected-error @below {{expected tiles of at most 166912 bytes of shared memory for target sm_80, but got}}
func.func @wide_heads(%q: tensor<?x1x?x1024xbf16>) -> tensor<?x1x?x1024xbf16> attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %q, %q : tensor<?x1x?x1024xbf16>, tensor<?x1x?x1024xbf16>, tensor<?x1x?x1024xbf16> -> tensor<?x1x?x1024xbf16>
  return %o : tensor<?x1x?x1024xbf16>
}

// -----

// expected-error @below {{expected tiles of at most 232448 bytes of shared memory for target sm_90a, but got}}
func.func @wide_heads_on_hopper(%q: tensor<?x1x?x1024xbf16>) -> tensor<?x1x?x1024xbf16> attributes {attn.target = #attn.target<"sm_90a">} {
  %o = attn.attention %q, %q, %q : tensor<?x1x?x1024xbf16>, tensor<?x1x?x1024xbf16>, tensor<?x1x?x1024xbf16> -> tensor<?x1x?x1024xbf16>
  return %o : tensor<?x1x?x1024xbf16>
}

// -----

// expected-error @below {{expected 'attn.target' to name an NVIDIA GPU}}
func.func @processor(%q: tensor<?x1x?x64xf32>) -> tensor<?x1x?x64xf32> attributes {attn.target = #attn.target<"x86-64-v3">} {
  %o = attn.attention %q, %q, %q : tensor<?x1x?x64xf32>, tensor<?x1x?x64xf32>, tensor<?x1x?x64xf32> -> tensor<?x1x?x64xf32>
  return %o : tensor<?x1x?x64xf32>
}

// -----

func.func @kernel(%q: tensor<?x1x?x64xbf16>) -> tensor<?x1x?x64xbf16> attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %q, %q : tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16> -> tensor<?x1x?x64xbf16>
  return %o : tensor<?x1x?x64xbf16>
}

func.func @stranger() {
  // expected-error @below {{'test.stranger' op expected no such operation in phase 'target'}}
  "test.stranger"() : () -> ()
  return
}
