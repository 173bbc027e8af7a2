//===- MarkKernels.cpp - functions to kernels -----------------------------===//

#include "codegen/nvptx/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_MARKKERNELSPASS
#include "codegen/nvptx/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static void markKernel(LLVM::LLVMFuncOp function, int64_t threads, int64_t words) {
  Builder b(function.getContext());
  function.setArgAttr(0, LLVM::LLVMDialect::getByValAttrName(), TypeAttr::get(LLVM::LLVMArrayType::get(b.getI64Type(), words)));
  function.setArgAttr(0, LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(sizeof(int64_t)));
  function.setArgAttr(0, NVVM::NVVMDialect::getGridConstantAttrName(), b.getUnitAttr());
  // Behind arguments, workspace and the number of tasks come tensor maps.
  constexpr unsigned kFirstMap = 3;
  constexpr int64_t kMapWords = 16, kMapAlignment = 64;
  for (unsigned map = kFirstMap; map < function.getNumArguments(); ++map) {
    function.setArgAttr(map, LLVM::LLVMDialect::getByValAttrName(), TypeAttr::get(LLVM::LLVMArrayType::get(b.getI64Type(), kMapWords)));
    function.setArgAttr(map, LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(kMapAlignment));
    function.setArgAttr(map, NVVM::NVVMDialect::getGridConstantAttrName(), b.getUnitAttr());
  }
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), b.getUnitAttr());
  // One block has a multiprocessor for itself where warps exchange registers, or where shared memory is full: what the assembler does not know, so that
  // it might save registers for more blocks.
  if (function->hasAttr("attn.persistent") || function->hasAttr("attn.fills_memory"))
    function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(), b.getI32IntegerAttr(1));
  function->setAttr(NVVM::NVVMDialect::getReqntidAttrName(), b.getDenseI32ArrayAttr({int32_t(threads)}));
}

namespace {
struct MarkKernels : public attn::impl::MarkKernelsPassBase<MarkKernels> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      auto threads = function->getAttrOfType<IntegerAttr>("attn.threads");
      auto words = function->getAttrOfType<IntegerAttr>("attn.argument_words");
      if (threads && words)
        markKernel(function, threads.getInt(), words.getInt());
    }
  }
};
} // namespace
