//===- Lowered.h - what lowered operations compute --------------*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_CODEGEN_LOWERED_H
#define ATTN_TEST_UNIT_CODEGEN_LOWERED_H

#include "codegen/Compiler.h"
#include "dialect/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/Matchers.h"
#include "gtest/gtest.h"

namespace mlir::attn {

/// Builds operations on constants and tells what they compute.
class Lowered : public testing::Test {
protected:
  Lowered() : context(makeRegistry(), MLIRContext::Threading::DISABLED) {
    context.loadDialect<AttnDialect, arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect, NVVM::NVVMDialect>();
  }

  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    return registry;
  }

  void SetUp() override {
    module = ModuleOp::create(UnknownLoc::get(&context));
    builder.emplace(UnknownLoc::get(&context), module->getBody(), module->getBody()->end());
  }

  /// The number that a value of integer arithmetic is.
  int64_t evaluate(Value value) {
    Operation *op = value.getDefiningOp();
    APInt number;
    if (matchPattern(value, m_ConstantInt(&number)))
      return number.getZExtValue();
    SmallVector<Attribute> operands;
    for (Value operand : op->getOperands()) {
      Type type = operand.getType();
      operands.push_back(builder->getIntegerAttr(type, APInt(type.isIndex() ? 64 : type.getIntOrFloatBitWidth(), evaluate(operand), false, true)));
    }
    SmallVector<OpFoldResult> results;
    if (failed(op->fold(operands, results)) || results.empty()) {
      ADD_FAILURE() << "cannot evaluate " << op->getName().getStringRef().str();
      return -1;
    }
    Attribute result = dyn_cast<Attribute>(results.front());
    return result ? cast<IntegerAttr>(result).getValue().getZExtValue() : evaluate(cast<Value>(results.front()));
  }

  /// Bytes by which a pointer lies behind the one that it is made from.
  int64_t evaluateOffset(Value pointer, Value base) {
    int64_t offset = 0;
    while (pointer != base) {
      auto step = pointer.getDefiningOp<LLVM::GEPOp>();
      if (!step || !step.getElemType().isInteger(8)) {
        ADD_FAILURE() << "expected a chain of addresses in bytes";
        return -1;
      }
      for (auto index : step.getIndices())
        offset += isa<IntegerAttr>(index) ? cast<IntegerAttr>(index).getInt() : evaluate(cast<Value>(index));
      pointer = step.getBase();
    }
    return offset;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::optional<ImplicitLocOpBuilder> builder;
};

} // namespace mlir::attn

#endif // ATTN_TEST_UNIT_CODEGEN_LOWERED_H
