//===- GpuModuleTest.cpp - the driver, devices, images and workspaces -----===//

#include "GpuFixture.h"

static void *streamOf(uintptr_t number) { return reinterpret_cast<void *>(number); }

TEST_F(Gpu, withoutADriverEverythingElseWorks) {
  GpuInputs some = inputs(1, 8, 12);
  setenv("ATTN_CUDA_DRIVER", "/nowhere/libcuda.so.1", 1);
  expectRefusal(launch(some), ATTN_NO_DEVICE,
                "no NVIDIA GPU can be used: cannot open the CUDA driver (ATTN_CUDA_DRIVER names it): /nowhere/libcuda.so.1");
  int count = 7;
  EXPECT_EQ(attn_gpu_count(&count), ATTN_NO_DEVICE);
  EXPECT_EQ(count, 0);
  const attn_kernel *compiled = nullptr;
  EXPECT_EQ(attn_compile("text", 4, nullptr, "cuda", &compiled), ATTN_NO_DEVICE);
  // It is looked for again when it may be there.
  setenv("ATTN_CUDA_DRIVER", FAKE_CUDA, 1);
  EXPECT_EQ(launch(some), ATTN_OK) << attn_last_error();
}

TEST_F(Gpu, refusesADriverThatLacksAFunction) {
  GpuInputs some = inputs(1, 8, 12);
  setenv("ATTN_CUDA_DRIVER", FAKE_CUDA_OLD, 1);
  expectRefusal(launch(some), ATTN_NO_DEVICE, "has no function cuCtxPopCurrent_v2");
}

TEST_F(Gpu, refusesADriverWithoutDevices) {
  // Another path, because this driver may be open already.
  std::string path = std::string(FAKE_KERNELS) + "/../" + std::string(FAKE_CUDA).substr(std::string(FAKE_CUDA).rfind('/') + 1);
  setenv("ATTN_CUDA_DRIVER", path.c_str(), 1);
  cuda->init_result = 100;
  GpuInputs some = inputs(1, 8, 12);
  expectRefusal(launch(some), ATTN_NO_DEVICE, "the CUDA driver reports error 100, no CUDA-capable device is detected");
}

TEST_F(Gpu, refusesDevicesThatAreNotThere) {
  GpuInputs some = inputs(1, 8, 12);
  expectRefusal(launch(some, 1), ATTN_NO_DEVICE, "expected a GPU from 0 to 0, but got 1");
  expectRefusal(launch(some, -1), ATTN_NO_DEVICE, "expected a GPU from 0 to 0, but got -1");
  int count = 0;
  cuda->devices = 3;
  ASSERT_EQ(attn_gpu_count(&count), ATTN_OK);
  EXPECT_EQ(count, 3);
}

TEST_F(Gpu, refusesDevicesThatAreTooOld) {
  cuda->capability = 75;
  GpuInputs some = inputs(1, 8, 12);
  expectRefusal(launch(some), ATTN_UNSUPPORTED_TARGET,
                "kernel 'fake_gpu': it was compiled for sm_80 and others and does not run on GPU 0, which is of compute capability 7.5");
}

TEST_F(Gpu, takesTheImageThatFitsTheDevice) {
  struct {
    int capability;
    const char *function;
    bool isPtx;
  } cases[] = {{80, "rows", false}, {86, "rows", false}, {90, "persistent_maps", false}, {100, "rows", true}, {120, "rows", true}};
  GpuInputs some = inputs(1, 8, 12);
  for (auto &one : cases) {
    cuda->capability = one.capability;
    cuda->launches = 0;
    ASSERT_EQ(launch(some), ATTN_OK) << attn_last_error();
    EXPECT_STREQ(cuda->launch[0].function, one.function) << one.capability;
    EXPECT_EQ(cuda->launch[0].is_ptx, one.isPtx) << one.capability;
    // The next device is met by a kernel that is loaded anew.
    attn_free(kernel);
    ASSERT_EQ(attn_load(FAKE_KERNELS "/gpu/fake_gpu.so", nullptr, &kernel), ATTN_OK);
  }
  EXPECT_EQ(cuda->modules_loaded, 5);
  EXPECT_EQ(cuda->modules_unloaded, 5);
}

TEST_F(Gpu, aDamagedCubinFallsBackToPtx) {
  cuda->refuse_cubin = 1;
  GpuInputs some = inputs(1, 8, 12);
  ASSERT_EQ(launch(some), ATTN_OK) << attn_last_error();
  EXPECT_TRUE(cuda->launch[0].is_ptx);
  EXPECT_EQ(cuda->cubins_tried, 1);
}

TEST_F(Gpu, reportsWhenNoImageIsTaken) {
  cuda->refuse_cubin = cuda->refuse_ptx = 1;
  GpuInputs some = inputs(1, 8, 12);
  expectRefusal(launch(some), ATTN_NOT_A_KERNEL,
                "kernel 'fake_gpu': the CUDA driver refuses the PTX for sm_80: error 218, a PTX JIT compilation failed: "
                "ptxas fatal: made up");
  EXPECT_EQ(std::string(attn_last_error()).find("more"), std::string::npos) << "the first line says enough";
  // A failure is not remembered.
  cuda->refuse_ptx = 0;
  EXPECT_EQ(launch(some), ATTN_OK) << attn_last_error();
}

TEST_F(Gpu, unloadsAModuleThatLacksAKernel) {
  cuda->refuse_function = 1;
  GpuInputs some = inputs(1, 8, 12);
  expectRefusal(launch(some), ATTN_NOT_A_KERNEL, "its code has no rows");
  EXPECT_EQ(cuda->modules_loaded, 2) << "the cubin, then the PTX";
  EXPECT_EQ(cuda->modules_unloaded, 2);
}

TEST_F(Gpu, aCubinWithoutTheKernelsFallsBackToPtx) {
  // A driver that loads lazily finds the damage only now.
  cuda->refuse_function_of_cubin = 1;
  GpuInputs some = inputs(1, 8, 12);
  ASSERT_EQ(launch(some), ATTN_OK) << attn_last_error();
  EXPECT_TRUE(cuda->launch[0].is_ptx);
  EXPECT_EQ(cuda->modules_unloaded, 1);
}

TEST_F(Gpu, loadsOnceForEachDeviceAndUnloadsWithTheKernel) {
  cuda->devices = 2;
  cuda->other_capability = 90;
  GpuInputs first = inputs(1, 8, 12), second = inputs(1, 8, 12, 1);
  ASSERT_EQ(attn_gpu_prepare(kernel, 0), ATTN_OK);
  EXPECT_EQ(cuda->modules_loaded, 1);
  for (int repeat = 0; repeat < 3; ++repeat) {
    ASSERT_EQ(launch(first, 0), ATTN_OK) << attn_last_error();
    ASSERT_EQ(launch(second, 1), ATTN_OK) << attn_last_error();
  }
  EXPECT_EQ(cuda->modules_loaded, 2);
  EXPECT_STREQ(cuda->launch[0].function, "rows");
  EXPECT_EQ(cuda->launch[0].device, 0);
  EXPECT_STREQ(cuda->launch[2].function, "persistent_maps");
  EXPECT_EQ(cuda->launch[2].device, 1);
  EXPECT_TRUE(cuda->launch[2].in_context);
  // More than 48 KB must be asked for: two kernels of sm_80, one of sm_90a.
  EXPECT_EQ(cuda->attributes_set, 3);
  // A second user of the same file changes nothing, and only the last one unloads.
  const attn_kernel *again = nullptr;
  ASSERT_EQ(attn_load(FAKE_KERNELS "/gpu/fake_gpu.so", nullptr, &again), ATTN_OK);
  EXPECT_EQ(again, kernel);
  attn_free(again);
  EXPECT_EQ(cuda->modules_unloaded, 0);
  attn_free(kernel);
  EXPECT_EQ(cuda->modules_unloaded, 2);
  EXPECT_EQ(cuda->synchronized, 2) << "what still runs is waited for";
  kernel = nullptr;
}

TEST_F(Gpu, keepsAWorkspaceForEachStream) {
  GpuInputs some = inputs(1, 8, 12);
  ASSERT_EQ(launch(some, 0, streamOf(21)), ATTN_OK) << attn_last_error();
  ASSERT_EQ(launch(some, 0, streamOf(21)), ATTN_OK);
  EXPECT_EQ(cuda->allocated, 1);
  EXPECT_EQ(cuda->filled, 1) << "counters are zero once";
  EXPECT_EQ(cuda->launch[0].workspace, cuda->launch[2].workspace);
  for (int byte = 0; byte < ATTN_GPU_COUNTER_BYTES; ++byte)
    ASSERT_EQ(static_cast<const char *>(cuda->launch[0].workspace)[byte], 0);
  ASSERT_EQ(launch(some, 0, streamOf(22)), ATTN_OK);
  EXPECT_NE(cuda->launch[0].workspace, cuda->launch[4].workspace);
  // It grows, and the smaller one is given back.
  GpuInputs large = inputs(1, 8, 12);
  int64_t sq[] = {1, 4, 80000, 8}, ss[] = {1, 4, 80000};
  own(reinterpret_cast<void *>(uintptr_t(1) << 40), int64_t(1) << 32, 0);
  large.values[0] = attn_dense(reinterpret_cast<void *>(uintptr_t(1) << 40), ATTN_BF16, 4, sq);
  large.values[6] = attn_dense(reinterpret_cast<void *>((uintptr_t(1) << 40) + (uintptr_t(1) << 30)), ATTN_BF16, 4, sq);
  large.values[7] = attn_dense(reinterpret_cast<void *>((uintptr_t(1) << 40) + (uintptr_t(2) << 30)), ATTN_F32, 3, ss);
  ASSERT_EQ(launch(large, 0, streamOf(21)), ATTN_OK) << attn_last_error();
  EXPECT_EQ(cuda->allocated, 3);
  EXPECT_EQ(cuda->released, 1);
  EXPECT_EQ(cuda->filled, 3);
}

TEST_F(Gpu, takesTheCallersWorkspace) {
  GpuInputs some = inputs(1, 8, 12);
  int64_t bytes = 0;
  ASSERT_EQ(attn_gpu_workspace_bytes(kernel, some.values.data(), 8, 0, &bytes), ATTN_OK);
  EXPECT_EQ(bytes, ATTN_GPU_COUNTER_BYTES + 32 * 4);
  char *own = memory + 7 * kMemoryBytes / 8;
  ASSERT_EQ(launch(some, 0, nullptr, own, bytes), ATTN_OK) << attn_last_error();
  EXPECT_EQ(cuda->launch[0].workspace, own);
  EXPECT_EQ(cuda->allocated, 0);
  cuda->launches = 0;
  expectRefusal(launch(some, 0, nullptr, own, bytes - 1), ATTN_INVALID_ARGUMENT,
                "kernel 'fake_gpu': expected a workspace of 384 bytes, aligned to 64, but got 383 bytes");
  expectRefusal(launch(some, 0, nullptr, own + 32, bytes), ATTN_INVALID_ARGUMENT, "expected a workspace of 384 bytes, aligned to 64");
}

TEST_F(Gpu, reportsThatThereIsNoMemory) {
  cuda->refuse_memory = 1;
  GpuInputs some = inputs(1, 8, 12);
  expectRefusal(launch(some, 0, streamOf(23)), ATTN_OUT_OF_MEMORY, "kernel 'fake_gpu': a workspace of 384 bytes: the CUDA driver reports error 2");
  cuda->refuse_memory = 0;
  EXPECT_EQ(launch(some, 0, streamOf(23)), ATTN_OK) << attn_last_error();
}

TEST_F(Gpu, capturedLaunchesAllocateNothing) {
  GpuInputs some = inputs(1, 8, 12);
  cuda->capturing = 1;
  expectRefusal(launch(some, 0, streamOf(24)), ATTN_INVALID_ARGUMENT, "cannot be allocated while its stream is being captured");
  char *own = memory + 7 * kMemoryBytes / 8;
  ASSERT_EQ(launch(some, 0, streamOf(24), own, 384), ATTN_OK) << attn_last_error();
  cuda->capturing = 0;
  ASSERT_EQ(launch(some, 0, streamOf(24)), ATTN_OK) << attn_last_error();
  cuda->capturing = 1;
  ASSERT_EQ(launch(some, 0, streamOf(24)), ATTN_OK) << attn_last_error();
  EXPECT_EQ(cuda->allocated_in_capture, 0);
  // The graph holds the workspace and the code: both stay.
  cuda->capturing = 0;
  GpuInputs large = inputs(2, 8, 12);
  int64_t sq[] = {1, 4, 80000, 8}, ss[] = {1, 4, 80000};
  large = inputs(1, 8, 12);
  this->own(reinterpret_cast<void *>(uintptr_t(1) << 41), int64_t(1) << 32, 0);
  large.values[0] = attn_dense(reinterpret_cast<void *>(uintptr_t(1) << 41), ATTN_BF16, 4, sq);
  large.values[6] = attn_dense(reinterpret_cast<void *>((uintptr_t(1) << 41) + (uintptr_t(1) << 30)), ATTN_BF16, 4, sq);
  large.values[7] = attn_dense(reinterpret_cast<void *>((uintptr_t(1) << 41) + (uintptr_t(2) << 30)), ATTN_F32, 3, ss);
  ASSERT_EQ(launch(large, 0, streamOf(24)), ATTN_OK) << attn_last_error();
  EXPECT_EQ(cuda->allocated, 2);
  EXPECT_EQ(cuda->released, 0);
  attn_free(kernel);
  kernel = nullptr;
  EXPECT_EQ(cuda->modules_unloaded, 0);
}

TEST_F(Gpu, refusesANewerDescription) {
  attn_gpu_family newer = fake_gpu_gpu;
  newer.gpu_abi_version = 2;
  EXPECT_EQ(attn_gpu_prepare(&newer.kernel, 0), ATTN_NOT_A_KERNEL);
  EXPECT_STREQ(attn_last_error(), "kernel 'fake_gpu': expected GPU kernels of ABI version 1, but got 2");
}

TEST_F(Gpu, copiesToAndFromTheDevice) {
  void *device = nullptr;
  ASSERT_EQ(attn_gpu_allocate(0, 8, &device), ATTN_OK) << attn_last_error();
  char text[8] = "letters", back[8] = "";
  ASSERT_EQ(attn_gpu_copy_to(0, device, text, 8), ATTN_OK);
  ASSERT_EQ(attn_gpu_copy_from(0, back, device, 8), ATTN_OK);
  EXPECT_STREQ(back, "letters");
  EXPECT_EQ(cuda->synchronized, 2);
  EXPECT_EQ(attn_gpu_wait(0), ATTN_OK);
  EXPECT_EQ(cuda->synchronized, 3);
  EXPECT_EQ(attn_gpu_release(0, device), ATTN_OK);
  EXPECT_EQ(attn_gpu_allocate(1, 8, &device), ATTN_NO_DEVICE);
}

TEST_F(Gpu, compilesForWhatTheDeviceIs) {
  setenv("ATTN_LIBRARY", FAKE_COMPILER, 1);
  setenv("ATTN_FAKE_KERNEL", FAKE_KERNELS "/gpu/fake_gpu.so", 1);
  setenv("ATTN_CACHE_DIR", "", 1);
  cuda->devices = 2;
  cuda->other_capability = 90;
  for (auto [target, expected] : {std::pair<const char *, const char *>{"cuda", "cuda-8.0"}, {"cuda:1", "cuda-9.0"}, {"sm_80", "sm_80"}}) {
    const attn_kernel *compiled = nullptr;
    std::string text = std::string("target?") + target;
    ASSERT_EQ(attn_compile(text.data(), text.size(), "fake_gpu", target, &compiled), ATTN_OK) << attn_last_error();
    EXPECT_STREQ(std::getenv("ATTN_FAKE_TARGET"), expected);
    attn_free(compiled);
  }
  const attn_kernel *compiled = nullptr;
  EXPECT_EQ(attn_compile("x", 1, nullptr, "cuda:2", &compiled), ATTN_NO_DEVICE);
  EXPECT_EQ(attn_compile("x", 1, nullptr, "cuda:x", &compiled), ATTN_UNSUPPORTED_TARGET);
  EXPECT_STREQ(attn_last_error(), "compilation: expected a GPU as 'cuda' or 'cuda:NUMBER', but got 'cuda:x'");
}
