//===- GpuLaunchTest.cpp - attn_launch_gpu --------------------------------===//

#include "GpuFixture.h"

#include <thread>

static void *streamOf(uintptr_t number) { return reinterpret_cast<void *>(number); }

TEST_F(Gpu, launchesEveryStage) {
  GpuInputs some = inputs(2, 8, 12);
  ASSERT_EQ(launch(some, 0, streamOf(7)), ATTN_OK) << attn_last_error();
  ASSERT_EQ(cuda->launches, 2);
  const fake_launch &rows = cuda->launch[0], &combine = cuda->launch[1];
  EXPECT_STREQ(rows.function, "rows");
  EXPECT_STREQ(combine.function, "combine");
  EXPECT_EQ(rows.grid[0], 2u * 4 * 8);
  EXPECT_EQ(rows.grid[1] * rows.grid[2], 1u);
  EXPECT_EQ(rows.block[0], 128u);
  EXPECT_EQ(rows.shared, 65536u);
  EXPECT_EQ(combine.grid[0], 2u);
  EXPECT_EQ(combine.block[0], 64u);
  EXPECT_EQ(combine.shared, 1024u);
  EXPECT_EQ(rows.stream, streamOf(7));
  EXPECT_TRUE(rows.in_context);
  EXPECT_EQ(rows.workspace, combine.workspace);
  // The argument block: q's address, sizes and strides, and the scalars behind four tensors.
  EXPECT_EQ(rows.words[0], int64_t(uintptr_t(memory)));
  EXPECT_EQ(rows.words[3], 8);
  EXPECT_EQ(rows.words[5], 4 * 8 * 8);
  EXPECT_EQ(rows.words[37], 3);
  EXPECT_EQ(cuda->synchronized, 0);
}

TEST_F(Gpu, alignmentPicksTheKernel) {
  GpuInputs some = inputs(1, 8, 12);
  some.tensor(1).data = static_cast<char *>(some.tensor(1).data) + 2;
  ASSERT_EQ(launch(some), ATTN_OK) << attn_last_error();
  EXPECT_STREQ(cuda->launch[0].function, "rows_unaligned");
  // A stride that is no multiple, in a dimension that counts and in one that does not.
  GpuInputs strided = inputs(1, 8, 12);
  strided.tensor(2).strides[2] = 12;
  strided.tensor(2).strides[1] = 12 * 12;
  ASSERT_EQ(launch(strided), ATTN_OK) << attn_last_error();
  EXPECT_STREQ(cuda->launch[2].function, "rows_unaligned");
  GpuInputs single = inputs(1, 8, 12);
  single.tensor(0).strides[0] = 1;
  ASSERT_EQ(launch(single), ATTN_OK) << attn_last_error();
  EXPECT_STREQ(cuda->launch[4].function, "rows");
  // Rows of lse do not count, and neither do lengths: they are read and written number by number.
  GpuInputs odd = inputs(1, 7, 12);
  ASSERT_EQ(launch(odd), ATTN_OK) << attn_last_error();
  EXPECT_STREQ(cuda->launch[6].function, "rows");
  GpuInputs lengths = inputs(1, 8, 12);
  lengths.tensor(3).data = static_cast<char *>(lengths.tensor(3).data) + 4;
  ASSERT_EQ(launch(lengths), ATTN_OK) << attn_last_error();
  EXPECT_STREQ(cuda->launch[8].function, "rows");
}

TEST_F(Gpu, doesNotReadLengthsOnTheDevice) {
  GpuInputs some = inputs(3, 8, 12);
  // "Device memory" that would fault if the host read it.
  own(reinterpret_cast<void *>(0x1000), 4096, 0);
  some.tensor(3).data = reinterpret_cast<void *>(0x1000);
  EXPECT_EQ(launch(some), ATTN_OK) << attn_last_error();
}

TEST_F(Gpu, launchesNothingForEmptySizes) {
  for (auto [B, Tq] : {std::pair<int64_t, int64_t>{0, 8}, {2, 0}}) {
    GpuInputs none = inputs(B, Tq, 12);
    ASSERT_EQ(launch(none), ATTN_OK) << attn_last_error();
    EXPECT_EQ(cuda->launches, B ? 1 : 0) << "stage 1 has a task for each batch entry, stage 0 none";
  }
  // Without keys there are still results to write.
  GpuInputs keyless = inputs(1, 8, 0);
  keyless.tensor(1).data = keyless.tensor(2).data = nullptr;
  ASSERT_EQ(launch(keyless), ATTN_OK) << attn_last_error();
  EXPECT_EQ(cuda->launches, 3);
}

TEST_F(Gpu, dependentKernelsMayBeginEarly) {
  GpuInputs some = inputs(3, 8, 12);
  ASSERT_EQ(launch(some), ATTN_OK) << attn_last_error();
  ASSERT_EQ(cuda->launches, 2);
  EXPECT_EQ(cuda->launch[0].attribute, 0);
  EXPECT_STREQ(cuda->launch[1].function, "combine");
  EXPECT_EQ(cuda->launch[1].attribute, 6) << "CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION";
  EXPECT_EQ(cuda->launch[1].grid[0], 3u);
  EXPECT_EQ(cuda->launch[1].block[0], 64u);
  EXPECT_EQ(cuda->launch[1].shared, 1024u);
}

TEST_F(Gpu, persistentKernelsFillTheDevice) {
  cuda->capability = 90;
  GpuInputs many = inputs(3, 32, 64);
  ASSERT_EQ(launch(many), ATTN_OK) << attn_last_error();
  EXPECT_STREQ(cuda->launch[0].function, "persistent_maps");
  EXPECT_EQ(cuda->launch[0].grid[0], 20u) << "two blocks on each of ten multiprocessors";
  EXPECT_EQ(cuda->launch[0].tasks, 3 * 4 * 8);
  EXPECT_EQ(cuda->launch[0].shared, 200000u);
  GpuInputs few = inputs(1, 8, 64);
  ASSERT_EQ(launch(few), ATTN_OK) << attn_last_error();
  EXPECT_EQ(cuda->launch[1].grid[0], 8u);
  EXPECT_EQ(cuda->launch[1].tasks, 8);
  EXPECT_EQ(cuda->allocated, 0) << "this plan needs no workspace";
}

TEST_F(Gpu, tensorMapsHaveTheNumbersOfTheViews) {
  cuda->capability = 90;
  GpuInputs some = inputs(3, 32, 65);
  some.tensor(1).strides[2] = 24;
  some.tensor(1).strides[1] = 24 * 65;
  some.tensor(1).strides[0] = 24 * 65 * 2;
  ASSERT_EQ(launch(some), ATTN_OK) << attn_last_error();
  ASSERT_STREQ(cuda->launch[0].function, "persistent_maps");
  fake_map map;
  std::memcpy(&map, cuda->launch[0].maps[0], sizeof map);
  // Keys 1, 3, ..., 63 of 65.
  EXPECT_EQ(map.address, uint64_t(uintptr_t(some.tensor(1).data)) + 48);
  EXPECT_EQ(map.rank, 4);
  EXPECT_EQ(std::vector<uint64_t>(map.sizes, map.sizes + 4), (std::vector<uint64_t>{8, 32, 2, 3}));
  EXPECT_EQ(std::vector<uint64_t>(map.strides, map.strides + 3), (std::vector<uint64_t>{96, 24 * 65 * 2, 24 * 65 * 2 * 2}));
  EXPECT_EQ(std::vector<uint16_t>(map.box, map.box + 4), (std::vector<uint16_t>{8, 16, 1, 1}));
  EXPECT_EQ(map.type, 9);
  EXPECT_EQ(map.swizzle, 3);
  EXPECT_EQ(map.promotion, 3);
  EXPECT_EQ(map.interleave + map.fill, 0);
  // Two query heads beside each other.
  std::memcpy(&map, cuda->launch[0].maps[1], sizeof map);
  EXPECT_EQ(map.address, uint64_t(uintptr_t(memory)));
  EXPECT_EQ(map.rank, 5);
  EXPECT_EQ(std::vector<uint64_t>(map.sizes, map.sizes + 5), (std::vector<uint64_t>{8, 2, 32, 2, 3}));
  EXPECT_EQ(std::vector<uint64_t>(map.strides, map.strides + 4), (std::vector<uint64_t>{512, 16, 1024, 2048}));
  EXPECT_EQ(std::vector<uint16_t>(map.box, map.box + 5), (std::vector<uint16_t>{8, 2, 16, 1, 1}));
}

TEST_F(Gpu, theNextKernelTakesWhatNoTensorMapDoes) {
  cuda->capability = 90;
  auto taken = [&](GpuInputs &some) {
    EXPECT_EQ(launch(some), ATTN_OK) << attn_last_error();
    return std::string(cuda->launch[cuda->launches - 1].function);
  };
  GpuInputs good = inputs(1, 8, 12);
  EXPECT_EQ(taken(good), "persistent_maps");
  // Only key 0: there is no second, fourth, ... one.
  GpuInputs single = inputs(1, 8, 1);
  EXPECT_EQ(taken(single), "rows_unaligned");
  GpuInputs none = inputs(1, 8, 0);
  EXPECT_EQ(taken(none), "rows_unaligned");
  GpuInputs backwards = inputs(1, 8, 12);
  backwards.tensor(1).data = static_cast<char *>(backwards.tensor(1).data) + 11 * 16;
  backwards.tensor(1).strides[2] = -8;
  EXPECT_EQ(taken(backwards), "rows_unaligned");
  cuda->refuse_maps = 1;
  EXPECT_EQ(taken(good), "rows_unaligned");
}

TEST_F(Gpu, refusesWhatTheHostRefuses) {
  GpuInputs some = inputs(2, 8, 12);
  auto expect = [&](const GpuInputs &changed, const char *message) {
    GpuInputs copy = changed;
    expectRefusal(launch(copy), ATTN_INVALID_ARGUMENT, message);
  };
  GpuInputs changed = some;
  changed.tensor(0).dtype = ATTN_F16;
  expect(changed, "argument 'q': expected element type bf16, but got f16");
  changed = some;
  changed.tensor(2).shape[2] = 11;
  expect(changed, "argument 'v': dimension 2: expected 12, but got 11 (Tk, as in 'k')");
  changed = some;
  changed.values[4] = attn_number(0);
  expect(changed, "argument 'scale': expected a finite number above zero");
  changed = some;
  changed.tensor(6).data = changed.tensor(0).data;
  expect(changed, "argument 'o': an output must not overlap 'q'");
  changed = some;
  changed.tensor(1).strides[3] = 2;
  expect(changed, "argument 'k': stride of the last dimension: expected 1, but got 2");
  changed = some;
  changed.values.pop_back();
  expect(changed, "expected 8 arguments, but got 7");
}

TEST_F(Gpu, refusesMemoryOfOthers) {
  cuda->devices = 2;
  GpuInputs some = inputs(1, 8, 12);
  GpuInputs mixed = some;
  mixed.tensor(2).data = static_cast<char *>(mixed.tensor(2).data) + kMemoryBytes;
  expectRefusal(launch(mixed), ATTN_INVALID_ARGUMENT, "argument 'v': expected memory of GPU 0, but got memory of GPU 1");
  std::vector<char> host(4096);
  GpuInputs outside = some;
  outside.tensor(3).data = host.data();
  expectRefusal(launch(outside), ATTN_INVALID_ARGUMENT, "argument 'lengths': expected memory of GPU 0, but got memory that no GPU knows");
}

TEST_F(Gpu, refusesMoreTasksThanAGridHas) {
  GpuInputs some = inputs(1, 8, 12);
  int64_t sq[] = {1, 4, int64_t(1) << 30, 8}, ss[] = {1, 4, int64_t(1) << 30};
  some.values[0] = attn_dense(memory, ATTN_BF16, 4, sq);
  some.values[6] = attn_dense(memory + 16, ATTN_BF16, 4, sq);
  some.values[7] = attn_dense(memory + 32, ATTN_F32, 3, ss);
  expectRefusal(launch(some, 0, nullptr, memory, kMemoryBytes), ATTN_INVALID_ARGUMENT,
                "expected sizes that make at most 2^31 - 1 tasks, but got 4294967296");
}

TEST_F(Gpu, reportsWhatTheDriverRefuses) {
  cuda->refuse_launch = 1;
  GpuInputs some = inputs(1, 8, 12);
  expectRefusal(launch(some), ATTN_LAUNCH_ERROR, "kernel 'fake_gpu': cannot launch: the CUDA driver reports error 719, made up");
  expectRefusal(launch(some, 0, streamOf(13)), ATTN_LAUNCH_ERROR, "cannot use the stream");
  // The next one works.
  cuda->refuse_launch = 0;
  EXPECT_EQ(launch(some), ATTN_OK);
}

TEST_F(Gpu, servesThreadsAtOnce) {
  cuda->devices = 2;
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([&, number] {
      int device = number % 2;
      for (int64_t repeat = 0; repeat < 100; ++repeat) {
        GpuInputs some = inputs(1, 8 + 4 * (repeat % 7), 12, device);
        ASSERT_EQ(launch(some, device, streamOf(100 + number)), ATTN_OK) << attn_last_error();
      }
      EXPECT_EQ(depth(), 0);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(cuda->modules_loaded, 2);
  ASSERT_EQ(cuda->launches, 2 * 400);
  for (int index = 0; index < cuda->launches; ++index) {
    const fake_launch &one = cuda->launch[index];
    EXPECT_TRUE(one.in_context);
    EXPECT_EQ(one.device, int(uintptr_t(one.stream)) % 2) << "the stream tells which device was meant";
  }
}

TEST_F(Gpu, isNoKernelForTheCpuAndTheOtherWayRound) {
  GpuInputs some = inputs(1, 8, 12);
  EXPECT_EQ(attn_launch(kernel, some.values.data(), 8), ATTN_INVALID_ARGUMENT);
  EXPECT_STREQ(attn_last_error(), "kernel 'fake_gpu': it is for a GPU (sm_80): launch it with attn_launch_gpu");
  const attn_kernel *cpu = nullptr;
  ASSERT_EQ(attn_load(FAKE_KERNELS, "fake_bf16", &cpu), ATTN_OK);
  EXPECT_EQ(attn_launch_gpu(cpu, some.values.data(), 8, 0, nullptr, nullptr, 0), ATTN_INVALID_ARGUMENT);
  EXPECT_STREQ(attn_last_error(), "kernel 'fake_bf16': expected one for a GPU, but got one for x86-64");
  attn_free(cpu);
}

TEST_F(Gpu, saysWhatTheOutputsAre) {
  GpuInputs some = inputs(2, 5, 12);
  std::vector<attn_value> values = some.values;
  ASSERT_EQ(attn_infer_outputs(kernel, values.data(), 8), ATTN_OK) << attn_last_error();
  EXPECT_EQ(values[6].as.tensor.data, nullptr);
  EXPECT_EQ(values[7].as.tensor.shape[2], 5);
}
