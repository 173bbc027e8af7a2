//===- Manifest.cpp - the manifest of a bundle ----------------------------===//

#include "tools/attn-compile/Manifest.h"
#include "dialect/AttnOps.h"
#include "runtime/attn_abi.h"
#include "tools/attn-compile/ArgumentText.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Facts
//===----------------------------------------------------------------------===//

static std::string print(Attribute attribute) {
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  return text;
}

static AttentionFacts describe(AttentionOp op) {
  auto query = cast<RankedTensorType>(op.getQuery().getType()), key = cast<RankedTensorType>(op.getKey().getType());
  auto value = cast<RankedTensorType>(op.getValue().getType());
  return {"attention",
          getDtypeName(query),
          query.getDimSize(1),
          key.getDimSize(1),
          query.getDimSize(3),
          value.getDimSize(3),
          op.getMask() ? print(*op.getMask()) : "",
          print(op.getNormalizerOrDefault()),
          !op.getScore().empty(),
          bool(op.getLengths()),
          bool(op.getOffset())};
}

static AttentionFacts describe(MergeOp op) {
  auto type = cast<RankedTensorType>(op.getOutput().getType());
  return {"merge", getDtypeName(type), type.getDimSize(1), 0, 0, type.getDimSize(3), "", "", false, false, false};
}

std::vector<AttentionFacts> attn::collectFacts(func::FuncOp function) {
  std::vector<AttentionFacts> facts;
  for (Operation &op : function.getBody().front()) {
    if (auto attention = dyn_cast<AttentionOp>(op))
      facts.push_back(describe(attention));
    else if (auto merge = dyn_cast<MergeOp>(op))
      facts.push_back(describe(merge));
    else if (auto call = dyn_cast<func::CallOp>(op))
      llvm::append_range(facts, collectFacts(SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr())));
  }
  return facts;
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

/// Strings of a description may hold any bytes; JSON takes UTF-8 only.
static json::Value text(StringRef value) { return json::isUTF8(value) ? value.str() : json::fixUTF8(value); }

/// A number, or the name of a symbol.
static json::Value makeExtent(Extent extent, const ShapeSymbols &shapes) {
  if (extent.isStatic())
    return extent.size;
  return text(shapes.names[extent.symbol]);
}

static json::Array makeExtents(ArrayRef<Extent> extents, const ShapeSymbols &shapes) {
  json::Array array;
  for (Extent extent : extents)
    array.push_back(makeExtent(extent, shapes));
  return array;
}

static json::Object makeArgument(const Parameter &parameter, const ShapeSymbols &shapes, bool isResult) {
  bool isTensor = isa<RankedTensorType>(parameter.type);
  json::Object object{{"name", text(parameter.name)},
                      {"role", !isTensor  ? "scalar"
                               : isResult ? "output"
                                          : "input"},
                      {"dtype", getDtypeName(parameter.type)}};
  if (isTensor) {
    object["rank"] = int64_t(parameter.extents.size());
    object["shape"] = makeExtents(parameter.extents, shapes);
  }
  if (!parameter.valueBounds.empty())
    object["values_at_most"] = makeExtents(parameter.valueBounds, shapes);
  if (std::string rule = describeRule(parameter, shapes); !rule.empty())
    object["values"] = rule;
  if (StringRef meaning = describeMeaning(parameter.name); !meaning.empty())
    object["meaning"] = meaning;
  return object;
}

static json::Array makeArguments(const Signature &signature) {
  json::Array arguments;
  for (const Parameter &parameter : signature.arguments)
    arguments.push_back(makeArgument(parameter, signature.shapes, /*isResult=*/false));
  for (const Parameter &parameter : signature.results)
    arguments.push_back(makeArgument(parameter, signature.shapes, /*isResult=*/true));
  return arguments;
}

static json::Object makeFacts(const AttentionFacts &facts) {
  json::Object object{
      {"op", facts.kind}, {"dtype", facts.dtype}, {"query_heads", facts.queryHeads}, {"value_dim", facts.valueDim}};
  if (facts.kind == "merge")
    return object;
  object["key_heads"] = facts.keyHeads;
  object["head_dim"] = facts.queryDim;
  object["mask"] = facts.mask.empty() ? json::Value(nullptr) : text(facts.mask);
  object["normalizer"] = text(facts.normalizer);
  object["score_arithmetic"] = facts.hasScore;
  object["lengths"] = facts.hasLengths;
  object["offset"] = facts.hasOffset;
  return object;
}

/// The members of the family: the stages of a kernel, of which the run-time sizes pick some.
static json::Object makeTarget(const CompiledKernel &kernel) {
  json::Array stages;
  for (StringRef stage : kernel.stages)
    stages.push_back(text(stage));
  return json::Object{{"target", kernel.identity.target},
                      {"source_hash", kernel.identity.sourceHash},
                      {"stages", std::move(stages)},
                      {"scratch_bytes_per_worker", kernel.scratchBytes},
                      {"object_bytes", int64_t(kernel.object.size())}};
}

/// The policy that every kernel follows; see the documentation of the numerics.
static json::Object makeNumerics() {
  return json::Object{{"scores_and_accumulators", "f32"},
                      {"probabilities", "rounded to the input type before the product with the values, or wider"},
                      {"rounding", "nearest even"},
                      {"denormals", "zero"},
                      {"row_without_keys", "output 0, lse and row_max -inf"},
                      {"reproducible", "same bits at any number of threads, for the same target"}};
}

json::Object attn::describeBundle(const Bundle &bundle, const KernelIdentity &identity, const Signature &signature, ArrayRef<AttentionFacts> facts) {
  json::Array symbols, operations;
  for (StringRef symbol : signature.shapes.names)
    symbols.push_back(json::Object{{"name", text(symbol)}, {"counts", describeSymbol(symbol)}});
  for (const AttentionFacts &operation : facts)
    operations.push_back(makeFacts(operation));
  return json::Object{{"format", 1},
                      {"name", bundle.name},
                      {"entry", text(bundle.entry)},
                      {"source", text(bundle.source)},
                      {"compiler", identity.compiler},
                      {"abi_version", ATTN_ABI_VERSION},
                      {"symbols", std::move(symbols)},
                      {"arguments", makeArguments(signature)},
                      {"operations", std::move(operations)}};
}

std::string attn::printManifest(json::Object manifest) {
  std::string out;
  llvm::raw_string_ostream(out) << llvm::formatv("{0:2}", json::Value(std::move(manifest))) << "\n";
  return out;
}

std::string attn::makeManifest(const Bundle &bundle, ArrayRef<AttentionFacts> facts) {
  json::Array targets;
  for (const CompiledKernel &kernel : bundle.kernels)
    targets.push_back(makeTarget(kernel));
  json::Object files;
  for (StringRef extension : {"h", "o", "so"})
    files[extension] = bundle.name + "." + extension.str();
  json::Object manifest = describeBundle(bundle, bundle.kernels.front().identity, bundle.getSignature(), facts);
  manifest["requires"] = bundle.getLeastTarget();
  manifest["files"] = std::move(files);
  manifest["targets"] = std::move(targets);
  manifest["memory"] =
      json::Object{{"alignment", ATTN_BLOCK_ALIGNMENT}, {"workspace_bytes", bundle.name + "_plan tells, from the sizes"}};
  manifest["numerics"] = makeNumerics();
  return printManifest(std::move(manifest));
}
