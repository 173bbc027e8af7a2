//===- Case.cpp - a description and the inputs it is run on ---------------===//

#include "test/lib/attn-fuzz/Case.h"

using namespace mlir::attn::fuzz;

static const char *getName(Element element) {
  switch (element) {
  case Element::F32: return "f32";
  case Element::BF16: return "bf16";
  case Element::F16: return "f16";
  case Element::I32: return "i32";
  case Element::F32Scalar: return "f32";
  case Element::Index: return "index";
  }
  return "";
}

static bool isScalar(Element element) { return element == Element::F32Scalar || element == Element::Index; }

static std::string printType(const Slot &slot) {
  if (isScalar(slot.element))
    return getName(slot.element);
  std::string text = "tensor<";
  for (int64_t size : slot.shape)
    text += (size < 0 ? "?" : std::to_string(size)) + "x";
  return text + getName(slot.element) + ">";
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

std::set<int> Case::getSymbols() const {
  std::set<int> symbols;
  if (mask)
    mask->collectSymbols(symbols);
  return symbols;
}

std::vector<Slot> mlir::attn::fuzz::getArguments(const Case &test, const Run &run) {
  std::vector<Slot> arguments = {{"q", test.input, {run.batch, test.heads, run.queries, test.keyDim}},
                                      {"k", test.input, {run.batch, test.keyHeads, run.keys, test.keyDim}},
                                      {"v", test.input, {run.batch, test.keyHeads, run.keys, test.valueDim}}};
  if (test.merged) {
    arguments.push_back({"k2", test.input, {run.batch, test.keyHeads, run.moreKeys, test.keyDim}});
    arguments.push_back({"v2", test.input, {run.batch, test.keyHeads, run.moreKeys, test.valueDim}});
  }
  if (test.scale == Scale::Operand)
    arguments.push_back({"scale", Element::F32Scalar, {}});
  if (test.lengths)
    arguments.push_back({"lengths", Element::I32, {run.batch}});
  if (test.offset != Offset::Default)
    arguments.push_back(test.offset == Offset::Scalar ? Slot{"offset", Element::Index, {}} : Slot{"offset", Element::I32, {run.batch}});
  for (int symbol : test.getSymbols())
    arguments.push_back({"w" + std::to_string(symbol), Element::Index, {}});
  for (size_t n = 0; n < test.score.size(); ++n) {
    ScoreStep step = test.score[n];
    step.id = n;
    std::string name = step.getOperand();
    if (step.kind == ScoreStep::SoftCapLimit)
      arguments.push_back({name, Element::F32Scalar, {}});
    else if (step.kind == ScoreStep::Slopes)
      arguments.push_back({name, Element::F32, {test.heads}});
    else if (step.kind == ScoreStep::Table)
      arguments.push_back({name, Element::F32, {test.heads, ScoreStep::kTableSize}});
    else if (step.kind == ScoreStep::KeyBias)
      arguments.push_back({name, Element::F32, {run.batch, std::max(run.keys, test.merged ? run.moreKeys : 0)}});
  }
  return arguments;
}

std::vector<Slot> mlir::attn::fuzz::getResults(const Case &test, const Run &run) {
  std::vector<Slot> results = {{"o", test.output, {run.batch, test.heads, run.queries, test.valueDim}}};
  if (test.lse || test.merged)
    results.push_back({"lse", Element::F32, {run.batch, test.heads, run.queries}});
  if (test.rowMax && !test.merged)
    results.push_back({"row_max", Element::F32, {run.batch, test.heads, run.queries}});
  return results;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// The sizes that stand in types.
static Run getTypeSizes(const Case &test) {
  Run sizes;
  sizes.batch = sizes.queries = sizes.keys = sizes.moreKeys = -1;
  if (test.staticSizes && !test.runs.empty()) {
    sizes.queries = test.runs.front().queries;
    sizes.keys = test.runs.front().keys;
    sizes.moreKeys = test.runs.front().moreKeys;
  }
  return sizes;
}

/// The arguments' types. Those of score operands are what the score region says.
static std::vector<Slot> getTypes(const Case &test) {
  std::vector<Slot> slots = getArguments(test, getTypeSizes(test));
  for (Slot &slot : slots) {
    if (slot.name.rfind("slopes", 0) == 0 || slot.name.rfind("table", 0) == 0)
      slot.shape[0] = -1;
    if (slot.name.rfind("bias", 0) == 0)
      slot.shape = {-1, -1};
  }
  return slots;
}

static std::string printClauses(const Case &test) {
  std::string text;
  if (test.mask)
    text += "\n         mask = " + test.mask->print();
  if (test.scale == Scale::Constant)
    text += "\n         scale = 1.875000e-01";
  if (test.scale == Scale::Operand)
    text += "\n         scale(%scale)";
  if (test.lengths)
    text += "\n         lengths(%lengths : tensor<?xi32>)";
  if (test.offset != Offset::Default)
    text += test.offset == Offset::Scalar ? "\n         offset(%offset : index)" : "\n         offset(%offset : tensor<?xi32>)";
  std::string symbols;
  for (int symbol : test.getSymbols())
    symbols += (symbols.empty() ? "" : ", ") + getSymbolName(symbol) + " = %w" + std::to_string(symbol);
  if (!symbols.empty())
    text += "\n         symbols(" + symbols + ")";
  if (test.score.empty())
    return text;
  text += "\n         score {\n        ^bb0(%s0: f32, %b: index, %h: index, %i: index, %j: index):\n";
  for (size_t n = 0; n < test.score.size(); ++n) {
    ScoreStep step = test.score[n];
    step.id = n;
    text += step.print();
  }
  return text + "          attn.yield %s" + std::to_string(test.score.size()) + " : f32\n        }";
}

static std::string printAttention(const Case &test, const char *result, const char *key, const char *value, const std::vector<Slot> &types) {
  auto find = [&](const std::string &name) {
    for (const Slot &type : types)
      if (type.name == name)
        return printType(type);
    return std::string();
  };
  std::string text = std::string("  ") + result + " = attn.attention %q, %" + key + ", %" + value + printClauses(test);
  text += "\n       : " + find("q") + ", " + find(key) + ", " + find(value) + " -> ";
  Run sizes = getTypeSizes(test);
  bool first = true;
  for (const Slot &type : getResults(test, sizes)) {
    text += (first ? "" : ", " + type.name + " : ") + printType(type);
    first = false;
  }
  return text + "\n";
}

std::string Case::print() const {
  std::vector<Slot> types = getTypes(*this), results = getResults(*this, getTypeSizes(*this));
  std::string text = "func.func @fuzz(", resultTypes;
  for (const Slot &type : types)
    text += (&type == &types.front() ? "%" : ", %") + type.name + ": " + printType(type);
  for (const Slot &type : results)
    resultTypes += (resultTypes.empty() ? "" : ", ") + printType(type);
  text += ") -> (" + resultTypes + ") {\n";
  std::string count = results.size() > 1 ? ":" + std::to_string(results.size()) : "";
  if (merged) {
    std::string output = printType(results[0]), lse = printType(results[1]);
    text += printAttention(*this, "%a:2", "k", "v", types) + printAttention(*this, "%c:2", "k2", "v2", types);
    text += "  %x, %y = attn.merge %a#0, %a#1 with %c#0, %c#1 : " + output + ", " + lse + "\n  return %x, %y : " + resultTypes + "\n}\n";
    return text;
  }
  text += printAttention(*this, ("%x" + count).c_str(), "k", "v", types) + "  return ";
  for (size_t n = 0; n < results.size(); ++n)
    text += (n ? ", %x" : "%x") + (results.size() > 1 ? "#" + std::to_string(n) : std::string());
  return text + " : " + resultTypes + "\n}\n";
}

static std::string list(const std::vector<int64_t> &numbers) {
  std::string text;
  for (int64_t number : numbers)
    text += (text.empty() ? "" : ",") + std::to_string(number);
  return "[" + text + "]";
}

std::string Case::describe(const Run &run) const {
  static const char *const values[] = {"normal", "peaked", "large", "tiny", "zero", "nan query"};
  static const char *const layouts[] = {"dense", "by token", "padded"};
  std::string text = "target=" + target + " B=" + std::to_string(run.batch) + " Tq=" + std::to_string(run.queries) + " Tk=" + std::to_string(run.keys);
  if (merged)
    text += " Tk2=" + std::to_string(run.moreKeys);
  if (lengths)
    text += " lengths=" + list(run.lengths);
  if (offset != Offset::Default)
    text += " offset=" + list(run.offsets);
  if (scale == Scale::Operand)
    text += " scale=" + std::to_string(run.scale);
  for (int symbol : getSymbols())
    text += " " + getSymbolName(symbol) + "=" + std::to_string(run.numbers[symbol]);
  text += std::string(" values=") + values[int(run.values)] + " layouts=";
  for (Layout layout : run.layouts)
    text += std::string(layouts[int(layout)]) + (&layout == &run.layouts[3] ? "" : "/");
  return text + (run.guardBefore ? " guard=before" : "") + " data=" + std::to_string(run.seed);
}
