//===- ScoreRegion.cpp - score arithmetic for the numbers of a thread -----===//

#include "codegen/nvptx/ScoreRegion.h"
#include "codegen/lower/AffineEmission.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

/// No position is larger: no memory holds a head of more rows.
static constexpr int64_t kMostPosition = (int64_t(1) << 30) - 1;
static constexpr int64_t kEndOf32Bits = int64_t(1) << 31;

//===----------------------------------------------------------------------===//
// What a region's values are
//===----------------------------------------------------------------------===//

ScoreRegion::ScoreRegion(ImplicitLocOpBuilder &b, Region &region, Value batch, ArrayRef<Value> heads, ArrayRef<Value> queries)
    : b(b), body(region.front()), rowValues(heads.size()) {
  auto positions = body.getArguments().take_back(4);
  if (body.getNumArguments() > positions.size())
    dependence[body.getArgument(0)] = kScore;
  dependence[positions[1]] = dependence[positions[2]] = kRow;
  dependence[positions[3]] = kKey;
  for (BlockArgument position : positions)
    shorts[position] = {position == positions[3], kMostPosition};
  for (auto [row, head, query] : llvm::enumerate(heads, queries))
    rowValues[row].map(positions.take_front(3), ValueRange{batch, head, query});
  for (Operation &op : body.without_terminator()) {
    analyse(op);
    if (isBeforeLoop(op.getResult(0)))
      emitBeforeLoop(op);
  }
  findCap();
}

/// Whether an operation may be done though no key tile comes. A load may be where its memory surely holds something.
static bool canPrecedeLoop(Operation &op) {
  auto load = dyn_cast<memref::LoadOp>(op);
  return load ? load.getMemRefType().hasStaticShape() && load.getMemRefType().getNumElements() > 0 : isSpeculatable(&op);
}

void ScoreRegion::analyse(Operation &op) {
  unsigned all = canPrecedeLoop(op) ? kNothing : kLoop;
  for (Value operand : op.getOperands())
    all |= getDependence(operand);
  dependence[op.getResult(0)] = all;
  if (op.getResult(0).getType().isIntOrIndex())
    analyseShort(op);
  else if (op.getResult(0).getType().isF32())
    analyseLine(op);
}

static std::optional<int64_t> getInteger(Value value) {
  APInt number;
  if (!matchPattern(value, m_ConstantInt(&number)) || !number.isSignedIntN(64))
    return std::nullopt;
  return number.getSExtValue();
}

void ScoreRegion::analyseShort(Operation &op) {
  auto find = [&](Value value) -> std::optional<Short> {
    if (std::optional<int64_t> number = getInteger(value); number && std::abs(*number) < kEndOf32Bits)
      return Short{0, std::abs(*number)};
    auto found = shorts.find(value);
    return found == shorts.end() ? std::nullopt : std::optional<Short>(found->second);
  };
  auto set = [&](int64_t perKey, int64_t bound) {
    if (bound < kEndOf32Bits)
      shorts[op.getResult(0)] = {perKey, bound};
  };
  if (isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op)) {
    Type type = op.getResult(0).getType();
    if (std::optional<Short> operand = find(op.getOperand(0)); operand && (type.isIndex() || type.getIntOrFloatBitWidth() >= 32))
      set(operand->perKey, operand->bound);
  } else if (isa<arith::AddIOp, arith::SubIOp>(op)) {
    std::optional<Short> lhs = find(op.getOperand(0)), rhs = find(op.getOperand(1));
    if (lhs && rhs)
      set(isa<arith::AddIOp>(op) ? lhs->perKey + rhs->perKey : lhs->perKey - rhs->perKey, lhs->bound + rhs->bound);
  } else if (isa<arith::MulIOp>(op)) {
    std::optional<Short> lhs = find(op.getOperand(0));
    if (std::optional<int64_t> factor = getInteger(op.getOperand(1)); lhs && factor && std::abs(*factor) < kEndOf32Bits)
      set(lhs->perKey * *factor, lhs->bound * std::abs(*factor));
  }
}

/// A sum of lines and of what all columns share is a line, and so is a multiple of one.
void ScoreRegion::analyseLine(Operation &op) {
  auto isLine = [&](Value value) { return lines.contains(value); };
  auto isLineOrSame = [&](Value value) { return isLine(value) || isSameForColumns(value); };
  bool found = false;
  if (isa<arith::SIToFPOp>(op))
    found = shorts.contains(op.getOperand(0)) && !isSameForColumns(op.getOperand(0));
  else if (isa<arith::NegFOp>(op))
    found = isLine(op.getOperand(0));
  else if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(op)) {
    unsigned count = llvm::count_if(op.getOperands(), isLine);
    found = llvm::all_of(op.getOperands(), isLineOrSame) && count >= 1 && (count == 1 || !isa<arith::MulFOp>(op));
  }
  if (found)
    lines.insert(op.getResult(0));
}

void ScoreRegion::emitBeforeLoop(Operation &op) {
  // One for all rows where it depends on nothing.
  bool isShared = getDependence(op.getResult(0)) == kNothing;
  for (IRMapping &mapping : rowValues) {
    if (isShared && &mapping != &rowValues.front())
      mapping.map(op.getResult(0), rowValues.front().lookup(op.getResult(0)));
    else
      b.clone(op, mapping);
  }
}

//===----------------------------------------------------------------------===//
// Caps
//===----------------------------------------------------------------------===//

/// tanh(y) / y as a polynomial of y^2, for |y| up to kSmall: the relative error, 2e-6, is that of a score before its exponential, and of no consequence
/// beside the rounding of weights. Least largest relative error; a fifth coefficient would cost more than it widens the range.
static constexpr double kSmall = 0.6;
static constexpr std::array<double, 4> kTanh = {0.9999978512525345, -0.3331403919024007, 0.13057855946363234, -0.04092942203260069};

/// The operand of a product that is the same for all columns, and the other one.
template <typename IsSame> static std::pair<Value, Value> splitProduct(Operation *op, IsSame isSame) {
  if (isa_and_nonnull<arith::MulFOp>(op) && isSame(op->getOperand(0)))
    return {op->getOperand(1), op->getOperand(0)};
  if (isa_and_nonnull<arith::MulFOp, arith::DivFOp>(op) && isSame(op->getOperand(1)))
    return {op->getOperand(0), op->getOperand(1)};
  return {};
}

void ScoreRegion::findCap() {
  // Weights of f32 would show the error.
  if (auto kernel = body.getParentOp()->getParentOfType<FunctionOpInterface>(); kernel && kernel->hasAttr("attn.exact"))
    return;
  auto isSame = [&](Value value) { return value.getParentBlock() != &body || isBeforeLoop(value); };
  for (math::TanhOp op : body.getOps<math::TanhOp>()) {
    if (!(getDependence(op) & kScore) || !op->hasOneUse() || !op.getType().isF32())
      continue;
    Operation *outer = *op->user_begin();
    auto [capped, scale] = splitProduct(outer, isSame);
    if (capped != op.getResult() || !isa<arith::MulFOp>(outer))
      continue;
    cap.input = op.getOperand();
    cap.result = outer->getResult(0);
    // All factors join the polynomial's coefficients, that of the attention's scale as well.
    SmallVector<Factor> factors;
    while (Operation *inner = cap.input.getDefiningOp()) {
      auto [input, factor] = splitProduct(inner, isSame);
      if (!input || inner->getBlock() != &body)
        break;
      factors.push_back({factor, isa<arith::DivFOp>(inner)});
      cap.input = input;
    }
    for (unsigned row = 0; row < rowValues.size(); ++row)
      cap.rows.push_back(buildCapRow(factors, scale, row));
    return;
  }
}

ScoreRegion::CapRow ScoreRegion::buildCapRow(ArrayRef<Factor> factors, Value scale, unsigned row) {
  auto constant = [&](double value) -> Value { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); };
  auto times = [&](Value lhs, Value rhs) -> Value { return arith::MulFOp::create(b, lhs, rhs); };
  auto ofRow = [&](Value value) -> Value { return value.getParentBlock() == &body ? rowValues[row].lookup(value) : value; };
  Value by = constant(1.0);
  for (const Factor &factor : factors)
    by = factor.isDivisor ? Value(arith::DivFOp::create(b, by, ofRow(factor.value))) : times(by, ofRow(factor.value));
  // Beyond these factors, which no cap has, the seventh power might leave the range of f32: then no score counts as small.
  auto isWithin = [&](Value value, double least, double most) -> Value {
    Value size = math::AbsFOp::create(b, value);
    Value isAbove = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, size, constant(least));
    return arith::AndIOp::create(b, isAbove, arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, size, constant(most)));
  };
  Value isUsual = arith::AndIOp::create(b, isWithin(by, 0x1p-14, 0x1p12), isWithin(ofRow(scale), 0x1p-24, 0x1p24));
  Value limit = arith::DivFOp::create(b, constant(kSmall), math::AbsFOp::create(b, by));
  CapRow built = {arith::SelectOp::create(b, isUsual, limit, constant(-1.0)), {}};
  Value power = times(by, ofRow(scale)), square = times(by, by);
  for (auto [coefficient, number] : llvm::zip_equal(built.coefficients, kTanh)) {
    coefficient = times(power, constant(number));
    power = times(power, square);
  }
  return built;
}

Value ScoreRegion::buildSmallCap(const Place &place) {
  Value x = get(cap.input, place, /*isLinear=*/false), square = arith::MulFOp::create(b, x, x);
  ArrayRef<Value> coefficients = cap.rows[place.row].coefficients;
  Value sum = coefficients.back();
  for (Value coefficient : llvm::reverse(coefficients.drop_back()))
    sum = math::FmaOp::create(b, square, sum, coefficient);
  return arith::MulFOp::create(b, x, sum);
}

//===----------------------------------------------------------------------===//
// One key tile
//===----------------------------------------------------------------------===//

void ScoreRegion::beginTile(Value firstKey, int64_t step) {
  isCapSmall = false;
  tileKey = firstKey;
  keyStep = step;
  values.clear();
  bases.clear();
  lineValues.clear();
}

Value ScoreRegion::emit(unsigned row, int64_t column, Value score) {
  return get(body.getTerminator()->getOperand(0), {row, column, score}, /*isLinear=*/true);
}

ScoreRegion::Key ScoreRegion::getKey(Value value, const Place &place, bool isLinear) const {
  unsigned all = getDependence(value);
  // With a score every value is another one, and is asked for once or a few times.
  bool isOfRow = all & (kRow | kScore), isOfColumn = all & (kKey | kScore);
  return {value.getAsOpaquePointer(), isOfRow ? place.row : 0, isOfColumn ? place.column : 0, isLinear};
}

Value ScoreRegion::get(Value value, const Place &place, bool isLinear) {
  if (value.getParentBlock() != &body)
    return value;
  if (isBeforeLoop(value))
    return rowValues[place.row].lookup(value);
  if (getDependence(value) == kScore && isa<BlockArgument>(value))
    return place.score;
  Key key = getKey(value, place, isLinear);
  if (auto known = values.find(key); known != values.end())
    return known->second;
  Value result;
  if (isCapSmall && value == cap.result) {
    result = buildSmallCap(place);
  } else if (auto found = shorts.find(value); found != shorts.end()) {
    Value distance = integerConstant(b, b.getI32Type(), found->second.perKey * keyStep * place.column);
    result = spreadInteger(b, arith::AddIOp::create(b, getShortBase(value, place.row), distance), value.getType());
  } else if (lines.contains(value) && (isLinear || value.getDefiningOp<arith::SIToFPOp>())) {
    Line line = getLine(value, place.row);
    Value column = arith::ConstantOp::create(b, b.getF32FloatAttr(place.column));
    result = place.column ? Value(math::FmaOp::create(b, column, line.slope, line.base)) : line.base;
  } else {
    result = compute(*value.getDefiningOp(), place, isLinear);
  }
  return values[key] = result;
}

/// The value at the thread's first column, in 32 bits.
Value ScoreRegion::getShortBase(Value value, unsigned row) {
  Type i32 = b.getI32Type();
  if (std::optional<int64_t> number = getInteger(value))
    return integerConstant(b, i32, *number);
  if (isBeforeLoop(value))
    return spreadInteger(b, rowValues[row].lookup(value), i32);
  if (isa<BlockArgument>(value))
    return tileKey;
  auto key = std::make_pair(value.getAsOpaquePointer(), getDependence(value) & kRow ? row : 0);
  if (auto known = bases.find(key); known != bases.end())
    return known->second;
  Operation &op = *value.getDefiningOp();
  SmallVector<Value> operands = llvm::map_to_vector(op.getOperands(), [&](Value operand) { return getShortBase(operand, row); });
  Value result = operands.front();
  if (isa<arith::AddIOp>(op))
    result = arith::AddIOp::create(b, operands[0], operands[1]);
  else if (isa<arith::SubIOp>(op))
    result = arith::SubIOp::create(b, operands[0], operands[1]);
  else if (isa<arith::MulIOp>(op))
    result = arith::MulIOp::create(b, operands[0], operands[1]);
  return bases[key] = result;
}

ScoreRegion::Line ScoreRegion::getLine(Value value, unsigned row) {
  if (isSameForColumns(value))
    return {get(value, {row, 0, {}}, /*isLinear=*/true), {}};
  auto key = std::make_pair(value.getAsOpaquePointer(), getDependence(value) & kRow ? row : 0);
  if (auto known = lineValues.find(key); known != lineValues.end())
    return known->second;
  Operation &op = *value.getDefiningOp();
  auto apply = [&](Value lhs, Value rhs) -> Value {
    Operation *result = b.clone(op);
    result->setOperands(rhs ? ValueRange{lhs, rhs} : ValueRange{lhs});
    return result->getResult(0);
  };
  Line line;
  if (isa<arith::SIToFPOp>(op)) {
    // Exact up to 2^24, as is the conversion of each position; beyond, an error of a unit in the last place.
    Value number = op.getOperand(0);
    line.base = arith::SIToFPOp::create(b, b.getF32Type(), getShortBase(number, row));
    line.slope = arith::ConstantOp::create(b, b.getF32FloatAttr(shorts.lookup(number).perKey * keyStep));
  } else if (isa<arith::NegFOp>(op)) {
    Line operand = getLine(op.getOperand(0), row);
    line = {apply(operand.base, {}), apply(operand.slope, {})};
  } else {
    Line lhs = getLine(op.getOperand(0), row), rhs = getLine(op.getOperand(1), row);
    line.base = apply(lhs.base, rhs.base);
    if (isa<arith::MulFOp>(op))
      line.slope = lhs.slope ? apply(lhs.slope, rhs.base) : apply(lhs.base, rhs.slope);
    else if (lhs.slope && rhs.slope)
      line.slope = apply(lhs.slope, rhs.slope);
    else if (lhs.slope)
      line.slope = lhs.slope;
    else
      line.slope = isa<arith::SubFOp>(op) ? Value(arith::NegFOp::create(b, rhs.slope)) : rhs.slope;
  }
  return lineValues[key] = line;
}

Value ScoreRegion::compute(Operation &op, const Place &place, bool isLinear) {
  isLinear &= isa<arith::AddFOp, arith::SubFOp, arith::NegFOp>(op) ||
              (isa<arith::MulFOp>(op) && llvm::any_of(op.getOperands(), [&](Value operand) { return isSameForColumns(operand); }));
  SmallVector<Value> operands = llvm::map_to_vector(op.getOperands(), [&](Value operand) { return get(operand, place, isLinear); });
  Operation *computed = b.clone(op);
  computed->setOperands(operands);
  // Correct rounding of a quotient takes ten instructions; two units in the last place of a score are far below its inputs' rounding.
  if (auto quotient = dyn_cast<arith::DivFOp>(computed))
    quotient.setFastmath(quotient.getFastmath() | arith::FastMathFlags::afn);
  return computed->getResult(0);
}
