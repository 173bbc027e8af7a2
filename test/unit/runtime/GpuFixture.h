//===- GpuFixture.h - a GPU that does nothing but remember ------*- C++ -*-===//

#ifndef ATTN_TEST_GPUFIXTURE_H
#define ATTN_TEST_GPUFIXTURE_H

#include "fake_cuda.h"
#include "runtime/attn.h"
#include "runtime/attn_gpu_abi.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

extern "C" const attn_gpu_family fake_gpu_gpu;

/// "Device memory", of which only addresses matter.
constexpr int64_t kMemoryBytes = int64_t(1) << 22;

/// Arguments of the family in fake_gpu.c, dense bf16 on one device.
struct GpuInputs {
  int64_t B, Tq, Tk;
  char *memory;
  std::vector<attn_value> values;

  GpuInputs(char *memory, int64_t B, int64_t Tq, int64_t Tk) : B(B), Tq(Tq), Tk(Tk), memory(memory) {
    int64_t sq[] = {B, 4, Tq, 8}, sk[] = {B, 2, Tk, 8}, sl[] = {B}, ss[] = {B, 4, Tq};
    int64_t part = kMemoryBytes / 8;
    values = {attn_dense(memory, ATTN_BF16, 4, sq),
              attn_dense(memory + part, ATTN_BF16, 4, sk),
              attn_dense(memory + 2 * part, ATTN_BF16, 4, sk),
              attn_dense(memory + 3 * part, ATTN_I32, 1, sl),
              attn_number(0.25),
              attn_integer(3),
              attn_dense(memory + 4 * part, ATTN_BF16, 4, sq),
              attn_dense(memory + 5 * part, ATTN_F32, 3, ss)};
  }

  attn_tensor &tensor(int arg) { return values[arg].as.tensor; }
};

/// Each test starts with a driver that knows one device and has done nothing.
class Gpu : public testing::Test {
protected:
  void SetUp() override {
    setenv("ATTN_CUDA_DRIVER", FAKE_CUDA, 1);
    void *library = dlopen(FAKE_CUDA, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    cuda = static_cast<fake_cuda *>(dlsym(library, "fake_cuda_state"));
    own = reinterpret_cast<decltype(own)>(dlsym(library, "fake_cuda_own"));
    depth = reinterpret_cast<decltype(depth)>(dlsym(library, "fake_cuda_depth"));
    mode = reinterpret_cast<decltype(mode)>(dlsym(library, "fake_cuda_mode"));
    reinterpret_cast<void (*)()>(dlsym(library, "fake_cuda_reset"))();
    cuda->argument_words = 40;
    ASSERT_EQ(posix_memalign(reinterpret_cast<void **>(&memory), 4096, 2 * kMemoryBytes), 0);
    own(memory, kMemoryBytes, 0);
    own(memory + kMemoryBytes, kMemoryBytes, 1);
    ASSERT_EQ(attn_load(FAKE_KERNELS "/gpu/fake_gpu.so", nullptr, &kernel), ATTN_OK) << attn_last_error();
  }

  void TearDown() override {
    // Whatever happened, the context that the caller had is the current one again.
    EXPECT_EQ(depth(), 0);
    EXPECT_EQ(mode(), 0);
    attn_free(kernel);
    free(memory);
  }

  GpuInputs inputs(int64_t B, int64_t Tq, int64_t Tk, int device = 0) { return GpuInputs(memory + device * kMemoryBytes, B, Tq, Tk); }

  attn_status launch(GpuInputs &inputs, int device = 0, void *stream = nullptr, void *workspace = nullptr, int64_t bytes = 0) {
    return attn_launch_gpu(kernel, inputs.values.data(), int32_t(inputs.values.size()), device, stream, workspace, bytes);
  }

  void expectRefusal(attn_status got, attn_status expected, const std::string &message) {
    EXPECT_EQ(got, expected);
    EXPECT_NE(std::string(attn_last_error()).find(message), std::string::npos) << attn_last_error();
    EXPECT_EQ(cuda->launches, 0);
  }

  fake_cuda *cuda = nullptr;
  void (*own)(const void *memory, int64_t bytes, int device) = nullptr;
  int (*depth)() = nullptr, (*mode)() = nullptr;
  char *memory = nullptr;
  const attn_kernel *kernel = nullptr;
};

#endif // ATTN_TEST_GPUFIXTURE_H
