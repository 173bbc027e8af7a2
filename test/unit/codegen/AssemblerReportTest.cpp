//===- AssemblerReportTest.cpp - reports of ptxas -------------------------===//

#include "codegen/AssemblerReport.h"
#include "gtest/gtest.h"

using namespace mlir::attn;

TEST(AssemblerReport, countsWhatEachKernelTakes) {
  AssemblerReport report = AssemblerReport::parse(R"(ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'wide' for 'sm_90a'
ptxas info    : Function properties for wide
    32 bytes stack frame, 28 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 255 registers, used 1 barriers, 32 bytes cumulative stack size, 1024 bytes smem
ptxas info    : Compile time = 567.087 ms
ptxas info    : Compiling entry function 'narrow' for 'sm_90a'
ptxas info    : Function properties for narrow
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 168 registers, used 16 barriers
ptxas info    : Compile time = 293.000 ms
)");
  ASSERT_EQ(report.kernels.size(), 2u);
  KernelResources wide = report.kernels.lookup("wide"), narrow = report.kernels.lookup("narrow");
  EXPECT_EQ(wide.registers, 255);
  EXPECT_EQ(wide.stackBytes, 32);
  EXPECT_EQ(wide.spillBytes, 28 + 12);
  EXPECT_EQ(wide.staticSharedBytes, 1024);
  EXPECT_EQ(narrow.registers, 168);
  EXPECT_EQ(narrow.stackBytes, 0);
  EXPECT_EQ(narrow.spillBytes, 0);
  EXPECT_EQ(narrow.staticSharedBytes, 0);
  EXPECT_TRUE(report.warnings.empty());
}

TEST(AssemblerReport, keepsWarnings) {
  std::string loss = "ptxas info    : (C7512) Potential Performance Loss: wgmma.mma_async instructions are serialized due to insufficient register "
                     "resources for the wgmma pipeline in the function 'slow'";
  AssemblerReport report = AssemblerReport::parse(loss + R"(
ptxas warning : something else
ptxas info    : Function properties for slow
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 90 registers, 380 bytes cmem[0]
)");
  ASSERT_EQ(report.warnings.size(), 2u);
  EXPECT_EQ(report.warnings[0], loss);
  EXPECT_EQ(report.warnings[1], "ptxas warning : something else");
  EXPECT_EQ(report.kernels.lookup("slow").registers, 90);
}
