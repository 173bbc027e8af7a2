//===- attn-opt.cpp - reads, transforms and prints IR ---------------------===//

#include "dialect/AttnDialect.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "passes/Passes.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<mlir::attn::AttnDialect>();
  mlir::registerAllPasses();
  mlir::attn::registerAttnPasses();
  mlir::attn::registerPhasePipelines();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "attn modular optimizer driver\n", registry));
}
