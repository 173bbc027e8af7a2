//===- CpuMachine.h - what an x86 target can do -----------------*- C++ -*-===//
//
// The answers the emitters of this folder ask for: how many lanes a vector has, how many vectors stay in registers, which
// products and conversions are native, how large the caches are. A machine is a value; nothing here looks at the host except
// `detectHost`.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_CPUMACHINE_H
#define ATTN_CODEGEN_CPU_CPUMACHINE_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace mlir::attn {

/// Register block of the panel kernel: `keys` score rows (or output columns) times `vectors` lane vectors are accumulated in
/// registers at once. A panel has `vectors * lanes` query rows.
struct PanelBlock {
  unsigned keys;
  unsigned vectors;
};

/// An x86-64 level and what it offers.
struct CpuMachine {
  /// "x86-64", "x86-64-v3", "x86-64-v4" or "x86-64-v4+avx512bf16".
  llvm::StringRef name;
  /// What LLVM's TargetMachine is made with.
  llvm::StringRef llvmCpu;
  llvm::StringRef llvmFeatures;
  /// f32 elements of one vector register, and the number of such registers.
  unsigned lanes;
  unsigned vectorRegisters;
  /// Fused multiply-add. Without it products are rounded before they are added: a call of fmaf would be 50 times slower.
  bool fma;
  /// vreduceps and vscalefps on 512-bit vectors (AVX512DQ and AVX512F).
  bool scalef;
  /// Hardware conversion between f16 and f32.
  bool f16c;
  /// vdpbf16ps and vcvtneps2bf16.
  bool bf16Dot;
  /// Register block of the panel kernel.
  PanelBlock panelBlock;

  /// Bytes of the caches of one core that tiles are cut for; typical of the level, not of one model.
  int64_t l1Bytes() const { return 32 << 10; }
  int64_t l2Bytes() const { return 1 << 20; }

  /// Query rows of one panel.
  unsigned panelRows() const { return panelBlock.vectors * lanes; }
  /// Keys of one tile of the panel kernel: a multiple of every level's block and of the pack factor. Flat from 64 to 192.
  static constexpr unsigned kKeyTile = 96;
  /// Keys of one tile of the decode kernel.
  static constexpr unsigned kDecodeKeyTile = 512;

  /// Whether products of `storage` elements are taken without widening the operands to f32 first.
  bool hasNativeDot(Type storage) const { return bf16Dot && storage.isBF16(); }

  /// The level called `name`; none if there is no such level.
  static std::optional<CpuMachine> lookup(llvm::StringRef name);
  /// All levels, the least capable one first.
  static llvm::ArrayRef<CpuMachine> levels();
  /// The most capable level that the processor this runs on and its operating system support.
  static CpuMachine detectHost();
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_CPUMACHINE_H
