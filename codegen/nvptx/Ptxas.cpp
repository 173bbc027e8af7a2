//===- Ptxas.cpp - the assembler as a program -----------------------------===//

#include "codegen/nvptx/Assembler.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

/// Seconds after which an assembler that does not come back is given up.
static constexpr unsigned kTimeLimit = 300;

std::optional<std::string> attn::findPtxas() {
  if (std::optional<std::string> named = llvm::sys::Process::GetEnv("ATTN_PTXAS"))
    return named->empty() ? std::nullopt : named;
  llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName("ptxas");
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

static llvm::Expected<std::string> readFile(llvm::StringRef path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return llvm::createStringError(buffer.getError(), "cannot read what ptxas wrote: " + buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

llvm::Expected<Assembled> attn::assembleWithPtxas(llvm::StringRef program, llvm::StringRef ptx, const GpuMachine &machine,
                                                  AssemblySpeed speed) {
  llvm::SmallString<128> paths[3];
  llvm::scope_exit cleanUp([&] {
    for (llvm::StringRef path : paths)
      if (!path.empty())
        llvm::sys::fs::remove(path);
  });
  const char *const suffixes[] = {"ptx", "cubin", "txt"};
  for (auto [path, suffix] : llvm::zip(paths, suffixes))
    if (std::error_code code = llvm::sys::fs::createTemporaryFile("attn", suffix, path))
      return llvm::createStringError(code, "cannot make a temporary file for ptxas: " + code.message());
  std::error_code code;
  llvm::raw_fd_ostream source(paths[0], code);
  source << ptx;
  source.close();
  if (code || source.has_error()) {
    code = code ? code : source.error();
    source.clear_error();
    return llvm::createStringError(code, "cannot write PTX for ptxas: " + code.message());
  }
  std::string architecture = "-arch=" + machine.name.str();
  llvm::SmallVector<llvm::StringRef> arguments = {program, architecture, "-v", "-o", paths[1], paths[0]};
  // As many threads as there are processors.
  if (speed == AssemblySpeed::Fast)
    arguments.push_back("--split-compile=0");
  std::optional<llvm::StringRef> redirects[] = {std::nullopt, llvm::StringRef(paths[2]), llvm::StringRef(paths[2])};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(program, arguments, std::nullopt, redirects, kTimeLimit, 0, &message);
  llvm::Expected<std::string> report = readFile(paths[2]);
  if (!report)
    return report.takeError();
  if (status != 0)
    return llvm::createStringError("ptxas failed: " + (message.empty() ? *report : message));
  llvm::Expected<std::string> cubin = readFile(paths[1]);
  if (!cubin)
    return cubin.takeError();
  return Assembled{std::move(*cubin), std::move(*report)};
}
