//===- Scope.h - values known while a function is evaluated -----*- C++ -*-===//

#ifndef ATTN_CODEGEN_REFERENCE_SCOPE_H
#define ATTN_CODEGEN_REFERENCE_SCOPE_H

#include "codegen/reference/Interpreter.h"
#include "llvm/ADT/DenseMap.h"

#include <memory>

namespace mlir::attn::reference {

/// The values of one function call. Arrays are shared, never copied or changed once they are set.
class Scope {
public:
  explicit Scope(const Options &options) : options(options) {}

  const Options &getOptions() const { return options; }
  bool isPlain() const { return options.arithmetic == Arithmetic::Plain; }

  bool knows(Value value) const { return values.count(value); }
  const Array &get(Value value) const { return *values.find(value)->second; }
  std::shared_ptr<const Array> share(Value value) const { return values.find(value)->second; }
  double getScalar(Value value) const { return get(value).elements.front(); }

  void set(Value value, Array array) { values[value] = std::make_shared<const Array>(std::move(array)); }
  void set(Value value, std::shared_ptr<const Array> array) { values[value] = std::move(array); }

private:
  const Options &options;
  llvm::DenseMap<Value, std::shared_ptr<const Array>> values;
};

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_SCOPE_H
