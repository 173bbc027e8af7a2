//===- GpuBundleTest.cpp - the C launcher of a bundle ---------------------===//

#include "GpuFixture.h"

#include <thread>

// runtime/gpu/BundleLauncher.c, compiled for the family in fake_gpu.c.
extern "C" {
int fake_gpu_prepare(int device, char *message, int64_t capacity);
int fake_gpu_workspace_bytes(const void *args, int device, int64_t *bytes, char *message, int64_t capacity);
int fake_gpu_launch(const void *args, int device, void *stream, void *workspace, int64_t workspace_bytes, char *message, int64_t capacity);
void fake_gpu_unload(void);
}

namespace {

class GpuBundle : public Gpu {
protected:
  void TearDown() override {
    fake_gpu_unload();
    Gpu::TearDown();
  }

  /// The argument block that a program fills.
  static std::vector<int64_t> block(const GpuInputs &inputs) {
    std::vector<int64_t> words;
    for (const attn_value &value : inputs.values) {
      if (value.kind != ATTN_TENSOR) {
        float scale = 0.25f;
        words.push_back(value.as.integer);
        if (value.kind == ATTN_NUMBER)
          std::memcpy(&words.back(), &scale, sizeof scale);
        continue;
      }
      words.push_back(int64_t(uintptr_t(value.as.tensor.data)));
      words.insert(words.end(), value.as.tensor.shape, value.as.tensor.shape + ATTN_MAX_RANK);
      words.insert(words.end(), value.as.tensor.strides, value.as.tensor.strides + ATTN_MAX_RANK);
    }
    return words;
  }

  char message[512] = "";
};

} // namespace

TEST_F(GpuBundle, launches) {
  GpuInputs some = inputs(1, 8, 12);
  std::vector<int64_t> args = block(some);
  int64_t bytes = 0;
  ASSERT_EQ(fake_gpu_workspace_bytes(args.data(), 0, &bytes, message, sizeof message), 0) << message;
  EXPECT_EQ(bytes, 384);
  char *workspace = memory + 7 * kMemoryBytes / 8;
  ASSERT_EQ(fake_gpu_launch(args.data(), 0, reinterpret_cast<void *>(5), workspace, bytes, message, sizeof message), 0) << message;
  ASSERT_EQ(cuda->launches, 2);
  EXPECT_STREQ(cuda->launch[0].function, "rows");
  EXPECT_EQ(cuda->launch[0].workspace, workspace);
  EXPECT_EQ(cuda->launch[0].stream, reinterpret_cast<void *>(5));
  EXPECT_EQ(std::memcmp(cuda->launch[0].words, args.data(), 40 * 8), 0);
  EXPECT_EQ(cuda->modules_loaded, 1);
  EXPECT_EQ(cuda->allocated + cuda->synchronized, 0);
}

TEST_F(GpuBundle, refuses) {
  GpuInputs some = inputs(1, 8, 12);
  std::vector<int64_t> args = block(some);
  EXPECT_EQ(fake_gpu_launch(args.data(), 0, nullptr, nullptr, 0, message, sizeof message), ATTN_INVALID_ARGUMENT);
  EXPECT_NE(std::string(message).find("expected a workspace of 384 bytes"), std::string::npos) << message;
  EXPECT_EQ(fake_gpu_launch(args.data(), 3, nullptr, nullptr, 0, message, sizeof message), ATTN_NO_DEVICE);
  EXPECT_STREQ(message, "expected a GPU from 0 to 0, but got 3");
  EXPECT_EQ(fake_gpu_prepare(-1, nullptr, 0), ATTN_NO_DEVICE);
  EXPECT_EQ(fake_gpu_prepare(1000, nullptr, 0), ATTN_NO_DEVICE);
  some.tensor(1).shape[3] = 9;
  args = block(some);
  EXPECT_EQ(fake_gpu_launch(args.data(), 0, nullptr, memory, 384, message, sizeof message), ATTN_INVALID_ARGUMENT);
  EXPECT_STREQ(message, "argument 'k': dimension 3: expected 8, but got 9");
  EXPECT_EQ(cuda->launches, 0);
}

TEST_F(GpuBundle, servesThreadsAndDevices) {
  cuda->devices = 2;
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([&, number] {
      GpuInputs some = inputs(1, 8, 12, number % 2);
      std::vector<int64_t> args = block(some);
      char text[256] = "";
      for (int repeat = 0; repeat < 50; ++repeat)
        ASSERT_EQ(fake_gpu_launch(args.data(), number % 2, nullptr, memory, 384, text, sizeof text), 0) << text;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(cuda->launches, 400);
  EXPECT_EQ(cuda->modules_loaded, 2);
  fake_gpu_unload();
  EXPECT_EQ(cuda->modules_unloaded, 2);
}
