//===- ReportEmptyRows.cpp - remarks on rows that see no key --------------===//

#include "passes/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_REPORTEMPTYROWS
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct ReportEmptyRows : public attn::impl::ReportEmptyRowsBase<ReportEmptyRows> {
  void runOnOperation() override {}
};
} // namespace
