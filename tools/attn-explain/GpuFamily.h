//===- GpuFamily.h - the kernels that a description becomes -----*- C++ -*-===//
//
// What a GPU will run is read from what the compiler makes: the phases run as for a bundle, up to the operations of blocks and
// warps.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_EXPLAIN_GPUFAMILY_H
#define ATTN_TOOLS_EXPLAIN_GPUFAMILY_H

#include "codegen/nvptx/WarpProduct.h"
#include "tools/common/Workload.h"

namespace mlir::attn {

/// One way to run a member.
struct GpuVariant {
  int64_t alignment, threads, sharedBytes;
  /// Blocks of a multiprocessor where they take their tasks from a counter; else 0: one block for each task.
  int64_t persistent;
  /// Whether the results are stored by tensor maps.
  bool storesTiles;
  /// Exponentials and the like, and f32 operations, of one thread for a key tile that needs no guard.
  int64_t exponentials = 0, arithmetic = 0;
};

/// A member of the family.
struct GpuMember {
  std::string name;
  /// For the sizes at hand; 0 if other members run.
  int64_t tasks = 0;
  /// All key heads, and how many of them have their tasks follow one another, the longest first; 0 where tasks have no order.
  int64_t heads = 0, section = 0;
  /// Sizes of a tile; `keys` is 0 where partial results are merged.
  int64_t rows = 0, keys = 0, keyDim = 0, valueDim = 0;
  /// How warps multiply; unless warpgroups do.
  WarpProduct product;
  /// Whether warps share out the keys of a tile, several of which are on their way.
  bool isStream = false;
  /// Those that ask more of the operands first.
  std::vector<GpuVariant> variants;
};

/// The family of one attention.
struct GpuFamily {
  std::vector<GpuMember> members;
  /// Of partial results, for the sizes at hand.
  int64_t partialBytes = 0;
};

/// Lowers a copy of the module of `entry` for a GPU target. One family for each workload, which all are of `entry`. Fails with
/// diagnostics.
FailureOr<std::vector<GpuFamily>> lowerForGpu(func::FuncOp entry, StringRef target, const Signature &signature,
                                              const KnownValues &values, ArrayRef<Workload> workloads);

} // namespace mlir::attn

#endif // ATTN_TOOLS_EXPLAIN_GPUFAMILY_H
