//===- WarpgroupPtx.cpp - instructions that NVVM lacks --------------------===//

#include "codegen/nvptx/WarpgroupPtx.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::attn;

/// An instruction with `results` new f32 values. Values named by a number in the constraints share the register of that result.
static SmallVector<Value> buildAsm(ImplicitLocOpBuilder &b, const std::string &text, std::string constraints, size_t results, ValueRange operands) {
  Type f32 = b.getF32Type(), type;
  if (results == 1)
    type = f32;
  else if (results)
    type = LLVM::LLVMStructType::getLiteral(b.getContext(), SmallVector<Type>(results, f32));
  auto dialect = LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT);
  auto tailCall = LLVM::TailCallKindAttr::get(b.getContext(), LLVM::TailCallKind::None);
  auto created = LLVM::InlineAsmOp::create(b, type ? TypeRange(type) : TypeRange(), operands, b.getStringAttr(text), b.getStringAttr(constraints),
                                           b.getUnitAttr(), UnitAttr(), tailCall, dialect, ArrayAttr());
  if (results == 1)
    return {created.getResult(0)};
  SmallVector<Value> values;
  for (size_t n = 0; n < results; ++n)
    values.push_back(LLVM::ExtractValueOp::create(b, created.getResult(0), n));
  return values;
}

static std::string number(int64_t n) { return std::to_string(n); }

/// "{$0, $1, ...}"
static std::string list(int64_t first, int64_t count) {
  std::string text = "{";
  for (int64_t n = 0; n < count; ++n)
    text += (n ? ", $" : "$") + number(first + n);
  return text + "}";
}

/// Results and, where they are read as well, the operands that share their registers.
static std::string constrainResults(int64_t count, bool areRead) {
  std::string text;
  for (int64_t n = 0; n < count; ++n)
    text += n ? ",=f" : "=f";
  for (int64_t n = 0; areRead && n < count; ++n)
    text += "," + number(n);
  return text;
}

SmallVector<Value> attn::buildWarpgroupProduct(ImplicitLocOpBuilder &b, const WarpgroupProduct &product, ValueRange lhs, Value rhs,
                                               ValueRange accumulators) {
  int64_t results = product.columns / 2, next = results + int64_t(accumulators.size());
  bool fromRegisters = lhs.size() > 1;
  std::string type = product.element.isBF16() ? "bf16" : "f16";
  std::string left = fromRegisters ? list(next, lhs.size()) : "$" + number(next);
  next += lhs.size();
  std::string transposed = product.isRightTransposed ? "1" : "0";
  std::string text = "{ .reg .pred p; setp.ne.b32 p, " + std::string(accumulators.empty() ? "0" : "1") + ", 0; wgmma.mma_async.sync.aligned.m64n" +
                     number(product.columns) + "k16.f32." + type + "." + type + " " + list(0, results) + ", " + left + ", $" + number(next) +
                     ", p, 1, 1, " + (fromRegisters ? transposed : "0, " + transposed) + "; }";
  std::string constraints = constrainResults(results, !accumulators.empty());
  for (size_t n = 0; n < lhs.size(); ++n)
    constraints += fromRegisters ? ",r" : ",l";
  SmallVector<Value> operands(accumulators);
  operands.append(lhs.begin(), lhs.end());
  operands.push_back(rhs);
  return buildAsm(b, text, constraints + ",l", results, operands);
}

void attn::orderRegisters(ImplicitLocOpBuilder &b) { NVVM::WgmmaFenceAlignedOp::create(b); }

void attn::commitProducts(ImplicitLocOpBuilder &b) { NVVM::WgmmaGroupSyncAlignedOp::create(b); }

void attn::waitForProducts(ImplicitLocOpBuilder &b, unsigned pending, SmallVectorImpl<Value> &results) {
  SmallVector<Value> ready = buildAsm(b, "wgmma.wait_group.sync.aligned " + number(pending) + ";", constrainResults(results.size(), true) + ",~{memory}",
                                      results.size(), results);
  llvm::copy(ready, results.begin());
}

void attn::arriveIf(ImplicitLocOpBuilder &b, Value predicate, Value barrier) {
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(), barrier);
  Value flag = LLVM::ZExtOp::create(b, b.getI32Type(), predicate);
  buildAsm(b, "{ .reg .pred p; setp.ne.b32 p, $0, 0; @p mbarrier.arrive.shared::cta.b64 _, [$1]; }", "r,r,~{memory}", 0, {flag, address});
}
