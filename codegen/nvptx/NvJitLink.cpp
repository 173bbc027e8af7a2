//===- NvJitLink.cpp - the assembler as a library -------------------------===//

#include "codegen/nvptx/Assembler.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/Process.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// What is used of nvJitLink.h. Its numbers and signatures are part of the library's ABI.
struct NvJitLink {
  using Handle = void *;
  static constexpr int kSuccess = 0, kPtx = 2;

  int (*create)(Handle *handle, uint32_t count, const char **options);
  int (*destroy)(Handle *handle);
  int (*addData)(Handle handle, int type, const void *data, size_t size, const char *name);
  int (*complete)(Handle handle);
  int (*getCubinSize)(Handle handle, size_t *size);
  int (*getCubin)(Handle handle, void *cubin);
  int (*getErrorLogSize)(Handle handle, size_t *size);
  int (*getErrorLog)(Handle handle, char *log);
  int (*getInfoLogSize)(Handle handle, size_t *size);
  int (*getInfoLog)(Handle handle, char *log);

  static llvm::Expected<NvJitLink> load();
};
} // namespace

llvm::Expected<NvJitLink> NvJitLink::load() {
  std::vector<std::string> names = {"libnvJitLink.so.13", "libnvJitLink.so.12"};
  if (std::optional<std::string> named = llvm::sys::Process::GetEnv("ATTN_NVJITLINK"))
    names = {*named};
  std::string message;
  for (const std::string &name : names) {
    llvm::sys::DynamicLibrary library = llvm::sys::DynamicLibrary::getPermanentLibrary(name.c_str(), &message);
    if (!library.isValid())
      continue;
    NvJitLink functions = {};
    bool isComplete = true;
    auto find = [&](auto &function, const char *symbol) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(library.getAddressOfSymbol(symbol));
      isComplete &= function != nullptr;
    };
    find(functions.create, "nvJitLinkCreate");
    find(functions.destroy, "nvJitLinkDestroy");
    find(functions.addData, "nvJitLinkAddData");
    find(functions.complete, "nvJitLinkComplete");
    find(functions.getCubinSize, "nvJitLinkGetLinkedCubinSize");
    find(functions.getCubin, "nvJitLinkGetLinkedCubin");
    find(functions.getErrorLogSize, "nvJitLinkGetErrorLogSize");
    find(functions.getErrorLog, "nvJitLinkGetErrorLog");
    find(functions.getInfoLogSize, "nvJitLinkGetInfoLogSize");
    find(functions.getInfoLog, "nvJitLinkGetInfoLog");
    if (isComplete)
      return functions;
    message = name + " lacks functions of nvJitLink";
  }
  return llvm::createStringError("cannot load nvJitLink: " + message);
}

static std::string readLog(NvJitLink::Handle handle, int (*getSize)(NvJitLink::Handle, size_t *), int (*get)(NvJitLink::Handle, char *)) {
  size_t size = 0;
  if (getSize(handle, &size) != NvJitLink::kSuccess || size == 0)
    return {};
  std::string log(size, '\0');
  if (get(handle, log.data()) != NvJitLink::kSuccess)
    return {};
  return std::string(log.c_str());
}

llvm::Expected<Assembled> attn::assembleWithNvJitLink(llvm::StringRef ptx, const GpuMachine &machine, AssemblySpeed speed) {
  llvm::Expected<NvJitLink> library = NvJitLink::load();
  if (!library)
    return library.takeError();
  std::string architecture = "-arch=" + machine.name.str();
  llvm::SmallVector<const char *> options = {architecture.c_str(), "-verbose"};
  if (speed == AssemblySpeed::Fast)
    options.push_back("-split-compile=0");
  NvJitLink::Handle handle = nullptr;
  if (int status = library->create(&handle, options.size(), options.data()))
    return llvm::createStringError("nvJitLink refuses '" + llvm::join(options, " ") + "': status " + std::to_string(status));
  llvm::scope_exit cleanUp([&] { library->destroy(&handle); });
  std::string text = ptx.str(); // ends in a zero
  size_t size = 0;
  if (library->addData(handle, NvJitLink::kPtx, text.c_str(), text.size() + 1, "attn") || library->complete(handle) ||
      library->getCubinSize(handle, &size))
    return llvm::createStringError("nvJitLink failed: " + readLog(handle, library->getErrorLogSize, library->getErrorLog));
  Assembled assembled;
  assembled.cubin.resize(size);
  if (int status = library->getCubin(handle, assembled.cubin.data()))
    return llvm::createStringError("nvJitLink gives no machine code: status " + std::to_string(status));
  assembled.report = readLog(handle, library->getInfoLogSize, library->getInfoLog);
  return assembled;
}
