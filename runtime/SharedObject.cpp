//===- SharedObject.cpp - kernels in files --------------------------------===//

#include "runtime/SharedObject.h"
#include "runtime/Hash.h"
#include "runtime/Status.h"
#include "runtime/Target.h"
#include "runtime/attn_gpu_abi.h"

#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attnrt;

static constexpr uint64_t kMagic = 0x6c6165736e747461; // the bytes "attnseal"

/// Kernels are some hundred kilobytes; whatever is larger than this was given by mistake.
static constexpr off_t kMaxFileSize = off_t(1) << 30;

bool attnrt::readFile(int descriptor, FileBytes &bytes) {
  struct stat info;
  if (fstat(descriptor, &info))
    return false;
  if (!S_ISREG(info.st_mode) || info.st_size > kMaxFileSize) {
    errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    return false;
  }
  bytes.resize(static_cast<size_t>(info.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t got = pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return false;
    if (got == 0)
      break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return true;
}

static void hashSealed(const void *image, size_t size, Seal &seal) {
  seal.hash[0] = seal.hash[1] = 0;
  Hasher hasher;
  hasher.add(image, size);
  hasher.add(&seal, sizeof seal);
  Hash hash = hasher.finish();
  std::memcpy(seal.hash, hash.data(), sizeof seal.hash);
}

Seal attnrt::makeSeal(const void *image, size_t size, const char *name) {
  Seal seal = {kMagic, size, {0, 0}, {}};
  std::strncpy(seal.kernel, name, sizeof seal.kernel - 1);
  hashSealed(image, size, seal);
  return seal;
}

const Seal *attnrt::checkSeal(const FileBytes &bytes) {
  if (bytes.size() < sizeof(Seal))
    return nullptr;
  size_t size = bytes.size() - sizeof(Seal);
  Seal seal;
  std::memcpy(&seal, bytes.data() + size, sizeof seal);
  if (seal.magic != kMagic || seal.size != size || seal.kernel[sizeof seal.kernel - 1])
    return nullptr;
  Seal expected = seal;
  hashSealed(bytes.data(), size, expected);
  if (std::memcmp(&expected, &seal, sizeof seal))
    return nullptr;
  return reinterpret_cast<const Seal *>(bytes.data() + size);
}

bool attnrt::isWholeSharedObject(const FileBytes &bytes) {
  Elf64_Ehdr header;
  if (bytes.size() < sizeof header)
    return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64 ||
      header.e_type != ET_DYN || header.e_phentsize != sizeof(Elf64_Phdr))
    return false;
  uint64_t size = bytes.size(), segments = uint64_t(header.e_phnum) * sizeof(Elf64_Phdr);
  uint64_t sections = uint64_t(header.e_shnum) * header.e_shentsize;
  if (header.e_phoff > size || segments > size - header.e_phoff || header.e_shoff > size || sections > size - header.e_shoff)
    return false;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, bytes.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD && (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
      return false;
  }
  return true;
}

static void closeObject(void *handle) { dlclose(handle); }

attn_status attnrt::openKernel(const std::string &path, const std::string &name, LoadedKernel &loaded) {
  void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return fail(ATTN_NOT_A_KERNEL, std::string("cannot load '") + path + "': " + dlerror());
  auto refuse = [&](attn_status status, const std::string &message) {
    dlclose(handle);
    return status == ATTN_UNSUPPORTED_TARGET ? status : fail(status, "'" + path + "': " + message);
  };
  const auto *kernel = static_cast<const attn_kernel *>(dlsym(handle, (name + "_kernel").c_str()));
  if (!kernel)
    return refuse(ATTN_NOT_A_KERNEL, "expected a kernel named '" + name + "', but the file has no " + name + "_kernel");
  if (kernel->abi_version != ATTN_ABI_VERSION)
    return refuse(ATTN_NOT_A_KERNEL, "expected a kernel of ABI version " + std::to_string(ATTN_ABI_VERSION) + ", but got " +
                                         std::to_string(kernel->abi_version));
  // Whether a device runs a GPU kernel is told when it is launched there: kernels can be loaded where there is none.
  const attn_gpu_family *family = attn_gpu_family_of(kernel);
  if (family && family->gpu_abi_version != ATTN_GPU_ABI_VERSION)
    return refuse(ATTN_NOT_A_KERNEL, "expected GPU kernels of ABI version " + std::to_string(ATTN_GPU_ABI_VERSION) + ", but got " +
                                         std::to_string(family->gpu_abi_version));
  if (attn_status status = family ? ATTN_OK : requireTarget("kernel '" + name + "'", kernel->target))
    return refuse(status, "");
  loaded = {kernel, handle, closeObject};
  return ATTN_OK;
}
