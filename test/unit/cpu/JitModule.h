//===- JitModule.h - run emitted functions in a test ------------*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_CPU_JITMODULE_H
#define ATTN_TEST_UNIT_CPU_JITMODULE_H

#include "codegen/cpu/CpuMachine.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace mlir::attn::test {

/// A memref descriptor as MLIR's C interface passes it.
template <unsigned Rank> struct View {
  void *allocated = nullptr, *data = nullptr;
  int64_t offset = 0;
  int64_t shape[Rank] = {}, strides[Rank] = {};
};

/// A view of row-major memory with the given shape.
template <typename... Sizes> View<sizeof...(Sizes)> dense(const void *data, Sizes... sizes) {
  constexpr unsigned rank = sizeof...(Sizes);
  View<rank> view;
  view.allocated = view.data = const_cast<void *>(data);
  int64_t shape[] = {int64_t(sizes)...}, stride = 1;
  for (int dim = rank - 1; dim >= 0; --dim) {
    view.shape[dim] = shape[dim];
    view.strides[dim] = stride;
    stride *= shape[dim];
  }
  return view;
}

/// Zeroed memory aligned as kernels want it, with guard space behind it.
class Buffer {
public:
  explicit Buffer(size_t bytes = 0);
  template <typename T> T *as() const { return static_cast<T *>(memory.get()); }

private:
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };
  std::unique_ptr<void, Free> memory;
};

/// A module under construction, then its machine code in this process.
class JitModule {
public:
  JitModule();
  ~JitModule();
  ModuleOp get() { return *module; }
  MLIRContext *getContext() { return &context; }
  /// Exposes every function through the C interface, compiles and loads. Returns the reason if something failed, else nothing.
  std::string compile(const CpuMachine &machine);
  /// Milliseconds of the last `compile`: passes, and translation with code generation.
  double passMs = 0, codegenMs = 0;

  /// Calls an emitted function; views are passed by address, scalars by value.
  template <typename... Arguments> void call(llvm::StringRef name, Arguments... arguments) {
    reinterpret_cast<void (*)(Arguments...)>(lookup(name))(arguments...);
  }
  void *lookup(llvm::StringRef name);

private:
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  struct Jit;
  std::unique_ptr<Jit> jit;
  /// Found before: a session's own lookup takes a microsecond.
  std::map<std::string, void *, std::less<>> found;
};

} // namespace mlir::attn::test

#endif // ATTN_TEST_UNIT_CPU_JITMODULE_H
