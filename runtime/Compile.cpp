//===- Compile.cpp - kernels from text ------------------------------------===//

#include "runtime/KernelCache.h"
#include "runtime/Kernels.h"
#include "runtime/Status.h"
#include "runtime/Target.h"
#include "runtime/attn_compiler.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <mutex>
#include <sys/stat.h>

using namespace attnrt;

namespace {

/// The compiler library: where it is, and its functions once it is open.
struct Compiler {
  std::string path;
  int64_t size = 0, seconds = 0, nanoseconds = 0; ///< of the file: tells one build of the compiler from another
  decltype(&attnc_compile) compile = nullptr;
  decltype(&attnc_free_result) freeResult = nullptr;
};

} // namespace

static std::string libraryPath() {
  if (const char *chosen = std::getenv("ATTN_LIBRARY"); chosen && *chosen)
    return chosen;
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&attn_compile), &info) || !info.dli_fname)
    return "libattn.so";
  std::string self = info.dli_fname;
  size_t slash = self.rfind('/');
  return slash == std::string::npos ? "./libattn.so" : self.substr(0, slash + 1) + "libattn.so";
}

static std::mutex compilerMutex;

/// The compiler as it is on disk; once it is open, as it was then, or kernels of the old one would be stored as the new one's.
static Compiler &locateCompiler(const std::lock_guard<std::mutex> &) {
  static auto *compiler = new Compiler;
  if (compiler->compile)
    return *compiler;
  compiler->path = libraryPath();
  struct stat info = {};
  stat(compiler->path.c_str(), &info); // A missing library is reported when it is needed.
  compiler->size = info.st_size;
  compiler->seconds = info.st_mtim.tv_sec;
  compiler->nanoseconds = info.st_mtim.tv_nsec;
  return *compiler;
}

static attn_status openCompiler(Compiler &opened) {
  std::lock_guard<std::mutex> guard(compilerMutex);
  Compiler &compiler = locateCompiler(guard);
  if (!compiler.compile) {
    void *handle = dlopen(compiler.path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle)
      return fail(ATTN_NO_COMPILER, std::string("cannot open the compiler library (ATTN_LIBRARY names it): ") + dlerror());
    auto version = reinterpret_cast<decltype(&attnc_interface_version)>(dlsym(handle, "attnc_interface_version"));
    auto compile = reinterpret_cast<decltype(&attnc_compile)>(dlsym(handle, "attnc_compile"));
    auto freeResult = reinterpret_cast<decltype(&attnc_free_result)>(dlsym(handle, "attnc_free_result"));
    if (!version || !compile || !freeResult || version() != ATTNC_INTERFACE_VERSION) {
      dlclose(handle);
      return fail(ATTN_NO_COMPILER, "'" + compiler.path + "': expected the attn compiler library with interface version " +
                                        std::to_string(ATTNC_INTERFACE_VERSION));
    }
    compiler.compile = compile;
    compiler.freeResult = freeResult;
  }
  opened = compiler;
  return ATTN_OK;
}

static Hash makeKey(const char *text, size_t length, const char *entry, const std::string &target) {
  std::lock_guard<std::mutex> guard(compilerMutex);
  const Compiler &compiler = locateCompiler(guard);
  const int64_t build[] = {ATTN_ABI_VERSION, compiler.size, compiler.seconds, compiler.nanoseconds};
  Hasher hasher;
  hasher.addField(ATTN_VERSION, std::strlen(ATTN_VERSION));
  hasher.addField(build, sizeof build);
  hasher.addField(text, length);
  hasher.addField(entry ? entry : "", entry ? std::strlen(entry) : 0);
  hasher.addField(target.data(), target.size());
  return hasher.finish();
}

static attn_status compileText(const char *text, size_t length, const char *entry, const std::string &target, const Hash &key,
                               const KernelCache &cache, const attn_kernel **kernel) {
  Compiler compiler;
  if (attn_status status = openCompiler(compiler))
    return status;
  attnc_result result = {};
  attn_status status = ATTN_OK;
  if (compiler.compile(text, length, entry, target.c_str(), &result))
    status = fail(ATTN_COMPILE_ERROR, result.error ? result.error : "the compiler failed without a message");
  else if (!result.kernel || result.kernel->abi_version != ATTN_ABI_VERSION)
    status =
        fail(ATTN_NO_COMPILER, "'" + compiler.path + "': expected a kernel of ABI version " + std::to_string(ATTN_ABI_VERSION));
  if (status == ATTN_OK) {
    if (result.image)
      cache.store(key, result.image, result.image_size, result.kernel->name);
    *kernel = keepKernel({result.kernel, result.handle, result.release}, &key);
  }
  compiler.freeResult(&result);
  return status;
}

extern "C" attn_status attn_compile(const char *text, size_t length, const char *entry, const char *target,
                                    const attn_kernel **kernel) {
  if ((!text && length) || !kernel)
    return fail(ATTN_INVALID_ARGUMENT, "attn_compile: expected text and a place for the kernel, but got a null pointer");
  return guarded([&] {
    warn("");
    std::string resolved;
    if (attn_status status = resolveTarget(target, resolved))
      return status;
    const char *function = entry && *entry ? entry : nullptr;
    Hash key = makeKey(text, length, function, resolved);
    if ((*kernel = findCompiled(key)))
      return ATTN_OK;
    KernelCache cache = KernelCache::forUser();
    LoadedKernel loaded;
    if (cache.load(key, loaded)) {
      *kernel = keepKernel(loaded, &key);
      return ATTN_OK;
    }
    return compileText(text, length, function, resolved, key, cache, kernel);
  });
}
