//===- Execute.cpp - one case, compiled and run ---------------------------===//

#include "test/lib/attn-fuzz/Execute.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "test/lib/attn-fuzz/Compare.h"
// Uses the pass manager without declaring it.
#include "codegen/Compiler.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::fuzz;

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Factors of normal numbers for a tensor.
static double getAmplitude(const Case &test, const Run &run, const std::string &name) {
  bool isQuery = name == "q", isKey = name[0] == 'k', isValue = name[0] == 'v';
  switch (run.values) {
  case Values::Peaked: return isQuery ? 30.0 : 1.0;
  case Values::Large: return isQuery || isKey ? 200.0 : 1.0;
  case Values::Tiny: return test.input == Element::F16 ? 3e-6 : isValue ? 1e-30 : 1e-3;
  case Values::Zero: return isQuery ? 0.0 : 1.0;
  default: return 1.0;
  }
}

static void fillTensor(const Case &test, const Run &run, const Slot &slot, Random &random, Buffer &tensor) {
  double amplitude = slot.shape.size() == 4 ? getAmplitude(test, run, slot.name) : 0.3;
  int64_t count = tensor.getNumElements();
  for (int64_t n = 0; n < count; ++n)
    tensor.store(n, amplitude * random.normal());
  if (slot.name == "q" && run.values == Values::NanQuery && count) {
    int64_t row = random.between(0, count / test.keyDim - 1);
    for (int64_t n = 0; n < test.keyDim; ++n)
      tensor.store(row * test.keyDim + n, std::nan(""));
  }
  bool hasLengths = test.lengths && (slot.name[0] == 'k' || slot.name[0] == 'v');
  for (int64_t n = 0; hasLengths && n < count; ++n) {
    int64_t key = n / slot.shape[3] % slot.shape[2], batch = n / (slot.shape[1] * slot.shape[2] * slot.shape[3]);
    if (key >= run.lengths[batch])
      tensor.store(n, std::nan(""));
  }
}

static ArgumentValue createArgument(const Case &test, const Run &run, const Slot &slot, Random &random) {
  const std::string &name = slot.name;
  if (slot.element == Element::Index)
    return {std::nullopt, double(name == "offset" ? run.offsets[0] : run.numbers[std::stoi(name.substr(1))])};
  if (slot.element == Element::F32Scalar)
    return {std::nullopt, name == "scale" ? double(float(run.scale)) : 4.0 + double(random.between(0, 30))};
  Layout layout = name == "q" ? run.layouts[0] : name[0] == 'k' ? run.layouts[1] : name[0] == 'v' ? run.layouts[2] : Layout::Dense;
  Buffer tensor(slot.element, slot.shape, layout, run.guardBefore);
  if (slot.element == Element::I32)
    for (int64_t b = 0; b < run.batch; ++b)
      tensor.store(b, name == "lengths" ? run.lengths[b] : run.offsets[b]);
  else
    fillTensor(test, run, slot, random, tensor);
  tensor.protect();
  return {std::move(tensor), 0.0};
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

static attn_value toValue(const ArgumentValue &argument, Element element) {
  if (argument.tensor)
    return argument.tensor->getValue();
  return element == Element::Index ? attn_integer(argument.number) : attn_number(argument.number);
}

static std::string launch(const attn_kernel *kernel, std::vector<attn_value> values, std::vector<Buffer> &results, int threads) {
  // What outputs held before must not matter: once NaN, then other bits.
  unsigned char pattern = threads == 1 ? 0xff : 0x30 + threads;
  for (Buffer &result : results) {
    result.fillPattern(pattern);
    values.push_back(result.getValue());
  }
  if (attn_set_num_threads(threads) || attn_launch(kernel, values.data(), values.size()))
    return std::string("the launch fails: ") + attn_last_error();
  for (const Buffer &result : results)
    if (!result.isPatternIntact(pattern))
      return "the kernel writes between the rows of an output";
  return {};
}

static std::string executeRun(const attn_kernel *kernel, func::FuncOp function, const Case &test, const Run &run) {
  Random random(run.seed);
  std::vector<ArgumentValue> arguments;
  std::vector<attn_value> values;
  for (const Slot &slot : getArguments(test, run)) {
    arguments.push_back(createArgument(test, run, slot, random));
    values.push_back(toValue(arguments.back(), slot.element));
  }
  std::vector<Buffer> results;
  for (const Slot &slot : getResults(test, run))
    results.emplace_back(slot.element, slot.shape, run.layouts[3], run.guardBefore);
  if (std::string problem = launch(kernel, values, results, 1); !problem.empty())
    return problem;
  if (std::string problem = compareResults(function, test, run, arguments, results); !problem.empty())
    return problem;
  std::vector<std::vector<unsigned char>> bits;
  for (const Buffer &result : results)
    bits.push_back(result.getBytes());
  for (int threads : {2, 3}) {
    if (std::string problem = launch(kernel, values, results, threads); !problem.empty())
      return problem;
    for (size_t n = 0; n < results.size(); ++n)
      if (results[n].getBytes() != bits[n])
        return "result " + std::to_string(n) + " has other bits at " + std::to_string(threads) + " threads than at 1";
  }
  return {};
}

std::string mlir::attn::fuzz::executeCase(const Case &test) {
  std::string text = test.print();
  const attn_kernel *kernel = nullptr;
  if (attn_compile(text.data(), text.size(), nullptr, test.target.c_str(), &kernel))
    return std::string("the compiler refuses it: ") + attn_last_error();
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context), "description");
  if (!module)
    return "the text does not parse";
  auto function = *module->getOps<func::FuncOp>().begin();
  for (size_t n = 0; n < test.runs.size(); ++n)
    if (std::string problem = executeRun(kernel, function, test, test.runs[n]); !problem.empty())
      return "run " + std::to_string(n) + " (" + test.describe(test.runs[n]) + "):\n  " + problem;
  return {};
}
