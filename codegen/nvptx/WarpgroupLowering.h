//===- WarpgroupLowering.h - one stage, from tiles to roles -----*- C++ -*-===//
//
// A block stays on its multiprocessor and takes row tiles one after the other. One warpgroup fetches: a warp takes the numbers of tasks from a
// counter and has queries and keys copied, another one values. The others, 64 rows each, compute: the scores of a key tile while the weights of the
// tile before are multiplied with its values. Every role runs the same code for the numbers of a task and visits the same key tiles in the same
// order; buffers pass between them through rings of barriers.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_WARPGROUPLOWERING_H
#define ATTN_CODEGEN_NVPTX_WARPGROUPLOWERING_H

#include "codegen/nvptx/BarrierRing.h"
#include "codegen/nvptx/KeySequence.h"
#include "codegen/nvptx/TensorMaps.h"
#include "codegen/nvptx/WarpgroupTiles.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// What all roles of a kernel know.
struct WarpgroupKernel {
  WarpgroupTiles tiles;
  Type element;
  NormalizerAttrInterface normalizer;
  TensorMaps maps;
  SmallVector<Value> mapPointers;
  Value shared;      // pointer
  Value tasks;       // i32
  Value counters;    // pointer to global memory: the next task, and how many blocks are done
  Value block, grid; // i32
  Value lane, warp;  // i32; the warp in the block, the same for all its threads

  /// The rings of keys and values, and of the numbers of tasks.
  BarrierRing getKeyRing() const;
  BarrierRing getValueRing() const;
  BarrierRing getTaskRing() const;
  /// The ring of the queries of consumer `consumer` (i32).
  BarrierRing getQueryRing(ImplicitLocOpBuilder &b, Value consumer) const;
  /// A barrier of the warp that fetches values alone.
  BarrierRing getPartialRing() const;
  Value getTaskSlot(ImplicitLocOpBuilder &b, Value use) const;
};

/// One role: repeats the operations of a stage for every task of a block.
class WarpgroupRole {
public:
  WarpgroupRole(ImplicitLocOpBuilder &b, WarpgroupKernel &kernel, func::FuncOp stage, ArrayRef<Operation *> operations)
      : b(b), kernel(kernel), stage(stage), operations(operations) {}
  virtual ~WarpgroupRole() = default;
  /// Emits the role at the insertion point.
  LogicalResult run();

protected:
  /// What the role carries from task to task, besides the number of tasks.
  virtual SmallVector<Value> getInitialCarried() = 0;
  virtual void enterTask(ValueRange carried) = 0;
  virtual SmallVector<Value> leaveTask() = 0;
  virtual void lowerQueries(PackOp op) {}
  virtual LogicalResult lowerTaskBounds(BoundsOp op);
  virtual LogicalResult lowerSegment(KeySegment &segment) = 0;
  virtual void lowerFinalize(FinalizeRowsOp op) {}
  /// The task (i32) after number `use` (i32) of this block.
  virtual Value takeNextTask(Value use) = 0;
  virtual void finish() {}

  /// Waits for the number of a task that the first role has published; the same for all threads of a warp.
  Value readTask(Value use);

  ImplicitLocOpBuilder &b;
  WarpgroupKernel &kernel;
  func::FuncOp stage;
  ArrayRef<Operation *> operations;
  Value use; // i32: tasks of this block so far

private:
  LogicalResult lowerOperations(ArrayRef<Operation *> cloned);
};

class WarpgroupLowering {
public:
  /// `number`: the stage's number in the plan.
  WarpgroupLowering(func::FuncOp stage, const GpuMachine &machine, int64_t number)
      : stage(stage), machine(machine), number(number), b(stage.getLoc(), stage.getContext()) {}

  /// Whether the stage is one that this can lower; others go to warps.
  static bool canLower(func::FuncOp stage, const GpuMachine &machine);
  /// (arguments, workspace, scratch, task) becomes (arguments, workspace, tasks, tensor maps...).
  LogicalResult run();
  const WarpgroupTiles &getTiles() const { return kernel.tiles; }
  ArrayRef<TensorMap> getMaps() const { return kernel.maps.getMaps(); }

private:
  void addParameters();
  void initializeBarriers();
  LogicalResult buildRoles(ArrayRef<Operation *> operations);
  void changeRegisters(bool isConsumer);

  func::FuncOp stage;
  const GpuMachine &machine;
  int64_t number;
  ImplicitLocOpBuilder b;
  WarpgroupKernel kernel;
};

/// The roles. Producers of keys also hand out tasks and fetch queries.
std::unique_ptr<WarpgroupRole> createKeyProducer(ImplicitLocOpBuilder &b, WarpgroupKernel &kernel, func::FuncOp stage, ArrayRef<Operation *> operations);
std::unique_ptr<WarpgroupRole> createValueProducer(ImplicitLocOpBuilder &b, WarpgroupKernel &kernel, func::FuncOp stage, ArrayRef<Operation *> operations);
std::unique_ptr<WarpgroupRole> createConsumer(ImplicitLocOpBuilder &b, WarpgroupKernel &kernel, func::FuncOp stage, ArrayRef<Operation *> operations);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_WARPGROUPLOWERING_H
