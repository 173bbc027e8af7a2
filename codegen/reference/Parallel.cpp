//===- Parallel.cpp - a loop on several threads ---------------------------===//

#include "codegen/reference/Parallel.h"
#include "llvm/ADT/SmallVector.h"
#include <algorithm>
#include <atomic>
#include <thread>

void mlir::attn::reference::parallelFor(int64_t count, unsigned threads, llvm::function_ref<void(int64_t)> body) {
  std::atomic<int64_t> next(0);
  auto work = [&] {
    for (int64_t index = next++; index < count; index = next++)
      body(index);
  };
  llvm::SmallVector<std::thread> helpers;
  for (int64_t helper = 1; helper < std::min<int64_t>(threads, count); ++helper)
    helpers.emplace_back(work);
  work();
  for (std::thread &helper : helpers)
    helper.join();
}
