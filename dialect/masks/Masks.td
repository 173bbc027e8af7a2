//===- Masks.td - every mask, one line each ----------------*- tablegen -*-===//

include "dialect/masks/Causal.td"
include "dialect/masks/Window.td"
include "dialect/masks/Prefix.td"
include "dialect/masks/Sinks.td"
include "dialect/masks/Strided.td"
include "dialect/masks/KeyStride.td"
include "dialect/masks/Dilated.td"
include "dialect/masks/Chunked.td"
include "dialect/masks/Set.td"
include "dialect/masks/Combinators.td"
