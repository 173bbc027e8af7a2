//===- attn-opt.cpp - reads, transforms and prints IR ---------------------===//

#include "codegen/Compiler.h"
#include "codegen/cpu/Passes.h"
#include "codegen/lower/Passes.h"
#include "codegen/nvptx/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "passes/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::attn::registerCompilerDialects(registry);
  mlir::registerAllPasses();
  mlir::attn::registerAttnLowerPasses();
  mlir::attn::registerAttnCpuPasses();
  mlir::attn::registerAttnNvptxPasses();
  mlir::attn::registerAttnPasses();
  mlir::attn::registerPhasePipelines();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "attn modular optimizer driver\n", registry));
}
