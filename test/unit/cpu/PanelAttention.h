//===- PanelAttention.h - attention by panel kernels, driven from C++ -*- C++ -*-===//
//
// The loops that the schedule phase makes, written by hand: superblocks of panels, key tiles, panels. For tests and for tuning.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_CPU_PANELATTENTION_H
#define ATTN_TEST_UNIT_CPU_PANELATTENTION_H

#include "codegen/cpu/PanelPack.h"
#include "codegen/cpu/TilePack.h"
#include "test/unit/cpu/JitModule.h"

#include <functional>
#include <vector>

namespace mlir::attn::test {

enum class Dtype { F32, BF16, F16 };
constexpr size_t bytesOf(Dtype dtype) { return dtype == Dtype::F32 ? 4 : 2; }
Type typeOf(MLIRContext *context, Dtype dtype);

/// Keys [first, end) that a row sees.
struct Interval {
  int64_t first, end;
};

struct PanelProblem {
  Dtype dtype = Dtype::F32, output = Dtype::F32;
  int64_t group = 1, positions = 1, keys = 1, keyDim = 64, valueDim = 64;
  /// Elements between consecutive rows of keys and values; 0: dense.
  int64_t keyStride = 0, valueStride = 0;
  float scale = 0.125f;
  /// By position.
  std::function<Interval(int64_t)> visible;
  int64_t panelsPerSuperblock = 12;
  bool prefetch = false;

  int64_t rows() const { return group * positions; }
  int64_t getKeyStride() const { return keyStride ? keyStride : keyDim; }
  int64_t getValueStride() const { return valueStride ? valueStride : valueDim; }
  Interval visibleAt(int64_t position) const {
    Interval interval = visible ? visible(position) : Interval{0, keys};
    return {std::max<int64_t>(interval.first, 0), std::min(interval.end, keys)};
  }
};

/// Compiled kernels for one kind of problem.
class PanelAttention {
public:
  /// `hookScale`: whether the score hook sees scaled scores, so that c is log2(e) alone.
  PanelAttention(const CpuMachine &machine, const PanelProblem &problem, ScoreHook hook = nullptr, bool hookScales = false);
  /// Why compilation failed; empty if it did not.
  const std::string &getError() const { return error; }
  double getCompileMs() const { return module.passMs + module.codegenMs; }
  double getPassMs() const { return module.passMs; }

  /// q [group][positions][keyDim], k [keys][keyStride], v [keys][valueStride], o [group][positions][valueDim], lse
  /// [group][positions].
  void run(const void *q, const void *k, const void *v, void *o, float *lse);

private:
  void runSuperblock(int64_t firstRow, int64_t rowCount);
  /// What the rows of a panel see: `any` of them, and `all` of them.
  struct PanelInterval {
    Interval any, all;
  };
  PanelInterval panelInterval(int64_t firstRow, int64_t rowCount) const;

  PanelProblem problem;
  JitModule module;
  std::string error;
  PanelKernelConfig config;
  float c;
  std::vector<Buffer> queryPanels, accumulators, statistics;
  Buffer scores, packedKeys, packedValues, guardFirst, guardEnd;
  View<3> queryView, outputView;
  View<2> keyView, valueView, lseView;
  int64_t factor;
  void *kernel, *guardedKernel, *init, *packQueries, *tileKeys, *tileValues, *store;
};

} // namespace mlir::attn::test

#endif // ATTN_TEST_UNIT_CPU_PANELATTENTION_H
