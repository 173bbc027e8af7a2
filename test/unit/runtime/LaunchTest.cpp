//===- LaunchTest.cpp - attn_launch and attn_infer_outputs ----------------===//

#include "FakeInputs.h"

#include <climits>

static const attn_kernel *kernel = &attn_bundle_kernel;

static void expectRefusal(const std::vector<attn_value> &values, const char *message) {
  EXPECT_EQ(attn_launch(kernel, values.data(), static_cast<int32_t>(values.size())), ATTN_INVALID_ARGUMENT);
  EXPECT_STREQ(attn_last_error(), message);
}

TEST(Launch, computesAttention) {
  for (auto [B, Tq, Tk] : {std::array<int64_t, 3>{1, 1, 1}, {2, 5, 7}, {3, 17, 4}, {1, 64, 64}}) {
    FakeInputs inputs(B, Tq, Tk);
    auto values = inputs.values();
    ASSERT_EQ(attn_launch(kernel, values.data(), 8), ATTN_OK) << attn_last_error();
    inputs.expectCorrect();
  }
}

TEST(Launch, givesTheSameBitsForAnyNumberOfThreads) {
  std::vector<float> first;
  for (int threads : {1, 2, 3}) {
    ASSERT_EQ(attn_set_num_threads(threads), ATTN_OK);
    EXPECT_EQ(attn_get_num_threads(), threads);
    FakeInputs inputs(2, 50, 60);
    auto values = inputs.values();
    ASSERT_EQ(attn_launch(kernel, values.data(), 8), ATTN_OK);
    if (first.empty())
      first = inputs.o;
    EXPECT_EQ(first, inputs.o) << threads << " threads";
  }
}

TEST(Launch, takesStridesAndIgnoresThoseOfSizeOne) {
  // q and o as [B, Tq, H, D], and a batch of one with a senseless stride.
  FakeInputs inputs(1, 9, 12);
  auto values = inputs.values();
  FakeInputs moved = inputs;
  for (int64_t h = 0; h < inputs.H; ++h)
    for (int64_t i = 0; i < inputs.Tq; ++i)
      std::copy_n(&inputs.q[(h * inputs.Tq + i) * inputs.D], inputs.D, &moved.q[(i * inputs.H + h) * inputs.D]);
  auto movedValues = moved.values();
  for (int arg : {0, 6}) {
    movedValues[arg].as.tensor.strides[0] = LLONG_MIN;
    movedValues[arg].as.tensor.strides[1] = inputs.D;
    movedValues[arg].as.tensor.strides[2] = inputs.H * inputs.D;
  }
  ASSERT_EQ(attn_launch(kernel, values.data(), 8), ATTN_OK);
  ASSERT_EQ(attn_launch(kernel, movedValues.data(), 8), ATTN_OK) << attn_last_error();
  for (int64_t h = 0; h < inputs.H; ++h)
    for (int64_t i = 0; i < inputs.Tq; ++i)
      for (int64_t d = 0; d < inputs.D; ++d)
        ASSERT_EQ(inputs.o[(h * inputs.Tq + i) * inputs.D + d], moved.o[(i * inputs.H + h) * inputs.D + d]);
}

TEST(Launch, acceptsEmptySizes) {
  for (auto [B, Tq, Tk] : {std::array<int64_t, 3>{0, 5, 7}, {2, 0, 7}, {2, 5, 0}}) {
    FakeInputs inputs(B, Tq, Tk);
    auto values = inputs.values();
    ASSERT_EQ(attn_launch(kernel, values.data(), 8), ATTN_OK) << attn_last_error();
    inputs.expectCorrect();
  }
}

TEST(Launch, servesConcurrentCallers) {
  ASSERT_EQ(attn_set_num_threads(3), ATTN_OK);
  std::vector<std::thread> callers;
  for (unsigned seed = 0; seed < 4; ++seed)
    callers.emplace_back([seed] {
      for (int repeat = 0; repeat < 20; ++repeat) {
        FakeInputs inputs(2, 10 + seed, 30, seed);
        auto values = inputs.values();
        ASSERT_EQ(attn_launch(kernel, values.data(), 8), ATTN_OK);
        inputs.expectCorrect();
      }
    });
  for (auto &caller : callers)
    caller.join();
}

TEST(Launch, refusesWrongKinds) {
  FakeInputs inputs(2, 5, 7);
  auto values = inputs.values();
  EXPECT_EQ(attn_launch(kernel, values.data(), 7), ATTN_INVALID_ARGUMENT);
  EXPECT_STREQ(attn_last_error(), "kernel 'fake': expected 8 arguments, but got 7");
  EXPECT_EQ(attn_launch(nullptr, values.data(), 8), ATTN_INVALID_ARGUMENT);
  values[0] = attn_integer(3);
  expectRefusal(values, "argument 'q': expected a tensor of f32, but got the integer 3");
  values = inputs.values();
  values[1].as.tensor.dtype = ATTN_BF16;
  expectRefusal(values, "argument 'k': expected element type f32, but got bf16");
  values = inputs.values();
  values[6].as.tensor.rank = 3;
  expectRefusal(values, "argument 'o': expected rank 4, but got 3");
  values = inputs.values();
  values[5] = attn_number(2.5);
  expectRefusal(values, "argument 'window': expected an integer, but got the number 2.500000");
  values[5] = attn_integer(-1);
  expectRefusal(values, "argument 'window': expected a finite number, not below zero, but got -1");
  values = inputs.values();
  for (double scale : {0.0, -1.0, double(NAN), double(INFINITY), 1e300}) {
    values[4] = attn_number(scale);
    expectRefusal(values, "argument 'scale': expected a finite number above zero");
  }
}

TEST(Launch, refusesWrongSizes) {
  FakeInputs inputs(2, 5, 7);
  auto values = inputs.values();
  values[0].as.tensor.shape[1] = 8;
  expectRefusal(values, "argument 'q': dimension 1: expected 4, but got 8");
  values = inputs.values();
  values[2].as.tensor.shape[2] = 6;
  expectRefusal(values, "argument 'v': dimension 2: expected 7, but got 6 (Tk, as in 'k')");
  values = inputs.values();
  values[0].as.tensor.shape[2] = -1;
  expectRefusal(values, "argument 'q': dimension 2: expected a size from 0 to 2^47, but got -1");
  values[0].as.tensor.shape[2] = LLONG_MAX;
  expectRefusal(values, "argument 'q': dimension 2: expected a size from 0 to 2^47, but got 9223372036854775807");
  values[0].as.tensor.shape[2] = int64_t(1) << 46;
  expectRefusal(values, "argument 'q': expected at most 2^47 elements, but its sizes make more");
}

TEST(Launch, refusesWrongMemory) {
  FakeInputs inputs(2, 5, 7);
  auto values = inputs.values();
  values[0].as.tensor.strides[3] = 2;
  expectRefusal(values, "argument 'q': stride of the last dimension: expected 1, but got 2");
  values = inputs.values();
  values[0].as.tensor.strides[0] = LLONG_MIN;
  expectRefusal(values, "argument 'q': its strides reach further than an address space does");
  values = inputs.values();
  values[1].as.tensor.data = nullptr;
  expectRefusal(values, "argument 'k': expected data, but got a null pointer");
  values = inputs.values();
  values[1].as.tensor.data = reinterpret_cast<char *>(inputs.k.data()) + 1;
  expectRefusal(values, "argument 'k': its data is not aligned to the element size");
  values = inputs.values();
  values[6].as.tensor.strides[0] = 0;
  expectRefusal(values, "argument 'o': an output must not overlap itself: each element needs an address of its own");
  values[6].as.tensor.strides[0] = inputs.D;
  expectRefusal(values, "argument 'o': an output must not overlap itself: each element needs an address of its own");
  values = inputs.values();
  values[6].as.tensor.data = inputs.q.data();
  expectRefusal(values, "argument 'o': an output must not overlap 'q', but both begin at the same address");
  for (float x : inputs.o)
    ASSERT_EQ(x, -7) << "a refused launch has written";
}

TEST(Launch, refusesLengthsBeyondTheKeys) {
  FakeInputs inputs(3, 5, 7);
  inputs.lengths = {7, 0, -1};
  expectRefusal(inputs.values(), "argument 'lengths': element (2): expected a value from 0 to 7 (Tk), but got -1");
  inputs.lengths = {7, 8, 0};
  expectRefusal(inputs.values(), "argument 'lengths': element (1): expected a value from 0 to 7 (Tk), but got 8");
}

TEST(Launch, allowsBroadcastInputs) {
  FakeInputs inputs(2, 5, 7);
  auto values = inputs.values();
  values[1].as.tensor.strides[0] = 0;
  std::copy_n(inputs.k.begin(), inputs.k.size() / 2, inputs.k.begin() + inputs.k.size() / 2);
  ASSERT_EQ(attn_launch(kernel, values.data(), 8), ATTN_OK);
  inputs.expectCorrect();
}

TEST(Launch, refusesAKernelOfAnotherAbiOrTarget) {
  attn_kernel other = attn_bundle_kernel;
  FakeInputs inputs(2, 5, 7);
  auto values = inputs.values();
  other.abi_version = 99;
  EXPECT_EQ(attn_launch(&other, values.data(), 8), ATTN_NOT_A_KERNEL);
  other = attn_bundle_kernel;
  other.target = "x86-64-v9";
  EXPECT_EQ(attn_launch(&other, values.data(), 8), ATTN_UNSUPPORTED_TARGET);
  EXPECT_EQ(std::string(attn_last_error()).find("kernel 'fake': expected one of the targets"), 0u) << attn_last_error();
}

TEST(Launch, reportsMemoryThatIsNotThere) {
  attn_kernel greedy = attn_bundle_kernel;
  greedy.plan = [](const void *, attn_plan *plan) {
    plan->scratch_bytes = int64_t(1) << 62;
    plan->workspace_bytes = 64;
    plan->tasks[0] = 8;
  };
  FakeInputs inputs(2, 5, 7);
  auto values = inputs.values();
  for (int threads : {1, 3}) {
    attn_set_num_threads(threads);
    EXPECT_EQ(attn_launch(&greedy, values.data(), 8), ATTN_OUT_OF_MEMORY);
  }
  EXPECT_EQ(attn_launch(kernel, values.data(), 8), ATTN_OK) << "the next launch is not disturbed";
}

TEST(InferOutputs, followsTheInputs) {
  FakeInputs inputs(2, 5, 7);
  auto values = inputs.values();
  values[6] = values[7] = attn_integer(0);
  ASSERT_EQ(attn_infer_outputs(kernel, values.data(), 8), ATTN_OK) << attn_last_error();
  const attn_tensor &o = values[6].as.tensor, &lse = values[7].as.tensor;
  EXPECT_EQ(std::vector<int64_t>(o.shape, o.shape + 4), (std::vector<int64_t>{2, 4, 5, 8}));
  EXPECT_EQ(std::vector<int64_t>(o.strides, o.strides + 4), (std::vector<int64_t>{160, 40, 8, 1}));
  EXPECT_EQ(lse.rank, 3);
  EXPECT_EQ(lse.dtype, ATTN_F32);
  EXPECT_EQ(lse.shape[2], 5);
  EXPECT_EQ(o.data, nullptr);
  values[2].as.tensor.shape[2] = 6;
  EXPECT_EQ(attn_infer_outputs(kernel, values.data(), 8), ATTN_INVALID_ARGUMENT);
  EXPECT_STREQ(attn_last_error(), "argument 'v': dimension 2: expected 7, but got 6 (Tk, as in 'k')");
}
