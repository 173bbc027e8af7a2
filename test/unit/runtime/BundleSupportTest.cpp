//===- BundleSupportTest.cpp - what the compiler links into every kernel --===//

#include "FakeInputs.h"
#include "runtime/attn_check.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <xmmintrin.h>

extern "C" {
int attn_bundle_check(const void *args, char *message, int64_t capacity);
void attn_bundle_plan(const void *args, attn_plan *plan);
int attn_bundle_run(const void *args, void *workspace, void *scratch, attn_parallel_for parallel_for, void *context);
void observe_task(const void *args, void *workspace, void *scratch, int32_t stage, int64_t index);
}

namespace {

struct Memory {
  explicit Memory(const void *args, int workers = 1) {
    attn_plan plan;
    attn_bundle_plan(args, &plan);
    workspace.reset(aligned_alloc(64, plan.workspace_bytes));
    scratch.reset(aligned_alloc(64, plan.scratch_bytes * workers));
  }
  struct Free {
    void operator()(void *p) { free(p); }
  };
  std::unique_ptr<void, Free> workspace, scratch;
};

struct Loop {
  int64_t count;
  attn_body body;
  void *state;
  std::atomic<int64_t> next;
  std::atomic<int32_t> workers;
};

} // namespace

static void *work(void *argument) {
  auto *loop = static_cast<Loop *>(argument);
  int32_t worker = loop->workers++;
  for (int64_t index; (index = loop->next++) < loop->count;)
    loop->body(loop->state, index, worker);
  return nullptr;
}

/// Three threads made for each loop; context counts the loops.
static int parallelFor(void *context, int64_t count, attn_body body, void *state) {
  ++*static_cast<int *>(context);
  Loop loop{count, body, state, {0}, {0}};
  pthread_t threads[3];
  for (pthread_t &thread : threads)
    pthread_create(&thread, nullptr, work, &loop);
  for (pthread_t &thread : threads)
    pthread_join(thread, nullptr);
  return 0;
}

TEST(BundleSupport, runsSeriallyWithoutAParallelFor) {
  FakeInputs inputs(2, 5, 7);
  auto block = inputs.block();
  Memory memory(block.data());
  char message[256] = "";
  ASSERT_EQ(attn_bundle_check(block.data(), message, sizeof message), 0) << message;
  ASSERT_EQ(attn_bundle_run(block.data(), memory.workspace.get(), memory.scratch.get(), nullptr, nullptr), 0);
  inputs.expectCorrect();
}

TEST(BundleSupport, runsOnTheCallersParallelFor) {
  FakeInputs inputs(2, 33, 40);
  auto block = inputs.block();
  Memory memory(block.data(), 3);
  int loops = 0;
  ASSERT_EQ(attn_bundle_run(block.data(), memory.workspace.get(), memory.scratch.get(), parallelFor, &loops), 0);
  EXPECT_EQ(loops, 2) << "one for each stage";
  inputs.expectCorrect();
}

TEST(BundleSupport, passesOnTheStatusOfTheParallelFor) {
  FakeInputs inputs(1, 3, 3);
  auto block = inputs.block();
  Memory memory(block.data());
  auto refuse = [](void *, int64_t, attn_body, void *) { return 42; };
  EXPECT_EQ(attn_bundle_run(block.data(), memory.workspace.get(), memory.scratch.get(), refuse, nullptr), 42);
}

TEST(BundleSupport, checkNamesArgumentAndRule) {
  FakeInputs inputs(2, 5, 7);
  inputs.lengths[1] = 8;
  auto block = inputs.block();
  char message[256];
  EXPECT_EQ(attn_bundle_check(block.data(), message, sizeof message), 1);
  EXPECT_STREQ(message, "argument 'lengths': element (1): expected a value from 0 to 7 (Tk), but got 8");
}

/// What the check says of lengths {3, 6} with Tk = 7, were they bounded by the symbol `bound` and the number `limit`.
static std::string checkLengths(int32_t bound, int64_t limit) {
  FakeInputs inputs(2, 5, 7);
  inputs.lengths = {3, 6};
  auto block = inputs.block();
  std::vector<attn_arg_info> infos(attn_bundle_kernel.args, attn_bundle_kernel.args + attn_bundle_kernel.num_args);
  infos[3].value_bound = bound;
  infos[3].value_limit = limit;
  attn_kernel kernel = attn_bundle_kernel;
  kernel.args = infos.data();
  char message[256] = "";
  EXPECT_EQ(attn_check_block(&kernel, block.data(), message, sizeof message), *message != 0);
  return message;
}

TEST(BundleSupport, checkBoundsElementsBySymbolsAndNumbers) {
  EXPECT_EQ(checkLengths(-1, -1), "");
  EXPECT_EQ(checkLengths(-1, 6), "");
  EXPECT_EQ(checkLengths(-1, 5), "argument 'lengths': element (1): expected a value from 0 to 5, but got 6");
  EXPECT_EQ(checkLengths(-1, 0), "argument 'lengths': element (0): expected a value from 0 to 0, but got 3");
  EXPECT_EQ(checkLengths(2, 9), "") << "the smaller one counts";
  EXPECT_EQ(checkLengths(1, 9), "argument 'lengths': element (1): expected a value from 0 to 5 (Tq), but got 6");
  EXPECT_EQ(checkLengths(1, 4), "argument 'lengths': element (1): expected a value from 0 to 4, but got 6");
}

TEST(BundleSupport, checkCutsItsMessageOff) {
  FakeInputs inputs(2, 5, 7);
  inputs.lengths[1] = -3;
  auto block = inputs.block();
  char message[] = "0123456789ABCDEF";
  EXPECT_EQ(attn_bundle_check(block.data(), message, 10), 1);
  EXPECT_STREQ(message, "argument ");
  EXPECT_EQ(message[10], 'A');
  EXPECT_EQ(attn_bundle_check(block.data(), nullptr, 0), 1);
}

TEST(BundleSupport, taskSetsAndRestoresTheFloatingPointState) {
  // A caller that rounds down, keeps denormals and has a sticky flag set.
  unsigned mine = 0x1f80 | _MM_ROUND_DOWN | 1, saved = _mm_getcsr(), after;
  float seen[3];
  _mm_setcsr(mine);
  observe_task(seen, nullptr, nullptr, 0, 0);
  after = _mm_getcsr();
  _mm_setcsr(saved);
  EXPECT_EQ(after, mine);
  EXPECT_EQ(seen[0], 0.0f) << "denormal results are zero";
  EXPECT_EQ(seen[1], 1.0f + 0x1p-23f) << "rounds to nearest";
  EXPECT_EQ(seen[2], 0.0f) << "denormal operands are zero";
}
