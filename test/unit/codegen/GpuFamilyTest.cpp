//===- GpuFamilyTest.cpp - GPU kernels as other programs see them ---------===//

#include "codegen/GpuFamily.h"
#include "codegen/cpu/Jit.h"
#include "mlir/Parser/Parser.h"
#include "runtime/attn_gpu_abi.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr StringLiteral kText = R"(
func.func @tiny(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> tensor<?x4x?x64xbf16> {
  %o = attn.attention %q, %k, %v
       : tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16> -> tensor<?x4x?x64xbf16>
  return %o : tensor<?x4x?x64xbf16>
})";

TEST(GpuCapability, isReadFromTheName) {
  GpuCapability any = GpuCapability::of("sm_80"), exact = GpuCapability::of("sm_90a");
  EXPECT_EQ(any.number, 80);
  EXPECT_FALSE(any.isExact);
  EXPECT_EQ(exact.number, 90);
  EXPECT_TRUE(exact.isExact);
  EXPECT_TRUE(any.runsOn(80) && any.runsOn(90) && any.runsOn(120));
  EXPECT_FALSE(any.runsOn(75));
  EXPECT_TRUE(exact.runsOn(90));
  EXPECT_FALSE(exact.runsOn(100) || exact.runsOn(80));
}

static CompiledGpuKernel compile(MLIRContext &context, StringRef name, StringRef target) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(kText, ParserConfig(&context), "description");
  auto entry = module->lookupSymbol<func::FuncOp>("tiny");
  return *compileForGpu(std::move(module), entry, target, kText, name, /*isForThisProcess=*/true);
}

static std::vector<int64_t> toVector(const attn_gpu_map &map) {
  return {map.argument, map.group, map.step, map.phase, map.box_rows, map.box_columns};
}

static std::vector<int64_t> toVector(const GpuTensorMap &map) {
  return {map.argument, map.group, map.step, map.phase, map.boxRows, map.boxColumns};
}

/// What the C side reads is what was put in: the structs of LLVM have the C compiler's layout.
TEST(GpuFamily, describesTwoTargets) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::vector<CompiledGpuKernel> kernels = {compile(context, "tiny", "sm_80"), compile(context, "other", "sm_90a")};
  kernels[1].cubin = std::string("\177ELF\0\1", 6);

  llvm::Expected<ObjectBytes> object = joinGpuKernels(kernels, "tiny");
  ASSERT_TRUE(bool(object)) << llvm::toString(object.takeError());
  CompiledKernel whole;
  whole.identity.name = "tiny";
  whole.object = std::move(*object);
  llvm::Expected<std::unique_ptr<JitKernel>> loaded = JitKernel::load(whole);
  ASSERT_TRUE(bool(loaded)) << llvm::toString(loaded.takeError());

  const attn_kernel *kernel = (*loaded)->getKernel();
  EXPECT_EQ(kernel->abi_version, ATTN_ABI_VERSION);
  EXPECT_STREQ(kernel->name, "tiny");
  EXPECT_STREQ(kernel->target, "sm_80");
  EXPECT_EQ(kernel->num_args, 4);
  EXPECT_STREQ(kernel->args[3].name, "o");
  const attn_gpu_family *family = attn_gpu_family_of(kernel);
  ASSERT_NE(family, nullptr);
  EXPECT_EQ(family->gpu_abi_version, ATTN_GPU_ABI_VERSION);
  EXPECT_EQ(family->argument_bytes, 4 * int64_t(sizeof(attn_view)));
  ASSERT_EQ(family->num_targets, 2);

  const attn_gpu_target &first = family->targets[0], &second = family->targets[1];
  EXPECT_STREQ(first.name, "sm_80");
  EXPECT_EQ(first.capability, 80);
  EXPECT_EQ(first.exact, 0);
  EXPECT_EQ(first.ptx, kernels[0].ptx) << "with a zero at its end";
  EXPECT_EQ(first.ptx_bytes, int64_t(kernels[0].ptx.size()));
  EXPECT_EQ(first.num_stages, 4) << "tiles of many rows, of few, of some, and what puts parts together";
  EXPECT_STREQ(second.name, "sm_90a");
  EXPECT_EQ(second.capability, 90);
  EXPECT_NE(second.exact, 0);
  EXPECT_EQ(second.ptx, kernels[1].ptx);
  EXPECT_EQ(StringRef(static_cast<const char *>(second.cubin), second.cubin_bytes), kernels[1].cubin);
  EXPECT_EQ(second.num_stages, 4);
  for (auto [kernel, target] : llvm::zip_equal(kernels, llvm::ArrayRef(family->targets, 2))) {
    ASSERT_EQ(target.num_kernels, int32_t(kernel.stages.size()));
    for (auto [index, stage] : llvm::enumerate(kernel.stages)) {
      const attn_gpu_kernel &described = target.kernels[index];
      EXPECT_EQ(described.symbol, stage.symbol);
      EXPECT_EQ(described.stage, stage.number);
      EXPECT_EQ(described.alignment, stage.alignment);
      EXPECT_EQ(described.threads, stage.threads);
      EXPECT_EQ(described.shared_bytes, stage.sharedBytes);
      EXPECT_EQ(described.persistent, stage.persistent);
      EXPECT_EQ(described.is_dependent, target.capability == 90 && stage.name == "combine") << stage.symbol;
      ASSERT_EQ(described.num_maps, int32_t(stage.maps.size()));
      for (auto [number, map] : llvm::enumerate(stage.maps))
        EXPECT_EQ(toVector(described.maps[number]), toVector(map));
    }
  }

  // What the lowering for Hopper asks of a launch: one block for each multiprocessor, and tensor maps of queries, keys, values and output.
  const attn_gpu_kernel *tensor =
      std::find_if(second.kernels, second.kernels + second.num_kernels, [](const attn_gpu_kernel &kernel) { return kernel.persistent; });
  ASSERT_NE(tensor, second.kernels + second.num_kernels);
  EXPECT_EQ(tensor->persistent, 1);
  ASSERT_EQ(tensor->num_maps, 4);
  for (int32_t argument = 0; argument < 4; ++argument) {
    EXPECT_EQ(tensor->maps[argument].argument, argument);
    EXPECT_EQ(tensor->maps[argument].step, 1);
    EXPECT_EQ(tensor->maps[argument].group, argument == 0 || argument == 3 ? 2 : 1) << "two query heads share a key head";
  }

  // Each target has its own plan. With rows enough for whole tiles that of Hopper has larger ones, and counts in its workspace.
  attn_view views[4] = {{nullptr, {32, 4, 1000, 64}, {}}, {nullptr, {32, 2, 1000, 64}, {}}, {nullptr, {32, 2, 1000, 64}, {}}, {nullptr, {32, 4, 1000, 64}, {}}};
  attn_plan plans[2] = {};
  first.plan(views, &plans[0]);
  second.plan(views, &plans[1]);
  EXPECT_EQ(plans[0].tasks[0], 32 * 2 * 16) << "2000 packed rows in tiles of 128";
  EXPECT_EQ(plans[1].tasks[0], 32 * 2 * 11) << "in tiles of 192";
  EXPECT_EQ(plans[0].workspace_bytes, 0);
  EXPECT_EQ(plans[1].workspace_bytes, ATTN_GPU_COUNTER_BYTES);
}
