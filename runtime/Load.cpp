//===- Load.cpp - kernels from bundles ------------------------------------===//

#include "runtime/Kernels.h"
#include "runtime/Status.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

using namespace attnrt;

static const std::string kExtension = ".so";

static bool endsWith(const std::string &text, const std::string &end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The shared object of kernel `name` in a directory; without a name, the only one there.
static attn_status findInDirectory(const std::string &directory, const char *name, std::string &path) {
  if (name) {
    path = directory + "/" + name + kExtension;
    return ATTN_OK;
  }
  std::unique_ptr<DIR, int (*)(DIR *)> entries(opendir(directory.c_str()), closedir);
  if (!entries)
    return fail(ATTN_CANNOT_READ, "cannot read '" + directory + "': " + std::strerror(errno));
  std::vector<std::string> found;
  while (const dirent *entry = readdir(entries.get()))
    if (endsWith(entry->d_name, kExtension))
      found.push_back(entry->d_name);
  std::sort(found.begin(), found.end());
  if (found.empty())
    return fail(ATTN_CANNOT_READ, "'" + directory + "': expected a bundle, but the directory has no " + kExtension + " file");
  if (found.size() > 1) {
    std::string names;
    for (const std::string &file : found)
      names += (names.empty() ? "" : ", ") + file.substr(0, file.size() - kExtension.size());
    return fail(ATTN_INVALID_ARGUMENT, "'" + directory + "': expected the name of one of its kernels: " + names);
  }
  path = directory + "/" + found.front();
  return ATTN_OK;
}

static std::string nameOfFile(const std::string &path) {
  std::string file = path.substr(path.rfind('/') + 1);
  return endsWith(file, kExtension) ? file.substr(0, file.size() - kExtension.size()) : file;
}

static attn_status load(std::string path, const char *name, const attn_kernel **kernel) {
  struct stat info;
  if (stat(path.c_str(), &info))
    return fail(ATTN_CANNOT_READ, "cannot open '" + path + "': " + std::strerror(errno));
  if (S_ISDIR(info.st_mode))
    if (attn_status status = findInDirectory(path, name, path))
      return status;
  // The dynamic loader searches its own directories for names without a slash.
  if (path.find('/') == std::string::npos)
    path = "./" + path;
  FileBytes bytes;
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  bool isRead = descriptor >= 0 && readFile(descriptor, bytes);
  int error = errno;
  if (descriptor >= 0)
    close(descriptor);
  if (!isRead)
    return fail(ATTN_CANNOT_READ, "cannot read '" + path + "': " + std::strerror(error));
  if (!isWholeSharedObject(bytes))
    return fail(ATTN_NOT_A_KERNEL,
                "'" + path + "': expected a shared object for x86-64, but the file is damaged or something else");
  const Seal *seal = checkSeal(bytes);
  LoadedKernel loaded;
  if (attn_status status = openKernel(path, name ? name : seal ? seal->kernel : nameOfFile(path), loaded))
    return status;
  *kernel = keepKernel(loaded, nullptr);
  return ATTN_OK;
}

extern "C" attn_status attn_load(const char *path, const char *name, const attn_kernel **kernel) {
  if (!path || !kernel)
    return fail(ATTN_INVALID_ARGUMENT, "attn_load: expected a path and a place for the kernel, but got a null pointer");
  return guarded([&] { return load(path, name, kernel); });
}
