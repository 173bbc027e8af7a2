//===- DimClasses.cpp - dimensions that must have one size ----------------===//

#include "codegen/DimClasses.h"

using namespace mlir;
using namespace mlir::attn;

unsigned DimClasses::findRoot(unsigned node) {
  while (classes[node].parent != node)
    node = classes[node].parent = classes[classes[node].parent].parent;
  return node;
}

unsigned DimClasses::find(Value tensor, unsigned dim) {
  auto [place, isNew] = nodes.try_emplace({tensor, dim}, classes.size());
  if (isNew)
    classes.push_back({unsigned(classes.size()), cast<RankedTensorType>(tensor.getType()).getDimSize(dim), ""});
  return findRoot(place->second);
}

LogicalResult DimClasses::unite(Value a, unsigned dimA, Value b, unsigned dimB) {
  unsigned first = find(a, dimA), second = find(b, dimB);
  if (first == second)
    return success();
  // The older class wins, so that the outcome does not depend on how a caller orders the two.
  Class &kept = classes[std::min(first, second)], &gone = classes[std::max(first, second)];
  if (!ShapedType::isDynamic(kept.size) && !ShapedType::isDynamic(gone.size) && kept.size != gone.size)
    return failure();
  gone.parent = kept.parent;
  if (ShapedType::isDynamic(kept.size))
    kept.size = gone.size;
  if (kept.meaning.empty())
    kept.meaning = gone.meaning;
  return success();
}

LogicalResult DimClasses::uniteAll(Value a, Value b) {
  int64_t rank = cast<RankedTensorType>(a.getType()).getRank();
  if (cast<RankedTensorType>(b.getType()).getRank() != rank)
    return failure();
  for (int64_t dim = 0; dim < rank; ++dim)
    if (failed(unite(a, dim, b, dim)))
      return failure();
  return success();
}

LogicalResult DimClasses::setSize(Value tensor, unsigned dim, int64_t size) {
  int64_t &known = classes[find(tensor, dim)].size;
  if (!ShapedType::isDynamic(known) && known != size)
    return failure();
  known = size;
  return success();
}

void DimClasses::setMeaning(Value tensor, unsigned dim, StringRef meaning) {
  StringRef &known = classes[find(tensor, dim)].meaning;
  if (known.empty())
    known = meaning;
}
