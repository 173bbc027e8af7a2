//===- Shrink.cpp - simpler cases -----------------------------------------===//

#include "test/lib/attn-fuzz/Case.h"

#include <algorithm>

using namespace mlir::attn::fuzz;

namespace {
/// Collects changed copies of a case.
class Candidates {
public:
  explicit Candidates(const Case &test) : test(test) {}

  /// Sets a member of the case, or of its run.
  template <typename T>
  void set(T Case::*member, T value) {
    if (test.*member == value)
      return;
    list.push_back(test);
    list.back().*member = value;
  }
  template <typename T>
  void setInRun(T Run::*member, T value) {
    if (test.runs.front().*member == value)
      return;
    list.push_back(test);
    list.back().runs.front().*member = value;
  }

  const Case &test;
  std::vector<Case> list;
};
} // namespace

static void dropRuns(Candidates &candidates) {
  for (const Run &run : candidates.test.runs)
    if (candidates.test.runs.size() > 1) {
      candidates.list.push_back(candidates.test);
      candidates.list.back().runs = {run};
    }
}

static void simplifyDescription(Candidates &candidates) {
  const Case &test = candidates.test;
  candidates.set(&Case::merged, false);
  if (test.mask) {
    candidates.list.push_back(test);
    candidates.list.back().mask.reset();
    for (Mask &simpler : test.mask->simplify(test.runs.front().numbers)) {
      candidates.list.push_back(test);
      candidates.list.back().mask = simpler;
    }
  }
  for (size_t n = 0; n < test.score.size(); ++n) {
    candidates.list.push_back(test);
    candidates.list.back().score.erase(candidates.list.back().score.begin() + n);
  }
  candidates.set(&Case::lengths, false);
  candidates.set(&Case::offset, Offset::Default);
  candidates.set(&Case::scale, Scale::Default);
  candidates.set(&Case::lse, false);
  candidates.set(&Case::rowMax, false);
  candidates.set(&Case::staticSizes, false);
  candidates.set(&Case::input, Element::F32);
  candidates.set(&Case::output, test.input);
  candidates.set(&Case::target, std::string("host"));
}

static void simplifyShape(Candidates &candidates) {
  const Case &test = candidates.test;
  if (test.heads > 1) {
    candidates.list.push_back(test);
    candidates.list.back().heads = candidates.list.back().keyHeads = 1;
    candidates.list.push_back(test);
    candidates.list.back().heads = test.heads / test.keyHeads;
    candidates.list.back().keyHeads = 1;
    candidates.set(&Case::keyHeads, test.heads);
  }
  for (int64_t dim : {int64_t(1), int64_t(16), test.keyDim / 2})
    if (dim > 0 && dim < test.keyDim)
      candidates.set(&Case::keyDim, dim);
  for (int64_t dim : {int64_t(1), test.keyDim, test.valueDim / 2})
    if (dim > 0 && dim < test.valueDim)
      candidates.set(&Case::valueDim, dim);
}

static void simplifyRun(Candidates &candidates) {
  const Run &run = candidates.test.runs.front();
  candidates.setInRun(&Run::values, Values::Normal);
  candidates.setInRun(&Run::guardBefore, false);
  for (size_t n = 0; n < 4; ++n)
    if (run.layouts[n] != Layout::Dense) {
      candidates.list.push_back(candidates.test);
      candidates.list.back().runs.front().layouts[n] = Layout::Dense;
    }
  if (run.batch > 1)
    candidates.setInRun<int64_t>(&Run::batch, 1);
  for (auto member : {&Run::queries, &Run::keys, &Run::moreKeys})
    for (int64_t size : {int64_t(1), run.*member / 2, run.*member * 7 / 8, run.*member - 1}) {
      // Offsets and lengths stay valid: a run whose lengths are out of bounds is refused.
      if (size < 1 || size >= run.*member)
        continue;
      candidates.setInRun(member, size);
      Run &changed = candidates.list.back().runs.front();
      for (int64_t &length : changed.lengths)
        length = std::min({length, changed.keys, candidates.test.merged ? changed.moreKeys : changed.keys});
    }
}

std::vector<Case> mlir::attn::fuzz::simplify(const Case &test) {
  Candidates candidates(test);
  dropRuns(candidates);
  simplifyDescription(candidates);
  simplifyShape(candidates);
  if (test.runs.size() == 1)
    simplifyRun(candidates);
  return candidates.list;
}
