//===- Description.cpp - a description file -------------------------------===//

#include "tools/common/Description.h"
#include "dialect/AttnDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

void attn::registerDescriptionDialects(DialectRegistry &registry) {
  registry.insert<AttnDialect, arith::ArithDialect, func::FuncDialect, math::MathDialect, tensor::TensorDialect>();
}

static std::string listNames(ArrayRef<func::FuncOp> functions) {
  std::string names;
  for (func::FuncOp function : functions)
    names += (names.empty() ? "" : ", ") + function.getName().str();
  return names;
}

static FailureOr<func::FuncOp> findEntry(ModuleOp module, StringRef path, StringRef entry) {
  SmallVector<func::FuncOp> functions;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.getName() == entry)
      return function;
    if (function.isPublic() && !function.isExternal())
      functions.push_back(function);
  }
  if (!entry.empty())
    return reportError("expected a function '" + entry + "' in '" + path + "', but it has only: " + listNames(functions));
  if (functions.size() == 1)
    return functions.front();
  if (functions.empty())
    return reportError("expected a public function in '" + path + "', but it has none");
  return reportError("expected --entry to name one of the functions of '" + path + "': " + listNames(functions));
}

FailureOr<Description> attn::loadDescription(MLIRContext &context, StringRef path, StringRef entry) {
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (std::error_code code = file.getError())
    return reportError("cannot read '" + path + "': " + code.message());
  Description description;
  description.text = (*file)->getBuffer().str();
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(*file), SMLoc());
  // Errors that come later still point into the file.
  SourceMgrDiagnosticHandler handler(*sources, &context);
  description.module = parseSourceFile<ModuleOp>(sources, &context);
  if (!description.module)
    return failure();
  FailureOr<func::FuncOp> function = findEntry(*description.module, path, entry);
  if (failed(function))
    return failure();
  description.entry = *function;
  return description;
}
