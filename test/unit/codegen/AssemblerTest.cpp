#include "codegen/nvptx/Assembler.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <gtest/gtest.h>

using namespace mlir::attn;

namespace {
/// A program in place of ptxas, which tells its arguments as machine code.
class Assembler : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("attn-assembler", folder)); }
  void TearDown() override {
    unsetenv("ATTN_PTXAS");
    llvm::sys::fs::remove_directories(folder);
  }

  void setProgram(llvm::StringRef refused) {
    std::string path = (folder + "/ptxas").str();
    std::error_code code;
    llvm::raw_fd_ostream file(path, code);
    file << "#!/bin/sh\nfor word; do\n  case \"$word\" in " << refused << ") echo \"Unknown option '$word'\" >&2; exit 1;; esac\n"
         << "  [ \"$last\" = -o ] && output=\"$word\"\n  last=\"$word\"\ndone\necho \"$*\" > \"$output\"\n";
    file.close();
    ASSERT_FALSE(llvm::sys::fs::setPermissions(path, llvm::sys::fs::owner_all));
    setenv("ATTN_PTXAS", path.c_str(), 1);
  }

  std::string assemble(AssemblySpeed speed) {
    llvm::Expected<Assembled> assembled = assemblePtx("// PTX", *GpuMachine::lookup("sm_90a"), speed);
    return assembled ? assembled->cubin : "error: " + llvm::toString(assembled.takeError());
  }

  llvm::SmallString<128> folder;
};
} // namespace

TEST_F(Assembler, worksOnKernelsAtTheSameTimeWhereBytesMayDiffer) {
  setProgram("--never");
  EXPECT_EQ(assemble(AssemblySpeed::Reproducible).find("--split-compile"), std::string::npos);
  EXPECT_NE(assemble(AssemblySpeed::Fast).find("-arch=sm_90a"), std::string::npos);
  EXPECT_NE(assemble(AssemblySpeed::Fast).find("--split-compile=0"), std::string::npos);
}

TEST_F(Assembler, doesWithoutWhereTheProgramIsTooOld) {
  setProgram("--split-compile*");
  std::string cubin = assemble(AssemblySpeed::Fast);
  EXPECT_NE(cubin.find("-arch=sm_90a"), std::string::npos) << cubin;
  EXPECT_EQ(cubin.find("--split-compile"), std::string::npos) << cubin;
}

TEST_F(Assembler, reportsWhatTheProgramSays) {
  setProgram("-arch=*");
  EXPECT_NE(assemble(AssemblySpeed::Fast).find("error: ptxas failed: Unknown option '-arch=sm_90a'"), std::string::npos);
  EXPECT_NE(assemble(AssemblySpeed::Reproducible).find("error: ptxas failed: Unknown option '-arch=sm_90a'"), std::string::npos);
}
