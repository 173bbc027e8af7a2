//===- JitModule.cpp - run emitted functions in a test --------------------===//

#include "test/unit/cpu/JitModule.h"

#include "codegen/cpu/CpuPipeline.h"
#include "codegen/cpu/ObjectEmitter.h"
#include "dialect/AttnDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <chrono>
#include <cstring>

namespace mlir::attn::test {

Buffer::Buffer(size_t bytes) {
  size_t size = (bytes + 4096 + 63) / 64 * 64;
  memory.reset(std::aligned_alloc(64, size));
  std::memset(memory.get(), 0, size);
}

struct JitModule::Jit {
  std::unique_ptr<llvm::orc::LLJIT> session;
};

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerCpuCodegen(registry);
  registry.insert<AttnDialect>();
  return registry;
}

JitModule::JitModule() : context(makeRegistry(), MLIRContext::Threading::DISABLED), jit(std::make_unique<Jit>()) {
  context.loadAllAvailableDialects();
  module = ModuleOp::create(UnknownLoc::get(&context));
}

JitModule::~JitModule() = default;

std::string JitModule::compile(const CpuMachine &machine) {
  using Clock = std::chrono::steady_clock;
  auto milliseconds = [](Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); };
  module->walk([&](func::FuncOp function) {
    function.setPublic();
    function->setAttr("llvm.emit_c_interface", UnitAttr::get(&context));
  });
  std::string diagnostics;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    diagnostics += diagnostic.str() + "\n";
    return success();
  });
  if (failed(verify(*module)))
    return "invalid module: " + diagnostics;
  auto start = Clock::now();
  PassManager passes(&context);
  passes.enableVerifier(false);
  buildCpuPipeline(passes, machine);
  if (failed(passes.run(*module)))
    return diagnostics + "(passes failed)";
  passMs = milliseconds(Clock::now() - start);
  start = Clock::now();
  if (const char *path = std::getenv("ATTN_TEST_ASM")) {
    FailureOr<std::string> text = emitAssembly(*module, machine);
    if (FILE *file = std::fopen(path, "w")) {
      std::fputs(text->c_str(), file);
      std::fclose(file);
    }
  }
  FailureOr<ObjectBytes> object = emitObject(*module, machine);
  if (failed(object))
    return diagnostics + "(code generation failed)";
  codegenMs = milliseconds(Clock::now() - start);
  auto session = llvm::orc::LLJITBuilder().create();
  if (!session)
    return llvm::toString(session.takeError());
  jit->session = std::move(*session);
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(object->data(), object->size()), "kernel");
  if (llvm::Error error = jit->session->addObjectFile(std::move(buffer)))
    return llvm::toString(std::move(error));
  return "";
}

void *JitModule::lookup(llvm::StringRef name) {
  if (auto entry = found.find(std::string_view(name)); entry != found.end())
    return entry->second;
  auto address = jit->session->lookup(("_mlir_ciface_" + name).str());
  if (!address) {
    llvm::errs() << llvm::toString(address.takeError()) << "\n";
    std::abort();
  }
  return found[name.str()] = address->toPtr<void *>();
}

} // namespace mlir::attn::test
