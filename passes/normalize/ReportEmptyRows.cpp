//===- ReportEmptyRows.cpp - remarks on rows that see no key --------------===//

#include "dialect/AttnOps.h"
#include "mlir/IR/Matchers.h"
#include "passes/Passes.h"
#include "passes/analysis/EmptyRows.h"
#include "passes/analysis/VisiblePairs.h"

namespace mlir::attn {
#define GEN_PASS_DEF_REPORTEMPTYROWS
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static std::optional<int64_t> getConstant(Value value) {
  APInt constant;
  return matchPattern(value, m_ConstantInt(&constant)) ? std::optional<int64_t>(constant.getSExtValue()) : std::nullopt;
}

/// Values of the mask's symbols (Tq, Tk, bound numbers) as far as the description fixes them.
static SmallVector<std::optional<int64_t>> getKnownSymbols(AttentionOp op) {
  auto size = [](Value tensor) -> std::optional<int64_t> {
    auto type = cast<RankedTensorType>(tensor.getType());
    return type.isDynamicDim(2) ? std::nullopt : std::optional<int64_t>(type.getDimSize(2));
  };
  SmallVector<std::optional<int64_t>> known = {size(op.getQuery()), size(op.getKey())};
  for (Value symbol : op.getSymbolValues())
    known.push_back(getConstant(symbol));
  return known;
}

/// Looks at every row of an attention whose sizes, numbers and offset are all constants; `offset` is none if the offset is not.
static std::optional<EmptyRow> findFixedEmptyRow(ArrayRef<Segmentation> parts, ArrayRef<std::optional<int64_t>> symbols,
                                                 int64_t offset, int64_t batches, int64_t heads) {
  RowSet rows;
  for (std::optional<int64_t> symbol : symbols)
    rows.symbols.push_back(*symbol);
  rows.numRows = rows.symbols[unsigned(MaskSymbol::QueryLength)];
  rows.numKeys = rows.symbols[unsigned(MaskSymbol::KeyLength)];
  rows.offset = offset;
  if (!dependsOnBatchOrHead(parts))
    batches = heads = 1;
  for (rows.batch = 0; rows.batch < batches; ++rows.batch)
    for (rows.head = 0; rows.head < heads; ++rows.head)
      if (std::optional<int64_t> row = findEmptyRow(parts, rows))
        return EmptyRow{rows.batch, rows.head, *row + offset, rows.symbols};
  return std::nullopt;
}

static EmptyRowAnswer findAnyEmptyRow(AttentionOp op, std::chrono::milliseconds budget) {
  SmallVector<std::optional<int64_t>> symbols = getKnownSymbols(op);
  MLIRContext *context = op.getContext();
  std::vector<Segmentation> parts = computeSegmentsApart(*op.getMaskFormula(), symbols.size(), context, budget);
  auto type = cast<RankedTensorType>(op.getQuery().getType());
  std::optional<int64_t> offset;
  if (op.getOffset())
    offset = getConstant(op.getOffset());
  else if (symbols[0] && symbols[1])
    offset = *symbols[1] - *symbols[0];
  bool fixed = offset && llvm::all_of(symbols, [](const auto &symbol) { return symbol.has_value(); });
  if (fixed && !(type.isDynamicDim(0) && dependsOnBatchOrHead(parts)))
    return {findFixedEmptyRow(parts, symbols, *offset, type.getDimSize(0), type.getDimSize(1)), /*isCertain=*/true};
  EmptyRowQuery query;
  for (std::optional<int64_t> symbol : symbols)
    query.symbols.push_back({symbol, symbol});
  query.offsetFromLengths = !op.getOffset();
  query.numHeads = type.getDimSize(1);
  return findEmptyRow(parts, query, symbols.size(), context, budget);
}

namespace {
struct ReportEmptyRows : public attn::impl::ReportEmptyRowsBase<ReportEmptyRows> {
  using ReportEmptyRowsBase::ReportEmptyRowsBase;

  void runOnOperation() override {
    getOperation().walk([&](AttentionOp op) {
      if (!op.getMask())
        return;
      EmptyRowAnswer answer = findAnyEmptyRow(op, std::chrono::milliseconds(budget));
      if (!answer.witness) {
        if (!answer.isCertain)
          op.emitRemark("whether every query sees a key could not be decided");
        return;
      }
      const EmptyRow &row = *answer.witness;
      InFlightDiagnostic remark = op.emitRemark("a query may see no key: batch ")
                                  << row.batch << ", head " << row.head << ", position " << row.query
                                  << " with Tq = " << row.symbols[unsigned(MaskSymbol::QueryLength)]
                                  << ", Tk = " << row.symbols[unsigned(MaskSymbol::KeyLength)];
      for (auto [name, value] : llvm::zip(op.getSymbols(), ArrayRef(row.symbols).drop_front(unsigned(MaskSymbol::FirstBound))))
        remark << ", " << name.getValue() << " = " << value;
    });
  }
};
} // namespace
