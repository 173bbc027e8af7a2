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

static CompiledGpuKernel compile(MLIRContext &context, StringRef name) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(kText, ParserConfig(&context), "description");
  auto entry = module->lookupSymbol<func::FuncOp>("tiny");
  return *compileForGpu(std::move(module), entry, "sm_80", kText, name, /*isPtxEnough=*/true);
}

/// What the C side reads is what was put in: the structs of LLVM have the C compiler's layout.
TEST(GpuFamily, describesTwoTargets) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // No machine has such kernels yet: the second target's are made up.
  std::vector<CompiledGpuKernel> kernels = {compile(context, "tiny"), compile(context, "other")};
  kernels[1].identity.target = "sm_90a";
  kernels[1].ptx = "// made up";
  kernels[1].cubin = std::string("\177ELF\0\1", 6);
  kernels[1].stages.resize(1);
  kernels[1].stages[0].persistent = 2;
  kernels[1].stages[0].number = 1;
  kernels[1].stages[0].maps = {{1, 1, 64, 3, 128, 64}, {0, 4, 1, 0, 128, 32}};

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
  ASSERT_EQ(first.num_kernels, int32_t(kernels[0].stages.size()));
  EXPECT_EQ(first.num_stages, 1);
  for (auto [index, stage] : llvm::enumerate(kernels[0].stages)) {
    EXPECT_EQ(first.kernels[index].symbol, stage.symbol);
    EXPECT_EQ(first.kernels[index].alignment, stage.alignment);
    EXPECT_EQ(first.kernels[index].threads, stage.threads);
    EXPECT_EQ(first.kernels[index].shared_bytes, stage.sharedBytes);
    EXPECT_EQ(first.kernels[index].persistent, 0);
    EXPECT_EQ(first.kernels[index].num_maps, 0);
  }
  EXPECT_STREQ(second.name, "sm_90a");
  EXPECT_EQ(second.capability, 90);
  EXPECT_NE(second.exact, 0);
  EXPECT_STREQ(second.ptx, "// made up");
  EXPECT_EQ(StringRef(static_cast<const char *>(second.cubin), second.cubin_bytes), kernels[1].cubin);
  EXPECT_EQ(second.num_stages, 2);
  ASSERT_EQ(second.num_kernels, 1);
  EXPECT_EQ(second.kernels[0].stage, 1);
  EXPECT_EQ(second.kernels[0].persistent, 2);
  ASSERT_EQ(second.kernels[0].num_maps, 2);
  const attn_gpu_map &map = second.kernels[0].maps[0], &packed = second.kernels[0].maps[1];
  EXPECT_EQ((std::vector<int32_t>{map.argument, map.group, map.step, map.phase, map.box_rows, map.box_columns}),
            (std::vector<int32_t>{1, 1, 64, 3, 128, 64}));
  EXPECT_EQ(packed.group, 4);

  // Each target has its own plan; both are of the same description here.
  attn_view views[4] = {{nullptr, {2, 4, 300, 64}, {}}, {nullptr, {2, 2, 300, 64}, {}}, {nullptr, {2, 2, 300, 64}, {}}, {nullptr, {2, 4, 300, 64}, {}}};
  attn_plan plans[2] = {};
  EXPECT_NE(first.plan, second.plan);
  first.plan(views, &plans[0]);
  second.plan(views, &plans[1]);
  EXPECT_GT(plans[0].tasks[0], 0);
  EXPECT_EQ(plans[0].tasks[0], plans[1].tasks[0]);
}
