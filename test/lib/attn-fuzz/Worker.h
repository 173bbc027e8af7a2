//===- Worker.h - cases in processes of their own ---------------*- C++ -*-===//

#ifndef ATTN_TEST_FUZZ_WORKER_H
#define ATTN_TEST_FUZZ_WORKER_H

#include "test/lib/attn-fuzz/Case.h"

#include <functional>

namespace mlir::attn::fuzz {

/// How a case ended.
struct Outcome {
  enum Kind { Right, Wrong, Crash, Hang };
  Kind kind = Right;
  /// What the process said.
  std::string message;
};

/// The name of an outcome: "mismatch", "crash", "hang".
const char *getName(Outcome::Kind kind);

/// Runs one case in a process of its own, for `seconds` at most.
Outcome executeApart(const Case &test, int seconds);

/// Runs cases first, first + 1, ... of `seed` until there were `count`, or until `report` hands back false; `jobs` of them at a time.
void executeMany(uint64_t seed, uint64_t first, uint64_t count, unsigned jobs, int seconds,
                 const std::function<bool(const Case &, const Outcome &)> &report);

} // namespace mlir::attn::fuzz

#endif // ATTN_TEST_FUZZ_WORKER_H
