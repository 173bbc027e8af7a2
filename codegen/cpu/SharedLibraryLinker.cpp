//===- SharedLibraryLinker.cpp - lld as a library -------------------------===//

#include "codegen/cpu/ObjectEmitter.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

namespace mlir::attn {

static llvm::Error writeFile(int descriptor, const ObjectBytes &bytes, llvm::StringRef path) {
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  stream.write(bytes.data(), bytes.size());
  stream.close();
  if (!stream.has_error())
    return llvm::Error::success();
  std::error_code code = stream.error();
  stream.clear_error();
  return llvm::createStringError(code, "cannot write '" + path + "': " + code.message());
}

llvm::Error linkSharedLibrary(const ObjectBytes &object, llvm::StringRef path) {
  // Both files lie beside the result, so that the last step is a rename within one file system.
  llvm::SmallString<128> objectPath, libraryPath;
  int descriptor;
  if (std::error_code code = llvm::sys::fs::createUniqueFile(path + ".%%%%%%%%.o", descriptor, objectPath))
    return llvm::createStringError(code, "cannot create a file beside '" + path + "': " + code.message());
  auto removeObject = llvm::scope_exit([&] { llvm::sys::fs::remove(objectPath); });
  if (llvm::Error error = writeFile(descriptor, object, objectPath))
    return error;
  libraryPath = objectPath;
  libraryPath += ".so";
  auto removeLibrary = llvm::scope_exit([&] { llvm::sys::fs::remove(libraryPath); });

  // lld keeps its state in globals.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::string output, errors;
  llvm::raw_string_ostream outputStream(output), errorStream(errors);
  const char *arguments[] = {"ld.lld",
                             "-shared",
                             "-z",
                             "defs",
                             "-z",
                             "noexecstack",
                             "--no-undefined",
                             "--build-id=none",
                             "--threads=1",
                             objectPath.c_str(),
                             "-o",
                             libraryPath.c_str()};
  lld::Result result = lld::lldMain(arguments, outputStream, errorStream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return llvm::createStringError("cannot link '" + path + "': " + llvm::StringRef(errors).trim());
  if (std::error_code code = llvm::sys::fs::rename(libraryPath, path))
    return llvm::createStringError(code, "cannot write '" + path + "': " + code.message());
  return llvm::Error::success();
}

} // namespace mlir::attn
