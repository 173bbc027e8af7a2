//===- TargetTest.cpp -----------------------------------------------------===//

#include "runtime/Target.h"

#include <gtest/gtest.h>

using namespace attnrt;

TEST(Target, hostIsATargetThatRuns) {
  std::string target;
  ASSERT_EQ(resolveTarget("host", target), ATTN_OK);
  EXPECT_TRUE(attn_can_run(target.c_str())) << target;
  EXPECT_EQ(target, attn_host_target());
  ASSERT_EQ(resolveTarget(nullptr, target), ATTN_OK);
  EXPECT_EQ(target, attn_host_target());
}

TEST(Target, everyCpuRunsTheBaseline) { EXPECT_TRUE(attn_can_run("x86-64")); }

TEST(Target, weakerTargetsRunWhereStrongerOnesDo) {
  const char *const targets[] = {"x86-64", "x86-64-v3", "x86-64-v4", "x86-64-v4+avx512bf16"};
  for (int i = 1; i < 4; ++i)
    EXPECT_LE(attn_can_run(targets[i]), attn_can_run(targets[i - 1])) << targets[i];
}

TEST(Target, environmentOverridesTheHost) {
  setenv("ATTN_TARGET", "x86-64", 1);
  std::string target;
  EXPECT_EQ(resolveTarget("host", target), ATTN_OK);
  EXPECT_EQ(target, "x86-64");
  EXPECT_EQ(resolveTarget("x86-64-v3", target), attn_can_run("x86-64-v3") ? ATTN_OK : ATTN_UNSUPPORTED_TARGET);
  setenv("ATTN_TARGET", "pdp-11", 1);
  EXPECT_EQ(resolveTarget("host", target), ATTN_UNSUPPORTED_TARGET);
  unsetenv("ATTN_TARGET");
}

TEST(Target, unknownNamesAreRefused) {
  std::string target;
  EXPECT_EQ(resolveTarget("x86-64-v5", target), ATTN_UNSUPPORTED_TARGET);
  EXPECT_STREQ(attn_last_error(),
               "compilation: expected one of the targets host, x86-64, x86-64-v3, x86-64-v4, x86-64-v4+avx512bf16, "
               "but got 'x86-64-v5'");
  EXPECT_FALSE(attn_can_run("x86-64-v5"));
  EXPECT_FALSE(attn_can_run(nullptr));
}
