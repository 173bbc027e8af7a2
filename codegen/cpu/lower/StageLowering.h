//===- StageLowering.h - one stage, from tiles to memory --------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_LOWER_STAGELOWERING_H
#define ATTN_CODEGEN_CPU_LOWER_STAGELOWERING_H

#include "codegen/cpu/lower/KernelLibrary.h"
#include "codegen/lower/TileWork.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

/// Rewrites the tile operations of one stage function. Each operation of the dialect is replaced in place by operations on memory; other
/// operations stay. Tiles and states become buffers in scratch memory.
class StageLowering {
public:
  StageLowering(func::FuncOp stage, KernelLibrary &kernels);

  LogicalResult run();
  /// Bytes of scratch memory that one task needs.
  int64_t getScratchBytes() const { return scratchBytes; }

private:
  /// The running result of a row tile: for each panel an accumulator and its statistics, each panel's buffers contiguous.
  struct State {
    Value accumulators; // memref<panels x width x panelRows x f32>
    Value statistics;   // memref<panels x count x panelRows x f32>
  };
  /// What becomes of a finalised state.
  struct ResultStores {
    StoreOp output;
    QueryViewOp view;
    PanelStoreOptions options;
    SmallVector<Value> memories;
  };
  /// A packed tile; for rows one buffer per panel.
  struct Packed {
    Value memory;
  };

  LogicalResult lowerBlock(Block &block);
  LogicalResult lowerOperation(Operation &op);
  void lowerInit(InitOp op);
  LogicalResult lowerForKeys(ForKeysOp op);
  LogicalResult lowerForPanels(ForPanelsOp op);
  void lowerPack(PackOp op);
  ResultStores takeStores(FinalizeRowsOp op);
  void lowerStores(FinalizeRowsOp op);
  void lowerReducePartials(ReducePartialsOp op);
  void lowerLoadFinished(LoadFinishedOp op);
  void lowerMergeStates(MergeStatesOp op);

  // Few rows (StageFewRows.cpp): states smaller than a panel, for the kernel that streams keys and values.
  bool isFewRows(StateType type) const { return type.getRows() < kernels.getMachine().panelRows(); }
  Type findStorage();
  void lowerFewRowsInit(InitOp op);
  void lowerFewRowsTile(TileWork work, State state);
  void lowerFewRowsStores(FinalizeRowsOp op, const ResultStores &stores);
  void lowerStorePartial(StorePartialOp op);
  /// Finished rows of a slot: [rows][width] and [rows][statistics], from slot `slot` on.
  std::pair<Value, Value> getFewRowsSlots(StateType type, Value memory, Value slot, Value count);

  // Views.
  Value buildRowsMemRef(QueryViewOp view);
  Value buildKeysMemRef(KeyViewOp view);
  Value buildKeysAt(KeyViewOp view, Value first);
  /// Rows of the view, packed rows counted.
  Value countRows(QueryViewOp view);
  /// Calls `body(panel number in the tile, number among all panels, first row, rows of the panel)` for each panel of a row tile that has rows.
  void forPanels(Value view, Value rowTile, int64_t rows, llvm::function_ref<void(Value, Value, Value, Value)> body);

  // Memory.
  Value allocate(MemRefType type);
  State allocateState(StateType type);
  /// The state at slot `slot` of a workspace.
  State getSlot(StateType type, Value memory, Value slot);
  /// One panel's part of a buffer.
  Value getPanel(Value memory, Value panel);

  PanelKernelConfig getConfig(Type storage, int64_t keyDim, int64_t valueDim) const;
  /// Configuration for operations on states alone.
  PanelKernelConfig getStateConfig(StateType type) const;
  KernelLibrary &kernels;
  func::FuncOp stage;
  ImplicitLocOpBuilder b;
  int64_t scratchBytes = 0;
  llvm::DenseMap<Value, State> states;
  llvm::DenseMap<Value, Packed> packed;
  /// Queries of few rows, by the tile they were loaded as.
  llvm::DenseMap<Value, Value> fewRowsQueries;
  Value scores, firstVisible, endVisible;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_LOWER_STAGELOWERING_H
