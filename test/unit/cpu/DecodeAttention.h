//===- DecodeAttention.h - attention by decode kernels, driven from C++ -*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_CPU_DECODEATTENTION_H
#define ATTN_TEST_UNIT_CPU_DECODEATTENTION_H

#include "codegen/cpu/DecodeState.h"
#include "test/unit/cpu/PanelAttention.h"

namespace mlir::attn::test {

/// Compiled kernels for a problem with one position and `group` rows. The keys are split into `parts` chunks whose results are
/// merged; with one part the rows are finished directly.
class DecodeAttention {
public:
  DecodeAttention(const CpuMachine &machine, const PanelProblem &problem, int64_t parts = 1, ScoreHook hook = nullptr,
                  bool hookScales = false);
  const std::string &getError() const { return error; }
  double getCompileMs() const { return module.passMs + module.codegenMs; }
  void run(const void *q, const void *k, const void *v, void *o, float *lse);

private:
  void runPart(const void *k, const void *v, int64_t firstKey, int64_t endKey);

  PanelProblem problem;
  int64_t parts;
  bool guarded;
  JitModule module;
  std::string error;
  DecodeKernelConfig config;
  float c;
  Buffer queries, accumulators, statistics, scores, guardFirst, guardEnd, partialOutputs, partialStatistics;
};

} // namespace mlir::attn::test

#endif // ATTN_TEST_UNIT_CPU_DECODEATTENTION_H
