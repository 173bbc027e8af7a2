//===- Manifest.h - the manifest of a bundle --------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_MANIFEST_H
#define ATTN_TOOLS_COMPILE_MANIFEST_H

#include "tools/attn-compile/Bundle.h"
#include "llvm/Support/JSON.h"

namespace mlir::attn {

/// One attention or merge of the description, read before compilation consumes it.
struct AttentionFacts {
  /// "attention" or "merge".
  std::string kind;
  std::string dtype;
  /// Zero where the operation does not say: a merge has no keys.
  int64_t queryHeads, keyHeads, queryDim, valueDim;
  /// The mask as the description writes it; empty where every key is visible.
  std::string mask;
  std::string normalizer;
  bool hasScore, hasLengths, hasOffset;
};

/// The attentions and merges of a function, calls followed, in the order of the description.
std::vector<AttentionFacts> collectFacts(func::FuncOp function);

/// What every manifest says, whatever the target.
llvm::json::Object describeBundle(const Bundle &bundle, const KernelIdentity &identity, const Signature &signature, ArrayRef<AttentionFacts> facts);

/// A manifest as the text of its file.
std::string printManifest(llvm::json::Object manifest);

/// The text of NAME.json.
std::string makeManifest(const Bundle &bundle, ArrayRef<AttentionFacts> facts);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_MANIFEST_H
