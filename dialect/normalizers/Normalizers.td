//===- Normalizers.td - every normaliser, one line each ----*- tablegen -*-===//

include "dialect/normalizers/Softmax.td"
